//! A domain name as lower-case A-labels (UTS 46), without a trailing dot.
//!
//! Only names that can stand for a host or a zone of somebody are taken: a single label (`com`, `localhost`) would put a
//! whole top-level domain on the list, and an address, a port or a path is no name. Underscores are taken because
//! service names with them occur in real data; hyphens at the ends of a label because the DNS resolves them.

use std::borrow::Cow;

use idna::AsciiDenyList;

use crate::contract::{Problem, quoted};
use crate::limits;
use crate::normalise::{Normalised, Wildcards};

/// The domain in `value` as A-labels; with [`Wildcards::Accepted`] one leading `*.` is kept.
///
/// # Errors
///
/// `invalid-domain`, `not-a-full-domain`, `wildcard-not-accepted`, `too-long`.
pub fn normalise(value: &str, wildcards: Wildcards) -> Normalised<Cow<'_, str>> {
    let Some(rest) = value.strip_prefix("*.") else {
        let name = name(value).map_err(|fault| fault.problem(value))?;
        return checked(value, name, 0);
    };
    if wildcards == Wildcards::Refused {
        return Err(Problem::new(
            "wildcard-not-accepted",
            format!("{} has a wildcard, which the block list does not understand", quoted(value)),
        ));
    }
    let name = name(rest).map_err(|fault| fault.problem(value))?;
    let name = checked(value, name, 2)?;
    Ok(Cow::Owned(["*.", name.as_ref()].concat()))
}

fn checked<'a>(value: &str, name: Cow<'a, str>, prefix: usize) -> Normalised<Cow<'a, str>> {
    if !name.contains('.') {
        return Err(Problem::new(
            "not-a-full-domain",
            format!("{} is a single label; an entry for it would cover everything below it", quoted(value)),
        ));
    }
    if name.len() + prefix > limits::DOMAIN_CHARACTERS {
        return Err(too_long(value, limits::DOMAIN_CHARACTERS));
    }
    Ok(name)
}

/// The problem of a value that is longer than the service's limit.
pub(super) fn too_long(value: &str, limit: usize) -> Problem {
    Problem::new(
        "too-long",
        format!("{} is longer than the {limit} characters that the service takes", quoted(value)),
    )
}

/// What is wrong with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Empty,
    EmptyLabel,
    LongLabel,
    Character,
    Address,
    Wildcard,
    International,
}

impl Fault {
    /// The sentence's end, after the value.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::EmptyLabel => "has an empty label",
            Self::LongLabel => "has a label of more than 63 characters",
            Self::Character => "has characters that no domain name has",
            Self::Address => "ends in a number, as addresses do",
            Self::Wildcard => "has a wildcard where none is possible",
            Self::International => "is not a valid international domain name",
        }
    }

    fn problem(self, value: &str) -> Problem {
        Problem::new("invalid-domain", format!("{} {}", quoted(value), self.reason()))
    }
}

/// A name of any number of labels, without a wildcard, as lower-case A-labels.
pub(super) fn name(value: &str) -> Result<Cow<'_, str>, Fault> {
    let stripped = value.strip_suffix('.');
    let value = stripped.unwrap_or(value);
    if value.is_empty() {
        return Err(Fault::Empty);
    }
    let name = if is_plain(value) {
        if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(value.to_ascii_lowercase())
        } else {
            Cow::Borrowed(value)
        }
    } else {
        // The characters are checked below, so that the reason can be told; the list of the standard has no underscore.
        let name = idna::domain_to_ascii_cow(value.as_bytes(), AsciiDenyList::EMPTY)
            .map_err(|_| Fault::International)?;
        // Other scripts have full stops of their own. One at the end is taken away, whichever it is; a second is an empty label.
        match name.strip_suffix('.') {
            Some(name) if stripped.is_none() => Cow::Owned(name.to_owned()),
            _ => name,
        }
    };
    let mut last = "";
    for label in name.split('.') {
        if label.is_empty() {
            return Err(Fault::EmptyLabel);
        }
        if label.len() > limits::DOMAIN_LABEL_CHARACTERS {
            return Err(Fault::LongLabel);
        }
        if let Some(wrong) = label.bytes().find(|byte| !is_name_byte(*byte)) {
            return Err(if wrong == b'*' { Fault::Wildcard } else { Fault::Character });
        }
        last = label;
    }
    if is_number(last) {
        return Err(Fault::Address);
    }
    Ok(name)
}

/// ASCII without an A-label: nothing for IDNA to do but the lower case. It is most names, and saves the tables' work.
fn is_plain(value: &str) -> bool {
    value.is_ascii()
        && !value.split('.').any(|label| {
            label.as_bytes().first_chunk::<4>().is_some_and(|start| start.eq_ignore_ascii_case(b"xn--"))
        })
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// As the WHATWG URL standard decides whether a host is an IPv4 address: digits, or hexadecimal after `0x`.
fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => label.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(value: &str, wildcards: Wildcards) -> Result<String, &'static str> {
        normalise(value, wildcards).map(Cow::into_owned).map_err(|problem| problem.code)
    }

    #[test]
    fn names_become_lower_case_a_labels() {
        let cases = [
            ("Example.COM", "example.com"),
            ("example.com.", "example.com"),
            ("bücher.example", "xn--bcher-kva.example"),
            ("BÜCHER.example", "xn--bcher-kva.example"),
            ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
            ("ｅｘａｍｐｌｅ.com", "example.com"),
            ("example。com", "example.com"),
            ("_dmarc.example.com", "_dmarc.example.com"),
            ("foo-.example.com", "foo-.example.com"),
            ("3com.com", "3com.com"),
        ];
        for (value, expected) in cases {
            assert_eq!(code(value, Wildcards::Refused).as_deref(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_domain_is_refused() {
        let cases = [
            ("", "invalid-domain"),
            (".", "invalid-domain"),
            ("example..com", "invalid-domain"),
            ("example.com..", "invalid-domain"),
            (".example.com", "invalid-domain"),
            ("192.0.2.1", "invalid-domain"),
            ("example.0x1f", "invalid-domain"),
            ("2001:db8::1", "invalid-domain"),
            ("example.com:8080", "invalid-domain"),
            ("example.com/path", "invalid-domain"),
            ("http://example.com", "invalid-domain"),
            ("a@example.com", "invalid-domain"),
            ("two words.com", "invalid-domain"),
            ("evil[.]com", "invalid-domain"),
            ("xn--a.example", "invalid-domain"),
            ("a.*.example.com", "invalid-domain"),
            ("*example.com", "invalid-domain"),
            ("com", "not-a-full-domain"),
            ("localhost", "not-a-full-domain"),
            ("com.", "not-a-full-domain"),
            ("*.example.com", "wildcard-not-accepted"),
        ];
        for (value, expected) in cases {
            assert_eq!(code(value, Wildcards::Refused), Err(expected), "{value}");
        }
    }

    #[test]
    fn one_trailing_dot_of_any_script_is_taken_away_and_never_two() {
        for value in ["bücher.example.", "bücher.example。", "example.com。"] {
            assert!(code(value, Wildcards::Refused).is_ok(), "{value}");
        }
        for value in ["bücher.example..", "bücher.example。.", "bücher.example.。", "example.com。."] {
            assert_eq!(code(value, Wildcards::Refused), Err("invalid-domain"), "{value}");
        }
    }

    #[test]
    fn the_exception_list_takes_one_leading_wildcard() {
        assert_eq!(code("*.Example.com", Wildcards::Accepted).as_deref(), Ok("*.example.com"));
        assert_eq!(code("*.com", Wildcards::Accepted), Err("not-a-full-domain"));
        assert_eq!(code("*", Wildcards::Accepted), Err("invalid-domain"));
        assert_eq!(code("*.*.example.com", Wildcards::Accepted), Err("invalid-domain"));
        assert_eq!(code("www.*.com", Wildcards::Accepted), Err("invalid-domain"));
    }

    #[test]
    fn lengths_are_those_of_the_a_labels() {
        let label = "a".repeat(63);
        let longest = format!("{label}.{label}.{label}.{}", "a".repeat(61));
        assert_eq!(code(&longest, Wildcards::Refused), Ok(longest.clone()));
        assert_eq!(code(&format!("{longest}a"), Wildcards::Refused), Err("too-long"));
        assert_eq!(code(&format!("*.{longest}"), Wildcards::Accepted), Err("too-long"));
        assert_eq!(code(&format!("{}.com", "a".repeat(64)), Wildcards::Refused), Err("invalid-domain"));
    }

    #[test]
    fn the_reason_names_the_fault() {
        let label = "a".repeat(64);
        for (value, reason) in [
            (".", "is empty"),
            ("a..b", "has an empty label"),
            (&*label, "has a label of more than 63 characters"),
            ("a/b.example", "has characters that no domain name has"),
            ("192.0.2.1", "ends in a number, as addresses do"),
            ("a*.example", "has a wildcard where none is possible"),
            ("xn--a.example", "is not a valid international domain name"),
        ] {
            let problem = normalise(value, Wildcards::Refused).unwrap_err();
            assert_eq!(problem.message, format!("{} {reason}", quoted(value)));
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_out_is_a_name_and_stays_one(value in "\\PC{0,40}(\\.\\PC{0,20}){0,3}") {
            if let Ok(once) = normalise(&value, Wildcards::Accepted) {
                prop_assert!(once.len() <= limits::DOMAIN_CHARACTERS && once.contains('.'));
                prop_assert!(once.bytes().all(|byte| is_name_byte(byte) || matches!(byte, b'.' | b'*')));
                prop_assert!(!once.bytes().any(|byte| byte.is_ascii_uppercase()));
                prop_assert_eq!(normalise(&once, Wildcards::Accepted).unwrap(), once.as_ref());
            }
        }

        #[test]
        fn the_short_way_for_ascii_agrees_with_idna(value in "[A-Za-z0-9_-]{1,20}(\\.[A-Za-z0-9]{1,10}){1,3}") {
            prop_assume!(is_plain(&value));
            let long = idna::domain_to_ascii_cow(value.as_bytes(), AsciiDenyList::EMPTY).unwrap();
            if let Ok(short) = name(&value) {
                prop_assert_eq!(short, long);
            }
        }
    }
}
