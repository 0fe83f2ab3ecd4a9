//! The search over everything. Values are found by their beginning, in any spelling, through an index: the cost depends on how
//! many different values are counted, not on how many objects the state has. Names are found by any part of them.

use async_trait::async_trait;
use palisade_limits as limits;
use palisade_store::{
    FoundInFiles, FoundInRuns, Matches, Page, RunId, RunRow, Search, Searched, StoreError, folded, spelling,
};
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::error::Error;
use crate::rows::{Columns, moment, params};
use crate::{SqliteStore, runs};

/// One match more than is counted, so that it is known whether there are more.
fn one_more() -> i64 {
    i64::try_from(Matches::<()>::MOST).unwrap_or(i64::MAX).saturating_add(1)
}

/// The different keys of a table that begin as a text does, in order. Each is one look into the index, however many rows have it.
fn keys(connection: &Connection, table: &str, start: &str) -> Result<Vec<String>, Error> {
    let (from, to) = spelling::range(start);
    let sql = format!(
        "WITH RECURSIVE keys (search_key) AS (
             SELECT MIN(search_key) FROM {table} WHERE search_key >= ?1 AND search_key < ?2
             UNION ALL
             SELECT (SELECT MIN(search_key) FROM {table} WHERE search_key > keys.search_key AND search_key < ?2)
             FROM keys WHERE keys.search_key IS NOT NULL LIMIT ?3)
         SELECT search_key FROM keys WHERE search_key IS NOT NULL"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params![from, to, one_more()], |row| row.column(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The run that a text names: `12`, `#12`, `run 12`.
fn numbered(text: &str) -> Option<RunId> {
    let text = text.to_lowercase();
    let number = text.strip_prefix("run").map_or(text.as_str(), str::trim_start);
    number.strip_prefix('#').unwrap_or(number).parse().ok().map(RunId)
}

/// The different values of one key, each with the last run that had it. Only the latest rows of the key are looked at.
fn of_key(connection: &Connection, key: &str, found: &mut Vec<FoundInRuns>) -> Result<(), Error> {
    let sql =
        "SELECT object.subtype, object.value, object.run, object.place, run.workflow_name, run.created_at
        FROM run_objects AS object JOIN runs AS run ON run.id = object.run
        WHERE object.search_key = ?1 ORDER BY object.run DESC, object.place LIMIT ?2";
    let latest = i64::try_from(limits::SEARCH_SIGHTINGS).unwrap_or(i64::MAX);
    let read = |row: &Row<'_>| {
        Ok(FoundInRuns {
            subtype: row.column("subtype")?,
            value: row.column("value")?,
            runs: 1,
            run: row.column("run")?,
            place: row.column::<i64>("place")?.unsigned_abs(),
            workflow_name: row.column("workflow_name")?,
            at: moment(row, "created_at")?,
            verdict: None,
        })
    };
    let first = found.len();
    let mut seen_in: Vec<RunId> = Vec::new();
    for row in connection.prepare_cached(sql)?.query_map(params![key, latest], read)? {
        let row = row?;
        let same = |one: &FoundInRuns| (&one.subtype, &one.value) == (&row.subtype, &row.value);
        let index = found.iter().skip(first).position(same);
        match index.and_then(|index| found.get_mut(first + index).zip(seen_in.get_mut(index))) {
            Some((one, last)) if *last != row.run => {
                one.runs += 1;
                *last = row.run;
            }
            Some(_) => {}
            None => {
                seen_in.push(row.run);
                found.push(row);
            }
        }
    }
    let sql = "SELECT verdict.verdict FROM run_steps AS step
        CROSS JOIN verdicts AS verdict ON verdict.run = step.run AND verdict.step = step.place AND verdict.place = ?2
        WHERE step.run = ?1 ORDER BY step.place DESC LIMIT 1";
    let mut last = connection.prepare_cached(sql)?;
    for one in found.iter_mut().skip(first) {
        let place = i64::try_from(one.place).unwrap_or(i64::MAX);
        let verdict = last.query_row(params![one.run, place], |row| row.column(0));
        one.verdict = verdict.optional()?;
    }
    Ok(())
}

impl SqliteStore {
    async fn named(
        &self,
        sql: &'static str,
        text: &str,
        page: Page,
    ) -> Result<Matches<Searched>, StoreError> {
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Ok(Matches::none());
        }
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![folded(&text), text, one_more()], |row| {
                Ok(Searched { id: row.column(0)?, name: row.column(1)?, text: row.column(2)? })
            })?;
            Ok(Matches::cut(rows.collect::<Result<_, _>>()?, page))
        })
        .await
    }
}

#[async_trait]
impl Search for SqliteStore {
    async fn search_run_objects(&self, text: &str, page: Page) -> Result<Matches<FoundInRuns>, StoreError> {
        let text = text.to_owned();
        let start = spelling::key(&text);
        if start.is_empty() {
            return Ok(Matches::none());
        }
        self.read(move |connection| {
            let Matches { rows, total, more } = Matches::cut(keys(connection, "run_objects", &start)?, page);
            let mut found = Vec::new();
            for key in rows {
                of_key(connection, &key, &mut found)?;
            }
            Ok(Matches { rows: found, total, more })
        })
        .await
    }

    async fn search_file_objects(&self, text: &str, page: Page) -> Result<Matches<FoundInFiles>, StoreError> {
        let text = text.to_owned();
        let start = spelling::key(&text);
        if start.is_empty() {
            return Ok(Matches::none());
        }
        self.read(move |connection| {
            let (from, to) = spelling::range(&start);
            let sql = "SELECT object.subtype, object.value, file.collection, collection.name, file.name
                FROM file_objects AS object JOIN files AS file ON file.id = object.file
                JOIN collections AS collection ON collection.id = file.collection
                WHERE object.search_key >= ?1 AND object.search_key < ?2
                ORDER BY object.search_key, object.file, object.place LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![from, to, one_more()], |row| {
                Ok(FoundInFiles {
                    subtype: row.column(0)?,
                    value: row.column(1)?,
                    collection: row.column(2)?,
                    collection_name: row.column(3)?,
                    file: row.column(4)?,
                })
            })?;
            Ok(Matches::cut(rows.collect::<Result<_, _>>()?, page))
        })
        .await
    }

    async fn search_workflows(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError> {
        let sql = "SELECT id, name, description FROM workflows
            WHERE INSTR(folded(name), ?1) > 0 OR INSTR(folded(description), ?1) > 0
            ORDER BY folded(name) <> folded(?2), name COLLATE alphabetical LIMIT ?3";
        self.named(sql, text, page).await
    }

    async fn search_collections(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError> {
        let sql = "SELECT id, name, description FROM collections
            WHERE INSTR(folded(name), ?1) > 0 OR INSTR(folded(description), ?1) > 0 OR EXISTS (
                SELECT 1 FROM files WHERE files.collection = collections.id AND INSTR(folded(files.name), ?1) > 0)
            ORDER BY folded(name) <> folded(?2), name COLLATE alphabetical LIMIT ?3";
        self.named(sql, text, page).await
    }

    async fn search_bundles(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError> {
        let sql = "SELECT id, title || ' ' || version, publisher FROM bundles
            WHERE INSTR(folded(title), ?1) > 0 OR INSTR(folded(bundle), ?1) > 0 OR INSTR(folded(publisher), ?1) > 0
                OR INSTR(folded(title || ' ' || version), ?1) > 0
            ORDER BY folded(title) <> folded(?2), title COLLATE alphabetical, id DESC LIMIT ?3";
        self.named(sql, text, page).await
    }

    async fn search_runs(&self, text: &str, page: Page) -> Result<Matches<RunRow>, StoreError> {
        let text = text.trim().to_owned();
        if text.is_empty() {
            return Ok(Matches::none());
        }
        self.read(move |connection| {
            let sql = "SELECT id FROM (SELECT * FROM runs ORDER BY id DESC LIMIT ?3)
                WHERE INSTR(folded(workflow_name), ?1) > 0 OR INSTR(folded(collection), ?1) > 0
                    OR INSTR(folded(requested_by), ?1) > 0 OR INSTR(folded(reason), ?1) > 0
                ORDER BY id DESC LIMIT ?2";
            let latest = i64::try_from(limits::SEARCH_RUNS).unwrap_or(i64::MAX);
            let mut statement = connection.prepare_cached(sql)?;
            let ids = statement.query_map(params![folded(&text), one_more(), latest], |row| row.column(0))?;
            let mut ids: Vec<RunId> = ids.collect::<Result<_, _>>()?;
            let exists = "SELECT 1 FROM runs WHERE id = ?1";
            if let Some(run) = numbered(&text)
                && connection.prepare_cached(exists)?.exists(params![run])?
            {
                ids.retain(|id| *id != run);
                ids.insert(0, run);
            }
            let Matches { rows, total, more } = Matches::cut(ids, page);
            let rows = rows.into_iter().map(|id| runs::one(connection, id));
            Ok(Matches { rows: rows.collect::<Result<_, _>>()?, total, more })
        })
        .await
    }
}
