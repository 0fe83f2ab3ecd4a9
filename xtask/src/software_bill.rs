//! The software bill of materials of the component: CycloneDX 1.5, from what cargo itself resolves for the component's
//! target. Without serial number and time, so that the same sources make the same bill.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::cargo::{WASM_TARGET, cargo, output};

/// The component's package.
const PACKAGE: &str = "palisade-vision-one";

/// Writes the bill.
pub(crate) fn write(path: &Path) -> Result<()> {
    let mut metadata =
        cargo(["metadata", "--locked", "--format-version", "1", "--filter-platform", WASM_TARGET])?;
    let metadata: Value =
        serde_json::from_slice(&output(&mut metadata)?).context("cargo metadata is not JSON")?;
    let bill = bill(&metadata)?;
    std::fs::write(path, format!("{bill:#}\n")).with_context(|| format!("cannot write `{}`", path.display()))
}

fn bill(metadata: &Value) -> Result<Value> {
    let packages: BTreeMap<&str, &Value> = array(metadata, "/packages")?
        .iter()
        .filter_map(|package| Some((package.pointer("/id")?.as_str()?, package)))
        .collect();
    let nodes: BTreeMap<&str, &Value> = array(metadata, "/resolve/nodes")?
        .iter()
        .filter_map(|node| Some((node.pointer("/id")?.as_str()?, node)))
        .collect();
    let root = packages
        .iter()
        .find(|(_, package)| text(package, "name") == PACKAGE)
        .map(|(id, _)| *id)
        .with_context(|| format!("there is no package `{PACKAGE}`"))?;
    let mut seen = BTreeSet::from([root]);
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        for dependency in nodes.get(id).map(|node| normal_dependencies(node)).unwrap_or_default() {
            if seen.insert(dependency) {
                open.push(dependency);
            }
        }
    }
    let named = |id: &&str| packages.get(*id).copied();
    let components: Vec<Value> =
        seen.iter().filter(|id| **id != root).filter_map(named).map(component).collect();
    let dependencies: Vec<Value> = seen
        .iter()
        .filter_map(|id| {
            let depends_on: BTreeSet<String> = normal_dependencies(nodes.get(id)?)
                .into_iter()
                .filter_map(|dependency| packages.get(dependency).map(|package| package_url(package)))
                .collect();
            Some(json!({ "ref": package_url(packages.get(id)?), "dependsOn": depends_on }))
        })
        .collect();
    let main = packages.get(root).copied().context("the root package is listed")?;
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": component(main) },
        "components": components,
        "dependencies": dependencies,
    }))
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
