//! Runs what was prepared, and closes its books whatever happens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use palisade_egress::{Notice, ReadOnly, SendError, Traffic, Wire, after};
use palisade_engine::contract::{self, Reason, RunError};
use palisade_engine::{Early, Ended, Entry, RunEnd, Stopping, cut};
use palisade_model::Verdict;
use palisade_recording::Difference;
use palisade_redaction::Redactor;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::activation::{Activation, Mode};
use crate::desk::Books;
use crate::holdings::Holdings;
use crate::ledger::{Ledger, Totals};
use crate::open;
use crate::plan::{Plan, PlanError};
use crate::prepare::Prepared;
use crate::report::{
    ActionIdentity, BundleIdentity, EndedHow, EvictionsReport, Report, RunReport, Status, SubmissionReport,
    TrafficReport, Warning,
};
use crate::selection::{Offered, Selection};
use crate::summary;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Verdicts so far.
    pub totals: Totals,
    /// Objects handed to the component so far.
    pub handed_out: u64,
}

/// A verdict as soon as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// The object's key in this run, from 1 on.
    pub key: u64,
    /// What became of it.
    pub verdict: Verdict,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence; for a duplicate, of which object.
    pub message: Option<String>,
    /// What was submitted for it.
    pub submissions: Vec<SubmissionReport>,
}

/// Whoever watches a run. Called from the run's own thread: what it does must be short.
pub trait Observer: Send + Sync + 'static {
    /// Outcomes have been recorded or objects handed out.
    fn progress(&self, progress: Progress);

    /// Nothing is sent before this time, because the service asked for that or a request is repeated later; none if it is over.
    fn waiting(&self, _until: Option<SystemTime>) {}

    /// The component has reported these, and they stand. Called before the component goes on: what is kept here is kept
    /// however the run ends. Verdicts that the host gives when the run is over are in the report only. Each is made when
    /// it is asked for: who keeps none does not pay for them.
    fn decided(&self, _verdicts: &mut dyn Iterator<Item = Decided>) {}
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn progress(&self, _: Progress) {}
}

/// Watches only what a run waits for: the comparison that precedes a plan has no verdicts to show.
struct OnlyWaits(Arc<dyn Observer>);

impl Observer for OnlyWaits {
    fn progress(&self, _: Progress) {}

    fn waiting(&self, until: Option<SystemTime>) {
        self.0.waiting(until);
    }
}

impl Prepared {
    /// Runs to the end and reports. Comes back in any case: at the deadline, or when `stopping` says so, and then as soon as the
    /// requests in flight have their answers, for which [`limits::ANSWER_WAIT_SECONDS`] are allowed. Objects without a verdict by
    /// then have failed: with the reason of the end if they were not sent, else as `outcome-unknown`.
    pub async fn execute(&self, observer: Arc<dyn Observer>, stopping: Stopping) -> Report {
        self.run(Mode { dry_run: self.dry_run, compare: self.compare }, observer, stopping).await
    }

    /// Does a plan: compares anew, and runs only if the service is as it was when the plan was made. The objects are those
    /// that the run was prepared with, [`Plan::selection`].
    ///
    /// # Errors
    /// [`PlanError::NotCompared`] and [`PlanError::Outdated`]; nothing that changes the service has been sent.
    pub async fn apply(
        &self,
        plan: &Plan,
        observer: Arc<dyn Observer>,
        stopping: Stopping,
    ) -> Result<Report, PlanError> {
        let comparing = Mode { dry_run: true, compare: true };
        let found = self.run(comparing, Arc::new(OnlyWaits(Arc::clone(&observer))), stopping.clone()).await;
        plan.check_unchanged(&found)?;
        let mut report = self.execute(observer, stopping).await;
        report.traffic = report.traffic.with_comparison(found.traffic);
        Ok(report)
    }

    async fn run(&self, mode: Mode, observer: Arc<dyn Observer>, stopping: Stopping) -> Report {
        let Mode { dry_run, compare } = mode;
        let started = OffsetDateTime::now_utc();
        let clock = tokio::time::Instant::now();
        let mut books = open_books(Arc::clone(&self.selection), dry_run);
        if self.component.can_resume() {
            books.ledger = books.ledger.with_waiting();
        }
        let books = Arc::new(Mutex::new(books));
        let until = after(clock, self.sandbox.run);
        let session = self.session(dry_run.then_some(ReadOnly::DryRun), until);
        tracing::info!(run = %self.run_id, action = %self.action.id, dry_run, "run started");
        let activation = Activation { mode, books: &books, observer: &observer, stopping: &stopping, until };
        let RunEnd { mut ended, came_back } = self.activate(Entry::Run, &session, &activation).await;
        let resumed = self.resume(&mut ended, &activation).await;
        if let Ended::Early(Early::Deadline(left)) = &mut ended {
            *left = self.deadline;
        }
        let seconds = clock.elapsed().as_secs_f64();
        // The component is gone: nobody else holds the books but a host that is being dropped.
        let mut books = std::mem::replace(
            &mut *books.lock().unwrap_or_else(PoisonError::into_inner),
            open_books(Arc::default(), dry_run),
        );
        let totals = books.ledger.totals();
        let mut end = End::of(&ended, totals.offered - totals.decided());
        if let Ended::Early(Early::Refused(SendError::Denied(denial))) = &ended {
            let bundle = &self.bundle.manifest().id;
            end.hint = Some(self.policy.explain(bundle, &self.asked, denial).to_string());
        }
        end.redact(&self.redactor);
        // What ended the run is said there.
        let told = |notice: &Notice| end.code.as_deref() == Some(notice.code);
        let notices = session.notices().into_iter().chain(resumed.notices);
        let notices = notices.filter(|notice| !told(notice));
        notices.for_each(|notice| books.warn(unanswered(notice)));
        self.unneeded.iter().for_each(|value| books.warn(unneeded(value)));
        books.holdings.warning().into_iter().for_each(|warning| books.warn(warning));
        if let Wire::Recording(replayer) = &self.wire {
            replayer.unused().iter().for_each(|difference| books.warn(not_asked(difference)));
        }
        let selection = Arc::clone(&books.selection);
        let (lines, totals) = books.ledger.close(|key, handed_out| {
            let value = selection.value(key);
            let known = open::Known {
                handed_out,
                came_back,
                stopped: end.how == EndedHow::Stopped && !session.is_cut_short(),
                sent_as: session.sent_as(value),
                anything_sent: session.has_sent(),
            };
            open::explain(value, known, &end.open)
        });
        let objects = summary::objects(&books.selection, lines);
        let status = match end.how {
            EndedHow::Completed if end.code.is_none() && totals.rejected + totals.failed == 0 => {
                Status::Clean
            }
            EndedHow::Completed if end.code.is_none() => Status::WithProblems,
            _ => Status::EndedEarly,
        };
        tracing::info!(run = %self.run_id, ?status, seconds, "run ended");
        Report {
            schema: Report::SCHEMA,
            run: RunReport {
                id: self.run_id.clone(),
                started_at: rfc3339(started),
                ended_at: rfc3339(OffsetDateTime::now_utc()),
                seconds,
                dry_run,
                compared: compare,
                replay: matches!(self.wire, Wire::Recording(_)),
                status,
                ended: end.how,
                code: end.code,
                message: end.message,
                hint: end.hint,
            },
            bundle: BundleIdentity::of(&self.bundle),
            action: ActionIdentity { id: self.action.id.clone(), title: self.action.title.clone() },
            configuration: self.configuration.settings.iter().map(summary::setting).collect(),
            collection: summary::collection(&books.selection, self.configuration.objects_per_run),
            totals,
            reasons: summary::reasons(&objects),
            evictions: books.evictions,
            holdings: books.holdings.report(),
            traffic: traffic(session.traffic()).and(&resumed.traffic),
            warnings: books.warnings,
            warnings_not_listed: books.warnings_not_listed,
            objects,
        }
    }
}

/// Books in which unreadable records and protected objects have their verdict already, and incomplete files their warning.
fn open_books(selection: Arc<Selection>, dry_run: bool) -> Books {
    let mut ledger = Ledger::new(selection.offered.len(), dry_run);
    for ((_, offered), key) in selection.offered.iter().zip(1..) {
        match offered {
            Offered::Object(_) => {}
            Offered::Unreadable(record) => {
                let problem = Reason { code: "unreadable".to_owned(), message: record.message.clone() };
                ledger.decide(key, contract::Verdict::Rejected(problem));
            }
            Offered::Protected(_, sentence) => {
                let reason = Reason { code: "protected".to_owned(), message: sentence.clone() };
                ledger.decide(key, contract::Verdict::Skipped(reason));
            }
        }
    }
    let warnings = palisade_model::warnings(&selection.files);
    let mut books = Books {
        selection,
        ledger,
        cursor: 0,
        due: VecDeque::new(),
        evictions: EvictionsReport::default(),
        holdings: Holdings::default(),
        warnings: Vec::new(),
        warnings_not_listed: 0,
    };
    for message in warnings {
        books.warn(Warning { source: "host".to_owned(), message, fields: BTreeMap::new() });
    }
    books
}

/// How the run ended, and what that means for the objects that are open.
struct End {
    how: EndedHow,
    code: Option<String>,
    message: Option<String>,
    hint: Option<String>,
    open: Reason,
}

impl End {
    fn of(ended: &Ended, open: u64) -> Self {
        let (how, code, message, hint) = match ended {
            Ended::Completed if open == 0 => {
                let open = Reason { code: String::new(), message: String::new() };
                return Self { how: EndedHow::Completed, code: None, message: None, hint: None, open };
            }
            Ended::Completed => (
                EndedHow::Completed,
                "no-verdict".to_owned(),
                format!("the action ended without a verdict for {open} objects"),
                None,
            ),
            Ended::Stopped(RunError::Stopped(stop)) => (
                EndedHow::Stopped,
                stop.problem.code.clone(),
                stop.problem.message.clone(),
                stop.hint.clone(),
            ),
            Ended::Stopped(RunError::UnknownAction(id)) => (
                EndedHow::Stopped,
                "action-unknown-to-component".to_owned(),
                format!("the component has no action `{id}`, although the manifest names it"),
                None,
            ),
            Ended::Stopped(RunError::InvalidConfiguration(problems)) => (
                EndedHow::Stopped,
                "configuration-refused".to_owned(),
                // It becomes the reason of every object that is open.
                cut(problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")),
                None,
            ),
            Ended::Early(early) => {
                (EndedHow::Early, early.code().to_owned(), early.to_string(), early.hint())
            }
        };
        // A component that stops says why for each of its objects; of any other end the report tells once.
        let reason = match how {
            EndedHow::Stopped => message.clone(),
            EndedHow::Completed => "the run ended before there was a verdict".to_owned(),
            EndedHow::Early => "not sent: the run ended first".to_owned(),
        };
        let open = Reason { code: code.clone(), message: reason };
        Self { how, code: Some(code), message: Some(message), hint, open }
    }

    /// Takes the secrets out of what was not reported by the component: a refused request names the path that it asked for.
    fn redact(&mut self, redactor: &Redactor) {
        let texts = self.message.iter_mut().chain(&mut self.hint).chain([&mut self.open.message]);
        texts.for_each(|text| *text = redactor.text(text).into_owned());
    }
}

/// A request without an answer as the operator should see it.
fn unanswered(notice: Notice) -> Warning {
    let facts = [
        ("code", Some(notice.code.to_owned())),
        ("requests", Some(notice.count.to_string())),
        ("hint", notice.hint),
    ];
    let fields = facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Warning { source: "host".to_owned(), message: notice.message, fields }
}

/// An exemption from protection that let nothing through.
fn unneeded(value: &str) -> Warning {
    let message = format!("`{value}` needed no exemption from protection: most likely it is misspelled");
    Warning { source: "host".to_owned(), message, fields: BTreeMap::new() }
}

/// A recorded request that a replay did not come to.
fn not_asked(difference: &Difference) -> Warning {
    let facts = [("code", Some(difference.code().to_owned())), ("hint", difference.hint())];
    let fields = facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
    Warning { source: "host".to_owned(), message: difference.to_string(), fields }
}

pub(crate) fn traffic(traffic: Traffic) -> TrafficReport {
    TrafficReport {
        requests: traffic.requests,
        repeats: traffic.repeats,
        throttled: traffic.throttled,
        lost: traffic.lost,
        waited_seconds: traffic.waited.as_secs_f64(),
        comparison_requests: 0,
        bytes_sent: traffic.bytes_sent,
        bytes_received: traffic.bytes_received,
    }
}

fn rfc3339(time: OffsetDateTime) -> String {
    time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default()
}
