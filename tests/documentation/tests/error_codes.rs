//! `docs/error-codes.md` has every code of the product, and no other.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use palisade_e2e::root;

/// The sources below a directory, without tests and without what `palisade new` copies.
fn sources(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if !["tests", "examples", "templates", "target"].contains(&name.as_str()) {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// What ships of each source of the product.
fn shipped() -> Vec<String> {
    let mut files = Vec::new();
    sources(&root().join("host"), &mut files);
    sources(&root().join("plugin"), &mut files);
    assert!(files.len() > 200, "only {} sources", files.len());
    let text = |path: PathBuf| fs::read_to_string(path).unwrap();
    files.into_iter().map(text).map(|text| text.split("#[cfg(test)]").next().unwrap().to_owned()).collect()
}

/// Lower case words joined by `-`.
fn is_code(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('-').all(|word| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// The string literals of a source that look like codes.
fn literals(source: &str) -> impl Iterator<Item = &str> {
    source.split('"').filter(|text| is_code(text))
}

/// The body of the function that begins here.
fn body(source: &str) -> &str {
    let mut depth = 0_usize;
    for (place, character) in source.char_indices() {
        match character {
            // A declaration without a body.
            ';' if depth == 0 => return "",
            '{' => depth += 1,
            '}' if depth == 1 => return &source[..place],
            '}' => depth -= 1,
            _ => {}
        }
    }
    source
}

/// The codes that errors and verdicts have: the literals of each function `code`, and of each field `code`.
fn codes(source: &str) -> BTreeSet<&str> {
    let functions = source.match_indices("fn code(").map(|(place, _)| body(&source[place..]));
    let fields = source.match_indices("code: \"").filter_map(|(place, _)| source[place..].split('"').nth(1));
    functions.flat_map(literals).chain(fields.filter(|code| is_code(code))).collect()
}

/// The codes in the first column of the page's tables.
fn of_the_page(page: &str) -> BTreeSet<&str> {
    let first =
        page.lines().filter(|line| line.starts_with("| `")).filter_map(|line| line.split(" | ").next());
    first.flat_map(|cell| cell.split('`').skip(1).step_by(2)).filter(|text| is_code(text)).collect()
}

#[test]
fn every_code_has_its_row_and_every_row_its_code() {
    let page = fs::read_to_string(root().join("docs/error-codes.md")).unwrap();
    let rows = of_the_page(&page);
    let sources = shipped();
    let given: BTreeSet<&str> = sources.iter().flat_map(|source| codes(source)).collect();
    assert!(given.len() > 250, "only {} codes were found", given.len());
    let missing: Vec<_> = given.difference(&rows).collect();
    assert!(missing.is_empty(), "docs/error-codes.md lacks {missing:?}");
    let all: BTreeSet<&str> = sources.iter().flat_map(|source| literals(source)).collect();
    let unknown: Vec<_> = rows.difference(&all).collect();
    assert!(unknown.is_empty(), "docs/error-codes.md has codes that the product does not: {unknown:?}");
}

#[test]
fn the_comparison_finds_codes() {
    let source = "fn code(&self) -> &str { match self { Self::A { .. } => \"a-b\", _ => { \"c\" } } }\nlet x = Some(\"d\"); \
                  Reason { code: \"e-f\", message: \"g-h\" }";
    assert_eq!(codes(source), BTreeSet::from(["a-b", "c", "e-f"]));
    assert_eq!(
        of_the_page("| code | meaning |\n|---|---|\n| `a-b`, `c` | `d` |\n"),
        BTreeSet::from(["a-b", "c"])
    );
}
