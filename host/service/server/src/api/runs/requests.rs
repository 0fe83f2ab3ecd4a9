//! What a run sent, request by request with its purpose, and what a service would remove or removed for it.

use axum::extract::{Path, State};
use jiff::Timestamp;
use palisade_store::{RunId, StoreError, Wait as _};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use crate::api::{Json, Listed, PageQuery, Params, Problems};
use crate::evictions::{evictions, would_remove};
use crate::purposes::purposes;
use crate::recordings::{self, Recorded};
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(requests)).api(VIEWER, routes!(entries))
}

/// One attempt of a request.
#[derive(Serialize, ToSchema)]
#[schema(as = SentRequest)]
struct Request {
    /// The step, from 1 on; 0 for the requests by which the run selected its objects.
    step: u32,
    /// The activation of the run that sent it: a run that is continued after an interruption has a higher one.
    activation: i64,
    /// When it was sent.
    at: Option<Timestamp>,
    /// The purpose of the request from the manifest; missing if the recording does not contain it.
    purpose: Option<String>,
    /// Its method.
    method: String,
    /// Its URL.
    url: String,
    /// The status of the response, if there is one.
    status: Option<u16>,
    /// The stable code of the reason for a missing response.
    error: Option<String>,
    /// The duration.
    milliseconds: f64,
    /// The number of the attempt, from 1.
    attempt: u64,
}

impl Request {
    fn of((recorded, purpose): (Recorded, String)) -> Self {
        let Recorded { step, epoch, entry } = recorded;
        Self {
            step,
            activation: epoch,
            at: entry.started.parse().ok(),
            purpose: Some(purpose).filter(|purpose| !purpose.is_empty()),
            attempt: entry.attempt(),
            status: Some(entry.response.status).filter(|status| *status != 0),
            error: entry.error.map(|error| error.code),
            milliseconds: entry.time,
            method: entry.request.method,
            url: entry.request.url,
        }
    }
}

/// An entry that a service evicted or would evict.
#[derive(Serialize, ToSchema)]
#[schema(as = DisplacedEntry)]
struct Entry {
    /// The service's name for its type.
    #[schema(example = "domain")]
    field: String,
    /// Its value.
    value: String,
    /// When it would expire, as the service writes it.
    expires: Option<String>,
    /// Whether the entry is still on the list, because nothing was sent.
    would_remove: bool,
}

/// List the requests of a run, including retries. The requests of a step are available after the step has ended.
#[utoipa::path(get, path = "/api/v1/runs/{id}/requests", tag = "runs", operation_id = "list_requests",
    params(PageQuery, ("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "One page of the requests.", body = Listed<Request>), Problems))]
async fn requests(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Request>>, Failure> {
    let all = app
        .ask(move |orchestrator| {
            orchestrator.store().run(RunId(id)).wait()?;
            recordings::requests(orchestrator.store(), RunId(id))
        })
        .await?;
    let purposes = purposes(&all);
    Ok(Json(Listed::cut(all.into_iter().zip(purposes).map(Request::of).collect(), query)?))
}

/// List the entries that the service evicted or would evict to make room for a step.
#[utoipa::path(get, path = "/api/v1/runs/{id}/steps/{step}/displaced", tag = "runs", operation_id = "list_displaced_entries",
    params(PageQuery, ("id" = i64, Path, description = "The number of the run.", example = 1),
        ("step" = u32, Path, description = "The step, from 1 on.", example = 1)),
    responses((status = 200, description = "One page of the entries.", body = Listed<Entry>), Problems))]
async fn entries(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path((id, step)): Path<(i64, u32)>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Entry>>, Failure> {
    let rows = query.rows()?;
    let (found, would_remove) = app
        .ask(move |orchestrator| {
            let run = orchestrator.store().run(RunId(id)).wait()?;
            let steps = orchestrator.store().run_steps(RunId(id)).wait()?;
            let row = steps.iter().find(|row| row.place == step);
            let row = row.ok_or_else(|| StoreError::Missing { what: "step", id: step.to_string() })?;
            Ok((evictions(row, rows), would_remove(&run, row)))
        })
        .await?;
    let entry = |one: crate::evictions::Eviction| Entry {
        field: one.field,
        value: one.value,
        expires: one.expires,
        would_remove,
    };
    Ok(Json(Listed::new(found.entries.into_iter().map(entry).collect(), found.listed, query)))
}
