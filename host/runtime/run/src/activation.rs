//! The activations of one run: `run` first, then `resume` as often as objects that wait are due. Each has a new instance.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use palisade_egress::{Notice, ReadOnly, Session, SessionLimits};
use palisade_engine::{Circumstances, Early, Ended, Entry, RunEnd, RunRequest, SandboxLimits, Stopping};
use palisade_limits as limits;
use tokio::time::Instant;

use crate::desk::{Books, Desk};
use crate::execute::{Observer, traffic};
use crate::prepare::Prepared;
use crate::report::TrafficReport;

/// A shorter wait is not told.
const WAIT_TOLD: Duration = Duration::from_secs(limits::WAIT_TOLD_SECONDS);
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
    /// When the run ends.
    pub(crate) until: Instant,
}

/// What the activations after the first have sent.
#[derive(Default)]
pub(crate) struct Resumed {
    pub(crate) traffic: TrafficReport,
    pub(crate) notices: Vec<Notice>,
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
        let Activation { mode, books, observer, stopping, until } = activation;
        let request = RunRequest {
            entry,
            action: self.action.id.clone(),
            circumstances: Circumstances {
                run_id: self.run_id.clone(),
                dry_run: mode.dry_run,
                compare: mode.compare,
                most_evictions: self.most_evictions,
                mark: None,
                cursor: None,
            },
            configuration: self.configuration.settings.clone(),
            host: Box::new(Desk {
                books: Arc::clone(books),
                observer: Arc::clone(observer),
                session: session.clone(),
                run_id: self.run_id.clone(),
                action: self.action.id.clone(),
                entry,
            }),
            session: session.clone(),
            redactor: Arc::clone(&self.redactor),
            request_body_bytes: self.requests.request_body_bytes,
            response_body_bytes: self.requests.response_body_bytes,
            concurrent_requests: self.requests.concurrent_requests,
            limits: SandboxLimits {
                output_bytes: output_bytes(self.selection.offered.len()),
                run: until.saturating_duration_since(Instant::now()),
                ..self.sandbox
            },
            stopping: (*stopping).clone(),
        };
        tokio::select! {
            end = self.component.run(request) => end,
            never = tell_waits(session, &***observer) => match never {},
        }
    }

    /// Asks about the objects that wait, whenever some are due, until none waits or the run ends. Between two activations
    /// nothing of the component exists.
    pub(crate) async fn resume(&self, ended: &mut Ended, activation: &Activation<'_>) -> Resumed {
        let Activation { books, observer, stopping, until, .. } = activation;
        let books = || books.lock().unwrap_or_else(PoisonError::into_inner);
        let mut resumed = Resumed::default();
        while matches!(ended, Ended::Completed) {
            let Some(due) = books().ledger.waiting().next_due() else { break };
            let now = Instant::now();
            let is_told = due >= now + WAIT_TOLD;
            if is_told {
                observer.waiting(SystemTime::now().checked_add(due - now));
            }
            tokio::select! {
                () = tokio::time::sleep_until(due) => {}
                () = stopping.asked() => {
                    let at_once = stopping.is_at_once();
                    *ended = Ended::Early(Early::Cancelled { unanswered: 0, at_once });
                }
                () = tokio::time::sleep_until(*until) => *ended = Ended::Early(Early::Deadline(self.deadline)),
            }
            if is_told {
                observer.waiting(None);
            }
            if !matches!(ended, Ended::Completed) {
                break;
            }
            let keys = {
                let mut books = books();
                let now = Instant::now();
                books.ledger.give_up(now);
                books.due = books.ledger.waiting().due(now).into();
                books.due.len()
            };
            if keys == 0 {
                continue;
            }
            tracing::debug!(run = %self.run_id, keys, "run resumed");
            let session = self.session(Some(ReadOnly::Resume), *until);
            *ended = self.activate(Entry::Resume, &session, activation).await.ended;
            let mut books = books();
            books.due.clear();
            if matches!(ended, Ended::Completed) {
                books.ledger.end_resume();
            }
            resumed.traffic = traffic(session.traffic()).and(&resumed.traffic);
            resumed.notices.extend(session.notices());
        }
        resumed
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
