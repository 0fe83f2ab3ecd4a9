//! The part of the STIX pattern language that lists of indicators use: comparisons with `=` and `IN`, joined by `OR`.
//! Whatever makes a pattern mean more or less than "any of these values" is refused by name, never passed over.

use std::iter::Peekable;
use std::str::CharIndices;

/// One value that a pattern looks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// Type of the observed object, for example `domain-name`.
    pub(crate) object: String,
    /// Property of it in steps, for example `hashes`, `SHA-256`. An index is a step such as `[*]`.
    pub(crate) property: Vec<String>,
    /// The value, without quotes and escapes.
    pub(crate) value: String,
}

/// One word of the language.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// A literal in single quotes, without them.
    Text(String),
    /// A literal with a letter in front, `t'…'`, `b'…'` or `h'…'`.
    Typed(char),
    /// Anything else, one or two characters.
    Mark(&'static str),
}

/// Levels of parentheses that are followed.
const DEPTH: usize = 32;

/// The values that a pattern looks for, any of which is enough.
///
/// # Errors
///
/// A sentence that names what was not understood.
pub(crate) fn parse(pattern: &str) -> Result<Vec<Comparison>, String> {
    let mut parser = Parser { tokens: tokens(pattern)?.into_iter().peekable(), found: Vec::new() };
    parser.observations(DEPTH)?;
    match parser.tokens.next() {
        None => Ok(parser.found),
        Some(token) => Err(not_understood(&token)),
    }
}

fn not_understood(token: &Token) -> String {
    let shown = match token {
        Token::Word(word) => word.clone(),
        Token::Text(text) => format!("'{}'", crate::excerpt(text)),
        Token::Typed(letter) => format!("{letter}'…'"),
        Token::Mark(mark) => (*mark).to_owned(),
    };
    format!("the pattern uses `{shown}`, expected comparisons with `=` or `IN` joined by `OR`")
}

struct Parser<I: Iterator<Item = Token>> {
    tokens: Peekable<I>,
    found: Vec<Comparison>,
}

impl<I: Iterator<Item = Token>> Parser<I> {
    /// Observation expressions joined by `OR`.
    fn observations(&mut self, depth: usize) -> Result<(), String> {
        loop {
            match self.next()? {
                Token::Mark("[") => {
                    self.comparisons(depth)?;
                    self.require("]")?;
                }
                Token::Mark("(") => {
                    self.observations(deeper(depth)?)?;
                    self.require(")")?;
                }
                token => return Err(not_understood(&token)),
            }
            if !self.is_or() {
                return Ok(());
            }
        }
    }

    /// Comparisons joined by `OR`.
    fn comparisons(&mut self, depth: usize) -> Result<(), String> {
        loop {
            if self.tokens.next_if_eq(&Token::Mark("(")).is_some() {
                self.comparisons(deeper(depth)?)?;
                self.require(")")?;
            } else {
                self.comparison()?;
            }
            if !self.is_or() {
                return Ok(());
            }
        }
    }

    /// `object:property = 'value'` or `object:property IN ('value', 'value')`.
    fn comparison(&mut self) -> Result<(), String> {
        let object = self.word()?;
        self.require(":")?;
        let mut property = vec![self.step()?];
        loop {
            if self.tokens.next_if_eq(&Token::Mark(".")).is_some() {
                property.push(self.step()?);
            } else if self.tokens.next_if_eq(&Token::Mark("[")).is_some() {
                let index = match self.next()? {
                    Token::Word(word) => word,
                    Token::Mark("*") => "*".to_owned(),
                    token => return Err(not_understood(&token)),
                };
                self.require("]")?;
                property.push(format!("[{index}]"));
            } else {
                break;
            }
        }
        match self.next()? {
            Token::Mark("=" | "==") => {
                let value = self.text()?;
                self.found.push(Comparison { object, property, value });
            }
            Token::Word(word) if word.eq_ignore_ascii_case("IN") => {
                self.require("(")?;
                loop {
                    let value = self.text()?;
                    self.found.push(Comparison { object: object.clone(), property: property.clone(), value });
                    if self.tokens.next_if_eq(&Token::Mark(",")).is_none() {
                        break;
                    }
                }
                self.require(")")?;
            }
            token => return Err(not_understood(&token)),
        }
        Ok(())
    }

    fn next(&mut self) -> Result<Token, String> {
        self.tokens.next().ok_or_else(|| "the pattern ends in the middle".to_owned())
    }

    fn require(&mut self, mark: &'static str) -> Result<(), String> {
        match self.next()? {
            Token::Mark(found) if found == mark => Ok(()),
            token => Err(not_understood(&token)),
        }
    }

    fn is_or(&mut self) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case("OR")))
            .is_some()
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(word) if !word.eq_ignore_ascii_case("NOT") => Ok(word),
            token => Err(not_understood(&token)),
        }
    }

    /// A step of a property: a name, quoted where it holds a hyphen.
    fn step(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(word) | Token::Text(word) => Ok(word),
            token => Err(not_understood(&token)),
        }
    }

    fn text(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Text(text) => Ok(text),
            token => Err(not_understood(&token)),
        }
    }
}

fn deeper(depth: usize) -> Result<usize, String> {
    depth.checked_sub(1).ok_or_else(|| format!("the pattern is nested more than {DEPTH} levels deep"))
}

/// Marks, the longer ones first.
const MARKS: &[&str] = &["==", "!=", "<>", "<=", ">=", "[", "]", "(", ")", "=", ":", ".", ",", "*", "<", ">"];

/// The words of a pattern.
fn tokens(pattern: &str) -> Result<Vec<Token>, String> {
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
                crate::excerpt(rest)
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

/// The rest of a literal up to its closing quote; `\'` and `\\` stand for the character behind the backslash.
fn quoted(characters: &mut Peekable<CharIndices<'_>>) -> Result<String, String> {
    let mut text = String::new();
    while let Some((_, character)) = characters.next() {
        match character {
            '\'' => return Ok(text),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            _ => text.push(character),
        }
    }
    Err("the pattern ends in the middle of a quoted value".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(pattern: &str) -> Vec<(String, String)> {
        parse(pattern)
            .unwrap()
            .into_iter()
            .map(|found| (format!("{}:{}", found.object, found.property.join(".")), found.value))
            .collect()
    }

    #[test]
    fn comparisons_joined_by_or_give_their_values() {
        for (pattern, expected) in [
            ("[domain-name:value='evil.example']", vec![("domain-name:value", "evil.example")]),
            (
                " [ ipv4-addr:value == '192.0.2.1' OR ipv4-addr:value = '192.0.2.2' ] ",
                vec![("ipv4-addr:value", "192.0.2.1"), ("ipv4-addr:value", "192.0.2.2")],
            ),
            (
                "[file:hashes.'SHA-256' = 'aa'] OR [file:hashes.MD5 = 'bb']",
                vec![("file:hashes.SHA-256", "aa"), ("file:hashes.MD5", "bb")],
            ),
            ("([url:value IN ('a', 'b')])", vec![("url:value", "a"), ("url:value", "b")]),
            ("[(url:value = 'a' or url:value = 'b')]", vec![("url:value", "a"), ("url:value", "b")]),
            ("[email-message:from_ref.value = 'a@b']", vec![("email-message:from_ref.value", "a@b")]),
            (
                "[domain-name:resolves_to_refs[*].value = 'x']",
                vec![("domain-name:resolves_to_refs.[*].value", "x")],
            ),
            (r"[file:name = 'it\'s C:\\x']", vec![("file:name", r"it's C:\x")]),
        ] {
            let expected: Vec<_> =
                expected.into_iter().map(|(path, value)| (path.to_owned(), value.to_owned())).collect();
            assert_eq!(values(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn what_means_something_else_is_named() {
        for (pattern, named) in [
            ("[file:name = 'a' AND file:size = 3]", "`AND`"),
            ("[file:name != 'a']", "`!=`"),
            ("[file:name LIKE 'a%']", "`LIKE`"),
            ("[file:name MATCHES 'a']", "`MATCHES`"),
            ("[file:name NOT = 'a']", "`NOT`"),
            ("[NOT file:name = 'a']", "`NOT`"),
            ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", "`ISSUBSET`"),
            ("[url:value = 'a'] FOLLOWEDBY [url:value = 'b']", "`FOLLOWEDBY`"),
            ("[url:value = 'a'] WITHIN 5 SECONDS", "`WITHIN`"),
            ("[url:value = 'a'] AND [url:value = 'b']", "`AND`"),
            ("[process:pid = 5]", "`5`"),
            ("[file:created = t'2020-01-01T00:00:00Z']", "`t'"),
            ("[url:value = 'a'", "ends in the middle"),
            ("[url:value = 'a", "quoted value"),
            ("", "ends in the middle"),
            ("rule x { strings: }", "`{ strings: }`"),
        ] {
            let message = parse(pattern).unwrap_err();
            assert!(message.contains(named), "{pattern}: {message}");
        }
        assert!(parse(&"(".repeat(10_000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(pattern in r"\PC{0,60}|[\[\]()'=:. a-zORIN,\\]{0,60}") {
            let _ = parse(&pattern);
        }

        #[test]
        fn a_value_that_is_escaped_comes_back(value in r"\PC{1,30}") {
            let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
            let found = parse(&format!("[url:value = '{escaped}']")).unwrap();
            prop_assert_eq!(found[0].value.clone(), value);
        }
    }
}
