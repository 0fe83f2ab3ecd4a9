//! One run of a component. It ends by itself, at once where the component broke a rule, and in steps where operator or
//! deadline stop it: nothing more is sent and no further page is handed out, the answers to the requests in flight reach the
//! component for a bounded time, it reports what it knows, and only then its store is dropped. What a component that was not
//! continued had in flight is waited for as well, so that it is recorded.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use palisade_egress::{Session, after};
use palisade_limits as limits;
use palisade_redaction::Redactor;
use tokio::time::{Instant, sleep, sleep_until};

use crate::border::Border;
use crate::circumstances::{Circumstances, KnownLimits};
use crate::component::{Component, Sides, early, explain, log_output};
use crate::contract::{Attribute, RunError};
use crate::error::{Early, Ended};
use crate::http::{Hooks, Refusal, Refused};
use crate::limiter::SandboxLimits;
use crate::output::Output;
use crate::state::{Host, Winding};
use crate::stopping::Stopping;

/// Wait for the answers to requests in flight.
const ANSWER_WAIT: Duration = Duration::from_secs(limits::ANSWER_WAIT_SECONDS);
/// Wait for a component that has nothing in flight and reports nothing.
const SETTLE: Duration = Duration::from_secs(limits::SETTLE_SECONDS);
/// The same where the operator has no patience left: what is known takes milliseconds to report.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Which function of the component an activation calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// `action.run`.
    Run,
    /// `continuation.resume`. A component without that export has nothing to do.
    Resume,
}

/// What one run needs.
pub struct RunRequest {
    /// The function to call.
    pub entry: Entry,
    /// The action's id in the manifest.
    pub action: String,
    /// What the component can ask about its activation.
    pub circumstances: Circumstances,
    /// The configuration, without secrets.
    pub configuration: Vec<Attribute>,
    /// Data in, results out.
    pub host: Box<dyn Host>,
    /// The requests that the run may send.
    pub session: Session,
    /// Knows the secrets of the run.
    pub redactor: Arc<Redactor>,
    /// Largest request body, for the component's information.
    pub request_body_bytes: u64,
    /// Largest response body, for the component's information.
    pub response_body_bytes: u64,
    /// Requests in flight, for the component's information.
    pub concurrent_requests: u64,
    /// What it may take of the machine.
    pub limits: SandboxLimits,
    /// Whether the operator has it end before its time.
    pub stopping: Stopping,
}

/// How a run ended, and whether the component had its say.
#[derive(Debug)]
pub struct RunEnd {
    /// How.
    pub ended: Ended,
    /// The component came back by itself with nothing in flight: what it did not report was not sent.
    pub came_back: bool,
}

/// What a call of the component came to.
type Called = wasmtime::Result<Result<(), RunError>>;

/// What happens first in a run.
enum First {
    Called(Called),
    Refused(Refusal),
    Cancelled,
    Deadline,
}

impl Component {
    /// Runs one action to its end in a store of its own. Always comes back: the deadline holds for computing and for
    /// waiting, and what follows it is bounded by [`limits::ANSWER_WAIT_SECONDS`] and [`limits::SETTLE_SECONDS`]. What the
    /// component recorded before an early end has reached the host.
    pub async fn run(&self, request: RunRequest) -> RunEnd {
        let RunRequest { session, stopping, limits, .. } = request;
        let deadline = limits.run;
        let until = after(Instant::now(), deadline);
        let known = KnownLimits {
            page_objects: limits.page_objects,
            concurrent_requests: request.concurrent_requests,
            request_body_bytes: request.request_body_bytes,
            response_body_bytes: request.response_body_bytes,
        };
        let output = Output::default();
        let (hooks, mut refused) = Hooks::of_run(session.clone(), request.request_body_bytes);
        let winding = Arc::new(Winding::default());
        let border = Border::new(request.redactor, limits.output_bytes);
        let sides = Sides {
            host: request.host,
            hooks,
            border,
            winding: Arc::clone(&winding),
            circumstances: request.circumstances,
            limits: known,
            until,
        };
        let longest = deadline.saturating_add(ANSWER_WAIT * 2 + SETTLE);
        let mut store = self.store(sides, &output, limits, longest);
        let unanswered = AtomicU64::new(0);
        let (called, early) = {
            let mut call = std::pin::pin!(async {
                let instance = self.pre.instantiate_async(&mut store).await?;
                match (request.entry, &self.continuation) {
                    (Entry::Run, _) => {
                        let guest = self.action.load(&mut store, &instance)?;
                        guest.call_run(&mut store, &request.action, &request.configuration).await
                    }
                    (Entry::Resume, Some(continuation)) => {
                        let guest = continuation.load(&mut store, &instance)?;
                        guest.call_resume(&mut store, &request.action, &request.configuration).await
                    }
                    (Entry::Resume, None) => Ok(Ok(())),
                }
            });
            // Biased, so that a request that was refused is named even where the component ends because of it.
            let first = tokio::select! {
                biased;
                Some(refusal) = refused.recv() => First::Refused(refusal),
                called = &mut call => First::Called(called),
                () = stopping.asked() => First::Cancelled,
                () = sleep_until(until) => First::Deadline,
            };
            let stop = match first {
                First::Called(called) => (Some(called), None),
                First::Refused(refusal @ Refusal::Exhausted(_)) => {
                    (None, Some((early(refusal, deadline), true)))
                }
                First::Refused(refusal) => (None, Some((early(refusal, deadline), false))),
                First::Cancelled => (None, Some((Early::Cancelled { unanswered: 0, at_once: false }, true))),
                First::Deadline => (None, Some((Early::Deadline(deadline), true))),
            };
            match stop {
                (called, Some((early, true))) if called.is_none() => {
                    session.close();
                    winding.begin();
                    let patience = async {
                        unanswered.fetch_add(answers(&session, &stopping).await, Ordering::Relaxed);
                        settle(&winding, &stopping).await;
                    };
                    wind_down(&mut call, early, patience, &mut refused, deadline).await
                }
                (called, early) => (called, early.map(|(early, _)| early)),
            }
        };
        let came_back = matches!(called, Some(Ok(_))) && session.in_flight() == 0;
        session.close();
        unanswered.fetch_add(answers(&session, &stopping).await, Ordering::Relaxed);
        let early = early.map(|early| match early {
            Early::Cancelled { .. } => Early::Cancelled {
                unanswered: unanswered.load(Ordering::Relaxed),
                at_once: stopping.is_at_once(),
            },
            early => early,
        });
        log_output(&output, &store.data().border);
        store.data_mut().tell_dropped_messages();
        let was_cut_short = session.is_cut_short() || winding.has_withheld();
        let ended = match (refused.try_recv(), called, early) {
            // It came to its end all the same, and nothing was kept from it.
            (_, Some(Ok(result)), Some(Early::Cancelled { .. } | Early::Deadline(_))) if !was_cut_short => {
                of(result, &store.data().border)
            }
            (_, _, Some(early)) => Ended::Early(early),
            (Ok(refusal), ..) => Ended::Early(crate::component::early(refusal, deadline)),
            (Err(_), Some(Ok(result)), None) => of(result, &store.data().border),
            (Err(_), Some(Err(error)), None) => Ended::Early(explain(&store, &error, deadline)),
            (Err(_), None, None) => Ended::Early(Early::Deadline(deadline)),
        };
        RunEnd { ended, came_back }
    }
}

fn of(result: Result<(), RunError>, border: &Border) -> Ended {
    match result {
        Ok(()) => Ended::Completed,
        Err(stopped) => Ended::Stopped(border.error(stopped)),
    }
}

/// Lets the component go on until it comes back, breaks a rule, or has had its time.
async fn wind_down(
    call: &mut std::pin::Pin<&mut impl Future<Output = Called>>,
    cause: Early,
    patience: impl Future<Output = ()>,
    refused: &mut Refused,
    deadline: Duration,
) -> (Option<Called>, Option<Early>) {
    let mut patience = std::pin::pin!(patience);
    loop {
        tokio::select! {
            biased;
            Some(refusal) = refused.recv() => match refusal {
                // There are more of the kind that is refused already.
                Refusal::Exhausted(_) => {}
                refusal => return (None, Some(early(refusal, deadline))),
            },
            called = &mut *call => return (Some(called), Some(cause)),
            () = &mut patience => return (None, Some(cause)),
        }
    }
}

/// Waits for the answers to the requests in flight, as long as that is worth it; how many had none.
async fn answers(session: &Session, stopping: &Stopping) -> u64 {
    tokio::select! {
        () = session.drained() => {}
        () = sleep(ANSWER_WAIT) => {}
        () = stopping.at_once() => {}
    }
    let unanswered = session.abandon();
    // They only have to be told.
    let _ = tokio::time::timeout(SETTLE, session.drained()).await;
    unanswered
}

/// Resolves when the component has reported nothing for a while.
async fn settle(winding: &Winding, stopping: &Stopping) {
    let ends = Instant::now() + ANSWER_WAIT;
    let mut reports = winding.reports();
    while Instant::now() < ends {
        tokio::select! {
            () = sleep(SETTLE) => {}
            () = async {
                stopping.at_once().await;
                sleep(AT_ONCE).await;
            } => {}
        }
        let since = winding.reports();
        if since == reports {
            return;
        }
        reports = since;
    }
}
