//! Entries that are not plain files which anybody can read.

use crate::assert_entry_refused;
use crate::support::builder::{Entry, Header};

fn of_mode(mode: u32) -> Entry {
    Entry::stored("entry", b"/etc/passwd").with(|entry| entry.attributes = mode << 16)
}

fn with_both(change: impl Fn(&mut Header)) -> Entry {
    Entry::stored("entry", b"x").both(change)
}

#[test]
fn a_link() {
    assert_entry_refused(of_mode(0o120_777), "link");
}

#[test]
fn a_directory() {
    assert_entry_refused(of_mode(0o040_755), "directory");
    assert_entry_refused(Entry::stored("entry/", b""), "directory");
    assert_entry_refused(Entry::stored("entry", b"").with(|entry| entry.attributes = 0x10), "directory");
}

#[test]
fn a_special_file() {
    for kind in [0o010_000, 0o020_000, 0o060_000, 0o140_000] {
        assert_entry_refused(of_mode(kind | 0o644), "special-file");
    }
}

#[test]
fn an_encrypted_entry() {
    for bit in [0, 6, 13] {
        assert_entry_refused(with_both(|header| header.flags = 1 << bit), "encrypted");
    }
    // What the field of WinZip's AES says of an entry without the flag.
    let aes = [0x01, 0x99, 7, 0, 2, 0, b'A', b'E', 3, 8, 0];
    assert_entry_refused(with_both(|header| header.extra = aes.to_vec()), "encrypted");
}

#[test]
fn a_compression_that_is_not_read() {
    for method in [1, 6, 9, 12, 14, 93, 95, 98, 99, u16::MAX] {
        assert_entry_refused(with_both(|header| header.method = method), "compression");
    }
}

#[test]
fn flags_that_are_not_read() {
    for bit in [4, 5, 7, 8, 12, 14, 15] {
        assert_entry_refused(with_both(|header| header.flags = 1 << bit), "entry-flags");
    }
}
