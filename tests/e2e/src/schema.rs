//! Whether a report is what its published JSON Schema says. It knows the words that the schema uses and refuses any other, so
//! that none goes unchecked; a field that the schema does not name is a fault, though JSON Schema would let it pass.

use std::process::Command;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::product;

/// Words that say nothing about what is valid.
const ANNOTATIONS: [&str; 6] = ["$schema", "$defs", "title", "description", "format", "default"];

/// The first fault of a report against its schema, as path and sentence.
///
/// # Errors
/// Where there is a fault.
pub(crate) fn check_report(report: &Value) -> Result<(), String> {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    let schema = SCHEMA.get_or_init(|| {
        let mut generate = Command::new(product::binary());
        let output = generate.args(["generate", "schema", "report"]).output().expect("palisade starts");
        serde_json::from_slice(&output.stdout).expect("the schema is JSON")
    });
    Schema { root: schema }.check(schema, report, "$")
}

struct Schema<'schema> {
    root: &'schema Value,
}

impl Schema<'_> {
    fn check(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let schema = match schema {
            Value::Bool(true) => return Ok(()),
            Value::Object(schema) => schema,
            other => panic!("the schema has {other} for {path}"),
        };
        schema.iter().try_for_each(|(word, rule)| self.word(schema, word, rule, value, path))
    }

    fn word(
        &self,
        schema: &Map<String, Value>,
        word: &str,
        rule: &Value,
        value: &Value,
        path: &str,
    ) -> Result<(), String> {
        let fault = |what: &str| Err(format!("{path}: {what} {rule}, found {value}"));
        match word {
            "$ref" => {
                let pointer = rule
                    .as_str()
                    .and_then(|rule| rule.strip_prefix('#'))
                    .expect("a reference into the schema");
                self.check(self.root.pointer(pointer).expect("what is referred to exists"), value, path)
            }
            "type" => {
                let kinds = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice);
                if kinds.iter().any(|kind| is_of(value, kind.as_str().expect("a type"))) {
                    Ok(())
                } else {
                    fault("expected")
                }
            }
            "const" if value != rule => fault("expected"),
            // Bounds are for numbers only; what is none is for `type` to judge.
            "minimum" if value.is_number() && value.as_f64() < rule.as_f64() => fault("expected at least"),
            "maximum" if value.is_number() && value.as_f64() > rule.as_f64() => fault("expected at most"),
            "const" | "minimum" | "maximum" => Ok(()),
            "oneOf" => {
                let options = rule.as_array().expect("a list of schemas");
                let fitting = options.iter().filter(|option| self.check(option, value, path).is_ok()).count();
                if fitting == 1 { Ok(()) } else { fault("expected exactly one of") }
            }
            "anyOf" => {
                let options = rule.as_array().expect("a list of schemas");
                if options.iter().any(|option| self.check(option, value, path).is_ok()) {
                    Ok(())
                } else {
                    fault("expected any of")
                }
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                items
                    .into_iter()
                    .try_for_each(|(index, item)| self.check(rule, item, &format!("{path}[{index}]")))
            }
            "required" => {
                let names = rule.as_array().expect("a list of names");
                match names.iter().find(|name| value.get(name.as_str().expect("a name")).is_none()) {
                    Some(name) => Err(format!("{path}: {name} is missing")),
                    None => Ok(()),
                }
            }
            "properties" | "additionalProperties" => self.fields(schema, value, path),
            word if ANNOTATIONS.contains(&word) => Ok(()),
            word => panic!("the schema has the word `{word}`, which is not known here"),
        }
    }

    fn fields(&self, schema: &Map<String, Value>, value: &Value, path: &str) -> Result<(), String> {
        let Some(fields) = value.as_object() else { return Ok(()) };
        fields.iter().try_for_each(|(name, field)| {
            let known = schema.get("properties").and_then(|properties| properties.get(name));
            match known.or_else(|| schema.get("additionalProperties")) {
                Some(rule) => self.check(rule, field, &format!("{path}.{name}")),
                None => Err(format!("{path}: the schema does not name `{name}`")),
            }
        })
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the schema has the type `{other}`, which is not known here"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value, value: &Value) -> Result<(), String> {
        Schema { root: schema }.check(schema, value, "$")
    }

    #[test]
    fn faults_are_found_wherever_they_are() {
        let schema = json!({
            "$defs": {"Colour": {"oneOf": [{"const": "red"}, {"const": "blue"}]}},
            "type": "object",
            "required": ["colour"],
            "properties": {
                "colour": {"$ref": "#/$defs/Colour"},
                "sizes": {"type": "array", "items": {"type": ["integer", "null"], "minimum": 1, "maximum": 3}},
                "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            },
        });
        assert_eq!(
            check(&schema, &json!({"colour": "red", "sizes": [1, null, 3], "counts": {"a": 1}})),
            Ok(())
        );
        for value in [
            json!([]),
            json!({}),
            json!({"colour": "green"}),
            json!({"colour": "red", "other": 1}),
            json!({"colour": "red", "sizes": [0]}),
            json!({"colour": "red", "sizes": [4]}),
            json!({"colour": "red", "sizes": ["1"]}),
            json!({"colour": "red", "counts": {"a": 0.5}}),
        ] {
            assert!(check(&schema, &value).is_err(), "{value}");
        }
    }

    #[test]
    #[should_panic(expected = "`pattern`")]
    fn a_word_that_is_not_known_does_not_pass() {
        let _ = check(&json!({"pattern": "a"}), &json!("b"));
    }
}
