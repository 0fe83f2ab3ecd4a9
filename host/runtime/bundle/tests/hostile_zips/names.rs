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
    for name in [
        "a\\evil",
        "a//evil",
        "./evil",
        "a/./evil",
        "evil.txt.",
        "evil ",
        " evil",
        "docs /evil",
        "docs./evil",
        "evil:stream",
        "aux.",
        "evil*",
        "evil?",
        "evil|evil",
        "<evil>",
        "\"evil\"",
        "MANIFE~1.YAM",
    ] {
        assert_name_refused(name.as_bytes(), "ambiguous-path");
    }
}

#[test]
fn a_file_that_another_one_needs_as_its_directory() {
    for [one, other] in [["docs", "docs/evil"], ["Docs/a/evil", "docs/A"]] {
        let both = [Entry::stored(one, b"one"), Entry::stored(other, b"two")];
        assert_refused(&zip(&bundle_with(both)), "ambiguous-path");
    }
}

#[test]
fn a_name_that_is_not_utf_8() {
    for name in [b"evil\xff".as_slice(), b"\xc0\xae\xc0\xae/evil", b"evil\xed\xa0\x80"] {
        assert_name_refused(name, "name-not-text");
    }
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
    let twice = [Entry::stored("Docs/A.md", b"one"), Entry::stored("docs/a.MD", b"two")];
    assert_refused(&zip(&bundle_with(twice)), "duplicate-ignoring-case");
}

#[test]
fn a_name_beyond_ascii() {
    // Normalised forms, folding, ignored characters, other blanks, other full stops: systems differ in what is equal.
    for name in ["caf\u{e9}", "cafe\u{301}", "\u{3c2}", "a\u{a0}b", "a\u{3002}md", "\u{212a}"] {
        assert_name_refused(name.as_bytes(), "name-not-ascii");
    }
    // A soft hyphen is not even shown.
    assert_name_refused("manife\u{ad}st.yaml".as_bytes(), "unprintable-name");
    // Without the flag for UTF-8, readers take other bytes than ASCII for an old code page.
    let entry = Entry::stored("caf\u{e9}", b"x").both(|header| header.flags = 0);
    assert_entry_refused(entry, "name-not-ascii");
    for [one, other] in [["caf\u{e9}", "cafe\u{301}"], ["\u{3c3}", "\u{3c2}"], ["\u{e4}", "\u{c4}"]] {
        let twice = [Entry::stored(one, b"one"), Entry::stored(other, b"two")];
        assert_refused(&zip(&bundle_with(twice)), "name-not-ascii");
    }
}

#[test]
fn a_name_of_a_device() {
    for name in [
        "con",
        "NUL.txt",
        "aux.md",
        "docs/Prn",
        "COM1",
        "lpt9.tar.gz",
        "com0",
        "CONIN$",
        "conout$.x",
        "clock$",
        "nul .txt",
    ] {
        assert_name_refused(name.as_bytes(), "reserved-name");
    }
}

#[test]
fn a_name_that_only_looks_like_one_of_a_device_is_none() {
    let names = ["console.md", "nullable.txt", "auxiliary", "com10", "lpt", "comx", "docs/icon.svg"];
    let entries = bundle_with(names.map(|name| Entry::stored(name, b"text")));
    assert!(palisade_bundle::Bundle::from_bytes(&zip(&entries), "test.zip").is_ok());
}
