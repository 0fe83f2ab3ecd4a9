//! Text for users is free of the phrases that `STYLE.md` lists. The list is read from its table, so that the page and the test
//! cannot differ. Code is not prose: blocks, `code in a line` and the targets of links are left out.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use palisade_e2e::root;

/// The pages that are checked: files, and directories with all their pages. Generated pages are checked where their text is
/// written, in the sources.
const PAGES: [&str; 22] = [
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "STYLE.md",
    "docs/README.md",
    "docs/architecture.md",
    "docs/bundles.md",
    "docs/collections.md",
    "docs/command-line.md",
    "docs/decisions",
    "docs/dependencies.md",
    "docs/error-codes.md",
    "docs/mutants.md",
    "docs/operations.md",
    "docs/performance.md",
    "docs/plans-and-recordings.md",
    "docs/policy.md",
    "docs/protected-values.md",
    "docs/threat-model.md",
    "plugin/README.md",
    "tests/simulator/README.md",
    "tests/threatq-simulator/README.md",
];

/// The listed phrases, in lower case.
fn phrases() -> Vec<String> {
    let page = fs::read_to_string(root().join("STYLE.md")).unwrap();
    let table = page.split("\n| avoid |").nth(1).unwrap().split("\n\n").next().unwrap();
    let cells = table.lines().filter_map(|row| row.strip_prefix('|')?.split('|').next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_lowercase).collect()
}

/// A page without its code: blocks become empty lines, code in a line and targets of links become blanks. Lines keep their
/// numbers.
fn prose(page: &str) -> String {
    let mut fence: Option<&str> = None;
    let mut lines = Vec::new();
    for line in page.lines() {
        let start = line.trim_start_matches([' ', '>']);
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        let (is_open, is_mark) = (fence.is_some(), mark.is_some());
        if is_mark && (fence.is_none() || fence == mark) {
            fence = if is_open { None } else { mark };
        }
        lines.push(if is_open || is_mark || line.starts_with("    ") && !is_list(&lines) {
            ""
        } else {
            line
        });
    }
    let mut text = String::new();
    let (mut is_code, mut is_target, mut last) = (false, false, '\n');
    for letter in lines.join("\n").chars() {
        match letter {
            '`' => is_code = !is_code,
            '(' if last == ']' && !is_code => is_target = true,
            ')' if is_target => is_target = false,
            // Neither crosses an empty line.
            '\n' if last == '\n' => (is_code, is_target) = (false, false),
            _ => {}
        }
        let is_hidden = letter != '\n' && (is_code || is_target || letter == '`');
        text.push(if is_hidden { '\u{b7}' } else { letter });
        last = letter;
    }
    text
}

/// Whether the lines end inside of a list, whose continued lines are indented and are not code.
fn is_list(lines: &[&str]) -> bool {
    let item = |line: &&&str| {
        let line = line.trim_start();
        line.starts_with("- ")
            || line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok())
    };
    let paragraph = lines.iter().rev().skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty());
    paragraph.clone().any(|line| item(&line)) || paragraph.last().is_some_and(|line| line.starts_with(' '))
}

/// The faults of a text, each with its line.
fn faults(text: &str, phrases: &[String]) -> Vec<(usize, String)> {
    let text = text.to_lowercase();
    // A line break inside of a paragraph separates words like a blank does.
    let flat = text.replace('\n', " ");
    let line_of = |at: usize| 1 + text.get(..at).unwrap_or_default().matches('\n').count();
    let mut found = Vec::new();
    for phrase in phrases {
        for (at, _) in flat.match_indices(phrase.as_str()) {
            let (before, after) = (flat.get(..at).unwrap(), flat.get(at + phrase.len()..).unwrap());
            let is_whole = !before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '-')
                && !after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '-');
            let is_allowed =
                phrase == "is no" && (after.starts_with(" longer") || before.ends_with("there "));
            if is_whole && !is_allowed {
                found.push((line_of(at), phrase.clone()));
            }
        }
    }
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with('|') && line.split('|').any(|cell| cell.trim() == "the same") {
            found.push((number, "the same, in the cell of a table".to_owned()));
        }
    }
    found.sort();
    found
}

/// The pages of a file or a directory.
fn pages(path: &Path) -> Vec<PathBuf> {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
        let below = entries.filter(|path| path.is_dir() || path.extension().is_some_and(|rest| rest == "md"));
        return below.flat_map(|path| pages(&path)).collect();
    }
    assert!(path.is_file(), "`{}` is not there", path.display());
    vec![path.to_owned()]
}

#[test]
fn text_for_users_has_no_listed_phrase() {
    let phrases = phrases();
    assert!(phrases.len() > 30, "{phrases:?}");
    let mut all = Vec::new();
    for path in PAGES.iter().flat_map(|path| pages(&root().join(path))) {
        for (line, phrase) in faults(&prose(&fs::read_to_string(&path).unwrap()), &phrases) {
            all.push(format!("{}:{line}: {phrase}", path.strip_prefix(root()).unwrap().display()));
        }
    }
    assert!(all.is_empty(), "see STYLE.md for what to write instead:\n{}", all.join("\n"));
}

#[test]
fn a_listed_phrase_is_found_in_prose_and_not_in_code() {
    let phrases = phrases();
    let found = |text: &str| faults(&prose(text), &phrases);
    assert_eq!(found("One line.\n\nThe manifest\ntells it.\n"), [(4, "tells".to_owned())]);
    assert_eq!(found("It is\nno domain."), [(1, "is no".to_owned())]);
    assert_eq!(found("- an item that\n  Whoever reads"), [(2, "whoever".to_owned())]);
    assert_eq!(found("| a | the same |").len(), 1);
    for text in [
        "It is no longer there. There is no other.",
        "`whoever` and [a link](whatever.md), retells, foretold",
        "```sh\nwhoever\n```\n",
        "Text:\n\n    whoever\n",
        "| `x` | the same key |",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}
