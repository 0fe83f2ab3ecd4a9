//! The action of `docs/contract.md`: its files are written as the page shows them, and its commands are run as they stand.

use std::path::Path;

use palisade_e2e::{Palisade, root, run_commands, target};
use tempfile::TempDir;

/// The blocks of a section of a page, each with the words behind its opening fence.
fn blocks(section: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = section.lines();
    while let Some(line) = lines.next() {
        if let Some(words) = line.strip_prefix("```") {
            let content: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            found.push((words.to_owned(), content.join("\n") + "\n"));
        }
    }
    found
}

#[test]
fn the_action_of_the_contracts_page_builds_and_runs_as_the_page_says() {
    let page = std::fs::read_to_string(root().join("docs/contract.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with("An action in Rust\n")).unwrap();
    let blocks = blocks(section);
    let of = |kind: &str| -> Vec<&str> {
        blocks.iter().filter(|(words, _)| words == kind).map(|(_, content)| content.as_str()).collect()
    };
    let directory = TempDir::new().unwrap();
    let project = directory.path().join("first-action");
    let write = |path: &str, content: &str| {
        let file = project.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    };
    let ([cargo], [source], [manifest], [build, rest]) =
        (&of("toml")[..], &of("rust,ignore")[..], &of("yaml")[..], &of("sh")[..])
    else {
        panic!("the section has other blocks: {blocks:?}")
    };
    write("Cargo.toml", &format!("{cargo}\n[workspace]\n"));
    write("src/lib.rs", source);
    write("manifest.yaml", manifest);
    let outcome = Palisade::verb("generate").argument("wit").argument(project.join("wit")).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    // What the page leaves to the author, as a new project has it.
    for name in ["CHANGELOG.md", "icon.svg"] {
        copy(&root().join("host/cli/templates/common").join(name), &project.join(name));
    }
    copy(&root().join("LICENSE"), &project.join("LICENSE"));
    copy(&root().join("host/cli/templates/rust/sbom.cdx.json"), &project.join("sbom.cdx.json"));
    write("README.md", "# First\n");
    write("list.txt", "bad.example.com\n192.31.196.7\n");
    // Compiling the dependencies takes a minute: once is enough.
    let kept = target().join("palisade/new/rust");
    std::fs::create_dir_all(&kept).unwrap();
    std::os::unix::fs::symlink(&kept, project.join("target")).unwrap();
    for script in [build, rest] {
        let said = run_commands(&project, script, None).unwrap_or_else(|said| panic!("{script}\n{said}"));
        if script == rest {
            assert!(said.contains("accepted  2") || said.contains("accepted 2"), "{said}");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::copy(from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
}
