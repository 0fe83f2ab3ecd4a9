//! The generated pages and schemas under `docs` are what the product says of itself now.

use palisade_e2e::{Palisade, root};

/// Each generated file, and the words after `palisade generate` that make it: what `cargo xtask docs` writes.
const GENERATED: [(&str, &[&str]); 5] = [
    ("docs/command-reference.md", &["command-reference"]),
    ("docs/configuration-reference.md", &["configuration-reference", "manifest.yaml"]),
    ("docs/limits.md", &["limits"]),
    ("docs/schema/manifest.schema.json", &["schema", "manifest"]),
    ("docs/schema/report.schema.json", &["schema", "report"]),
];

#[test]
fn generated_files_are_not_stale() {
    for (file, words) in GENERATED {
        let call = Palisade::verb("generate");
        call.file("manifest.yaml", std::fs::read(root().join("manifest.yaml")).unwrap());
        let outcome = words.iter().fold(call, |call, word| call.argument(word)).go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let committed = std::fs::read_to_string(root().join(file))
            .unwrap_or_else(|error| panic!("`{file}`: {error}; run `cargo xtask docs`"));
        assert!(committed == outcome.stdout, "`{file}` is stale: run `cargo xtask docs`");
    }
}

#[test]
fn the_list_above_is_that_of_xtask() {
    let source = std::fs::read_to_string(root().join("xtask/src/docs.rs")).unwrap();
    let listed = source.lines().filter(|line| line.trim_start().starts_with("(\"docs/")).count();
    assert_eq!(listed, GENERATED.len());
    for (file, _) in GENERATED {
        assert!(source.contains(&format!("(\"{file}\"")), "{file}");
    }
}

#[test]
fn the_reference_names_every_parameter_option_and_grant() {
    let page = std::fs::read_to_string(root().join("docs/configuration-reference.md")).unwrap();
    for text in [
        "API Region",
        "API Key",
        "URL Scheme Handling",
        "Objects Per Run",
        "Scan Action",
        "Risk Level",
        "IOC Expiration",
        "Based on Customer Settings",
        "Don't Send IOC",
        "After 90 Days",
        "api.xdr.trendmicro.co.jp",
        "suspiciousObjectExceptions",
    ] {
        assert!(page.contains(text), "{text}");
    }
}
