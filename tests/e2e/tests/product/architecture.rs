//! Who may know whom. The layout of the workspace is the architecture; its manifests must say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use palisade_e2e::root;
use serde_json::Value;

/// What `cargo metadata` prints, with the packages of registries or without.
fn metadata(options: &[&str]) -> Value {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let output = cargo
        .args(["metadata", "--offline", "--locked", "--format-version", "1"])
        .args(options)
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text<'value>(value: &'value Value, key: &str) -> &'value str {
    value[key].as_str().unwrap()
}

/// The workspace's packages with the names of what each depends on, in any way and for any target.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata(&["--no-deps"]);
    let name = |value: &Value| text(value, "name").to_owned();
    let dependencies =
        |package: &Value| package["dependencies"].as_array().unwrap().iter().map(name).collect();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages.map(|package| (name(package), dependencies(package))).collect()
}

/// The directory of each package of the workspace below its root, for example `host/runtime/egress`.
fn directories() -> BTreeMap<String, String> {
    let metadata = metadata(&["--no-deps"]);
    let below = |package: &Value| {
        let manifest = std::path::Path::new(text(package, "manifest_path"));
        let directory = manifest.parent().unwrap().strip_prefix(root()).unwrap();
        (text(package, "name").to_owned(), directory.to_string_lossy().into_owned())
    };
    metadata["packages"].as_array().unwrap().iter().map(below).collect()
}

/// For each package, all packages that a build of it links on Linux, through any number of others. Tests do not count.
fn linked() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata(&["--filter-platform", "x86_64-unknown-linux-gnu"]);
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (text(package, "id"), text(package, "name")))
        .collect();
    let is_linked = |dependency: &&Value| {
        dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null())
    };
    let direct: BTreeMap<&str, BTreeSet<&str>> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| {
            let dependencies = node["deps"].as_array().unwrap().iter().filter(is_linked);
            (text(node, "id"), dependencies.map(|dependency| text(dependency, "pkg")).collect())
        })
        .collect();
    let all = |package: &str| {
        let mut found = BTreeSet::new();
        let mut open = vec![package];
        while let Some(next) = open.pop() {
            open.extend(direct[next].iter().filter(|dependency| found.insert(**dependency)));
        }
        found.into_iter().map(|id| names[id].to_owned()).collect()
    };
    metadata["workspace_members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member.as_str().unwrap())
        .map(|member| (names[member].to_owned(), all(member)))
        .collect()
}

#[test]
fn only_the_engine_knows_wasmtime() {
    assert_eq!(who_names(|dependency| dependency.starts_with("wasmtime")), ["palisade-engine"]);
}

#[test]
fn only_the_implementation_of_the_store_knows_a_database() {
    let databases =
        ["rusqlite", "rusqlite_migration", "libsqlite3-sys", "sqlx", "diesel", "sea-query", "tokio-postgres"];
    assert_eq!(who_names(|dependency| databases.contains(&dependency)), ["palisade-store-sqlite"]);
    // The binary decides which implementation there is, and the traits link none.
    let linked = linked();
    for package in ["palisade-store", "palisade-orchestrator", "palisade-server"] {
        assert!(!linked[package].contains("libsqlite3-sys"), "`{package}` links SQLite");
    }
}

/// The packages with a dependency of a certain name.
fn who_names(is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let packages = packages().into_iter();
    let naming = packages.filter(|(_, dependencies)| dependencies.iter().any(|name| is_meant(name)));
    naming.map(|(package, _)| package).collect()
}

#[test]
fn each_layer_links_only_the_layers_below_it() {
    let directories = directories();
    // A layer with those that it may link.
    let layers: [(&str, &[&str]); 4] = [
        ("host/model", &[]),
        ("host/runtime/", &["host/model", "host/runtime/"]),
        ("host/sources/", &["host/model", "host/runtime/", "host/sources/"]),
        ("plugin", &[]),
    ];
    let mut seen = 0;
    for (package, linked) in linked() {
        let Some((_, below)) = layers.iter().find(|(layer, _)| directories[&package].starts_with(layer))
        else {
            continue;
        };
        seen += 1;
        for other in linked.iter().filter_map(|name| directories.get(name)) {
            assert!(below.iter().any(|layer| other.starts_with(layer)), "`{package}` links `{other}`");
        }
    }
    assert!(seen > 15, "only {seen} packages have a layer");
}

#[test]
fn the_runtime_does_not_name_sources_or_the_service_even_in_its_tests() {
    let directories = directories();
    for (package, dependencies) in packages() {
        if !directories[&package].starts_with("host/runtime/") && directories[&package] != "host/model" {
            continue;
        }
        for other in dependencies.iter().filter_map(|name| directories.get(name)) {
            let above = ["host/sources/", "host/service/", "host/cli", "host/embed"];
            assert!(!above.iter().any(|layer| other.starts_with(layer)), "`{package}` names `{other}`");
        }
    }
}

#[test]
fn data_goes_one_way() {
    // Each part with those parts of the project that it may know; what is not listed may know anything.
    let allowed: [(&str, &[&str]); 29] = [
        ("palisade-files", &[]),
        ("palisade-limits", &[]),
        ("palisade-address", &[]),
        ("palisade-grant", &[]),
        ("palisade-multipart", &[]),
        ("palisade-model", &[]),
        ("palisade-printable", &["palisade-limits"]),
        ("palisade-redaction", &["palisade-limits"]),
        (
            "palisade-recording",
            &["palisade-limits", "palisade-printable", "palisade-redaction", "palisade-model"],
        ),
        (
            "palisade-policy",
            &[
                "palisade-model",
                "palisade-files",
                "palisade-bundle",
                "palisade-grant",
                "palisade-limits",
                "palisade-printable",
            ],
        ),
        (
            "palisade-protect",
            &[
                "palisade-model",
                "palisade-files",
                "palisade-address",
                "palisade-limits",
                // Its tests compare with what the component makes of a value.
                "palisade-vision-one",
            ],
        ),
        (
            "palisade-bundle",
            &["palisade-files", "palisade-grant", "palisade-limits", "palisade-printable", "palisade-model"],
        ),
        (
            "palisade-collection",
            &[
                "palisade-files",
                "palisade-limits",
                "palisade-model",
                // Its tests look for protected values in real collections.
                "palisade-protect",
            ],
        ),
        (
            "palisade-embed",
            &[
                "palisade-bundle",
                "palisade-collection",
                "palisade-egress",
                "palisade-engine",
                "palisade-model",
                "palisade-policy",
                "palisade-protect",
                "palisade-recording",
                "palisade-run",
            ],
        ),
        (
            "palisade-egress",
            &[
                "palisade-model",
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
                "palisade-multipart",
                "palisade-printable",
                "palisade-redaction",
                "palisade-model",
            ],
        ),
        (
            "palisade-run",
            &[
                "palisade-model",
                "palisade-files",
                "palisade-bundle",
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
                "palisade-model",
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
                "palisade-store-sqlite",
                "palisade-vault",
            ],
        ),
        // The search finds a value in every spelling that the readers undo.
        ("palisade-store", &["palisade-collection", "palisade-limits", "palisade-model"]),
        ("palisade-store-conformance", &["palisade-limits", "palisade-model", "palisade-store"]),
        (
            "palisade-store-sqlite",
            &["palisade-limits", "palisade-model", "palisade-store", "palisade-store-conformance"],
        ),
        ("palisade-vault", &["palisade-files", "palisade-limits"]),
        ("palisade-schedule", &["palisade-limits"]),
        // Its tests talk to a simulator.
        (
            "palisade-threatq",
            &[
                "palisade-model",
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
                "palisade-model",
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
                "palisade-store-sqlite",
                "palisade-threatq",
                "palisade-vault",
            ],
        ),
        // No sandbox and no gate: it asks the orchestrator. Its tests set one up.
        (
            "palisade-server",
            &[
                "palisade-model",
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
                "palisade-store-sqlite",
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
fn what_reads_and_checks_links_no_network_and_no_sandbox() {
    let linked = linked();
    let network = ["hyper", "hyper-util", "hyper-rustls", "rustls", "reqwest", "ureq", "tokio", "wasmtime"];
    for package in [
        "palisade-address",
        "palisade-bundle",
        "palisade-collection",
        "palisade-files",
        "palisade-grant",
        "palisade-limits",
        "palisade-model",
        "palisade-multipart",
        "palisade-policy",
        "palisade-protect",
        "palisade-recording",
        "palisade-schedule",
        "palisade-store",
        "palisade-vault",
    ] {
        let known: Vec<&String> =
            linked[package].iter().filter(|name| network.contains(&name.as_str())).collect();
        assert!(known.is_empty(), "`{package}` links {known:?}");
    }
    // The test sees what is linked through others.
    assert!(linked["palisade-engine"].contains("hyper"), "the engine links the HTTP client through egress");
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
