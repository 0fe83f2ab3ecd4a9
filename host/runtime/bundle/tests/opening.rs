//! What is in a zip must be a bundle: every file with its digest, a manifest and a component. What is wrong with zips as such
//! is in `hostile_zips`.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail"
)]

mod support;

use std::path::Path;

use palisade_bundle::{Bundle, BundleError};
use proptest::prelude::*;
use support::{COMPONENT, good_files, with_digests, zip_of};

fn refused(bytes: &[u8]) -> BundleError {
    match Bundle::from_bytes(bytes, "test.zip") {
        Ok(_) => panic!("taken for a bundle"),
        Err(error) => error,
    }
}

#[test]
fn a_good_zip_is_a_bundle() {
    let bundle = Bundle::from_bytes(&zip_of(&with_digests(good_files())), "test.zip").unwrap();
    assert_eq!(bundle.component(), COMPONENT);
    let mut files = good_files();
    files.push(("docs/more.md".to_owned(), b"More.".to_vec()));
    let bundle = Bundle::from_bytes(&zip_of(&with_digests(files)), "test.zip").unwrap();
    assert_eq!(bundle.file("docs/more.md"), Some(b"More.".as_slice()));
}

#[test]
fn a_missing_file_is_named() {
    let error = Bundle::open(Path::new("no/such.zip")).unwrap_err();
    assert_eq!(error.code(), "bundle-unreadable");
    assert!(error.to_string().starts_with("bundle `no/such.zip`: it cannot be read: "));
}

#[test]
fn digests_are_compared_both_ways() {
    let good = with_digests(good_files());
    assert_eq!(refused(&zip_of(&good_files())).code(), "digests-missing");

    let mut added = good.clone();
    added.push(("extra".to_owned(), b"x".to_vec()));
    let error = refused(&zip_of(&added));
    assert_eq!((error.code(), error.to_string().contains("`extra`")), ("file-without-digest", true));

    let error = refused(&zip_of(&good[1..]));
    assert_eq!((error.code(), error.to_string().contains("`manifest.yaml`")), ("digest-without-file", true));

    let mut changed = good.clone();
    changed[0].1.extend(b"# one comment more\n");
    let error = refused(&zip_of(&changed));
    assert_eq!((error.code(), error.to_string().contains("`manifest.yaml`")), ("digest-mismatch", true));

    for (sums, code) in [(b"nonsense\n".to_vec(), "digests-line"), (b"\xff".to_vec(), "digests-not-text")] {
        let mut spoilt = good.clone();
        spoilt.last_mut().unwrap().1 = sums;
        assert_eq!(refused(&zip_of(&spoilt)).code(), code);
    }
}

#[test]
fn digests_come_before_the_manifest() {
    let mut files = with_digests(good_files());
    files[0].1 = b"not: a manifest\n".to_vec();
    assert_eq!(refused(&zip_of(&files)).code(), "digest-mismatch");
}

#[test]
fn what_the_manifest_needs_is_there() {
    let files = good_files();
    let error = refused(&zip_of(&with_digests(files[1..].to_vec())));
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        ("manifest-missing", "bundle `test.zip`: `manifest.yaml` is missing",)
    );
    let error = refused(&zip_of(&with_digests(files[..1].to_vec())));
    assert_eq!((error.code(), error.to_string().contains("`component.wasm`")), ("component-missing", true));
    for (component, code) in
        [(b"\0asm\x01\0\0\0".to_vec(), "core-module"), (b"ELF".to_vec(), "not-webassembly")]
    {
        let mut files = good_files();
        files[1].1 = component;
        assert_eq!(refused(&zip_of(&with_digests(files))).code(), code);
    }
    for (manifest, code) in
        [(b"\xff".to_vec(), "manifest-not-text"), (b"schema: 2\n".to_vec(), "missing-field")]
    {
        let mut files = good_files();
        files[0].1 = manifest;
        assert_eq!(refused(&zip_of(&with_digests(files))).code(), code);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// No single changed byte goes unnoticed where it matters: what opens all the same is the same bundle.
    #[test]
    fn a_changed_byte_changes_nothing_that_is_used(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let good = zip_of(&with_digests(good_files()));
        let mut bytes = good.clone();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(bundle) = Bundle::from_bytes(&bytes, "test.zip") {
            let original = Bundle::from_bytes(&good, "test.zip").unwrap();
            prop_assert_eq!(bundle.files(), original.files());
            prop_assert_ne!(bundle.digest(), original.digest());
        }
    }

    /// Arbitrary bytes after the first signature are refused and never more.
    #[test]
    fn any_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut zip = b"PK\x03\x04".to_vec();
        zip.extend(&bytes);
        prop_assert!(Bundle::from_bytes(&zip, "test.zip").is_err());
    }
}
