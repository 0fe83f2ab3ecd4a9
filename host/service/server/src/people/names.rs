//! Names of people and tokens: what is seen is what is compared. A name is kept in one spelling of Unicode (NFKC). Denied by default:
//! characters that nobody sees or that steer a terminal, white space other than a single space between words, and signs that the
//! audit log and pages use themselves.

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use palisade_limits as limits;

/// A name in its one spelling.
pub(crate) fn spelled(name: &str) -> String {
    ComposingNormalizerBorrowed::new_nfkc().normalize(name).into_owned()
}

/// A name that may be given, in its one spelling.
///
/// # Errors
/// What is wrong with it, for people.
pub(super) fn checked(given: &str) -> Result<String, String> {
    let name = spelled(given);
    if name.trim().is_empty() {
        return Err("Enter a name.".to_owned());
    }
    if name.chars().count() as u64 > limits::NAME_CHARACTERS {
        return Err(format!("Use at most {} characters.", limits::NAME_CHARACTERS));
    }
    if name.chars().any(is_unseen) {
        return Err("Leave out characters that cannot be seen.".to_owned());
    }
    if name.trim() != name
        || name.contains("  ")
        || name.chars().any(|character| {
            (character.is_whitespace() && character != ' ') || "<>\"'`()".contains(character)
        })
    {
        return Err("Use letters, digits, single spaces and characters such as . - _ @.".to_owned());
    }
    Ok(name)
}

/// Whether a character has no shape of its own: two names could differ in it and look alike.
fn is_unseen(character: char) -> bool {
    /// Braille without dots: a symbol by its category, and blank.
    const BLANK: char = '\u{2800}';
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    let unseen = matches!(
        category,
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::Surrogate
            | GeneralCategory::PrivateUse
            | GeneralCategory::Unassigned
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    unseen || character == BLANK || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_be_taken_for_something_else_are_refused() {
        for wrong in ["", " ", " ada", "ada ", "a\nb", "a (token b)", "<b>", "ada  lovelace", &"x".repeat(65)]
        {
            assert!(checked(wrong).is_err(), "{wrong:?}");
        }
        for right in ["ada", "Ada Lovelace", "ada@example.com", "Łukasz", "soc-2", "देवनागरी", "名前"]
        {
            assert_eq!(checked(right).as_deref(), Ok(right), "{right}");
        }
    }

    #[test]
    fn invisible_characters_in_names_are_refused() {
        for unseen in [
            '\u{ad}',
            '\u{200b}',
            '\u{200d}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{115f}',
            '\u{3164}',
            '\u{2800}',
            '\u{e0041}',
            '\u{fe0f}',
            '\u{0}',
            '\u{1b}',
            '\u{85}',
            '\u{e000}',
            '\u{1680}',
            '\u{2028}',
            '\u{180e}',
            '\u{34f}',
        ] {
            for name in [format!("ad{unseen}a"), format!("ada{unseen}"), format!("{unseen}ada")] {
                assert!(checked(&name).is_err(), "{name:?}");
            }
        }
    }

    #[test]
    fn a_name_has_one_spelling() {
        // Combined and composed, full width, a ligature, a space that does not break.
        for (given, kept) in
            [("e\u{301}va", "éva"), ("ａｄａ", "ada"), ("ﬁnn", "finn"), ("ada\u{a0}lovelace", "ada lovelace")]
        {
            assert_eq!(checked(given).as_deref(), Ok(kept));
        }
    }
}
