//! Every Rust block of the documentation is compiled: as a documentation test, or as a project of its own.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use palisade_e2e::root;

use crate::pages::pages;

mod pages;

/// The opening lines of the Rust blocks of a page, indented ones included.
fn rust_blocks(page: &Path) -> Vec<String> {
    let text = fs::read_to_string(page).unwrap();
    let opening = |line: &str| line.trim_start_matches([' ', '>']).strip_prefix("```").map(str::to_owned);
    text.lines()
        .filter_map(opening)
        .filter(|words| words.split(',').any(|word| word.trim() == "rust" || word.trim() == "rs"))
        .collect()
}

/// Whether a crate of the workspace includes the page as documentation, so that its blocks are documentation tests.
fn is_compiled(page: &Path) -> bool {
    let name = page.file_name().unwrap().to_str().unwrap();
    let sources = [root().join("tests/documentation/src/lib.rs"), page.with_file_name("src").join("lib.rs")];
    sources.iter().any(|source| {
        let text = fs::read_to_string(source).unwrap_or_default();
        text.lines().any(|line| {
            let included = line.split("include_str!(\"").nth(1).and_then(|rest| rest.split('"').next());
            included.is_some_and(|file| {
                file.ends_with(name)
                    && source.parent().unwrap().join(file).canonicalize().ok() == page.canonicalize().ok()
            })
        })
    })
}

#[test]
fn no_rust_block_of_the_documentation_is_left_uncompiled() {
    let with_rust: Vec<PathBuf> = pages().into_iter().filter(|page| !rust_blocks(page).is_empty()).collect();
    assert!(!with_rust.is_empty(), "no page has Rust");
    for page in with_rust {
        assert!(is_compiled(&page), "no crate compiles the Rust blocks of `{}`", page.display());
        let ignored = rust_blocks(&page).iter().filter(|words| words.contains("ignore")).count();
        // The guest of the contract's page is built as a project of its own: tests/e2e/tests/product/contract_page.rs.
        let elsewhere = usize::from(page.ends_with("docs/contract.md"));
        assert_eq!(ignored, elsewhere, "blocks of `{}` that are not compiled", page.display());
    }
}

#[test]
fn the_page_of_the_contract_shows_the_example_that_is_compiled() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let example = read("host/embed/examples/run-one-action.rs");
    let code = &example[example.find("use std::path").unwrap()..];
    assert!(read("docs/contract.md").contains(code), "docs/contract.md differs from run-one-action.rs");
    assert!(example.lines().count() <= 60, "the example has {} lines", example.lines().count());
}
