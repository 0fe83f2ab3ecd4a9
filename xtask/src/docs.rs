//! `cargo xtask docs`: writes the pages and schemas that are generated from the product itself. A test of the product fails
//! where a committed one differs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::build::Scope;
use crate::cargo::output;
use crate::{build, bundles, paths, used_by};

/// Each generated file, and the words after `palisade generate` that generate it.
const GENERATED: &[(&str, &[&str])] = &[
    ("docs/command-reference.md", &["command-reference"]),
    ("docs/configuration-reference.md", &["configuration-reference", "manifest.yaml"]),
    ("docs/limits.md", &["limits"]),
    ("docs/schema/manifest.schema.json", &["schema", "manifest"]),
    ("docs/schema/report.schema.json", &["schema", "report"]),
];

/// Writes all of them, and the configuration reference of each further bundle.
pub(crate) fn write() -> Result<()> {
    let [palisade, _] = build::binaries(Scope::Workspace)?;
    let root = paths::root()?;
    for (file, words) in GENERATED {
        let words: Vec<&OsStr> = words.iter().map(OsStr::new).collect();
        generate(&palisade, &words, &root.join(file))?;
        println!("{file}");
    }
    for bundle in bundles::all()?.iter().skip(1) {
        let file = format!("docs/configuration-reference-{}.md", bundle.id);
        let words = [OsStr::new("configuration-reference"), bundle.manifest.as_os_str()];
        generate(&palisade, &words, &root.join(&file))?;
        println!("{file}");
    }
    std::fs::write(root.join(used_by::PAGE), used_by::page()?)?;
    println!("{}", used_by::PAGE);
    Ok(())
}

fn generate(palisade: &Path, words: &[&OsStr], path: &Path) -> Result<()> {
    let mut generate = Command::new(palisade);
    let text = output(generate.current_dir(paths::root()?).arg("generate").args(words))?;
    std::fs::create_dir_all(path.parent().context("a page is in a directory")?)?;
    std::fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
