//! Contents that are not what is declared: bombs, lies about sizes and checksums, archives inside of the archive.

use palisade_limits::{
    BUNDLE_RATIO, BUNDLE_RATIO_FREE_BYTES, BUNDLE_UNPACKED_BYTES, DIGEST_LIST_BYTES, SIGNATURE_BYTES,
};

use crate::support::builder::{Entry, bundle_with, crc, zip};
use crate::{assert_entry_refused, assert_refused};

/// 100 MiB of noughts, which deflate to 100 KB.
fn noughts() -> Vec<u8> {
    vec![0; 100 * 1024 * 1024]
}

#[test]
fn a_bomb_by_ratio() {
    assert_entry_refused(Entry::deflated("bomb", &noughts()), "compression-ratio");
}

#[test]
fn the_smallest_bomb_by_ratio() {
    let declared = |size: u64, stored: u64| {
        Entry::deflated("bomb", b"").with(|entry| entry.contents = vec![0; stored.try_into().unwrap()]).both(
            |header| {
                header.stored = stored.try_into().unwrap();
                header.size = size.try_into().unwrap();
            },
        )
    };
    let stored = BUNDLE_RATIO_FREE_BYTES / BUNDLE_RATIO + 1;
    assert_entry_refused(declared(stored * BUNDLE_RATIO + 1, stored), "compression-ratio");
    // One byte less, and it is its contents that are refused.
    assert_entry_refused(declared(stored * BUNDLE_RATIO, stored), "entry-unreadable");
    assert_entry_refused(declared(BUNDLE_RATIO_FREE_BYTES + 1, 1), "compression-ratio");
    assert_entry_refused(declared(BUNDLE_RATIO_FREE_BYTES, 1), "entry-unreadable");
}

#[test]
fn a_bomb_that_declares_to_be_small() {
    // Unpacking stops one byte past what is declared: the bounds of a refusal show it.
    let bomb = Entry::deflated("bomb", &noughts()).both(|header| header.size = 1_000);
    assert_entry_refused(bomb, "entry-size");
}

#[test]
fn a_bomb_of_several_entries() {
    // Each for itself is within the ratio and declares less than a bundle may unpack to. Nothing is unpacked.
    let size = BUNDLE_UNPACKED_BYTES / 2;
    let stored = size / BUNDLE_RATIO + 1;
    let part = |name: &str| {
        Entry::deflated(name, b"").with(|entry| entry.contents = vec![0; stored.try_into().unwrap()]).both(
            |header| {
                header.stored = stored.try_into().unwrap();
                header.size = size.try_into().unwrap();
            },
        )
    };
    assert_refused(&zip(&bundle_with([part("one"), part("two")])), "unpacked-too-large");
}

#[test]
fn a_bomb_by_nesting() {
    let inner = zip(&bundle_with([Entry::deflated("bomb", &noughts())]));
    assert_entry_refused(Entry::stored("inner.zip", &inner), "nested-archive");
    assert_entry_refused(Entry::deflated("harmless.txt", &inner), "nested-archive");
    assert_entry_refused(Entry::stored("empty.zip", &zip(&[])), "nested-archive");
}

#[test]
fn an_entry_that_declares_another_size() {
    let text = [b'x'; 10_000];
    for size in [0, 10, 9_999, 10_001, 20_000] {
        let entry = Entry::deflated("entry", &text).both(|header| header.size = size);
        assert_entry_refused(entry, "entry-size");
    }
    let stored = Entry::stored("entry", &text).both(|header| header.size -= 1);
    assert_entry_refused(stored, "entry-size");
}

#[test]
fn an_entry_that_declares_another_checksum() {
    for entry in [Entry::stored("entry", b"text"), Entry::deflated("entry", b"text")] {
        assert_entry_refused(entry.both(|header| header.crc = crc(b"other")), "entry-checksum");
    }
}

#[test]
fn an_entry_that_cannot_be_unpacked() {
    let spoilt = Entry::deflated("entry", &[b'x'; 1_000]).with(|entry| entry.contents[0] ^= 0x06);
    assert_entry_refused(spoilt, "entry-unreadable");
}

#[test]
fn an_entry_with_bytes_after_its_compressed_contents() {
    let more = Entry::deflated("entry", b"text")
        .with(|entry| entry.contents.extend(b"hidden"))
        .both(|header| header.stored += 6);
    assert_entry_refused(more, "entry-unreadable");
}

#[test]
fn a_list_of_digests_or_a_signature_that_is_too_large() {
    for (name, limit) in [("SHA256SUMS", DIGEST_LIST_BYTES), ("SHA256SUMS.minisig", SIGNATURE_BYTES)] {
        let large = vec![b'x'; usize::try_from(limit).unwrap() + 1];
        let mut entries = bundle_with([]);
        entries.retain(|entry| entry.listed.name != name.as_bytes());
        entries.push(Entry::stored(name, &large));
        assert_refused(&zip(&entries), "entry-too-large");
    }
}

#[test]
fn a_list_of_digests_with_the_line_breaks_of_windows() {
    let mut entries = bundle_with([]);
    let sums = entries.iter().position(|entry| entry.listed.name == b"SHA256SUMS").unwrap();
    let text = String::from_utf8(entries.remove(sums).unpacked).unwrap();
    assert!(text.lines().count() > 1, "{text}");
    for breaks in ["\r\n", "\r", "\n\n"] {
        let mut entries = entries.clone();
        entries.push(Entry::stored("SHA256SUMS", text.replace('\n', breaks).as_bytes()));
        assert_refused(&zip(&entries), "digests-line");
    }
}
