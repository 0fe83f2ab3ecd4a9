//! A host name in the form that a resolver asks for: lower-case A-labels (UTS 46) without dots at its ends.
//!
//! Reads more than a service takes: a label that is no valid international name stays as it is, so that what stands to
//! the right of it is still found.

use idna::AsciiDenyList;

/// Longest name that the DNS has, in characters (RFC 1035).
const NAME_CHARACTERS: usize = 253;

/// The name in `text`, without a wildcard in front of it; empty where nothing is left.
pub(crate) fn name(text: &str) -> String {
    let mapped = if is_plain(text) { text.to_ascii_lowercase() } else { international(text) };
    let mut rest = mapped.trim_matches('.');
    while let Some(shorter) = rest.strip_prefix("*.") {
        rest = shorter.trim_start_matches('.');
    }
    if rest.len() == mapped.len() { mapped } else { rest.to_owned() }
}

fn international(text: &str) -> String {
    if let Ok(name) = idna::domain_to_ascii_cow(text.as_bytes(), AsciiDenyList::EMPTY) {
        return name.into_owned();
    }
    let labels: Vec<String> = text
        .split(['.', '\u{3002}', '\u{ff0e}', '\u{ff61}'])
        .map(|label| {
            idna::domain_to_ascii_cow(label.as_bytes(), AsciiDenyList::EMPTY)
                .map_or_else(|_| label.to_lowercase(), std::borrow::Cow::into_owned)
        })
        .collect();
    labels.join(".")
}

/// ASCII without an A-label: nothing for IDNA to do but the lower case.
fn is_plain(text: &str) -> bool {
    text.is_ascii() && !text.as_bytes().windows(4).any(|start| start.eq_ignore_ascii_case(b"xn--"))
}

/// Whether the text is a name in canonical form: labels of letters, digits, hyphens and underscores.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_CHARACTERS
        && text.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
                })
        })
}

/// Whether the last label makes the text an IPv4 address to a browser: digits, or hexadecimal after `0x`.
pub(crate) fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => last.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// The name's suffixes of whole labels, from the right: `com`, `example.com`, `www.example.com`. Those that are longer
/// than a name can be are left out.
pub(crate) fn suffixes(name: &str) -> impl Iterator<Item = &str> {
    name.rmatch_indices('.')
        .map(|(dot, _)| dot + 1)
        .chain(std::iter::once(0))
        .filter_map(|start| name.get(start..))
        .take_while(|suffix| suffix.len() <= NAME_CHARACTERS)
        .filter(|suffix| !suffix.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_name_becomes_one() {
        for text in [
            "example.com",
            "EXAMPLE.Com",
            "example.com.",
            "example.com..",
            ".example.com",
            "*.example.com",
            "*.*.example.com",
            "ｅｘａｍｐｌｅ.com",
            "example。com",
            "example．com｡",
            "＊.example.com",
            "ex\u{ad}ample.com",
        ] {
            assert_eq!(name(text), "example.com", "{text}");
        }
        assert_eq!(name("BÜCHER.example"), "xn--bcher-kva.example");
        assert_eq!(name("XN--BCHER-KVA.example"), "xn--bcher-kva.example");
    }

    #[test]
    fn a_bad_label_does_not_hide_what_stands_to_its_right() {
        assert_eq!(name("xn--a.ｅｘａｍｐｌｅ。com"), "xn--a.example.com");
    }

    #[test]
    fn a_name_has_at_most_253_characters_in_labels_of_at_most_63() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        for name in ["a", "a-b_c.1", &label, &longest] {
            assert!(is_name(name), "{name}");
        }
        for name in
            ["", ".", "a.", ".a", "a..b", "A", "a b", "ä", "a*", &format!("{label}a"), &format!("{longest}a")]
        {
            assert!(!is_name(name), "{name}");
        }
        let above: Vec<&str> = suffixes(&longest).collect();
        assert_eq!(above.len(), 4);
        let longer = format!("x.{longest}");
        assert_eq!(suffixes(&longer).collect::<Vec<_>>(), above, "the name itself is too long");
        assert_eq!(suffixes("").count(), 0);
    }

    #[test]
    fn a_last_label_of_digits_is_the_end_of_an_address() {
        for name in ["1", "a.1", "a.0x1f", "a.0x"] {
            assert!(ends_in_number(name), "{name}");
        }
        for name in ["a", "1.a", "a.1b", "a.0xg", "0x1.a"] {
            assert!(!ends_in_number(name), "{name}");
        }
    }

    #[test]
    fn suffixes_come_from_the_right_and_end_at_labels() {
        assert_eq!(suffixes("a.b.com").collect::<Vec<_>>(), ["com", "b.com", "a.b.com"]);
    }
}
