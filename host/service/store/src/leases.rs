//! Which run may push to a list of a service. What a run has read of a list must stay true until it has sent what it computed
//! from that, so one run at a time pushes to a list, and the others wait.
//!
//! A lease belongs to an activation. It holds while that activation has its task, so that the end of the process, a takeover
//! and a lost worker release it without anything being cleaned up.

use rusqlite::{OptionalExtension as _, params};

use crate::tasks::fence;
use crate::{Activation, RunId, Store, StoreError};

impl Store {
    /// Leases a list to an activation. Returns the run that has the lease if that is another run. A run that waits is noted:
    /// [`Store::claim_task`] hands it out once the list is free.
    ///
    /// # Errors
    /// [`StoreError::Fenced`].
    pub fn lease_list(&self, activation: Activation, list: &str) -> Result<Option<RunId>, StoreError> {
        self.write(|transaction| {
            fence(transaction, activation)?;
            let sql = "SELECT lease.run FROM list_leases AS lease
                JOIN tasks ON tasks.run = lease.run AND tasks.epoch = lease.epoch AND tasks.state = 'active'
                WHERE lease.list = ?1 AND lease.run <> ?2";
            let holder = transaction
                .prepare_cached(sql)?
                .query_row(params![list, activation.run], |row| row.get(0))
                .optional()?;
            if holder.is_some() {
                transaction.execute(
                    "INSERT INTO list_waits (run, list) VALUES (?1, ?2)
                     ON CONFLICT (run) DO UPDATE SET list = excluded.list",
                    params![activation.run, list],
                )?;
                return Ok(holder);
            }
            transaction.execute("DELETE FROM list_waits WHERE run = ?1", [activation.run])?;
            transaction.execute(
                "INSERT INTO list_leases (list, run, epoch) VALUES (?1, ?2, ?3)
                 ON CONFLICT (list) DO UPDATE SET run = excluded.run, epoch = excluded.epoch",
                params![list, activation.run, activation.epoch],
            )?;
            Ok(None)
        })
    }

    /// Releases the list that an activation has leased. The runs that wait for it are due from then on.
    ///
    /// # Errors
    /// If the state cannot be written.
    pub fn release_list(&self, activation: Activation, list: &str) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.execute(
                "DELETE FROM list_leases WHERE list = ?1 AND run = ?2 AND epoch = ?3",
                params![list, activation.run, activation.epoch],
            )?;
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use serde_json::json;

    use super::*;
    use crate::{NewRun, NewWorkflow, Origin, Takes};

    fn now() -> Timestamp {
        "2026-11-22T08:00:00Z".parse().unwrap()
    }

    /// A run of a workflow of its own that is worked on.
    fn active(store: &Store, name: &str) -> Activation {
        let workflow = NewWorkflow {
            name: name.to_owned(),
            description: String::new(),
            collection: None,
            schedule: json!({ "kind": "none" }),
            takes: Takes::All,
            evictions: Some(0),
            enabled: true,
            anchor: now(),
            next_tick: None,
            steps: Vec::new(),
        };
        let deadline_at = now() + SignedDuration::from_hours(1);
        let run = NewRun {
            workflow: store.add_workflow(&workflow, "ada", now()).unwrap(),
            origin: Origin::RunNow,
            requested_by: "ada",
            tick: None,
            retry_of: None,
            dry_run: false,
            evictions: Some(0),
            collection: "",
            deadline_at,
            steps: Vec::new(),
            objects: None,
            carried: Vec::new(),
        };
        let run = store.add_run(&run, now()).unwrap().unwrap();
        store.submit_task(run, name, "tenant", deadline_at, now()).unwrap();
        store.claim_task(now()).unwrap().unwrap().activation()
    }

    fn store() -> (Store, tempfile::TempDir) {
        let directory = tempfile::tempdir().unwrap();
        (Store::open(&directory.path().join("palisade.db")).unwrap(), directory)
    }

    fn next(store: &Store) -> Option<Activation> {
        store.claim_task(now()).unwrap().map(|task| task.activation())
    }

    /// Puts a run back for an hour.
    fn put_back(store: &Store, activation: Activation) {
        store.release_task(activation, now() + SignedDuration::from_hours(1)).unwrap();
    }

    #[test]
    fn one_run_at_a_time_has_a_list_and_those_that_wait_are_due_when_it_is_free() {
        let (store, _directory) = store();
        let [first, second, third] = ["a", "b", "c"].map(|name| active(&store, name));
        assert_eq!(store.lease_list(first, "blocks").unwrap(), None);
        assert_eq!(store.lease_list(first, "blocks").unwrap(), None, "it has it already");
        assert_eq!(store.lease_list(second, "exempts").unwrap(), None, "another list");
        store.release_list(second, "blocks").unwrap();
        for waits in [third, second] {
            assert_eq!(
                store.lease_list(waits, "blocks").unwrap(),
                Some(first.run),
                "it was not another's to release"
            );
            put_back(&store, waits);
        }
        assert_eq!(next(&store), None, "they wait");
        store.release_list(first, "blocks").unwrap();
        let second = next(&store).unwrap();
        assert_eq!(store.lease_list(second, "blocks").unwrap(), None);
        assert_eq!(next(&store), None, "the third waits again");
        // It ends without a word.
        store.end_task(second.run).unwrap();
        let third = next(&store).unwrap();
        assert_eq!(store.lease_list(third, "blocks").unwrap(), None);
        store.release_list(third, "blocks").unwrap();
        put_back(&store, third);
        assert_eq!(next(&store), None, "it does not wait for a list any more");
    }

    #[test]
    fn a_lease_ends_with_the_activation_that_has_it() {
        let (store, _directory) = store();
        let [frozen, _] = ["a", "b"].map(|name| active(&store, name));
        assert_eq!(store.lease_list(frozen, "blocks").unwrap(), None);
        // The process ended, or the worker is silent: its task was taken back.
        let event = crate::Event::new(now(), "restarted", "the service ended");
        store.take_back_tasks(Timestamp::MAX, &event).unwrap();
        let [again, other] = std::array::from_fn(|_| store.claim_task(now()).unwrap().unwrap().activation());
        assert!(again.run == frozen.run && again.epoch > frozen.epoch);
        assert_eq!(store.lease_list(other, "blocks").unwrap(), None);
        // The one that is back can neither take it nor release what is not its own any more.
        assert!(matches!(store.lease_list(frozen, "blocks"), Err(StoreError::Fenced(_))));
        store.release_list(frozen, "blocks").unwrap();
        assert_eq!(store.lease_list(again, "blocks").unwrap(), Some(other.run));
        store.end_task(other.run).unwrap();
        assert_eq!(store.lease_list(again, "blocks").unwrap(), None);
    }
}
