//! Runs: asked for, where they stand, what happened to them, and their end. Their objects and their evidence are beside this file.

mod downloads;
mod objects;
mod requests;

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use futures_core::Stream;
use jiff::Timestamp;
use palisade_model::{StepEnding, Verdict, VerdictCounts};
use palisade_store::{
    Cause, Compared, Event, Origin, Phase, RunFilter, RunId, RunOrder, RunRow, RunStatus, StepRow, Store,
    StoreError, Wait as _, WorkflowId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::integrations::Made;
use super::{Json, Listed, PageQuery, Params, Problems, schemas};
use crate::evictions::without_entries;
use crate::routes::Routes;
use crate::security::guard::{OPERATOR, VIEWER};
use crate::security::{Operator, Viewer};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    let routes = routes
        .api(VIEWER, routes!(list))
        .api(VIEWER, routes!(show))
        .api(VIEWER, routes!(events))
        .api(OPERATOR, routes!(cancel))
        .api(OPERATOR, routes!(retry))
        .api(VIEWER, routes!(progress));
    downloads::routes(requests::routes(objects::routes(routes)))
}

/// The number of objects for each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Verdicts {
    accepted: u64,
    planned: u64,
    skipped: u64,
    rejected: u64,
    failed: u64,
}

impl From<VerdictCounts> for Verdicts {
    fn from(counts: VerdictCounts) -> Self {
        let VerdictCounts { accepted, planned, skipped, rejected, failed, .. } = counts;
        Self { accepted, planned, skipped, rejected, failed }
    }
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub(crate) struct Run {
    /// The number of the run.
    #[schema(example = 1)]
    id: i64,
    /// The number of its workflow, unless the workflow was deleted.
    workflow: Option<i64>,
    /// The name of the workflow at that time.
    workflow_name: String,
    /// `schedule`, `run-now`, `manual` or `retry`.
    #[schema(schema_with = schemas::origin)]
    origin: Origin,
    /// The requester.
    requested_by: String,
    /// The run whose failed objects it retries.
    retry_of: Option<i64>,
    /// Whether this is a dry run: it sends nothing that changes a service.
    dry_run: bool,
    /// The name of the collection at that time.
    collection: String,
    /// `queued`, `waiting`, `running` or `ended`.
    #[schema(schema_with = schemas::phase)]
    phase: Phase,
    /// The final status, with the names of ThreatQ's orchestrator.
    #[schema(schema_with = schemas::status_or_none)]
    status: Option<RunStatus>,
    /// Whether the run ended with an issue.
    issue: bool,
    /// The cause of the issue: the run's own `input`, the operator's `policy` or settings, the `service` or its integration, or
    /// that the run was `stopped`.
    #[schema(schema_with = schemas::cause_or_none)]
    cause: Option<Cause>,
    /// The reason for waiting, or for the status.
    reason: Option<String>,
    /// The remedy.
    hint: Option<String>,
    /// When the next request is sent, if the service requested a pause.
    waits_until: Option<Timestamp>,
    /// When the run was requested.
    created_at: Timestamp,
    /// When it began.
    started_at: Option<Timestamp>,
    /// When it ended.
    ended_at: Option<Timestamp>,
    /// Its deadline.
    deadline_at: Timestamp,
    /// The number of selected objects.
    objects: Option<u64>,
    /// The number of objects left for later runs.
    not_offered: u64,
    /// Verdicts of all its steps.
    verdicts: Verdicts,
}

impl From<RunRow> for Run {
    fn from(row: RunRow) -> Self {
        Self {
            id: row.id.0,
            workflow: row.workflow.map(|id| id.0),
            workflow_name: row.workflow_name,
            origin: row.origin,
            requested_by: row.requested_by,
            retry_of: row.retry_of.map(|id| id.0),
            dry_run: row.dry_run,
            collection: row.collection,
            phase: row.phase,
            status: row.status,
            issue: row.status.is_some_and(RunStatus::is_issue),
            cause: row.cause,
            reason: row.reason,
            hint: row.hint,
            waits_until: row.waits_until,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            deadline_at: row.deadline_at,
            objects: row.objects,
            not_offered: row.not_offered,
            verdicts: row.counts.into(),
        }
    }
}

/// A step of a run.
#[derive(Serialize, ToSchema)]
#[schema(as = RunStep)]
struct Step {
    /// The number of the step, from 1.
    place: u32,
    /// The id of the action.
    action: String,
    /// The title of the action.
    title: String,
    /// The id of the bundle.
    bundle: String,
    /// The version of the bundle.
    version: String,
    /// SHA-256 of the zip.
    digest: String,
    /// `completed`, `stopped`, `early` or `not-begun`; missing while the step is open.
    ended: Option<String>,
    /// The stable code of the reason.
    code: Option<String>,
    /// The reason.
    message: Option<String>,
    /// The remedy.
    hint: Option<String>,
    /// When it began.
    started_at: Option<Timestamp>,
    /// When it ended.
    ended_at: Option<Timestamp>,
    /// The verdicts of this step.
    verdicts: Verdicts,
    /// Requests, retries, bytes.
    #[schema(value_type = Object)]
    traffic: Value,
    /// Warnings for the operator. Evicted entries are only counted here. `displaced` and the report list them.
    #[schema(value_type = Object)]
    warnings: Value,
    /// The result of a dry run's comparison with the service; missing if the step did not compare.
    comparison: Option<Comparison>,
}

/// The number of compared submissions by result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = RunComparison)]
pub(crate) struct Comparison {
    /// The service has no such entry.
    added: u64,
    /// The service has such an entry, and the submission would change it.
    refreshed: u64,
    /// The service has such an entry, and the submission would not change it.
    unchanged: u64,
    /// Submissions that are also on another list, by the name of that list.
    also_on: BTreeMap<String, u64>,
}

impl From<Compared> for Comparison {
    fn from(compared: Compared) -> Self {
        let Compared { added, refreshed, unchanged, also_on } = compared;
        Self { added, refreshed, unchanged, also_on }
    }
}

/// The steps of a run with what their comparisons found.
fn steps(store: &dyn Store, run: &RunRow) -> Result<Vec<Step>, StoreError> {
    let step = |row: StepRow| {
        // Only a dry run compares.
        let compared = if run.dry_run { store.compared(run.id, row.place).wait()? } else { None };
        Ok(Step { comparison: compared.map(Comparison::from), ..Step::from(row) })
    };
    store.run_steps(run.id).wait()?.into_iter().map(step).collect()
}

impl From<StepRow> for Step {
    fn from(row: StepRow) -> Self {
        let ended = row.end.as_ref().map(|end| end.how.to_string());
        let end = row.end.unwrap_or(palisade_store::StepEnd::of(StepEnding::Completed));
        Self {
            place: row.place,
            action: row.action,
            title: row.title,
            bundle: row.bundle_name,
            version: row.version,
            digest: row.digest,
            ended,
            code: end.code,
            message: end.message,
            hint: end.hint,
            started_at: row.started_at,
            ended_at: row.ended_at,
            verdicts: row.counts.into(),
            traffic: end.traffic,
            warnings: end.warnings,
            comparison: None,
        }
    }
}

/// A run with its steps.
#[derive(Serialize, ToSchema)]
#[schema(as = RunWithSteps)]
struct Shown {
    #[serde(flatten)]
    run: Run,
    /// Files, excluded records, and the selection of objects.
    #[schema(value_type = Object)]
    selection: Option<Value>,
    /// Its steps in order.
    steps: Vec<Step>,
}

/// Something that happened to a run.
#[derive(Serialize, ToSchema)]
#[schema(as = RunEvent)]
struct Happened {
    /// The time of the event.
    at: Timestamp,
    /// The step.
    step: Option<u32>,
    /// The stable code of the event.
    kind: String,
    /// A description in one sentence.
    message: String,
}

impl From<Event> for Happened {
    fn from(event: Event) -> Self {
        let Event { at, step, kind, message } = event;
        Self { at, step, kind, message }
    }
}

/// Filters of runs.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// Of this workflow.
    workflow: Option<i64>,
    /// In this phase: `queued`, `waiting`, `running` or `ended`.
    #[param(schema_with = schemas::phase)]
    phase: Option<Phase>,
    /// With this status.
    #[param(schema_with = schemas::status)]
    status: Option<RunStatus>,
    /// Only runs that ended with an issue.
    #[serde(default)]
    issue: bool,
    /// With an issue of this cause.
    #[param(schema_with = schemas::cause)]
    cause: Option<Cause>,
    /// With at least one object that has this verdict in a step.
    #[param(schema_with = schemas::verdict)]
    verdict: Option<Verdict>,
    /// Requested at or after this moment.
    #[param(example = "2026-11-22T08:00:00Z")]
    from: Option<Timestamp>,
    /// Requested before this moment.
    #[param(example = "2026-11-23T08:00:00Z")]
    to: Option<Timestamp>,
    /// With this text in the name of the workflow or of the requester, or with this number.
    #[param(example = "nightly")]
    search: Option<String>,
    /// The order of the list.
    #[param(schema_with = schemas::run_order)]
    #[serde(default)]
    sort: RunOrder,
    /// Whether the order is descending. The default is true for `requested`, with the latest run first, and false for the others.
    descending: Option<bool>,
}

/// List runs, by default the latest first.
#[utoipa::path(get, path = "/api/v1/runs", tag = "runs", operation_id = "list_runs", params(PageQuery, Wanted),
    responses((status = 200, description = "One page of the runs.", body = Listed<Run>), Problems))]
async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    Params(query): Params<PageQuery>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listed<Run>>, Failure> {
    let rows = query.rows()?;
    let filter = RunFilter {
        workflow: wanted.workflow.map(WorkflowId),
        phase: wanted.phase,
        open: false,
        status: wanted.status,
        issue: wanted.issue,
        cause: wanted.cause,
        verdict: wanted.verdict,
        from: wanted.from,
        to: wanted.to,
        text: wanted.search,
        order: wanted.sort,
        descending: wanted.descending,
    };
    let (runs, total) =
        app.ask(move |orchestrator| Ok(orchestrator.store().runs(&filter, rows).wait()?)).await?;
    Ok(Json(Listed::new(runs.into_iter().map(Run::from).collect(), total, query)))
}

/// Show a run with its steps.
#[utoipa::path(get, path = "/api/v1/runs/{id}", tag = "runs", operation_id = "show_run",
    params(("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "The run.", body = Shown), Problems))]
async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
) -> Result<Json<Shown>, Failure> {
    app.ask(move |orchestrator| {
        let run = orchestrator.store().run(RunId(id)).wait()?;
        let shorter = |step: Step| Step { warnings: without_entries(step.warnings), ..step };
        let steps = steps(orchestrator.store(), &run)?.into_iter().map(shorter).collect();
        let selection = run.selection.clone();
        Ok(Json(Shown { run: run.into(), selection, steps }))
    })
    .await
}

/// List the events of a run, in order.
#[utoipa::path(get, path = "/api/v1/runs/{id}/events", tag = "runs", operation_id = "list_events",
    params(PageQuery, ("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "One page of the events.", body = Listed<Happened>), Problems))]
async fn events(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Happened>>, Failure> {
    let events = app
        .ask(move |orchestrator| {
            orchestrator.store().run(RunId(id)).wait()?;
            Ok(orchestrator.store().events(RunId(id)).wait()?)
        })
        .await?;
    Ok(Json(Listed::cut(events.into_iter().map(Happened::from).collect(), query)?))
}

/// Cancel a run.
#[utoipa::path(post, path = "/api/v1/runs/{id}/cancel", tag = "runs", operation_id = "cancel_run",
    params(("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 202, description = "The run ends soon."), Problems))]
async fn cancel(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    app.ask(move |orchestrator| orchestrator.cancel_run(RunId(id), &who.actor())).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Request a run of exactly the objects that failed in this run.
#[utoipa::path(post, path = "/api/v1/runs/{id}/retry", tag = "runs", operation_id = "retry_run",
    params(("id" = i64, Path, description = "The number of the run.", example = 1),
        schemas::Once),
    responses((status = 201, description = "Run created.", body = Made), Problems))]
async fn retry(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let run = app.ask(move |orchestrator| orchestrator.retry_run(RunId(id), &who.actor())).await?;
    Ok(Made::answer("/api/v1/runs", run.0))
}

/// Watch a run until it ends: server-sent events, one `Run` for each change.
#[utoipa::path(get, path = "/api/v1/runs/{id}/progress", tag = "runs", operation_id = "watch_run",
    params(("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "Events.", body = String, content_type = "text/event-stream"), Problems))]
async fn progress(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
) -> Result<Sse<impl Stream<Item = Result<Sent, Infallible>>>, Failure> {
    let id = RunId(id);
    let mut changes = app.orchestrator().changes();
    let first = run_now(&app, id).await?;
    let stream = async_stream::stream! {
        let mut last = first;
        yield Ok(sent(&last));
        while last.phase != Phase::Ended {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(changed) if changed != id => continue,
                    Err(tokio::sync::broadcast::error::RecvError::Closed) => break,
                    // Whoever missed some looks anyway.
                    Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_)) => {}
                },
                () = tokio::time::sleep(std::time::Duration::from_secs(palisade_limits::PROGRESS_SECONDS)) => {}
                () = app.stopping() => break,
            }
            let Ok(now) = run_now(&app, id).await else { break };
            if now != last {
                yield Ok(sent(&now));
                last = now;
            }
        }
    };
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()))
}

async fn run_now(app: &App, id: RunId) -> Result<Run, Failure> {
    app.ask(move |orchestrator| Ok(orchestrator.store().run(id).wait()?.into())).await
}

fn sent(run: &Run) -> Sent {
    Sent::default().event("run").data(serde_json::to_string(run).unwrap_or_default())
}
