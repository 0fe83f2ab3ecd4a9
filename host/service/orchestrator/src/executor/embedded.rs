//! The executor of one machine: a loop on the service's own state.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{Event, RunId, Store, StoreError, TaskRow, TaskState, Wait as _};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::executor::{Advanced, Boxed, Executor, Stop, Worker};

/// A loop on the service's own state.
pub struct Embedded {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    workers: usize,
    changed: Arc<Notify>,
}

impl Embedded {
    /// An executor with this many workers.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, workers: usize) -> Self {
        Self { store, clock, workers: workers.max(1), changed: Arc::default() }
    }

    /// Lets a worker have its task, and looks after it: heartbeats, cancellation, and what becomes of the task.
    async fn attend(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        worker: Arc<dyn Worker>,
        task: TaskRow,
        mut drain: watch::Receiver<bool>,
    ) {
        let activation = task.activation();
        let (stop, stopping) = watch::channel(None);
        let mut work = worker.advance(task, stopping);
        let mut beat = tokio::time::interval(Duration::from_secs(limits::HEARTBEAT_SECONDS));
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut is_draining = *drain.borrow();
        if is_draining {
            stop.send_replace(Some(Stop::Draining));
        }
        let advanced = loop {
            tokio::select! {
                advanced = &mut work => break advanced,
                _ = beat.tick() => {
                    let verdict = match store.heartbeat(activation, clock.now()).await {
                        Ok(false) => None,
                        Ok(true) => Some(Stop::Cancelled),
                        Err(StoreError::Fenced(_)) => Some(Stop::Lost),
                        // It may be written again at the next one.
                        Err(error) => {
                            tracing::warn!(run = %activation.run, "heartbeat not written: {error}");
                            None
                        }
                    };
                    if verdict.is_some() && *stop.borrow() != verdict {
                        stop.send_replace(verdict);
                    }
                }
                changed = drain.changed(), if !is_draining => {
                    is_draining = changed.is_err() || *drain.borrow();
                    if is_draining && stop.borrow().is_none() {
                        stop.send_replace(Some(Stop::Draining));
                    }
                }
            }
        };
        let now = clock.now();
        let released = match advanced {
            Advanced::Done => store.end_task(activation.run).await,
            Advanced::More => store.release_task(activation, now).await,
            Advanced::WaitUntil(moment) => store.release_task(activation, moment).await,
            Advanced::Failed(reason) => {
                tracing::warn!(run = %activation.run, "activation failed: {reason}");
                let pause =
                    SignedDuration::from_secs(i64::try_from(limits::ACTIVATION_RETRY_SECONDS).unwrap_or(1));
                store.release_task(activation, now.saturating_add(pause).unwrap_or(now)).await
            }
        };
        match released {
            Ok(()) | Err(StoreError::Fenced(_)) => {}
            Err(error) => tracing::error!(run = %activation.run, "task not put back: {error}"),
        }
    }
}

impl Embedded {
    /// How many workers one bundle may have: all but one, so that a component that never returns leaves one for the others.
    fn share(&self) -> usize {
        self.workers.saturating_sub(1).max(1)
    }

    /// Whoever has not been heard of for so long is frozen: another takes over, and what it writes later is refused.
    fn take_back_silent(&self) {
        let silence = SignedDuration::from_secs(i64::try_from(limits::SILENCE_SECONDS).unwrap_or(i64::MAX));
        let Ok(since) = self.clock.now().saturating_sub(silence) else { return };
        let now = self.clock.now();
        let message = format!(
            "the worker was not heard of for {} s; another activation continues the run",
            limits::SILENCE_SECONDS
        );
        match self.store.take_back_tasks(since, &Event::new(now, "taken-over", &message)).wait() {
            Ok(0) => {}
            Ok(count) => tracing::warn!("{count} runs were taken back from workers that are silent"),
            Err(error) => tracing::error!("no run can be taken back: {error}"),
        }
    }
}

impl Executor for Embedded {
    fn submit(&self, run: RunId, lane: &str, tenant: &str, deadline_at: Timestamp) -> Result<(), StoreError> {
        self.store.submit_task(run, lane, tenant, deadline_at, self.clock.now()).wait()?;
        self.changed.notify_one();
        Ok(())
    }

    fn cancel(&self, run: RunId) -> Result<(), StoreError> {
        self.store.cancel_task(run).wait()?;
        self.changed.notify_one();
        Ok(())
    }

    fn wake(&self, run: RunId) -> Result<(), StoreError> {
        self.store.wake_task(run, self.clock.now()).wait()?;
        self.changed.notify_one();
        Ok(())
    }

    fn status(&self, run: RunId) -> Result<Option<TaskState>, StoreError> {
        Ok(self.store.task(run).wait()?.map(|task| task.state))
    }

    fn reconcile(&self) -> Result<u64, StoreError> {
        // Whoever opens the state for writing is alone: nobody else works on these.
        let message = "the service ended while it worked on the run, and did not stop the run first; another activation continues it";
        self.store.take_back_tasks(Timestamp::MAX, &Event::new(self.clock.now(), "restarted", message)).wait()
    }

    fn serve<'a>(&'a self, worker: Arc<dyn Worker>, mut drain: watch::Receiver<bool>) -> Boxed<'a, ()> {
        Box::pin(async move {
            let mut active = JoinSet::new();
            while !*drain.borrow() {
                self.take_back_silent();
                while active.len() < self.workers {
                    match self.store.claim_task_within(self.clock.now(), self.share()).await {
                        Ok(Some(task)) => {
                            let (store, clock) = (self.store.clone(), Arc::clone(&self.clock));
                            active.spawn(Self::attend(
                                store,
                                clock,
                                Arc::clone(&worker),
                                task,
                                drain.clone(),
                            ));
                        }
                        Ok(None) => break,
                        Err(error) => {
                            tracing::error!("no task can be taken: {error}");
                            break;
                        }
                    }
                }
                let poll = Duration::from_millis(limits::TASK_POLL_MILLISECONDS);
                tokio::select! {
                    _ = active.join_next(), if !active.is_empty() => {}
                    () = self.changed.notified() => {}
                    () = tokio::time::sleep(poll) => {}
                    changed = drain.changed() => if changed.is_err() { break },
                }
            }
            while active.join_next().await.is_some() {}
        })
    }
}
