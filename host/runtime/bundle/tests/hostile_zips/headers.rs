//! Headers that disagree with the directory, and entries that share bytes or leave some over.

use palisade_bundle::Bundle;

use crate::support::builder::{Entry, bundle_with, zip};
use crate::{assert_entry_refused, assert_refused};

fn entry() -> Entry {
    Entry::deflated("entry", b"the contents of an entry")
}

/// An entry whose sizes follow its contents, with this descriptor.
fn streamed(descriptor: impl FnOnce([u32; 3]) -> Vec<u8>) -> Entry {
    entry().both(|header| header.flags |= 1 << 3).with(|entry| {
        entry.after = descriptor([entry.listed.crc, entry.listed.stored, entry.listed.size]);
        (entry.local.crc, entry.local.stored, entry.local.size) = (0, 0, 0);
    })
}

fn numbers(numbers: [u32; 3]) -> Vec<u8> {
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}

fn signed(fields: [u32; 3]) -> Vec<u8> {
    [b"PK\x07\x08".to_vec(), numbers(fields)].concat()
}

#[test]
fn another_name_than_the_directory_gives() {
    assert_entry_refused(entry().with(|entry| entry.local.name = b"other".to_vec()), "local-name");
    assert_entry_refused(entry().with(|entry| entry.local.name = b"entry2".to_vec()), "local-name");
    assert_entry_refused(entry().with(|entry| entry.local.name = b"e\x1b[2J".to_vec()), "local-name");
}

#[test]
fn other_sizes_than_the_directory_gives() {
    assert_entry_refused(entry().with(|entry| entry.local.size += 1), "local-sizes");
    assert_entry_refused(entry().with(|entry| entry.local.stored -= 1), "local-sizes");
    // Nought is allowed only where the sizes follow the contents.
    assert_entry_refused(entry().with(|entry| entry.local.size = 0), "local-sizes");
}

#[test]
fn another_checksum_than_the_directory_gives() {
    assert_entry_refused(entry().with(|entry| entry.local.crc ^= 1), "local-checksum");
    assert_entry_refused(entry().with(|entry| entry.local.crc = 0), "local-checksum");
}

#[test]
fn other_flags_or_another_compression_than_the_directory_gives() {
    assert_entry_refused(entry().with(|entry| entry.local.method = 0), "local-method");
    assert_entry_refused(entry().with(|entry| entry.local.flags = 1), "local-method");
    assert_entry_refused(entry().with(|entry| entry.local.flags = 1 << 3), "local-method");
}

#[test]
fn a_data_descriptor_that_agrees_is_read() {
    for descriptor in [numbers, signed] {
        let bytes = zip(&bundle_with([streamed(descriptor)]));
        let bundle = Bundle::from_bytes(&bytes, "test.zip").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(bundle.file("entry"), Some(b"the contents of an entry".as_slice()));
    }
}

#[test]
fn a_data_descriptor_that_disagrees() {
    for spoilt in 0..3 {
        let spoil = |mut fields: [u32; 3]| {
            fields[spoilt] ^= 1;
            fields
        };
        assert_entry_refused(streamed(|fields| numbers(spoil(fields))), "data-descriptor");
        assert_entry_refused(streamed(|fields| signed(spoil(fields))), "data-descriptor");
    }
}

#[test]
fn a_data_descriptor_that_is_missing_or_more_than_one() {
    assert_entry_refused(streamed(|_| Vec::new()), "data-descriptor");
    assert_entry_refused(streamed(|fields| numbers(fields)[..8].to_vec()), "data-descriptor");
    assert_entry_refused(streamed(|fields| [numbers(fields), vec![0; 4]].concat()), "data-descriptor");
    assert_entry_refused(streamed(|fields| [signed(fields), b"more".to_vec()].concat()), "data-descriptor");
    let wide = |[crc, stored, size]: [u32; 3]| [signed([crc, stored, 0]), numbers([size, 0, 0])].concat();
    assert_entry_refused(streamed(|fields| wide(fields)[..24].to_vec()), "data-descriptor");
}

#[test]
fn two_entries_of_the_same_bytes() {
    // The zip bomb of entries that all share one piece of compressed data.
    let shared = entry();
    let again = Entry::deflated("again", b"the contents of an entry").with(|entry| {
        entry.is_there = false;
        entry.offset = Some(0);
    });
    assert_refused(&zip(&[shared.clone(), again]), "overlapping-entries");
    let other = Entry::stored("other", b"").with(|entry| {
        entry.is_there = false;
        entry.offset = Some(0);
    });
    assert_refused(&zip(&[shared, other]), "overlapping-entries");
}

#[test]
fn an_entry_inside_of_another() {
    // Quoted local headers: the first entry's contents begin with the second entry.
    let inner = Entry::stored("inner", b"payload");
    let quoted = [inner.local.local(), b"payload".to_vec()].concat();
    let outer = Entry::stored("outer", &quoted);
    let place = u32::try_from(outer.local.local().len()).unwrap();
    let inner = inner.with(|entry| {
        entry.is_there = false;
        entry.offset = Some(place);
    });
    assert_refused(&zip(&[outer, inner]), "overlapping-entries");
}

#[test]
fn an_entry_that_runs_into_the_next_or_into_the_directory() {
    let long = |name: &str| {
        Entry::stored(name, b"x").both(|header| {
            header.stored += 40;
            header.size += 40;
        })
    };
    assert_refused(&zip(&[long("first"), Entry::stored("second", b"y")]), "overlapping-entries");
    assert_refused(&zip(&[Entry::stored("first", b"y"), long("second")]), "overlapping-entries");
    let endless = Entry::deflated("endless", b"x").both(|header| header.stored = u32::MAX - 1);
    assert_refused(&zip(&[endless]), "overlapping-entries");
}

#[test]
fn an_entry_that_is_not_where_the_directory_says() {
    for offset in [1, 3, 1_000_000, u32::MAX - 1] {
        let lost = Entry::stored("lost", b"y").with(|entry| entry.offset = Some(offset));
        let bytes = zip(&[Entry::stored("first", b"x"), lost]);
        assert_refused(&bytes, "local-header-missing");
    }
}

#[test]
fn an_entry_that_the_directory_does_not_list() {
    let hidden = || Entry::stored("hidden", b"evil").with(|entry| entry.is_listed = false);
    let listed = || Entry::stored("listed", b"good");
    assert_refused(&zip(&[listed(), hidden()]), "unlisted-bytes");
    assert_refused(&zip(&[listed(), hidden(), Entry::stored("last", b"good")]), "unlisted-bytes");
    assert_refused(&zip(&[hidden(), listed()]), "leading-bytes");
    assert_refused(&zip(&[hidden()]), "leading-bytes");
}

#[test]
fn bytes_between_entries() {
    let padded = entry().with(|entry| entry.after = vec![0]);
    assert_entry_refused(padded, "unlisted-bytes");
}

#[test]
fn a_name_in_an_extra_field() {
    let mut field = vec![0x75, 0x70, 10, 0, 1];
    field.extend(crate::support::builder::crc(b"entry").to_le_bytes());
    field.extend(b"other");
    assert_entry_refused(entry().with(|entry| entry.local.extra = field.clone()), "unicode-path");
    assert_entry_refused(entry().with(|entry| entry.listed.extra = field), "unicode-path");
}

#[test]
fn an_extra_field_that_nobody_knows() {
    for field in [
        // Info-ZIP's old Unix field, which can hold the target of a link; PKWARE's, which can as well.
        vec![0x6e, 0x75, 0, 0],
        vec![0x0d, 0x00, 0, 0],
        vec![0xff, 0xff, 1, 0, 0],
        // Broken ones: too short for a header, and longer than there are bytes.
        vec![0x55],
        vec![0x55, 0x54, 5, 0, 1],
    ] {
        assert_entry_refused(entry().with(|entry| entry.local.extra = field.clone()), "extra-field");
        assert_entry_refused(entry().with(|entry| entry.listed.extra = field), "extra-field");
    }
}

#[test]
fn extra_fields_of_times_and_owners_are_passed_over() {
    let times = [0x55, 0x54, 5, 0, 3, 1, 2, 3, 4];
    let owner = [0x75, 0x78, 5, 0, 1, 1, 0, 1, 0];
    let entry = entry().both(|header| header.extra = [times, owner].concat());
    assert!(Bundle::from_bytes(&zip(&bundle_with([entry])), "test.zip").is_ok());
}

#[test]
fn a_comment_on_an_entry() {
    assert_entry_refused(entry().with(|entry| entry.comment = b"PK".to_vec()), "entry-comment");
}
