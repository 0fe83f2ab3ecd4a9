//! Builds the binaries, the guests of the tests, and each bundle: its component and its zip.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::bundles::{self, Bundle};
use crate::cargo::{WASM_TARGET, cargo, ensure_wasm_target, output, run};
use crate::packages::Packages;
use crate::{languages, lint, paths, projects, signing, software_bill};

/// The directories of the programs that a user runs: the product, and a simulator of a tenant.
const PROGRAMS: [&str; 2] = ["host/cli", "tests/simulator"];

/// What was built.
pub(crate) struct Built {
    pub(crate) palisade: PathBuf,
    pub(crate) simulator: PathBuf,
    /// The zip of the bundle at the repository's root, which the demonstration and the benchmark run.
    pub(crate) bundle: PathBuf,
    /// The zips of all bundles.
    pub(crate) bundles: Vec<PathBuf>,
}

/// What one call of cargo builds. Cargo compiles a dependency once for each set of features that the packages of a call ask of
/// it: a second call with other packages compiles most of the tree again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// What a first look needs, the product and the simulator, in the profile that compiles fastest.
    Demonstration,
    /// The same, optimised.
    Release,
    /// Everything that the tests run, exactly as `cargo test --workspace` builds it.
    Workspace,
}

impl Scope {
    /// The profile, and the directory of its programs.
    fn profile(self) -> (&'static str, &'static str) {
        match self {
            Self::Demonstration => ("demo", "demo"),
            Self::Release => ("release", "release"),
            Self::Workspace => ("dev", "debug"),
        }
    }

    fn binary(self, package: &str) -> Result<PathBuf> {
        let (_, directory) = self.profile();
        Ok(paths::target()?.join(directory).join(package).with_extension(std::env::consts::EXE_EXTENSION))
    }
}

/// All that the tests need; `release` for a binary that is installed.
pub(crate) fn everything(release: bool) -> Result<Built> {
    let built = product(if release { Scope::Release } else { Scope::Workspace })?;
    guests()?;
    languages::build(&built.palisade)?;
    projects::tools_where_possible()?;
    Ok(built)
}

/// The binary, the simulator and the bundles.
pub(crate) fn product(scope: Scope) -> Result<Built> {
    ensure_wasm_target()?;
    explain(scope)?;
    let bundles = bundles::all()?;
    // Side by side: toward the end of either build one crate waits for the other, and a core for both.
    let (binaries, components) = thread::scope(|threads| {
        let components = threads.spawn(|| bundles.iter().try_for_each(build_component));
        (binaries(scope), components.join())
    });
    let [palisade, simulator] = binaries?;
    components.map_err(|_| anyhow!("building the components panicked"))??;
    let key = signing::signing(&palisade)?.key;
    for bundle in &bundles {
        pack(&palisade, bundle, &key, &zip(bundle)?)?;
    }
    built_with(palisade, simulator, &bundles)
}

fn built_with(palisade: PathBuf, simulator: PathBuf, bundles: &[Bundle]) -> Result<Built> {
    let bundles = bundles.iter().map(zip).collect::<Result<Vec<PathBuf>>>()?;
    let bundle = bundles.first().context("there is no bundle")?.clone();
    Ok(Built { palisade, simulator, bundle, bundles })
}

/// Says what takes minutes, where nothing is built yet.
fn explain(scope: Scope) -> Result<()> {
    if scope == Scope::Workspace || scope.binary("palisade")?.exists() {
        return Ok(());
    }
    let mut tree = cargo(["tree", "--locked", "--edges", "no-dev", "--prefix", "none"])?;
    let tree = output(tree.args(programs()?.iter().flat_map(|name| ["--package", name])))?;
    let crates: BTreeSet<&[u8]> = tree.split(|byte| *byte == b'\n').collect();
    let time = if scope == Scope::Release { "ten" } else { "five" };
    eprintln!(
        "Compiling Palisade, a simulated tenant, and the component. This is about {} crates: the compiler and runtime of \
         WebAssembly (wasmtime, cranelift), TLS, SQLite and the web service. It takes about {time} minutes on two cores the \
         first time, and seconds from then on. Cargo shows how many crates are done.",
        crates.len()
    );
    Ok(())
}

/// What was built before, without building it.
pub(crate) fn built() -> Result<Built> {
    let [palisade, simulator] = programs()?;
    let (palisade, simulator) = (Scope::Workspace.binary(&palisade)?, Scope::Workspace.binary(&simulator)?);
    let built = built_with(palisade, simulator, &bundles::all()?)?;
    for path in [&built.palisade, &built.simulator].into_iter().chain(&built.bundles) {
        ensure!(path.exists(), "`{}` is missing: run `cargo xtask build` first", path.display());
    }
    Ok(built)
}

/// The packages of [`PROGRAMS`].
fn programs() -> Result<[String; 2]> {
    let (packages, root) = (Packages::read()?, paths::root()?);
    let name = |directory: &str| -> Result<String> {
        Ok(packages.in_directory(&root.join(directory))?.name.clone())
    };
    let [product, simulator] = PROGRAMS;
    Ok([name(product)?, name(simulator)?])
}

/// `palisade` and the simulator, in one call.
pub(crate) fn binaries(scope: Scope) -> Result<[PathBuf; 2]> {
    let programs = programs()?;
    let mut build = if scope == Scope::Workspace {
        let mut build = lint::workspace("build")?;
        build.arg("--all-targets");
        build
    } else {
        let mut build = cargo(["build", "--locked"])?;
        build.args(programs.iter().flat_map(|name| ["--package", name]));
        build
    };
    run(build.args(["--profile", scope.profile().0]))?;
    let [palisade, simulator] = programs;
    Ok([scope.binary(&palisade)?, scope.binary(&simulator)?])
}

/// An optimised binary of the workspace, by the name of its package.
pub(crate) fn release_binary(package: &str) -> Result<PathBuf> {
    run(&mut cargo(["build", "--locked", "--package", package, "--profile", "release"])?)?;
    Scope::Release.binary(package)
}

/// Builds a bundle's component. Each bundle has a call of cargo of its own: with several packages in one, the features that
/// one asks for would change the components of the others.
pub(crate) fn build_component(bundle: &Bundle) -> Result<()> {
    let mut build = cargo(["build", "--locked", "--package", &bundle.package])?;
    // Quiet: the other build beside it shows its progress.
    build.args(["--quiet", "--lib", "--target", WASM_TARGET, "--profile", "component"]);
    run(build.env("CARGO_ENCODED_RUSTFLAGS", remapped_paths()?))
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

/// Where the zip of a bundle is.
fn zip(bundle: &Bundle) -> Result<PathBuf> {
    Ok(paths::products()?.join(&bundle.id).with_extension("zip"))
}

/// Packs a bundle whose component is built, by the binary's own `pack`, and signs it with `key`.
pub(crate) fn pack(palisade: &Path, bundle: &Bundle, key: &Path, zip: &Path) -> Result<()> {
    let component = paths::target()?.join(WASM_TARGET).join("component").join(&bundle.component);
    let bill = paths::products()?.join(format!("{}.cdx.json", bundle.id));
    software_bill::write(&bundle.package, WASM_TARGET, &bill)?;
    let mut pack = Command::new(palisade);
    pack.arg("pack").arg("--manifest").arg(&bundle.manifest);
    pack.arg("--license").arg(paths::root()?.join("LICENSE"));
    for (option, file) in [("--readme", "README.md"), ("--changelog", "CHANGELOG.md"), ("--icon", "icon.svg")]
    {
        pack.arg(option).arg(bundle.directory.join(file));
    }
    pack.arg("--component").arg(component.with_extension("wasm")).arg("--sbom").arg(&bill);
    run(pack.arg("--sign").arg(key).arg("--out").arg(zip))
}
