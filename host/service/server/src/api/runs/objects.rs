//! The objects of a run: in pages with what became of them in one step, and each with its story.

use axum::extract::{Path, State};
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_store::{
    ObjectFilter, ObjectOrder, ObjectRow, RunId, RunStatus, SameValue, SightedVerdict, StoredObject,
    VerdictRow, Wait as _,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use crate::api::{Json, Listed, PageQuery, Params, Problems, schemas};
use crate::recordings::{self, Recorded};
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::{App, Failure, properties};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(objects)).api(VIEWER, routes!(object))
}

/// The verdict on an object.
#[derive(Serialize, ToSchema)]
#[schema(as = ObjectVerdict)]
struct Decided {
    /// `accepted`, `planned`, `skipped`, `rejected` or `failed`.
    #[schema(schema_with = schemas::verdict)]
    verdict: Verdict,
    /// The stable code of the reason.
    code: Option<String>,
    /// The reason.
    message: Option<String>,
    /// The submissions for the object.
    #[schema(value_type = Vec<Object>)]
    submissions: Value,
    /// The time of the verdict.
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
    /// The position of the object, from 1.
    place: u64,
    /// Its type.
    #[serde(rename = "type")]
    subtype: String,
    /// Its value.
    value: String,
    /// The platform's identifier.
    platform_id: Option<String>,
    /// The file or source of the object.
    file: String,
    /// The place in that source.
    location: String,
    /// The verdict, if there is one.
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
    /// The complete source record.
    #[schema(value_type = Object)]
    record: Value,
    /// The verdicts, step by step.
    steps: Vec<InStep>,
    /// Its position in the list that the parameters describe, from 1 on; missing if it is not in that list.
    position: Option<u64>,
    /// The number of objects in that list.
    listed: u64,
    /// The place of the object before it in that list.
    previous: Option<u64>,
    /// The place of the object after it in that list.
    next: Option<u64>,
    /// Earlier runs of the same workflow or action that had the same value, the latest first.
    earlier: Vec<Sighting>,
    /// Later runs of the same workflow or action that had the same value, the earliest first.
    later: Vec<Sighting>,
}

/// Another run that had an object of the same type and value.
#[derive(Serialize, ToSchema)]
#[schema(as = RunWithSameValue)]
struct Sighting {
    /// The run.
    run: i64,
    /// The object's place in it.
    place: u64,
    /// The workflow's name at that time.
    workflow_name: String,
    /// Whether it was a dry run.
    dry_run: bool,
    /// When the run was requested.
    created_at: Timestamp,
    /// The final status of the run; missing while it is open.
    #[schema(schema_with = schemas::status_or_none)]
    status: Option<RunStatus>,
    /// Its verdicts on the value.
    verdicts: Vec<SightedIn>,
}

/// A verdict of one step of another run.
#[derive(Serialize, ToSchema)]
#[schema(as = RunWithSameValueVerdict)]
struct SightedIn {
    /// The step, from 1 on.
    step: u32,
    /// The title of its action.
    title: String,
    /// The verdict.
    #[schema(schema_with = schemas::verdict)]
    verdict: Verdict,
    /// The stable code of the reason.
    code: Option<String>,
    /// The reason.
    message: Option<String>,
}

impl From<SameValue> for Sighting {
    fn from(row: SameValue) -> Self {
        let SameValue { run, place, workflow_name, dry_run, created_at, status, cause: _, verdicts } = row;
        let verdict = |one: SightedVerdict| {
            let SightedVerdict { step, title, verdict, code, message } = one;
            SightedIn { step, title, verdict, code, message }
        };
        let verdicts = verdicts.into_iter().map(verdict).collect();
        Self { run: run.0, place, workflow_name, dry_run, created_at, status, verdicts }
    }
}

/// The properties that were sent with a submitted value, from the recorded request.
#[derive(Serialize, ToSchema)]
#[schema(as = SentProperties)]
struct SentWith {
    /// The field of the submission.
    field: String,
    /// The submitted value.
    value: String,
    /// The other properties, under the names that the service gives them.
    #[schema(value_type = Object)]
    properties: Map<String, Value>,
}

/// The sent properties of an object in one step.
fn sent(requests: &[Recorded], step: u32, submissions: &Value) -> Vec<SentWith> {
    let one = |submission: &Value| {
        let text = |name: &str| submission.get(name).and_then(Value::as_str).map(str::to_owned);
        let (field, value) = (text("field")?, text("value")?);
        let properties = properties::sent_with(requests, step, &field, &value)?;
        Some(SentWith { field, value, properties })
    };
    submissions.as_array().into_iter().flatten().filter_map(one).collect()
}

/// A verdict in one step.
#[derive(Serialize, ToSchema)]
#[schema(as = StepVerdict)]
struct InStep {
    /// The step, from 1 on.
    step: u32,
    #[serde(flatten)]
    decided: Decided,
    /// The properties that were sent with each submitted value, such as a risk level, if the recording of the run contains them.
    sent: Vec<SentWith>,
}

/// Filters of the objects of a run.
#[derive(Clone, Deserialize, IntoParams)]
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
    /// Reverse the order.
    #[serde(default)]
    descending: bool,
}

impl WantedObjects {
    fn filter(&self) -> ObjectFilter {
        ObjectFilter {
            verdict: self.verdict,
            open: false,
            subtype: self.subtype.clone(),
            code: self.code.clone(),
            text: self.search.clone().filter(|text| !text.is_empty()),
        }
    }

    fn step(&self) -> u32 {
        self.step.unwrap_or(1)
    }

    fn sort(&self) -> ObjectOrder {
        self.sort.unwrap_or(ObjectOrder::Place)
    }
}

/// List the objects of a run with their verdicts in one step.
#[utoipa::path(get, path = "/api/v1/runs/{id}/objects", tag = "runs", operation_id = "list_objects",
    params(PageQuery, WantedObjects, ("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "One page of the objects.", body = Listed<RunObject>), Problems))]
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
            orchestrator.store().run(RunId(id)).wait()?;
            let (step, sort, filter) = (wanted.step(), wanted.sort(), wanted.filter());
            Ok(orchestrator
                .store()
                .run_objects(RunId(id), step, &filter, sort, wanted.descending, rows)
                .wait()?)
        })
        .await?;
    let object = |row: ObjectRow| RunObject::of(row.place, row.object, row.verdict);
    Ok(Json(Listed::new(found.into_iter().map(object).collect(), total, query)))
}

/// Show an object of a run, with its verdict in each step, its neighbours in the list, and the other runs with its value.
#[utoipa::path(get, path = "/api/v1/runs/{id}/objects/{place}", tag = "runs", operation_id = "show_object",
    params(WantedObjects, ("id" = i64, Path, description = "The number of the run.", example = 1),
        ("place" = u64, Path, description = "The position of the object, from 1.", example = 1)),
    responses((status = 200, description = "The object.", body = Story), Problems))]
async fn object(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path((id, place)): Path<(i64, u64)>,
    Params(wanted): Params<WantedObjects>,
) -> Result<Json<Story>, Failure> {
    app.ask(move |orchestrator| {
        let (store, id) = (orchestrator.store(), RunId(id));
        let (object, verdicts) = store.object_story(id, place).wait()?;
        let record = object.record.clone();
        let (step, sort) = (wanted.step(), wanted.sort());
        let beside = store.neighbours(id, step, &wanted.filter(), sort, wanted.descending, place).wait()?;
        let (earlier, later) = store.same_value(id, place, limits::STORY_RUNS).wait()?;
        let requests = recordings::requests(store, id)?;
        let steps = verdicts.into_iter().map(|(step, verdict)| InStep {
            step,
            sent: sent(&requests, step, &verdict.submissions),
            decided: verdict.into(),
        });
        Ok(Json(Story {
            object: RunObject::of(place, object, None),
            record,
            steps: steps.collect(),
            position: beside.map(|beside| beside.position),
            listed: beside.map_or(0, |beside| beside.total),
            previous: beside.and_then(|beside| beside.previous),
            next: beside.and_then(|beside| beside.next),
            earlier: earlier.into_iter().map(Sighting::from).collect(),
            later: later.into_iter().map(Sighting::from).collect(),
        }))
    })
    .await
}
