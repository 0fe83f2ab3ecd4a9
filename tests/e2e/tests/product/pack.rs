//! `palisade pack`: a zip that is the same, byte for byte, for the same input, with a digest for every file.

use std::path::{Path, PathBuf};

use palisade_e2e::{Outcome, Palisade, bundle, root, signing_key};
use serde_json::Value;
use tempfile::TempDir;

use crate::archive::{DIGESTS, digests, sha256, unzipped};

/// The inputs of the built bundle: option and the file's name in the zip.
const INPUTS: [(&str, &str); 7] = [
    ("--manifest", "manifest.yaml"),
    ("--component", "component.wasm"),
    ("--readme", "README.md"),
    ("--changelog", "CHANGELOG.md"),
    ("--license", "LICENSE"),
    ("--icon", "icon.svg"),
    ("--sbom", "sbom.cdx.json"),
];

/// The inputs in a directory of their own, under other names than in the zip.
fn inputs() -> TempDir {
    let directory = TempDir::new().unwrap();
    let files = unzipped(&std::fs::read(bundle()).unwrap());
    for (option, name) in INPUTS {
        std::fs::write(directory.path().join(option), &files[name]).unwrap();
    }
    directory
}

fn pack(inputs: &Path, out: &Path) -> Outcome {
    let call = INPUTS.iter().fold(Palisade::verb("pack"), |call, (option, _)| {
        call.argument(option).argument(inputs.join(option))
    });
    let call = call.argument("--sign").argument(signing_key());
    call.argument("--out").argument(out).argument("--output").argument("json").go()
}

#[test]
fn the_same_input_gives_the_same_bytes_wherever_and_whenever() {
    let (first, second) = (inputs(), inputs());
    // The second set is of another time.
    for (option, _) in INPUTS {
        let file = std::fs::File::options().write(true).open(second.path().join(option)).unwrap();
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
            .unwrap();
    }
    let directory = TempDir::new().unwrap();
    let zips: Vec<Vec<u8>> = [(first.path(), "a.zip"), (second.path(), "another name.zip")]
        .into_iter()
        .map(|(inputs, name)| {
            let out = directory.path().join(name);
            let outcome = pack(inputs, &out);
            assert_eq!(outcome.status, 0, "{}", outcome.stderr);
            let zip = std::fs::read(&out).unwrap();
            let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
            assert_eq!(said["sha256"], sha256(&zip));
            assert_eq!(said["size"], zip.len());
            zip
        })
        .collect();
    assert!(zips[0] == zips[1], "two zips of the same input differ");
    assert!(zips[0] == std::fs::read(bundle()).unwrap(), "the built bundle and one of the same files differ");
}

#[test]
fn every_file_has_its_digest_as_sha256sum_reads_it() {
    let mut files = unzipped(&std::fs::read(bundle()).unwrap());
    let sums = files.remove(DIGESTS).unwrap();
    assert!(files.remove("SHA256SUMS.minisig").is_some());
    assert_eq!(String::from_utf8(sums).unwrap(), String::from_utf8(digests(&files)).unwrap());
    let mut names: Vec<&str> = INPUTS.iter().map(|(_, name)| *name).collect();
    names.sort_unstable();
    assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), names);
}

#[test]
fn the_software_bill_names_what_the_component_is_made_of() {
    let files = unzipped(&std::fs::read(bundle()).unwrap());
    let bill: Value = serde_json::from_slice(&files["sbom.cdx.json"]).unwrap();
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let components = bill["components"].as_array().unwrap();
    for name in ["wit-bindgen", "serde_json", "url", "idna"] {
        assert!(components.iter().any(|component| component["name"] == name), "{name}");
    }
}

#[test]
fn nothing_of_the_machine_is_in_the_component() {
    let files = unzipped(&std::fs::read(bundle()).unwrap());
    let component = &files["component.wasm"];
    let root = std::path::absolute(root()).unwrap();
    let directories: Vec<PathBuf> = [Some(root), std::env::home_dir()].into_iter().flatten().collect();
    for directory in directories.iter().filter(|directory| directory.components().count() > 1) {
        let text = format!("{}/", directory.display());
        assert!(
            !component.windows(text.len()).any(|window| window == text.as_bytes()),
            "the component holds a path below {}",
            directory.display()
        );
    }
}

#[test]
fn what_cannot_be_packed_leaves_nothing_behind() {
    let faults: [(&str, &[u8], &str); 4] = [
        ("--manifest", b"schema: 2\n", "error[missing-field]"),
        ("--component", b"no component", "error["),
        ("--sbom", b"{}", "error["),
        ("--icon", b"", "error["),
    ];
    for (option, content, expected) in faults {
        let inputs = inputs();
        std::fs::write(inputs.path().join(option), content).unwrap();
        let directory = TempDir::new().unwrap();
        let outcome = pack(inputs.path(), &directory.path().join("out.zip"));
        assert_eq!(outcome.status, 1, "{option}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with(expected), "{option}: {}", outcome.stderr);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "{option}");
    }
    let inputs = inputs();
    std::fs::remove_file(inputs.path().join("--readme")).unwrap();
    let directory = TempDir::new().unwrap();
    let outcome = pack(inputs.path(), &directory.path().join("out.zip"));
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
