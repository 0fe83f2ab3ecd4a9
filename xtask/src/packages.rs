//! The packages of the workspace, as cargo lists them. Names and versions come from here and are written nowhere else.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::cargo::{cargo, output};
use crate::paths;

/// All members of a workspace.
pub(crate) struct Packages {
    all: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Deserialize)]
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    manifest_path: PathBuf,
    /// The registries that it may be published to; `None` for all, and empty if it is not published.
    publish: Option<Vec<String>>,
    targets: Vec<Target>,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
    pub(crate) repository: Option<String>,
    pub(crate) readme: Option<String>,
    #[serde(default)]
    pub(crate) keywords: Vec<String>,
    #[serde(default)]
    pub(crate) categories: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Packages {
    /// The members of this repository's workspace.
    pub(crate) fn read() -> Result<Self> {
        Self::below(&paths::root()?)
    }

    /// The members of the workspace in `root`.
    pub(crate) fn below(root: &Path) -> Result<Self> {
        #[derive(Deserialize)]
        struct Metadata {
            packages: Vec<Package>,
        }
        let mut metadata = cargo(["metadata", "--no-deps", "--offline", "--format-version", "1"])?;
        let text = output(metadata.current_dir(root))?;
        let metadata: Metadata =
            serde_json::from_slice(&text).context("cannot read the output of `cargo metadata`")?;
        Ok(Self { all: metadata.packages })
    }

    /// The package in a directory.
    pub(crate) fn in_directory(&self, directory: &Path) -> Result<&Package> {
        let is_there = |package: &&Package| same(package.directory(), directory);
        self.all
            .iter()
            .find(is_there)
            .with_context(|| format!("`{}` does not contain a package of the workspace", directory.display()))
    }

    /// The packages that can be published.
    pub(crate) fn publishable(&self) -> impl Iterator<Item = &Package> {
        self.all.iter().filter(|package| package.publish.is_none())
    }
}

impl Package {
    /// Its directory.
    pub(crate) fn directory(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(&self.manifest_path)
    }

    /// The name of its component's file, without an extension. A component is a library of the type `cdylib`.
    pub(crate) fn component(&self) -> Result<String> {
        let is_component = |target: &&Target| target.kind.iter().any(|kind| kind == "cdylib");
        let library = self.targets.iter().find(is_component).with_context(|| {
            format!("`{}` has no library of the type `cdylib`", self.manifest_path.display())
        })?;
        Ok(library.name.replace('-', "_"))
    }
}

/// Whether two paths lead to one directory. Cargo resolves links in some of its paths and not in others.
fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
