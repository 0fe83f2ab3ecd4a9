//! What stands around the entries: beginnings, ends, comments, second archives, volumes, and the 64-bit extensions.

use palisade_limits::{BUNDLE_BYTES, BUNDLE_ENTRIES};

use crate::assert_refused;
use crate::support::builder::{Entry, bundle_with, parts, zip, zip_at, zip_with};

fn good() -> Vec<u8> {
    zip(&bundle_with([]))
}

/// Another bundle than [`good`], as an attacker would want it to be found.
fn evil() -> Vec<Entry> {
    bundle_with([Entry::stored("evil", b"evil")])
}

#[test]
fn something_else_than_a_zip() {
    for bytes in [b"".as_slice(), b"PK", b"PK\x03\x04", b"\0asm\x0d\0\x01\0", &[0; 100]] {
        assert_refused(bytes, "not-a-zip");
    }
}

#[test]
fn a_zip_that_breaks_off() {
    let whole = good();
    for missing in [1, 2, 18, 21, 22, 23, 100, whole.len() / 2, whole.len() - 30] {
        assert_refused(&whole[..whole.len() - missing], "truncated");
    }
    let commented = zip_with(&bundle_with([]), |end| end.comment = b"a comment".to_vec());
    for missing in [1, b"a comment".len()] {
        assert_refused(&commented[..commented.len() - missing], "truncated");
    }
}

#[test]
fn bytes_before_the_zip() {
    assert_refused(&[b"#!/bin/sh\n".to_vec(), good()].concat(), "leading-bytes");
    // The same with places that count from the beginning of the file, as self-extracting archives have them.
    let program = b"#!/bin/sh\n";
    assert_refused(&[program.to_vec(), zip_at(program.len(), &evil())].concat(), "leading-bytes");
    assert_refused(&[b"PK\x03\x04".to_vec(), zip_at(4, &evil())].concat(), "leading-bytes");
}

#[test]
fn bytes_after_the_zip() {
    for more in [b"\0".as_slice(), b"more", &[0; 5_000]] {
        assert_refused(&[good().as_slice(), more].concat(), "trailing-bytes");
    }
}

#[test]
fn a_comment_on_the_archive() {
    assert_refused(&zip_with(&bundle_with([]), |end| end.comment = b"text".to_vec()), "archive-comment");
}

#[test]
fn a_second_archive_in_the_comment() {
    let with_comment = |comment: Vec<u8>| zip_with(&bundle_with([]), |end| end.comment = comment);
    assert_refused(&with_comment(zip(&evil())), "archive-in-comment");
    // The same with places that count from the beginning of the file.
    let adjusted = zip_at(good().len(), &evil());
    assert_refused(&with_comment(adjusted), "archive-in-comment");
    // Entries without a directory, for readers that go from header to header.
    assert_refused(&with_comment(parts(&evil(), 0).0), "archive-in-comment");
}

#[test]
fn a_second_archive_after_the_first() {
    let first = good();
    assert_refused(&[first.clone(), zip(&evil())].concat(), "second-archive");
    assert_refused(&[first.clone(), zip_at(first.len(), &evil())].concat(), "second-archive");
    assert_refused(&[first.clone(), parts(&evil(), 0).0].concat(), "second-archive");
    assert_refused(&[first, zip(&evil()), b"more".to_vec()].concat(), "second-archive");
}

#[test]
fn two_records_at_the_end() {
    let whole = good();
    let end = whole[whole.len() - 22..].to_vec();
    assert_refused(&[whole, end].concat(), "second-archive");
}

#[test]
fn a_record_of_the_end_inside_of_the_directory() {
    let end = good()[good().len() - 22..].to_vec();
    // A field of times is passed over, whatever is in it.
    let field = [vec![0x55, 0x54, 22, 0], end].concat();
    let entry = Entry::stored("entry", b"x").with(|entry| entry.listed.extra = field);
    assert_refused(&zip(&bundle_with([entry])), "second-archive");
}

#[test]
fn entries_in_the_gap_before_the_directory() {
    // The directory of one archive behind the entries of two, the places counted from the beginning.
    let entries = bundle_with([]);
    let (bytes, directory) = parts(&entries, 0);
    let more = parts(&evil(), bytes.len()).0;
    let end = zip_with(&entries, |end| end.offset += u32::try_from(more.len()).unwrap());
    let end = end[end.len() - 22..].to_vec();
    assert_refused(&[bytes, more, directory, end].concat(), "unlisted-bytes");
}

#[test]
fn a_directory_that_is_not_where_its_end_says() {
    for change in [1, 2, 1_000, u32::MAX / 2] {
        let more = zip_with(&bundle_with([]), |end| end.size += change);
        assert_refused(&more, "zip-layout");
        let later = zip_with(&bundle_with([]), |end| end.offset += change);
        assert_refused(&later, "zip-layout");
    }
}

#[test]
fn a_directory_with_more_or_fewer_entries_than_counted() {
    assert_refused(&zip_with(&bundle_with([]), |end| end.counts = [2, 2]), "zip-layout");
    assert_refused(&zip_with(&bundle_with([]), |end| end.counts = [4, 4]), "zip-layout");
    assert_refused(&zip_with(&bundle_with([]), |end| end.counts = [0, 0]), "zip-layout");
}

#[test]
fn too_many_entries() {
    let entries: Vec<Entry> =
        (0..=BUNDLE_ENTRIES).map(|index| Entry::stored(format!("f{index}"), b"")).collect();
    assert_refused(&zip(&entries), "too-many-entries");
    // One fewer is as many as are allowed: it is the list of digests that is missed then.
    assert_refused(&zip(&entries[1..]), "digests-missing");
    assert_refused(&zip_with(&bundle_with([]), |end| end.counts = [60_000, 60_000]), "too-many-entries");
}

#[test]
fn one_of_several_volumes() {
    assert_refused(&zip_with(&bundle_with([]), |end| end.volumes = [1, 0]), "several-volumes");
    assert_refused(&zip_with(&bundle_with([]), |end| end.volumes = [1, 1]), "several-volumes");
    assert_refused(&zip_with(&bundle_with([]), |end| end.counts = [2, 3]), "several-volumes");
    let elsewhere = Entry::stored("elsewhere", b"x").with(|entry| entry.volume = 1);
    assert_refused(&zip(&bundle_with([elsewhere])), "several-volumes");
}

#[test]
fn the_64_bit_extensions() {
    assert_refused(&zip_with(&bundle_with([]), |end| end.counts = [u16::MAX; 2]), "zip64");
    assert_refused(&zip_with(&bundle_with([]), |end| end.size = u32::MAX), "zip64");
    assert_refused(&zip_with(&bundle_with([]), |end| end.offset = u32::MAX), "zip64");
    let whole = good();
    let (before, end) = whole.split_at(whole.len() - 22);
    let locator = [b"PK\x06\x07".as_slice(), &[0; 16]].concat();
    assert_refused(&[before, &locator, end].concat(), "zip64");
    let sizes = [[1, 0, 16, 0].as_slice(), &[0; 16]].concat();
    let entry = || Entry::stored("entry", b"x");
    for wide in [
        entry().both(|header| (header.stored, header.size) = (u32::MAX, u32::MAX)),
        entry().with(|entry| entry.offset = Some(u32::MAX)),
        entry().with(|entry| entry.listed.extra = sizes.clone()),
        entry().with(|entry| entry.local.extra = sizes.clone()),
    ] {
        assert_refused(&zip(&bundle_with([wide])), "zip64");
    }
}

#[test]
fn a_file_that_is_too_large() {
    let large = vec![0; usize::try_from(BUNDLE_BYTES).unwrap() + 1];
    assert_refused(&large, "bundle-too-large");
}

#[test]
fn the_largest_file_of_nothing_but_ends() {
    let largest = usize::try_from(BUNDLE_BYTES).unwrap();
    assert_refused(&b"PK\x05\x06".repeat(largest / 4), "truncated");
    let end = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
    assert_refused(&end.repeat(largest / end.len()), "second-archive");
}
