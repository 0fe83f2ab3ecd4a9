//! The bundles of this repository: `manifest.yaml` with the crate in `plugin`, and each directory below `bundles`. They are found,
//! not listed: a bundle's id is in its manifest and its package in its `Cargo.toml`, so that a further bundle needs no change here.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::packages::Packages;
use crate::paths;

/// The file that describes a bundle.
const MANIFEST: &str = "manifest.yaml";

/// A bundle that can be built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// Its id, from the manifest.
    pub(crate) id: String,
    /// Its version, from the manifest.
    pub(crate) version: String,
    /// The package of its component.
    pub(crate) package: String,
    /// The name of the component's file, without an extension.
    pub(crate) component: String,
    /// Its manifest.
    pub(crate) manifest: PathBuf,
    /// The directory of its crate, with `README.md`, `CHANGELOG.md` and `icon.svg`.
    pub(crate) directory: PathBuf,
}

/// What is read of a manifest; `palisade pack` checks all of it.
#[derive(Deserialize)]
struct Identity {
    id: String,
    version: String,
}

/// The bundles of this repository. The first one is the one at the root.
pub(crate) fn all() -> Result<Vec<Bundle>> {
    below(&paths::root()?)
}

/// The bundles of the repository in `root`.
pub(crate) fn below(root: &Path) -> Result<Vec<Bundle>> {
    let packages = Packages::below(root)?;
    let mut bundles = vec![bundle(&packages, root.join(MANIFEST), root.join("plugin"))?];
    for directory in directories(&root.join("bundles"))? {
        let bundle = bundle(&packages, directory.join(MANIFEST), directory.clone())?;
        ensure!(
            directory.ends_with(&bundle.id),
            "`{}`: expected the id `{}`, the name of its directory, found `{}`",
            bundle.manifest.display(),
            directory.file_name().unwrap_or_default().to_string_lossy(),
            bundle.id
        );
        bundles.push(bundle);
    }
    let mut ids = BTreeSet::new();
    if let Some(twice) = bundles.iter().find(|bundle| !ids.insert(&bundle.id)) {
        bail!("two bundles have the id `{}`", twice.id);
    }
    Ok(bundles)
}

/// The directories in a directory, in the order of their names.
fn directories(parent: &Path) -> Result<Vec<PathBuf>> {
    if !parent.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(parent).with_context(|| format!("cannot read `{}`", parent.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn bundle(packages: &Packages, manifest: PathBuf, directory: PathBuf) -> Result<Bundle> {
    let text = std::fs::read_to_string(&manifest)
        .with_context(|| format!("cannot read `{}`", manifest.display()))?;
    let Identity { id, version } = serde_saphyr::from_str(&text)
        .with_context(|| format!("`{}` has no id or no version", manifest.display()))?;
    let package = packages.in_directory(&directory)?;
    let (package, component) = (package.name.clone(), package.component()?);
    Ok(Bundle { id, version, package, component, manifest, directory })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A repository with one bundle at its root and those that are given as directory and id.
    fn repository(further: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let add = |manifest: &str, directory: &str, id: &str| {
            write(manifest, &format!("schema: 2\nid: {id}\nversion: 1.2.3\nname: An example\n"));
            let package = format!(
                "[package]\nname = \"component-of-{id}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
                 [lib]\ncrate-type = [\"cdylib\", \"rlib\"]\n"
            );
            write(&format!("{directory}/Cargo.toml"), &package);
            write(&format!("{directory}/src/lib.rs"), "");
        };
        write("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"bundles/*\", \"plugin\"]\n");
        write("bundles/README.md", "Further bundles.\n");
        add("manifest.yaml", "plugin", "first");
        for (directory, id) in further {
            let directory = format!("bundles/{directory}");
            add(&format!("{directory}/manifest.yaml"), &directory, id);
        }
        root
    }

    #[test]
    fn a_second_bundle_is_found_by_its_directory() {
        let root = repository(&[("second", "second")]);
        let found = below(root.path()).unwrap();
        let names: Vec<[&str; 4]> = found
            .iter()
            .map(|bundle| {
                [&bundle.id, &bundle.version, &bundle.package, &bundle.component].map(String::as_str)
            })
            .collect();
        assert_eq!(
            names,
            [
                ["first", "1.2.3", "component-of-first", "component_of_first"],
                ["second", "1.2.3", "component-of-second", "component_of_second"],
            ]
        );
        let second = root.path().join("bundles/second");
        assert_eq!(found[1].manifest, second.join("manifest.yaml"));
        assert_eq!(found[1].directory, second);
    }

    #[test]
    fn a_repository_with_one_bundle_has_one() {
        assert_eq!(below(repository(&[]).path()).unwrap().len(), 1);
    }

    #[test]
    fn a_directory_with_another_name_than_its_bundle_is_refused() {
        let error = below(repository(&[("second", "third")]).path()).unwrap_err();
        assert!(
            error.to_string().ends_with("expected the id `second`, the name of its directory, found `third`")
        );
    }

    #[test]
    fn two_bundles_with_one_id_are_refused() {
        // The packages have different names, the manifests the same id.
        let root = repository(&[("first", "other")]);
        fs::write(root.path().join("bundles/first/manifest.yaml"), "id: first\nversion: 1.0.0\n").unwrap();
        let error = below(root.path()).unwrap_err();
        assert_eq!(error.to_string(), "two bundles have the id `first`");
    }

    #[test]
    fn no_source_of_xtask_names_a_bundle() {
        let bundles = all().unwrap();
        let mut open = vec![paths::root().unwrap().join("xtask")];
        let mut read = 0;
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                    continue;
                }
                read += 1;
                let text = fs::read_to_string(&path).unwrap();
                for bundle in &bundles {
                    for name in [&bundle.id, &bundle.package, &bundle.component] {
                        assert!(!text.contains(name), "`{}` contains `{name}`", path.display());
                    }
                }
            }
        }
        assert!(read > 20, "read {read} files");
    }
}
