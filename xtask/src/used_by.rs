//! The column "used by" of `docs/dependencies.md`, from the manifests of the workspace.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::cargo::{cargo, output};
use crate::paths;

/// The page below the repository's root.
pub(crate) const PAGE: &str = "docs/dependencies.md";
/// The head of the table whose column is generated.
const HEAD: &str = "| crate | licence | used by | why |";

/// The page with the column as it must be.
pub(crate) fn page() -> Result<String> {
    let root = paths::root()?;
    let text = std::fs::read_to_string(root.join(PAGE)).with_context(|| format!("cannot read `{PAGE}`"))?;
    let metadata =
        output(&mut cargo(["metadata", "--no-deps", "--offline", "--locked", "--format-version", "1"])?)?;
    with_column(&text, &users(&serde_json::from_slice(&metadata)?, &root)?)
}

/// The directories of the packages that depend on each crate of a registry, with `(tests)` or `(build)` if nothing else does.
fn users(metadata: &Value, root: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let packages = metadata["packages"].as_array().context("no packages")?;
    let mut kinds: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        let manifest = Path::new(package["manifest_path"].as_str().context("no manifest path")?);
        let directory = manifest.parent().context("no directory")?.strip_prefix(root)?.display().to_string();
        for dependency in package["dependencies"].as_array().context("no dependencies")? {
            if dependency["path"].is_string() {
                continue;
            }
            let name = dependency["name"].as_str().context("no name")?.to_owned();
            let kind = dependency["kind"].as_str().unwrap_or("normal");
            kinds.entry((name, directory.clone())).or_default().insert(kind);
        }
    }
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for ((name, directory), kinds) in kinds {
        let words = match kinds.first() {
            Some(&"normal") => "",
            _ if kinds.contains("normal") => "",
            Some(&"build") if kinds.len() == 1 => " (build)",
            _ => " (tests)",
        };
        users.entry(name).or_default().push(format!("`{directory}`{words}"));
    }
    Ok(users)
}

/// The page with another column. A crate without a row, and a row without a user, are errors.
fn with_column(page: &str, users: &BTreeMap<String, Vec<String>>) -> Result<String> {
    let mut left: BTreeSet<&str> = users.keys().map(String::as_str).collect();
    let (before, table) = page.split_once(HEAD).with_context(|| format!("no table `{HEAD}`"))?;
    let mut written = format!("{before}{HEAD}");
    let end = table.find("\n\n").map_or(table.len(), |place| place + 1);
    let (rows, after) = table.split_at(end);
    for row in rows.split_inclusive('\n') {
        let cells: Vec<&str> = row.trim_end().split(" | ").collect();
        let ([first, licence, _, why @ ..], true) = (cells.as_slice(), row.starts_with("| `")) else {
            written.push_str(row);
            continue;
        };
        let crates: Vec<&str> =
            first.trim_start_matches("| ").split(", ").map(|name| name.trim_matches('`')).collect();
        let mut of_row: Vec<&String> = crates.iter().filter_map(|name| users.get(*name)).flatten().collect();
        of_row.sort();
        of_row.dedup();
        ensure!(!of_row.is_empty(), "{PAGE}: no package of the workspace depends on {first}; delete the row");
        let of_row: Vec<&str> = of_row.into_iter().map(String::as_str).collect();
        for name in &crates {
            left.remove(name);
        }
        written.push_str(&format!("{first} | {licence} | {} | {}\n", of_row.join(", "), why.join(" | ")));
    }
    ensure!(left.is_empty(), "{PAGE}: these crates have no row: {left:?}");
    written.push_str(after);
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_used_by_is_that_of_the_manifests() {
        let page_now = std::fs::read_to_string(paths::root().unwrap().join(PAGE)).unwrap();
        assert!(page_now == page().unwrap(), "{PAGE} is out of date: run `cargo xtask docs`");
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_user_are_named() {
        let page = format!("# T\n\n{HEAD}\n|---|---|---|---|\n| `a`, `b` | MIT | old | x |\n\nend\n");
        let of = |names: &[&str]| {
            names.iter().map(|name| ((*name).to_owned(), vec![format!("`host/{name}`")])).collect()
        };
        let written = with_column(&page, &of(&["a", "b"])).unwrap();
        assert!(written.contains("| `a`, `b` | MIT | `host/a`, `host/b` | x |\n\nend\n"), "{written}");
        assert!(with_column(&page, &of(&["c"])).unwrap_err().to_string().contains("delete the row"));
        assert!(with_column(&page, &of(&["a", "c"])).unwrap_err().to_string().contains("no row"));
    }
}
