//! One mail address: a local part as it is, `@`, and a domain as lower-case A-labels.
//!
//! Lists, display names, quoted local parts, comments and address literals are refused; so is `*@…`, because both lists
//! match the whole address.

use std::borrow::Cow;

use crate::contract::{Problem, quoted};
use crate::limits;
use crate::normalise::{Normalised, domain};

/// The address in `value`, its domain normalised.
///
/// # Errors
///
/// `invalid-mail-address`, `wildcard-not-accepted`, `too-long`.
pub fn normalise(value: &str) -> Normalised<Cow<'_, str>> {
    let invalid = |reason: &str| Problem::new("invalid-mail-address", format!("{} {reason}", quoted(value)));
    let Some((local, domain)) = value.rsplit_once('@') else {
        return Err(invalid("has no `@`"));
    };
    if local == "*" {
        return Err(Problem::new(
            "wildcard-not-accepted",
            format!("{} has a wildcard; the list matches the whole address", quoted(value)),
        ));
    }
    if local.is_empty() {
        return Err(invalid("has nothing before the `@`"));
    }
    if !local.chars().all(is_local_character) {
        return Err(invalid("is not one plain mail address"));
    }
    let name =
        domain::name(domain).map_err(|fault| invalid(&format!("has a domain that {}", fault.reason())))?;
    if !name.contains('.') {
        return Err(invalid("has a single label as its domain"));
    }
    let address =
        if name == domain { Cow::Borrowed(value) } else { Cow::Owned([local, "@", name.as_ref()].concat()) };
    if name.len() > limits::DOMAIN_CHARACTERS || address.chars().count() > limits::MAIL_ADDRESS_CHARACTERS {
        return Err(domain::too_long(value, limits::MAIL_ADDRESS_CHARACTERS));
    }
    Ok(address)
}

/// `atext` of RFC 5322 and the dot; beyond ASCII what RFC 6531 adds.
fn is_local_character(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || ".!#$%&'*+-/=?^_`{|}~".contains(character)
    } else {
        !super::is_blank(character)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(value: &str) -> Result<String, &'static str> {
        normalise(value).map(Cow::into_owned).map_err(|problem| problem.code)
    }

    #[test]
    fn only_the_domain_is_changed() {
        assert_eq!(code("John.Doe+tag@Example.COM").as_deref(), Ok("John.Doe+tag@example.com"));
        assert_eq!(code("a@bücher.example").as_deref(), Ok("a@xn--bcher-kva.example"));
        assert_eq!(code("a@example.com").as_deref(), Ok("a@example.com"));
        assert_eq!(code("jürgen@example.com").as_deref(), Ok("jürgen@example.com"));
    }

    #[test]
    fn whatever_is_not_one_address_is_refused() {
        let cases = [
            ("", "invalid-mail-address"),
            ("example.com", "invalid-mail-address"),
            ("@example.com", "invalid-mail-address"),
            ("a@", "invalid-mail-address"),
            ("a@localhost", "invalid-mail-address"),
            ("a@b@example.com", "invalid-mail-address"),
            ("a@example.com, b@example.com", "invalid-mail-address"),
            ("a@example.com;b@example.com", "invalid-mail-address"),
            ("A <a@example.com>", "invalid-mail-address"),
            ("a b@example.com", "invalid-mail-address"),
            ("a@[192.0.2.1]", "invalid-mail-address"),
            ("a@192.0.2.1", "invalid-mail-address"),
            ("\"a\"@example.com", "invalid-mail-address"),
            ("a\u{a0}b@example.com", "invalid-mail-address"),
            ("a\u{85}b@example.com", "invalid-mail-address"),
            ("*@example.com", "wildcard-not-accepted"),
        ];
        for (value, expected) in cases {
            assert_eq!(code(value), Err(expected), "{value}");
        }
    }

    #[test]
    fn the_length_limit_is_that_of_the_service() {
        let fits = format!("{}@example.com", "a".repeat(limits::MAIL_ADDRESS_CHARACTERS - 12));
        assert_eq!(code(&fits), Ok(fits.clone()));
        assert_eq!(code(&format!("a{fits}")), Err("too-long"));
        let label = "b".repeat(63);
        let longest = format!("a@{label}.{label}.{label}.{}", "b".repeat(61));
        assert_eq!(code(&longest), Ok(longest.clone()));
        assert_eq!(code(&format!("{longest}b")), Err("too-long"));
    }
}
