//! The documented commands of a project that `palisade new` wrote, run for real.

use std::path::Path;
use std::process::Command;

use crate::product;

/// The shell commands of a README, in its order: each with the heading that it stands under.
#[must_use]
pub fn documented_commands(readme: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for section in readme.split("\n## ").skip(1) {
        let heading = section.lines().next().unwrap_or_default().to_owned();
        for block in section.split("\n```sh\n").skip(1) {
            let script = block.split("\n```").next().unwrap_or_default().to_owned();
            found.push((heading.clone(), script));
        }
    }
    found
}

/// Runs shell commands in a directory, with the built `palisade` before all others on the path; the first one that fails
/// ends them. Gives what they said.
///
/// # Errors
/// What they said, where one failed.
pub fn run_commands(directory: &Path, script: &str) -> Result<String, String> {
    let own = product::binary();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = own.parent().map(Path::to_owned).into_iter().chain(std::env::split_paths(&path));
    let output = Command::new("timeout")
        .args(["600", "sh", "-eu", "-c", script])
        .current_dir(directory)
        .env("PATH", std::env::join_paths(directories).expect("a path"))
        .env("PALISADE_CACHE_DIR", product::cache())
        // Where this workspace is built is no matter of the project's.
        .env_remove("CARGO_TARGET_DIR")
        .output()
        .expect("a shell starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}
