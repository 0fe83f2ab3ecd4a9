//! From a value as the platform holds it to the value as the service must get it, one module for each kind of value.
//!
//! Nothing is guessed or repaired beyond what changes no meaning (case, international names, one trailing dot, the text
//! form of an address): whatever is not clearly one well-formed value is refused with a code and a sentence.

pub mod address;
pub mod domain;
pub mod hash;
pub mod mail;
pub mod url;

use crate::contract::Problem;

/// Whether the list that the value is for understands wildcards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wildcards {
    /// The block list matches a `*` literally, so an entry with one would never match what was meant.
    Refused,
    /// The exception list takes them at the start of a domain and at both ends of a URL.
    Accepted,
}

/// A normalised value, or why there is none.
pub type Normalised<T> = Result<T, Problem>;

/// Whether the character may not stand in any value: white space and control characters.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}
