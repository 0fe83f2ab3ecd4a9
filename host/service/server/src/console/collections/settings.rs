//! The settings of a collection: name, files or connection, and the way out. Denied by default: deleting what workflows use.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{CollectionChange, reading_of, source_of};
use palisade_store::{CollectionId, FileRow, Version};
use serde::Deserialize;

use super::connection::Connected;
use super::new::{files_field, identity, reading_fields};
use super::show::{Known, known, tabs};
use super::{PATH, TITLE, faults_of};
use crate::console::integrations::refusal::Refusal;
use crate::console::integrations::using::{InUse, Used};
use crate::security::{Operator, Viewer};
use crate::uploads::FileForm;
use crate::view::{
    Confirm, Conflict, Difference, Field, Frame, Moment, Notice, Section, Tabs, Visit, number, page,
    page_with, see_other, size,
};
use crate::{App, Failure, Fault, Upload};

struct File {
    name: String,
    size: String,
    digest: String,
    uploaded: Moment,
}

#[derive(Template)]
#[template(path = "pages/collections_settings.html")]
struct Settings {
    frame: Frame,
    faults: Vec<Fault>,
    refusal: Option<Refusal>,
    id: i64,
    tabs: Tabs,
    identity: [Field; 2],
    files: Vec<File>,
    file: Option<Field>,
    reading: Vec<Field>,
    connection: Vec<Field>,
    created: Moment,
    created_by: String,
    used: Vec<Used>,
    version: Version,
    conflict: Option<Conflict>,
}

/// What a form of the page was sent with, to be shown again.
#[derive(Default)]
struct Again {
    identity: Option<Named>,
    connection: Option<Connected>,
    faults: Vec<Fault>,
    refusal: Option<Refusal>,
    /// What somebody else has saved in the meantime, beside what was entered.
    conflict: Option<Vec<Difference>>,
}

async fn shown(app: &App, visit: Visit, known: Known, again: Again) -> Result<Settings, Failure> {
    let Known { row, used, .. } = known;
    let id = row.id;
    let source = source_of(&row)?;
    let reading = reading_of(&row)?;
    let files = app.ask(move |orchestrator| orchestrator.files(id)).await?;
    let frame = visit.frame(app, &row.name, Section::Collections).under(TITLE, PATH);
    let file = |file: FileRow| File {
        size: size(file.bytes),
        digest: file.digest,
        uploaded: frame.moment(&file.uploaded_at),
        name: file.name,
    };
    let Again { identity: named, connection: entered, faults, refusal, conflict } = again;
    let conflict = conflict.map(|differences| Conflict {
        what: "This collection",
        when: Some(frame.moment(&row.modified_at)),
        differences,
        reload: format!("{PATH}/{id}/settings"),
    });
    let stored = Connected::of(&source);
    let connection = stored
        .map(|stored| entered.unwrap_or(stored).fields(true, !frame.operator(), &faults))
        .unwrap_or_default();
    let named =
        named.unwrap_or(Named { name: row.name, description: row.description, version: String::new() });
    Ok(Settings {
        id: id.0,
        version: row.version,
        conflict,
        tabs: tabs(id.0, true),
        identity: identity(&named.name, &named.description, &faults),
        files: files.into_iter().map(file).collect(),
        file: connection.is_empty().then(|| files_field(&faults)),
        reading: reading.map(|reading| reading_fields(&reading, &faults).into()).unwrap_or_default(),
        created: frame.moment(&row.created_at),
        created_by: row.created_by,
        connection,
        used,
        faults,
        refusal,
        frame,
    })
}

async fn again(app: &App, visit: Visit, id: i64, again: Again) -> Result<Response, Failure> {
    let known = known(app, id).await?;
    let is_conflict = again.conflict.is_some();
    let status = if is_conflict { StatusCode::PRECONDITION_FAILED } else { StatusCode::UNPROCESSABLE_ENTITY };
    page_with(status, &shown(app, visit, known, again).await?)
}

pub(super) async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let known = known(&app, id).await?;
    page(&shown(&app, visit, known, Again::default()).await?)
}

#[derive(Deserialize)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
    #[serde(default)]
    description: String,
    /// The version of the collection that the form began with.
    #[serde(default)]
    version: String,
}

/// Whether somebody else has saved in the meantime.
fn is_conflict(failure: &Failure) -> bool {
    failure.status() == StatusCode::PRECONDITION_FAILED
}

pub(super) async fn rename(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(named): Form<Named>,
) -> Result<Response, Failure> {
    let Known { filter, .. } = known(&app, id).await?;
    let (name, description, actor) = (named.name.clone(), named.description.trim().to_owned(), who.actor());
    let expected = named.version.parse().ok();
    let changed = app
        .ask(move |orchestrator| {
            let (name, description, filter) = (name.as_str(), description.as_str(), &filter);
            let change =
                CollectionChange { name, description, filter, connection: None, reading: None, expected };
            orchestrator.change_collection(CollectionId(id), change, &actor)
        })
        .await;
    match changed {
        Ok(()) => saved(&app, &who, id, "Name and description saved."),
        Err(failure) if is_conflict(&failure) => {
            let Known { row, .. } = known(&app, id).await?;
            let said = |name: &str, description: &str| {
                let pair = |label: &str, value: &str| (label.to_owned(), value.trim().to_owned());
                vec![pair("Name", name), pair("Description", description)]
            };
            let saved = said(&row.name, &row.description);
            let differences = Difference::between(&saved, &said(&named.name, &named.description));
            let conflict = Some(differences);
            again(&app, visit, id, Again { identity: Some(named), conflict, ..Again::default() }).await
        }
        Err(failure) => {
            let faults = faults_of(failure, "name")?;
            again(&app, visit, id, Again { identity: Some(named), faults, ..Again::default() }).await
        }
    }
}

fn saved(app: &App, who: &crate::Who, id: i64, text: &str) -> Result<Response, Failure> {
    app.notify(who, Notice::done(text));
    Ok(see_other(&format!("{PATH}/{id}/settings")))
}

pub(super) async fn connect(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(form): Form<Connected>,
) -> Result<Response, Failure> {
    let Known { row, filter, source, .. } = known(&app, id).await?;
    if !source.live {
        return Err(Failure::conflict("no-connection", "this collection consists of uploaded files"));
    }
    let (connection, actor) = (form.connection(), who.actor());
    let expected = form.version.parse().ok();
    let changed = app
        .ask(move |orchestrator| {
            let (name, description) = (row.name.as_str(), row.description.as_str());
            let connection = Some(connection);
            let filter = &filter;
            let change = CollectionChange { name, description, filter, connection, reading: None, expected };
            orchestrator.change_collection(row.id, change, &actor)
        })
        .await;
    match changed {
        Ok(()) => saved(&app, &who, id, "Connection saved. Test it to make sure it works."),
        Err(failure) if is_conflict(&failure) => {
            let Known { row, .. } = known(&app, id).await?;
            let saved = Connected::of(&source_of(&row)?).map(|saved| saved.said()).unwrap_or_default();
            let conflict = Some(Difference::between(&saved, &form.said()));
            again(&app, visit, id, Again { connection: Some(form), conflict, ..Again::default() }).await
        }
        Err(failure) => {
            let faults = faults_of(failure, "origin")?;
            again(&app, visit, id, Again { connection: Some(form), faults, ..Again::default() }).await
        }
    }
}

pub(super) async fn replace(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    upload: Upload,
) -> Result<Response, Failure> {
    let replaced = match FileForm::read(upload).await {
        Ok(form) => {
            let actor = who.actor();
            app.ask(move |orchestrator| {
                let FileForm { files, reading, version, .. } = form;
                orchestrator.replace_files(CollectionId(id), files, reading, version, &actor)
            })
            .await
        }
        Err(failure) => Err(failure),
    };
    match replaced {
        Ok(()) => saved(&app, &who, id, "Files replaced."),
        Err(failure) if is_conflict(&failure) => {
            let conflict = Some(vec![Difference {
                label: "Files".to_owned(),
                saved: "see the list below".to_owned(),
                entered: "not uploaded: choose them again".to_owned(),
            }]);
            again(&app, visit, id, Again { conflict, ..Again::default() }).await
        }
        Err(failure) => {
            let faults = faults_of(failure, "files")?;
            again(&app, visit, id, Again { faults, ..Again::default() }).await
        }
    }
}

pub(super) async fn test(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    match app.orchestrator().check_connection(CollectionId(id)).await {
        Ok(objects) => {
            let text = match objects {
                Some(1) => "The connection works: the collection has one object.".to_owned(),
                Some(objects) => {
                    format!("The connection works: the collection has {} objects.", number(&objects))
                }
                None => {
                    "There is no connection to test: this collection consists of uploaded files.".to_owned()
                }
            };
            app.notify(&who, Notice::done(text));
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(error) => {
            let failure = Failure::from(error);
            if failure.status() == StatusCode::NOT_FOUND {
                return Err(failure);
            }
            let refusal = Some(Refusal::new("The connection does not work.", &failure));
            again(&app, visit, id, Again { refusal, ..Again::default() }).await
        }
    }
}

fn in_use(app: &App, visit: Visit, known: Known) -> InUse {
    let name = known.row.name;
    InUse {
        frame: visit.frame(app, format!("{name} cannot be deleted"), Section::Collections).under(TITLE, PATH),
        text: format!("“{name}” is used by:"),
        used: known.used,
        back: format!("{PATH}/{}/settings", known.row.id),
    }
}

pub(super) async fn ask(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let known = known(&app, id).await?;
    if !known.used.is_empty() {
        return page(&in_use(&app, visit, known));
    }
    let frame = visit.frame(&app, format!("Delete {}?", known.row.name), Section::Collections);
    page(&Confirm {
        frame: frame.under(TITLE, PATH),
        text: vec![
            "No workflow uses it. Its files, filter and connection are deleted permanently. Reports of earlier runs stay.".to_owned(),
        ],
        items: Vec::new(),
        action: format!("{PATH}/{id}/delete"),
        hidden: Vec::new(),
        button: "Delete".to_owned(),
        danger: true,
        back: format!("{PATH}/{id}/settings"),
    })
}

pub(super) async fn remove(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let found = known(&app, id).await?;
    let actor = who.actor();
    match app.ask(move |orchestrator| orchestrator.remove_collection(CollectionId(id), &actor)).await {
        Ok(()) => {
            app.notify(&who, Notice::done(format!("Collection “{}” deleted.", found.row.name)));
            Ok(see_other(PATH))
        }
        Err(failure) if failure.code() == "in-use" => {
            let known = known(&app, id).await?;
            page_with(StatusCode::CONFLICT, &in_use(&app, visit, known))
        }
        Err(failure) => Err(failure),
    }
}
