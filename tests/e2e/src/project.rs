//! The documented commands of a project that `palisade new` wrote, run for real.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
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

/// The tools for projects in C and Go. `None`, said on standard error, where they are not to be had. Where
/// `PALISADE_REQUIRE_PEERS` is set they must be there.
#[must_use]
pub fn project_tools(programs: &[&str]) -> Option<Tools> {
    let directory = product::target().join("palisade/projects");
    let tools = Tools(directory);
    let missing = programs.iter().find(|program| {
        let found =
            Command::new("sh").args(["-c", "command -v \"$0\"", program]).env("PATH", tools.path()).output();
        !found.is_ok_and(|output| output.status.success())
    });
    let Some(missing) = missing else { return Some(tools) };
    assert!(
        std::env::var_os("PALISADE_REQUIRE_PEERS").is_none(),
        "`{missing}` is required and missing: run `.ci/run`, or install it"
    );
    product::say_skipped(&format!("there is no `{missing}`"));
    None
}

/// Where the tools for projects in C and Go are.
#[derive(Debug, Clone)]
pub struct Tools(PathBuf);

impl Tools {
    /// The search path: the built programs, the tools, then everything else.
    fn path(&self) -> OsString {
        search_path(Some(self.0.join("bin")))
    }
}

/// The directories of the built programs before all others.
fn search_path(tools: Option<PathBuf>) -> OsString {
    let own = product::binary().parent().map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories = own.into_iter().chain(tools).chain(std::env::split_paths(&path));
    std::env::join_paths(directories).expect("a path")
}

/// Runs shell commands in a directory, with the built `palisade` before all others on the path, then the tools; the first one
/// that fails ends them. Gives what they said.
///
/// # Errors
/// What they said, where one failed.
pub fn run_commands(directory: &Path, script: &str, tools: Option<&Tools>) -> Result<String, String> {
    let mut shell = Command::new("timeout");
    shell
        .args(["600", "sh", "-eu", "-c", script])
        .current_dir(directory)
        .env("PATH", search_path(tools.map(|tools| tools.0.join("bin"))))
        .env("PALISADE_CACHE_DIR", product::cache())
        // Where this workspace is built is no matter of the project's.
        .env_remove("CARGO_TARGET_DIR");
    if let Some(Tools(tools)) = tools {
        // The module that Go needs comes from files; what Go compiles once is kept.
        shell
            .env("GOPROXY", format!("file://{}", tools.join("proxy").display()))
            .env("GONOSUMDB", "*")
            .env("GOTOOLCHAIN", "local")
            .env("GOFLAGS", "-modcacherw")
            .env("GOPATH", tools.join("go"))
            .env("GOCACHE", tools.join("go-cache"));
    }
    let output = shell.output().expect("a shell starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}
