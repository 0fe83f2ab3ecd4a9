//! What may be done with a run: let it end, or run again exactly what failed.

use axum::extract::{Path, State};
use axum::response::Response;
use palisade_store::{RunId, Wait as _};

use crate::security::Operator;
use crate::view::{Notice, see_other};
use crate::{App, Failure};

pub(super) async fn cancel(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let actor = who.actor();
    let begun = app
        .ask(move |orchestrator| {
            let begun = orchestrator.store().run(RunId(id)).wait()?.started_at.is_some();
            orchestrator.cancel_run(RunId(id), &actor)?;
            Ok(begun)
        })
        .await?;
    let text = if begun {
        format!("Run {id} ends as soon as its worker notices: what has no verdict by then counts as failed.")
    } else {
        format!("Run {id} is cancelled before it began: it sends nothing.")
    };
    app.notify(&who, Notice::done(text));
    Ok(see_other(&format!("/runs/{id}")))
}

pub(super) async fn retry(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let actor = who.actor();
    let run = app.ask(move |orchestrator| orchestrator.retry_run(RunId(id), &actor)).await?;
    let text = format!(
        "Run {run} takes exactly the objects that failed in run {id}, with the workflow's present configuration."
    );
    app.notify(&who, Notice::done(text));
    Ok(see_other(&format!("/runs/{run}")))
}
