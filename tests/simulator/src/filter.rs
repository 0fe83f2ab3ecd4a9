//! The language of `TMV1-Filter` (API reference, section 3.4): `field eq 'text'`, `and`, `or`, `not`, parentheses; keywords in
//! any case, `not` before `and` before `or`. Whatever is not of this language is an error. A quote inside a text cannot be
//! written: the reference knows no escape.

use crate::identifier::Kind;
use crate::limits::{FILTER_CHARACTERS, FILTER_DEPTH};

/// A field that a filter may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Type,
    Value(Kind),
    ScanAction,
    RiskLevel,
}

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression {
    Equal(Field, String),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

impl Expression {
    /// Whether an object matches; `field` gives the text of its fields, `None` for one that it does not have. Values are
    /// compared as the lists compare them.
    pub(crate) fn matches<'a>(&self, field: &impl Fn(Field) -> Option<&'a str>) -> bool {
        match self {
            Self::Equal(wanted, text) => field(*wanted).is_some_and(|value| match wanted {
                Field::Value(kind) => kind.key(value) == kind.key(text),
                _ => value == text,
            }),
            Self::Not(inner) => !inner.matches(field),
            Self::And(left, right) => left.matches(field) && right.matches(field),
            Self::Or(left, right) => left.matches(field) || right.matches(field),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
}

/// Reads a filter; the error says what is wrong with it.
pub(crate) fn parse(text: &str) -> Result<Expression, &'static str> {
    if text.chars().count() > FILTER_CHARACTERS {
        return Err("the filter is longer than 4000 characters");
    }
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), depth: 0 };
    let expression = parser.any()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(_) => Err("the filter goes on after its end"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, &'static str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        rest = match first {
            '(' => {
                tokens.push(Token::Open);
                after
            }
            ')' => {
                tokens.push(Token::Close);
                after
            }
            '\'' => {
                let (inside, after) = after.split_once('\'').ok_or("a quote is not closed")?;
                tokens.push(Token::Text(inside.to_owned()));
                after
            }
            _ if first.is_ascii_alphanumeric() => {
                let end = rest.find(|next: char| !next.is_ascii_alphanumeric()).unwrap_or(rest.len());
                let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                tokens.push(Token::Word(word.to_owned()));
                after
            }
            _ => return Err("the filter contains a character that it cannot contain"),
        }
        .trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    fn keyword(&mut self, keyword: &str) -> bool {
        let is_next =
            |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.tokens.next_if(is_next).is_some()
    }

    fn any(&mut self) -> Result<Expression, &'static str> {
        let mut left = self.all()?;
        while self.keyword("or") {
            left = Expression::Or(Box::new(left), Box::new(self.all()?));
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Expression, &'static str> {
        let mut left = self.one()?;
        while self.keyword("and") {
            left = Expression::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Expression, &'static str> {
        self.depth += 1;
        if self.depth > FILTER_DEPTH {
            return Err("the filter is nested too deeply");
        }
        let expression = if self.keyword("not") {
            Expression::Not(Box::new(self.one()?))
        } else if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inside = self.any()?;
            if self.tokens.next() != Some(Token::Close) {
                return Err("a parenthesis is not closed");
            }
            inside
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(expression)
    }

    fn comparison(&mut self) -> Result<Expression, &'static str> {
        let Some(Token::Word(name)) = self.tokens.next() else { return Err("a field is missing") };
        let field = match name.as_str() {
            "type" => Field::Type,
            "scanAction" => Field::ScanAction,
            "riskLevel" => Field::RiskLevel,
            _ => Field::Value(Kind::from_name(&name).ok_or("the filter names an unknown field")?),
        };
        if !self.keyword("eq") {
            return Err("a field is not followed by eq");
        }
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Expression::Equal(field, text)),
            _ => Err("eq is not followed by a text in single quotes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(filter: &str) -> bool {
        let field = |field| match field {
            Field::Type => Some("domain"),
            Field::Value(Kind::Domain) => Some("Example.com"),
            Field::RiskLevel => Some("high"),
            Field::ScanAction => Some("block"),
            Field::Value(_) => None,
        };
        parse(filter).unwrap().matches(&field)
    }

    #[test]
    fn filters_select() {
        for (filter, expected) in [
            ("type eq 'domain' AND riskLevel eq 'high'", true),
            ("type eq 'url' or riskLevel eq 'high'", true),
            ("not type eq 'domain'", false),
            ("NOT (type eq 'domain' and riskLevel eq 'low')", true),
            // `and` binds more tightly than `or`, `not` most tightly.
            ("type eq 'domain' or type eq 'ip' and riskLevel eq 'low'", true),
            ("(type eq 'domain' or type eq 'ip') and riskLevel eq 'low'", false),
            ("not type eq 'ip' and riskLevel eq 'low'", false),
            ("domain eq 'EXAMPLE.com'", true),
            ("ip eq '192.0.2.1'", false),
            ("type eq 'Domain'", false),
        ] {
            assert_eq!(matches(filter), expected, "{filter}");
        }
    }

    #[test]
    fn whatever_is_no_filter_is_an_error() {
        let deep = format!("{}type eq 'ip'{}", "(".repeat(65), ")".repeat(65));
        let long = format!("type eq '{}'", "a".repeat(4000));
        for filter in [
            "",
            "type",
            "type eq",
            "type eq domain",
            "type ne 'ip'",
            "type eq 'ip",
            "(type eq 'ip'",
            "type eq 'ip')",
            "type eq 'ip' type eq 'ip'",
            "type eq 'ip' and",
            "name eq 'ip'",
            "type eq \"ip\"",
            deep.as_str(),
            long.as_str(),
        ] {
            assert!(parse(filter).is_err(), "{filter}");
        }
    }
}
