//! The objects of runs and what became of them. A verdict stands once it is written: there is no second one.

use std::fmt::Write as _;

use jiff::Timestamp;
use palisade_model::{Verdict, VerdictCounts};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, params};
use serde_json::Value;

use crate::collation::folded;
use crate::rows::{ByName, json, millis, moment_or_none, names, to_json};
use crate::tasks::fence;
use crate::{Activation, Page, RunId, Store, StoreError, spelling};

/// An object of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredObject {
    /// Its type.
    pub subtype: String,
    /// Its value.
    pub value: String,
    /// The platform's identifier.
    pub platform_id: Option<String>,
    /// Where it was read.
    pub file: String,
    /// Its place there.
    pub location: String,
    /// All that is known of it; what it means is for the reader to say.
    pub record: Value,
}

/// A verdict to write.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVerdict {
    /// The object's place in its run.
    pub place: u64,
    /// What became of it.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
    /// What was submitted for it.
    pub submissions: Value,
}

/// A verdict as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct VerdictRow {
    /// What became of the object.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
    /// What was submitted for it.
    pub submissions: Value,
    /// When.
    pub decided_at: Timestamp,
}

/// An object of a run with its verdict in one step.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectRow {
    /// From 1 on.
    pub place: u64,
    /// The object.
    pub object: StoredObject,
    /// Its verdict, where there is one.
    pub verdict: Option<VerdictRow>,
}

/// Objects of one step with the same verdict for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The verdict.
    pub verdict: Verdict,
    /// The code of the reason.
    pub code: String,
    /// The message of one of them.
    pub example: String,
    /// How many different messages they have.
    pub messages: u64,
    /// How many objects.
    pub count: u64,
}

/// An object that failed in some step.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedObject {
    /// Its place in the run.
    pub place: u64,
    /// The object.
    pub object: StoredObject,
    /// Its verdict in each step that judged it.
    pub verdicts: Vec<(u32, Verdict)>,
}

/// Which objects of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectFilter {
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// Without any.
    pub open: bool,
    /// Of this type.
    pub subtype: Option<String>,
    /// With this reason.
    pub code: Option<String>,
    /// With this in the value or the reason.
    pub text: Option<String>,
}

names! {
    /// In which order.
    ObjectOrder {
        /// That of the run.
        Place = "place",
        /// By value.
        Value = "value",
        /// By type, then value.
        Type = "type",
        /// By verdict, then reason.
        Verdict = "verdict",
    }
}

pub(crate) fn counts(
    connection: &Connection,
    run: RunId,
    step: Option<u32>,
) -> Result<VerdictCounts, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT verdict, SUM(count) FROM verdict_counts WHERE run = ?1 AND (?2 IS NULL OR step = ?2) GROUP BY verdict",
    )?;
    let mut counts = VerdictCounts::default();
    let mut rows = statement.query(params![run, step])?;
    while let Some(row) = rows.next()? {
        counts.add(row.get::<_, ByName<_>>(0)?.0, row.get::<_, i64>(1)?.unsigned_abs());
    }
    Ok(counts)
}

/// Gives a run its objects, unless it has some.
pub(crate) fn offer(
    transaction: &Transaction<'_>,
    run: RunId,
    objects: &[StoredObject],
) -> Result<(), StoreError> {
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
) -> Result<(), StoreError> {
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
            ByName(verdict.verdict),
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
        count.execute(params![
            run,
            step,
            ByName(*kind),
            i64::try_from(counts.of(*kind)).unwrap_or(i64::MAX)
        ])?;
    }
    Ok(())
}

fn read(row: &Row<'_>) -> rusqlite::Result<ObjectRow> {
    let verdict = match row.get::<_, Option<ByName<Verdict>>>("verdict")? {
        Some(ByName(verdict)) => Some(VerdictRow {
            verdict,
            code: row.get("code")?,
            message: row.get("message")?,
            submissions: json(row, "submissions")?,
            decided_at: moment_or_none(row, "decided_at")?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(ObjectRow {
        place: row.get::<_, i64>("place")?.unsigned_abs(),
        object: StoredObject {
            subtype: row.get("subtype")?,
            value: row.get("value")?,
            platform_id: row.get("platform_id")?,
            file: row.get("file")?,
            location: row.get("location")?,
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

impl Store {
    /// Writes verdicts as they happen.
    ///
    /// # Errors
    /// [`StoreError::Fenced`]: nothing was written.
    pub fn record_verdicts(
        &self,
        activation: Activation,
        step: u32,
        verdicts: &[NewVerdict],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(|transaction| {
            fence(transaction, activation)?;
            record(transaction, activation.run, step, verdicts, now)
        })
    }

    /// The objects that have no verdict in this step, in their order.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn open_objects(&self, run: RunId, step: u32) -> Result<Vec<ObjectRow>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM {JOINED} WHERE object.run = ?1 AND verdict.place IS NULL ORDER BY object.place"
            );
            Ok(connection.prepare_cached(&sql)?.query_map(params![run, step], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// Objects of a run with their verdicts in one step, and how many there are in all.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn run_objects(
        &self,
        run: RunId,
        step: u32,
        filter: &ObjectFilter,
        order: ObjectOrder,
        descending: bool,
        page: Page,
    ) -> Result<(Vec<ObjectRow>, u64), StoreError> {
        let (order, conditions) = (ordered(order, descending), conditions(filter));
        let text = filter.text.as_deref().map(folded);
        self.read(|connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM {JOINED} WHERE {conditions} ORDER BY {order} LIMIT ?7 OFFSET ?8"
            );
            let (kind, subtype, code) = (filter.verdict.map(ByName), &filter.subtype, &filter.code);
            let rows = connection
                .prepare_cached(&sql)?
                .query_map(params![run, step, kind, subtype, code, text, page.limit(), page.offset()], read)?
                .collect::<Result<_, _>>()?;
            let total: i64 = connection
                .prepare_cached(&format!("SELECT COUNT(*) FROM {JOINED} WHERE {conditions}"))?
                .query_row(params![run, step, kind, subtype, code, text], |row| row.get(0))?;
            Ok((rows, total.unsigned_abs()))
        })
    }

    /// One object of a run with its verdict in each step, by the steps' places.
    ///
    /// # Errors
    /// Where there is no such object.
    pub fn object_story(
        &self,
        run: RunId,
        place: u64,
    ) -> Result<(StoredObject, Vec<(u32, VerdictRow)>), StoreError> {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        self.read(|connection| {
            let sql = format!("SELECT {COLUMNS} FROM {JOINED} WHERE object.run = ?1 AND object.place = ?3");
            let object = connection
                .query_row(&sql, params![run, 0, place], read)
                .optional()?
                .ok_or_else(|| StoreError::missing("object", place))?;
            let sql = format!(
                "SELECT verdict.step AS step, {COLUMNS} FROM run_objects AS object
                JOIN verdicts AS verdict ON verdict.run = object.run AND verdict.place = object.place
                WHERE object.run = ?1 AND object.place = ?2 ORDER BY step"
            );
            let mut verdicts = Vec::new();
            let mut statement = connection.prepare_cached(&sql)?;
            for row in statement.query_map(params![run, place], |row| Ok((row.get("step")?, read(row)?)))? {
                let (step, row): (u32, ObjectRow) = row?;
                verdicts.extend(row.verdict.map(|verdict| (step, verdict)));
            }
            Ok((object.object, verdicts))
        })
    }

    /// Verdicts by kind and reason in one step, the most frequent first, each with an example.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn reasons(&self, run: RunId, step: u32) -> Result<Vec<Reason>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT verdict, code, MIN(message), COUNT(DISTINCT message), COUNT(*) FROM verdicts
                WHERE run = ?1 AND step = ?2 AND code IS NOT NULL GROUP BY verdict, code ORDER BY COUNT(*) DESC, code";
            let reason = |row: &Row<'_>| {
                Ok(Reason {
                    verdict: row.get::<_, ByName<_>>(0)?.0,
                    code: row.get(1)?,
                    example: row.get::<_, Option<String>>(2)?.unwrap_or_default(),
                    messages: row.get::<_, i64>(3)?.unsigned_abs(),
                    count: row.get::<_, i64>(4)?.unsigned_abs(),
                })
            };
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_map(params![run, step], reason)?.collect::<Result<_, _>>()?)
        })
    }

    /// The objects that failed in some step, each with its place and its verdicts by step.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn failed_objects(&self, run: RunId) -> Result<Vec<FailedObject>, StoreError> {
        self.read(|connection| {
            let sql = format!(
                "SELECT {COLUMNS}, verdict.step AS step FROM run_objects AS object JOIN verdicts AS verdict
                 ON verdict.run = object.run AND verdict.place = object.place
                 WHERE object.run = ?1 AND EXISTS (SELECT 1 FROM verdicts AS failed
                     WHERE failed.run = object.run AND failed.place = object.place AND failed.verdict = 'failed')
                 ORDER BY object.place, step"
            );
            let mut statement = connection.prepare(&sql)?;
            let mut found: Vec<FailedObject> = Vec::new();
            for row in statement.query_map([run], |row| Ok((row.get("step")?, read(row)?)))? {
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
        })
    }

    /// The objects that have a verdict in each of `steps` steps, none of them failed.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn finished_objects(&self, run: RunId, steps: u64) -> Result<Vec<StoredObject>, StoreError> {
        self.read(|connection| {
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
        })
    }
}
