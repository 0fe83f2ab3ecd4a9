//! The objects of a run: in pages with what became of them in one step, and each with its story.

use axum::extract::{Path, State};
use jiff::Timestamp;
use palisade_store::{ObjectFilter, ObjectOrder, ObjectRow, RunId, StoredObject, Verdict, VerdictRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::api::{Json, Listed, PageQuery, Params, Problems, schemas};
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(objects)).api(VIEWER, routes!(object))
}

/// What became of an object.
#[derive(Serialize, ToSchema)]
#[schema(as = ObjectVerdict)]
struct Decided {
    /// `accepted`, `planned`, `skipped`, `rejected` or `failed`.
    #[schema(schema_with = schemas::verdict)]
    verdict: Verdict,
    /// Stable code of the reason.
    code: Option<String>,
    /// The reason.
    message: Option<String>,
    /// What was submitted for it.
    #[schema(value_type = Vec<Object>)]
    submissions: Value,
    /// When.
    decided_at: Timestamp,
}

impl From<VerdictRow> for Decided {
    fn from(row: VerdictRow) -> Self {
        let VerdictRow { verdict, code, message, submissions, decided_at } = row;
        Self { verdict, code, message, submissions, decided_at }
    }
}

/// An object of a run.
#[derive(Serialize, ToSchema)]
pub(super) struct RunObject {
    /// From 1 on.
    place: u64,
    /// Its type.
    #[serde(rename = "type")]
    subtype: String,
    /// Its value.
    value: String,
    /// The platform's identifier.
    platform_id: Option<String>,
    /// Where it was read.
    file: String,
    /// Its place there.
    location: String,
    /// What became of it; none yet.
    decided: Option<Decided>,
}

impl RunObject {
    pub(super) fn of(place: u64, object: StoredObject, decided: Option<VerdictRow>) -> Self {
        let StoredObject { subtype, value, platform_id, file, location, .. } = object;
        Self { place, subtype, value, platform_id, file, location, decided: decided.map(Decided::from) }
    }
}

/// An object with its verdict in each step.
#[derive(Serialize, ToSchema)]
#[schema(as = RunObjectStory)]
struct Story {
    #[serde(flatten)]
    object: RunObject,
    /// All that was known of it.
    #[schema(value_type = Object)]
    record: Value,
    /// What became of it, step by step.
    steps: Vec<InStep>,
}

/// A verdict in one step.
#[derive(Serialize, ToSchema)]
#[schema(as = StepVerdict)]
struct InStep {
    /// The step, from 1 on.
    step: u32,
    #[serde(flatten)]
    decided: Decided,
}

/// Which objects of a run.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WantedObjects {
    /// In this step, from 1 on.
    #[param(minimum = 1)]
    step: Option<u32>,
    /// With this verdict.
    #[param(schema_with = schemas::verdict)]
    verdict: Option<Verdict>,
    /// Of this type.
    #[serde(rename = "type")]
    subtype: Option<String>,
    /// With this reason.
    code: Option<String>,
    /// With this in the value or the reason.
    search: Option<String>,
    /// `place`, `value`, `type` or `verdict`.
    #[param(schema_with = schemas::order)]
    sort: Option<ObjectOrder>,
    /// The other way round.
    #[serde(default)]
    descending: bool,
}

/// What became of a run's objects in one step.
#[utoipa::path(get, path = "/api/v1/runs/{id}/objects", tag = "runs", operation_id = "list_objects",
    params(PageQuery, WantedObjects, ("id" = i64, Path, description = "Identifies the run.", example = 1)),
    responses((status = 200, description = "One page of them.", body = Listed<RunObject>), Problems))]
async fn objects(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    Params(query): Params<PageQuery>,
    Params(wanted): Params<WantedObjects>,
) -> Result<Json<Listed<RunObject>>, Failure> {
    let rows = query.rows()?;
    let (found, total) = app
        .ask(move |orchestrator| {
            orchestrator.store().run(RunId(id))?;
            let filter = ObjectFilter {
                verdict: wanted.verdict,
                open: false,
                subtype: wanted.subtype,
                code: wanted.code,
                text: wanted.search.filter(|text| !text.is_empty()),
            };
            let (step, sort) = (wanted.step.unwrap_or(1), wanted.sort.unwrap_or(ObjectOrder::Place));
            Ok(orchestrator.store().run_objects(RunId(id), step, &filter, sort, wanted.descending, rows)?)
        })
        .await?;
    let object = |row: ObjectRow| RunObject::of(row.place, row.object, row.verdict);
    Ok(Json(Listed::new(found.into_iter().map(object).collect(), total, query)))
}

/// One object of a run, with its verdict in each step.
#[utoipa::path(get, path = "/api/v1/runs/{id}/objects/{place}", tag = "runs", operation_id = "show_object",
    params(("id" = i64, Path, description = "Identifies the run.", example = 1),
        ("place" = u64, Path, description = "The object's place, from 1 on.", example = 1)),
    responses((status = 200, description = "The object.", body = Story), Problems))]
async fn object(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path((id, place)): Path<(i64, u64)>,
) -> Result<Json<Story>, Failure> {
    app.ask(move |orchestrator| {
        let (object, verdicts) = orchestrator.store().object_story(RunId(id), place)?;
        let record = object.record.clone();
        let steps = verdicts.into_iter().map(|(step, verdict)| InStep { step, decided: verdict.into() });
        Ok(Json(Story { object: RunObject::of(place, object, None), record, steps: steps.collect() }))
    })
    .await
}
