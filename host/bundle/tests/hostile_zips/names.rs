//! Names that lead elsewhere, mean two things, or cannot be shown.

use crate::support::builder::{Entry, bundle_with, zip};
use crate::{assert_entry_refused, assert_refused};

fn assert_name_refused(name: &[u8], code: &str) {
    assert_entry_refused(Entry::stored(name, b"x"), code);
}

#[test]
fn a_path_that_climbs() {
    for name in ["..", "../evil", "a/../../evil", "a/..", "a\\..\\evil", "..\\evil"] {
        assert_name_refused(name.as_bytes(), "climbing-path");
    }
}

#[test]
fn a_path_that_is_absolute() {
    for name in ["/etc/passwd", "//host/share", "\\evil", "\\\\host\\share", "C:/evil", "c:evil", "C:\\evil"]
    {
        assert_name_refused(name.as_bytes(), "absolute-path");
    }
}

#[test]
fn a_path_that_means_two_things() {
    for name in ["a\\evil", "a//evil", "./evil", "a/./evil", "evil.txt.", "evil ", "evil:stream"] {
        assert_name_refused(name.as_bytes(), "ambiguous-path");
    }
}

#[test]
fn a_name_that_is_not_utf_8() {
    for name in [b"evil\xff".as_slice(), b"\xc0\xae\xc0\xae/evil", b"evil\xed\xa0\x80"] {
        assert_name_refused(name, "name-not-text");
    }
}

#[test]
fn a_name_that_does_not_say_that_it_is_utf_8() {
    // Without the flag, readers take other bytes than ASCII for an old code page.
    let entry = Entry::stored("caf\u{e9}", b"x").both(|header| header.flags = 0);
    assert_entry_refused(entry, "name-not-text");
}

#[test]
fn a_name_with_control_characters() {
    for name in [b"evil\x1b[2J".as_slice(), b"evil\0.md", b"evil\n", b"evil\x7f", b"evil\xe2\x80\xae.md"] {
        assert_name_refused(name, "unprintable-name");
    }
}

#[test]
fn an_entry_without_a_name() {
    assert_name_refused(b"", "empty-name");
}

#[test]
fn a_name_that_occurs_twice() {
    let twice = [Entry::stored("twice", b"one"), Entry::stored("twice", b"two")];
    assert_refused(&zip(&bundle_with(twice)), "duplicate-name");
    assert_name_refused(b"manifest.yaml", "duplicate-name");
}

#[test]
fn two_names_that_differ_by_case_only() {
    assert_name_refused(b"Manifest.YAML", "duplicate-ignoring-case");
    let twice = [Entry::stored("\u{e4}", b"one"), Entry::stored("\u{c4}", b"two")];
    assert_refused(&zip(&bundle_with(twice)), "duplicate-ignoring-case");
}
