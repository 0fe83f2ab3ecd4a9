//! Typed values: of outputs, parameters and attributes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Moment;

/// A value with its type, as the contract has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "value", rename_all = "kebab-case")]
pub enum Value {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Decimal(f64),
    /// Yes or no.
    Flag(bool),
    /// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
    At(Moment),
    /// Several texts.
    Texts(Vec<String>),
    /// A JSON document, as a text.
    Json(String),
}

impl Value {
    /// The name of its type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "integer",
            Self::Decimal(_) => "decimal",
            Self::Flag(_) => "flag",
            Self::At(_) => "at",
            Self::Texts(_) => "texts",
            Self::Json(_) => "json",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Json(text) => formatter.write_str(text),
            Self::Integer(number) => number.fmt(formatter),
            Self::Decimal(number) => number.fmt(formatter),
            Self::Flag(flag) => flag.fmt(formatter),
            Self::At(moment) => moment.fmt(formatter),
            Self::Texts(texts) => formatter.write_str(&texts.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_shown_without_its_type() {
        for (value, shown) in [
            (Value::Text("a".to_owned()), "a"),
            (Value::Integer(-3), "-3"),
            (Value::Decimal(1.5), "1.5"),
            (Value::Flag(true), "true"),
            (Value::At(Moment(0)), "1970-01-01T00:00:00Z"),
            (Value::Texts(vec!["a".to_owned(), "b".to_owned()]), "a, b"),
            (Value::Json("{}".to_owned()), "{}"),
        ] {
            assert_eq!(value.to_string(), shown, "{}", value.type_name());
        }
    }
}
