//! What must hold of every message and every code, whoever they come from.

/// A message is there, stands on one line, and cannot steer a terminal.
pub(crate) fn check_message(message: &str) {
    assert!(!message.trim().is_empty(), "a message is empty");
    check_printable(message);
}

/// Several messages, one on each line, none of which can steer a terminal.
pub(crate) fn check_lines(messages: &str) {
    messages.lines().for_each(check_message);
}

/// Nothing in it steers a terminal.
pub(crate) fn check_printable(text: &str) {
    assert!(!text.chars().any(char::is_control), "control characters in {text:?}");
}

/// A code is lower case, its words joined by `-`.
pub(crate) fn check_code(code: &str) {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    assert!(code.split('-').all(is_word), "`{code}` is no code");
}
