//! Words of the orchestrator as a page writes them: messages are lower case and without a full stop, a page has sentences.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_large_and_ends_once() {
        for (text, said) in [("it waits", "It waits."), ("is it?", "Is it?"), ("", ""), ("Done.", "Done.")] {
            assert_eq!(sentence(text), said);
        }
    }
}
