//! The objects of a run by themselves, without what became of them: some by their places, and how many there are of each type.

use rusqlite::{OptionalExtension as _, params};

use crate::rows::json;
use crate::{RunId, Store, StoreError, StoredObject};

impl Store {
    /// The objects at these places of a run, in the order of the places; there may be none at a place.
    ///
    /// # Errors
    /// Where there is no such run.
    pub fn objects_at(&self, run: RunId, places: &[u64]) -> Result<Vec<(u64, StoredObject)>, StoreError> {
        self.read(|connection| {
            if !connection.prepare_cached("SELECT 1 FROM runs WHERE id = ?1")?.exists([run])? {
                return Err(StoreError::missing("run", run));
            }
            let mut statement = connection.prepare_cached(
                "SELECT subtype, value, platform_id, file, location, record FROM run_objects
                 WHERE run = ?1 AND place = ?2",
            )?;
            let mut found = Vec::new();
            for place in places {
                let object = statement
                    .query_row(params![run, i64::try_from(*place).unwrap_or(i64::MAX)], |row| {
                        Ok(StoredObject {
                            subtype: row.get("subtype")?,
                            value: row.get("value")?,
                            platform_id: row.get("platform_id")?,
                            file: row.get("file")?,
                            location: row.get("location")?,
                            record: json(row, "record")?,
                        })
                    })
                    .optional()?;
                found.extend(object.map(|object| (*place, object)));
            }
            Ok(found)
        })
    }

    /// The types of a run's objects and how many there are of each, by name. What could not be read has none.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn object_types(&self, run: RunId) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT subtype, COUNT(*) FROM run_objects WHERE run = ?1 AND subtype <> ''
                GROUP BY subtype ORDER BY subtype COLLATE alphabetical";
            let rows = connection
                .prepare_cached(sql)?
                .query_map([run], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?
                .collect::<Result<_, _>>()?;
            Ok(rows)
        })
    }
}
