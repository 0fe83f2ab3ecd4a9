//! The tools beside cargo: each in one pinned version, installed below the target directory and nowhere else.
//!
//! A wheel from the Python package index holds the built program and takes a second; it is taken only with the digest that
//! stands here. Where there is none for this machine, cargo builds the same version from its source, which takes minutes.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::{cargo, run};
use crate::paths;

/// A tool and where it comes from.
pub(crate) struct Tool {
    /// Its name as a crate and as a program.
    pub(crate) name: &'static str,
    /// The one version that is used.
    pub(crate) version: &'static str,
    /// The wheel's name on the Python package index, in the same version.
    pub(crate) wheel: &'static str,
    /// SHA-256 of the wheel for Linux on x86-64.
    pub(crate) sha256: &'static str,
}

impl Tool {
    /// The program, installed if it is missing.
    pub(crate) fn program(&self) -> Result<PathBuf> {
        let directory = paths::products()?.join("tools").join(format!("{}-{}", self.name, self.version));
        let program = directory.join("bin").join(self.name);
        if program.is_file() {
            return Ok(program);
        }
        if let Err(error) = self.install_wheel(&directory) {
            eprintln!("no built `{}` for this machine ({error}); building it", self.name);
            let mut install = cargo(["install", "--locked", "--version", self.version, "--root"])?;
            run(install.arg(&directory).arg(self.name)).with_context(|| {
                format!("`{}` {} is needed and cannot be installed", self.name, self.version)
            })?;
        }
        program
            .is_file()
            .then_some(program)
            .with_context(|| format!("`{}` is not where it should be", self.name))
    }

    fn install_wheel(&self, directory: &Path) -> Result<()> {
        std::fs::create_dir_all(directory)?;
        // pip takes digests from a file only.
        let requirements = directory.join("requirements.txt");
        let Self { wheel, version, sha256, .. } = self;
        std::fs::write(&requirements, format!("{wheel}=={version} --hash=sha256:{sha256}\n"))?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]);
        pip.args(["--require-hashes", "--only-binary", ":all:", "--upgrade", "--target"]).arg(directory);
        run(pip.arg("--requirement").arg(&requirements))
    }
}

/// The search path with a tool's directory in front, so that `cargo` finds it as a subcommand.
pub(crate) fn search_path_with(program: &Path) -> Result<std::ffi::OsString> {
    let own = program.parent().context("a program is in a directory")?;
    let others = std::env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(own.to_owned()).chain(std::env::split_paths(&others));
    Ok(std::env::join_paths(all)?)
}
