//! The normalisers of everything but URLs: normalising twice changes nothing, and the result keeps the service's limits.
//!
//! Input: a line with the kind (`domain`, `exception` for a domain on the exception list, `address`, `mail`, `sha1`,
//! `sha256`), then the value.

use palisade_vision_one::limits;
use palisade_vision_one::normalise::{Normalised, Wildcards, address, domain, hash, mail};

use crate::words::{check_code, check_message};

/// Characters of the longest address in text (API: `ip`, at most 39).
const ADDRESS_CHARACTERS: usize = 39;

pub(crate) fn check(bytes: &[u8]) -> bool {
    let Some((kind, value)) = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once('\n')) else {
        return false;
    };
    let (normalise, most): (fn(&str) -> Normalised<String>, usize) = match kind {
        "domain" => (
            |value| domain::normalise(value, Wildcards::Refused).map(String::from),
            limits::DOMAIN_CHARACTERS,
        ),
        "exception" => (
            |value| domain::normalise(value, Wildcards::Accepted).map(String::from),
            limits::DOMAIN_CHARACTERS,
        ),
        "address" => (address::normalise, ADDRESS_CHARACTERS),
        "mail" => (|value| mail::normalise(value).map(String::from), limits::MAIL_ADDRESS_CHARACTERS),
        "sha1" => {
            (|value| hash::normalise(value, limits::SHA1_DIGITS).map(String::from), limits::SHA1_DIGITS)
        }
        "sha256" => {
            (|value| hash::normalise(value, limits::SHA256_DIGITS).map(String::from), limits::SHA256_DIGITS)
        }
        _ => return false,
    };
    match normalise(value) {
        Ok(normal) => {
            assert_eq!(normalise(&normal).as_ref(), Ok(&normal), "not stable");
            assert!((1..=most).contains(&normal.chars().count()), "{} characters", normal.chars().count());
            assert!(!normal.chars().any(|character| character.is_whitespace() || character.is_control()));
            let name = normal.rsplit('@').next().unwrap_or_default();
            assert!(name.is_ascii() && !name.bytes().any(|byte| byte.is_ascii_uppercase()), "{name}");
            true
        }
        Err(problem) => {
            check_code(problem.code);
            check_message(&problem.message);
            false
        }
    }
}
