//! The software bill of materials of a program or a component: CycloneDX 1.5, from the dependencies that cargo resolves for its
//! target. It has no serial number and no time, so that the same sources result in the same bill.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::cargo::{cargo, output};

/// Writes the bill of a package that is built for a target.
pub(crate) fn write(package: &str, target: &str, path: &Path) -> Result<()> {
    let metadata = metadata(target)?;
    let bill = Linked::new(&metadata, package, &tree(package, target)?)?.bill()?;
    std::fs::write(path, format!("{bill:#}\n")).with_context(|| format!("cannot write `{}`", path.display()))
}

/// Name with version, directory and licence of everything that is linked into a package.
pub(crate) fn sources(package: &str, target: &str) -> Result<Vec<(String, PathBuf, String)>> {
    let metadata = metadata(target)?;
    let linked = Linked::new(&metadata, package, &tree(package, target)?)?;
    let source = |package: &Value| {
        let directory = Path::new(text(package, "manifest_path")).parent().map(Path::to_owned);
        Ok((
            named(package),
            directory.context("a package has no directory")?,
            text(package, "license").to_owned(),
        ))
    };
    linked.dependencies().map(source).collect()
}

/// What cargo knows about all packages.
fn metadata(target: &str) -> Result<Value> {
    let mut metadata = cargo(["metadata", "--locked", "--format-version", "1", "--filter-platform", target])?;
    serde_json::from_slice(&output(&mut metadata)?).context("`cargo metadata` did not write JSON")
}

/// Name and version of everything that is linked into a package. The metadata has the features that any member of the workspace
/// asks for, and so some packages that are not linked.
fn tree(package: &str, target: &str) -> Result<BTreeSet<String>> {
    let mut tree =
        cargo(["tree", "--locked", "--package", package, "--target", target, "--edges", "normal"])?;
    // With this setting of a developer, `cargo tree` lists the dependencies of all members.
    tree.env_remove("CARGO_RESOLVER_FEATURE_UNIFICATION");
    let text = String::from_utf8(output(tree.args(["--prefix", "none", "--format", "{p}"]))?)?;
    let named = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{} {}", words.next()?, words.next()?.trim_start_matches('v')))
    };
    Ok(text.lines().filter_map(named).collect())
}

/// A package and everything that is linked into it, from the output of `cargo metadata`.
struct Linked<'a> {
    root: &'a str,
    packages: BTreeMap<&'a str, &'a Value>,
    nodes: BTreeMap<&'a str, &'a Value>,
    /// The ids of the package and its dependencies.
    ids: BTreeSet<&'a str>,
}

impl<'a> Linked<'a> {
    fn new(metadata: &'a Value, package: &str, linked: &BTreeSet<String>) -> Result<Self> {
        let packages: BTreeMap<&str, &Value> = array(metadata, "/packages")?
            .iter()
            .filter(|package| linked.contains(&named(package)))
            .filter_map(|package| Some((package.pointer("/id")?.as_str()?, package)))
            .collect();
        let nodes: BTreeMap<&str, &Value> = array(metadata, "/resolve/nodes")?
            .iter()
            .filter_map(|node| Some((node.pointer("/id")?.as_str()?, node)))
            .collect();
        let root = packages
            .iter()
            .find(|(_, listed)| text(listed, "name") == package)
            .map(|(id, _)| *id)
            .with_context(|| format!("there is no package `{package}`"))?;
        let mut ids = BTreeSet::from([root]);
        let mut open = vec![root];
        while let Some(id) = open.pop() {
            for dependency in nodes.get(id).map(|node| normal_dependencies(node)).unwrap_or_default() {
                if packages.contains_key(dependency) && ids.insert(dependency) {
                    open.push(dependency);
                }
            }
        }
        Ok(Self { root, packages, nodes, ids })
    }

    /// The packages that are linked into the package.
    fn dependencies(&self) -> impl Iterator<Item = &'a Value> {
        self.ids.iter().filter(|id| **id != self.root).filter_map(|id| self.packages.get(id).copied())
    }

    fn bill(&self) -> Result<Value> {
        let components: Vec<Value> = self.dependencies().map(component).collect();
        let dependencies: Vec<Value> = self
            .ids
            .iter()
            .filter_map(|id| {
                let depends_on: BTreeSet<String> = normal_dependencies(self.nodes.get(id)?)
                    .into_iter()
                    .filter_map(|dependency| {
                        self.packages.get(dependency).map(|package| package_url(package))
                    })
                    .collect();
                Some(json!({ "ref": package_url(self.packages.get(id)?), "dependsOn": depends_on }))
            })
            .collect();
        let main = self.packages.get(self.root).copied().context("the package is not listed")?;
        Ok(json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": { "component": component(main) },
            "components": components,
            "dependencies": dependencies,
        }))
    }
}

/// What is linked into the component: neither build scripts nor tests.
fn normal_dependencies(node: &Value) -> Vec<&str> {
    let is_normal = |dependency: &&Value| {
        let kinds = dependency.pointer("/dep_kinds").and_then(Value::as_array);
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind.pointer("/kind").is_some_and(Value::is_null)))
    };
    let dependencies = node.pointer("/deps").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    dependencies
        .iter()
        .filter(is_normal)
        .filter_map(|dependency| dependency.pointer("/pkg")?.as_str())
        .collect()
}

fn component(package: &Value) -> Value {
    let url = package_url(package);
    json!({
        "type": "library",
        "bom-ref": url,
        "name": text(package, "name"),
        "version": text(package, "version"),
        "licenses": [{ "expression": text(package, "license").replace('/', " OR ") }],
        "purl": url,
    })
}

/// Name and version.
fn named(package: &Value) -> String {
    format!("{} {}", text(package, "name"), text(package, "version"))
}

fn package_url(package: &Value) -> String {
    format!("pkg:cargo/{}@{}", text(package, "name"), text(package, "version"))
}

fn text<'value>(value: &'value Value, name: &str) -> &'value str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn array<'value>(value: &'value Value, pointer: &str) -> Result<&'value [Value]> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .with_context(|| format!("cargo metadata has no `{pointer}`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundles;
    use crate::cargo::WASM_TARGET;

    #[test]
    fn a_bill_lists_exactly_what_cargo_links() {
        let bundle = &bundles::all().unwrap()[0];
        let linked = tree(&bundle.package, WASM_TARGET).unwrap();
        let metadata = metadata(WASM_TARGET).unwrap();
        let found = Linked::new(&metadata, &bundle.package, &linked).unwrap();
        let names: BTreeSet<String> =
            found.dependencies().map(named).chain([named(found.packages[found.root])]).collect();
        assert_eq!(names, linked);
        assert!(names.len() > 10, "{names:?}");
        let bill = found.bill().unwrap();
        assert_eq!(bill["components"].as_array().unwrap().len() + 1, linked.len());
    }
}
