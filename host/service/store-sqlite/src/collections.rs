//! Data collections and their uploaded files, in pieces, so that none is ever held whole.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_store::{
    CollectionId, CollectionRow, Collections, Counted, FileId, FileRow, NewCollection, NewFile, StoreError,
    Version, spelling,
};
use rusqlite::{OptionalExtension as _, Row, Transaction};
use serde_json::Value;

use crate::error::{Error, missing, taken};
use crate::rows::{Columns, json, json_or_none, millis, moment, params, to_json};
use crate::{SqliteStore, version};

fn read(row: &Row<'_>) -> rusqlite::Result<CollectionRow> {
    Ok(CollectionRow {
        id: row.column("id")?,
        name: row.column("name")?,
        description: row.column("description")?,
        source: json(row, "source")?,
        filter: json(row, "filter")?,
        created_at: moment(row, "created_at")?,
        created_by: row.column("created_by")?,
        modified_at: moment(row, "modified_at")?,
        version: Version(row.column("version")?),
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
) -> Result<(), Error> {
    let sql = "SELECT 1 FROM collections WHERE id = ?1";
    if transaction.query_row(sql, params![id], |_| Ok(())).optional()?.is_none() {
        return Err(missing("collection", id));
    }
    let sql = "SELECT version FROM collections WHERE id = ?1";
    version::check(transaction, sql, params![id], "collection", expected)
}

#[async_trait]
impl Collections for SqliteStore {
    async fn add_collection(
        &self,
        new: &NewCollection,
        who: &str,
        now: Timestamp,
    ) -> Result<CollectionId, StoreError> {
        let (new, who) = (new.clone(), who.to_owned());
        let (source, filter) = (to_json("source", &new.source)?, to_json("filter", &new.filter)?);
        self.write(move |transaction| {
            transaction
                .execute(
                    "INSERT INTO collections (name, description, source, filter, created_at, created_by, modified_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)",
                    params![new.name, new.description, source, filter, millis(now), who],
                )
                .map_err(taken("collection", &new.name))?;
            Ok(CollectionId(transaction.last_insert_rowid()))
        }).await
    }

    async fn change_collection(
        &self,
        id: CollectionId,
        new: &NewCollection,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let new = new.clone();
        let (source, filter) = (to_json("source", &new.source)?, to_json("filter", &new.filter)?);
        self.write(move |transaction| {
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
                .map_err(taken("collection", &new.name))?;
            Ok(())
        })
        .await
    }

    async fn count_collection(
        &self,
        id: CollectionId,
        version: Version,
        counted: Counted,
    ) -> Result<(), StoreError> {
        let counted = to_json("counted", &counted)?;
        self.write(move |transaction| {
            let sql = "UPDATE collections SET counted = ?1 WHERE id = ?2 AND version = ?3";
            transaction.execute(sql, params![counted, id, version.0])?;
            Ok(())
        })
        .await
    }

    async fn collections(&self) -> Result<Vec<CollectionRow>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM collections ORDER BY name COLLATE alphabetical")?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn collection(&self, id: CollectionId) -> Result<CollectionRow, StoreError> {
        self.read(move |connection| {
            connection
                .query_row("SELECT * FROM collections WHERE id = ?1", params![id], read)
                .optional()?
                .ok_or_else(|| missing("collection", id))
        })
        .await
    }

    async fn remove_collection(&self, id: CollectionId) -> Result<Vec<String>, StoreError> {
        self.write(move |transaction| {
            let sql = "SELECT name FROM workflows WHERE collection = ?1 ORDER BY name COLLATE alphabetical";
            let users: Vec<String> = transaction
                .prepare(sql)?
                .query_map(params![id], |row| row.column(0))?
                .collect::<Result<_, _>>()?;
            if users.is_empty()
                && transaction.execute("DELETE FROM collections WHERE id = ?1", params![id])? == 0
            {
                return Err(missing("collection", id));
            }
            Ok(users)
        })
        .await
    }

    async fn files(&self, collection: CollectionId) -> Result<Vec<FileRow>, StoreError> {
        self.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM files WHERE collection = ?1 ORDER BY id")?;
            let rows = statement.query_map(params![collection], |row| {
                Ok(FileRow {
                    id: row.column("id")?,
                    name: row.column("name")?,
                    bytes: row.column::<i64>("bytes")?.unsigned_abs(),
                    digest: row.column("digest")?,
                    uploaded_at: moment(row, "uploaded_at")?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    async fn replace_files(
        &self,
        collection: CollectionId,
        files: Vec<NewFile>,
        source: Option<&Value>,
        expected: Option<Version>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let source = source.cloned();
        let source = source.as_ref().map(|source| to_json("source", source)).transpose()?;
        self.write(move |transaction| {
            check_version(transaction, collection, expected)?;
            if let Some(source) = source {
                let sql = "UPDATE collections SET source = ?1 WHERE id = ?2";
                transaction.execute(sql, params![source, collection])?;
            }
            transaction.execute("DELETE FROM files WHERE collection = ?1", params![collection])?;
            for NewFile { name, digest, content, objects } in files {
                let bytes = i64::try_from(content.bytes()).unwrap_or(i64::MAX);
                transaction.execute(
                    "INSERT INTO files (collection, name, bytes, digest, uploaded_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![collection, name, bytes, digest, millis(now)],
                )?;
                let id = transaction.last_insert_rowid();
                let mut insert = transaction
                    .prepare_cached("INSERT INTO file_chunks (file, place, data) VALUES (?1, ?2, ?3)")?;
                for (piece, place) in content.into_pieces().iter().zip(0_i64..) {
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
        }).await
    }

    async fn replace_file_objects(
        &self,
        collection: CollectionId,
        objects: &[Vec<(String, String)>],
    ) -> Result<(), StoreError> {
        let objects = objects.to_vec();
        let files = self.files(collection).await?;
        self.write(move |transaction| {
            for (file, objects) in files.iter().zip(&objects) {
                transaction.execute("DELETE FROM file_objects WHERE file = ?1", params![file.id])?;
                insert_objects(transaction, file.id, objects)?;
            }
            Ok(())
        })
        .await
    }

    async fn file_piece(&self, file: FileId, place: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        self.read(move |connection| {
            let sql = "SELECT data FROM file_chunks WHERE file = ?1 AND place = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_row(params![file, place], |row| row.column(0)).optional()?)
        })
        .await
    }
}
