//! `palisade new`: writes a complete action project. What it consists of is [`crate::project`]'s; here it meets the disk.
//!
//! Denies by default: nothing that is there already is written over, and what cannot be written whole is said.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::answer::{Answer, Channel};
use crate::arguments::New;
use crate::failure::{Failure, WRONG_USAGE};
use crate::project::{self, Language, Name};
use crate::show;

/// What was written.
#[derive(Debug, Serialize)]
pub(crate) struct Written {
    /// Where.
    pub(crate) directory: PathBuf,
    /// In which language.
    pub(crate) language: Language,
    /// The files, relative to the directory.
    pub(crate) files: Vec<String>,
}

impl Answer for Written {
    fn text(&self) -> String {
        show::project::written(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }

    fn channel(&self) -> Channel {
        Channel::Error
    }
}

pub(crate) fn new(arguments: &New) -> Result<Box<dyn Answer>, Failure> {
    let name = Name::parse(&arguments.name).map_err(|fault| Failure {
        status: WRONG_USAGE,
        hint: Some(fault.hint()),
        ..Failure::new(fault.code(), fault.to_string())
    })?;
    let directory = arguments.directory.clone().unwrap_or_else(|| PathBuf::from(name.as_str()));
    must_be_free(&directory)?;
    let files = project::files(arguments.language, &name);
    for (path, content) in &files {
        write(&directory.join(path), content)?;
    }
    let files = files.into_iter().map(|(path, _)| path).collect();
    Ok(Box::new(Written { directory, language: arguments.language, files }))
}

/// Fails where the directory holds anything. One that is missing, or empty, is free.
fn must_be_free(directory: &Path) -> Result<(), Failure> {
    let taken = match fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => true,
        Err(error) => {
            return Err(Failure::file("project-not-written", "cannot look into", directory, &error));
        }
    };
    if taken {
        let message = format!("`{}` exists and is not an empty directory", directory.display());
        let hint = Some("name another one with `--directory`".to_owned());
        return Err(Failure { hint, ..Failure::new("directory-not-empty", message) });
    }
    Ok(())
}

/// Writes a file that is not there yet.
fn write(path: &Path, content: &str) -> Result<(), Failure> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::File::create_new(path))
        .and_then(|mut file| io::Write::write_all(&mut file, content.as_bytes()))
        .map_err(|error| Failure::file("project-not-written", "cannot write", path, &error))
}
