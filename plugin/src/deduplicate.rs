//! Which submissions of the run there are already, so that each goes out once.
//!
//! Two submissions are the same where field and normalised value are. What else they carry does not count: where the
//! risk level or the description of two objects differ, those of the first are sent.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::item::Identifier;

/// All submissions of the run, each with its number.
///
/// It grows with the collection, some 120 bytes for each different submission, so that a duplicate is found however far
/// behind its original it comes.
#[derive(Debug, Default)]
pub struct Register {
    numbers: HashMap<Identifier, usize>,
}

/// Whether a submission is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entered {
    /// It was not there and is now, under the number that was given for it.
    New,
    /// It was there under this number.
    Known(usize),
}

impl Register {
    /// Enters the identifier under `number`, unless it is there.
    pub fn enter(&mut self, identifier: &Identifier, number: usize) -> Entered {
        match self.numbers.entry(identifier.clone()) {
            Entry::Occupied(entry) => Entered::Known(*entry.get()),
            Entry::Vacant(entry) => {
                entry.insert(number);
                Entered::New
            }
        }
    }

    /// Whether the identifier is there.
    pub fn contains(&self, identifier: &Identifier) -> bool {
        self.numbers.contains_key(identifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::Field;

    #[test]
    fn the_same_value_of_another_field_is_another_submission() {
        let mut register = Register::default();
        let domain = Identifier { field: Field::Domain, value: "example.com".into() };
        let url = Identifier { field: Field::Url, ..domain.clone() };
        assert_eq!(register.enter(&domain, 0), Entered::New);
        assert_eq!(register.enter(&url, 1), Entered::New);
        assert_eq!(register.enter(&domain, 2), Entered::Known(0));
        assert!(register.contains(&url));
    }
}
