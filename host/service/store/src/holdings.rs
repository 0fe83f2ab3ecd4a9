//! How many entries lists of services held when a run read them last. The latest word counts; an earlier one goes when a
//! later run of the same step tells of the same list, also with another connection: the workflow was moved to it.

use jiff::Timestamp;
use rusqlite::{Row, params};

use crate::rows::{millis, moment, number};
use crate::tasks::fence;
use crate::{Activation, ConnectionId, RunId, Store, StoreError};

/// How many entries a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHolding {
    /// The list's name for people.
    pub list: String,
    /// The service's name for the type that is counted; none where all are counted together.
    pub field: Option<String>,
    /// The entries.
    pub entries: u64,
    /// What the service keeps of it at most; none where that is not known.
    pub limit: Option<u64>,
}

/// Whose lists they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lists<'a> {
    /// The connection.
    pub tenant: &'a str,
    /// The manifest's id.
    pub bundle: &'a str,
    /// Where they are.
    pub service: &'a str,
}

/// The latest word about one type of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldingRow {
    /// The connection, as runs name it.
    pub tenant: String,
    /// The connection and its name, unless it was deleted.
    pub connection: Option<(ConnectionId, String)>,
    /// The manifest's id.
    pub bundle: String,
    /// The bundle's name for people; its id where it is not installed any more.
    pub title: String,
    /// Where the list is.
    pub service: String,
    /// What was read.
    pub holding: NewHolding,
    /// The run that read it.
    pub run: RunId,
    /// Name of that run's workflow, as it was then.
    pub workflow_name: String,
    /// When.
    pub at: Timestamp,
}

fn read(row: &Row<'_>) -> rusqlite::Result<HoldingRow> {
    let field: String = row.get("field")?;
    let bundle: String = row.get("bundle")?;
    let title: Option<String> = row.get("title")?;
    let connection: Option<ConnectionId> = row.get("connection")?;
    let name: Option<String> = row.get("connection_name")?;
    Ok(HoldingRow {
        tenant: row.get("tenant")?,
        connection: connection.zip(name),
        title: title.unwrap_or_else(|| bundle.clone()),
        bundle,
        service: row.get("service")?,
        holding: NewHolding {
            list: row.get("list")?,
            field: (!field.is_empty()).then_some(field),
            entries: row.get::<_, i64>("entries")?.unsigned_abs(),
            limit: row.get::<_, Option<i64>>("most")?.map(i64::unsigned_abs),
        },
        run: row.get("run")?,
        workflow_name: row.get("workflow_name")?,
        at: moment(row, "at")?,
    })
}

impl Store {
    /// Keeps what a step of a run has read.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    pub fn record_holdings(
        &self,
        activation: Activation,
        step: u32,
        lists: Lists<'_>,
        holdings: &[NewHolding],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Lists { tenant, bundle, service } = lists;
        self.write(|transaction| {
            fence(transaction, activation)?;
            let mut forget = transaction.prepare_cached(
                "DELETE FROM holdings WHERE bundle = ?1 AND service = ?2 AND list = ?3 AND field = ?4 AND step = ?5
                     AND run IN (SELECT id FROM runs WHERE workflow = (SELECT workflow FROM runs WHERE id = ?6))",
            )?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO holdings (tenant, bundle, service, list, field, entries, most, run, step, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (tenant, bundle, service, list, field) DO UPDATE SET entries = excluded.entries,
                     most = excluded.most, run = excluded.run, step = excluded.step, at = excluded.at",
            )?;
            for NewHolding { list, field, entries, limit } in holdings {
                let field = field.as_deref().unwrap_or_default();
                forget.execute(params![bundle, service, list, field, step, activation.run])?;
                insert.execute(params![
                    tenant,
                    bundle,
                    service,
                    list,
                    field,
                    number(Some(*entries)),
                    number(*limit),
                    activation.run,
                    step,
                    millis(now)
                ])?;
            }
            Ok(())
        })
    }

    /// The latest word about each type of each list, tenant by tenant.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn holdings(&self) -> Result<Vec<HoldingRow>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT holdings.*, runs.workflow_name, bundles.title, connections.id AS connection,
                    connections.name AS connection_name
                FROM holdings JOIN runs ON runs.id = holdings.run
                LEFT JOIN run_steps ON run_steps.run = holdings.run AND run_steps.place = holdings.step
                LEFT JOIN connections ON connections.id = run_steps.connection
                LEFT JOIN bundles ON bundles.bundle = holdings.bundle AND bundles.current = 1
                ORDER BY bundles.title COLLATE alphabetical, service COLLATE alphabetical, tenant,
                    list COLLATE alphabetical, field COLLATE alphabetical";
            Ok(connection.prepare_cached(sql)?.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use serde_json::json;

    use super::*;
    use crate::{NewRun, NewWorkflow, Origin, Takes, WorkflowId};

    fn now() -> Timestamp {
        "2026-11-22T08:00:00Z".parse().unwrap()
    }

    fn workflow(store: &Store, name: &str) -> WorkflowId {
        let new = NewWorkflow {
            name: name.to_owned(),
            description: String::new(),
            collection: None,
            schedule: json!({ "kind": "none" }),
            takes: Takes::All,
            evictions: None,
            enabled: true,
            anchor: now(),
            next_tick: None,
            steps: Vec::new(),
        };
        store.add_workflow(&new, "ada", now()).unwrap()
    }

    /// A run that is worked on.
    fn active(store: &Store, workflow: WorkflowId) -> Activation {
        let deadline_at = now() + SignedDuration::from_hours(1);
        let new = NewRun {
            workflow,
            origin: Origin::RunNow,
            requested_by: "ada",
            tick: None,
            retry_of: None,
            dry_run: false,
            evictions: None,
            collection: "",
            deadline_at,
            steps: Vec::new(),
            objects: None,
            carried: Vec::new(),
        };
        let run = store.add_run(&new, now()).unwrap().unwrap();
        store.submit_task(run, &run.to_string(), "tenant", deadline_at, now()).unwrap();
        store.claim_task(now()).unwrap().unwrap().activation()
    }

    fn holding(field: &str, entries: u64) -> NewHolding {
        let field = (!field.is_empty()).then(|| field.to_owned());
        NewHolding { list: "block list".to_owned(), field, entries, limit: Some(10_000) }
    }

    fn lists(tenant: &str) -> Lists<'_> {
        Lists { tenant, bundle: "example", service: "https://api.example.com" }
    }

    fn held(store: &Store) -> Vec<(String, Option<String>, u64, RunId)> {
        let rows = store.holdings().unwrap().into_iter();
        rows.map(|row| (row.tenant, row.holding.field, row.holding.entries, row.run)).collect()
    }

    #[test]
    fn the_latest_word_about_a_list_counts_for_each_tenant_and_type() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("palisade.db")).unwrap();
        let (one, other) = (workflow(&store, "one"), workflow(&store, "other"));
        let first = active(&store, one);
        store.record_holdings(first, 1, lists("a"), &[holding("ip", 1), holding("", 9)], now()).unwrap();
        let second = active(&store, other);
        store.record_holdings(second, 1, lists("b"), &[holding("ip", 5)], now()).unwrap();
        store.record_holdings(second, 2, lists("a"), &[holding("ip", 3)], now()).unwrap();
        let (ip, all) = (Some("ip".to_owned()), None);
        let text = str::to_owned;
        assert_eq!(
            held(&store),
            [
                (text("a"), all.clone(), 9, first.run),
                (text("a"), ip.clone(), 3, second.run),
                (text("b"), ip.clone(), 5, second.run),
            ]
        );
        let row = store.holdings().unwrap().remove(0);
        assert_eq!((row.title.as_str(), row.workflow_name.as_str(), row.at), ("example", "one", now()));
        assert_eq!(row.holding.limit, Some(10_000));
        // The second workflow's first step uses another connection now.
        let third = active(&store, other);
        store.record_holdings(third, 1, lists("c"), &[holding("ip", 6)], now()).unwrap();
        assert_eq!(held(&store)[2..], [(text("c"), ip, 6, third.run)]);
    }

    #[test]
    fn only_the_last_activation_writes_and_the_word_goes_with_its_run() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(&directory.path().join("palisade.db")).unwrap();
        let run = active(&store, workflow(&store, "one"));
        let stale = Activation { epoch: run.epoch - 1, ..run };
        let refused = store.record_holdings(stale, 1, lists("a"), &[holding("ip", 1)], now());
        assert!(matches!(refused, Err(StoreError::Fenced(_))));
        store.record_holdings(run, 1, lists("a"), &[holding("ip", 1)], now()).unwrap();
        assert_eq!(held(&store).len(), 1);
        let end = crate::RunEnd::of(crate::RunStatus::Completed);
        store.end_run(run, &end, now()).unwrap();
        store.prune_runs(now() + SignedDuration::from_hours(1), 10).unwrap();
        assert_eq!(held(&store), []);
    }
}
