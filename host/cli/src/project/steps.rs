//! `palisade.dev.toml`: how a project is built, tested and tried. Pure.
//!
//! An unknown key is an error: a misspelled `test` would otherwise skip the tests without a word.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// The file's name, in the project's directory.
pub(crate) const FILE_NAME: &str = "palisade.dev.toml";

/// How a project is built, tested and tried.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Steps {
    /// Shell commands that build the component, in order.
    pub(crate) build: Vec<String>,
    /// Where they write it, relative to the project.
    pub(crate) component: PathBuf,
    /// Shell commands that test the project, in order; the packed bundle is there when they run.
    #[serde(default)]
    pub(crate) test: Vec<String>,
    /// The dry run at the end.
    pub(crate) run: DryRun,
}

/// A dry run of the packed bundle.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DryRun {
    /// The action's id.
    pub(crate) action: String,
    /// The files of the collection, relative to the project.
    pub(crate) collection: Vec<PathBuf>,
    /// Parameters, by name.
    #[serde(default)]
    pub(crate) set: BTreeMap<String, String>,
}

impl Steps {
    /// Reads the file's text.
    ///
    /// # Errors
    /// What is wrong and where, in several lines.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_key_is_refused_and_located() {
        let error = Steps::parse(
            "build = [\"make\"]\ncomponent = \"a.wasm\"\ntests = [\"make test\"]\n[run]\naction = \"send\"\ncollection = []\n",
        )
        .unwrap_err();
        assert!(error.contains("unknown field `tests`") && error.contains("line 3"), "{error}");
    }
}
