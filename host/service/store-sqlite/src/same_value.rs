//! What other runs did with the value of an object: the runs of the same workflow, and those of the same action.

use async_trait::async_trait;
use palisade_store::{RunId, SameValue, SameValues, SightedVerdict, StoreError, spelling};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::SqliteStore;
use crate::error::{Error, missing};
use crate::rows::{Columns, moment, params};

/// Which runs count: those of the same workflow, and those that have a step with the same action.
const RELATED: &str = "(run.workflow = (SELECT workflow FROM runs WHERE id = ?1) OR EXISTS (
    SELECT 1 FROM run_steps AS own JOIN run_steps AS other ON other.bundle_name = own.bundle_name AND other.action = own.action
    WHERE own.run = ?1 AND other.run = run.id))";

fn sighted(
    connection: &Connection,
    run: RunId,
    subtype: &str,
    value: &str,
    side: &str,
    direction: &str,
    most: u64,
) -> Result<Vec<SameValue>, Error> {
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
                step: row.column(0)?,
                title: row.column(1)?,
                verdict: row.column(2)?,
                code: row.column(3)?,
                message: row.column(4)?,
            })
        })?;
        one.verdicts = rows.collect::<Result<_, _>>()?;
    }
    Ok(found)
}

fn read(row: &Row<'_>) -> rusqlite::Result<SameValue> {
    Ok(SameValue {
        run: row.column("id")?,
        place: row.column::<i64>("place")?.unsigned_abs(),
        workflow_name: row.column("workflow_name")?,
        dry_run: row.column("dry_run")?,
        created_at: moment(row, "created_at")?,
        status: row.column("status")?,
        cause: row.column("cause")?,
        verdicts: Vec::new(),
    })
}

#[async_trait]
impl SameValues for SqliteStore {
    async fn same_value(
        &self,
        run: RunId,
        place: u64,
        most: u64,
    ) -> Result<(Vec<SameValue>, Vec<SameValue>), StoreError> {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        self.read(move |connection| {
            let sql = "SELECT subtype, value FROM run_objects WHERE run = ?1 AND place = ?2";
            let (subtype, value): (String, String) = connection
                .prepare_cached(sql)?
                .query_row(params![run, place], |row| Ok((row.column(0)?, row.column(1)?)))
                .optional()?
                .ok_or_else(|| missing("object", place))?;
            // What could not be read has no type, and is not a value.
            if subtype.is_empty() {
                return Ok((Vec::new(), Vec::new()));
            }
            let before = sighted(connection, run, &subtype, &value, "object.run < ?1", "DESC", most)?;
            let after = sighted(connection, run, &subtype, &value, "object.run > ?1", "ASC", most)?;
            Ok((before, after))
        })
        .await
    }
}
