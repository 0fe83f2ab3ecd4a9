//! The objects of a run by themselves, without what became of them: some by their places, and how many there are of each type.

use async_trait::async_trait;
use palisade_store::{RunId, RunObjects, StoreError, StoredObject};
use rusqlite::OptionalExtension as _;

use crate::SqliteStore;
use crate::error::missing;
use crate::rows::{Columns, json, params};

#[async_trait]
impl RunObjects for SqliteStore {
    async fn objects_at(&self, run: RunId, places: &[u64]) -> Result<Vec<(u64, StoredObject)>, StoreError> {
        let places = places.to_vec();
        self.read(move |connection| {
            if !connection.prepare_cached("SELECT 1 FROM runs WHERE id = ?1")?.exists(params![run])? {
                return Err(missing("run", run));
            }
            let mut statement = connection.prepare_cached(
                "SELECT subtype, value, platform_id, file, location, record FROM run_objects
                 WHERE run = ?1 AND place = ?2",
            )?;
            let mut found = Vec::new();
            for place in places {
                let object = statement
                    .query_row(params![run, i64::try_from(place).unwrap_or(i64::MAX)], |row| {
                        Ok(StoredObject {
                            subtype: row.column("subtype")?,
                            value: row.column("value")?,
                            platform_id: row.column("platform_id")?,
                            file: row.column("file")?,
                            location: row.column("location")?,
                            record: json(row, "record")?,
                        })
                    })
                    .optional()?;
                found.extend(object.map(|object| (place, object)));
            }
            Ok(found)
        })
        .await
    }

    async fn object_types(&self, run: RunId) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT subtype, COUNT(*) FROM run_objects WHERE run = ?1 AND subtype <> ''
                GROUP BY subtype ORDER BY subtype COLLATE alphabetical";
            let rows = connection
                .prepare_cached(sql)?
                .query_map(params![run], |row| Ok((row.column(0)?, row.column::<i64>(1)?.unsigned_abs())))?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
        .await
    }
}
