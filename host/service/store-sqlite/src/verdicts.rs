//! The objects of runs and what became of them. A verdict stands once it is written: there is no second one.

use std::fmt::Write as _;

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_model::{Verdict, VerdictCounts};
use palisade_store::{
    Activation, FailedObject, NewVerdict, ObjectFilter, ObjectOrder, ObjectRow, Page, Reason, RunId,
    StoreError, StoredObject, VerdictRow, Verdicts, folded, spelling,
};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction};

use crate::SqliteStore;
use crate::error::{Error, missing};
use crate::rows::{Columns, json, limit, millis, moment_or_none, offset, params, to_json};
use crate::tasks::fence;

pub(crate) fn counts(connection: &Connection, run: RunId, step: Option<u32>) -> Result<VerdictCounts, Error> {
    let mut statement = connection.prepare_cached(
        "SELECT verdict, SUM(count) FROM verdict_counts WHERE run = ?1 AND (?2 IS NULL OR step = ?2) GROUP BY verdict",
    )?;
    let mut counts = VerdictCounts::default();
    let mut rows = statement.query(params![run, step])?;
    while let Some(row) = rows.next()? {
        counts.add(row.column(0)?, row.column::<i64>(1)?.unsigned_abs());
    }
    Ok(counts)
}

/// Gives a run its objects, unless it has some.
pub(crate) fn offer(
    transaction: &Transaction<'_>,
    run: RunId,
    objects: &[StoredObject],
) -> Result<(), Error> {
    let taken = transaction.execute(
        "UPDATE runs SET objects = ?1 WHERE id = ?2 AND objects IS NULL",
        params![i64::try_from(objects.len()).unwrap_or(i64::MAX), run],
    )?;
    if taken == 0 {
        return Ok(());
    }
    let mut insert = transaction.prepare_cached(
        "INSERT INTO run_objects (run, place, subtype, value, platform_id, file, location, record, search_key)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (object, place) in objects.iter().zip(1_i64..) {
        insert.execute(params![
            run,
            place,
            object.subtype,
            object.value,
            object.platform_id,
            object.file,
            object.location,
            to_json("record", &object.record)?,
            spelling::key(&object.value)
        ])?;
    }
    Ok(())
}

/// Writes verdicts; one that stands already stays, and is not counted again.
pub(crate) fn record(
    transaction: &Transaction<'_>,
    run: RunId,
    step: u32,
    verdicts: &[NewVerdict],
    now: Timestamp,
) -> Result<(), Error> {
    let mut insert = transaction.prepare_cached(
        "INSERT INTO verdicts (run, step, place, verdict, code, message, submissions, decided_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (run, step, place) DO NOTHING",
    )?;
    let mut counts = VerdictCounts::default();
    for verdict in verdicts {
        let added = insert.execute(params![
            run,
            step,
            i64::try_from(verdict.place).unwrap_or(i64::MAX),
            verdict.verdict,
            verdict.code,
            verdict.message,
            to_json("submissions", &verdict.submissions)?,
            millis(now)
        ])?;
        counts.add(verdict.verdict, added as u64);
    }
    let mut count = transaction.prepare_cached(
        "INSERT INTO verdict_counts (run, step, verdict, count) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (run, step, verdict) DO UPDATE SET count = count + excluded.count",
    )?;
    for kind in Verdict::ALL.iter().filter(|kind| counts.of(**kind) > 0) {
        count.execute(params![run, step, *kind, i64::try_from(counts.of(*kind)).unwrap_or(i64::MAX)])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    let verdict = match row.column::<Option<Verdict>>("verdict")? {
        Some(verdict) => Some(VerdictRow {
            verdict,
            code: row.column("code")?,
            message: row.column("message")?,
            submissions: json(row, "submissions")?,
            decided_at: moment_or_none(row, "decided_at")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(ObjectRow {
        place: row.column::<i64>("place")?.unsigned_abs(),
        object: StoredObject {
            subtype: row.column("subtype")?,
            value: row.column("value")?,
            platform_id: row.column("platform_id")?,
            file: row.column("file")?,
            location: row.column("location")?,
            record: json(row, "record")?,
        },
        verdict,
    })
}

pub(crate) const JOINED: &str = "run_objects AS object LEFT JOIN verdicts AS verdict
    ON verdict.run = object.run AND verdict.step = ?2 AND verdict.place = object.place";

const COLUMNS: &str =
    "object.place AS place, subtype, value, platform_id, file, location, record, verdict, code,
    message, submissions, decided_at";

/// The order of a list of objects, in the language of ORDER BY: no two objects have the same place in it.
pub(crate) fn ordered(order: ObjectOrder, descending: bool) -> String {
    let direction = if descending { "DESC" } else { "ASC" };
    match order {
        ObjectOrder::Place => format!("object.place {direction}"),
        ObjectOrder::Value => format!("value COLLATE alphabetical {direction}, object.place"),
        ObjectOrder::Type => {
            format!("subtype COLLATE alphabetical {direction}, value COLLATE alphabetical, object.place")
        }
        ObjectOrder::Verdict => format!("verdict {direction}, code, object.place"),
    }
}

/// What a filter demands of [`JOINED`]. Parameters: run, step, verdict, type, code and [`folded`] text.
pub(crate) fn conditions(filter: &ObjectFilter) -> String {
    let mut conditions = "object.run = ?1 AND (?3 IS NULL OR verdict = ?3) AND (?4 IS NULL OR subtype = ?4)
        AND (?5 IS NULL OR code = ?5)
        AND (?6 IS NULL OR INSTR(folded(value), ?6) > 0 OR INSTR(folded(message), ?6) > 0)"
        .to_owned();
    if filter.open {
        let _ = write!(conditions, " AND verdict.place IS NULL");
    }
    conditions
}

#[async_trait]
impl Verdicts for SqliteStore {
    async fn record_verdicts(
        &self,
        activation: Activation,
        step: u32,
        verdicts: &[NewVerdict],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let verdicts = verdicts.to_vec();
        self.write(move |transaction| {
            fence(transaction, activation)?;
            record(transaction, activation.run, step, &verdicts, now)
        })
        .await
    }

    async fn open_objects(&self, run: RunId, step: u32) -> Result<Vec<ObjectRow>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM {JOINED} WHERE object.run = ?1 AND verdict.place IS NULL ORDER BY object.place"
            );
            Ok(connection.prepare_cached(&sql)?.query_map(params![run, step], read)?.collect::<Result<_, _>>()?)
        }).await
    }

    async fn run_objects(
        &self,
        run: RunId,
        step: u32,
        filter: &ObjectFilter,
        order: ObjectOrder,
        descending: bool,
        page: Page,
    ) -> Result<(Vec<ObjectRow>, u64), StoreError> {
        let filter = filter.clone();
        let (order, conditions) = (ordered(order, descending), conditions(&filter));
        let text = filter.text.as_deref().map(folded);
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM {JOINED} WHERE {conditions} ORDER BY {order} LIMIT ?7 OFFSET ?8"
            );
            let (kind, subtype, code) = (filter.verdict, &filter.subtype, &filter.code);
            let rows = connection
                .prepare_cached(&sql)?
                .query_map(params![run, step, kind, subtype, code, text, limit(page), offset(page)], read)?
                .collect::<Result<_, _>>()?;
            let total: i64 = connection
                .prepare_cached(&format!("SELECT COUNT(*) FROM {JOINED} WHERE {conditions}"))?
                .query_row(params![run, step, kind, subtype, code, text], |row| row.column(0))?;
            Ok((rows, total.unsigned_abs()))
        })
        .await
    }

    async fn object_story(
        &self,
        run: RunId,
        place: u64,
    ) -> Result<(StoredObject, Vec<(u32, VerdictRow)>), StoreError> {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM {JOINED} WHERE object.run = ?1 AND object.place = ?3");
            let object = connection
                .query_row(&sql, params![run, 0_u32, place], read)
                .optional()?
                .ok_or_else(|| missing("object", place))?;
            let sql = format!(
                "SELECT verdict.step AS step, {COLUMNS} FROM run_objects AS object
                JOIN verdicts AS verdict ON verdict.run = object.run AND verdict.place = object.place
                WHERE object.run = ?1 AND object.place = ?2 ORDER BY step"
            );
            let mut verdicts = Vec::new();
            let mut statement = connection.prepare_cached(&sql)?;
            for row in
                statement.query_map(params![run, place], |row| Ok((row.column("step")?, read(row)?)))?
            {
                let (step, row): (u32, ObjectRow) = row?;
                verdicts.extend(row.verdict.map(|verdict| (step, verdict)));
            }
            Ok((object.object, verdicts))
        })
        .await
    }

    async fn reasons(&self, run: RunId, step: u32) -> Result<Vec<Reason>, StoreError> {
        self.read(move |connection| {
            let sql = "SELECT verdict, code, MIN(message), COUNT(DISTINCT message), COUNT(*) FROM verdicts
                WHERE run = ?1 AND step = ?2 AND code IS NOT NULL GROUP BY verdict, code ORDER BY COUNT(*) DESC, code";
            let reason = |row: &Row<'_>| {
                Ok(Reason {
                    verdict: row.column(0)?,
                    code: row.column(1)?,
                    example: row.column::<Option<String>>(2)?.unwrap_or_default(),
                    messages: row.column::<i64>(3)?.unsigned_abs(),
                    count: row.column::<i64>(4)?.unsigned_abs(),
                })
            };
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map(params![run, step], reason)?.collect::<Result<_, _>>()?)
        }).await
    }

    async fn failed_objects(&self, run: RunId) -> Result<Vec<FailedObject>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS}, verdict.step AS step FROM run_objects AS object JOIN verdicts AS verdict
                 ON verdict.run = object.run AND verdict.place = object.place
                 WHERE object.run = ?1 AND EXISTS (SELECT 1 FROM verdicts AS failed
                     WHERE failed.run = object.run AND failed.place = object.place AND failed.verdict = 'failed')
                 ORDER BY object.place, step"
            );
            let mut statement = connection.prepare(&sql)?;
            let mut found: Vec<FailedObject> = Vec::new();
            for row in statement.query_map(params![run], |row| Ok((row.column("step")?, read(row)?)))? {
                let (step, row): (u32, ObjectRow) = row?;
                let Some(verdict) = row.verdict else { continue };
                match found.last_mut().filter(|failed| failed.place == row.place) {
                    Some(failed) => failed.verdicts.push((step, verdict.verdict)),
                    None => found.push(FailedObject {
                        place: row.place,
                        object: row.object,
                        verdicts: vec![(step, verdict.verdict)],
                    }),
                }
            }
            Ok(found)
        }).await
    }

    async fn finished_objects(&self, run: RunId, steps: u64) -> Result<Vec<StoredObject>, StoreError> {
        self.read(move |connection| {
            let sql = format!(
                "SELECT object.place AS place, subtype, value, platform_id, file, location, record, NULL AS verdict
                 FROM run_objects AS object WHERE object.run = ?1 AND ?2 = (SELECT COUNT(*) FROM verdicts AS verdict
                     WHERE verdict.run = object.run AND verdict.place = object.place
                         AND verdict.verdict <> '{}') ORDER BY object.place",
                Verdict::Failed
            );
            let steps = i64::try_from(steps).unwrap_or(i64::MAX);
            let rows = connection.prepare(&sql)?.query_map(params![run, steps], read)?.collect::<Result<Vec<_>, _>>()?;
            Ok(rows.into_iter().map(|row| row.object).collect())
        }).await
    }
}
