//! The operator's page: its examples are policies, and it explains every key.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use palisade_policy::{Policy, policy_schema};

const PAGE: &str = include_str!("../../../../docs/policy.md");

fn examples() -> Vec<&'static str> {
    let blocks = PAGE.split("```toml\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

#[test]
fn every_example_on_the_page_is_a_policy() {
    assert!(examples().len() >= 2);
    for example in examples() {
        if let Err(error) = Policy::parse(example, "docs/policy.md", Path::new("")) {
            panic!("{example}\n{error}");
        }
    }
}

#[test]
fn the_complete_example_has_every_key_and_the_page_explains_it() {
    let schema: serde_json::Value = serde_json::from_str(&policy_schema()).unwrap();
    let mut tables = vec![schema["properties"].as_object().unwrap()];
    let definitions = schema["$defs"].as_object().unwrap().values();
    tables.extend(definitions.filter_map(|definition| definition["properties"].as_object()));
    let complete = examples().into_iter().max_by_key(|example| example.len()).unwrap();
    for key in tables.into_iter().flat_map(|table| table.keys()) {
        assert!(complete.contains(key.as_str()), "the complete example lacks `{key}`");
        assert!(PAGE.contains(&format!("`{key}`")), "the page does not explain `{key}`");
    }
}
