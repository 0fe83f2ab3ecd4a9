//! Where an object is in a list of its run's objects, and which objects are beside it there.

use rusqlite::{OptionalExtension as _, params};

use crate::collation::folded;
use crate::rows::ByName;
use crate::verdicts::{JOINED, conditions, ordered};
use crate::{ObjectFilter, ObjectOrder, RunId, Store, StoreError};

/// The place of an object in a filtered and sorted list, and the objects beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbours {
    /// Its position in the list, from 1 on.
    pub position: u64,
    /// How many objects the list has.
    pub total: u64,
    /// The place in the run of the object before it.
    pub previous: Option<u64>,
    /// The place in the run of the object after it.
    pub next: Option<u64>,
}

impl Store {
    /// The neighbours of an object in the list that [`Store::run_objects`] returns for these arguments; none if the object is
    /// not in it.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn neighbours(
        &self,
        run: RunId,
        step: u32,
        filter: &ObjectFilter,
        order: ObjectOrder,
        descending: bool,
        place: u64,
    ) -> Result<Option<Neighbours>, StoreError> {
        let (order, conditions) = (ordered(order, descending), conditions(filter));
        let text = filter.text.as_deref().map(folded);
        self.read(|connection| {
            let sql = format!(
                "SELECT position, total, previous, next FROM (
                     SELECT object.place AS place, ROW_NUMBER() OVER list AS position, COUNT(*) OVER () AS total,
                         LAG(object.place) OVER list AS previous, LEAD(object.place) OVER list AS next
                     FROM {JOINED} WHERE {conditions} WINDOW list AS (ORDER BY {order}))
                 WHERE place = ?7"
            );
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            let (verdict, subtype, code) = (filter.verdict.map(ByName), &filter.subtype, &filter.code);
            let found = connection.prepare_cached(&sql)?.query_row(
                params![run, step, verdict, subtype, code, text, place],
                |row| {
                    let beside = |column: &str| {
                        Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(i64::unsigned_abs))
                    };
                    Ok(Neighbours {
                        position: row.get::<_, i64>("position")?.unsigned_abs(),
                        total: row.get::<_, i64>("total")?.unsigned_abs(),
                        previous: beside("previous")?,
                        next: beside("next")?,
                    })
                },
            );
            Ok(found.optional()?)
        })
    }
}
