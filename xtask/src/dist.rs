//! `cargo xtask dist`: the release for this machine, in one directory. `docs/releasing.md` describes its files, how to verify them and
//! how to build them for other targets. Nothing is published.

mod archive;
mod checksums;
mod container;
mod licences;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use self::archive::{Archive, Entry};
use crate::build::{self, Scope};
use crate::bundles::{self, Bundle};
use crate::cargo::{ensure_wasm_target, output, run};
use crate::packages::Packages;
use crate::{paths, signing, software_bill};

/// What a shell's completions are called where it looks for them.
const COMPLETIONS: [(&str, &str); 5] = [
    ("bash", "palisade.bash"),
    ("elvish", "palisade.elv"),
    ("fish", "palisade.fish"),
    ("powershell", "_palisade.ps1"),
    ("zsh", "_palisade"),
];
/// Files of the repository that belong beside the binary.
const DOCUMENTS: [&str; 5] =
    ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "deploy/palisade.service"];

/// How a release is built.
pub(crate) struct Options<'a> {
    /// The directory; replaced if it exists.
    pub(crate) to: Option<&'a Path>,
    /// The secret key that signs the bundles, with the public key beside it. By default the key of the target directory.
    pub(crate) key: Option<&'a Path>,
    /// Uses the development build that exists.
    pub(crate) no_build: bool,
}

/// Builds the release and prints its files.
pub(crate) fn dist(options: &Options<'_>) -> Result<()> {
    let to = match options.to {
        Some(directory) => std::path::absolute(directory)?,
        None => paths::target()?.join("dist"),
    };
    let bundles = bundles::all()?;
    // Refused before anything is built.
    check(&to)?;
    let palisade = program(&bundles, options.no_build)?;
    let package = package()?;
    let target = target()?;
    let release = Release {
        name: format!("{}-{}-{target}", package.0, package.1),
        package: package.0,
        target,
        work: paths::products()?.join("dist"),
        palisade,
        to: to.with_extension("partial"),
    };
    release.write(&bundles, options.key)?;
    let files = checksums::write(&release.to)?;
    // A release that failed leaves an earlier one in its place.
    remove(&to)?;
    fs::rename(&release.to, &to).with_context(|| format!("cannot write `{}`", to.display()))?;
    for file in files {
        println!("{}", to.join(file).display());
    }
    Ok(())
}

/// Refuses a directory that is not an earlier release: it may contain anything.
fn check(directory: &Path) -> Result<()> {
    let is_empty = !directory.exists() || fs::read_dir(directory)?.next().is_none();
    ensure!(
        is_empty || directory.join(checksums::FILE).is_file(),
        "`{}` is not empty, and it is not an earlier release: it has no `{}`",
        directory.display(),
        checksums::FILE
    );
    Ok(())
}

fn remove(directory: &Path) -> Result<()> {
    if directory.exists() {
        fs::remove_dir_all(directory).with_context(|| format!("cannot replace `{}`", directory.display()))?;
    }
    Ok(())
}

/// Builds the binary and the components, or takes those that exist.
fn program(bundles: &[Bundle], no_build: bool) -> Result<PathBuf> {
    if no_build {
        eprintln!("packaging a development build, which is not for use");
        return Ok(build::built()?.palisade);
    }
    ensure_wasm_target()?;
    let [palisade, _] = build::binaries(Scope::Release)?;
    bundles.iter().try_for_each(build::build_component)?;
    Ok(palisade)
}

/// Name and version of the product's package.
fn package() -> Result<(String, String)> {
    let packages = Packages::read()?;
    let package = packages.in_directory(&paths::root()?.join("host/cli"))?;
    Ok((package.name.clone(), package.version.clone()))
}

/// The target that the compiler builds for by default.
fn target() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let text = String::from_utf8(output(Command::new(rustc).arg("-vV").current_dir(paths::root()?))?)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    Ok(host.to_owned())
}

/// A release under construction.
struct Release {
    /// The name that all its files begin with.
    name: String,
    /// The product's package.
    package: String,
    target: String,
    /// Files that go into archives.
    work: PathBuf,
    palisade: PathBuf,
    /// The directory of the release until it is complete.
    to: PathBuf,
}

impl Release {
    fn write(&self, bundles: &[Bundle], key: Option<&Path>) -> Result<()> {
        for directory in [&self.work, &self.to] {
            remove(directory)?;
            fs::create_dir_all(directory)
                .with_context(|| format!("cannot create `{}`", directory.display()))?;
        }
        self.bundles(bundles, key)?;
        let bill = self.to.join(format!("{}.cdx.json", self.name));
        software_bill::write(&self.package, &self.target, &bill)?;
        self.archive(&bill)?;
        self.container()
    }

    /// The signed zips, each verified with the public key that is beside them.
    fn bundles(&self, bundles: &[Bundle], key: Option<&Path>) -> Result<()> {
        let key = match key {
            Some(key) => key.to_owned(),
            None => signing::signing(&self.palisade)?.key,
        };
        let public = self.to.join("bundles.pub");
        paths::copy(&key.with_extension("pub"), &public)?;
        for bundle in bundles {
            let zip = self.to.join(format!("{}-{}.zip", bundle.id, bundle.version));
            build::pack(&self.palisade, bundle, &key, &zip)?;
            run(Command::new(&self.palisade).arg("verify").arg(&zip).arg("--key").arg(&public))?;
        }
        Ok(())
    }

    /// What is installed: the binary with its documents, completions and man pages.
    fn archive(&self, bill: &Path) -> Result<()> {
        let mut archive = Archive::create(&self.to.join(format!("{}.tar.gz", self.name)))?;
        let mut add = |name: &str, entry: Entry<'_>| archive.add(&format!("{}/{name}", self.name), entry);
        add("palisade", Entry::Program(&fs::read(&self.palisade)?))?;
        for document in DOCUMENTS {
            let path = paths::root()?.join(document);
            let name = path.file_name().context("a document has a name")?.to_string_lossy();
            add(&name, Entry::File(&fs::read(&path)?))?;
        }
        add("sbom.cdx.json", Entry::File(&fs::read(bill)?))?;
        add(
            "THIRD-PARTY-LICENSES.txt",
            Entry::File(licences::text(&self.package, &self.target)?.as_bytes()),
        )?;
        for (shell, file) in COMPLETIONS {
            let text = output(Command::new(&self.palisade).args(["generate", "completions", shell]))?;
            add(&format!("completions/{file}"), Entry::File(&text))?;
        }
        let pages = self.work.join("man1");
        run(Command::new(&self.palisade).args(["generate", "man"]).arg(&pages))?;
        for page in paths::files_in(&pages)? {
            let name = page.file_name().context("a page has a name")?.to_string_lossy();
            add(&format!("man/man1/{name}"), Entry::File(&fs::read(&page)?))?;
        }
        archive.finish()
    }

    /// What `docker build` and `podman build` accept on standard input: an image of the binary, without a compiler.
    fn container(&self) -> Result<()> {
        let recipe = paths::root()?.join("deploy/Containerfile");
        let recipe =
            fs::read_to_string(&recipe).with_context(|| format!("cannot read `{}`", recipe.display()))?;
        let program = fs::read(&self.palisade)?;
        if let Some(version) = container::newer_than_its_base(&program) {
            eprintln!(
                "warning: this binary needs glibc {version}, and the container's base has {}: build on an older system, as \
                 docs/releasing.md describes",
                container::BASE_GLIBC
            );
        }
        let mut archive = Archive::create(&self.to.join(format!("{}-container.tar.gz", self.name)))?;
        archive.add("Containerfile", Entry::File(container::of_a_binary(&recipe)?.as_bytes()))?;
        archive.add("palisade", Entry::Program(&program))?;
        archive.add(container::STATE, Entry::Directory)?;
        ensure!(program.len() > 1_000_000, "`{}` is not a binary", self.palisade.display());
        archive.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_earlier_release_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        check(&directory.path().join("missing")).unwrap();
        check(directory.path()).unwrap();
        fs::write(directory.path().join("mine"), "").unwrap();
        assert!(check(directory.path()).is_err());
        fs::write(directory.path().join(checksums::FILE), "").unwrap();
        check(directory.path()).unwrap();
    }
}
