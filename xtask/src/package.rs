//! `cargo xtask package`: packages every crate that can be published, without a network and without an upload.
//!
//! It proves that the manifests are complete, that each crate's dependencies have versions, and that a crate's sources include
//! no file from outside of the crate. With `--verify` cargo also compiles each crate from its package, which takes as long as a
//! build of the product.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use crate::cargo::{cargo, run};
use crate::packages::{Package, Packages};

/// Packages all of them.
pub(crate) fn package(verify: bool) -> Result<()> {
    let packages = Packages::read()?;
    let publishable: Vec<&Package> = packages.publishable().collect();
    for package in &publishable {
        let missing = missing(package);
        ensure!(missing.is_empty(), "the manifest of `{}` lacks {}", package.name, missing.join(", "));
        let outside = outside(package.directory())?;
        ensure!(
            outside.is_empty(),
            "`{}` includes files from outside of its directory, which a package does not contain: {}",
            package.name,
            outside.join(", ")
        );
    }
    // Changes that are not committed are packaged too: this does not publish anything.
    let mut command = cargo(["package", "--quiet", "--locked", "--offline", "--allow-dirty"])?;
    if !verify {
        command.arg("--no-verify");
    }
    run(command.args(publishable.iter().flat_map(|package| ["--package", &package.name])))
}

/// What a registry shows about a crate and its manifest lacks.
fn missing(package: &Package) -> Vec<&'static str> {
    let fields = [
        ("`description`", package.description.is_none()),
        ("`license`", package.license.is_none()),
        ("`repository`", package.repository.is_none()),
        ("`readme`", package.readme.is_none()),
        ("`keywords`", package.keywords.is_empty()),
        ("`categories`", package.categories.is_empty()),
    ];
    fields.into_iter().filter_map(|(name, is_missing)| is_missing.then_some(name)).collect()
}

/// The files outside of a crate that its sources include.
fn outside(directory: &Path) -> Result<Vec<String>> {
    let mut open = vec![directory.join("src")];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("cannot read `{}`", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)?;
                let source = path.strip_prefix(directory)?;
                found.extend(text.lines().filter_map(|line| leaves(source, line)));
            }
        }
    }
    Ok(found)
}

/// The path in a line of a source that leads out of the crate. Macros of the standard library start at the source's directory;
/// the macro that reads WIT files and the one of the templates (`"PATH" from "FILE"`) start at the crate's.
fn leaves(source: &Path, line: &str) -> Option<String> {
    let text = |start: &str| line.split_once(start)?.1.split_once('"').map(|(path, _)| path);
    if let Some(path) = text("include_str!(\"").or_else(|| text("include_bytes!(\"")) {
        return (!stays_inside(&source.parent()?.join(path))).then(|| path.to_owned());
    }
    let path = text("path: \"").or_else(|| text("\" from \""))?;
    // Other fields are called `path` too: those of URLs begin with `/`.
    (!path.starts_with('/') && !stays_inside(Path::new(path))).then(|| path.to_owned())
}

/// Whether a path does not climb above its start.
fn stays_inside(path: &Path) -> bool {
    let mut depth = PathBuf::new();
    path.components().all(|part| match part {
        Component::ParentDir => depth.pop(),
        Component::Normal(name) => {
            depth.push(name);
            true
        }
        Component::CurDir => true,
        Component::RootDir | Component::Prefix(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_included_file_from_outside_is_found() {
        let in_source = |line| leaves(Path::new("src/below/file.rs"), line);
        assert_eq!(in_source(r#"include_str!("../../../wit/world.wit")"#).unwrap(), "../../../wit/world.wit");
        assert_eq!(in_source(r#"bytes: include_bytes!("../../assets/app.css"),"#), None);
        assert_eq!(in_source(r#"path: "../../../wit","#).unwrap(), "../../../wit");
        assert_eq!(in_source(r#"path: "wit","#), None);
        assert_eq!(in_source(r#"path: "/account/sessions","#), None);
        assert_eq!(in_source(r#""LICENSE" from "../../LICENSE","#).unwrap(), "../../LICENSE");
        assert_eq!(in_source(r#"include_str!("/etc/passwd")"#).unwrap(), "/etc/passwd");
    }

    #[test]
    fn every_crate_that_can_be_published_is_complete() {
        let packages = Packages::read().unwrap();
        let publishable: Vec<&Package> = packages.publishable().collect();
        assert!(publishable.len() > 20, "{}", publishable.len());
        for package in publishable {
            assert!(package.directory().starts_with(crate::paths::root().unwrap().join("host")));
            assert_eq!(missing(package), Vec::<&str>::new(), "{}", package.name);
            assert_eq!(outside(package.directory()).unwrap(), Vec::<String>::new(), "{}", package.name);
        }
    }
}
