//! Workflows: made, changed, switched, copied, run, and taken from one service to another.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_orchestrator::{
    OnConflict, Orchestrator, OrchestratorError, Request, Search, SelectedObject, StepDraft, WorkflowDraft,
    told,
};
use palisade_schedule::Schedule;
use palisade_store::{BundleId, CollectionId, RunId, Takes, Wait as _, WorkflowId, WorkflowRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::integrations::{Made, chosen};
use super::json::present;
use super::version::{Expected, IfMatch, etag};
use super::{Json, Listed, PageQuery, Params, Problems, ReadOnly, schemas};
use crate::routes::Routes;
use crate::security::guard::{OPERATOR, VIEWER};
use crate::security::{Operator, Viewer};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .api(VIEWER, routes!(list))
        .api(OPERATOR, routes!(create))
        .large_api(OPERATOR, limits::WORKFLOW_FILE_BYTES, routes!(import))
        .api(VIEWER, routes!(show))
        .api(OPERATOR, routes!(change, remove))
        .api(OPERATOR, routes!(enable))
        .api(OPERATOR, routes!(disable))
        .api(OPERATOR, routes!(duplicate))
        .large_api(OPERATOR, limits::SELECTION_BYTES, routes!(run))
        .api(VIEWER, routes!(export))
}

/// A workflow.
#[derive(Serialize, ToSchema)]
struct Workflow {
    /// Identifies it.
    #[schema(example = 1)]
    id: i64,
    /// Unique name.
    #[schema(example = "Block prioritised indicators")]
    name: String,
    /// What it is for.
    description: String,
    /// Identifies its collection; none where it is only run on selected objects.
    collection: Option<i64>,
    /// When it runs automatically.
    #[schema(value_type = schemas::Schedule)]
    schedule: Schedule,
    /// The same in words.
    #[schema(example = "Daily at 02:30 (Europe/Berlin)")]
    schedule_in_words: String,
    /// The next three times.
    upcoming: Vec<Timestamp>,
    /// `all`, or `changed` since the last success.
    #[schema(schema_with = schemas::takes)]
    takes: Takes,
    /// Existing entries a run may displace; none for no limit.
    max_evictions: Option<u64>,
    /// Whether it runs on schedule.
    enabled: bool,
    /// Its actions in order.
    actions: Vec<Step>,
    /// When.
    created_at: Timestamp,
    /// By whom.
    created_by: String,
    /// When last.
    modified_at: Timestamp,
}

/// One action of a workflow.
#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowAction)]
struct Step {
    /// Identifies the installed version.
    integration: i64,
    /// Id of the action.
    #[schema(example = "add-to-blocklist")]
    action: String,
    /// Which action of the workflow it is, from 1 on: sent back, it keeps what is not named.
    #[schema(example = 1)]
    was: usize,
    /// Identifies the connection that it uses; none if it needs none, or has to be given one before it runs.
    #[schema(example = 1)]
    connection: Option<i64>,
    /// Its configuration in this workflow, without the parameters of the connection.
    #[schema(value_type = Object)]
    configuration: Value,
}

/// What a workflow is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowBody)]
struct Wanted {
    /// Unique name.
    #[schema(schema_with = schemas::title)]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Identifies its collection.
    #[serde(default)]
    collection: Option<i64>,
    /// When it runs automatically.
    #[serde(default)]
    #[schema(value_type = schemas::Schedule)]
    schedule: Schedule,
    /// `all`, or `changed` since the last success.
    #[serde(default = "all")]
    #[schema(schema_with = schemas::takes)]
    takes: Takes,
    /// Existing entries a run may displace: 0 by default, `null` for no limit.
    #[serde(default = "none_removed")]
    max_evictions: Option<u64>,
    /// Whether it runs on schedule; by default it does not.
    #[serde(default)]
    enabled: bool,
    /// Its actions in order.
    #[schema(min_items = 1, max_items = 16)]
    actions: Vec<WantedStep>,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    id: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    schedule_in_words: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    upcoming: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    created_at: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    created_by: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    modified_at: ReadOnly,
}

fn all() -> Takes {
    Takes::All
}

fn none_removed() -> Option<u64> {
    Some(0)
}

/// What one action of a workflow is to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WorkflowBodyAction)]
struct WantedStep {
    /// Identifies the installed version.
    #[schema(example = 1)]
    integration: i64,
    /// Id of the action.
    #[schema(example = "add-to-blocklist")]
    action: String,
    /// Which action of the workflow it was before, from 1 on: what is not named stays as it was there.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 16)]
    was: Option<usize>,
    /// Identifies the connection that it uses. By default, the one it had, or the action's default; `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    connection: Option<Option<i64>>,
    /// Parameter to value, on top of the action's defaults. The parameters of the connection are set there.
    #[serde(default)]
    #[schema(value_type = schemas::Settings)]
    configuration: BTreeMap<String, Value>,
}

/// How a workflow is to be run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RunRequest)]
struct RunWanted {
    /// Nothing that changes a service is sent; what is there is compared.
    #[serde(default)]
    dry_run: bool,
    /// These objects in place of the collection.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schemas::SelectedObject>>, min_items = 1, max_items = 10_000)]
    objects: Option<Vec<SelectedObject>>,
    /// Objects of an earlier run in place of the collection, beside the others that are named here.
    #[serde(default)]
    of_run: Option<OfRun>,
    /// Objects of a collection, as it has them now, in place of the whole collection, beside the others that are named here.
    #[serde(default)]
    of_collection: Option<OfCollection>,
}

/// Objects of an earlier run.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ObjectsOfRun)]
struct OfRun {
    /// Identifies the run.
    #[schema(example = 1)]
    run: i64,
    /// The places of the objects in it, from 1 on.
    #[schema(min_items = 1, max_items = 10_000)]
    places: Vec<u64>,
}

/// Objects of a collection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ObjectsOfCollection)]
struct OfCollection {
    /// Identifies the collection.
    #[schema(example = 1)]
    collection: i64,
    /// These objects of it.
    #[serde(default)]
    #[schema(value_type = Vec<schemas::SelectedObject>, max_items = 10_000)]
    objects: Vec<SelectedObject>,
    /// All objects of it that match its filter and this search, beside those that are named.
    #[serde(default)]
    #[schema(value_type = Option<schemas::CollectionSearch>)]
    matching: Option<Search>,
}

impl Wanted {
    fn draft(self, orchestrator: &Orchestrator) -> Result<WorkflowDraft, OrchestratorError> {
        let step = |step: WantedStep| {
            let bundle = BundleId(step.integration);
            Ok::<_, OrchestratorError>(StepDraft {
                bundle,
                entered: orchestrator.entered_values(bundle, &step.action, step.configuration)?,
                action: step.action,
                was: step.was.and_then(|place| place.checked_sub(1)),
                connection: chosen(step.connection),
            })
        };
        Ok(WorkflowDraft {
            name: self.name,
            description: self.description,
            collection: self.collection.map(CollectionId),
            schedule: self.schedule,
            takes: self.takes,
            evictions: self.max_evictions,
            enabled: self.enabled,
            steps: self.actions.into_iter().map(step).collect::<Result<_, _>>()?,
        })
    }
}

fn shown(row: WorkflowRow, now: Timestamp) -> Workflow {
    // What the state holds was a schedule when it was written.
    let schedule: Schedule = serde_json::from_value(row.schedule).unwrap_or_default();
    let step = |(step, was): (palisade_store::WorkflowStep, usize)| Step {
        integration: step.bundle.0,
        action: step.action,
        was,
        connection: step.connection.map(|id| id.0),
        configuration: told(&step.configuration),
    };
    Workflow {
        id: row.id.0,
        name: row.name,
        description: row.description,
        collection: row.collection.map(|id| id.0),
        schedule_in_words: schedule.describe(),
        upcoming: if row.enabled { schedule.upcoming(row.anchor, now, 3) } else { Vec::new() },
        schedule,
        takes: row.takes,
        max_evictions: row.evictions,
        enabled: row.enabled,
        actions: row.steps.into_iter().zip(1..).map(step).collect(),
        created_at: row.created_at,
        created_by: row.created_by,
        modified_at: row.modified_at,
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportOptions {
    /// If there is a workflow with this name: `fail`, create the workflow with another name (`rename`), or `replace` that
    /// workflow. A replaced workflow keeps its runs and whether it is enabled, and its connections if the file names none.
    #[serde(default)]
    #[param(schema_with = schemas::on_conflict)]
    on_conflict: OnConflict,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Searched {
    /// Only workflows with this text in their name.
    #[serde(default)]
    #[param(example = "block")]
    search: Option<String>,
}

/// All workflows by name.
#[utoipa::path(get, path = "/api/v1/workflows", tag = "workflows", operation_id = "list_workflows",
    params(PageQuery, Searched),
    responses((status = 200, description = "One page of them.", body = Listed<Workflow>), Problems))]
async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    Params(query): Params<PageQuery>,
    Params(searched): Params<Searched>,
) -> Result<Json<Listed<Workflow>>, Failure> {
    let now = app.now();
    let mut rows = app.ask(|orchestrator| Ok(orchestrator.store().workflows().wait()?)).await?;
    let text = searched.search.unwrap_or_default().trim().to_lowercase();
    rows.retain(|row| row.name.to_lowercase().contains(&text));
    Ok(Json(Listed::cut(rows.into_iter().map(|row| shown(row, now)).collect(), query)?))
}

/// Creates a workflow.
#[utoipa::path(post, path = "/api/v1/workflows", tag = "workflows", operation_id = "create_workflow", request_body = Wanted,
    params(schemas::Once),
    responses((status = 201, description = "Workflow created.", body = Made), Problems))]
async fn create(
    State(app): State<App>,
    Operator(who): Operator,
    Json(body): Json<Wanted>,
) -> Result<Response, Failure> {
    let id = app
        .ask(move |orchestrator| orchestrator.add_workflow(body.draft(orchestrator)?, &who.actor()))
        .await?;
    Ok(Made::answer("/api/v1/workflows", id.0))
}

/// Creates a workflow, disabled, of a file that was exported.
#[utoipa::path(post, path = "/api/v1/workflows/import", tag = "workflows", operation_id = "import_workflow",
    request_body(content = schemas::WorkflowFile, content_type = "application/yaml"),
    params(schemas::Once, ImportOptions),
    responses((status = 201, description = "Workflow created, or replaced.", body = Made), Problems))]
async fn import(
    State(app): State<App>,
    Operator(who): Operator,
    Params(options): Params<ImportOptions>,
    body: String,
) -> Result<Response, Failure> {
    let id = app
        .ask(move |orchestrator| orchestrator.import_workflow(&body, options.on_conflict, &who.actor()))
        .await
        .map_err(|failure| match failure.code() {
            "name-taken" => {
                failure.with_hint("repeat the call with `on_conflict=rename` or `on_conflict=replace`")
            }
            _ => failure,
        })?;
    Ok(Made::answer("/api/v1/workflows", id.0))
}

/// One workflow.
#[utoipa::path(get, path = "/api/v1/workflows/{id}", tag = "workflows", operation_id = "show_workflow",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 200, description = "The workflow, with its version as `ETag`.", body = Workflow), Problems))]
async fn show(State(app): State<App>, Viewer(_): Viewer, Path(id): Path<i64>) -> Result<Response, Failure> {
    let row = app.ask(move |orchestrator| Ok(orchestrator.store().workflow(WorkflowId(id)).wait()?)).await?;
    Ok((etag(row.version), Json(shown(row, app.now()))).into_response())
}

/// Changes a workflow. A run that is under way keeps what it began with.
#[utoipa::path(put, path = "/api/v1/workflows/{id}", tag = "workflows", operation_id = "change_workflow",
    request_body = Wanted, params(("id" = i64, Path, description = "Identifies it.", example = 1), IfMatch),
    responses((status = 204, description = "Saved. The new version is the `ETag`."), Problems))]
async fn change(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    expected: Expected,
    Json(body): Json<Wanted>,
) -> Result<Response, Failure> {
    let version = app
        .ask(move |orchestrator| {
            let draft = body.draft(orchestrator)?;
            orchestrator.change_workflow(WorkflowId(id), draft, expected.version(), &who.actor())?;
            Ok(orchestrator.store().workflow(WorkflowId(id)).wait()?.version)
        })
        .await?;
    Ok((StatusCode::NO_CONTENT, etag(version)).into_response())
}

/// Deletes a workflow. Its runs stay.
#[utoipa::path(delete, path = "/api/v1/workflows/{id}", tag = "workflows", operation_id = "remove_workflow",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 204, description = "Deleted."), Problems))]
async fn remove(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    app.ask(move |orchestrator| orchestrator.remove_workflow(WorkflowId(id), &who.actor())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enables a workflow: it runs on schedule.
#[utoipa::path(post, path = "/api/v1/workflows/{id}/enable", tag = "workflows", operation_id = "enable_workflow",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 204, description = "Enabled."), Problems))]
async fn enable(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    app.ask(move |orchestrator| orchestrator.enable_workflow(WorkflowId(id), true, &who.actor())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Disables a workflow: it no longer runs on schedule. Runs in progress continue.
#[utoipa::path(post, path = "/api/v1/workflows/{id}/disable", tag = "workflows", operation_id = "disable_workflow",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 204, description = "Disabled."), Problems))]
async fn disable(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    app.ask(move |orchestrator| orchestrator.enable_workflow(WorkflowId(id), false, &who.actor())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Creates a copy of a workflow, disabled.
#[utoipa::path(post, path = "/api/v1/workflows/{id}/duplicate", tag = "workflows", operation_id = "duplicate_workflow",
    params(("id" = i64, Path, description = "Identifies it.", example = 1),
        schemas::Once),
    responses((status = 201, description = "Copy created.", body = Made), Problems))]
async fn duplicate(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let id =
        app.ask(move |orchestrator| orchestrator.duplicate_workflow(WorkflowId(id), &who.actor())).await?;
    Ok(Made::answer("/api/v1/workflows", id.0))
}

/// Requests a run of a workflow.
#[utoipa::path(post, path = "/api/v1/workflows/{id}/run", tag = "workflows", operation_id = "run_workflow",
    request_body = RunWanted,
    params(("id" = i64, Path, description = "Identifies it.", example = 1),
        schemas::Once),
    responses((status = 201, description = "Run created. It starts when a worker is free.", body = Made), Problems))]
async fn run(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    Json(body): Json<RunWanted>,
) -> Result<Response, Failure> {
    let RunWanted { dry_run, objects, of_run, of_collection } = body;
    // Before a collection is read for it.
    app.ask(move |orchestrator| Ok(orchestrator.store().workflow(WorkflowId(id)).wait()?)).await?;
    let mut selected = Vec::new();
    let replaces = objects.is_some() || of_run.is_some() || of_collection.is_some();
    if let Some(OfCollection { collection, objects, matching }) = of_collection {
        let collection = CollectionId(collection);
        if let Some(search) = &matching {
            selected.extend(app.orchestrator().objects_matching(collection, search).await?);
        }
        if matching.is_none() || !objects.is_empty() {
            selected.extend(app.orchestrator().objects_of_collection(collection, &objects).await?);
        }
    }
    let run = app
        .ask(move |orchestrator| {
            if let Some(objects) = objects {
                selected.extend(orchestrator.objects_selected(&objects)?);
            }
            if let Some(OfRun { run, places }) = of_run {
                selected.extend(orchestrator.objects_of_run(RunId(run), &places)?);
            }
            let request = if replaces { Request::Selected(selected) } else { Request::Now };
            orchestrator.request_run(WorkflowId(id), request, dry_run, &who.actor())
        })
        .await?;
    let run = run.ok_or_else(|| Failure::conflict("run-made", "the run has been made already"))?;
    Ok(Made::answer("/api/v1/runs", run.0))
}

/// A workflow as a file. It names its connections; secrets are not in it.
#[utoipa::path(get, path = "/api/v1/workflows/{id}/export", tag = "workflows", operation_id = "export_workflow",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 200, description = "The file.", body = String, content_type = "application/yaml"), Problems))]
async fn export(State(app): State<App>, Viewer(_): Viewer, Path(id): Path<i64>) -> Result<Response, Failure> {
    let text = app.ask(move |orchestrator| orchestrator.export_workflow(WorkflowId(id))).await?;
    let disposition = format!("attachment; filename=\"workflow-{id}.yaml\"");
    Ok(([(CONTENT_TYPE, "application/yaml".to_owned()), (CONTENT_DISPOSITION, disposition)], text)
        .into_response())
}
