//! Text for users is free of the phrases that `STYLE.md` lists. The list is read from its table, so that the page and the test
//! cannot differ. Code is not prose: blocks, `code in a line` and the targets of links are left out.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

use palisade_e2e::root;

use crate::words::{faults, phrases};

mod sources;
mod words;

/// The pages that are checked: files, and directories with all their pages. Generated pages are checked where their text is
/// written, in the sources.
const PAGES: [&str; 34] = [
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
    "STYLE.md",
    "bundles/README.md",
    "docs/README.md",
    "docs/architecture.md",
    "docs/authors.md",
    "docs/bundles.md",
    "docs/collections.md",
    "docs/command-line.md",
    "docs/contract.md",
    "docs/decisions",
    "docs/dependencies.md",
    "docs/error-codes.md",
    "docs/mutants.md",
    "docs/operations.md",
    "docs/performance.md",
    "docs/plans-and-recordings.md",
    "docs/policy.md",
    "docs/protected-values.md",
    "docs/releasing.md",
    "docs/threat-model.md",
    "examples/hosts/README.md",
    "host/cli/templates/c/README.md",
    "host/cli/templates/go/README.md",
    "host/cli/templates/javascript/README.md",
    "host/cli/templates/python/README.md",
    "host/cli/templates/rust/README.md",
    "plugin/README.md",
    "tests/guests/README.md",
    "tests/simulator/README.md",
    "tests/threatq-simulator/README.md",
];

/// Sources whose string literals are checked: directories of crates.
const LITERALS: [&str; 3] = ["host", "plugin/src", "xtask/src"];

/// Sources whose documentation comments are shown to users: the help of the command line, the table of limits.
const SHOWN: [&str; 3] =
    ["host/cli/src/arguments.rs", "host/cli/src/arguments", "host/runtime/limits/src/lib.rs"];

/// The templates of the console.
const TEMPLATES: &str = "host/service/server/templates";

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
fn messages_help_and_templates_have_no_listed_phrase() {
    let phrases = phrases();
    let mut all = Vec::new();
    let mut count = 0;
    let mut check = |path: &str, ending: &str, read: fn(&str) -> Vec<(usize, String)>| {
        for file in sources::files(&root().join(path), ending) {
            for (line, text) in read(&fs::read_to_string(&file).unwrap()) {
                count += 1;
                for (below, phrase) in faults(&text, &phrases) {
                    let file = file.strip_prefix(root()).unwrap().display();
                    all.push(format!("{file}:{}: {phrase}", line + below - 1));
                }
            }
        }
    };
    for path in LITERALS {
        check(path, "rs", sources::literals);
    }
    for path in SHOWN {
        check(path, "rs", sources::comments);
    }
    for directory in ["pages", "parts"] {
        check(&format!("{TEMPLATES}/{directory}"), "html", sources::template);
    }
    assert!(count > 100, "{count} texts");
    assert!(all.is_empty(), "see STYLE.md for what to write instead:\n{}", all.join("\n"));
}

#[test]
fn literals_comments_and_templates_are_read_apart_from_code() {
    let source = "// \"no\"\nlet a = '\"'; /// Help `x`.\n/// More `y`.\nfail(\"one `two` \\\n   three {told}\", r'b');\n#[cfg(test)]\nmod tests { \"no\" }";
    assert_eq!(sources::literals(source), [(4, "one \u{b7} three \u{b7}".to_owned())]);
    assert_eq!(sources::comments(source), [(3, " More \u{b7}.".to_owned())]);
    assert_eq!(
        sources::template("<p class=\"no\">{{ no }}\nTwo</p>"),
        [(1, String::new()), (2, "Two".to_owned())]
    );
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
