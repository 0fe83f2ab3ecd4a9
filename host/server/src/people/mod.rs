//! What is done with people and their tokens, for page and API alike: judged, done, and written to the audit log. Denied by
//! default: a change that would leave nobody who can administer, a token that may more than its owner, a secret in the log.

mod accounts;
mod links;
mod log_in;
mod tokens;

use palisade_limits as limits;

pub(crate) use accounts::{Changed, Person, State, change, change_password, invite, list, new_link, one};
pub use links::recovery_link;
pub(crate) use links::{Opened, accept, opened};
pub(crate) use log_in::log_in;
pub(crate) use tokens::{NewToken, create as create_token, of as tokens_of, revoke as revoke_token};

/// What is wrong with a name that somebody gives.
fn name_fault(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some("Give it a name.".to_owned());
    }
    if name.chars().count() as u64 > limits::NAME_CHARACTERS {
        return Some(format!("Use at most {} characters.", limits::NAME_CHARACTERS));
    }
    if name.trim() != name
        || name.chars().any(|character| character.is_control() || "<>\"'`()".contains(character))
    {
        return Some("Use letters, digits, spaces and signs such as . - _ @.".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_be_taken_for_something_else_are_refused() {
        for wrong in ["", " ", " ada", "a\nb", "a (token b)", "<b>", &"x".repeat(65)] {
            assert!(name_fault(wrong).is_some(), "{wrong:?}");
        }
        for right in ["ada", "Ada Lovelace", "ada@example.com", "Łukasz", "soc-2"] {
            assert_eq!(name_fault(right), None, "{right}");
        }
    }
}
