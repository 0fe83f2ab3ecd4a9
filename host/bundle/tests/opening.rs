//! Each kind of zip that is not a bundle is refused for its own reason.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail"
)]

mod support;

use std::io::{Cursor, Write};
use std::path::Path;

use palisade_bundle::{Bundle, BundleError};
use palisade_limits::{BUNDLE_BYTES, BUNDLE_ENTRIES};
use proptest::prelude::*;
use support::{COMPONENT, good_files, replace_all, with_digests, zip_of};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn refused(bytes: &[u8]) -> BundleError {
    match Bundle::from_bytes(bytes, "test.zip") {
        Ok(_) => panic!("taken for a bundle"),
        Err(error) => error,
    }
}

/// A good bundle with one more file of this name, written under another name of the same length first: the zip
/// library would refuse or change some names.
fn with_entry_named(name: &[u8]) -> Vec<u8> {
    let plain = "Q".repeat(name.len());
    let mut files = good_files();
    files.push((plain.clone(), b"x".to_vec()));
    let mut bytes = zip_of(&with_digests(files));
    replace_all(&mut bytes, plain.as_bytes(), name);
    bytes
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
fn names_that_lead_elsewhere_are_refused() {
    for (name, code) in [
        (b"../evil".as_slice(), "climbing-path"),
        (b"a/../../evil", "climbing-path"),
        (b"a\\..\\evil", "climbing-path"),
        (b"/etc/passwd", "absolute-path"),
        (b"\\\\host\\share", "absolute-path"),
        (b"C:/evil", "absolute-path"),
        (b"a\\evil", "ambiguous-path"),
        (b"a//evil", "ambiguous-path"),
        (b"./evil", "ambiguous-path"),
        (b"evil.txt.", "ambiguous-path"),
        (b"evil:stream", "ambiguous-path"),
        (b"evil\x1b[2J", "unprintable-name"),
        (b"evil\0.md", "unprintable-name"),
        (b"evil\n", "unprintable-name"),
        (b"evil\xe2\x80\xae.md", "unprintable-name"),
        (b"evil\xff", "name-not-text"),
        // Without the flag that says UTF-8, readers take other bytes than ASCII for an old code page.
        (b"caf\xc3\xa9", "name-not-text"),
        (b"evil/", "directory"),
        (b"Manifest.YAML", "duplicate-ignoring-case"),
        (b"manifest.yaml", "duplicate-name"),
    ] {
        let error = refused(&with_entry_named(name));
        assert_eq!(error.code(), code, "{}: {error}", name.escape_ascii());
        assert!(!error.to_string().contains(char::is_control), "{}", name.escape_ascii());
    }
}

#[test]
fn an_entry_without_a_name_is_refused() {
    let mut files = good_files();
    files.push((String::new(), b"x".to_vec()));
    assert_eq!(refused(&zip_of(&files)).code(), "empty-name");
}

#[test]
fn what_is_no_plain_file_is_refused() {
    let options = SimpleFileOptions::default();
    let start = || {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, contents) in with_digests(good_files()) {
            writer.start_file(name, options).unwrap();
            writer.write_all(&contents).unwrap();
        }
        writer
    };
    let mut link = start();
    link.add_symlink("link", "/etc/passwd", options).unwrap();
    assert_eq!(refused(&link.finish().unwrap().into_inner()).code(), "link");
    let mut directory = start();
    directory.add_directory("directory", options).unwrap();
    assert_eq!(refused(&directory.finish().unwrap().into_inner()).code(), "directory");
    let mut pipe = start();
    pipe.start_file("pipe", options.external_attributes(0o010_644 << 16)).unwrap();
    assert_eq!(refused(&pipe.finish().unwrap().into_inner()).code(), "special-file");
}

/// A good bundle in which each header has these bytes at this place, counted from the directory's header; local headers have
/// the same fields two bytes earlier.
fn with_header_field(at: usize, value: [u8; 2]) -> Vec<u8> {
    let mut bytes = zip_of(&with_digests(good_files()));
    for (signature, at) in [(b"PK\x01\x02", at), (b"PK\x03\x04", at - 2)] {
        let places: Vec<usize> =
            (0..bytes.len() - 4).filter(|place| bytes[*place..].starts_with(signature)).collect();
        for place in places {
            bytes[place + at..place + at + 2].copy_from_slice(&value);
        }
    }
    bytes
}

#[test]
fn encrypted_entries_and_other_compressions_are_refused() {
    assert_eq!(refused(&with_header_field(8, [1, 0])).code(), "encrypted");
    assert_eq!(refused(&with_header_field(10, [12, 0])).code(), "compression");
    assert_eq!(refused(&with_header_field(10, [99, 0])).code(), "compression");
}

#[test]
fn more_than_the_zip_is_refused() {
    let good = zip_of(&with_digests(good_files()));
    let mut leading = b"#!/bin/sh\n".to_vec();
    leading.extend(&good);
    assert_eq!(refused(&leading).code(), "leading-bytes");
    let mut trailing = good.clone();
    trailing.extend(b"more");
    assert_eq!(refused(&trailing).code(), "trailing-bytes");
    let mut twice = good.clone();
    twice.extend(&good);
    assert_eq!(refused(&twice).code(), "zip-layout");
    let mut commented = good.clone();
    let end = commented.len();
    commented[end - 2] = 4;
    commented.extend(b"text");
    assert_eq!(refused(&commented).code(), "trailing-bytes");
}

#[test]
fn what_is_no_zip_is_refused() {
    for bytes in [b"".as_slice(), b"PK", b"PK\x03\x04", b"\0asm\x0d\0\x01\0", &[0; 100]] {
        assert_eq!(refused(bytes).code(), "not-a-zip");
    }
    let good = zip_of(&with_digests(good_files()));
    assert_eq!(refused(&good[..good.len() - 1]).code(), "trailing-bytes");
    assert_eq!(refused(&good[..good.len() / 2]).code(), "not-a-zip");
}

#[test]
fn a_directory_that_disagrees_with_its_entries_is_refused() {
    let mut bytes = zip_of(&with_digests(good_files()));
    // The name follows the 30 bytes of its local header.
    let named =
        |at: usize| bytes[at..].starts_with(b"PK\x03\x04") && bytes[at + 30..].starts_with(b"component.wasm");
    let at = 30 + (0..bytes.len() - 44).find(|at| named(*at)).unwrap();
    bytes[at..at + 14].copy_from_slice(b"compolent.wasm");
    assert_eq!(refused(&bytes).code(), "zip-inconsistent");
}

#[test]
fn hidden_entries_are_refused() {
    let mut bytes = zip_of(&with_digests(good_files()));
    let count = bytes.len() - 22 + 8;
    assert_eq!(bytes[count..count + 4], [3, 0, 3, 0]);
    bytes[count..count + 4].copy_from_slice(&[2, 0, 2, 0]);
    assert_eq!(refused(&bytes).code(), "zip-layout");
}

#[test]
fn limits_hold() {
    let entries: Vec<_> = (0..=BUNDLE_ENTRIES).map(|index| (format!("f{index}"), Vec::new())).collect();
    assert_eq!(refused(&zip_of(&entries)).code(), "too-many-entries");
    let large = vec![0; usize::try_from(BUNDLE_BYTES).unwrap() + 1];
    assert_eq!(refused(&large).code(), "bundle-too-large");
}

#[test]
fn a_size_that_lies_is_found_out() {
    let text = vec![b'x'; 100_000];
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("README.md", SimpleFileOptions::default().compression_level(Some(9))).unwrap();
    writer.write_all(&text).unwrap();
    let mut bytes = writer.finish().unwrap().into_inner();
    let lied = replace_all(&mut bytes, &100_000_u32.to_le_bytes(), &10_u32.to_le_bytes());
    assert_eq!(lied, 2, "local header and directory");
    assert_eq!(refused(&bytes).code(), "entry-unreadable");
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
        [(b"\xff".to_vec(), "manifest-not-text"), (b"schema: 1\n".to_vec(), "missing-field")]
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
