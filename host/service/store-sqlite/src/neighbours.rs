//! Where an object is in a list of its run's objects, and which objects are beside it there.

use async_trait::async_trait;
use palisade_store::{Neighbours, ObjectFilter, ObjectNeighbours, ObjectOrder, RunId, StoreError, folded};
use rusqlite::OptionalExtension as _;

use crate::SqliteStore;
use crate::rows::{Columns, params};
use crate::verdicts::{JOINED, conditions, ordered};

#[async_trait]
impl ObjectNeighbours for SqliteStore {
    async fn neighbours(
        &self,
        run: RunId,
        step: u32,
        filter: &ObjectFilter,
        order: ObjectOrder,
        descending: bool,
        place: u64,
    ) -> Result<Option<Neighbours>, StoreError> {
        let filter = filter.clone();
        let (order, conditions) = (ordered(order, descending), conditions(&filter));
        let text = filter.text.as_deref().map(folded);
        self.read(move |connection| {
            let sql = format!(
                "SELECT position, total, previous, next FROM (
                     SELECT object.place AS place, ROW_NUMBER() OVER list AS position, COUNT(*) OVER () AS total,
                         LAG(object.place) OVER list AS previous, LEAD(object.place) OVER list AS next
                     FROM {JOINED} WHERE {conditions} WINDOW list AS (ORDER BY {order}))
                 WHERE place = ?7"
            );
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            let (verdict, subtype, code) = (filter.verdict, &filter.subtype, &filter.code);
            let found = connection.prepare_cached(&sql)?.query_row(
                params![run, step, verdict, subtype, code, text, place],
                |row| {
                    let beside = |column: &str| {
                        Ok::<_, rusqlite::Error>(row.column::<Option<i64>>(column)?.map(i64::unsigned_abs))
                    };
                    Ok(Neighbours {
                        position: row.column::<i64>("position")?.unsigned_abs(),
                        total: row.column::<i64>("total")?.unsigned_abs(),
                        previous: beside("previous")?,
                        next: beside("next")?,
                    })
                },
            );
            Ok(found.optional()?)
        }).await
    }
}
