//! Lines of text and what is made of them.

use proptest::prelude::*;

use super::*;

fn read(line: &str) -> Vec<Record> {
    let mut text = Text::default();
    text.line(line, &Location::Line(1));
    text.end();
    text.found
}

/// Type, value and comment of each object of a line that gives nothing else.
fn objects(line: &str) -> Vec<(String, String, Option<String>)> {
    read(line)
        .into_iter()
        .map(|record| match record {
            Record::Object(object) => (object.subtype, object.value, object.description),
            other => panic!("{line}: {other:?}"),
        })
        .collect()
}

fn values(line: &str) -> Vec<String> {
    objects(line).into_iter().map(|(_, value, _)| value).collect()
}

#[track_caller]
fn assert_unreadable(line: &str, part: &str) {
    let records = read(line);
    let [Record::Unreadable(bad)] = records.as_slice() else { panic!("{line}: {records:?}") };
    assert!(bad.message.contains(part), "{line}: {}", bad.message);
}

#[test]
fn values_are_found_with_whatever_stands_around_them() {
    for (line, subtype, value, comment) in [
        ("185.178.209[.]193\tCobalt Strike C2\t", "IP Address", "185.178.209.193", Some("Cobalt Strike C2")),
        ("amber[.]example\tC2, seen twice", "FQDN", "amber.example", Some("C2, seen twice")),
        ("192.0.2.1\t10", "IP Address", "192.0.2.1", None),
        ("192.0.2.1 10", "IP Address", "192.0.2.1", None),
        ("192.0.2.1, 2024-01-01", "IP Address", "192.0.2.1", None),
        ("  evil[.]com   # seen in May", "FQDN", "evil.com", Some("seen in May")),
        ("1.2.3.4  # evil.com", "IP Address", "1.2.3.4", Some("evil.com")),
        ("1.2.3.4 // evil.com", "IP Address", "1.2.3.4", Some("evil.com")),
        ("evil.com;malware", "FQDN", "evil.com", Some("malware")),
        ("evil.com | malware", "FQDN", "evil.com", Some("malware")),
        ("evil.com - C2 server", "FQDN", "evil.com", Some("C2 server")),
        ("evil.com - setup.exe", "FQDN", "evil.com", Some("setup.exe")),
        ("evil.com -- C2 server", "FQDN", "evil.com", Some("C2 server")),
        ("evil.com  seen at 10.0.0.1", "FQDN", "evil.com", Some("seen at 10.0.0.1")),
        ("- hxxp://evil[.]com/a#b", "URL", "http://evil.com/a#b", None),
        ("http://evil.com,", "URL", "http://evil.com", None),
        ("12. evil.com", "FQDN", "evil.com", None),
        ("\"evil.com\",", "FQDN", "evil.com", None),
        ("<https://evil.com/x>", "URL", "https://evil.com/x", None),
        ("user [at] evil [dot] com", "Email Address", "user@evil.com", None),
        ("0.0.0.0 evil.com", "FQDN", "evil.com", None),
        ("Domain: invoice.zip", "FQDN", "invoice.zip", None),
        (
            "SHA256 (a.exe) = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "SHA-256",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            Some("a.exe"),
        ),
        ("\"Bad Guy\" <bad@evil.com>", "Email Address", "bad@evil.com", Some("Bad Guy")),
        ("| evil.com | C2 |", "FQDN", "evil.com", Some("C2")),
        ("- **evil.com**", "FQDN", "evil.com", None),
        ("\u{201c}evil.com\u{201d}", "FQDN", "evil.com", None),
        ("evil.com/x?u=http://b.example", "URL", "evil.com/x?u=http://b.example", None),
        ("0.0.0.0 invoice.zip # a host", "FQDN", "invoice.zip", Some("a host")),
        ("127.0.0.1 # sinkhole", "IP Address", "127.0.0.1", Some("sinkhole")),
        ("9gag.red/gag/gag12.php", "URL", "9gag.red/gag/gag12.php", None),
        ("d41d8cd98f00b204e9800998ecf8427e  setup.exe", "MD5", HASH, Some("setup.exe")),
        ("d41d8cd98f00b204e9800998ecf8427e *invoice.zip", "MD5", HASH, Some("invoice.zip")),
        ("d41d8cd98f00b204e9800998ecf8427e invoice.zip", "MD5", HASH, Some("invoice.zip")),
        ("d41d8cd98f00b204e9800998ecf8427e  dropper", "MD5", HASH, Some("dropper")),
    ] {
        assert_eq!(
            objects(line),
            [(subtype.to_owned(), value.to_owned(), comment.map(str::to_owned))],
            "{line}"
        );
    }
}

const HASH: &str = "d41d8cd98f00b204e9800998ecf8427e";

#[test]
fn every_value_of_a_line_becomes_an_object() {
    for (line, expected) in [
        ("0.0.0.0 evil1.com evil2.com", &["evil1.com", "evil2.com"][..]),
        ("127.0.0.1\tevil1.com\tevil2.com # both", &["evil1.com", "evil2.com"]),
        ("evil3.com, evil4.com", &["evil3.com", "evil4.com"]),
        ("evil3.com,evil4.com;evil5.com|evil6.com", &["evil3.com", "evil4.com", "evil5.com", "evil6.com"]),
        ("\"evil3.com\",\"evil4.com\"", &["evil3.com", "evil4.com"]),
        ("198.51.100.1 198.51.100.2", &["198.51.100.1", "198.51.100.2"]),
        ("evil5.com evil6.com", &["evil5.com", "evil6.com"]),
        ("evil5.com\tevil6.com", &["evil5.com", "evil6.com"]),
        ("evil5.com, evil6.com # both", &["evil5.com", "evil6.com"]),
        ("http://evil.com/a,http://evil.net/b", &["http://evil.com/a", "http://evil.net/b"]),
        ("192.0.2.1:80,192.0.2.2:80", &["192.0.2.1:80", "192.0.2.2:80"]),
    ] {
        assert_eq!(values(line), expected, "{line}");
    }
    assert!(objects("evil5.com, evil6.com # both").iter().all(|object| object.2.as_deref() == Some("both")));
}

#[test]
fn several_values_that_are_no_list_make_the_line_unreadable() {
    for line in [
        "198.51.100.1 - 198.51.100.9",
        "evil.com\tC2\t198.51.100.1",
        "evil.com\t10\tevil.net",
        "evil.com; see; evil.net",
        "d41d8cd98f00b204e9800998ecf8427e  evil.com",
        "evil.com 198.51.100.1",
    ] {
        assert_unreadable(line, "more than one value on the line");
    }
    let line = vec!["evil.com"; 1_001].join(" ");
    assert_unreadable(&line, "more than 1000 words");
}

#[test]
fn prose_never_puts_a_name_on_a_list() {
    for line in [
        "google.com was visited before the infection",
        "google.com, which was visited before",
        "- google.com was visited before evil.com",
        "evil.com google.com and more",
        "evil.com,malware",
        "evil.com,2024-01-01,malware",
        "198.51.100.1 198.51.100.999",
    ] {
        assert_unreadable(line, "a value followed by text");
    }
}

#[test]
fn a_separator_in_a_url_is_never_sent_as_part_of_it() {
    for line in [
        "http://evil.com/a,2024-01-01,malware",
        "http://evil.com/a;2024;malware",
        "evil.com/a,2024",
        "evil.net,http://evil.com/a,2024",
        "http://evil.com/?u=http://a.com,http://b.com",
    ] {
        assert_unreadable(line, "a URL with `,`");
    }
}

#[test]
fn a_name_that_may_be_a_file_is_unreadable_and_says_how_to_state_its_type() {
    for line in ["invoice.zip", "script.py  # loader", "readme.md", "evil.com, invoice.zip"] {
        assert_unreadable(line, "`value,type`");
    }
    assert_unreadable("cdn.invoice.zip", "`value,type`");
    assert_unreadable("evil.bit", "public suffix list");
    assert_eq!(values("www.invoice.zip"), ["www.invoice.zip"]);
}

#[test]
fn comments_and_blank_lines_are_nothing() {
    for line in ["", "   ", "# evil.com", "// evil.com", "; evil.com", "\t"] {
        assert_eq!(read(line), [], "{line}");
    }
}

#[test]
fn prose_is_unreadable_and_says_what_was_expected() {
    for line in ["Find the whole paper", "== Part 1", "link:part1.adoc[Part 1]", ",,", "10 evil.com"] {
        assert_unreadable(line, "expected a domain");
    }
}

#[test]
fn a_url_is_never_cut_at_a_blank() {
    for line in [
        "http://evil.com/Invoice 2026.pdf",
        "http://evil.com/ tool.exe",
        "http://evil.com/update evil.net",
        "http://evil.com/x 198.51.100.7",
        "hxxp://evil[.]com/Neue Rechnung.doc",
        "http://evil.com/a 2026",
    ] {
        assert_unreadable(line, "a URL followed by a blank");
    }
    assert_unreadable("http://evil.com/a, b.exe", "a URL with `,`");
    assert_eq!(values("http://evil.com/a http://evil.com/b"), ["http://evil.com/a", "http://evil.com/b"]);
    assert_eq!(values("http://evil.com/a\tInvoice 2026.pdf"), ["http://evil.com/a"]);
}

#[test]
fn a_comment_needs_a_blank_before_its_mark() {
    for line in ["evil.com##.ad", "evil.com#@#x", "evil.com#?#x", "evil.com#$#x", "evil.com#seen"] {
        assert!(matches!(read(line).as_slice(), [Record::Unreadable(_)]), "{line}");
    }
    assert_unreadable("//evil.com/skim.js", "begins with `//`");
    assert_eq!(values("evil.com #seen"), ["evil.com"]);
}

/// What is made of each line of a text: `+` and a value to use, `~` and one that is not to be blocked, `-` for a line that is
/// left out, `?` for one that is unreadable.
fn summary(text: &str) -> String {
    let mut reader = Text { comments: Comments { is_apart: true, ..Comments::default() }, ..Text::default() };
    (1..).zip(text.lines()).for_each(|(number, line)| reader.line(line, &Location::Line(number)));
    reader.end();
    let shown = reader.found.into_iter().map(|record| match record {
        Record::Object(object) if object.do_not_block.is_some() => format!("~{}", object.value),
        Record::Object(object) => format!("+{}", object.value),
        Record::LeftOut(_) => "-".to_owned(),
        Record::Unreadable(_) => "?".to_owned(),
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_below_a_heading_for_harmless_things_or_references_is_not_to_be_blocked() {
    for (text, expected) in [
        (
            "Domains:\na.example\n\nLegitimate sites:\nb.example\n\nDomains:\nc.example",
            "+a.example ? ~b.example +c.example",
        ),
        ("a.example\n\n## References\nhttps://b.example/x\n\n## C2\nc.example", "+a.example - +c.example"),
        ("REFERENCES\n\nhttps://b.example/x\nhttps://c.example/y", "? - -"),
        ("# Whitelist\na.example", "~a.example"),
        ("# License: MIT\na.example", "+a.example"),
        ("# Source: the feed\na.example", "+a.example"),
        ("# Sources\n# https://b.example\na.example", "+a.example"),
        ("# False positives\n# report them at b.example\n#\na.example", "+a.example"),
        ("False positives\n- a.example\n- b.example", "? ~a.example ~b.example"),
        ("For details see the following links:\na.example", "? +a.example"),
    ] {
        assert_eq!(summary(text), expected, "{text}");
    }
}

#[test]
fn a_value_between_sentences_is_not_read() {
    let licence = "You may obtain a copy of the license at the address\n\n    http://www.apache.example/LICENSE\n\n\
        Unless required by law this is distributed as it is";
    assert_eq!(summary(licence), "? ? ?");
    assert_eq!(
        summary("Please block all of these names today\na.example\nb.example"),
        "? +a.example +b.example"
    );
}

#[test]
fn bytes_that_are_no_text_are_one_bad_line() {
    let mut records = Vec::new();
    let mut sink = |record| records.push(record);
    let mut emitter = Emitter::new("x".to_owned(), palisade_model::Format::Text, &mut sink);
    super::read(&b"evil.com\r\n\xFF\xFE\r\n192.0.2.1\r\nevil.net # caf\xE9"[..], &mut emitter).unwrap();
    let summary = emitter.finish().unwrap();
    assert_eq!((summary.objects, summary.unreadable), (3, 1));
    assert_eq!(summary.notes.get(&Note::Encoding), Some(&1));
    assert!(matches!(&records[1], Record::Unreadable(bad) if bad.location == Location::Line(2)));
}

proptest! {
    #[test]
    fn any_line_is_answered(line in r"\PC{0,80}|[a-c.,;|#/: \t-]{0,40}") {
        let _ = read(&line);
    }

    #[test]
    fn a_list_loses_none_of_its_values(
        hosts in proptest::collection::vec("[a-z]{1,8}[.]com", 1..8),
        separator in "[,;|] ?|\t| {1,3}",
    ) {
        prop_assert_eq!(values(&hosts.join(&separator)), hosts);
    }
}
