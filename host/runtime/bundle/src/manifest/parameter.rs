//! How a parameter is read: its type decides which fields it may have.
//!
//! Denies by default: a field that the type does not know is an error, as is a default of another type.

use serde::de::{self, Deserialize, Deserializer};
use serde::{Deserialize as DeserializeDerive, Serialize};

use super::{Condition, Parameter, ParameterKind, ParameterSource, Purpose, SelectOption};

impl Parameter {
    /// Whether a run has a value for this parameter even where the operator gives none.
    pub fn has_default(&self) -> bool {
        match &self.kind {
            ParameterKind::Text { default, .. }
            | ParameterKind::Multiline { default, .. }
            | ParameterKind::Date { default }
            | ParameterKind::Duration { default }
            | ParameterKind::Select { default, .. } => default.is_some(),
            ParameterKind::List { default } | ParameterKind::Multiselect { default, .. } => {
                !default.is_empty()
            }
            ParameterKind::Integer { default, .. } => default.is_some(),
            ParameterKind::Flag { .. } => true,
            ParameterKind::Origin {} | ParameterKind::Secret {} => false,
        }
    }

    /// Whether this is a credential.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, ParameterKind::Secret {})
    }

    /// When the parameter is used; always if there is no condition.
    pub fn condition(&self) -> Option<Condition> {
        Condition::parse(self.when.as_deref()?)
    }

    /// The option that is meant by this text: the one with this value, else the one with this label.
    pub fn option(&self, text: &str) -> Option<&SelectOption> {
        let options = self.options();
        let by_value = options.iter().find(|option| option.value == text);
        by_value.or_else(|| options.iter().find(|option| option.label == text))
    }

    /// The options of a `select` or `multiselect`, in the order of the form; empty for the other types.
    pub fn options(&self) -> &[SelectOption] {
        match &self.kind {
            ParameterKind::Select { options, .. } | ParameterKind::Multiselect { options, .. } => options,
            _ => &[],
        }
    }
}

impl ParameterKind {
    /// The type as the manifest writes it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Multiline { .. } => "multiline",
            Self::List { .. } => "list",
            Self::Date { .. } => "date",
            Self::Duration { .. } => "duration",
            Self::Multiselect { .. } => "multiselect",
            Self::Integer { .. } => "integer",
            Self::Flag { .. } => "flag",
            Self::Select { .. } => "select",
            Self::Origin {} => "origin",
            Self::Secret {} => "secret",
        }
    }
}

/// The types, as the manifest writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, DeserializeDerive)]
#[serde(rename_all = "lowercase")]
enum TypeName {
    Text,
    Multiline,
    List,
    Date,
    Duration,
    Integer,
    Flag,
    Select,
    Multiselect,
    Origin,
    Secret,
}

impl TypeName {
    fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Multiline => "multiline",
            Self::List => "list",
            Self::Date => "date",
            Self::Duration => "duration",
            Self::Multiselect => "multiselect",
            Self::Integer => "integer",
            Self::Flag => "flag",
            Self::Select => "select",
            Self::Origin => "origin",
            Self::Secret => "secret",
        }
    }
}

/// All fields that any type of parameter has. Read instead of a flattened enum because only a plain struct knows where in the
/// file an unknown field stands.
#[derive(DeserializeDerive)]
#[serde(deny_unknown_fields)]
struct Fields {
    name: String,
    label: String,
    help: String,
    r#type: TypeName,
    #[serde(default)]
    required: bool,
    default: Option<Scalar>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    purpose: Option<Purpose>,
    options: Option<Vec<SelectOption>>,
    from: Option<ParameterSource>,
    when: Option<String>,
}

/// A default, before it is known which type it should have.
#[derive(DeserializeDerive)]
#[serde(untagged)]
enum Scalar {
    Flag(bool),
    Integer(i64),
    Text(String),
    Texts(Vec<String>),
}

impl Scalar {
    fn type_name(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Integer(_) => "integer",
            Self::Text(_) => "text",
            Self::Texts(_) => "list",
        }
    }
}

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Fields::deserialize(deserializer)?.into_parameter().map_err(de::Error::custom)
    }
}

impl Fields {
    /// The parameter, or a sentence about the field that does not fit its type.
    fn into_parameter(mut self) -> Result<Parameter, String> {
        let kind = match self.r#type {
            TypeName::Text => ParameterKind::Text {
                default: self.text_default()?,
                min_length: self.min_length.take(),
                max_length: self.max_length.take(),
            },
            TypeName::Multiline => ParameterKind::Multiline {
                default: self.text_default()?,
                min_length: self.min_length.take(),
                max_length: self.max_length.take(),
            },
            TypeName::List => ParameterKind::List { default: self.texts_default()? },
            TypeName::Date => ParameterKind::Date { default: self.text_default()? },
            TypeName::Duration => ParameterKind::Duration { default: self.text_default()? },
            TypeName::Multiselect => {
                ParameterKind::Multiselect { options: self.take_options()?, default: self.texts_default()? }
            }
            TypeName::Integer => ParameterKind::Integer {
                default: self.integer_default()?,
                minimum: self.minimum.take(),
                maximum: self.maximum.take(),
                purpose: self.purpose.take(),
            },
            TypeName::Flag => ParameterKind::Flag { default: self.flag_default()? },
            TypeName::Select => {
                ParameterKind::Select { options: self.take_options()?, default: self.text_default()? }
            }
            TypeName::Origin => ParameterKind::Origin {},
            TypeName::Secret => ParameterKind::Secret {},
        };
        if let Some(field) = self.left_over() {
            return Err(format!(
                "`{field}` does not belong to parameter `{}` of type `{}`",
                self.name,
                self.r#type.as_str()
            ));
        }
        let Self { name, label, help, required, from, when, .. } = self;
        Ok(Parameter { name, label, help, kind, required, from, when })
    }

    fn take_options(&mut self) -> Result<Vec<SelectOption>, String> {
        let of_type = self.r#type.as_str();
        self.options
            .take()
            .ok_or_else(|| format!("parameter `{}` of type `{of_type}` has no `options`", self.name))
    }

    fn texts_default(&mut self) -> Result<Vec<String>, String> {
        match self.default.take() {
            None => Ok(Vec::new()),
            Some(Scalar::Texts(texts)) => Ok(texts),
            Some(other) => Err(self.wrong_default(&other)),
        }
    }

    /// A field that was given and that the type did not take.
    fn left_over(&self) -> Option<&'static str> {
        [
            ("default", self.default.is_some()),
            ("min_length", self.min_length.is_some()),
            ("max_length", self.max_length.is_some()),
            ("minimum", self.minimum.is_some()),
            ("maximum", self.maximum.is_some()),
            ("purpose", self.purpose.is_some()),
            ("options", self.options.is_some()),
        ]
        .into_iter()
        .find_map(|(field, given)| given.then_some(field))
    }

    /// A number without quotes is text too where text is wanted: `default: 30` names the option `30`.
    fn text_default(&mut self) -> Result<Option<String>, String> {
        match self.default.take() {
            None => Ok(None),
            Some(Scalar::Text(text)) => Ok(Some(text)),
            Some(Scalar::Integer(number)) => Ok(Some(number.to_string())),
            Some(other @ (Scalar::Flag(_) | Scalar::Texts(_))) => Err(self.wrong_default(&other)),
        }
    }

    fn integer_default(&mut self) -> Result<Option<i64>, String> {
        match self.default.take() {
            None => Ok(None),
            Some(Scalar::Integer(number)) => Ok(Some(number)),
            Some(other) => Err(self.wrong_default(&other)),
        }
    }

    fn flag_default(&mut self) -> Result<bool, String> {
        match self.default.take() {
            None => Ok(false),
            Some(Scalar::Flag(flag)) => Ok(flag),
            Some(other) => Err(self.wrong_default(&other)),
        }
    }

    fn wrong_default(&self, given: &Scalar) -> String {
        format!(
            "the default of parameter `{}` is of type `{}`, the parameter of type `{}`",
            self.name,
            given.type_name(),
            self.r#type.as_str()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<Parameter, String> {
        let text = format!("{{\"name\":\"a\",\"label\":\"A\",\"help\":\"h\",{fields}}}");
        serde_json::from_str(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn every_type_survives_a_round_trip() {
        for fields in [
            r#""type":"text","default":"x","min_length":1,"max_length":9"#,
            r#""type":"integer","default":5,"minimum":1,"maximum":9,"purpose":"objects-per-run""#,
            r#""type":"flag","default":true"#,
            r#""type":"multiline","default":"a\nb","max_length":9"#,
            r#""type":"list","default":["a","b"]"#,
            r#""type":"date","default":"2026-12-31""#,
            r#""type":"duration","default":"P30D","from":"object","when":"b == 'c'""#,
            r#""type":"multiselect","options":[{"value":"30","label":"Thirty"}],"default":["30"]"#,
            r#""type":"select","options":[{"value":"30","label":"Thirty"}],"default":30"#,
            r#""type":"origin","required":true"#,
            r#""type":"secret","required":true"#,
        ] {
            let parameter = read(fields).unwrap();
            let written = serde_json::to_string(&parameter).unwrap();
            assert_eq!(serde_json::from_str::<Parameter>(&written).unwrap(), parameter);
        }
    }

    #[test]
    fn a_field_of_another_type_is_refused() {
        for (fields, field) in [
            (r#""type":"secret","default":"x""#, "default"),
            (r#""type":"origin","default":"https://example.com""#, "default"),
            (r#""type":"flag","minimum":1"#, "minimum"),
            (r#""type":"text","options":[]"#, "options"),
            (r#""type":"text","purpose":"objects-per-run""#, "purpose"),
            (r#""type":"integer","max_length":1"#, "max_length"),
        ] {
            assert!(read(fields).unwrap_err().contains(&format!("`{field}` does not belong")), "{fields}");
        }
        assert!(read(r#""type":"select""#).unwrap_err().contains("no `options`"));
        assert!(read(r#""type":"integer","default":"5""#).unwrap_err().contains("is of type `text`"));
    }

    #[test]
    fn an_option_is_found_by_value_before_label() {
        let parameter =
            read(r#""type":"select","options":[{"value":"x","label":"y"},{"value":"y","label":"z"}]"#)
                .unwrap();
        assert_eq!(parameter.option("y").unwrap().label, "z");
        assert_eq!(parameter.option("z").unwrap().value, "y");
        assert_eq!(parameter.option("q"), None);
    }
}
