//! The search over everything. Values are found by their beginning, in any spelling, through an index: the cost depends on how
//! many different values are counted, not on how many objects the state has. Names are found by any part of them.

use jiff::Timestamp;
use palisade_limits as limits;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::collation::folded;
use crate::rows::{ByName, moment};
use crate::{CollectionId, Page, RunId, RunRow, Store, StoreError, runs, spelling};
use palisade_model::Verdict;

/// One page of what a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Whether there are more that were not counted.
    pub more: bool,
}

impl<T> Matches<T> {
    fn none() -> Self {
        Self { rows: Vec::new(), total: 0, more: false }
    }

    /// One page of all matches, of which one more was read than is counted.
    fn cut(mut all: Vec<T>, page: Page) -> Self {
        let most = counted();
        let more = all.len() > most;
        all.truncate(most);
        let total = all.len() as u64;
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let rows = all.into_iter().skip(place(page.offset)).take(place(page.limit)).collect();
        Self { rows, total, more }
    }
}

/// A value that runs had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInRuns {
    /// Its type.
    pub subtype: String,
    /// The value, as the last run had it.
    pub value: String,
    /// In how many runs; the latest are counted.
    pub runs: u64,
    /// The last of them.
    pub run: RunId,
    /// The object's place in it.
    pub place: u64,
    /// The name of the workflow of that run.
    pub workflow_name: String,
    /// When that run was requested.
    pub at: Timestamp,
    /// The last verdict there; none yet.
    pub verdict: Option<Verdict>,
}

/// A value that uploaded files of a collection have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInFiles {
    /// Its type.
    pub subtype: String,
    /// The value, as a file has it.
    pub value: String,
    /// The collection.
    pub collection: CollectionId,
    /// The collection's name.
    pub collection_name: String,
    /// The file's name.
    pub file: String,
}

/// Something that has a name: a workflow, a collection, an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// Identifies it among those of its kind.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it is for, or another line about it.
    pub text: String,
}

/// How many matches of one kind are counted.
fn counted() -> usize {
    usize::try_from(limits::SEARCH_COUNTED).unwrap_or(usize::MAX)
}

/// One match more than is counted, so that it is known whether there are more.
fn one_more() -> i64 {
    i64::try_from(limits::SEARCH_COUNTED).unwrap_or(i64::MAX).saturating_add(1)
}

/// The different keys of a table that begin as a text does, in order. Each is one look into the index, however many rows have it.
fn keys(connection: &Connection, table: &str, start: &str) -> Result<Vec<String>, StoreError> {
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
    let rows = statement.query_map(params![from, to, one_more()], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

impl Store {
    /// The values of runs that begin as this text does, in any spelling; the value that is the text comes first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn search_run_objects(&self, text: &str, page: Page) -> Result<Matches<FoundInRuns>, StoreError> {
        let start = spelling::key(text);
        if start.is_empty() {
            return Ok(Matches::none());
        }
        self.read(|connection| {
            let Matches { rows, total, more } = Matches::cut(keys(connection, "run_objects", &start)?, page);
            let mut found = Vec::new();
            for key in rows {
                of_key(connection, &key, &mut found)?;
            }
            Ok(Matches { rows: found, total, more })
        })
    }

    /// The values of uploaded files that begin as this text does, in any spelling; the value that is the text comes first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn search_file_objects(&self, text: &str, page: Page) -> Result<Matches<FoundInFiles>, StoreError> {
        let start = spelling::key(text);
        if start.is_empty() {
            return Ok(Matches::none());
        }
        self.read(|connection| {
            let (from, to) = spelling::range(&start);
            let sql = "SELECT object.subtype, object.value, file.collection, collection.name, file.name
                FROM file_objects AS object JOIN files AS file ON file.id = object.file
                JOIN collections AS collection ON collection.id = file.collection
                WHERE object.search_key >= ?1 AND object.search_key < ?2
                ORDER BY object.search_key, object.file, object.place LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![from, to, one_more()], |row| {
                Ok(FoundInFiles {
                    subtype: row.get(0)?,
                    value: row.get(1)?,
                    collection: row.get(2)?,
                    collection_name: row.get(3)?,
                    file: row.get(4)?,
                })
            })?;
            Ok(Matches::cut(rows.collect::<Result<_, _>>()?, page))
        })
    }

    /// Workflows with this text in the name or the description.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn search_workflows(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError> {
        let sql = "SELECT id, name, description FROM workflows
            WHERE INSTR(folded(name), ?1) > 0 OR INSTR(folded(description), ?1) > 0
            ORDER BY folded(name) <> folded(?2), name COLLATE alphabetical LIMIT ?3";
        self.named(sql, text, page)
    }

    /// Collections with this text in the name, the description or the name of a file.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn search_collections(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError> {
        let sql = "SELECT id, name, description FROM collections
            WHERE INSTR(folded(name), ?1) > 0 OR INSTR(folded(description), ?1) > 0 OR EXISTS (
                SELECT 1 FROM files WHERE files.collection = collections.id AND INSTR(folded(files.name), ?1) > 0)
            ORDER BY folded(name) <> folded(?2), name COLLATE alphabetical LIMIT ?3";
        self.named(sql, text, page)
    }

    /// Installed integrations with this text in the title, the id or the publisher, the latest version first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn search_bundles(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError> {
        let sql = "SELECT id, title || ' ' || version, publisher FROM bundles
            WHERE INSTR(folded(title), ?1) > 0 OR INSTR(folded(bundle), ?1) > 0 OR INSTR(folded(publisher), ?1) > 0
                OR INSTR(folded(title || ' ' || version), ?1) > 0
            ORDER BY folded(title) <> folded(?2), title COLLATE alphabetical, id DESC LIMIT ?3";
        self.named(sql, text, page)
    }

    fn named(&self, sql: &str, text: &str, page: Page) -> Result<Matches<Searched>, StoreError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Matches::none());
        }
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_map(params![folded(text), text, one_more()], |row| {
                Ok(Searched { id: row.get(0)?, name: row.get(1)?, text: row.get(2)? })
            })?;
            Ok(Matches::cut(rows.collect::<Result<_, _>>()?, page))
        })
    }

    /// The run with this number, and those of the latest runs with this text in the name of the workflow or the collection, in the
    /// name of who requested it, or in the reason; the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    pub fn search_runs(&self, text: &str, page: Page) -> Result<Matches<RunRow>, StoreError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Matches::none());
        }
        self.read(|connection| {
            let sql = "SELECT id FROM (SELECT * FROM runs ORDER BY id DESC LIMIT ?3)
                WHERE INSTR(folded(workflow_name), ?1) > 0 OR INSTR(folded(collection), ?1) > 0
                    OR INSTR(folded(requested_by), ?1) > 0 OR INSTR(folded(reason), ?1) > 0
                ORDER BY id DESC LIMIT ?2";
            let latest = i64::try_from(limits::SEARCH_RUNS).unwrap_or(i64::MAX);
            let mut statement = connection.prepare_cached(sql)?;
            let ids = statement.query_map(params![folded(text), one_more(), latest], |row| row.get(0))?;
            let mut ids: Vec<RunId> = ids.collect::<Result<_, _>>()?;
            let exists = "SELECT 1 FROM runs WHERE id = ?1";
            if let Some(run) = numbered(text)
                && connection.prepare_cached(exists)?.exists([run])?
            {
                ids.retain(|id| *id != run);
                ids.insert(0, run);
            }
            let Matches { rows, total, more } = Matches::cut(ids, page);
            let rows = rows.into_iter().map(|id| runs::one(connection, id));
            Ok(Matches { rows: rows.collect::<Result<_, _>>()?, total, more })
        })
    }
}

/// The run that a text names: `12`, `#12`, `run 12`.
fn numbered(text: &str) -> Option<RunId> {
    let text = text.to_lowercase();
    let number = text.strip_prefix("run").map_or(text.as_str(), str::trim_start);
    number.strip_prefix('#').unwrap_or(number).parse().ok().map(RunId)
}

/// The different values of one key, each with the last run that had it. Only the latest rows of the key are looked at.
fn of_key(connection: &Connection, key: &str, found: &mut Vec<FoundInRuns>) -> Result<(), StoreError> {
    let sql =
        "SELECT object.subtype, object.value, object.run, object.place, run.workflow_name, run.created_at
        FROM run_objects AS object JOIN runs AS run ON run.id = object.run
        WHERE object.search_key = ?1 ORDER BY object.run DESC, object.place LIMIT ?2";
    let latest = i64::try_from(limits::SEARCH_SIGHTINGS).unwrap_or(i64::MAX);
    let read = |row: &Row<'_>| {
        Ok(FoundInRuns {
            subtype: row.get("subtype")?,
            value: row.get("value")?,
            runs: 1,
            run: row.get("run")?,
            place: row.get::<_, i64>("place")?.unsigned_abs(),
            workflow_name: row.get("workflow_name")?,
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
        let verdict = last.query_row(params![one.run, place], |row| row.get::<_, ByName<_>>(0));
        one.verdict = verdict.optional()?.map(|named| named.0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_a_run_is_read_in_every_usual_spelling() {
        for text in ["12", "#12", "run 12", "Run #12"] {
            assert_eq!(numbered(text), Some(RunId(12)), "{text}");
        }
        for text in ["12.example", "run", "", "rune 1x"] {
            assert_eq!(numbered(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_counted_is_told_apart_from_what_is_not_there() {
        let most = limits::SEARCH_COUNTED;
        for (there, total, more) in [(most - 1, most - 1, false), (most, most, false), (most + 1, most, true)]
        {
            let found = Matches::cut((0..there).collect(), Page { offset: 2, limit: 3 });
            assert_eq!((found.rows, found.total, found.more), (vec![2, 3, 4], total, more));
        }
    }
}
