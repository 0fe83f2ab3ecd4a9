//! Runs and their steps. What ends a run, a step or a wait is written only by the activation that has the run.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde_json::Value;

use crate::rows::{ByName, json, json_or_none, millis, moment, moment_or_none, names, number, to_json};
use crate::timeline::add_event;
use crate::{
    BundleId, Configuration, ConnectionId, Event, Mark, RunId, Store, StoreError, StoredObject, WorkflowId,
    verdicts,
};
use palisade_model::{StepEnding, VerdictCounts};

names! {
    /// What made a run.
    Origin {
        /// The workflow's schedule.
        Schedule = "schedule",
        /// Somebody, on the workflow's collection.
        RunNow = "run-now",
        /// Somebody, on selected objects.
        Manual = "manual",
        /// Somebody, on what failed in an earlier run.
        Retry = "retry",
    }
}

names! {
    /// Where a run is on its way.
    Phase {
        /// It waits for a worker, or for an earlier run of its workflow.
        Queued = "queued",
        /// It has begun, and waits for a moment.
        Waiting = "waiting",
        /// A worker has it.
        Running = "running",
        /// It is over.
        Ended = "ended",
    }
}

names! {
    /// How a run ended, in the words of ThreatQ's orchestrator. All but the first set the workflow's health flag.
    RunStatus {
        /// Every object was accepted, skipped or planned.
        Completed = "Completed",
        /// It worked through all its objects; some were rejected or failed.
        ErrorOccurred = "Error Occurred",
        /// An action gave up, or was ended by the host for what it did.
        ErrorDuringRun = "Error during run",
        /// It was cancelled, or its time was up.
        Incomplete = "Incomplete",
        /// It could not begin.
        FailedToComplete = "Failed to Complete",
    }
}

impl RunStatus {
    /// Whether somebody should look at it.
    #[must_use]
    pub fn is_issue(self) -> bool {
        self != Self::Completed
    }
}

names! {
    /// What an issue of a run is about: whether the service and its integration need attention, or what the run was given.
    Cause {
        /// The collection could not be read, or its objects were refused for what they are.
        Input = "input",
        /// The policy, the configuration or the installed bundle does not allow the run.
        Policy = "policy",
        /// The service, the network or the integration.
        Service = "service",
        /// The run was cancelled, or exceeded its deadline.
        Stopped = "stopped",
    }
}

/// A run to make.
#[derive(Debug)]
pub struct NewRun<'a> {
    /// The workflow.
    pub workflow: WorkflowId,
    /// What makes it.
    pub origin: Origin,
    /// Who; `schedule` for the schedule.
    pub requested_by: &'a str,
    /// Name of the schedule's tick.
    pub tick: Option<&'a str>,
    /// The run whose failed objects it takes.
    pub retry_of: Option<RunId>,
    /// Nothing that changes a service is to be sent.
    pub dry_run: bool,
    /// Entries of others that it may make the service remove; none for any number.
    pub evictions: Option<u64>,
    /// Name of the collection.
    pub collection: &'a str,
    /// Its deadline.
    pub deadline_at: Timestamp,
    /// Its actions in order.
    pub steps: Vec<NewStep>,
    /// Its objects, where they are known; otherwise it takes them from the collection when it begins.
    pub objects: Option<Vec<StoredObject>>,
    /// Verdicts that these objects begin with: step and verdict.
    pub carried: Vec<(u32, crate::NewVerdict)>,
}

/// A step of a run to make.
#[derive(Debug, Clone)]
pub struct NewStep {
    /// The installed version.
    pub bundle: BundleId,
    /// Its bundle's id.
    pub bundle_name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its zip.
    pub digest: String,
    /// Id of the action.
    pub action: String,
    /// Title of the action.
    pub title: String,
    /// The connection whose credential it uses.
    pub connection: Option<ConnectionId>,
    /// The configuration that it runs with, the connection's included; secrets remain with the connection.
    pub configuration: Configuration,
}

/// A run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Identifies it.
    pub id: RunId,
    /// The workflow, unless it was deleted.
    pub workflow: Option<WorkflowId>,
    /// The workflow's name at that time.
    pub workflow_name: String,
    /// What made it.
    pub origin: Origin,
    /// Who made it.
    pub requested_by: String,
    /// The run whose failed objects it takes.
    pub retry_of: Option<RunId>,
    /// Whether nothing that changes a service is sent.
    pub dry_run: bool,
    /// Entries of others that it may make the service remove; none for any number.
    pub evictions: Option<u64>,
    /// The collection's name at that time.
    pub collection: String,
    /// Where it is.
    pub phase: Phase,
    /// How it ended.
    pub status: Option<RunStatus>,
    /// What its issue is about; none without an issue.
    pub cause: Option<Cause>,
    /// Why it waits, or why it ended so.
    pub reason: Option<String>,
    /// What to do about that.
    pub hint: Option<String>,
    /// When it goes on, if it waits for a moment that is known.
    pub waits_until: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// Its deadline.
    pub deadline_at: Timestamp,
    /// How many objects it took.
    pub objects: Option<u64>,
    /// How many were left for later runs.
    pub not_offered: u64,
    /// Files read, records left out, how objects were chosen.
    pub selection: Option<Value>,
    /// Verdicts of all its steps.
    pub counts: VerdictCounts,
}

/// A step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRow {
    /// From 1 on.
    pub place: u32,
    /// The installed version, unless it was removed.
    pub bundle: Option<BundleId>,
    /// Its bundle's id.
    pub bundle_name: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of its zip.
    pub digest: String,
    /// Id of the action.
    pub action: String,
    /// Title of the action.
    pub title: String,
    /// The connection whose credential it uses.
    pub connection: Option<ConnectionId>,
    /// The configuration that it runs with, the connection's included; secrets remain with the connection.
    pub configuration: Configuration,
    /// How it ended; none while it is open.
    pub end: Option<StepEnd>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// The place up to which an action has had the objects, unless it has put them down since: what has no verdict up to there may
    /// have been sent.
    pub in_hand: u64,
    /// Verdicts so far.
    pub counts: VerdictCounts,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq)]
pub struct StepEnd {
    /// In which way.
    pub how: StepEnding,
    /// Stable code of the reason.
    pub code: Option<String>,
    /// The reason as a sentence.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// What it is about, if it is an issue.
    pub cause: Option<Cause>,
    /// Requests and bytes.
    pub traffic: Value,
    /// What the operator should know.
    pub warnings: Value,
}

impl StepEnd {
    /// An end of this kind about which nothing else is known.
    #[must_use]
    pub fn of(how: StepEnding) -> Self {
        Self {
            how,
            code: None,
            message: None,
            hint: None,
            cause: None,
            traffic: Value::Null,
            warnings: Value::Null,
        }
    }
}

/// How a run ended, and what its workflow remembers of it.
#[derive(Debug, Clone, Copy)]
pub struct RunEnd<'a> {
    /// In one word.
    pub status: RunStatus,
    /// What its issue is about; none without an issue.
    pub cause: Option<Cause>,
    /// Why.
    pub reason: Option<&'a str>,
    /// What to do about it.
    pub hint: Option<&'a str>,
    /// Objects that were brought to their end.
    pub marks: &'a [Mark],
    /// The last object that was taken.
    pub cursor: Option<&'a Value>,
}

impl<'a> RunEnd<'a> {
    /// An end without a reason or anything to remember. An issue is about the service, one of an incomplete run about its end.
    #[must_use]
    pub fn of(status: RunStatus) -> Self {
        let cause = match status {
            RunStatus::Completed => None,
            RunStatus::Incomplete => Some(Cause::Stopped),
            RunStatus::ErrorOccurred | RunStatus::ErrorDuringRun | RunStatus::FailedToComplete => {
                Some(Cause::Service)
            }
        };
        Self { status, cause, reason: None, hint: None, marks: &[], cursor: None }
    }
}

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<RunRow> {
    Ok(RunRow {
        id: row.get("id")?,
        workflow: row.get("workflow")?,
        workflow_name: row.get("workflow_name")?,
        origin: row.get("origin")?,
        requested_by: row.get("requested_by")?,
        retry_of: row.get("retry_of")?,
        dry_run: row.get("dry_run")?,
        evictions: row.get::<_, Option<i64>>("evictions")?.map(i64::unsigned_abs),
        collection: row.get("collection")?,
        phase: row.get("phase")?,
        status: row.get("status")?,
        cause: row.get("cause")?,
        reason: row.get("reason")?,
        hint: row.get("hint")?,
        waits_until: moment_or_none(row, "waits_until")?,
        created_at: moment(row, "created_at")?,
        started_at: moment_or_none(row, "started_at")?,
        ended_at: moment_or_none(row, "ended_at")?,
        deadline_at: moment(row, "deadline_at")?,
        objects: row.get::<_, Option<i64>>("objects")?.map(i64::unsigned_abs),
        not_offered: row.get::<_, i64>("not_offered")?.unsigned_abs(),
        selection: json_or_none(row, "selection")?,
        counts: VerdictCounts::default(),
    })
}

fn read_step(row: &Row<'_>) -> rusqlite::Result<StepRow> {
    let phase: String = row.get("phase")?;
    let end = if phase == "ended" {
        Some(StepEnd {
            how: row.get::<_, ByName<_>>("ended_how")?.0,
            code: row.get("code")?,
            message: row.get("message")?,
            hint: row.get("hint")?,
            cause: row.get("cause")?,
            traffic: json_or_none(row, "traffic")?.unwrap_or_default(),
            warnings: json_or_none(row, "warnings")?.unwrap_or_default(),
        })
    } else {
        None
    };
    Ok(StepRow {
        place: row.get("place")?,
        bundle: row.get("bundle")?,
        bundle_name: row.get("bundle_name")?,
        version: row.get("version")?,
        digest: row.get("digest")?,
        action: row.get("action")?,
        title: row.get("title")?,
        connection: row.get("connection")?,
        configuration: json(row, "configuration")?,
        end,
        started_at: moment_or_none(row, "started_at")?,
        ended_at: moment_or_none(row, "ended_at")?,
        in_hand: row.get::<_, i64>("in_hand")?.unsigned_abs(),
        counts: VerdictCounts::default(),
    })
}

pub(crate) fn one(connection: &Connection, id: RunId) -> Result<RunRow, StoreError> {
    let mut run = connection
        .prepare_cached("SELECT * FROM runs WHERE id = ?1")?
        .query_row([id], read)
        .optional()?
        .ok_or_else(|| StoreError::missing("run", id))?;
    run.counts = verdicts::counts(connection, id, None)?;
    say_why_queued(connection, &mut run)?;
    Ok(run)
}

/// A run that nobody works on says what it waits for.
pub(crate) fn say_why_queued(connection: &Connection, run: &mut RunRow) -> Result<(), StoreError> {
    if run.phase != Phase::Queued || run.reason.is_some() {
        return Ok(());
    }
    let sql = "SELECT MIN(id) FROM runs WHERE workflow = ?1 AND id < ?2 AND phase <> 'ended'";
    let earlier: Option<RunId> =
        connection.prepare_cached(sql)?.query_row(params![run.workflow, run.id], |row| row.get(0))?;
    run.reason = Some(match earlier {
        Some(earlier) => format!("waits for run {earlier} of the same workflow"),
        None => "waits for a worker".to_owned(),
    });
    Ok(())
}

impl Store {
    /// Makes a run; none where the tick has made one already, or the run that it is to retry is retried by another.
    ///
    /// # Errors
    /// Where there is no such workflow.
    pub fn add_run(&self, new: &NewRun<'_>, now: Timestamp) -> Result<Option<RunId>, StoreError> {
        self.write(|transaction| {
            let name: String = transaction
                .query_row("SELECT name FROM workflows WHERE id = ?1", [new.workflow], |row| row.get(0))
                .optional()?
                .ok_or_else(|| StoreError::missing("workflow", new.workflow))?;
            let added = transaction.execute(
                "INSERT INTO runs (workflow, workflow_name, origin, requested_by, tick, retry_of, dry_run, collection,
                     phase, created_at, deadline_at, evictions)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'queued', ?9, ?10, ?11) ON CONFLICT DO NOTHING",
                params![
                    new.workflow,
                    name,
                    new.origin,
                    new.requested_by,
                    new.tick,
                    new.retry_of,
                    new.dry_run,
                    new.collection,
                    millis(now),
                    millis(new.deadline_at),
                    number(new.evictions)
                ],
            )?;
            if added == 0 {
                return Ok(None);
            }
            let id = RunId(transaction.last_insert_rowid());
            for (step, place) in new.steps.iter().zip(1_i64..) {
                transaction.execute(
                    "INSERT INTO run_steps (run, place, bundle, bundle_name, version, digest, action, title,
                         connection, configuration, phase)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'open')",
                    params![
                        id,
                        place,
                        step.bundle,
                        step.bundle_name,
                        step.version,
                        step.digest,
                        step.action,
                        step.title,
                        step.connection,
                        to_json("configuration", &step.configuration)?
                    ],
                )?;
            }
            if let Some(objects) = &new.objects {
                verdicts::offer(transaction, id, objects)?;
            }
            for (step, verdict) in &new.carried {
                verdicts::record(transaction, id, *step, std::slice::from_ref(verdict), now)?;
            }
            add_event(transaction, id, &Event::new(now, "requested", &format!("requested by {}", new.requested_by)))?;
            Ok(Some(id))
        })
    }

    /// One run.
    ///
    /// # Errors
    /// Where there is none of this id.
    pub fn run(&self, id: RunId) -> Result<RunRow, StoreError> {
        self.read(|connection| one(connection, id))
    }

    /// The steps of a run.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn run_steps(&self, id: RunId) -> Result<Vec<StepRow>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT * FROM run_steps WHERE run = ?1 ORDER BY place")?;
            let mut steps: Vec<StepRow> = statement.query_map([id], read_step)?.collect::<Result<_, _>>()?;
            for step in &mut steps {
                step.counts = verdicts::counts(connection, id, Some(step.place))?;
            }
            Ok(steps)
        })
    }

    /// Runs that are open and that no executor has: what a crash between making and submitting left behind.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn runs_without_task(&self) -> Result<Vec<RunId>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT id FROM runs WHERE phase <> 'ended'
                AND NOT EXISTS (SELECT 1 FROM tasks WHERE run = id AND state <> 'ended') ORDER BY id";
            Ok(connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        })
    }

    /// The run that retries this one.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn retry_of(&self, id: RunId) -> Result<Option<RunId>, StoreError> {
        self.read(|connection| {
            let sql = "SELECT id FROM runs WHERE retry_of = ?1";
            Ok(connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?)
        })
    }

    /// Whether a workflow has a run of its schedule that nobody has begun.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn has_queued_tick(&self, workflow: WorkflowId) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT 1 FROM runs WHERE workflow = ?1 AND phase = 'queued' AND origin = 'schedule'
                AND started_at IS NULL";
            Ok(connection.prepare_cached(sql)?.exists([workflow])?)
        })
    }

    /// Whether a workflow has a run that is not over.
    ///
    /// # Errors
    /// Where the state cannot be read.
    pub fn has_open_run(&self, workflow: WorkflowId) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT 1 FROM runs WHERE workflow = ?1 AND phase <> 'ended'";
            Ok(connection.prepare_cached(sql)?.exists([workflow])?)
        })
    }
}
