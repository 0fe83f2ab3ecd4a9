//! The activations of one run: `run` first, then `resume` as often as objects that wait are due. Each has a new instance.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use palisade_egress::{Notice, ReadOnly, Session, SessionLimits, after};
use palisade_engine::{Circumstances, Early, Ended, Entry, RunEnd, RunRequest, SandboxLimits, Stopping};
use palisade_limits as limits;
use palisade_model::Moment;
use tokio::time::Instant;

use crate::books::Books;
use crate::desk::Desk;
use crate::execute::{Observer, traffic};
use crate::journal::Begun;
use crate::prepare::Prepared;

/// A shorter wait is not told.
const WAIT_TOLD: Duration = Duration::from_secs(limits::WAIT_TOLD_SECONDS);
/// How often the clock is looked at while a run waits for the service.
const CLOCK_LOOKED_AT: Duration = Duration::from_secs(60);
/// How often it is looked whether a run waits.
const WAITS_LOOKED_AT: Duration = Duration::from_millis(500);

/// What a run may do, whatever it was prepared for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mode {
    pub(crate) dry_run: bool,
    pub(crate) compare: bool,
}

/// What the activations of one run share.
pub(crate) struct Activation<'run> {
    pub(crate) mode: Mode,
    pub(crate) books: &'run Arc<Mutex<Books>>,
    pub(crate) observer: &'run Arc<dyn Observer>,
    pub(crate) stopping: &'run Stopping,
    /// When the run ends, waiting included. Absent if the operator has set no time.
    pub(crate) until: Option<Instant>,
    /// What a journal of the run begins with.
    pub(crate) begun: &'run Begun,
}

impl Activation<'_> {
    /// The books of the run.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Prepared {
    /// What one activation may send. With `read_only` nothing that changes the service.
    pub(crate) fn session(&self, read_only: Option<ReadOnly>, until: Instant) -> Session {
        Session::new(
            self.wire.clone(),
            self.grants.clone(),
            self.gate.clone(),
            SessionLimits { read_only, ..self.requests },
            until,
            self.recorder.clone(),
        )
        .redacting(Arc::clone(&self.redactor))
    }

    /// Calls the component once, in a new instance.
    pub(crate) async fn activate(
        &self,
        entry: Entry,
        session: &Session,
        activation: &Activation<'_>,
    ) -> RunEnd {
        let Activation { mode, books, observer, stopping, until, begun } = activation;
        let request = RunRequest {
            entry,
            action: self.action.id.clone(),
            circumstances: Circumstances {
                run_id: self.run_id.clone(),
                dry_run: mode.dry_run,
                compare: mode.compare,
                most_evictions: self.most_evictions,
                mark: begun.mark.clone(),
                cursor: self.cursor(activation),
            },
            configuration: self.configuration.settings.clone(),
            host: Box::new(Desk {
                books: Arc::clone(books),
                observer: Arc::clone(observer),
                session: session.clone(),
                run_id: self.run_id.clone(),
                action: self.action.id.clone(),
                entry,
                dry_run: mode.dry_run,
                uploads: self.uploads.clone(),
            }),
            session: session.clone(),
            redactor: Arc::clone(&self.redactor),
            request_body_bytes: self.requests.request_body_bytes,
            response_body_bytes: self.requests.response_body_bytes,
            concurrent_requests: self.requests.concurrent_requests,
            limits: SandboxLimits {
                output_bytes: output_bytes(self.selection.offered.len()),
                run: self.activation_ends(*until).saturating_duration_since(Instant::now()),
                ..self.sandbox
            },
            stopping: (*stopping).clone(),
        };
        tokio::select! {
            end = self.component.run(request) => end,
            never = tell_waits(session, &***observer) => match never {},
        }
    }

    /// Where the last batch that was kept has come to.
    fn cursor(&self, activation: &Activation<'_>) -> Option<Vec<u8>> {
        // In a dry run nobody has taken it.
        let waiting = self.ingest.lock().unwrap_or_else(PoisonError::into_inner);
        let cursor = waiting.as_ref().and_then(|ingest| ingest.cursor());
        cursor.or_else(|| activation.books().ingest.as_ref().and_then(|ingest| ingest.cursor()))
    }

    /// Asks about the objects that wait, whenever some are due, until none waits, the run ends, or its process does not wait. Between
    /// two activations nothing of the component exists.
    pub(crate) async fn resume(&self, ended: &mut Ended, activation: &Activation<'_>) -> Vec<Notice> {
        let books = || activation.books();
        let mut notices = Vec::new();
        while matches!(ended, Ended::Completed) {
            self.fetch(ended, activation).await;
            if !matches!(ended, Ended::Completed) {
                break;
            }
            let Some(due) = books().ledger.waiting().next_due() else { break };
            if self.no_wait && due > Moment::now() {
                break;
            }
            if let Some(early) = self.wait_until(due, activation).await {
                // Another process can continue: nothing has ended but this one.
                if !books().are_kept() {
                    *ended = Ended::Early(early);
                }
                break;
            }
            let keys = {
                let mut books = books();
                let now = Moment::now();
                books.ledger.give_up(now);
                books.due = books.ledger.waiting().due(now).into();
                books.due.len()
            };
            if keys == 0 {
                self.keep(ended, activation, None);
                continue;
            }
            tracing::debug!(run = %self.run_id, keys, "run resumed");
            let session = self.session(Some(ReadOnly::Resume), self.activation_ends(activation.until));
            *ended = self.activate(Entry::Resume, &session, activation).await.ended;
            let mut is_interrupted = false;
            {
                let mut books = books();
                books.due.clear();
                if matches!(ended, Ended::Completed) {
                    books.ledger.end_resume();
                } else if books.are_kept() {
                    books.ledger.waiting().take_back();
                    let is_over = activation.until.is_some_and(|until| until <= Instant::now());
                    is_interrupted = match ended {
                        Ended::Early(Early::Cancelled { .. }) => true,
                        Ended::Early(Early::Deadline(_)) => is_over,
                        _ => false,
                    };
                }
            }
            self.keep(ended, activation, Some(&session));
            notices.extend(session.notices());
            if is_interrupted {
                // Asking can be repeated.
                *ended = Ended::Completed;
                break;
            }
        }
        notices
    }

    /// Keeps what an activation has left, and adds what it has sent. A run that cannot be kept ends.
    pub(crate) fn keep(&self, ended: &mut Ended, activation: &Activation<'_>, session: Option<&Session>) {
        let mut books = activation.books();
        if let Some(session) = session {
            books.traffic = traffic(session.traffic()).and(&books.traffic);
        }
        if let Err(error) = books.keep_activation(activation.begun) {
            *ended = Ended::Early(Early::NotKept(error.to_string()));
        }
    }

    /// When an activation that begins now ends at the latest.
    pub(crate) fn activation_ends(&self, until: Option<Instant>) -> Instant {
        let ends = after(Instant::now(), self.sandbox.run);
        until.map_or(ends, |until| until.min(ends))
    }

    /// Waits for a moment. Gives the reason if the run ends before.
    async fn wait_until(&self, due: Moment, activation: &Activation<'_>) -> Option<Early> {
        let Activation { observer, stopping, until, .. } = activation;
        let is_told = due.since(Moment::now()) >= WAIT_TOLD;
        if is_told {
            observer.waiting(due.system_time());
        }
        let early = loop {
            let left = due.since(Moment::now());
            if left.is_zero() {
                break None;
            }
            tokio::select! {
                // The clock may be set meanwhile, or the machine may sleep.
                () = tokio::time::sleep(left.min(CLOCK_LOOKED_AT)) => {}
                () = stopping.asked() => {
                    break Some(Early::Cancelled { unanswered: 0, at_once: stopping.is_at_once() });
                }
                () = passed(*until) => break Some(Early::Deadline(self.deadline)),
            }
        };
        if is_told {
            observer.waiting(None);
        }
        early
    }
}

/// Resolves when an instant has passed; never if there is none.
pub(crate) async fn passed(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// Bytes that the component of a run with this many objects may report.
fn output_bytes(objects: usize) -> u64 {
    let of_objects = limits::OUTPUT_OBJECT_BYTES.saturating_mul(objects as u64);
    limits::OUTPUT_BYTES.saturating_add(of_objects).min(limits::OUTPUT_CEILING_BYTES)
}

/// Tells an observer of long waits, again whenever they become longer. Never ends.
async fn tell_waits(session: &Session, observer: &dyn Observer) -> Infallible {
    let mut told: Option<Instant> = None;
    loop {
        tokio::time::sleep(WAITS_LOOKED_AT).await;
        let now = Instant::now();
        match session.waits_until() {
            Some(until) if told.is_none_or(|told| told < until) && until >= now + WAIT_TOLD => {
                told = Some(until);
                observer.waiting(SystemTime::now().checked_add(until - now));
            }
            None if told.take().is_some() => observer.waiting(None),
            _ => {}
        }
    }
}
