//! The languages of `TMV1-Filter` (API reference, section 3.4): `field eq 'text'`, `and`, `or`, `not`, parentheses; keywords in
//! any case, `not` before `and` before `or`; and of the searches, `field:"text"` with the same connectives. Input that is not of
//! the language is an error. A quote inside a text cannot be written: the reference knows no escape.

use crate::limits::FILTER_DEPTH;

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    /// It is the text.
    Equal,
    /// It contains the text.
    Contains,
}

/// A filter over fields of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expression<F> {
    Compare(F, Operator, String),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

impl<F> Expression<F> {
    /// Whether an object matches, of which `is` answers a comparison.
    pub(crate) fn matches(&self, is: &impl Fn(&F, Operator, &str) -> bool) -> bool {
        match self {
            Self::Compare(field, operator, text) => is(field, *operator, text),
            Self::Not(inner) => !inner.matches(is),
            Self::And(left, right) => left.matches(is) && right.matches(is),
            Self::Or(left, right) => left.matches(is) || right.matches(is),
        }
    }
}

/// A language.
pub(crate) struct Language<'a, F> {
    /// The field of a name.
    pub(crate) field: &'a dyn Fn(&str) -> Option<F>,
    /// The longest filter, in characters.
    pub(crate) characters: usize,
    /// Whether there is `contains` too.
    pub(crate) contains: bool,
    /// Whether it is the searches' language.
    pub(crate) search: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Colon,
    Word(String),
    Text(String),
}

/// Reads a filter; the error says what is wrong with it.
pub(crate) fn parse<F>(text: &str, language: &Language<'_, F>) -> Result<Expression<F>, &'static str> {
    if text.chars().count() > language.characters {
        return Err("the filter is longer than the call allows");
    }
    let tokens = tokens(text, language.search)?.into_iter().peekable();
    let mut parser = Parser { language, tokens, depth: 0 };
    let expression = parser.any()?;
    match parser.tokens.next() {
        None => Ok(expression),
        Some(_) => Err("the filter goes on after its end"),
    }
}

fn tokens(text: &str, search: bool) -> Result<Vec<Token>, &'static str> {
    let is_word = |letter: char| {
        letter.is_ascii_alphanumeric() || search && !letter.is_whitespace() && !"():\"".contains(letter)
    };
    let quote = if search { '"' } else { '\'' };
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
            ':' if search => {
                tokens.push(Token::Colon);
                after
            }
            _ if first == quote => {
                let (inside, after) = after.split_once(quote).ok_or("a quote is not closed")?;
                tokens.push(Token::Text(inside.to_owned()));
                after
            }
            _ if is_word(first) => {
                let end = rest.find(|next: char| !is_word(next)).unwrap_or(rest.len());
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

struct Parser<'a, F> {
    language: &'a Language<'a, F>,
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl<F> Parser<'_, F> {
    fn keyword(&mut self, keyword: &str) -> bool {
        let is_next =
            |token: &Token| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.tokens.next_if(is_next).is_some()
    }

    fn any(&mut self) -> Result<Expression<F>, &'static str> {
        let mut left = self.all()?;
        while self.keyword("or") {
            left = Expression::Or(Box::new(left), Box::new(self.all()?));
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Expression<F>, &'static str> {
        let mut left = self.one()?;
        while self.keyword("and") {
            left = Expression::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Expression<F>, &'static str> {
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

    fn comparison(&mut self) -> Result<Expression<F>, &'static str> {
        let Some(Token::Word(name)) = self.tokens.next() else { return Err("a field is missing") };
        let field = (self.language.field)(&name).ok_or("the filter names an unknown field")?;
        if self.language.search {
            if self.tokens.next() != Some(Token::Colon) {
                return Err("a field is not followed by a colon");
            }
            return match self.tokens.next() {
                Some(Token::Text(text) | Token::Word(text)) => {
                    Ok(Expression::Compare(field, Operator::Equal, text))
                }
                _ => Err("a colon is not followed by a text"),
            };
        }
        let operator = if self.keyword("eq") {
            Operator::Equal
        } else if self.language.contains && self.keyword("contains") {
            Operator::Contains
        } else {
            return Err("a field is not followed by eq");
        };
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Expression::Compare(field, operator, text)),
            _ => Err("eq is not followed by a text in single quotes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBJECT: [(&str, &str); 3] = [("type", "domain"), ("riskLevel", "high"), ("domain", "Example.com")];

    fn read(filter: &str, search: bool) -> Result<Expression<String>, &'static str> {
        let names = ["type", "riskLevel", "domain", "ip"];
        let field = |name: &str| names.contains(&name).then(|| name.to_owned());
        parse(filter, &Language { field: &field, characters: 4000, contains: false, search })
    }

    fn matches(filter: &str, search: bool) -> bool {
        let is = |name: &String, _, text: &str| OBJECT.contains(&(name.as_str(), text));
        read(filter, search).unwrap().matches(&is)
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
            ("ip eq '192.0.2.1'", false),
        ] {
            assert_eq!(matches(filter, false), expected, "{filter}");
        }
        for (query, expected) in [
            (r#"type:"domain" and riskLevel:high"#, true),
            (r#"domain:Example.com or ip:"a b""#, true),
            (r#"not domain:Example.com"#, false),
        ] {
            assert_eq!(matches(query, true), expected, "{query}");
        }
    }

    #[test]
    fn input_of_another_language_is_an_error() {
        let deep = format!("{}type eq 'ip'{}", "(".repeat(65), ")".repeat(65));
        let long = format!("type eq '{}'", "a".repeat(4000));
        for filter in [
            "",
            "type",
            "type eq",
            "type eq domain",
            "type ne 'ip'",
            "type contains 'ip'",
            "type eq 'ip",
            "(type eq 'ip'",
            "type eq 'ip')",
            "type eq 'ip' type eq 'ip'",
            "type eq 'ip' and",
            "name eq 'ip'",
            "type eq \"ip\"",
            "type:\"ip\"",
            deep.as_str(),
            long.as_str(),
        ] {
            assert!(read(filter, false).is_err(), "{filter}");
        }
        for query in ["type", "type:", "type eq 'ip'", "type:\"ip", "name:x"] {
            assert!(read(query, true).is_err(), "{query}");
        }
    }
}
