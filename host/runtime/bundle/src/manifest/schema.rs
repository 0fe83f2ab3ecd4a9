//! The manifest's JSON Schema, generated from its types and published as `docs/schema/manifest.schema.json`.

use super::Manifest;

/// The JSON Schema (draft 2020-12) of `manifest.yaml`, as text that ends with a line feed.
///
/// It says what the shape of a manifest is, for editors. The rules between fields, for example that a default is one of the
/// options, are [`Manifest::parse`]'s.
pub fn manifest_schema() -> String {
    let schema = schemars::schema_for!(Manifest);
    // The pretty form of a value in memory: it cannot fail to be written.
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}
