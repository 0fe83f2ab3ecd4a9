//! The deletion of a connection. Denied by default: one that workflows or open runs use.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::ConnectionPage;
use palisade_store::ConnectionId;

use super::list::used;
use super::{PATH, TITLE};
use crate::console::integrations::using::InUse;
use crate::security::Operator;
use crate::view::{Confirm, Notice, Section, Visit, page, page_with, see_other};
use crate::{App, Failure};

async fn read(app: &App, id: i64) -> Result<ConnectionPage, Failure> {
    app.ask(move |orchestrator| orchestrator.connection_page(ConnectionId(id))).await
}

fn in_use(app: &App, visit: Visit, page: &ConnectionPage) -> InUse {
    let name = &page.row.name;
    let runs: Vec<String> =
        page.users.runs.iter().map(|(run, workflow)| format!("run {run} of {workflow}")).collect();
    let open = if runs.is_empty() { String::new() } else { format!(" Not ended: {}.", runs.join(", ")) };
    InUse {
        frame: visit.frame(app, format!("{name} cannot be deleted"), Section::Connections).under(TITLE, PATH),
        text: format!("{name} is used.{open}"),
        used: used(page),
        back: format!("{PATH}/{}", page.row.id),
    }
}

pub(super) async fn ask(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let read = read(&app, id).await?;
    if read.users.prevent_deletion() {
        return page(&in_use(&app, visit, &read));
    }
    let mut text = vec!["No workflow uses it. Its key is deleted with it.".to_owned()];
    let items: Vec<String> =
        read.users.actions.iter().map(|(bundle, action)| format!("{bundle}, {action}")).collect();
    if !items.is_empty() {
        text.push("New workflows of these actions no longer have a connection by default:".to_owned());
    }
    page(&Confirm {
        frame: visit
            .frame(&app, format!("Delete {}?", read.row.name), Section::Connections)
            .under(TITLE, PATH),
        text,
        items,
        action: format!("{PATH}/{id}/delete"),
        hidden: Vec::new(),
        button: "Delete".to_owned(),
        danger: true,
        back: format!("{PATH}/{id}"),
    })
}

pub(super) async fn delete(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let name = read(&app, id).await?.row.name;
    let actor = who.actor();
    match app.ask(move |orchestrator| orchestrator.remove_connection(ConnectionId(id), &actor)).await {
        Ok(()) => {
            app.notify(&who, Notice::done(format!("{name} deleted.")));
            Ok(see_other(PATH))
        }
        Err(failure) if failure.code() == "in-use" => {
            let read = read(&app, id).await?;
            page_with(StatusCode::CONFLICT, &in_use(&app, visit, &read))
        }
        Err(failure) => Err(failure),
    }
}
