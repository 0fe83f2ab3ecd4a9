//! Who may know whom. The layout of the workspace is the architecture; its manifests must say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use palisade_e2e::root;
use serde_json::Value;

/// The workspace's packages with the names of what each depends on, in any way and for any target.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let output = cargo
        .args(["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let dependencies =
        |package: &Value| package["dependencies"].as_array().unwrap().iter().map(name).collect();
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (name(package), dependencies(package)))
        .collect()
}

#[test]
fn only_the_engine_knows_wasmtime() {
    let know: Vec<String> = packages()
        .into_iter()
        .filter(|(_, dependencies)| dependencies.iter().any(|name| name.starts_with("wasmtime")))
        .map(|(package, _)| package)
        .collect();
    assert_eq!(know, ["palisade-engine"]);
}

#[test]
fn data_goes_one_way() {
    // Each part with those parts of the project that it may know; what is not listed may know anything.
    let allowed: [(&str, &[&str]); 26] = [
        ("palisade-files", &[]),
        ("palisade-limits", &[]),
        ("palisade-address", &[]),
        ("palisade-grant", &[]),
        ("palisade-multipart", &[]),
        ("palisade-setting", &[]),
        ("palisade-printable", &["palisade-limits"]),
        ("palisade-redaction", &["palisade-limits"]),
        (
            "palisade-recording",
            &["palisade-limits", "palisade-printable", "palisade-redaction", "palisade-setting"],
        ),
        (
            "palisade-policy",
            &[
                "palisade-setting",
                "palisade-files",
                "palisade-bundle",
                "palisade-egress",
                "palisade-limits",
                "palisade-printable",
            ],
        ),
        (
            "palisade-protect",
            &[
                "palisade-files",
                "palisade-address",
                "palisade-collection",
                "palisade-limits",
                // Its tests compare with what the component makes of a value.
                "palisade-vision-one",
            ],
        ),
        (
            "palisade-bundle",
            &[
                "palisade-files",
                "palisade-grant",
                "palisade-limits",
                "palisade-printable",
                "palisade-setting",
            ],
        ),
        ("palisade-collection", &["palisade-files", "palisade-limits", "palisade-setting"]),
        (
            "palisade-egress",
            &[
                "palisade-setting",
                "palisade-files",
                "palisade-address",
                "palisade-grant",
                "palisade-limits",
                "palisade-recording",
                "palisade-redaction",
            ],
        ),
        (
            "palisade-engine",
            &[
                "palisade-egress",
                "palisade-limits",
                "palisade-printable",
                "palisade-redaction",
                "palisade-setting",
            ],
        ),
        (
            "palisade-run",
            &[
                "palisade-setting",
                "palisade-files",
                "palisade-bundle",
                "palisade-collection",
                "palisade-egress",
                "palisade-engine",
                "palisade-limits",
                "palisade-policy",
                "palisade-printable",
                "palisade-protect",
                "palisade-recording",
                "palisade-redaction",
            ],
        ),
        (
            "palisade",
            &[
                "palisade-setting",
                "palisade-files",
                "palisade-bundle",
                "palisade-collection",
                "palisade-egress",
                "palisade-engine",
                "palisade-limits",
                "palisade-multipart",
                "palisade-orchestrator",
                "palisade-policy",
                "palisade-printable",
                "palisade-protect",
                "palisade-recording",
                "palisade-run",
                "palisade-server",
                "palisade-store",
                "palisade-vault",
            ],
        ),
        // The search finds a value in every spelling that the readers undo.
        ("palisade-store", &["palisade-collection", "palisade-limits"]),
        ("palisade-vault", &["palisade-files", "palisade-limits"]),
        ("palisade-schedule", &["palisade-limits"]),
        // Its tests talk to a simulator.
        (
            "palisade-threatq",
            &[
                "palisade-collection",
                "palisade-egress",
                "palisade-limits",
                "palisade-redaction",
                "threatq-simulator",
            ],
        ),
        (
            "palisade-orchestrator",
            &[
                "palisade-setting",
                "palisade-bundle",
                "palisade-collection",
                "palisade-egress",
                "palisade-engine",
                "palisade-limits",
                "palisade-policy",
                "palisade-protect",
                "palisade-recording",
                "palisade-run",
                "palisade-schedule",
                "palisade-store",
                "palisade-threatq",
                "palisade-vault",
            ],
        ),
        // No sandbox and no gate: it asks the orchestrator. Its tests set one up.
        (
            "palisade-server",
            &[
                "palisade-files",
                "palisade-bundle",
                "palisade-collection",
                "palisade-egress",
                "palisade-engine",
                "palisade-limits",
                "palisade-orchestrator",
                "palisade-printable",
                "palisade-schedule",
                "palisade-store",
                "palisade-vault",
                "threatq-simulator",
                "vision-one-simulator",
            ],
        ),
        // The plugin shares the contract with the host, and no code.
        ("palisade-vision-one", &[]),
        ("simulator-parts", &[]),
        ("vision-one-simulator", &["simulator-parts"]),
    ];
    let packages = packages();
    let ours = |name: &&String| packages.contains_key(*name);
    for (package, may_know) in allowed {
        let dependencies = packages.get(package).unwrap_or_else(|| panic!("there is no package `{package}`"));
        let known: Vec<&str> = dependencies.iter().filter(ours).map(String::as_str).collect();
        let forbidden: Vec<&&str> = known.iter().filter(|name| !may_know.contains(name)).collect();
        assert!(forbidden.is_empty(), "`{package}` must not know {forbidden:?}");
    }
}

#[test]
fn what_reads_and_checks_knows_no_network_and_the_gate_no_sandbox() {
    let packages = packages();
    let network = ["hyper", "hyper-util", "hyper-rustls", "rustls", "reqwest", "ureq", "tokio"];
    for package in [
        "palisade-address",
        "palisade-bundle",
        "palisade-collection",
        "palisade-files",
        "palisade-grant",
        "palisade-limits",
        "palisade-multipart",
        "palisade-policy",
        "palisade-protect",
        "palisade-recording",
        "palisade-schedule",
        "palisade-store",
        "palisade-vault",
    ] {
        let known: Vec<&String> =
            packages[package].iter().filter(|name| network.contains(&name.as_str())).collect();
        assert!(known.is_empty(), "`{package}` must not know {known:?}");
    }
}

#[test]
fn no_part_allows_unsafe_code() {
    let workspace = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(workspace.contains("unsafe_code = \"deny\""));
    for directory in ["host", "tests", "plugin", "xtask"] {
        for manifest in manifests(&root().join(directory)) {
            let text = std::fs::read_to_string(&manifest).unwrap();
            let inherits = text.contains("[lints]\nworkspace = true");
            // The guests are a workspace of their own, with lints of their own.
            assert!(inherits || text.contains("unsafe_code"), "{}", manifest.display());
        }
    }
}

/// The manifests of packages in a directory and up to two levels below it.
fn manifests(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut directories = vec![directory.to_owned()];
    for _ in 0..2 {
        let inside: Vec<_> =
            directories.iter().filter_map(|directory| std::fs::read_dir(directory).ok()).collect();
        directories.extend(inside.into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    let found: BTreeSet<_> = directories.into_iter().map(|directory| directory.join("Cargo.toml")).collect();
    found.into_iter().filter(|path| path.is_file()).collect()
}

/// What of a library's source can be seen by somebody: without comments and tests.
fn shown(source: &str) -> String {
    let shipped = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code = shipped.lines().filter(|line| !line.trim_start().starts_with("//"));
    code.map(|line| line.split(" // ").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Options of a command line in a text: `--` and a letter, that is no part of a longer word such as `xn--`.
fn options(text: &str) -> Vec<&str> {
    let starts = text.match_indices("--").map(|(place, _)| place);
    let is_option = |place: &usize| {
        let before = text.get(..*place).and_then(|text| text.chars().next_back());
        let after = text.get(place + 2..).and_then(|text| text.chars().next());
        !before.is_some_and(|character| character.is_alphanumeric() || character == '-')
            && after.is_some_and(|character| character.is_ascii_lowercase())
    };
    let until = |place: usize| text.get(place..).and_then(|rest| rest.split_whitespace().next());
    starts.filter(is_option).filter_map(until).collect()
}

fn sources(directory: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            sources(&path, found);
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

#[test]
fn no_library_names_an_option_of_the_command_line() {
    let mut libraries = vec![root().join("plugin/src")];
    let manifests = manifests(&root().join("host"));
    let crates = manifests.iter().filter_map(|manifest| manifest.parent());
    libraries.extend(crates.filter(|path| !path.ends_with("cli")).map(|path| path.join("src")));
    let mut files = Vec::new();
    libraries.iter().for_each(|library| sources(library, &mut files));
    assert!(files.len() > 200, "{}", files.len());
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        let source = shown(&source);
        assert!(options(&source).is_empty(), "{}: {:?}", file.display(), options(&source));
    }
    // The test sees what it is to see.
    assert_eq!(options(&shown("hint(\"map it: `--connect-to HOST`\") // and --this")), ["--connect-to"]);
    assert!(options("xn--bcher-kva.example, a -- b, ---").is_empty());
}
