//! Runs cargo, rustup and other programs, and says what it runs.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::children::Owned;
use crate::paths;

/// The target that components are built for.
pub(crate) const WASM_TARGET: &str = "wasm32-wasip2";

/// A cargo command in the repository's root, with the toolchain that `rust-toolchain.toml` names.
pub(crate) fn cargo<Argument: AsRef<OsStr>>(
    arguments: impl IntoIterator<Item = Argument>,
) -> Result<Command> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(paths::root()?);
    // Of `xtask` itself. The build script of `ring` asks for variables of these names, so that what is built here and what
    // is built by hand would otherwise replace each other, with all that stands on it.
    let own = |name: &OsStr| {
        name.to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
    };
    std::env::vars_os().filter(|(name, _)| own(name)).for_each(|(name, _)| {
        command.env_remove(name);
    });
    Ok(command)
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", words(command));
    let status = Owned::spawn(command)?.wait()?;
    if !status.success() {
        bail!("`{}` failed: {status}", words(command));
    }
    Ok(())
}

/// Runs a command to its end, which has to come in time: for what may wait for a network.
pub(crate) fn run_within(command: &mut Command, time: Duration) -> Result<()> {
    eprintln!("$ {}", words(command));
    let mut child = Owned::spawn(command.stdin(Stdio::null()))?;
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.child().try_wait()? {
            break status;
        }
        if begun.elapsed() > time {
            drop(child);
            bail!("`{}` took longer than {time:?}", words(command));
        }
        thread::sleep(Duration::from_millis(20));
    };
    if !status.success() {
        bail!("`{}` failed: {status}", words(command));
    }
    Ok(())
}

/// Runs a command to its end and gives its standard output.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{}`", words(command)))?;
    if !output.status.success() {
        bail!("`{}` failed: {}", words(command), output.status);
    }
    Ok(output.stdout)
}

fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Sees to it that components can be built: rustup installs what `rust-toolchain.toml` names, the target included.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut libraries = Command::new(rustc);
    libraries.args(["--print", "target-libdir", "--target", WASM_TARGET]).current_dir(paths::root()?);
    let directory = String::from_utf8(output(&mut libraries)?)?;
    if Path::new(directory.trim()).is_dir() {
        return Ok(());
    }
    // Cargo sets RUSTUP_TOOLCHAIN for what it runs; rustup is to read the file instead.
    let mut rustup = Command::new("rustup");
    rustup.args(["toolchain", "install"]).env_remove("RUSTUP_TOOLCHAIN").current_dir(paths::root()?);
    run(&mut rustup)
        .with_context(|| format!("the target {WASM_TARGET} is missing and rustup cannot install it"))
}
