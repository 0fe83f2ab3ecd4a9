//! The words of a STIX pattern.

use std::iter::Peekable;
use std::str::CharIndices;

/// One word of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// A literal in single quotes, without them.
    Text(String),
    /// A literal with a letter in front, `t'…'`, `b'…'` or `h'…'`.
    Typed(char),
    /// Anything else, one or two characters.
    Mark(&'static str),
}

/// Marks, the longer ones first.
const MARKS: &[&str] = &["==", "!=", "<>", "<=", ">=", "[", "]", "(", ")", "=", ":", ".", ",", "*", "<", ">"];

/// The words of a pattern.
pub(super) fn tokens(pattern: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut characters = pattern.char_indices().peekable();
    while let Some((start, character)) = characters.next() {
        if character.is_whitespace() {
            continue;
        }
        if character == '\'' {
            tokens.push(Token::Text(quoted(&mut characters)?));
            continue;
        }
        if is_word(character) {
            let mut word = character.to_string();
            while let Some((_, character)) = characters.next_if(|(_, character)| is_word(*character)) {
                word.push(character);
            }
            if characters.next_if(|(_, character)| *character == '\'').is_some() {
                quoted(&mut characters)?;
                tokens.push(Token::Typed(character));
            } else {
                tokens.push(Token::Word(word));
            }
            continue;
        }
        let rest = pattern.get(start..).unwrap_or_default();
        let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) else {
            return Err(format!(
                "the pattern holds `{}`, which is not part of the language",
                palisade_model::excerpt(rest)
            ));
        };
        for _ in 1..mark.len() {
            characters.next();
        }
        tokens.push(Token::Mark(mark));
    }
    Ok(tokens)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '-' || character == '_'
}

/// The rest of a literal up to its closing quote; `\'` and `\\` stand for the character behind the backslash, and there are no
/// other escapes (STIX 2.1, section 9.5). A writer that forgot to escape a backslash may have meant anything.
fn quoted(characters: &mut Peekable<CharIndices<'_>>) -> Result<String, String> {
    let mut text = String::new();
    while let Some((_, character)) = characters.next() {
        match character {
            '\'' => return Ok(text),
            '\\' => match characters.next() {
                Some((_, escaped @ ('\'' | '\\'))) => text.push(escaped),
                Some((_, other)) => {
                    return Err(format!(
                        "the pattern holds the escape `\\{}`, which STIX does not define; expected `\\\\` for a backslash",
                        palisade_model::excerpt(&other.to_string())
                    ));
                }
                None => break,
            },
            _ => text.push(character),
        }
    }
    Err("the pattern ends in the middle of a quoted value".to_owned())
}
