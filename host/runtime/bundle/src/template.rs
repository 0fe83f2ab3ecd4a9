//! Text with names in braces, as origins and credentials in a manifest are written.
//!
//! Denies by default: a brace that opens no name, a name of the wrong form and a name without a value are errors; nothing
//! is ever replaced by an empty text.

use std::fmt;

/// Text with names in braces, for example `https://{api_region}` or `Bearer {api_key}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    parts: Vec<Part>,
}

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
}

/// Why a text is no template, or a template gives no text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `{` without its `}`, or a `}` without its `{`.
    #[error("a brace in `{text}` has no counterpart")]
    Unbalanced {
        /// The whole template.
        text: String,
    },
    /// What stands between braces is no name.
    #[error("`{{{name}}}` names no parameter: names are lower case, words joined by `_`")]
    NotAName {
        /// What stands between the braces.
        name: String,
    },
    /// A name has no value.
    #[error("`{{{name}}}` has no value")]
    NoValue {
        /// The name.
        name: String,
    },
}

impl TemplateError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unbalanced { .. } => "template-unbalanced",
            Self::NotAName { .. } => "template-not-a-name",
            Self::NoValue { .. } => "template-no-value",
        }
    }
}

impl Template {
    /// Reads a template. Fails where braces do not pair or enclose something else than a parameter's name.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let unbalanced = || TemplateError::Unbalanced { text: text.to_owned() };
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            if before.contains('}') {
                return Err(unbalanced());
            }
            let (name, after) = after.split_once('}').ok_or_else(unbalanced)?;
            if !is_name(name) {
                return Err(TemplateError::NotAName { name: name.to_owned() });
            }
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(Part::Name(name.to_owned()));
            rest = after;
        }
        if rest.contains('}') {
            return Err(unbalanced());
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The names in braces, in order; one that occurs twice comes twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// The text with each name replaced by its value. Values are taken as they are: braces in them mean nothing. Fails where
    /// a name has no value.
    pub fn expand<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Result<String, TemplateError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Name(name) => {
                    text.push_str(value(name).ok_or_else(|| TemplateError::NoValue { name: name.clone() })?);
                }
            }
        }
        Ok(text)
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => formatter.write_str(text),
            Part::Name(name) => write!(formatter, "{{{name}}}"),
        })
    }
}

/// Whether this is the name of a parameter: lower case letters and digits, beginning with a letter, words joined by `_`.
pub(crate) fn is_name(text: &str) -> bool {
    is_words(text, '_')
}

/// Whether this is the id of a bundle or an action: as a parameter's name, but words joined by `-`.
pub(crate) fn is_id(text: &str) -> bool {
    is_words(text, '-')
}

fn is_words(text: &str, joint: char) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split(joint).all(|word| {
            !word.is_empty() && word.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_become_values() {
        let template = Template::parse("https://{api_region}:{port}").unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), ["api_region", "port"]);
        let value = |name: &str| match name {
            "api_region" => Some("api.example.com"),
            "port" => Some("8443"),
            _ => None,
        };
        assert_eq!(template.expand(value).unwrap(), "https://api.example.com:8443");
        assert_eq!(template.expand(|_| None).unwrap_err().code(), "template-no-value");
    }

    #[test]
    fn a_value_is_not_read_again() {
        let template = Template::parse("{a}{b}").unwrap();
        assert_eq!(template.expand(|name| Some(if name == "a" { "{b}" } else { "x" })).unwrap(), "{b}x");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for (text, code) in [
            ("https://{region", "template-unbalanced"),
            ("https://region}", "template-unbalanced"),
            ("{a}}", "template-unbalanced"),
            ("}{a}", "template-unbalanced"),
            ("{}", "template-not-a-name"),
            ("{{a}}", "template-not-a-name"),
            ("{API Region}", "template-not-a-name"),
            ("{_a}", "template-not-a-name"),
        ] {
            assert_eq!(Template::parse(text).unwrap_err().code(), code, "{text}");
        }
    }

    #[test]
    fn a_name_begins_with_a_letter_and_has_no_empty_word() {
        for (text, joint) in [("a", '_'), ("a1", '_'), ("a_1", '_'), ("a-b2", '-')] {
            assert!(is_words(text, joint), "{text}");
        }
        for text in ["", "1a", "_a", "a_", "a__b", "A", "aB", "a-b", "ä", "a b"] {
            assert!(!is_name(text), "{text}");
        }
        assert!(is_id("a-b") && !is_id("a_b"));
    }

    #[test]
    fn each_error_has_its_code() {
        let code = |text: &str| Template::parse(text).map(|_| ()).map_err(|error| error.code());
        assert_eq!(code("{a"), Err("template-unbalanced"));
        assert_eq!(code("{A}"), Err("template-not-a-name"));
    }

    proptest! {
        #[test]
        fn a_template_reads_as_it_is_written(text in "([a-z:/ .]{0,4}(\\{[a-z][a-z0-9]{0,3}\\})?){0,4}") {
            prop_assert_eq!(Template::parse(&text).unwrap().to_string(), text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[{}a_ ]{0,12}") {
            if let Ok(template) = Template::parse(&text) {
                prop_assert_eq!(template.to_string(), text);
            }
        }
    }
}
