//! The order of names and values in every list, and the letters that a search treats as equal. One order for SQL and Rust: the
//! root collation of the Unicode Collation Algorithm with numeric ordering. `apple` is before `Zoo`, `é` is beside `e`, and
//! `run 2` is before `run 10`.
//!
//! The schema does not name the collation, so that any SQLite program can open the state.

use std::cmp::Ordering;
use std::sync::LazyLock;

use icu_collator::options::CollatorOptions;
use icu_collator::preferences::CollationNumericOrdering;
use icu_collator::{CollatorBorrowed, CollatorPreferences};

/// The compiled-in data of the root collation; none if it is damaged.
static COLLATOR: LazyLock<Option<CollatorBorrowed<'static>>> = LazyLock::new(|| {
    let mut preferences = CollatorPreferences::default();
    preferences.numeric_ordering = Some(CollationNumericOrdering::True);
    CollatorBorrowed::try_new(preferences, CollatorOptions::default()).ok()
});

/// Compares two texts in the order in which lists show them. Only equal texts are equal: texts that differ in ignorable characters
/// are compared by their bytes, so that the pages of a list neither overlap nor leave gaps.
#[must_use]
pub fn alphabetical(one: &str, other: &str) -> Ordering {
    let order = COLLATOR.as_ref().map_or(Ordering::Equal, |collator| collator.compare(one, other));
    order.then_with(|| one.cmp(other))
}

/// A text whose `Ord` is the order in which lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Alphabetical(pub String);

impl Ord for Alphabetical {
    fn cmp(&self, other: &Self) -> Ordering {
        alphabetical(&self.0, &other.0)
    }
}

impl PartialOrd for Alphabetical {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The text that a search compares: letters of every script in lower case. SQLite's own `LOWER` and `LIKE` know ASCII only.
#[must_use]
pub fn folded(text: &str) -> String {
    text.to_lowercase()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sorted(mut texts: Vec<&str>) -> Vec<&str> {
        texts.sort_by(|one, other| alphabetical(one, other));
        texts
    }

    #[test]
    fn names_are_not_sorted_by_their_bytes() {
        assert!(COLLATOR.is_some());
        let texts = vec![
            "Zoo",
            "école",
            "apple",
            "Ecole",
            "fig",
            "ecole",
            "Émile",
            "zebra",
            "10.0.0.10",
            "10.0.0.9",
            "_x",
        ];
        let expected = [
            "_x",
            "10.0.0.9",
            "10.0.0.10",
            "apple",
            "ecole",
            "Ecole",
            "école",
            "Émile",
            "fig",
            "zebra",
            "Zoo",
        ];
        assert_eq!(sorted(texts), expected);
    }

    #[test]
    fn texts_that_differ_in_what_is_ignored_are_not_equal() {
        for (one, other) in [("a\u{0}b", "ab"), ("run 7", "run 07"), ("a\u{200b}b", "ab")] {
            assert_ne!(alphabetical(one, other), Ordering::Equal, "{one:?} {other:?}");
            assert_eq!(alphabetical(one, other), alphabetical(other, one).reverse());
        }
    }

    proptest! {
        #[test]
        fn the_order_is_one(one in ".{0,8}", two in ".{0,8}", three in ".{0,8}") {
            prop_assert_eq!(alphabetical(&one, &two), alphabetical(&two, &one).reverse());
            prop_assert_eq!(alphabetical(&one, &two) == Ordering::Equal, one == two);
            if alphabetical(&one, &two).is_le() && alphabetical(&two, &three).is_le() {
                prop_assert!(alphabetical(&one, &three).is_le());
            }
        }
    }
}
