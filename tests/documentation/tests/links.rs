//! Links of the pages lead to files and headings that exist, and the paths that `CONTRIBUTING.md` names exist too.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::fs;
use std::path::Path;

use palisade_e2e::root;

use crate::pages::pages;

mod pages;

/// A page without its blocks of code.
fn without_blocks(page: &str) -> String {
    let mut is_code = false;
    let lines = page.lines().filter(|line| {
        let is_mark = line.trim_start().starts_with("```");
        is_code ^= is_mark;
        !is_code && !is_mark
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The targets of the links of a page, except addresses.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let is_local = |target: &&str| !target.contains("://") && !target.contains([' ', '\n']);
    targets.filter(is_local).map(str::to_owned).collect()
}

/// The anchors of the headings of a page, as GitHub forms them.
fn anchors(page: &str) -> Vec<String> {
    let headings =
        page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    let kept = |letter: &char| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter);
    headings
        .map(|heading| heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-"))
        .collect()
}

/// What is wrong with a link of a page.
fn fault(page: &Path, target: &str) -> Option<String> {
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() { page.to_owned() } else { page.with_file_name(file) };
    if !path.exists() {
        return Some(format!("{}: `{target}` does not exist", page.display()));
    }
    let is_page = path.extension().is_some_and(|extension| extension == "md");
    let has_heading =
        || anchors(&without_blocks(&fs::read_to_string(&path).unwrap())).iter().any(|known| known == anchor);
    // Anchors of the generated pages contain marks of their own.
    let is_generated = path.ends_with("docs/command-reference.md");
    (is_page && !anchor.is_empty() && !is_generated && !has_heading())
        .then(|| format!("{}: `{target}` has no such heading", page.display()))
}

#[test]
fn every_link_leads_somewhere() {
    let mut count = 0;
    let mut faults = Vec::new();
    for page in pages() {
        let text = without_blocks(&fs::read_to_string(&page).unwrap());
        for target in links(&text) {
            count += 1;
            faults.extend(fault(&page, &target));
        }
    }
    assert!(count > 50, "{count} links");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_paths_that_contributing_names_exist() {
    let page = without_blocks(&fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap());
    let directories = ["docs/", "examples/", "fuzz/", "host/", "plugin/", "tests/", "xtask/"];
    let named = page.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = named
        .filter(|name| directories.iter().any(|directory| name.starts_with(directory)) && !name.contains('*'))
        .collect();
    assert!(paths.len() > 40, "{paths:?}");
    let missing: Vec<&&str> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_broken_link_is_found() {
    let page = root().join("README.md");
    for target in ["docs/no-such-page.md", "docs/policy.md#no-such-heading", "#no-such-heading"] {
        assert!(fault(&page, target).is_some(), "{target}");
    }
    assert_eq!(fault(&page, "docs/policy.md"), None);
    assert_eq!(links("[a](b.md#c) and [d](https://example.com)"), ["b.md#c"]);
}
