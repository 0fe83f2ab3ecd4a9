//! The evidence of a run as files: everything as one document, its objects as a table, its requests as an HTTP Archive.

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use palisade_store::{ObjectFilter, ObjectOrder, ObjectRow, RunId, Wait as _};
use utoipa_axum::routes;

use super::Shown;
use super::objects::RunObject;
use crate::api::Problems;
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::{App, Failure, downloads};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(report)).api(VIEWER, routes!(table)).api(VIEWER, routes!(recording))
}

/// Download the complete report of a run.
#[utoipa::path(get, path = "/api/v1/runs/{id}/report.json", tag = "runs", operation_id = "download_report",
    params(("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "The report.", body = Object), Problems))]
async fn report(State(app): State<App>, Viewer(_): Viewer, Path(id): Path<i64>) -> Result<Response, Failure> {
    let report = app
        .ask(move |orchestrator| {
            let run = orchestrator.store().run(RunId(id)).wait()?;
            let steps = super::steps(orchestrator.store(), &run)?;
            let mut objects = Vec::new();
            for step in &steps {
                let all = palisade_store::Page::ALL;
                let filter = ObjectFilter::default();
                let place = ObjectOrder::Place;
                let (rows, _) = orchestrator
                    .store()
                    .run_objects(RunId(id), step.place, &filter, place, false, all)
                    .wait()?;
                let object = |row: ObjectRow| RunObject::of(row.place, row.object, row.verdict);
                objects.push(rows.into_iter().map(object).collect::<Vec<_>>());
            }
            let selection = run.selection.clone();
            let shown = Shown { run: run.into(), selection, steps };
            Ok(serde_json::json!({ "run": shown, "objects_by_step": objects }))
        })
        .await?;
    Ok(file(id, "json", "application/json", report.to_string().into_bytes()))
}

/// Download the objects of a run with their verdicts, as a table.
#[utoipa::path(get, path = "/api/v1/runs/{id}/objects.csv", tag = "runs", operation_id = "download_table",
    params(("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "The table.", body = String, content_type = "text/csv"), Problems))]
async fn table(State(app): State<App>, Viewer(_): Viewer, Path(id): Path<i64>) -> Result<Response, Failure> {
    let table = app.ask(move |orchestrator| downloads::table(orchestrator.store(), RunId(id))).await?;
    Ok(file(id, "csv", "text/csv; charset=utf-8", table))
}

/// Download the requests of a run as an HTTP Archive, without secrets.
#[utoipa::path(get, path = "/api/v1/runs/{id}/recording.har", tag = "runs", operation_id = "download_recording",
    params(("id" = i64, Path, description = "The number of the run.", example = 1)),
    responses((status = 200, description = "The recording.", body = Object), Problems))]
async fn recording(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let recording =
        app.ask(move |orchestrator| downloads::recording(orchestrator.store(), RunId(id))).await?;
    Ok(file(id, "har", "application/json", recording.to_string().into_bytes()))
}

fn file(id: i64, extension: &str, kind: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"run-{id}.{extension}\"");
    ([(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, disposition)], bytes).into_response()
}
