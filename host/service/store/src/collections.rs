//! Data collections and their uploaded files, in pieces, so that none is ever held whole.

use std::io::{self, Read};

use jiff::Timestamp;
use palisade_limits as limits;
use rusqlite::{OptionalExtension as _, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::rows::{json, json_or_none, millis, moment, to_json};
use crate::{CollectionId, FileId, Store, StoreError, Version, spelling, version};

/// A data collection.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionRow {
    /// Identifies it.
    pub id: CollectionId,
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where its objects come from; what it means is for the reader to say.
    pub source: Value,
    /// Which of them are meant; likewise.
    pub filter: Value,
    /// When.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When last.
    pub modified_at: Timestamp,
    /// Raised by each change.
    pub version: Version,
    /// How many objects were found when it was last read.
    pub counted: Option<Counted>,
}

/// How many objects a collection had when it was last read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// Objects that match the filter.
    pub objects: u64,
    /// Objects that the filter excludes.
    pub filtered: u64,
    /// When.
    pub at: Timestamp,
}

/// A collection to make, or what is to become of one.
#[derive(Debug, Clone)]
pub struct NewCollection<'a> {
    /// Unique name.
    pub name: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Where its objects come from.
    pub source: &'a Value,
    /// Its filter.
    pub filter: &'a Value,
}

/// A file to add to a collection.
#[derive(Debug)]
pub struct NewFile {
    /// The name that it was uploaded under.
    pub name: String,
    /// SHA-256, hexadecimal.
    pub digest: String,
    /// Its content.
    pub content: FileWriter,
    /// Types and values of the objects that the search finds.
    pub objects: Vec<(String, String)>,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRow {
    /// Identifies it.
    pub id: FileId,
    /// The name that it was uploaded under.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub digest: String,
    /// When.
    pub uploaded_at: Timestamp,
}

fn read(row: &Row<'_>) -> rusqlite::Result<CollectionRow> {
    Ok(CollectionRow {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        source: json(row, "source")?,
        filter: json(row, "filter")?,
        created_at: moment(row, "created_at")?,
        created_by: row.get("created_by")?,
        modified_at: moment(row, "modified_at")?,
        version: Version(row.get("version")?),
        counted: json_or_none(row, "counted")?,
    })
}

/// Adds the objects of a file, as types and values, to those that the search knows.
fn insert_objects(
    transaction: &Transaction<'_>,
    file: FileId,
    objects: &[(String, String)],
) -> rusqlite::Result<()> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO file_objects (file, place, subtype, value, search_key) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for ((subtype, value), place) in objects.iter().zip(1_i64..) {
        insert.execute(params![file, place, subtype, value, spelling::key(value)])?;
    }
    Ok(())
}

fn check_version(
    transaction: &Transaction<'_>,
    id: CollectionId,
    expected: Option<Version>,
) -> Result<(), StoreError> {
    let sql = "SELECT 1 FROM collections WHERE id = ?1";
    if transaction.query_row(sql, [id], |_| Ok(())).optional()?.is_none() {
        return Err(StoreError::missing("collection", id));
    }
    let sql = "SELECT version FROM collections WHERE id = ?1";
    version::check(transaction, sql, &[&id], "collection", expected)
}

impl Store {
    /// Creates a collection.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where there is one of this name.
    pub fn add_collection(
        &self,
        new: &NewCollection<'_>,
        who: &str,
        now: Timestamp,
    ) -> Result<CollectionId, StoreError> {
        let (source, filter) = (to_json("source", new.source)?, to_json("filter", new.filter)?);
        self.write(|transaction| {
            transaction
                .execute(
                    "INSERT INTO collections (name, description, source, filter, created_at, created_by, modified_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)",
                    params![new.name, new.description, source, filter, millis(now), who],
                )
                .map_err(StoreError::taken("collection", new.name))?;
            Ok(CollectionId(transaction.last_insert_rowid()))
        })
    }

    /// Changes a collection that has the expected version, if one is given.
    ///
    /// # Errors
    /// If there is no collection with this id, or another one with this name. [`StoreError::Changed`] if it has another version.
    pub fn change_collection(
        &self,
        id: CollectionId,
        new: &NewCollection<'_>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (source, filter) = (to_json("source", new.source)?, to_json("filter", new.filter)?);
        self.write(|transaction| {
            check_version(transaction, id, expected)?;
            // The count was taken with the filter and the source that it had.
            transaction
                .execute(
                    "UPDATE collections SET name = ?1, description = ?2,
                         counted = CASE WHEN source = ?3 AND filter = ?4 THEN counted ELSE NULL END,
                         source = ?3, filter = ?4, modified_at = ?5, version = version + 1
                     WHERE id = ?6",
                    params![new.name, new.description, source, filter, millis(now), id],
                )
                .map_err(StoreError::taken("collection", new.name))?;
            Ok(())
        })
    }

    /// Keeps how many objects a collection had, for lists that do not read it. This is no change of the collection.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn count_collection(
        &self,
        id: CollectionId,
        version: Version,
        counted: Counted,
    ) -> Result<(), StoreError> {
        let counted = to_json("counted", &counted)?;
        self.write(|transaction| {
            let sql = "UPDATE collections SET counted = ?1 WHERE id = ?2 AND version = ?3";
            transaction.execute(sql, params![counted, id, version.0])?;
            Ok(())
        })
    }

    /// All collections by name.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn collections(&self) -> Result<Vec<CollectionRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM collections ORDER BY name COLLATE alphabetical")?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// One collection.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn collection(&self, id: CollectionId) -> Result<CollectionRow, StoreError> {
        self.read(|connection| {
            connection
                .query_row("SELECT * FROM collections WHERE id = ?1", [id], read)
                .optional()?
                .ok_or_else(|| StoreError::missing("collection", id))
        })
    }

    /// Removes a collection with its files. Where workflows use it, nothing is removed and they are named.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn remove_collection(&self, id: CollectionId) -> Result<Vec<String>, StoreError> {
        self.write(|transaction| {
            let sql = "SELECT name FROM workflows WHERE collection = ?1 ORDER BY name COLLATE alphabetical";
            let users: Vec<String> =
                transaction.prepare(sql)?.query_map([id], |row| row.get(0))?.collect::<Result<_, _>>()?;
            if users.is_empty() && transaction.execute("DELETE FROM collections WHERE id = ?1", [id])? == 0 {
                return Err(StoreError::missing("collection", id));
            }
            Ok(users)
        })
    }

    /// The files of a collection, in the order of their uploads.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn files(&self, collection: CollectionId) -> Result<Vec<FileRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM files WHERE collection = ?1 ORDER BY id")?;
            let rows = statement.query_map([collection], |row| {
                Ok(FileRow {
                    id: row.get("id")?,
                    name: row.get("name")?,
                    bytes: row.get::<_, i64>("bytes")?.unsigned_abs(),
                    digest: row.get("digest")?,
                    uploaded_at: moment(row, "uploaded_at")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Begins a file that becomes visible when its collection takes it: [`Store::replace_files`].
    #[must_use]
    pub fn file_writer(&self) -> FileWriter {
        FileWriter { pieces: Vec::new(), bytes: 0 }
    }

    /// Replaces the files of a collection, and how they are read if that is given, all at once: a run sees the ones or the others.
    ///
    /// # Errors
    /// If there is no such collection. [`StoreError::Changed`] if a version is expected and it has another one.
    pub fn replace_files(
        &self,
        collection: CollectionId,
        files: Vec<NewFile>,
        source: Option<&Value>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let source = source.map(|source| to_json("source", source)).transpose()?;
        self.write(|transaction| {
            check_version(transaction, collection, expected)?;
            if let Some(source) = source {
                let sql = "UPDATE collections SET source = ?1 WHERE id = ?2";
                transaction.execute(sql, params![source, collection])?;
            }
            transaction.execute("DELETE FROM files WHERE collection = ?1", [collection])?;
            for NewFile { name, digest, content: file, objects } in files {
                transaction.execute(
                    "INSERT INTO files (collection, name, bytes, digest, uploaded_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![collection, name, i64::try_from(file.bytes).unwrap_or(i64::MAX), digest, millis(now)],
                )?;
                let id = transaction.last_insert_rowid();
                let mut insert = transaction
                    .prepare_cached("INSERT INTO file_chunks (file, place, data) VALUES (?1, ?2, ?3)")?;
                for (piece, place) in file.pieces.iter().zip(0_i64..) {
                    insert.execute(params![id, place, piece])?;
                }
                insert_objects(transaction, FileId(id), &objects)?;
            }
            let changed = params![millis(now), collection];
            transaction.execute(
                "UPDATE collections SET modified_at = ?1, version = version + 1, counted = NULL WHERE id = ?2",
                changed,
            )?;
            Ok(())
        })
    }

    /// Replaces the objects that the search knows of a collection's files, in the order of the files, because the files are read in
    /// another way. Objects are types and values.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn replace_file_objects(
        &self,
        collection: CollectionId,
        objects: &[Vec<(String, String)>],
    ) -> Result<(), StoreError> {
        let files = self.files(collection)?;
        self.write(|transaction| {
            for (file, objects) in files.iter().zip(objects) {
                transaction.execute("DELETE FROM file_objects WHERE file = ?1", [file.id])?;
                insert_objects(transaction, file.id, objects)?;
            }
            Ok(())
        })
    }

    /// Reads a file from its beginning.
    #[must_use]
    pub fn file_reader(&self, file: FileId) -> FileReader {
        FileReader { store: self.clone(), file, next: 0, piece: io::Cursor::default() }
    }
}

/// A file that is being uploaded.
#[derive(Debug, Default)]
pub struct FileWriter {
    pieces: Vec<Vec<u8>>,
    bytes: u64,
}

impl FileWriter {
    /// Adds to its end.
    pub fn push(&mut self, mut bytes: &[u8]) {
        let most = usize::try_from(limits::STORE_PIECE_BYTES).unwrap_or(usize::MAX);
        while !bytes.is_empty() {
            if self.pieces.last().is_none_or(|piece| piece.len() >= most) {
                self.pieces.push(Vec::new());
            }
            let Some(piece) = self.pieces.last_mut() else { return };
            let (now, later) = bytes.split_at(bytes.len().min(most - piece.len()));
            piece.extend_from_slice(now);
            self.bytes += now.len() as u64;
            bytes = later;
        }
    }

    /// Reads what has been written so far.
    #[must_use]
    pub fn reader(&self) -> impl Read + Send + 'static {
        io::Cursor::new(self.pieces.concat())
    }

    /// How much there is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Reads an uploaded file piece by piece.
#[derive(Debug)]
pub struct FileReader {
    store: Store,
    file: FileId,
    next: i64,
    piece: io::Cursor<Vec<u8>>,
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let (file, place) = (self.file, self.next);
            let piece: Option<Vec<u8>> = self
                .store
                .read(|connection| {
                    let mut statement = connection
                        .prepare_cached("SELECT data FROM file_chunks WHERE file = ?1 AND place = ?2")?;
                    Ok(statement.query_row(params![file, place], |row| row.get(0)).optional()?)
                })
                .map_err(io::Error::other)?;
            let Some(piece) = piece else { return Ok(0) };
            self.piece = io::Cursor::new(piece);
            self.next += 1;
        }
    }
}
