//! What other runs did with the value of an object: the runs of the same workflow, and those of the same action.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::rows::{ByName, moment};
use crate::{Cause, RunId, RunStatus, Store, StoreError, spelling};
use palisade_model::Verdict;

/// Another run that had an object of the same type and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SameValue {
    /// The run.
    pub run: RunId,
    /// The object's place in it.
    pub place: u64,
    /// The workflow's name at that time.
    pub workflow_name: String,
    /// Whether nothing that changes a service was sent.
    pub dry_run: bool,
    /// When the run was requested.
    pub created_at: Timestamp,
    /// How the run ended; none while it is open.
    pub status: Option<RunStatus>,
    /// What its issue is about; none without an issue.
    pub cause: Option<Cause>,
    /// The verdicts of its steps, in order.
    pub verdicts: Vec<SightedVerdict>,
}

/// A verdict of one step of another run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SightedVerdict {
    /// The step, from 1 on.
    pub step: u32,
    /// The title of its action.
    pub title: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
}

/// Which runs count: those of the same workflow, and those that have a step with the same action.
const RELATED: &str = "(run.workflow = (SELECT workflow FROM runs WHERE id = ?1) OR EXISTS (
    SELECT 1 FROM run_steps AS own JOIN run_steps AS other ON other.bundle_name = own.bundle_name AND other.action = own.action
    WHERE own.run = ?1 AND other.run = run.id))";

impl Store {
    /// Other runs of the same workflow or action that had the value of this object: those before its run and those after it,
    /// the nearest first, at most `most` of each.
    ///
    /// # Errors
    /// If there is no such object.
    pub fn same_value(
        &self,
        run: RunId,
        place: u64,
        most: u64,
    ) -> Result<(Vec<SameValue>, Vec<SameValue>), StoreError> {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        self.read(|connection| {
            let sql = "SELECT subtype, value FROM run_objects WHERE run = ?1 AND place = ?2";
            let (subtype, value): (String, String) = connection
                .prepare_cached(sql)?
                .query_row(params![run, place], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?
                .ok_or_else(|| StoreError::missing("object", place))?;
            // What could not be read has no type, and is not a value.
            if subtype.is_empty() {
                return Ok((Vec::new(), Vec::new()));
            }
            let before = sighted(connection, run, &subtype, &value, "object.run < ?1", "DESC", most)?;
            let after = sighted(connection, run, &subtype, &value, "object.run > ?1", "ASC", most)?;
            Ok((before, after))
        })
    }
}

fn sighted(
    connection: &Connection,
    run: RunId,
    subtype: &str,
    value: &str,
    side: &str,
    direction: &str,
    most: u64,
) -> Result<Vec<SameValue>, StoreError> {
    let sql = format!(
        "SELECT object.run AS id, MIN(object.place) AS place, run.workflow_name, run.dry_run, run.created_at, run.status, run.cause
         FROM run_objects AS object JOIN runs AS run ON run.id = object.run
         WHERE object.search_key = ?2 AND {side} AND object.value = ?3 AND object.subtype = ?4 AND {RELATED}
         GROUP BY object.run ORDER BY object.run {direction} LIMIT ?5"
    );
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let arguments = params![run, spelling::key(value), value, subtype, most];
    let mut found: Vec<SameValue> =
        connection.prepare_cached(&sql)?.query_map(arguments, read)?.collect::<Result<_, _>>()?;
    let mut verdicts = connection.prepare_cached(
        "SELECT verdict.step, step.title, verdict.verdict, verdict.code, verdict.message FROM run_steps AS step
         CROSS JOIN verdicts AS verdict ON verdict.run = step.run AND verdict.step = step.place AND verdict.place = ?2
         WHERE step.run = ?1 ORDER BY verdict.step",
    )?;
    for one in &mut found {
        let place = i64::try_from(one.place).unwrap_or(i64::MAX);
        let rows = verdicts.query_map(params![one.run, place], |row| {
            Ok(SightedVerdict {
                step: row.get(0)?,
                title: row.get(1)?,
                verdict: row.get::<_, ByName<_>>(2)?.0,
                code: row.get(3)?,
                message: row.get(4)?,
            })
        })?;
        one.verdicts = rows.collect::<Result<_, _>>()?;
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> rusqlite::Result<SameValue> {
    Ok(SameValue {
        run: row.get("id")?,
        place: row.get::<_, i64>("place")?.unsigned_abs(),
        workflow_name: row.get("workflow_name")?,
        dry_run: row.get("dry_run")?,
        created_at: moment(row, "created_at")?,
        status: row.get("status")?,
        cause: row.get("cause")?,
        verdicts: Vec::new(),
    })
}
