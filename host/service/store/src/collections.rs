//! Data collections and their uploaded files, in pieces, so that none is ever held whole.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{CollectionId, FileId, FileWriter, StoreError, Version};

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
pub struct NewCollection {
    /// Unique name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Where its objects come from.
    pub source: Value,
    /// Its filter.
    pub filter: Value,
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

/// Data collections and their files.
#[async_trait]
pub trait Collections: Send + Sync {
    /// Creates a collection.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where there is one of this name.
    async fn add_collection(
        &self,
        new: &NewCollection,
        who: &str,
        now: Timestamp,
    ) -> Result<CollectionId, StoreError>;

    /// Changes a collection that has the expected version, if one is given.
    ///
    /// # Errors
    /// If there is no collection with this id, or another one with this name. [`StoreError::Changed`] if it has another version.
    async fn change_collection(
        &self,
        id: CollectionId,
        new: &NewCollection,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Keeps how many objects a collection had, for lists that do not read it. This is no change of the collection.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn count_collection(
        &self,
        id: CollectionId,
        version: Version,
        counted: Counted,
    ) -> Result<(), StoreError>;

    /// All collections by name.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn collections(&self) -> Result<Vec<CollectionRow>, StoreError>;

    /// One collection.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn collection(&self, id: CollectionId) -> Result<CollectionRow, StoreError>;

    /// Removes a collection with its files. Where workflows use it, nothing is removed and they are named.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn remove_collection(&self, id: CollectionId) -> Result<Vec<String>, StoreError>;

    /// The files of a collection, in the order of their uploads.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn files(&self, collection: CollectionId) -> Result<Vec<FileRow>, StoreError>;

    /// Replaces the files of a collection, and how they are read if that is given, all at once: a run sees the ones or the others.
    ///
    /// # Errors
    /// If there is no such collection. [`StoreError::Changed`] if a version is expected and it has another one.
    async fn replace_files(
        &self,
        collection: CollectionId,
        files: Vec<NewFile>,
        source: Option<&Value>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Replaces the objects that the search knows of a collection's files, in the order of the files, because the files are read in
    /// another way. Objects are types and values.
    ///
    /// # Errors
    /// If the state cannot be written.
    async fn replace_file_objects(
        &self,
        collection: CollectionId,
        objects: &[Vec<(String, String)>],
    ) -> Result<(), StoreError>;

    /// One piece of a file, from 0 on; none after the last one. [`FileReader`](crate::FileReader) reads a whole file.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn file_piece(&self, file: FileId, place: u64) -> Result<Option<Vec<u8>>, StoreError>;
}
