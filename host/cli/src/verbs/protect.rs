//! `palisade protect build`: warning lists, compiled into one file that a run loads in a moment.

use std::io;
use std::path::{Path, PathBuf};

use palisade_protect::{Builder, ListSummary};
use serde::Serialize;

use crate::answer::{Answer, Channel};
use crate::arguments::{Output, Protect, ProtectVerb};
use crate::failure::Failure;
use crate::files_named::FilesNamed;
use crate::show;

/// What was compiled.
#[derive(Debug, Serialize)]
pub(crate) struct Compiled {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    pub(crate) lists: Vec<ListSummary>,
    /// What protects nothing, as sentences.
    pub(crate) warnings: Vec<String>,
}

impl Answer for Compiled {
    fn text(&self) -> String {
        show::protect::compiled(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }

    fn channel(&self) -> Channel {
        Channel::Error
    }
}

pub(crate) fn protect(arguments: &Protect, output: Output) -> Result<Box<dyn Answer>, Failure> {
    let ProtectVerb::Build { out, lists } = &arguments.what;
    FilesNamed::default().read("JSON", lists).written("--out", [out]).check(output)?;
    let mut builder = Builder::new();
    for path in lists {
        for file in files(path)? {
            builder.add_file(&file)?;
        }
    }
    let built = builder.finish()?;
    built.write(out)?;
    Ok(Box::new(Compiled {
        path: out.clone(),
        size: built.bytes.len() as u64,
        warnings: built.warnings.iter().map(ToString::to_string).collect(),
        lists: built.lists,
    }))
}

/// The file itself, or in a directory every `*.json`, at any depth, in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: io::Error| {
        Failure::file("warning-list-unreadable", "cannot read the warning lists in", path, &error)
    };
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()
        .map_err(unreadable)?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        if entry.is_dir() && !entry.is_symlink() {
            found.extend(files(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "json") {
            found.push(entry);
        }
    }
    Ok(found)
}
