//! The guests in other languages than Rust: builds and packs the two Webhook export bundles, each with the tools of its
//! language at the versions that the examples pin. What was built from the same inputs is not built again.
//!
//! A machine where these tools are not to be had builds everything else: what is left out is said, and with
//! `PALISADE_REQUIRE_PEERS` set it is an error.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::cargo::run_within;
use crate::paths;

/// Installing the tools: some 100 MB from a registry, on a slow line.
pub(crate) const INSTALL: Duration = Duration::from_secs(600);
/// Building or compiling one guest takes up to a minute on two busy cores.
const BUILD: Duration = Duration::from_secs(300);
/// The example, below the repository's root.
const EXAMPLE: &str = "examples/webhook-export";

/// A language of the example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    JavaScript,
}

impl Language {
    pub(crate) const ALL: [Self; 2] = [Self::Python, Self::JavaScript];

    /// The directory of its example, and the last part of its zip's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::JavaScript => "javascript",
        }
    }

    /// The programs that have to be there.
    fn programs(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["python3"],
            Self::JavaScript => &["node", "npm"],
        }
    }

    /// The files that say which tools are used.
    fn tool_files(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["requirements.txt"],
            Self::JavaScript => &["package.json", "package-lock.json"],
        }
    }
}

/// Builds the bundle of each language and gives the zips; those whose tools are not to be had are left out.
pub(crate) fn build(palisade: &Path) -> Result<Vec<PathBuf>> {
    let mut zips = Vec::new();
    for language in Language::ALL {
        let zip = paths::products()?.join(format!("webhook-export-{}.zip", language.name()));
        let work = paths::products()?.join("languages").join(language.name());
        match ready(language, &work) {
            Ok(()) => {
                bundle(language, palisade, &work, &zip)?;
                zips.push(zip);
            }
            Err(error) => {
                // A zip of an earlier build would be tested in the place of this one.
                let _ = std::fs::remove_file(&zip);
                let error = error.context(format!("the tools for {language:?} are not to be had"));
                if std::env::var_os("PALISADE_REQUIRE_PEERS").is_some() {
                    return Err(error);
                }
                eprintln!("left out: {error:#}");
            }
        }
    }
    Ok(zips)
}

/// Sees to it that the tools are in `work`.
fn ready(language: Language, work: &Path) -> Result<()> {
    for program in language.programs() {
        let version = Command::new(program).arg("--version").output();
        if !version.is_ok_and(|output| output.status.success()) {
            bail!("`{program}` is missing");
        }
    }
    std::fs::create_dir_all(work)?;
    let example = example(language)?;
    once(&work.join("tools.inputs"), &tools(language, &example)?, || install(language, &example, work))
}

fn bundle(language: Language, palisade: &Path, work: &Path, zip: &Path) -> Result<()> {
    let example = example(language)?;
    let mut sources = below(&example.join("source"))?;
    sources.extend(below(&paths::root()?.join("wit"))?);
    if language == Language::JavaScript {
        sources.push(example.join("build.js"));
    }
    let component = work.join("component.wasm");
    let made_of = [inputs(sources)?, tools(language, &example)?].concat();
    once(&work.join("component.inputs"), &made_of, || componentize(language, &example, work, &component))?;
    pack(palisade, &example, &component, zip)
}

fn example(language: Language) -> Result<PathBuf> {
    Ok(paths::root()?.join(EXAMPLE).join(language.name()))
}

fn tools(language: Language, example: &Path) -> Result<Vec<u8>> {
    inputs(language.tool_files().iter().map(|file| example.join(file)).collect())
}

/// Installs the tools into `work`.
fn install(language: Language, example: &Path, work: &Path) -> Result<()> {
    match language {
        Language::Python => {
            let environment = work.join("environment");
            run_within(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment), INSTALL)?;
            let mut pip = Command::new(environment.join("bin/pip"));
            pip.args(["install", "--quiet", "--disable-pip-version-check", "--requirement"]);
            run_within(pip.arg(example.join("requirements.txt")), INSTALL)
        }
        Language::JavaScript => {
            for file in language.tool_files() {
                paths::copy(&example.join(file), &work.join(file))?;
            }
            let mut npm = Command::new("npm");
            npm.args(["ci", "--no-audit", "--no-fund", "--loglevel", "error"]).current_dir(work);
            run_within(&mut npm, INSTALL)
        }
    }
}

/// Builds the component.
fn componentize(language: Language, example: &Path, work: &Path, component: &Path) -> Result<()> {
    let wit = paths::root()?.join("wit");
    let mut build = match language {
        Language::Python => {
            let mut build = Command::new(work.join("environment/bin/componentize-py"));
            build.arg("--wit-path").arg(wit).args(["--world", "bundle", "componentize", "--python-path"]);
            build.arg(example.join("source")).arg("--output").arg(component).arg("webhook_export");
            build
        }
        // Node.js looks for packages beside the file that asks for them.
        Language::JavaScript => {
            paths::copy(&example.join("build.js"), &work.join("build.js"))?;
            let to = work.join("source");
            if to.exists() {
                std::fs::remove_dir_all(&to)?;
            }
            std::fs::create_dir_all(&to)?;
            for file in below(&example.join("source"))? {
                paths::copy(&file, &to.join(file.file_name().context("a source has a name")?))?;
            }
            let mut build = Command::new("node");
            build.arg("build.js").arg(wit).arg(component);
            build
        }
    };
    run_within(build.current_dir(work), BUILD)
}

fn pack(palisade: &Path, example: &Path, component: &Path, zip: &Path) -> Result<()> {
    let mut pack = Command::new(palisade);
    pack.arg("pack").arg("--component").arg(component).arg("--out").arg(zip);
    pack.arg("--license").arg(paths::root()?.join("LICENSE"));
    for (option, file) in [
        ("--manifest", "manifest.yaml"),
        ("--readme", "README.md"),
        ("--changelog", "CHANGELOG.md"),
        ("--icon", "icon.svg"),
        ("--sbom", "sbom.cdx.json"),
    ] {
        pack.arg(option).arg(example.join(file));
    }
    run_within(&mut pack, BUILD)?;
    // Compiled here, one after the other, for the tests that run side by side: one takes a minute of a development build.
    let mut validate = Command::new(palisade);
    validate.args(["validate", "--allow-unsigned"]).arg(zip);
    run_within(validate.env("PALISADE_CACHE_DIR", paths::products()?.join("cache")), BUILD)
}

/// Does something unless it was done with the same inputs before; `record` keeps them.
pub(crate) fn once(record: &Path, inputs: &[u8], make: impl FnOnce() -> Result<()>) -> Result<()> {
    if std::fs::read(record).is_ok_and(|before| before == inputs) {
        return Ok(());
    }
    let _ = std::fs::remove_file(record);
    make()?;
    std::fs::write(record, inputs).with_context(|| format!("cannot write `{}`", record.display()))
}

/// Names and contents of files, as one text that is the same exactly where they are.
pub(crate) fn inputs(mut files: Vec<PathBuf>) -> Result<Vec<u8>> {
    files.sort();
    let mut text = Vec::new();
    for file in files {
        let content = std::fs::read(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        text.extend_from_slice(format!("{} {}\n", file.display(), content.len()).as_bytes());
        text.extend_from_slice(&content);
    }
    Ok(text)
}

/// The files below a directory; what an interpreter leaves behind is none of them.
fn below(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).with_context(|| format!("cannot read `{}`", next.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                if !path.ends_with("__pycache__") {
                    open.push(path);
                }
            } else {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_the_same_inputs_is_made_once() {
        let directory = std::env::temp_dir().join(format!("palisade-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let record = directory.join("record");
        let made = std::cell::Cell::new(0);
        let make = |inputs: &[u8]| {
            once(&record, inputs, || {
                made.set(made.get() + 1);
                Ok(())
            })
        };
        make(b"a").unwrap();
        make(b"a").unwrap();
        make(b"b").unwrap();
        assert_eq!(made.get(), 2);
        assert!(once(&record, b"c", || bail!("it fails")).is_err());
        make(b"b").unwrap();
        assert_eq!(made.get(), 3);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
