//! Files that an operator offers to an action, which sends them in forms. The action knows an artefact by its id, the SHA-256 of its
//! content, and never holds it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use palisade_model::{Format, Location, Object, Record, RecordSource, SourceError, Summary};
use sha2::{Digest as _, Sha256};

/// The kind of an object that is a file.
const FILE: &str = "File";
/// The type of a file that the host has.
const ARTEFACT: &str = "Artefact";
/// Bytes that are read at once.
const PIECE: usize = 64 * 1024;

/// Files by their ids.
#[derive(Debug, Clone, Default)]
pub struct Uploads(Arc<BTreeMap<String, PathBuf>>);

impl Uploads {
    /// These files.
    ///
    /// # Errors
    /// If one of them cannot be read; which one.
    pub fn of(paths: &[PathBuf]) -> Result<Self, (PathBuf, io::Error)> {
        let with_id = |path: &PathBuf| match digest(path) {
            Ok(id) => Ok((id, path.clone())),
            Err(error) => Err((path.clone(), error)),
        };
        Ok(Self(Arc::new(paths.iter().map(with_id).collect::<Result<_, _>>()?)))
    }

    /// The files as objects.
    #[must_use]
    pub fn source(&self) -> Box<dyn RecordSource> {
        Box::new(self.clone())
    }

    /// The content of a file. Of one with more bytes than `most`, one byte more than that.
    pub(crate) fn content(&self, id: &str, most: u64) -> Option<io::Result<Vec<u8>>> {
        let path = self.0.get(id)?;
        let mut content = Vec::new();
        let read = palisade_files::open(path)
            .and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut content));
        Some(read.map(|_| content))
    }
}

impl RecordSource for Uploads {
    fn name(&self) -> &str {
        "artefacts"
    }

    fn read(self: Box<Self>, sink: &mut dyn FnMut(Record)) -> Result<Summary, SourceError> {
        let mut summary = Summary::new("artefacts", Format::Text);
        for ((id, path), number) in self.0.iter().zip(1..) {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let object = Object::indicator(ARTEFACT, name, Location::Line(number));
            summary.objects += 1;
            sink(Record::Object(Object { kind: FILE.to_owned(), platform_id: Some(id.clone()), ..object }));
        }
        Ok(summary)
    }
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file: File = palisade_files::open(path)?;
    let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        let count = file.read(&mut piece)?;
        match piece.get(..count) {
            Some(read) if !read.is_empty() => digest.update(read),
            _ => return Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
        }
    }
}
