//! A bundle that cannot be used: damaged, changed, incomplete, or with a component that this host cannot run. The run does
//! not start and nothing is sent.

use std::path::Path;

use palisade_e2e::{Palisade, Tenant, bundle, guest_bundle};
use tempfile::TempDir;

use crate::archive::{DIGESTS, Files, digests, unzipped, zipped};

/// The files of the built bundle, without their digests.
fn files() -> Files {
    let mut files = unzipped(&std::fs::read(bundle()).unwrap());
    files.remove(DIGESTS).unwrap();
    files.remove("SHA256SUMS.minisig").unwrap();
    files
}

/// The built bundle after a change, its digests made anew: as somebody would publish it who knows the format.
fn rebuilt(change: impl FnOnce(&mut Files)) -> Vec<u8> {
    let mut files = files();
    change(&mut files);
    files.insert(DIGESTS.to_owned(), digests(&files));
    zipped(&files)
}

fn change_manifest(from: &str, to: &str) -> impl FnOnce(&mut Files) {
    move |files| {
        let manifest = String::from_utf8(files["manifest.yaml"].clone()).unwrap();
        assert!(manifest.contains(from));
        files.insert("manifest.yaml".to_owned(), manifest.replacen(from, to, 1).into_bytes());
    }
}

/// Runs a bundle's action, asserts that it was refused, and gives what standard error says.
fn refused(path: &Path, action: &str) -> String {
    let tenant = Tenant::start();
    let outcome = Palisade::run_bundle(&tenant, path, action)
        .configured("")
        .argument("--allow-unsigned")
        .collection_of("list.txt", "evil.example.com\n")
        .go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(tenant.received().is_empty() && !outcome.has_report());
    let directory = path.parent().unwrap().display().to_string();
    outcome.stderr.replace(&directory, "DIRECTORY")
}

fn refused_bytes(bytes: &[u8]) -> String {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("bundle.zip");
    std::fs::write(&path, bytes).unwrap();
    refused(&path, "add-to-blocklist")
}

#[test]
fn a_bundle_that_was_taken_apart_and_put_together_again_still_runs() {
    // Otherwise the tests below would show nothing.
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("bundle.zip");
    std::fs::write(&path, rebuilt(|_| {})).unwrap();
    let tenant = Tenant::start();
    let outcome = Palisade::run_bundle(&tenant, &path, "add-to-blocklist")
        .configured("")
        .argument("--allow-unsigned")
        .collection_of("list.txt", "evil.example.com\n")
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.blocked().len(), 1);
}

#[test]
fn no_zip() {
    insta::assert_snapshot!(refused(Path::new("DIRECTORY/not-there.zip"), "add-to-blocklist"), @"
    error[bundle-unreadable]: bundle `DIRECTORY/not-there.zip`: it cannot be read: No such file or directory (os error 2)
    hint: a bundle is a zip made by `palisade pack`
    ");
    insta::assert_snapshot!(refused_bytes(b"just text\n"), @"
    error[not-a-zip]: bundle `DIRECTORY/bundle.zip`: it is not a zip
    hint: get the bundle again from its publisher; it is damaged or was changed
    ");
    insta::assert_snapshot!(refused_bytes(b""), @"
    error[not-a-zip]: bundle `DIRECTORY/bundle.zip`: it is not a zip
    hint: get the bundle again from its publisher; it is damaged or was changed
    ");
}

#[test]
fn a_zip_that_breaks_off() {
    let whole = std::fs::read(bundle()).unwrap();
    for length in [whole.len() - 1, whole.len() / 2, 100] {
        let stderr = refused_bytes(&whole[..length]);
        assert!(stderr.starts_with("error[truncated]: bundle `DIRECTORY/bundle.zip`"), "{length}: {stderr}");
    }
}

#[test]
fn a_byte_that_flipped_anywhere_in_the_component() {
    let whole = std::fs::read(bundle()).unwrap();
    let name = b"component.wasm";
    let start = whole.windows(name.len()).position(|window| window == name).unwrap() + name.len();
    for place in [start + 10, start + 1_000, start + 50_000] {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        let stderr = refused_bytes(&bytes);
        let codes = ["entry-unreadable", "entry-checksum", "entry-size", "digest-mismatch"];
        let codes = codes.map(|code| format!("error[{code}]: "));
        assert!(
            codes.iter().any(|code| stderr.starts_with(code.as_str())) && stderr.contains("component.wasm"),
            "{stderr}"
        );
    }
}

#[test]
fn a_component_that_was_exchanged() {
    let mut files = files();
    let digests = digests(&files);
    let component = files.get_mut("component.wasm").unwrap();
    let middle = component.len() / 2;
    component[middle] ^= 1;
    files.insert(DIGESTS.to_owned(), digests);
    let stderr = refused_bytes(&zipped(&files));
    insta::with_settings!({filters => vec![("[0-9a-f]{64}", "…")]}, {
        insta::assert_snapshot!(stderr, @"
        error[digest-mismatch]: bundle `DIRECTORY/bundle.zip`: `component.wasm` has the digest …, `SHA256SUMS` expects …
        hint: get the bundle again from its publisher; it is damaged or was changed
        ");
    });
}

#[test]
fn a_file_that_was_added_and_one_that_was_taken_away() {
    let mut added = files();
    added.insert(DIGESTS.to_owned(), digests(&added));
    added.insert("extra.txt".to_owned(), b"x".to_vec());
    insta::assert_snapshot!(refused_bytes(&zipped(&added)), @"
    error[file-without-digest]: bundle `DIRECTORY/bundle.zip`: `SHA256SUMS` has no digest for `extra.txt`
    hint: make bundles with `palisade pack`; files cannot be added or removed afterwards
    ");
    let mut taken = files();
    taken.insert(DIGESTS.to_owned(), digests(&taken));
    taken.remove("README.md");
    insta::assert_snapshot!(refused_bytes(&zipped(&taken)), @"
    error[digest-without-file]: bundle `DIRECTORY/bundle.zip`: `SHA256SUMS` names `README.md`, which is missing
    hint: make bundles with `palisade pack`; files cannot be added or removed afterwards
    ");
    insta::assert_snapshot!(refused_bytes(&zipped(&files())), @"
    error[digests-missing]: bundle `DIRECTORY/bundle.zip`: `SHA256SUMS` is missing
    hint: make bundles with `palisade pack`; files cannot be added or removed afterwards
    ");
}

#[test]
fn a_bundle_without_a_component() {
    let stderr = refused_bytes(&rebuilt(|files| drop(files.remove("component.wasm"))));
    insta::assert_snapshot!(stderr, @"
    error[component-missing]: bundle `DIRECTORY/bundle.zip`: `component.wasm`, the component that the manifest names, is missing
    hint: make bundles with `palisade pack`
    ");
}

#[test]
fn a_manifest_that_names_no_component() {
    let stderr = refused_bytes(&rebuilt(change_manifest("component: component.wasm\n", "")));
    insta::with_settings!({filters => vec![(r"yaml:\d+:\d+", "yaml:LINE:COLUMN")]}, {
        insta::assert_snapshot!(stderr, @"error[missing-field]: bundle `DIRECTORY/bundle.zip`: manifest.yaml:LINE:COLUMN: the field `component` is missing");
    });
}

#[test]
fn a_bundle_without_a_manifest() {
    let stderr = refused_bytes(&rebuilt(|files| drop(files.remove("manifest.yaml"))));
    insta::assert_snapshot!(stderr, @"
    error[manifest-missing]: bundle `DIRECTORY/bundle.zip`: `manifest.yaml` is missing
    hint: make bundles with `palisade pack`
    ");
}

#[test]
fn a_manifest_with_a_fault_is_answered_with_its_line() {
    let manifest = String::from_utf8(files()["manifest.yaml"].clone()).unwrap();
    let line = manifest.lines().position(|line| line.starts_with("license:")).unwrap() + 1;
    let stderr = refused_bytes(&rebuilt(change_manifest("license: Apache-2.0", "licence: Apache-2.0")));
    insta::assert_snapshot!(stderr.replace(&format!(":{line}:"), ":LINE:"), @"
    error[unknown-field]: bundle `DIRECTORY/bundle.zip`: manifest.yaml:LINE:1: `licence`: unknown field `licence`
    hint: did you mean `license`?
    ");
}

#[test]
fn a_component_that_is_none() {
    let stderr =
        refused_bytes(&rebuilt(|files| drop(files.insert("component.wasm".to_owned(), b"text".to_vec()))));
    insta::assert_snapshot!(stderr, @"error[not-webassembly]: bundle `DIRECTORY/bundle.zip`: `component.wasm`: the component is not WebAssembly");
    // A module of WebAssembly, which has no contract.
    let module = b"\0asm\x01\0\0\0".to_vec();
    let stderr = refused_bytes(&rebuilt(|files| drop(files.insert("component.wasm".to_owned(), module))));
    insta::assert_snapshot!(stderr, @"
    error[core-module]: bundle `DIRECTORY/bundle.zip`: `component.wasm`: the component is a WebAssembly module of the core format, not a component
    hint: build it for the target `wasm32-wasip2`, or make a component of it with `wasm-tools component new`
    ");
}

#[test]
fn a_component_that_imports_what_the_host_does_not_offer_is_told_what() {
    let directory = TempDir::new().unwrap();
    let stderr = refused(&guest_bundle(directory.path(), "imports-what-is-not-offered"), "act");
    insta::assert_snapshot!(stderr, @"
    error[component-imports-unknown]: the component imports what this host does not offer: `palisade-test:unknown/oracle@1.0.0` (no such package here)
    hint: the offered interfaces are those of the world `palisade:action/bundle` and of WASI 0.2
    ");
}

#[test]
fn a_component_without_the_export() {
    let directory = TempDir::new().unwrap();
    let stderr = refused(&guest_bundle(directory.path(), "exports-nothing"), "act");
    insta::assert_snapshot!(stderr, @"
    error[component-exports-missing]: the component does not export `palisade:action/action@0.2.0`, which the contract asks for
    hint: build the component from the world `palisade:action/bundle`, version 0.2.0
    ");
}
