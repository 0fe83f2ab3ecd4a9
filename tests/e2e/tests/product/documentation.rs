//! The generated pages and schemas under `docs` are what the product says of itself now.

use palisade_e2e::{Palisade, root, target};

/// Each generated file, and the words after `palisade generate` that make it: what `cargo xtask docs` writes.
const GENERATED: [(&str, &[&str]); 5] = [
    ("docs/command-reference.md", &["command-reference"]),
    ("docs/configuration-reference.md", &["configuration-reference", "manifest.yaml"]),
    ("docs/limits.md", &["limits"]),
    ("docs/schema/manifest.schema.json", &["schema", "manifest"]),
    ("docs/schema/report.schema.json", &["schema", "report"]),
];

#[test]
fn generated_files_are_not_stale() {
    for (file, words) in GENERATED {
        let call = Palisade::verb("generate");
        call.file("manifest.yaml", std::fs::read(root().join("manifest.yaml")).unwrap());
        let outcome = words.iter().fold(call, |call, word| call.argument(word)).go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let committed = std::fs::read_to_string(root().join(file))
            .unwrap_or_else(|error| panic!("`{file}`: {error}; run `cargo xtask docs`"));
        assert!(committed == outcome.stdout, "`{file}` is stale: run `cargo xtask docs`");
    }
}

#[test]
fn each_further_bundle_has_a_configuration_reference() {
    for entry in std::fs::read_dir(root().join("bundles")).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let id = path.file_name().unwrap().to_str().unwrap();
        let manifest = path.join("manifest.yaml");
        let words = Palisade::verb("generate").argument("configuration-reference");
        let outcome = words.argument(manifest.to_str().unwrap()).go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let file = format!("docs/configuration-reference-{id}.md");
        let committed = std::fs::read_to_string(root().join(&file)).unwrap_or_default();
        assert!(committed == outcome.stdout, "`{file}` is stale: run `cargo xtask docs`");
    }
}

#[test]
fn the_list_above_is_that_of_xtask() {
    let source = std::fs::read_to_string(root().join("xtask/src/docs.rs")).unwrap();
    let listed = source.lines().filter(|line| line.trim_start().starts_with("(\"docs/")).count();
    assert_eq!(listed, GENERATED.len());
    for (file, _) in GENERATED {
        assert!(source.contains(&format!("(\"{file}\"")), "{file}");
    }
}

#[test]
fn the_reference_names_every_parameter_option_and_grant() {
    let page = std::fs::read_to_string(root().join("docs/configuration-reference.md")).unwrap();
    for text in [
        "API Region",
        "API Key",
        "URL Scheme Handling",
        "Objects Per Run",
        "Scan Action",
        "Risk Level",
        "IOC Expiration",
        "Based on Customer Settings",
        "Don't Send IOC",
        "After 90 Days",
        "api.xdr.trendmicro.co.jp",
        "suspiciousObjectExceptions",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

/// The README's first steps on a machine where nothing is on the path yet: the build is there, everything else is typed as
/// written.
#[test]
fn the_readme_puts_the_binary_on_the_path_and_the_zip_where_its_commands_need_it() {
    let home = tempfile::tempdir().unwrap();
    let clone = home.path().join("clone");
    std::fs::create_dir_all(clone.join("target/release")).unwrap();
    std::os::unix::fs::symlink(palisade_e2e::binary(), clone.join("target/release/palisade")).unwrap();
    std::os::unix::fs::symlink(target().join("palisade"), clone.join("target/palisade")).unwrap();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let steps = readme.split("\n## With a real tenant\n").nth(1).unwrap().split("\n**3.").next().unwrap();
    let blocks: Vec<&str> =
        steps.split("\n```sh\n").skip(1).map(|block| block.split("\n```").next().unwrap()).collect();
    assert_eq!(blocks.len(), 2, "{steps}");
    let typed = blocks.join("\n");
    let script: Vec<&str> = typed.lines().filter(|line| !line.starts_with("cargo xtask")).collect();
    assert!(script.len() < typed.lines().count(), "the build is one of the commands");
    let output = std::process::Command::new("sh")
        .args(["-eu", "-c", &script.join("\n")])
        .current_dir(&clone)
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("Local build"), "{said}");
}
