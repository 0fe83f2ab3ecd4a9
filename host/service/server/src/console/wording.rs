//! Words of the orchestrator as a page writes them: messages are lower case and without a full stop, a page has sentences.

use crate::{Failure, Fault};

/// A word at the beginning of a line.
pub(super) fn first_upper(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

/// A message as a sentence.
pub(super) fn sentence(text: &str) -> String {
    let text = first_upper(text.trim());
    if text.is_empty() || text.ends_with(['.', '?', '!', '…']) { text } else { text + "." }
}

/// What is wrong with a parameter of a workflow's action, as a sentence; none where the fault is about something else.
pub(super) fn of_action(fault: &Fault) -> Option<String> {
    let (place, parameter) = fault.field.strip_prefix("steps.")?.split_once('.')?;
    Some(sentence(&format!("action {place}, `{parameter}`: {}", fault.message)))
}

/// What to do about a failure, as a sentence.
pub(super) fn hint(failure: &Failure) -> Option<String> {
    failure.hint().map(sentence)
}

#[cfg(test)]
mod tests {
    use palisade_collection::ReadError;
    use palisade_model::Format;
    use palisade_orchestrator::OrchestratorError;

    use super::*;

    #[test]
    fn no_hint_speaks_of_an_option_of_the_command_line() {
        let name = || "list.txt".to_owned();
        for (error, said) in [
            (
                ReadError::Empty { name: name() },
                "A list that is empty on purpose is read with the format Text.",
            ),
            (
                ReadError::NothingFound { name: name(), format: Format::Csv, expected: "" },
                "Leave the field Format out to have the format found from the content.",
            ),
        ] {
            let failure = Failure::from(OrchestratorError::Read(error));
            assert_eq!(hint(&failure).unwrap(), said);
        }
    }

    #[test]
    fn what_an_action_lacks_is_told_by_its_place() {
        let said = |field: &str| of_action(&Fault::new(field, "a value is needed"));
        assert_eq!(said("steps.2.api_key").unwrap(), "Action 2, `api_key`: a value is needed.");
        assert_eq!((said("name"), said("steps")), (None, None));
    }

    #[test]
    fn a_sentence_begins_large_and_ends_once() {
        for (text, said) in [("it waits", "It waits."), ("is it?", "Is it?"), ("", ""), ("Done.", "Done.")] {
            assert_eq!(sentence(text), said);
        }
    }
}
