//! The projects that `palisade new` writes: templates that are part of the binary, with the project's name put in, and the
//! contract as this host has it. Pure.
//!
//! Denies by default: a name that is none cannot become part of a file; a placeholder that is not known stays visible, and a
//! test says that there is none.

pub(crate) mod steps;
mod templates;

use serde::Serialize;

/// The languages that there are templates for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    /// Built with `cargo` for `wasm32-wasip2`
    Rust,
    /// Built with componentize-py
    Python,
    /// Built with ComponentizeJS
    Javascript,
    /// Built with Go's own compiler for WASI 0.1, `wit-bindgen` and `wasm-tools`
    Go,
    /// Built with clang, wasi-libc, `wit-bindgen` and `wasm-tools`
    C,
}

impl Language {
    /// The language's name for people.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Javascript => "JavaScript",
            Self::Go => "Go",
            Self::C => "C",
        }
    }
}

/// A project's name, which is also its bundle's id: lower case, words joined by `-`, for example `hash-lookup`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

/// Longest name: it becomes part of paths, and a file's name has 255 bytes at most on common systems.
const NAME_BYTES: usize = 64;

/// Why a text cannot be a project's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NotAName {
    text: String,
}

impl NotAName {
    /// The stable code of the error.
    pub(crate) fn code(&self) -> &'static str {
        "project-name"
    }

    /// What to do about it.
    pub(crate) fn hint(&self) -> String {
        format!(
            "lower case letters and digits, words joined by `-`, at most {NAME_BYTES}, for example `hash-lookup`"
        )
    }
}

impl std::fmt::Display for NotAName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "`{}` cannot be the name of a project", self.text.escape_debug())
    }
}

impl Name {
    /// Reads a name.
    ///
    /// # Errors
    /// Anything but lower case letters and digits, beginning with a letter, in words joined by `-`.
    pub(crate) fn parse(text: &str) -> Result<Self, NotAName> {
        let word = |word: &str| {
            !word.is_empty() && word.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
        };
        let fits = text.len() <= NAME_BYTES
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split('-').all(word);
        if fits { Ok(Self(text.to_owned())) } else { Err(NotAName { text: text.to_owned() }) }
    }

    /// The name as it was given.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As people write it: `Hash lookup`.
    fn title(&self) -> String {
        let words = self.0.replace('-', " ");
        let mut letters = words.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
    }

    /// As Rust and cargo name a crate's files: `hash_lookup`.
    fn module(&self) -> String {
        self.0.replace('-', "_")
    }
}

/// The files of a project: path relative to its directory, with `/` between directories, and content.
pub(crate) fn files(language: Language, name: &Name) -> Vec<(String, String)> {
    let own = templates::of(language).iter().chain(templates::COMMON);
    let own = own.map(|(path, content)| ((*path).to_owned(), fill_in(content, name)));
    let contract = contract().map(|(path, content)| (format!("wit/{path}"), content.to_owned()));
    own.chain(contract).collect()
}

/// The files of the contract: path relative to a directory of their own, and content.
pub(crate) fn contract() -> impl Iterator<Item = (&'static str, &'static str)> {
    templates::CONTRACT.iter().copied()
}

fn fill_in(template: &str, name: &Name) -> String {
    template
        .replace("{{name}}", name.as_str())
        .replace("{{title}}", &name.title())
        .replace("{{module}}", &name.module())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const ALL: [Language; 5] =
        [Language::Rust, Language::Python, Language::Javascript, Language::Go, Language::C];

    #[test]
    fn a_name_is_an_id() {
        for text in ["a", "hash-lookup", "a1-b2"] {
            assert_eq!(Name::parse(text).unwrap().as_str(), text);
        }
        let long = "a".repeat(NAME_BYTES + 1);
        for text in ["", "A", "1a", "-a", "a-", "a--b", "a_b", "a b", "../a", "a/b", "ä", &long] {
            assert!(Name::parse(text).is_err(), "{text}");
        }
        let name = Name::parse("hash-lookup").unwrap();
        assert_eq!((name.title(), name.module()), ("Hash lookup".to_owned(), "hash_lookup".to_owned()));
    }

    #[test]
    fn every_placeholder_is_filled_in() {
        for language in ALL {
            for (path, content) in files(language, &Name::parse("hash-lookup").unwrap()) {
                // What Rust and Python write for a brace in a text is followed by a space.
                let open = content
                    .split("{{")
                    .skip(1)
                    .any(|rest| rest.starts_with(|one: char| one.is_ascii_lowercase()));
                assert!(!open, "{language:?}: {path}");
                assert!(!content.is_empty(), "{language:?}: {path}");
            }
        }
    }

    /// The test of a packed bundle in C is the one in Python.
    const SHARED: (&str, &str) = ("c", "tests/test_action.py");

    /// The files below a directory, relative to it.
    fn below(directory: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![directory.to_owned()];
        while let Some(next) = open.pop() {
            for entry in std::fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    open.push(path);
                } else {
                    found.insert(path.strip_prefix(directory).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        found
    }

    #[test]
    fn the_whole_contract_is_part_of_a_project() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("wit");
        let embedded: BTreeSet<String> =
            templates::CONTRACT.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(embedded, below(&root));
    }

    #[test]
    fn every_template_is_part_of_a_project() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let tables = [
            ("common", templates::COMMON),
            ("rust", templates::of(Language::Rust)),
            ("python", templates::of(Language::Python)),
            ("javascript", templates::of(Language::Javascript)),
            ("go", templates::of(Language::Go)),
            ("c", templates::of(Language::C)),
        ];
        for (directory, table) in tables {
            // Three have another name here: `.gitignore` would hide files of this repository, the workflow would run in it, and
            // cargo leaves a directory with a `Cargo.toml` out of a package.
            let embedded: BTreeSet<String> = table
                .iter()
                .filter(|(path, _)| *path != "LICENSE" && (directory, *path) != SHARED)
                .map(|(path, _)| match *path {
                    ".gitignore" => "gitignore".to_owned(),
                    "Cargo.toml" => "manifest.toml".to_owned(),
                    ".github/workflows/check.yml" => "github-workflow.yml".to_owned(),
                    other => other.to_owned(),
                })
                .collect();
            assert_eq!(embedded, below(&root.join(directory)), "{directory}");
        }
    }

    #[test]
    fn palisade_dev_knows_the_steps_of_every_project() {
        for language in ALL {
            let files = files(language, &Name::parse("hash-lookup").unwrap());
            let (_, text) = files.iter().find(|(path, _)| path == steps::FILE_NAME).unwrap();
            let steps = steps::Steps::parse(text).unwrap();
            assert!(!steps.build.is_empty() && !steps.test.is_empty(), "{language:?}");
        }
    }

    #[test]
    fn the_manifest_of_a_project_is_valid() {
        let files = files(Language::Rust, &Name::parse("hash-lookup").unwrap());
        let (_, manifest) = files.iter().find(|(path, _)| path == "manifest.yaml").unwrap();
        palisade_bundle::Manifest::parse(manifest, "manifest.yaml").unwrap();
    }
}
