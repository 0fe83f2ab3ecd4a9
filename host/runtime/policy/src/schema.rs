//! The policy's JSON Schema, generated from the shape that is read.

use crate::document::Document;

/// The JSON Schema (draft 2020-12) of `palisade.toml`, as text that ends with a line feed.
///
/// It says what the shape of a policy is, for editors. What a value must look like, for example that an origin is over
/// `https`, is [`Policy::parse`](crate::Policy::parse)'s to say.
#[must_use]
pub fn policy_schema() -> String {
    let schema = schemars::schema_for!(Document);
    // The pretty form of a value in memory: it cannot fail to be written.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_schema_has_every_table_and_allows_no_other() {
        let schema: serde_json::Value = serde_json::from_str(&super::policy_schema()).unwrap();
        let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["ceilings", "egress", "network", "protect", "trusted-keys"]);
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["$defs"]["Limits"]["additionalProperties"], false);
    }
}
