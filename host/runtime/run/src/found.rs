//! What an action finds, and where it is kept: each batch together with its cursor, or not at all.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use palisade_engine::contract;
use palisade_limits as limits;
use palisade_model::{Attribute, FoundBatch, FoundObject, Moment, Reference, Relation};
use serde::{Deserialize, Serialize};

use crate::given_back::typed;

/// Where batches are kept.
pub trait Ingest: Send {
    /// The cursor of the last batch that is kept with one.
    fn cursor(&self) -> Option<Vec<u8>>;

    /// Keeps a batch with its cursor, at once and durably.
    ///
    /// # Errors
    /// If it cannot be kept. Nothing of it is kept then.
    fn keep(&mut self, batch: &FoundBatch) -> io::Result<()>;
}

/// A file with one batch on each line, as JSON.
#[derive(Debug)]
pub struct FoundFile {
    path: PathBuf,
    file: File,
    cursor: Option<Vec<u8>>,
}

/// The part of a line that the next run needs.
#[derive(Deserialize)]
struct CursorOnly {
    #[serde(default, with = "crate::encoded::optional")]
    cursor: Option<Vec<u8>>,
}

/// A batch as a line of the file.
#[derive(Serialize)]
struct Line<'batch> {
    #[serde(with = "crate::encoded::optional")]
    cursor: &'batch Option<Vec<u8>>,
    #[serde(flatten)]
    batch: &'batch FoundBatch,
}

impl FoundFile {
    /// Opens a file, which is created if it is missing, and looks for the last cursor in it. A last line that was being written when
    /// its process ended is removed.
    ///
    /// # Errors
    /// If it cannot be read and written, another process works with it, or a line is not a batch.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.try_lock().map_err(io::Error::from)?;
        let (mut cursor, mut whole) = (None, 0_u64);
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        for number in 1_u64.. {
            line.clear();
            let most = limits::PENDING_FILE_LINE_BYTES;
            let length = (&mut reader).take(most).read_until(b'\n', &mut line)?;
            if length == 0 || !line.ends_with(b"\n") {
                break;
            }
            let read: CursorOnly = serde_json::from_slice(&line)
                .map_err(|error| io::Error::other(format!("line {number} is not a batch: {error}")))?;
            cursor = read.cursor.or(cursor);
            whole = whole.saturating_add(length as u64);
        }
        file.set_len(whole)?;
        file.seek(io::SeekFrom::End(0))?;
        Ok(Self { path: path.to_owned(), file, cursor })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Ingest for FoundFile {
    fn cursor(&self) -> Option<Vec<u8>> {
        self.cursor.clone()
    }

    fn keep(&mut self, batch: &FoundBatch) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line { cursor: &batch.cursor, batch })?;
        line.push(b'\n');
        let before = self.file.metadata()?.len();
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.file.set_len(before)?;
            return Err(error);
        }
        self.cursor = batch.cursor.clone().or(self.cursor.take());
        Ok(())
    }
}

/// A batch as the domain has it.
pub(crate) fn batch(batch: contract::Batch) -> FoundBatch {
    FoundBatch {
        found: batch.found.into_iter().map(found).collect(),
        gone: batch.gone.into_iter().map(reference).collect(),
        cursor: batch.cursor,
        complete: batch.complete,
    }
}

fn found(found: contract::Found) -> FoundObject {
    let contract::Found { object, about, relations } = found;
    let attribute = |one: contract::Attribute| Attribute { name: one.name, value: typed(one.value) };
    let relation = |one: contract::Relation| Relation { name: one.name, to: reference(one.to) };
    FoundObject {
        kind: object.kind,
        subtype: object.subtype,
        value: object.value,
        id: object.id,
        score: object.score,
        status: object.status,
        description: object.description,
        attributes: object.attributes.into_iter().map(attribute).collect(),
        tags: object.tags,
        expires: object.expires.map(Moment),
        about,
        relations: relations.into_iter().map(relation).collect(),
    }
}

fn reference(reference: contract::Reference) -> Reference {
    Reference { kind: reference.kind, subtype: reference.subtype, value: reference.value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(cursor: Option<&[u8]>) -> FoundBatch {
        let gone =
            Reference { kind: "Alert".to_owned(), subtype: "Workbench".to_owned(), value: "1".to_owned() };
        FoundBatch {
            found: Vec::new(),
            gone: vec![gone],
            cursor: cursor.map(<[u8]>::to_vec),
            complete: false,
        }
    }

    #[test]
    fn a_batch_is_kept_with_its_cursor_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("found.jsonl");
        let mut file = FoundFile::open(&path).unwrap();
        assert_eq!(file.cursor(), None);
        file.keep(&of(Some(b"1"))).unwrap();
        file.keep(&of(None)).unwrap();
        assert_eq!(file.cursor().as_deref(), Some(&b"1"[..]));
        assert!(FoundFile::open(&path).is_err(), "one process at a time");
        drop(file);
        let whole = std::fs::read(&path).unwrap();
        // A third batch that was being written.
        std::fs::write(&path, [&whole[..], b"{\"cursor\":\"Mg==\",\"fou"].concat()).unwrap();
        let mut file = FoundFile::open(&path).unwrap();
        assert_eq!(file.cursor().as_deref(), Some(&b"1"[..]));
        file.keep(&of(Some(b"3"))).unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3);
        assert_eq!(FoundFile::open(&path).unwrap().cursor().as_deref(), Some(&b"3"[..]));
    }
}
