//! One installed version: what it is and may do, the versions beside it, and taking it out. Denied by default: uninstalling what
//! workflows use.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{Orchestrator, OrchestratorError, ReviewedAction};
use palisade_store::{BundleId, BundleRow, Wait as _};

use super::list::signature;
use super::using::{self, InUse, Used};
use super::{PATH, TITLE};
use crate::console::wording::sentence;
use crate::security::{Administrator, Viewer};
use crate::view::{Badge, Confirm, Frame, Moment, Notice, Section, Visit, page, page_with, see_other};
use crate::{App, Failure};

/// An action and what it may do.
pub(super) struct Part {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) description: String,
    /// Its page; empty where there is none yet.
    pub(super) path: String,
    pub(super) accepts: Vec<(String, Vec<String>)>,
    pub(super) requests: Vec<Asked>,
    pub(super) facts: Vec<String>,
    pub(super) requires: Vec<String>,
}

/// A request that it asks to be allowed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) methods: String,
    pub(super) place: String,
    pub(super) reason: String,
}

/// Actions as pages show them.
pub(super) fn parts(actions: &[ReviewedAction]) -> Vec<Part> {
    let part = |action: &ReviewedAction| Part {
        id: action.id.clone(),
        title: action.title.clone(),
        description: action.description.clone(),
        path: String::new(),
        accepts: action.accepts.iter().map(|(kind, subtypes)| (kind.clone(), subtypes.clone())).collect(),
        requests: action.requests.iter().map(|request| asked(request)).collect(),
        facts: action.facts.iter().map(|fact| sentence(fact)).collect(),
        requires: action.requires.clone(),
    };
    actions.iter().map(part).collect()
}

/// A request in its parts: neither methods nor an address have a space after a colon, and methods no place.
fn asked(request: &str) -> Asked {
    let (request, reason) = request.split_once(": ").unwrap_or((request, ""));
    let at = request.find("http").unwrap_or(0);
    let (methods, place) = request.split_at_checked(at).unwrap_or(("", request));
    Asked { methods: methods.trim().to_owned(), place: place.to_owned(), reason: reason.to_owned() }
}

struct Version {
    id: i64,
    version: String,
    current: bool,
    own: bool,
    installed: Moment,
    installed_by: String,
    used: Vec<Used>,
}

#[derive(Template)]
#[template(path = "pages/integrations_version.html")]
struct Shown {
    frame: Frame,
    row: BundleRow,
    signature: Badge,
    installed: Moment,
    description: String,
    actions: Vec<Part>,
    versions: Vec<Version>,
}

fn users_of(orchestrator: &Orchestrator, id: BundleId) -> Result<Vec<Used>, OrchestratorError> {
    let workflows = using::workflows(orchestrator)?;
    Ok(using::used(&workflows, |workflow| workflow.steps.iter().any(|step| step.bundle == id)))
}

pub(super) async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let id = BundleId(id);
    let (row, manifest, reviewed, beside) = app
        .ask(move |orchestrator| {
            let row = orchestrator.store().bundle(id).wait()?;
            let mut beside = Vec::new();
            for other in orchestrator.store().bundles().wait()? {
                if other.bundle == row.bundle {
                    let used = users_of(orchestrator, other.id)?;
                    beside.push((other, used));
                }
            }
            Ok((row, orchestrator.manifest(id)?, orchestrator.reviewed_actions(id)?, beside))
        })
        .await?;
    let frame = visit.frame(&app, row.title.clone(), Section::Integrations).under(TITLE, PATH);
    let mut actions = parts(&reviewed);
    for action in &mut actions {
        action.path = format!("{PATH}/{id}/actions/{}", action.id);
    }
    let versions = beside.into_iter().map(|(other, used)| Version {
        id: other.id.0,
        current: other.current,
        own: other.id == id,
        installed: frame.moment(&other.installed_at),
        version: other.version,
        installed_by: other.installed_by,
        used,
    });
    page(&Shown {
        signature: signature(row.signed_by.as_deref()),
        installed: frame.moment(&row.installed_at),
        description: manifest.description.clone(),
        actions,
        versions: versions.collect(),
        row,
        frame,
    })
}

fn in_use(app: &App, visit: Visit, row: &BundleRow, used: Vec<Used>) -> InUse {
    let title = format!("{} {} cannot be uninstalled", row.title, row.version);
    InUse {
        frame: visit.frame(app, title, Section::Integrations).under(TITLE, PATH),
        text: format!("{} {} is used by:", row.title, row.version),
        used,
        back: format!("{PATH}/{}", row.id),
    }
}

async fn row_and_users(app: &App, id: BundleId) -> Result<(BundleRow, Vec<Used>), Failure> {
    app.ask(move |orchestrator| Ok((orchestrator.store().bundle(id).wait()?, users_of(orchestrator, id)?)))
        .await
}

pub(super) async fn ask(
    State(app): State<App>,
    Administrator(_): Administrator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let (row, used) = row_and_users(&app, BundleId(id)).await?;
    if !used.is_empty() {
        return page(&in_use(&app, visit, &row, used));
    }
    let name = format!("{} {}", row.title, row.version);
    page(&Confirm {
        frame: visit.frame(&app, format!("Uninstall {name}?"), Section::Integrations).under(TITLE, PATH),
        text: vec![
            "No workflow uses it. Its actions are removed from the console. Reports of earlier runs stay."
                .to_owned(),
            "Uninstalling the last version also deletes the saved configuration.".to_owned(),
        ],
        items: Vec::new(),
        action: format!("{PATH}/{id}/uninstall"),
        hidden: Vec::new(),
        button: "Uninstall".to_owned(),
        danger: true,
        back: format!("{PATH}/{id}"),
    })
}

pub(super) async fn uninstall(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let id = BundleId(id);
    let row = app.ask(move |orchestrator| Ok(orchestrator.store().bundle(id).wait()?)).await?;
    let actor = who.actor();
    match app.ask(move |orchestrator| orchestrator.uninstall(id, &actor)).await {
        Ok(()) => {
            app.notify(&who, Notice::done(format!("{} {} uninstalled.", row.title, row.version)));
            Ok(see_other(PATH))
        }
        Err(failure) if failure.code() == "in-use" => {
            let (row, used) = row_and_users(&app, id).await?;
            page_with(StatusCode::CONFLICT, &in_use(&app, visit, &row, used))
        }
        Err(failure) => Err(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_told_apart_from_its_reason() {
        let all = asked("GET, POST https://{api_region}/v3.0/a, /v3.0/b: Adds: everything.");
        assert_eq!(all.methods, "GET, POST");
        assert_eq!(all.place, "https://{api_region}/v3.0/a, /v3.0/b");
        assert_eq!(all.reason, "Adds: everything.");
    }
}
