//! Builds the binaries, the component, the guests of the tests, and the bundle's zip.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::cargo::{WASM_TARGET, cargo, ensure_wasm_target, run};
use crate::{languages, paths, signing, software_bill};

/// What was built.
pub(crate) struct Built {
    pub(crate) palisade: PathBuf,
    pub(crate) simulator: PathBuf,
    pub(crate) bundle: PathBuf,
}

/// Which packages one call of cargo builds. Cargo compiles a dependency once for each set of features that the packages of a
/// call ask of it: a second call with other packages compiles most of the tree again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What a first look needs: the product and the simulator.
    Product,
    /// Everything that the tests run, exactly as `cargo test --workspace` builds it.
    Workspace,
}

/// All that the tests need; `release` for a binary that is installed.
pub(crate) fn everything(release: bool) -> Result<Built> {
    let built = product(if release { Scope::Product } else { Scope::Workspace }, release)?;
    guests()?;
    languages::build(&built.palisade)?;
    Ok(built)
}

/// The binary, the simulator and the bundle.
pub(crate) fn product(scope: Scope, release: bool) -> Result<Built> {
    ensure_wasm_target()?;
    let [palisade, simulator] = binaries(scope, release)?;
    let component = component()?;
    let bundle = pack(&palisade, &component)?;
    Ok(Built { palisade, simulator, bundle })
}

/// `palisade` and the simulator, in one call.
pub(crate) fn binaries(scope: Scope, release: bool) -> Result<[PathBuf; 2]> {
    let names = ["palisade", "vision-one-simulator"];
    let mut build = cargo(["build", "--locked"])?;
    match scope {
        Scope::Product => build.args(names.iter().flat_map(|name| ["--package", name])),
        Scope::Workspace => build.args(["--workspace", "--all-targets"]),
    };
    run(build.args(["--profile", profile(release)]))?;
    let [palisade, simulator] = names;
    Ok([binary_path(palisade, release)?, binary_path(simulator, release)?])
}

/// A binary of the workspace, by the name of its package.
pub(crate) fn binary(package: &str, release: bool) -> Result<PathBuf> {
    run(&mut cargo(["build", "--locked", "--package", package, "--profile", profile(release)])?)?;
    binary_path(package, release)
}

fn profile(release: bool) -> &'static str {
    if release { "release" } else { "dev" }
}

fn binary_path(package: &str, release: bool) -> Result<PathBuf> {
    let directory = if release { "release" } else { "debug" };
    Ok(paths::target()?.join(directory).join(package).with_extension(std::env::consts::EXE_EXTENSION))
}

/// The component of the Vision One bundle.
fn component() -> Result<PathBuf> {
    let mut build = cargo(["build", "--locked", "--package", "palisade-vision-one"])?;
    build.args(["--lib", "--target", WASM_TARGET, "--profile", "component"]);
    run(build.env("CARGO_ENCODED_RUSTFLAGS", remapped_paths()?))?;
    Ok(paths::target()?.join(WASM_TARGET).join("component/palisade_vision_one.wasm"))
}

/// Panic messages hold the paths of the sources. Without the machine's own part of them the component is the same
/// wherever it is built, and tells nothing about where that was.
fn remapped_paths() -> Result<String> {
    let home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("there is no home directory")?.join(".cargo"),
    };
    let registry = home.join("registry/src");
    let mut flags = vec![format!("--remap-path-prefix={}=palisade", paths::root()?.display())];
    // The registry's own folder has a name that depends on where crates are fetched from.
    for entry in
        std::fs::read_dir(&registry).with_context(|| format!("cannot read `{}`", registry.display()))?
    {
        flags.push(format!("--remap-path-prefix={}=crates", entry?.path().display()));
    }
    // Cargo's separator between flags.
    Ok(flags.join("\u{1f}"))
}

/// The guests of the tests: one component for each file under `tests/guests/examples`.
fn guests() -> Result<()> {
    let root = paths::root()?;
    let mut build = cargo(["build", "--locked", "--release", "--examples"])?;
    build.args(["--target", WASM_TARGET]).arg("--manifest-path").arg(root.join("tests/guests/Cargo.toml"));
    run(build.env("CARGO_TARGET_DIR", paths::target()?.join("guests")))?;
    let to = paths::products()?.join("guests");
    std::fs::create_dir_all(&to)?;
    for entry in std::fs::read_dir(root.join("tests/guests/examples"))? {
        let name = entry?.path().file_stem().context("a guest has a name")?.to_string_lossy().into_owned();
        let built = paths::target()?.join("guests").join(WASM_TARGET).join("release/examples");
        // Cargo names a library's file with underscores.
        paths::copy(
            &built.join(format!("{}.wasm", name.replace('-', "_"))),
            &to.join(format!("{name}.wasm")),
        )?;
    }
    Ok(())
}

/// The zip, by the binary's own `pack`.
fn pack(palisade: &PathBuf, component: &PathBuf) -> Result<PathBuf> {
    let root = paths::root()?;
    let zip = paths::products()?.join("trend-vision-one.zip");
    let bill = paths::products()?.join("sbom.cdx.json");
    software_bill::write(&bill)?;
    let mut pack = Command::new(palisade);
    pack.current_dir(&root)
        .arg("pack")
        .args(["--manifest", "manifest.yaml", "--license", "LICENSE"])
        .args([
            "--readme",
            "plugin/README.md",
            "--changelog",
            "plugin/CHANGELOG.md",
            "--icon",
            "plugin/icon.svg",
        ])
        .arg("--component")
        .arg(component)
        .arg("--sbom")
        .arg(&bill)
        .arg("--sign")
        .arg(signing::signing(palisade)?.key)
        .arg("--out")
        .arg(&zip);
    run(&mut pack)?;
    Ok(zip)
}
