//! JSON in which a name may stand twice. Programs differ in which of the two they read, so that neither decides anything.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A value, and the first name that stands twice in one of its objects.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The value; of two fields with the same name, the first.
    pub value: Value,
    /// The name that stands twice.
    pub repeated: Option<String>,
}

impl From<Value> for Checked {
    fn from(value: Value) -> Self {
        Self { value, repeated: None }
    }
}

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CheckedVisitor)
    }
}

struct CheckedVisitor;

impl<'de> Visitor<'de> for CheckedVisitor {
    type Value = Checked;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Checked, E> {
        Ok(Value::Null.into())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Checked, E> {
        Ok(Value::from(value).into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Checked, E> {
        Ok(Value::from(value).into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Checked, E> {
        Ok(Value::from(value).into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Checked, E> {
        Ok(Value::from(value).into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Checked, E> {
        Ok(Value::from(value).into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Checked, A::Error> {
        let (mut values, mut repeated) = (Vec::new(), None);
        while let Some(item) = items.next_element::<Checked>()? {
            repeated = repeated.or(item.repeated);
            values.push(item.value);
        }
        Ok(Checked { value: Value::Array(values), repeated })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Checked, A::Error> {
        let (mut values, mut repeated) = (Map::new(), None);
        while let Some((name, field)) = fields.next_entry::<String, Checked>()? {
            repeated = repeated.or(field.repeated);
            if values.contains_key(&name) {
                repeated = repeated.or(Some(name));
            } else {
                values.insert(name, field.value);
            }
        }
        Ok(Checked { value: Value::Object(values), repeated })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_found_at_any_depth() {
        for (text, repeated) in [
            (r#"{"a":1,"b":{"a":[1,{"a":null}]}}"#, None),
            (r#"{"a":1,"a":1}"#, Some("a")),
            (r#"[{"b":1},{"c":{"b":1.5,"d":-1,"b":true}}]"#, Some("b")),
            (r#"{"a":1,"\u0061":2}"#, Some("a")),
            (r#""text""#, None),
        ] {
            let checked: Checked = serde_json::from_str(text).unwrap();
            assert_eq!(checked.repeated.as_deref(), repeated, "{text}");
        }
    }

    #[test]
    fn anything_else_is_read_as_it_is() {
        let text = r#"[null,true,7,-7,1.5,"x",[],{},{"a":{"b":[1]}}]"#;
        let checked: Checked = serde_json::from_str(text).unwrap();
        assert_eq!(checked.value, serde_json::from_str::<Value>(text).unwrap());
    }
}
