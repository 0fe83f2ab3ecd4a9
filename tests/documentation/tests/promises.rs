//! Every promise of `SECURITY.md` and of the threat model names tests, and each of them exists.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use palisade_e2e::root;

/// Column headings of the tables that name tests in their last column.
const SHOWN_BY: &str = "shown by";

/// The last cells of the rows of such tables, with their line numbers.
fn rows(page: &str) -> Vec<(usize, String)> {
    let (mut found, mut is_shown) = (Vec::new(), false);
    for (number, line) in (1..).zip(page.lines()) {
        let cell = line.trim().strip_prefix('|').and_then(|line| line.strip_suffix('|'));
        let Some(last) = cell.and_then(|line| line.rsplit('|').next()).map(str::trim) else {
            is_shown = false;
            continue;
        };
        if last == SHOWN_BY {
            is_shown = true;
        } else if is_shown && !last.trim_matches('-').is_empty() {
            found.push((number, last.to_owned()));
        }
    }
    found
}

/// Source files of a path: the file, or all below the directory.
fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).into_iter().flatten().map(|entry| entry.unwrap().path());
    let below = entries.filter(|path| path.is_dir() || path.extension().is_some_and(|rest| rest == "rs"));
    below.flat_map(|path| sources(&path)).collect()
}

/// Tests, and fuzzers, which are run with their corpus.
fn has_tests(source: &str) -> bool {
    ["test]", "test(", "proptest!", "mod tests;", "fuzz_target!"].iter().any(|mark| source.contains(mark))
}

/// What is wrong with a cell.
fn faults(cell: &str) -> Vec<String> {
    let (mut faults, mut found) = (Vec::new(), Vec::new());
    let (mut is_tested, mut last) = (false, "");
    for name in cell.split('`').skip(1).step_by(2) {
        if name.contains('/') {
            found =
                sources(&root().join(name)).iter().map(|path| fs::read_to_string(path).unwrap()).collect();
            last = name;
            if found.is_empty() {
                faults.push(format!("`{name}` does not exist"));
            }
            is_tested |= found.iter().any(|source| has_tests(source));
        } else if name.contains('_') {
            let function = format!("fn {name}");
            let is_it = |source: &String| {
                source.match_indices(&function).any(|(at, _)| {
                    source.get(at + function.len()..).is_some_and(|rest| rest.starts_with(['(', '<']))
                })
            };
            if !found.iter().any(is_it) {
                faults.push(format!("`{name}` is not in `{last}`"));
            }
        }
    }
    if !is_tested {
        faults.push(format!("no test: {cell}"));
    }
    faults
}

#[test]
fn every_promise_names_a_test_that_exists() {
    for (page, least) in [("SECURITY.md", 50), ("docs/threat-model.md", 30)] {
        let rows = rows(&fs::read_to_string(root().join(page)).unwrap());
        assert!(rows.len() >= least, "{page}: {} rows", rows.len());
        let faults: Vec<String> = rows
            .iter()
            .flat_map(|(number, cell)| {
                faults(cell).into_iter().map(move |fault| format!("{page} line {number}: {fault}"))
            })
            .collect();
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn a_promise_without_a_test_is_found() {
    assert!(
        faults("`host/runtime/redaction/tests/encodings.rs`: `a_secret_is_redacted_in_every_encoding`")
            .is_empty()
    );
    for cell in [
        "",
        "by construction",
        "`host/runtime/redaction/src/lib.rs`",
        "`host/runtime/redaction/tests/no_such_file.rs`",
        "`host/runtime/redaction/tests/encodings.rs`: `no_such_test`",
        "`host/runtime/redaction/tests/encodings.rs`: `a_secret_is_redacted`",
    ] {
        assert!(!faults(cell).is_empty(), "{cell}");
    }
}
