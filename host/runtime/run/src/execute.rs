//! Runs what was prepared, and closes its books whatever happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use palisade_egress::{Notice, ReadOnly, SendError, Session, Traffic, Wire, after};
use palisade_engine::{Early, Ended, Entry, RunEnd, Stopping};
use palisade_model::{Outcome, Verdict};
use palisade_recording::Difference;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::activation::{Activation, Mode};
use crate::books::Books;
use crate::end::End;
use crate::journal::Begun;
use crate::ledger::Totals;
use crate::open;
use crate::plan::{Plan, PlanError};
use crate::prepare::Prepared;
use crate::report::{
    ActionIdentity, BundleIdentity, EndedHow, Report, RunReport, Status, TrafficReport, Warning,
};
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
    pub outcome: Outcome,
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

/// The code with which an action ends a run because the service does not permit its requests (status 403).
const ACCESS_DENIED: &str = "access-denied";

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
        let clock = tokio::time::Instant::now();
        let (begun, books, mut ended) = self.open_books(mode);
        let books = Arc::new(Mutex::new(books));
        let until = self.is_bounded.then(|| after(clock, self.sandbox.run));
        let activation = Activation {
            mode,
            books: &books,
            observer: &observer,
            stopping: &stopping,
            until,
            begun: &begun,
        };
        tracing::info!(run = %self.run_id, action = %self.action.id, dry_run, "run started");
        let lock = || books.lock().unwrap_or_else(PoisonError::into_inner);
        let mut notices = Vec::new();
        let mut end = None;
        // A run that is continued may have nothing left to send.
        if matches!(ended, Ended::Completed) && (lock().has_open() || self.selection.offered.is_empty()) {
            let read_only = dry_run.then_some(ReadOnly::DryRun);
            let session = self.session(read_only, self.activation_ends(until));
            let RunEnd { ended: now, came_back } = self.activate(Entry::Run, &session, &activation).await;
            ended = now;
            let first = self.end(&ended, lock().ledger.open().len() as u64);
            self.decide_open(&mut lock(), &session, came_back, &first);
            self.keep(&mut ended, &activation, Some(&session));
            notices.extend(session.notices());
            end = Some(first);
        }
        notices.extend(self.resume(&mut ended, &activation).await);
        // The component is gone: nobody else holds the books but a host that is being dropped.
        let mut books = std::mem::replace(&mut *lock(), Books::empty());
        let end = match end {
            Some(end) if end.is_of(&ended) => end,
            _ => self.end(&ended, 0),
        };
        // What was never decided, because the run could not be kept from its beginning.
        for key in books.ledger.open() {
            let outcome = Outcome::reasoned(Verdict::Failed, end.open.code.clone(), end.open.message.clone());
            books.ledger.decide(key, outcome);
        }
        // What ended the run is said there.
        let told = |notice: &Notice| end.code.as_deref() == Some(notice.code);
        let notices = notices.into_iter().filter(|notice| !told(notice));
        notices.for_each(|notice| books.warn(unanswered(notice)));
        self.unneeded.iter().for_each(|value| books.warn(unneeded(value)));
        books.holdings.warning().into_iter().for_each(|warning| books.warn(warning));
        if let Wire::Recording(replayer) = &self.wire {
            replayer.unused().iter().for_each(|difference| books.warn(not_asked(difference)));
        }
        let continues = books.are_kept();
        let holdings = books.holdings.lines();
        let (lines, totals) = books.ledger.close(continues);
        let objects = summary::objects(&books.selection, lines);
        let status = match end.how {
            EndedHow::Completed if end.code.is_some() => Status::EndedEarly,
            EndedHow::Completed if totals.pending > 0 => Status::Waiting,
            EndedHow::Completed if totals.rejected + totals.failed == 0 => Status::Clean,
            EndedHow::Completed => Status::WithProblems,
            EndedHow::Stopped | EndedHow::Early => Status::EndedEarly,
        };
        let ended_at = OffsetDateTime::now_utc();
        // A run that is continued began in another process.
        let started = OffsetDateTime::parse(&begun.started_at, &Rfc3339).unwrap_or(ended_at);
        let seconds = (ended_at - started).as_seconds_f64().max(clock.elapsed().as_secs_f64());
        tracing::info!(run = %self.run_id, ?status, seconds, "run ended");
        Report {
            schema: Report::SCHEMA,
            run: RunReport {
                id: self.run_id.clone(),
                started_at: begun.started_at,
                ended_at: rfc3339(ended_at),
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
            holdings,
            found: books.found,
            traffic: books.traffic,
            warnings: books.warnings,
            warnings_not_listed: books.warnings_not_listed,
            objects,
        }
    }

    /// The books with which a run begins, and how it has ended if they cannot be kept.
    fn open_books(&self, mode: Mode) -> (Begun, Books, Ended) {
        let take = |error: PoisonError<_>| error.into_inner();
        let kept = self.kept.lock().unwrap_or_else(take).take();
        let mut begun = self.begun.clone();
        let mut books = match kept {
            Some(kept) => {
                let waits = self.component.can_resume().then_some(self.wait_bounds);
                let again = self.may_be_offered_again();
                Books::continued(Arc::clone(&self.selection), Arc::clone(&self.declared), *kept, waits, again)
            }
            None => {
                begun.started_at = rfc3339(OffsetDateTime::now_utc());
                let mut books =
                    Books::open(Arc::clone(&self.selection), mode.dry_run, Arc::clone(&self.declared));
                books.let_wait(&self.component, self.wait_bounds);
                books
            }
        };
        if mode.dry_run {
            return (begun, books, Ended::Completed);
        }
        let journal = self.journal.lock().unwrap_or_else(PoisonError::into_inner).take();
        books.ingest = self.ingest.lock().unwrap_or_else(PoisonError::into_inner).take();
        let begins = journal.map_or(Ok(()), |journal| books.begin_journal(&begun, journal));
        let ended = match begins {
            Ok(()) => Ended::Completed,
            Err(error) => Ended::Early(Early::NotKept(error.to_string())),
        };
        (begun, books, ended)
    }

    /// How the run ended, in the words of its report.
    fn end(&self, ended: &Ended, open: u64) -> End {
        let mut end = End::of(ended, open);
        if let Ended::Early(Early::Deadline(_)) = ended {
            end = End::of(&Ended::Early(Early::Deadline(self.deadline)), open);
        }
        if let Ended::Early(Early::Refused(SendError::Denied(denial))) = ended {
            let bundle = &self.bundle.manifest().id;
            end.hint = Some(self.policy.explain(bundle, &self.asked, denial).to_string());
        }
        let requires = &self.action.requires;
        if end.how == EndedHow::Stopped && end.code.as_deref() == Some(ACCESS_DENIED) && !requires.is_empty()
        {
            let list: Vec<&str> = requires.iter().map(|text| text.trim().trim_end_matches('.')).collect();
            let list = format!("the action requires: {}", list.join("; "));
            end.hint = Some(end.hint.take().map_or_else(|| list.clone(), |hint| format!("{hint}; {list}")));
        }
        end.redact(&self.redactor);
        end
    }

    /// Decides what the component has left open: from now on it is not offered any more.
    fn decide_open(&self, books: &mut Books, session: &Session, came_back: bool, end: &End) {
        let selection = Arc::clone(&books.selection);
        for key in books.ledger.open() {
            let value = selection.value(key);
            let known = open::Known {
                handed_out: key <= books.ledger.handed_out(),
                came_back,
                before: books.ledger.is_uncertain(key),
                stopped: end.how == EndedHow::Stopped && !session.is_cut_short(),
                sent_as: session.sent_as(value),
                anything_sent: session.has_sent(),
            };
            let outcome = open::explain(value, known, &end.open);
            books.ledger.decide(key, outcome);
        }
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
