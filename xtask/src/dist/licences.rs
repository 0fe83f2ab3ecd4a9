//! The licences of everything that the binary contains: most require that their text goes with the binary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::paths;
use crate::software_bill;

/// How the names of licence files begin, in lower case.
const NAMES: [&str; 5] = ["copying", "copyright", "licence", "license", "notice"];

/// One text with each licence file, and the packages that it belongs to.
pub(super) fn text(package: &str, target: &str) -> Result<String> {
    let mut packages = BTreeMap::<String, Vec<String>>::new();
    let mut without = Vec::new();
    for (name, directory, licence) in software_bill::sources(package, target)? {
        let texts = files(&directory)?;
        if texts.is_empty() {
            without.push(format!("{name}: {licence}"));
        }
        for text in texts {
            packages.entry(text).or_default().push(name.clone());
        }
    }
    let mut all = String::from("Licences of the libraries that this binary contains\n");
    let line = "-".repeat(80);
    for (text, names) in packages {
        write!(all, "\n{line}\n{}\n{line}\n\n{}\n", names.join(", "), text.trim_end())?;
    }
    if !without.is_empty() {
        write!(all, "\n{line}\nWithout a licence file, by the licence that the package names\n{line}\n\n")?;
        without.iter().try_for_each(|name| writeln!(all, "{name}"))?;
    }
    Ok(all)
}

/// The texts of the licence files of a package.
fn files(directory: &Path) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    for path in paths::files_in(directory)? {
        let name = path.file_name().context("a file has a name")?.to_string_lossy().to_lowercase();
        if NAMES.iter().any(|start| name.starts_with(start)) {
            texts.push(String::from_utf8_lossy(&std::fs::read(&path)?).replace("\r\n", "\n"));
        }
    }
    Ok(texts)
}
