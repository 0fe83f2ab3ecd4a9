//! The workflows for a public forge call what developers call, and can change nothing.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::fs;

use palisade_e2e::root;
use serde_json::{Value, json};

/// A workflow's text, and what it describes.
fn workflow(name: &str) -> (String, Value) {
    let text = fs::read_to_string(root().join(".github/workflows").join(name)).unwrap();
    let value = serde_saphyr::from_str(&text).unwrap();
    (text, value)
}

/// The commands of all jobs.
fn commands(workflow: &Value) -> Vec<String> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    let steps = jobs.flat_map(|job| job["steps"].as_array().unwrap());
    steps.filter_map(|step| step["run"].as_str().map(str::to_owned)).collect()
}

#[test]
fn workflows_call_the_gate_and_build_the_release() {
    assert!(commands(&workflow("check.yml").1).contains(&".ci/run".to_owned()));
    let (_, release) = workflow("release-files.yml");
    assert!(commands(&release).contains(&"cargo xtask dist".to_owned()));
    let steps = release["jobs"]["dist"]["steps"].as_array().unwrap();
    assert_eq!(steps.last().unwrap()["with"]["path"], "target/dist/");
}

#[test]
fn workflows_can_read_only_and_publish_nothing() {
    for entry in fs::read_dir(root().join(".github/workflows")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let (text, workflow) = workflow(&name);
        assert_eq!(workflow["permissions"], json!({ "contents": "read" }), "{name}");
        for word in ["secrets.", "cargo publish", "gh release", "docker push", "podman push"] {
            assert!(!text.contains(word), "{name}: {word}");
        }
        for job in workflow["jobs"].as_object().unwrap().values() {
            assert!(job.get("permissions").is_none(), "{name}");
        }
    }
}

#[test]
fn actions_of_others_are_pinned_to_a_commit() {
    let mut found = 0;
    for entry in fs::read_dir(root().join(".github/workflows")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines().filter_map(|line| line.split_once("uses: ").map(|(_, action)| action)) {
            let (_, pin) = line.split_once('@').unwrap();
            let (commit, version) = pin.split_once(" # v").unwrap();
            assert!(commit.len() == 40 && commit.chars().all(|digit| digit.is_ascii_hexdigit()), "{line}");
            assert!(version.starts_with(|digit: char| digit.is_ascii_digit()), "{line}");
            found += 1;
        }
    }
    assert!(found > 3, "{found}");
}

#[test]
fn workflows_use_the_image_of_the_toolchain() {
    let toolchain = fs::read_to_string(root().join("rust-toolchain.toml")).unwrap();
    let channel =
        toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap().trim_matches('"');
    for (name, job) in [("check.yml", "gate"), ("release-files.yml", "dist")] {
        let image = workflow(name).1["jobs"][job]["container"].as_str().unwrap().to_owned();
        assert_eq!(image, format!("docker.io/library/rust:{channel}-bookworm"), "{name}");
    }
}
