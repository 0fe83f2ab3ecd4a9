//! `palisade new`: a project in each language does what its own README says, command by command.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use palisade_e2e::{Palisade, Tools, documented_commands, in_language, project_tools, run_commands, target};
use tempfile::TempDir;

/// Projects are built and compiled one after the other: side by side they could go past the host's time for compiling.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A project of this language in a directory of its own.
fn project(language: &str) -> (TempDir, PathBuf) {
    let directory = TempDir::new().unwrap();
    let project = directory.path().join("hash-lookup");
    let outcome = Palisade::verb("new")
        .argument("hash-lookup")
        .argument("--language")
        .argument(language)
        .argument("--directory")
        .argument(&project)
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    (directory, project)
}

/// Runs every documented command, then the signed bundle under a policy that trusts its key and nothing else.
fn does_what_its_readme_says(language: &str, project: &Path, tools: Option<&Tools>) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let readme = std::fs::read_to_string(project.join("README.md")).unwrap();
    let commands = documented_commands(&readme);
    let headings: Vec<&str> = commands.iter().map(|(heading, _)| heading.as_str()).collect();
    assert_eq!(headings, ["Develop", "Build", "Pack", "Test", "Run", "Sign"]);
    for (heading, script) in &commands {
        let said = run_commands(project, script, tools)
            .unwrap_or_else(|said| panic!("{language}, {heading}:\n{said}"));
        if heading == "Run" || heading == "Develop" {
            assert!(said.contains("planned"), "{language}: {said}");
        }
    }
    let public = std::fs::read_to_string(project.join("build/signing.pub")).unwrap();
    let key = public.lines().find(|line| line.starts_with("RW")).expect("a public key");
    let signed = |keys: &str| {
        let call = Palisade::verb("run");
        let policy = call.file("palisade.toml", keys);
        call.argument("--policy")
            .argument(policy)
            .argument("--bundle")
            .argument(project.join("build/hash-lookup-signed.zip"))
            .argument("--action")
            .argument("send")
            .argument("--dry-run")
            .set("service", "https://service.example.com")
            .collection(project.join("collection.txt"))
            .go()
    };
    let trusted = signed(&format!("[[trusted-keys]]\nname = \"the author\"\nkey = \"{key}\"\n"));
    assert_eq!(trusted.status, 0, "{language}: {}", trusted.stderr);
    assert_eq!(signed("").status, 1, "{language}: runs though nobody trusts its key");
}

#[test]
fn a_project_in_rust_does_what_its_readme_says() {
    let (_directory, project) = project("rust");
    // Compiling the dependencies takes a minute: once is enough.
    let kept = target().join("palisade/new/rust");
    std::fs::create_dir_all(&kept).unwrap();
    std::os::unix::fs::symlink(&kept, project.join("target")).unwrap();
    does_what_its_readme_says("rust", &project, None);
}

#[test]
fn a_project_in_python_does_what_its_readme_says() {
    if in_language("python").is_some() {
        let (_directory, project) = project("python");
        does_what_its_readme_says("python", &project, None);
    }
}

#[test]
fn a_project_in_javascript_does_what_its_readme_says() {
    if in_language("javascript").is_some() {
        let (_directory, project) = project("javascript");
        does_what_its_readme_says("javascript", &project, None);
    }
}

#[test]
fn a_project_in_go_does_what_its_readme_says() {
    if let Some(tools) = project_tools(&["go", "wasm-tools", "wit-bindgen"]) {
        let (_directory, project) = project("go");
        does_what_its_readme_says("go", &project, Some(&tools));
    }
}

#[test]
fn a_project_in_c_does_what_its_readme_says() {
    if let Some(tools) = project_tools(&["clang-19", "make", "openssl", "wasm-tools", "wit-bindgen"]) {
        let (_directory, project) = project("c");
        does_what_its_readme_says("c", &project, Some(&tools));
        // A C component calls nothing but the contract: no adapter, no start-up of a runtime.
        let size = std::fs::metadata(project.join("build/component.wasm")).unwrap().len();
        assert!(size < 60_000, "the component has {size} bytes");
    }
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let directory = TempDir::new().unwrap();
    let precious = directory.path().join("notes.txt");
    std::fs::write(&precious, "precious").unwrap();
    for taken in [directory.path(), precious.as_path()] {
        let outcome = Palisade::verb("new")
            .argument("hash-lookup")
            .argument("--language")
            .argument("python")
            .argument("--directory")
            .argument(taken)
            .go();
        assert_eq!(outcome.status, 1);
        assert!(outcome.stderr.contains("is not an empty directory"), "{}", outcome.stderr);
    }
    assert_eq!(std::fs::read_to_string(&precious).unwrap(), "precious");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn a_name_that_is_no_id_is_refused() {
    for name in ["Hash", "hash_lookup", "../hash", "hash--lookup", "1hash", ""] {
        let call =
            Palisade::verb("new").argument("--language").argument("rust").argument("--").argument(name);
        let outcome = call.go();
        assert_eq!(outcome.status, 2, "`{name}`");
        assert_eq!(std::fs::read_dir(outcome.directory()).unwrap().count(), 0, "`{name}`");
    }
}
