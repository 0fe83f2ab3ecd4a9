//! The grammar of a STIX pattern, as far as it is read: what is compared with what, and how that is joined.

use std::iter::Peekable;

use super::tokens::{Token, tokens};

/// What a pattern says: comparisons, and how they are joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expression {
    /// One comparison.
    Leaf(Leaf),
    /// Any of them is enough.
    Any(Vec<Expression>),
    /// All of them have to hold.
    All(Vec<Expression>),
}

/// One property, and what it is compared with; any of the literals is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf {
    pub(super) object: String,
    pub(super) property: Vec<String>,
    pub(super) literals: Vec<Literal>,
}

/// What is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    /// A text in quotes, without them.
    Text(String),
    /// A number or a keyword.
    Bare(String),
}

/// Levels of parentheses that are followed.
const DEPTH: usize = 32;

/// What a pattern says.
///
/// # Errors
///
/// A sentence that names what was not understood.
pub(super) fn parse(pattern: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(pattern)?.into_iter().peekable() };
    let expression = parser.observations(DEPTH)?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(token) => Err(unexpected(&token)),
    }
}

/// The sentence about a word that does not belong there.
pub(super) fn not_understood(shown: &str) -> String {
    format!(
        "the pattern uses `{}`, expected comparisons with `=` or `IN` joined by `OR`",
        palisade_model::excerpt(shown)
    )
}

fn unexpected(token: &Token) -> String {
    match token {
        Token::Word(word) => not_understood(word),
        Token::Text(text) => not_understood(&format!("'{}'", palisade_model::excerpt(text))),
        Token::Typed(letter) => not_understood(&format!("{letter}'…'")),
        Token::Mark(mark) => not_understood(mark),
    }
}

struct Parser<I: Iterator<Item = Token>> {
    tokens: Peekable<I>,
}

impl<I: Iterator<Item = Token>> Parser<I> {
    /// Observation expressions joined by `OR`.
    fn observations(&mut self, depth: usize) -> Result<Expression, String> {
        let mut any = Vec::new();
        loop {
            match self.next()? {
                Token::Mark("[") => {
                    any.push(self.any(depth)?);
                    self.require("]")?;
                }
                Token::Mark("(") => {
                    any.push(self.observations(deeper(depth)?)?);
                    self.require(")")?;
                }
                token => return Err(unexpected(&token)),
            }
            if !self.is_keyword("OR") {
                return Ok(Expression::Any(any));
            }
        }
    }

    /// Comparisons joined by `OR`, of which each may be several that are joined by `AND`.
    fn any(&mut self, depth: usize) -> Result<Expression, String> {
        let mut any = vec![self.all(depth)?];
        while self.is_keyword("OR") {
            any.push(self.all(depth)?);
        }
        Ok(if any.len() > 1 { Expression::Any(any) } else { any.remove(0) })
    }

    /// Comparisons joined by `AND`, which binds closer than `OR`.
    fn all(&mut self, depth: usize) -> Result<Expression, String> {
        let mut all = vec![self.term(depth)?];
        while self.is_keyword("AND") {
            all.push(self.term(depth)?);
        }
        Ok(if all.len() > 1 { Expression::All(all) } else { all.remove(0) })
    }

    fn term(&mut self, depth: usize) -> Result<Expression, String> {
        if self.tokens.next_if_eq(&Token::Mark("(")).is_none() {
            return self.comparison().map(Expression::Leaf);
        }
        let inside = self.any(deeper(depth)?)?;
        self.require(")")?;
        Ok(inside)
    }

    /// `object:property = 'value'` or `object:property IN ('value', 'value')`.
    fn comparison(&mut self) -> Result<Leaf, String> {
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
                    token => return Err(unexpected(&token)),
                };
                self.require("]")?;
                property.push(format!("[{index}]"));
            } else {
                break;
            }
        }
        let literals = match self.next()? {
            Token::Mark("=" | "==") => vec![self.literal()?],
            Token::Word(word) if word.eq_ignore_ascii_case("IN") => {
                self.require("(")?;
                let mut literals = vec![self.literal()?];
                while self.tokens.next_if_eq(&Token::Mark(",")).is_some() {
                    literals.push(self.literal()?);
                }
                self.require(")")?;
                literals
            }
            token => return Err(unexpected(&token)),
        };
        Ok(Leaf { object, property, literals })
    }

    fn next(&mut self) -> Result<Token, String> {
        self.tokens.next().ok_or_else(|| "the pattern ends in the middle".to_owned())
    }

    fn require(&mut self, mark: &'static str) -> Result<(), String> {
        match self.next()? {
            Token::Mark(found) if found == mark => Ok(()),
            token => Err(unexpected(&token)),
        }
    }

    fn is_keyword(&mut self, keyword: &str) -> bool {
        self.tokens
            .next_if(|token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword)))
            .is_some()
    }

    fn word(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(word) if !word.eq_ignore_ascii_case("NOT") => Ok(word),
            token => Err(unexpected(&token)),
        }
    }

    /// A step of a property: a name, quoted where it holds a hyphen.
    fn step(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Word(word) | Token::Text(word) => Ok(word),
            token => Err(unexpected(&token)),
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next()? {
            Token::Text(text) => Ok(Literal::Text(text)),
            Token::Word(word) => Ok(Literal::Bare(word)),
            token => Err(unexpected(&token)),
        }
    }
}

fn deeper(depth: usize) -> Result<usize, String> {
    depth.checked_sub(1).ok_or_else(|| format!("the pattern is nested more than {DEPTH} levels deep"))
}
