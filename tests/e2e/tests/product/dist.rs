//! `cargo xtask dist`: the files of a release, checked as a user does who has downloaded them. The binary is the development build.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use palisade_e2e::{root, target};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// A file of an archive: its mode and its content.
type Archived = (u32, Vec<u8>);

/// The directory of the release, which is built once.
fn release() -> &'static Path {
    static RELEASE: OnceLock<PathBuf> = OnceLock::new();
    RELEASE.get_or_init(|| {
        let directory = target().join("palisade/dist-of-the-tests");
        let output = Command::new(target().join("debug/xtask"))
            .args(["dist", "--no-build", "--out"])
            .arg(&directory)
            .env("CARGO_TARGET_DIR", target())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Before the files of the release it prints what `palisade pack` and `verify` print.
        let printed = String::from_utf8_lossy(&output.stdout);
        let printed: BTreeSet<PathBuf> =
            printed.lines().map(PathBuf::from).filter(|path| path.starts_with(&directory)).collect();
        let existing: BTreeSet<PathBuf> =
            std::fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(existing, printed);
        directory
    })
}

/// The files of the release whose names end like this.
fn files(end: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(release()).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> =
        all.filter(|path| path.file_name().unwrap().to_str().unwrap().ends_with(end)).collect();
    found.sort();
    found
}

/// The files of an archive by their path; directories end with `/`.
fn archive(path: &Path) -> BTreeMap<String, Archived> {
    let file = std::fs::File::open(path).unwrap();
    let mut archive = tar::Archive::new(GzDecoder::new(file));
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0), "nobody's machine is named");
        let mode = header.mode().unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        (entry.path().unwrap().to_str().unwrap().to_owned(), (mode, content))
    });
    entries.collect()
}

/// The archive of the binary, with paths inside of its directory.
fn installed() -> BTreeMap<String, Archived> {
    let mut archives = files(".tar.gz");
    archives.retain(|path| !path.to_str().unwrap().ends_with("-container.tar.gz"));
    let [path] = &archives[..] else { panic!("{archives:?}") };
    let name = path.file_name().unwrap().to_str().unwrap().strip_suffix(".tar.gz").unwrap();
    let directory = format!("{name}/");
    let inside = |(path, file): (String, Archived)| (path.strip_prefix(&directory).unwrap().to_owned(), file);
    archive(path).into_iter().map(inside).collect()
}

#[test]
fn every_file_has_its_checksum() {
    let list = std::fs::read_to_string(release().join("SHA256SUMS")).unwrap();
    let listed: BTreeMap<&str, &str> = list
        .lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(digest, name)| (name, digest))
        .collect();
    let mut checked = 0;
    for path in files("") {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name == "SHA256SUMS" {
            continue;
        }
        let digest = Sha256::digest(std::fs::read(&path).unwrap());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(listed[name], digest, "{name}");
        checked += 1;
    }
    assert_eq!(checked, listed.len());
    let mut check = Command::new("sha256sum");
    let output = check.args(["--check", "--strict", "SHA256SUMS"]).current_dir(release()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn every_bundle_is_there_and_verifies() {
    let further = std::fs::read_dir(root().join("bundles")).unwrap();
    let further = further.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    let zips = files(".zip");
    assert_eq!(zips.len(), 1 + further, "{zips:?}");
    let key = release().join("bundles.pub");
    for zip in &zips {
        let verify = |zip: &Path| {
            let mut verify = Command::new(palisade_e2e::binary());
            verify.args(["--output", "json", "verify"]).arg(zip).arg("--key").arg(&key).output().unwrap()
        };
        let output = verify(zip);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let verified: Value = serde_json::from_slice(&output.stdout).unwrap();
        let name = |name: &str| verified[name].as_str().unwrap().to_owned();
        let expected = format!("{}-{}.zip", name("id"), name("version"));
        assert_eq!(zip.file_name().unwrap().to_str().unwrap(), expected);
        // A file that was changed on the way does not.
        let mut content = std::fs::read(zip).unwrap();
        let middle = content.len() / 2;
        content[middle] ^= 1;
        let directory = tempfile::tempdir().unwrap();
        let changed = directory.path().join("changed.zip");
        std::fs::write(&changed, content).unwrap();
        assert!(!verify(&changed).status.success());
    }
}

#[test]
fn the_archive_has_what_is_installed() {
    let files = installed();
    for name in [
        "LICENSE",
        "README.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "THIRD-PARTY-LICENSES.txt",
        "palisade.service",
        "sbom.cdx.json",
    ] {
        assert!(!files[name].1.is_empty(), "{name}");
    }
    for shell in ["palisade.bash", "palisade.elv", "palisade.fish", "_palisade.ps1", "_palisade"] {
        let text = String::from_utf8(files[&format!("completions/{shell}")].1.clone()).unwrap();
        assert!(text.contains("palisade") && text.contains("dry-run"), "{shell}");
    }
    let pages: Vec<&String> = files.keys().filter(|name| name.starts_with("man/man1/")).collect();
    assert!(pages.len() > 10, "{pages:?}");
    for page in pages {
        let text = String::from_utf8(files[page].1.clone()).unwrap();
        assert!(text.contains(".TH ") && text.contains("SYNOPSIS"), "{page}");
    }
    let (mode, program) = &files["palisade"];
    assert_eq!(*mode, 0o755);
    assert!(*program == std::fs::read(palisade_e2e::binary()).unwrap(), "the archive has another binary");
    let licences = String::from_utf8(files["THIRD-PARTY-LICENSES.txt"].1.clone()).unwrap();
    for name in ["wasmtime 48", "rustls 0", "ring 0"] {
        assert!(licences.contains(name), "{name}");
    }
}

#[test]
fn the_bill_of_materials_names_what_is_in_the_binary() {
    let bills = files(".cdx.json");
    let [path] = &bills[..] else { panic!("{bills:?}") };
    let text = std::fs::read(path).unwrap();
    assert!(installed()["sbom.cdx.json"].1 == text, "the archive has another bill");
    let bill: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!((bill["bomFormat"].as_str(), bill["specVersion"].as_str()), (Some("CycloneDX"), Some("1.5")));
    assert_eq!(
        bill["metadata"]["component"]["purl"],
        format!("pkg:cargo/palisade@{}", env!("CARGO_PKG_VERSION"))
    );
    let components = bill["components"].as_array().unwrap();
    let names: BTreeSet<&str> = components.iter().map(|one| one["name"].as_str().unwrap()).collect();
    for linked in ["wasmtime", "rustls", "palisade-egress", "libsqlite3-sys"] {
        assert!(names.contains(linked), "{linked} is missing");
    }
    for other in ["proptest", "insta", "palisade-e2e", "xtask"] {
        assert!(!names.contains(other), "{other} is not in the binary");
    }
    let references: BTreeSet<&str> = components.iter().map(|one| one["bom-ref"].as_str().unwrap()).collect();
    assert_eq!(references.len(), components.len(), "a component is listed twice");
    for component in components {
        let licence = component["licenses"][0]["expression"].as_str().unwrap();
        assert!(!licence.is_empty(), "{component}");
    }
}

#[test]
fn the_container_is_built_from_what_is_in_its_context() {
    let contexts = files("-container.tar.gz");
    let [path] = &contexts[..] else { panic!("{contexts:?}") };
    let context = archive(path);
    let recipe = String::from_utf8(context["Containerfile"].1.clone()).unwrap();
    let mut copied = BTreeSet::new();
    for line in recipe.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let source = line.split_whitespace().find(|word| !word.starts_with("--")).unwrap();
        assert!(context.contains_key(source) || context.contains_key(&format!("{source}/")), "{source}");
        copied.insert(source);
    }
    assert_eq!(copied, BTreeSet::from(["palisade", "state"]));
    assert_eq!(context["palisade"].0, 0o755);
    assert_eq!(recipe.matches("FROM ").count(), 1, "nothing is compiled: {recipe}");
}
