//! What a file is, from how it begins; its name is not asked. What is certainly something else is refused by name.

mod foreign;
mod keys;

use serde::de::IgnoredAny;

use crate::csv::{Above, DELIMITERS, FirstLine, Preamble, accepted_names, fields_of};
use crate::guess::guess;
use crate::json::is_blank;
use crate::refang::refang;
use crate::text::punctuation::bare;
use crate::text::{is_blank_or_comment, is_type_name};
use crate::{Columns, ReadError};
use keys::{Key, KeyValue, keys};
use palisade_model::Format;

/// Beginnings of files that are not text, and what they are.
const SIGNATURES: &[(&[u8], &str, &str)] = &[
    (b"BZh", "compressed with bzip2", "unpack it with `bunzip2`"),
    (b"\xFD7zXZ", "compressed with xz", "unpack it with `unxz`"),
    (b"\x28\xB5\x2F\xFD", "compressed with zstd", "unpack it with `unzstd`"),
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive", "unpack it with `7z x`, or use gzip or a zip of one file"),
    (b"Rar!\x1A\x07", "a RAR archive", "unpack it, or use gzip or a zip of one file"),
    (b"SQLite format 3\0", "an SQLite database", "export the indicators as CSV"),
    (b"PAR1", "a Parquet file", "export the indicators as CSV"),
    (b"%PDF-", "a PDF document", "save the indicators in it as text"),
    (b"\xD0\xCF\x11\xE0", "an office document", "save the sheet as CSV"),
    (b"\xFF\xFE\0\0", "UTF-32 text", "save it as UTF-8"),
];
/// Where the mark of a tar archive stands.
const TAR_AT: usize = 257;
const UTF_16: &str = "UTF-16 text without a byte order mark";
const UTF_16_ADVICE: &str = "save it as UTF-8, or as \"Unicode text\" with a byte order mark";

/// Refuses what no reader can read, whatever format it was announced to be.
pub(crate) fn refuse_binary(name: &str, head: &[u8]) -> Result<(), ReadError> {
    let refuse = |found, advice| Err(ReadError::Unsupported { name: name.to_owned(), found, advice });
    for (signature, found, advice) in SIGNATURES {
        if head.starts_with(signature) {
            return refuse(found, advice);
        }
    }
    if head.get(TAR_AT..).is_some_and(|rest| rest.starts_with(b"ustar")) {
        return refuse("a tar archive", "unpack it with `tar -x` and give the files in it one by one");
    }
    let zeros = head.iter().filter(|byte| **byte == 0).count();
    if zeros == 0 {
        return Ok(());
    }
    // UTF-16 without a mark: of ASCII, every other byte is zero.
    if zeros.saturating_mul(3) > head.len() && zeros < head.len() && head.is_ascii() {
        return refuse(UTF_16, UTF_16_ADVICE);
    }
    refuse("binary data", "name a file of one of these formats")
}

/// The format of a file that begins with `head`; `complete` says that there is nothing behind it.
pub(crate) fn detect(
    name: &str,
    head: &[u8],
    complete: bool,
    columns: &Columns,
) -> Result<Detected, ReadError> {
    let text = head.trim_ascii();
    let Some(first) = text.first() else {
        if complete {
            return Err(ReadError::Empty { name: name.to_owned() });
        }
        return Ok(Detected { format: Format::Text, lines: false });
    };
    if *first == b'<' && !text.starts_with(b"<http") && !text.starts_with(b"<hxxp") {
        return Err(markup(name, text));
    }
    if is_json(text)
        && let Some((found, advice)) = foreign::foreign(text, &keys(text))
    {
        return Err(ReadError::Unsupported { name: name.to_owned(), found, advice });
    }
    if let Some(format) = json_format(text) {
        return Ok(Detected { format, lines: is_json_lines(head, complete) });
    }
    if is_json(text) {
        return Err(ReadError::UnknownJson {
            name: name.to_owned(),
            found: palisade_model::excerpt(&crate::text::beginning(text)),
        });
    }
    // Only CSV has columns: who names them knows what the file is.
    if !columns.is_empty() || is_csv(head, complete) {
        return Ok(Detected { format: Format::Csv, lines: false });
    }
    refuse_rules(name, head)?;
    refuse_headless(name, head)?;
    Ok(Detected { format: Format::Text, lines: false })
}

/// What a file was found to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detected {
    /// The format.
    pub(crate) format: Format,
    /// It is JSON Lines: one document on each line.
    pub(crate) lines: bool,
}

/// The error for XML and HTML, which are told apart because their owners need different things.
fn markup(name: &str, text: &[u8]) -> ReadError {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let (found, advice) = if text.contains("openioc") || text.contains("mandiant.com/2010/ioc") {
        ("OpenIOC (XML)", "convert it to STIX, MISP JSON or CSV")
    } else if ["<html", "<!doctype html", "<head>", "<body", "<meta ", "<title>"]
        .iter()
        .any(|tag| text.contains(tag))
    {
        ("an HTML page", "the download may have answered with a login or an error page: fetch the file again")
    } else if text.contains("<stix:") || text.contains("stix_package") || text.contains("stix.mitre.org") {
        ("STIX 1 (XML)", "export it as STIX 2.1")
    } else if text.contains("<event>") && (text.contains("<orgc") || text.contains("<threat_level_id")) {
        ("a MISP event as XML", "export it as MISP JSON")
    } else if text.contains("<rss") || text.contains("<feed") {
        ("an RSS or Atom feed", "it holds articles; give a file of indicators")
    } else {
        ("XML", "export it in one of these formats")
    };
    ReadError::Unsupported { name: name.to_owned(), found, advice }
}

/// The family of a JSON file, by the first key that only one of them has.
fn json_format(text: &[u8]) -> Option<Format> {
    if !is_json(text) {
        return None;
    }
    let found = keys(text);
    let decisive = |Key { depth, name, value }: &Key<'_>| match (*name, value) {
        ("Event" | "Attribute" | "Object" | "to_ids" | "orgc_id" | "Orgc" | "threat_level_id", _) => {
            Some(Format::Misp)
        }
        ("response", KeyValue::List | KeyValue::Object) if *depth == 1 => Some(Format::Misp),
        ("objects", KeyValue::List) if *depth == 1 => Some(Format::Stix),
        ("spec_version" | "pattern_type", _) => Some(Format::Stix),
        ("type", KeyValue::Text("bundle")) if *depth == 1 => Some(Format::Stix),
        ("data", KeyValue::List | KeyValue::Object) if *depth == 1 => Some(Format::ThreatQ),
        ("nextCursorMark", _) if *depth == 1 => Some(Format::ThreatQ),
        ("type_id" | "type_name" | "status_id", _) => Some(Format::ThreatQ),
        ("type", KeyValue::Object) if *depth == 1 => Some(Format::ThreatQ),
        _ => None,
    };
    found.iter().find_map(decisive).or_else(|| {
        // Objects written by hand: `pattern` beside a type is STIX, `value` beside a type is ThreatQ.
        let has = |name| found.iter().any(|key| key.name == name && key.depth == 1);
        match (has("type"), has("pattern"), has("value")) {
            (true, true, _) => Some(Format::Stix),
            (true, _, true) => Some(Format::ThreatQ),
            _ => None,
        }
    })
}

/// Whether it begins as JSON does. A line of text may begin with a bracket as well: `[2001:db8::1]:443`.
fn is_json(text: &[u8]) -> bool {
    let Some((first, rest)) = text.split_first() else { return false };
    match (first, rest.trim_ascii_start().first()) {
        (b'{', Some(b'"' | b'}') | None) => true,
        (b'[', Some(b'{' | b'[' | b'"') | None) => true,
        (b'[', Some(b']')) => rest.trim_ascii_start().len() == 1,
        _ => false,
    }
}

/// Whether the first line is a document by itself and another line follows.
pub(crate) fn is_json_lines(head: &[u8], complete: bool) -> bool {
    let Some(start) = head.iter().position(|byte| !is_blank(*byte)) else { return false };
    let mut lines = head.get(start..).unwrap_or_default().splitn(2, |byte| *byte == b'\n');
    let (Some(first), Some(rest)) = (lines.next(), lines.next()) else { return false };
    (!complete || !rest.iter().all(|byte| is_blank(*byte)))
        && serde_json::from_slice::<IgnoredAny>(first).is_ok()
}

/// Whether there is a header above the first record.
fn is_csv(head: &[u8], complete: bool) -> bool {
    let mut preamble = Preamble::default();
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        if !complete && !line.ends_with(b"\n") {
            return false;
        }
        match preamble.line(&String::from_utf8_lossy(line), &Columns::default()) {
            Above::Nothing => {}
            Above::Other(FirstLine::Other | FirstLine::Missing(_)) => return false,
            Above::Header(_)
            | Above::Record(_)
            | Above::Other(FirstLine::Header(_) | FirstLine::Several(_)) => {
                return true;
            }
        }
    }
    false
}

/// Lines that are neither blank nor a comment, with their numbers.
fn content(head: &[u8]) -> impl Iterator<Item = (u64, &str)> {
    let lines = head.split(|byte| *byte == b'\n').map(|line| std::str::from_utf8(line).unwrap_or_default());
    (1..).zip(lines).filter(|(_, line)| !is_blank_or_comment(line))
}

/// Refuses rules of an intrusion detection system: they name networks and hosts for many reasons.
fn refuse_rules(name: &str, head: &[u8]) -> Result<(), ReadError> {
    const ACTIONS: &[&str] =
        &["alert", "block", "drop", "log", "pass", "reject", "rejectboth", "rejectdst", "rejectsrc", "sdrop"];
    let Some((_, first)) = content(head).next() else { return Ok(()) };
    let action = first.split_whitespace().next().unwrap_or_default();
    if ACTIONS.contains(&action) && (first.contains("->") || first.contains("<>")) && first.contains('(') {
        return Err(ReadError::Unsupported {
            name: name.to_owned(),
            found: "a file of rules for Suricata or Snort",
            advice: "export the indicators behind the rules as a list or as CSV",
        });
    }
    Ok(())
}

/// Refuses lines of fields without a header: as text, most of their values could not be told from what stands beside them.
fn refuse_headless(name: &str, head: &[u8]) -> Result<(), ReadError> {
    let mut lines = content(head);
    let Some((line, first)) = lines.next() else { return Ok(()) };
    let second = lines.next().map(|(_, line)| line);
    if is_hashes_of_values(first) {
        return Err(ReadError::Unsupported {
            name: name.to_owned(),
            found: "a list of MD5 sums with UUIDs, as `hashes.csv` of a MISP feed, which holds no values",
            advice: "use the JSON files of the events instead",
        });
    }
    if DELIMITERS.iter().any(|delimiter| is_headless(first, second, *delimiter)) {
        return Err(ReadError::CsvWithoutHeader {
            name: name.to_owned(),
            line,
            found: palisade_model::excerpt(&crate::text::beginning(first.as_bytes())),
            accepted: accepted_names(),
        });
    }
    Ok(())
}

/// `MD5,UUID`: what a MISP feed has in `hashes.csv`, the sum of each value and the event that holds it.
fn is_hashes_of_values(line: &str) -> bool {
    let Some((sum, uuid)) = line.trim().split_once(',') else { return false };
    let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mut groups = uuid.trim().split('-');
    let is_uuid = [8, 4, 4, 4, 12]
        .iter()
        .all(|length| groups.next().is_some_and(|group| group.len() == *length && is_hex(group)));
    sum.len() == 32 && is_hex(sum) && is_uuid && groups.next().is_none()
}

/// Whether two lines are fields with this delimiter: a header that is not understood above values, or values beside
/// something else. A list of nothing but values is text, and so is a value with a comment behind a tab or one `;`, and a
/// value behind its type. A quoted field may go on on the next line.
fn is_headless(first: &str, second: Option<&str>, delimiter: u8) -> bool {
    // A bar separates values and comments in text, and draws tables.
    if delimiter == b'|' {
        return false;
    }
    let fields = |line: &str| fields_of(line.trim_end(), delimiter);
    let indicators = |fields: &[String]| fields.iter().filter(|field| has_value(field)).count();
    let above = fields(first);
    let below = second.map(fields);
    let filled = above.iter().filter(|field| !field.trim().is_empty()).count();
    let is_open = second.is_some_and(|second| second.matches('"').count() % 2 == 1);
    if filled < 2 || below.as_ref().is_some_and(|below| below.len() != above.len() && !is_open) {
        return false;
    }
    let is_labelled = |fields: &[String]| fields.first().is_some_and(|field| is_type_name(field.trim()));
    if is_labelled(&above) && below.as_deref().is_none_or(is_labelled) {
        return false;
    }
    match indicators(&above) {
        0 => below.is_some_and(|below| indicators(&below) > 0),
        found if found == filled => false,
        _ => delimiter == b',' || delimiter == b';' && filled > 2,
    }
}

/// Whether a field holds a value, or several and nothing else.
fn has_value(field: &str) -> bool {
    let is_value = |word: &str| guess(&refang(bare(word))).is_some();
    !field.trim().is_empty() && field.split_whitespace().all(is_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<Detected, ReadError> {
        detect("x", text.as_bytes(), true, &Columns::default())
    }

    #[test]
    fn formats_are_told_apart_by_their_content() {
        use Format::{Csv, Misp, Stix, Text, ThreatQ};
        for (text, format, lines) in [
            (r#"{"total":1,"data":[]}"#, ThreatQ, false),
            ("{\n \"data\": [], \"total\": 0}", ThreatQ, false),
            (r#"[{"total":1,"data":[]}]"#, ThreatQ, false),
            (r#"[{"id":1,"class":"network","value":"x","type_name":"FQDN"}]"#, ThreatQ, false),
            (r#"{"value":"x","type":{"name":"FQDN"}}"#, ThreatQ, false),
            ("{\"data\":[]}\n{\"data\":[]}\n", ThreatQ, true),
            ("{\"value\":\"x\",\"type\":\"FQDN\"}\nbroken", ThreatQ, true),
            (r#"{"type":"bundle","id":"bundle--1","objects":[]}"#, Stix, false),
            (r#"{"objects":[{"data":[]}]}"#, Stix, false),
            (r#"{"Event":{"info":"x"}}"#, Misp, false),
            (r#"{"response":[{"Event":{}}]}"#, Misp, false),
            (r#"{"uuid":"x","Attribute":[]}"#, Misp, false),
            (r#"[{"Event":{}}]"#, Misp, false),
            ("type,indicator\nx,y", Csv, false),
            ("# comment\n\nvalue;type\nx;y", Csv, false),
            ("indicator\nevil.com", Csv, false),
            ("evil.com\nvalue,type", Text, false),
            ("[2001:db8::1]:443", Text, false),
            ("url,first_seen\nhttp://evil.com/a,2024", Csv, false),
            ("md5,sha1\nx,y", Csv, false),
            ("evil.com, evil.net\nevil.org, evil.info", Text, false),
            ("evil.com\tC2, seen\nevil.net\tC2, seen", Text, false),
            ("evil.com; C2\nevil.net; C2", Text, false),
            ("Dear all, see below\nevil.com", Text, false),
            ("sep=;\nType;Value\n", Csv, false),
            ("# id,url,status\n\"1\",\"http://a.example/\",\"x\"\n", Csv, false),
            ("#fields\tindicator\tindicator_type\na.example\tIntel::DOMAIN\n", Csv, false),
            ("Domain,evil.com\nIP,192.0.2.1", Text, false),
            ("URL,hxxp://mal[BLOCKED].example/x\nHost,mal.example", Text, false),
            ("# only comments", Text, false),
            ("<http://evil.com>", Text, false),
            ("{evil}", Text, false),
        ] {
            assert_eq!(found(text).unwrap(), Detected { format, lines }, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        for (head, named) in [
            (&b""[..], "is empty"),
            (b"  \r\n ", "is empty"),
            (b"<?xml version=\"1.0\"?><ioc xmlns=\"http://schemas.mandiant.com/2010/ioc\">", "OpenIOC"),
            (b"<OpenIOC xmlns=\"http://openioc.org/schemas/OpenIOC_1.1\">", "OpenIOC"),
            (b"<!DOCTYPE html><html>", "HTML"),
            (b"<head><title>403 Forbidden</title></head>", "HTML"),
            (
                b"<?xml version=\"1.0\"?><response><Event><orgc_id>1</orgc_id></Event></response>",
                "MISP event as XML",
            ),
            (b"<?xml version=\"1.0\"?><rss version=\"2.0\">", "RSS"),
            (b"<stix:STIX_Package xmlns:stix=\"http://stix.mitre.org/stix-1\">", "STIX 1"),
            (b"<a/>", "XML"),
            (b"{\"key\": 1}", "neither ThreatQ"),
            (b"alert tcp any any -> [192.0.2.1] 443 (msg:\"x\"; sid:1;)", "Suricata"),
            (
                b"0cc175b9c0f1b6a831c399e269772661,00000000-0000-4000-8000-000000000001",
                "`hashes.csv` of a MISP feed",
            ),
            (b"[\"192.0.2.1\"]", "plain values"),
        ] {
            let error = detect("file", head, true, &Columns::default()).unwrap_err();
            assert!(error.to_string().contains(named) && error.to_string().contains("file"), "{error}");
            assert!(error.hint().is_some());
        }
    }

    #[test]
    fn csv_without_a_recognised_header_is_refused_with_the_names_that_are_understood() {
        for text in [
            "http://evil.com/a,2024-01-01,malware",
            "# c\nhttp://evil.com/a,2024-01-01,malware\nhttp://evil.com/b,2024-01-02,malware",
            "evil.com,malware\nevil.net,malware",
            "evil.com;2024;malware\nevil.net;2024;malware",
            "seen,where\n2024,http://evil.com/a",
            "seen\twhere\n2024\thttp://evil.com/a",
            "\"1\",\"http://evil.com/a\",\"online\"",
            "time,query,response\n1,a.example.,\"['192.0.2.1' '192.0.2.2'\n '192.0.2.3']\"",
        ] {
            let error = found(text).unwrap_err();
            assert_eq!(error.code(), "collection-csv-without-header", "{text}");
            let message = error.to_string();
            assert!(
                message.contains("CSV without a recognised header") && message.contains("`url`"),
                "{message}"
            );
        }
    }

    #[test]
    fn binary_data_is_refused() {
        for (head, named) in [
            (&b"BZh9"[..], "bzip2"),
            (b"7z\xBC\xAF\x27\x1C\0", "7-Zip"),
            (&[vec![b'a'; 257], b"ustar\x0000".to_vec()].concat(), "tar archive"),
            (b"e\0v\0i\0l\0", "UTF-16"),
            (b"\0\0\0\0\0\0", "binary"),
            (b"abc\0\xFF\xFEdefghijkl", "binary"),
        ] {
            let error = refuse_binary("file", head).unwrap_err();
            assert!(error.to_string().contains(named), "{error}");
        }
        refuse_binary("file", "пример.рф\n\u{feff}".as_bytes()).unwrap();
    }
}
