//! Lines that name the type in front of the value: `Domain: evil.example`, `sha256=…`, `ip-dst|192.0.2.1`, and the lines of
//! `sha256sum --tag`.

use crate::guess::{address, guess, hash, subtype};
use crate::type_name::{letters_and_digits, type_by_name};

/// Longest name of a type in front of a value, in bytes.
const LABEL_BYTES: usize = 40;
/// What stands between a type and its value.
const MARKS: [char; 5] = [':', '=', ',', '\t', '|'];
/// Labels that say that a value follows, and not of which type.
const GENERAL: &[&str] =
    &["c2", "cc", "cnc", "c2server", "ccserver", "cncserver", "indicator", "ioc", "observable"];

/// A label and what is behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Labelled<'line> {
    /// The label; none where it is a general one.
    name: Option<&'line str>,
    /// The rest of the line.
    pub(super) rest: &'line str,
}

impl Labelled<'_> {
    /// Whether the values are names of hosts, also those that may be files.
    pub(super) fn is_of_names(&self) -> bool {
        self.name.is_some_and(|name| type_by_name(name, "") == Some(subtype::FQDN))
    }

    /// Whether a value is of the type that the label names.
    pub(super) fn fits(&self, kind: &str, value: &str) -> bool {
        self.name.is_none_or(|name| type_by_name(name, value).is_none_or(|expected| expected == kind))
    }

    /// The label, for messages.
    pub(super) fn name(&self) -> &str {
        self.name.unwrap_or("the label")
    }
}

/// The label of a line, if it has one.
pub(super) fn labelled(line: &str) -> Option<Labelled<'_>> {
    let at = line.find(MARKS)?;
    let (name, rest) = line.split_at_checked(at)?;
    let rest = rest.trim_start_matches(MARKS).trim_start();
    let name = name.trim().trim_matches(['"', '\'', '`', '*', '_']);
    if name.len() > LABEL_BYTES || rest.is_empty() || guess(name).is_some() {
        return None;
    }
    if GENERAL.contains(&letters_and_digits(name).as_str()) {
        return Some(Labelled { name: None, rest });
    }
    is_type_name(name).then_some(Labelled { name: Some(name), rest })
}

/// Whether a text is the name of a type and nothing else.
pub(crate) fn is_type_name(text: &str) -> bool {
    let plain = |character: char| character.is_alphanumeric() || " _-./|".contains(character);
    text.starts_with(|first: char| first.is_alphabetic())
        && text.chars().all(plain)
        && (type_by_name(text, "").is_some()
            || ["hash", "hashes", "filehash"].contains(&letters_and_digits(text).as_str()))
}

/// `SHA256 (setup.exe) = …`: the hash and the file.
pub(super) fn tagged_checksum(line: &str) -> Option<(&'static str, &str, &str)> {
    let (name, rest) = line.split_once('(')?;
    let (file, digest) = rest.rsplit_once(')')?;
    let digest = digest.trim_start().strip_prefix('=')?.trim();
    let kind = hash(digest)?;
    (type_by_name(name.trim(), digest) == Some(kind)).then_some((kind, digest, file))
}

/// `"Name" <user@evil.example>`: the address and the name.
pub(super) fn mailbox(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end_matches([',', ';', ' ']);
    let (name, rest) = line.split_once('<')?;
    let address_text = rest.strip_suffix('>')?;
    let name = name.trim().trim_matches('"');
    let is_plain = !name.is_empty()
        && name.split_whitespace().all(|word| guess(word).is_none() && address(word).is_none());
    (is_plain && !address_text.contains(['<', '>'])).then_some((address_text, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_in_front_of_a_value_is_its_label() {
        for (line, rest) in [
            ("Domain: evil.example", "evil.example"),
            ("SHA-256 = x", "x"),
            ("ip-dst|192.0.2.1", "192.0.2.1"),
            ("hostname\twww.evil.example", "www.evil.example"),
            ("**URL**: hxxp://evil.example", "hxxp://evil.example"),
            ("IPs: 192.0.2.1, 192.0.2.2", "192.0.2.1, 192.0.2.2"),
            ("C2: evil.example", "evil.example"),
        ] {
            assert_eq!(labelled(line).map(|label| label.rest), Some(rest), "{line}");
        }
        for line in [
            "Reference: http://evil.example",
            "http://evil.example",
            "2001:db8::1",
            "evil.example:80",
            "Domain:",
            "whitelist: a.example",
        ] {
            assert_eq!(labelled(line), None, "{line}");
        }
    }

    #[test]
    fn a_mailbox_is_its_address() {
        assert_eq!(mailbox("\"Bad Guy\" <a@evil.example>"), Some(("a@evil.example", "Bad Guy")));
        assert_eq!(mailbox("<a@evil.example>"), None);
        assert_eq!(mailbox("b.example <a@evil.example>"), None);
    }

    #[test]
    fn a_tagged_checksum_is_its_hash() {
        let digest = "d41d8cd98f00b204e9800998ecf8427e";
        assert_eq!(tagged_checksum(&format!("MD5 (a b.exe) = {digest}")), Some(("MD5", digest, "a b.exe")));
        assert_eq!(tagged_checksum(&format!("SHA1 (a.exe) = {digest}")), None);
    }
}
