//! Builds the binaries, the component, the guests of the tests, and the bundle's zip.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;
use std::thread;

use anyhow::{Context as _, Result, anyhow, ensure};

use crate::cargo::{WASM_TARGET, cargo, ensure_wasm_target, output, run};
use crate::{languages, lint, paths, projects, signing, software_bill};

/// What a user runs, by package: the product, and what stands in for a tenant.
const PRODUCT: [&str; 2] = ["palisade", "vision-one-simulator"];
/// The name of the bundle's zip.
const BUNDLE: &str = "trend-vision-one.zip";

/// What was built.
pub(crate) struct Built {
    pub(crate) palisade: PathBuf,
    pub(crate) simulator: PathBuf,
    pub(crate) bundle: PathBuf,
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

/// The binary, the simulator and the bundle.
pub(crate) fn product(scope: Scope) -> Result<Built> {
    ensure_wasm_target()?;
    explain(scope)?;
    // Side by side: toward the end of either build one crate waits for the other, and a core for both.
    let (binaries, component) = thread::scope(|threads| {
        let component = threads.spawn(component);
        (binaries(scope), component.join())
    });
    let [palisade, simulator] = binaries?;
    let component = component.map_err(|_| anyhow!("building the component panicked"))??;
    let bundle = pack(&palisade, &component)?;
    Ok(Built { palisade, simulator, bundle })
}

/// Says what takes minutes, where nothing is built yet.
fn explain(scope: Scope) -> Result<()> {
    if scope == Scope::Workspace || scope.binary("palisade")?.exists() {
        return Ok(());
    }
    let mut tree = cargo(["tree", "--locked", "--edges", "no-dev", "--prefix", "none"])?;
    let tree = output(tree.args(PRODUCT.iter().flat_map(|name| ["--package", name])))?;
    let crates: BTreeSet<&[u8]> = tree.split(|byte| *byte == b'\n').collect();
    let time = if scope == Scope::Release { "ten" } else { "five" };
    eprintln!(
        "Compiling Palisade, a simulated Vision One, and the component. This is about {} crates: the compiler and runtime of \
         WebAssembly (wasmtime, cranelift), TLS, SQLite and the web service. It takes about {time} minutes on two cores the \
         first time, and seconds from then on. Cargo shows how many crates are done.",
        crates.len()
    );
    Ok(())
}

/// What was built before, without building it.
pub(crate) fn built() -> Result<Built> {
    let [palisade, simulator] = PRODUCT;
    let built = Built {
        palisade: Scope::Workspace.binary(palisade)?,
        simulator: Scope::Workspace.binary(simulator)?,
        bundle: paths::products()?.join(BUNDLE),
    };
    for path in [&built.palisade, &built.simulator, &built.bundle] {
        ensure!(path.exists(), "`{}` is missing: run `cargo xtask build` first", path.display());
    }
    Ok(built)
}

/// `palisade` and the simulator, in one call.
pub(crate) fn binaries(scope: Scope) -> Result<[PathBuf; 2]> {
    let mut build = if scope == Scope::Workspace {
        let mut build = lint::workspace("build")?;
        build.arg("--all-targets");
        build
    } else {
        let mut build = cargo(["build", "--locked"])?;
        build.args(PRODUCT.iter().flat_map(|name| ["--package", name]));
        build
    };
    run(build.args(["--profile", scope.profile().0]))?;
    let [palisade, simulator] = PRODUCT;
    Ok([scope.binary(palisade)?, scope.binary(simulator)?])
}

/// An optimised binary of the workspace, by the name of its package.
pub(crate) fn release_binary(package: &str) -> Result<PathBuf> {
    run(&mut cargo(["build", "--locked", "--package", package, "--profile", "release"])?)?;
    Scope::Release.binary(package)
}

/// The component of the Vision One bundle.
fn component() -> Result<PathBuf> {
    let mut build = cargo(["build", "--locked", "--package", "palisade-vision-one"])?;
    // Quiet: the other build beside it shows its progress.
    build.args(["--quiet", "--lib", "--target", WASM_TARGET, "--profile", "component"]);
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
    let zip = paths::products()?.join(BUNDLE);
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
