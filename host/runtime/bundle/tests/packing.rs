//! What is packed opens again, is the same every time, and is refused where it would not open.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail"
)]

mod support;

use std::fs;

use palisade_bundle::{Bundle, Digest, pack};
use support::{COMPONENT, Workspace};

#[test]
fn what_is_packed_opens_again() {
    let workspace = Workspace::new();
    let packed = pack(&workspace.inputs, &workspace.zip()).unwrap();
    let bundle = Bundle::open(&packed.path).unwrap();
    assert_eq!(bundle.manifest().id, "trend-vision-one");
    assert_eq!(bundle.component(), COMPONENT);
    assert_eq!(bundle.digest(), packed.sha256);
    assert_eq!(bundle.digest(), Digest::of(&fs::read(&packed.path).unwrap()));
    assert_eq!(bundle.files(), packed.files);
    let names: Vec<&str> = bundle.files().iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "CHANGELOG.md",
            "LICENSE",
            "README.md",
            "SHA256SUMS",
            "component.wasm",
            "icon.svg",
            "manifest.yaml",
            "sbom.cdx.json"
        ]
    );
    for file in bundle.files() {
        let contents = bundle.file(&file.name).unwrap();
        assert_eq!(file.sha256, Digest::of(contents), "{}", file.name);
        assert_eq!(file.size, u64::try_from(contents.len()).unwrap(), "{}", file.name);
    }
    assert_eq!(bundle.file("nothing"), None);
}

#[test]
fn the_digests_are_those_that_sha256sum_reads() {
    let workspace = Workspace::new();
    pack(&workspace.inputs, &workspace.zip()).unwrap();
    let bundle = Bundle::open(&workspace.zip()).unwrap();
    let expected: String = bundle
        .files()
        .iter()
        .filter(|file| file.name != "SHA256SUMS")
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect();
    assert_eq!(String::from_utf8_lossy(bundle.file("SHA256SUMS").unwrap()), expected);
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let (first, second) = (Workspace::new(), Workspace::new());
    let one = pack(&first.inputs, &first.zip()).unwrap();
    // Neither the inputs' times nor an older zip in the place of the new one may leave a trace.
    let hour = std::time::Duration::from_secs(3_600);
    let file = fs::File::options().append(true).open(&second.inputs.readme).unwrap();
    file.set_modified(std::time::SystemTime::now() - hour).unwrap();
    fs::write(second.zip(), "something older").unwrap();
    let two = pack(&second.inputs, &second.zip()).unwrap();
    assert_eq!(fs::read(one.path).unwrap(), fs::read(two.path).unwrap());
}

#[test]
fn another_input_gives_other_bytes() {
    let (first, second) = (Workspace::new(), Workspace::new());
    fs::write(&second.inputs.changelog, "# Changes\n\nOther.\n").unwrap();
    let one = pack(&first.inputs, &first.zip()).unwrap();
    let two = pack(&second.inputs, &second.zip()).unwrap();
    assert_ne!(one.sha256, two.sha256);
}

#[test]
fn a_bad_input_is_named_and_nothing_is_written() {
    type Spoil = fn(&Workspace);
    let cases: [(&str, &str, Spoil); 12] = [
        ("input-unreadable", "changelog", |at| fs::remove_file(&at.inputs.changelog).unwrap()),
        ("input-empty", "licence", |at| fs::write(&at.inputs.licence, "").unwrap()),
        ("input-not-text", "documentation", |at| fs::write(&at.inputs.readme, b"\xff\xfe").unwrap()),
        ("not-an-icon", "the icon", |at| fs::write(&at.inputs.icon, "PNG").unwrap()),
        ("not-an-icon", "the icon", |at| fs::write(&at.inputs.icon, "<html>").unwrap()),
        ("not-an-icon", "the icon", |at| fs::write(&at.inputs.icon, "see <svg/>").unwrap()),
        ("core-module", "core format", |at| fs::write(&at.inputs.component, b"\0asm\x01\0\0\0").unwrap()),
        ("not-webassembly", "not WebAssembly", |at| fs::write(&at.inputs.component, "#!").unwrap()),
        ("not-cyclonedx", "line 1", |at| fs::write(&at.inputs.software_bill, "<bom/>").unwrap()),
        ("missing-field", ".yaml:1:1", |at| fs::write(&at.inputs.manifest, "schema: 2").unwrap()),
        ("component-name", "`plugin.wasm`", |at| {
            let manifest = fs::read_to_string(&at.inputs.manifest).unwrap();
            fs::write(&at.inputs.manifest, manifest.replace("component.wasm", "plugin.wasm")).unwrap();
        }),
        ("bundle-not-written", "cannot be written", |at| fs::create_dir(at.zip()).unwrap()),
    ];
    for (code, part, spoil) in cases {
        let workspace = Workspace::new();
        spoil(&workspace);
        let error = pack(&workspace.inputs, &workspace.zip()).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(!workspace.zip().is_file(), "{code}");
        assert!(!workspace.zip().with_extension("zip.partial").exists(), "{code}");
    }
}
