//! Makes runs of ticks. The name of a tick is the key that keeps it from making two; of several that were missed while the
//! service was stopped, the latest makes one.

use palisade_store::Wait as _;
use std::time::Duration;

use palisade_limits as limits;
use palisade_schedule::Schedule;
use tokio::sync::watch;

use crate::collections::read;
use crate::runs::Request;
use crate::{Orchestrator, OrchestratorError};

impl Orchestrator {
    /// Makes the runs that are due now. How many.
    ///
    /// # Errors
    /// Where the state cannot be read or written; what was made is made.
    pub fn tick(&self) -> Result<u64, OrchestratorError> {
        let mut made = 0;
        for id in self.store().due_workflows(self.now()).wait()? {
            let row = self.store().workflow(id).wait()?;
            let schedule: Schedule = read("schedule", &row.schedule)?;
            let Some(planned) = row.next_tick else { continue };
            let Some(due) = schedule.due(row.anchor, planned, self.now()) else {
                self.store().move_tick(id, row.next_tick, schedule.next(row.anchor, self.now())).wait()?;
                continue;
            };
            // It will do what this tick is for: the next that is worked on takes the collection as it is then.
            if self.store().has_queued_tick(id).wait()? {
                tracing::info!(workflow = %row.name, "a run of an earlier tick is still queued: skipped");
                self.store().move_tick(id, row.next_tick, schedule.next(row.anchor, due.tick)).wait()?;
                continue;
            }
            match self.request_run(id, Request::Tick(due.tick), false, "schedule") {
                Ok(run) => {
                    made += u64::from(run.is_some());
                    if due.missed > 0 {
                        tracing::warn!(workflow = %id, "{} earlier ticks were missed", due.missed);
                    }
                }
                // The tick is over; the next one may do better.
                Err(error) => tracing::error!(workflow = %id, "failed to create a run: {error}"),
            }
            self.store().move_tick(id, row.next_tick, schedule.next(row.anchor, due.tick)).wait()?;
        }
        Ok(made)
    }

    /// Looks after schedules and old runs until `drain` says so.
    pub async fn keep_time(&self, retention_days: u64, mut drain: watch::Receiver<bool>) {
        let mut poll = tokio::time::interval(Duration::from_secs(limits::SCHEDULE_POLL_SECONDS));
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut prune = tokio::time::interval(Duration::from_secs(limits::PRUNE_SECONDS));
        prune.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while !*drain.borrow() {
            tokio::select! {
                _ = poll.tick() => {
                    if let Err(error) = self.tick() {
                        tracing::error!("schedules could not be looked at: {error}");
                    }
                }
                _ = prune.tick() => {
                    if let Err(error) = self.prune(retention_days) {
                        tracing::error!("old runs could not be removed: {error}");
                    }
                }
                changed = drain.changed() => if changed.is_err() { return },
            }
        }
    }
}
