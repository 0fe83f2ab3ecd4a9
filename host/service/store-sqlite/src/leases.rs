//! Which run may push to a list of a service. What a run has read of a list must stay true until it has sent what it computed
//! from that, so one run at a time pushes to a list, and the others wait.
//!
//! A lease belongs to an activation. It holds while that activation has its task, so that the end of the process, a takeover
//! and a lost worker release it without anything being cleaned up.

use async_trait::async_trait;
use palisade_store::{Activation, ListLeases, RunId, StoreError};
use rusqlite::OptionalExtension as _;

use crate::SqliteStore;
use crate::rows::{Columns, params};
use crate::tasks::fence;

#[async_trait]
impl ListLeases for SqliteStore {
    async fn lease_list(&self, activation: Activation, list: &str) -> Result<Option<RunId>, StoreError> {
        let list = list.to_owned();
        self.write(move |transaction| {
            fence(transaction, activation)?;
            let sql = "SELECT lease.run FROM list_leases AS lease
                JOIN tasks ON tasks.run = lease.run AND tasks.epoch = lease.epoch AND tasks.state = 'active'
                WHERE lease.list = ?1 AND lease.run <> ?2";
            let holder = transaction
                .prepare_cached(sql)?
                .query_row(params![list, activation.run], |row| row.column(0))
                .optional()?;
            if holder.is_some() {
                transaction.execute(
                    "INSERT INTO list_waits (run, list) VALUES (?1, ?2)
                     ON CONFLICT (run) DO UPDATE SET list = excluded.list",
                    params![activation.run, list],
                )?;
                return Ok(holder);
            }
            transaction.execute("DELETE FROM list_waits WHERE run = ?1", params![activation.run])?;
            transaction.execute(
                "INSERT INTO list_leases (list, run, epoch) VALUES (?1, ?2, ?3)
                 ON CONFLICT (list) DO UPDATE SET run = excluded.run, epoch = excluded.epoch",
                params![list, activation.run, activation.epoch],
            )?;
            Ok(None)
        })
        .await
    }

    async fn release_list(&self, activation: Activation, list: &str) -> Result<(), StoreError> {
        let list = list.to_owned();
        self.write(move |transaction| {
            transaction.execute(
                "DELETE FROM list_leases WHERE list = ?1 AND run = ?2 AND epoch = ?3",
                params![list, activation.run, activation.epoch],
            )?;
            Ok(())
        })
        .await
    }
}
