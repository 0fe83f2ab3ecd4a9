//! A file's hash: exactly 40 or 64 hexadecimal digits, in lower case.

use std::borrow::Cow;

use crate::contract::{Problem, quoted};
use crate::normalise::Normalised;

/// The `digits` hexadecimal digits of `value` in lower case.
///
/// # Errors
///
/// `invalid-hash`.
pub fn normalise(value: &str, digits: usize) -> Normalised<Cow<'_, str>> {
    if value.len() != digits {
        return Err(Problem::new(
            "invalid-hash",
            format!("{} has {} characters instead of {digits}", quoted(value), value.chars().count()),
        ));
    }
    if !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Problem::new(
            "invalid-hash",
            format!("{} has characters that are no hexadecimal digits", quoted(value)),
        ));
    }
    Ok(if value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(value.to_ascii_lowercase())
    } else {
        Cow::Borrowed(value)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wrong_lengths_and_letters_are_refused() {
        for value in ["", &"a".repeat(39), &"a".repeat(41), &"g".repeat(40), &"ä".repeat(20)] {
            assert_eq!(normalise(value, 40).map_err(|problem| problem.code), Err("invalid-hash"), "{value}");
        }
    }

    proptest! {
        #[test]
        fn digits_come_out_in_lower_case(value in "[0-9a-fA-F]{64}") {
            prop_assert_eq!(normalise(&value, 64).unwrap(), value.to_ascii_lowercase());
        }
    }
}
