//! One connection with its form, or a new one. A key is rotated by entering a new one. Denied by default: a secret in a page.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{ConnectionDraft, ConnectionKind, ConnectionPage, ConnectionTest};
use palisade_store::{ConnectionId, HoldingRow, Wait as _};
use serde::Deserialize;

use super::list::{Health, used};
use super::{PATH, TITLE};
use crate::api::Params;
use crate::console::holdings::{Held, held};
use crate::console::integrations::action::{PREFIX, field, labelled, said};
use crate::console::integrations::using::Used;
use crate::console::workflows::Tested;
use crate::security::{Operator, Viewer};
use crate::view::{
    Conflict, Difference, Empty, Field, Frame, Moment, Notice, Section, Visit, page, page_with, see_other,
};
use crate::{App, Failure, Fault};

/// Parameters of the page for a new connection.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Begin {
    /// Its kind; the only one there is by default.
    #[serde(default)]
    kind: Option<String>,
}

/// What there is to know of a saved connection.
struct Saved {
    id: i64,
    version: i64,
    health: Health,
    used: Vec<Used>,
    users: u64,
    actions: Vec<String>,
    held: Vec<Held>,
    created: Moment,
    created_by: String,
    modified: Moment,
}

#[derive(Template)]
#[template(path = "pages/connections_one.html")]
struct One {
    frame: Frame,
    faults: Vec<Fault>,
    /// The id of its bundle.
    kind: String,
    kind_title: String,
    /// Whether its bundle is installed.
    installed: bool,
    name: Field,
    fields: Vec<Field>,
    saved: Option<Saved>,
    /// What each test of the connection proves.
    proves: Vec<String>,
    tested: Option<Tested>,
    conflict: Option<Conflict>,
}

#[derive(Template)]
#[template(path = "pages/connections_kind.html")]
struct ChooseKind {
    frame: Frame,
    kinds: Vec<ConnectionKind>,
    empty: Empty,
}

/// How a form is shown again.
#[derive(Default)]
struct Again<'a> {
    entered: Option<&'a BTreeMap<String, String>>,
    faults: &'a [Fault],
    tested: Option<Result<ConnectionTest, Failure>>,
    conflict: bool,
}

/// What the page shows: a saved connection, or the form of a new one.
struct Read {
    kind: String,
    title: Option<String>,
    proves: Vec<String>,
    form: palisade_orchestrator::Form,
    page: Option<ConnectionPage>,
    held: Vec<HoldingRow>,
}

async fn read(app: &App, id: i64) -> Result<Read, Failure> {
    app.ask(move |orchestrator| {
        let page = orchestrator.connection_page(ConnectionId(id))?;
        let is_its_own = |row: &HoldingRow| row.connection.as_ref().is_some_and(|(of, _)| of.0 == id);
        let held = orchestrator.store().holdings().wait()?.into_iter().filter(is_its_own).collect();
        let (kind, title, form) = (page.row.kind.clone(), page.title.clone(), page.form.clone());
        let proves = page.proves.clone();
        Ok(Read { kind, title, proves, form, page: Some(page), held })
    })
    .await
}

async fn read_new(app: &App, kind: String) -> Result<Read, Failure> {
    app.ask(move |orchestrator| {
        let form = orchestrator.new_connection_form(&kind)?;
        let known = orchestrator.connection_kinds()?.into_iter().find(|known| known.kind == kind);
        let (title, proves) = known.map(|known| (known.title, known.proves)).unzip();
        let proves = proves.unwrap_or_default();
        Ok(Read { kind, title, proves, form, page: None, held: Vec::new() })
    })
    .await
}

fn shown(app: &App, visit: Visit, read: Read, again: Again<'_>) -> One {
    let Read { kind, title, proves, form, page, held: rows } = read;
    let frame = match &page {
        Some(page) => visit.frame(app, &page.row.name, Section::Connections),
        None => visit.frame(app, "New connection", Section::Connections),
    };
    let frame = frame.under(TITLE, PATH);
    let own = frame.operator();
    let parameters = || form.sections.iter().flat_map(|section| &section.fields);
    let faults = labelled(parameters(), again.faults);
    let saved_name = page.as_ref().map(|page| page.row.name.clone());
    let proposed = || title.clone().unwrap_or_default();
    let name = again.entered.and_then(|entered| entered.get("name")).cloned();
    let name = name.or(saved_name).unwrap_or_else(proposed);
    let conflict = again.conflict.then(|| {
        let page = page.as_ref();
        let line = |name: &str, entered| {
            let mut lines = vec![("Name".to_owned(), name.to_owned())];
            lines.extend(said(parameters(), entered));
            lines
        };
        let saved = line(page.map_or("", |page| &page.row.name), None);
        Conflict {
            what: "This connection",
            when: page.map(|page| frame.moment(&page.row.modified_at)),
            differences: Difference::between(&saved, &line(&name, again.entered)),
            reload: page.map_or_else(|| format!("{PATH}/new"), |page| format!("{PATH}/{}", page.row.id)),
        }
    });
    let tested = again.tested.map(|tested| match tested {
        Ok(test) => Tested::of(&test),
        Err(failure) => Tested::failed(&failure),
    });
    let saved = page.map(|page| Saved {
        id: page.row.id.0,
        version: page.row.version.0,
        health: Health::of(&frame, &page.row),
        used: used(&page),
        users: page.users.workflows.len() as u64,
        actions: page.users.actions.iter().map(|(bundle, action)| format!("{bundle}, {action}")).collect(),
        held: held(&frame, &rows),
        created: frame.moment(&page.row.created_at),
        modified: frame.moment(&page.row.modified_at),
        created_by: page.row.created_by,
    });
    One {
        name: Field::text("name", "Name").required().value(name).faults(&faults),
        fields: parameters().flat_map(|parameter| field(parameter, again.entered, &faults, own)).collect(),
        installed: title.is_some(),
        kind_title: title.unwrap_or_else(|| kind.clone()),
        kind,
        saved,
        proves,
        tested,
        conflict,
        faults,
        frame,
    }
}

pub(super) async fn begin(
    State(app): State<App>,
    Operator(_): Operator,
    Params(begin): Params<Begin>,
    visit: Visit,
) -> Result<Response, Failure> {
    let kinds = app.ask(|orchestrator| orchestrator.connection_kinds()).await?;
    let chosen = match (&begin.kind, kinds.as_slice()) {
        (Some(kind), _) => Some(kind.clone()),
        (None, [only]) => Some(only.kind.clone()),
        (None, _) => None,
    };
    if let Some(kind) = chosen {
        return page(&shown(&app, visit, read_new(&app, kind).await?, Again::default()));
    }
    let text = "A connection belongs to an integration. Install one first.";
    let empty = Empty::new("integrations", "No integration needs a connection", text);
    let frame = visit.frame(&app, "New connection", Section::Connections).under(TITLE, PATH);
    page(&ChooseKind { frame, kinds, empty: empty.action("Integrations", "/integrations") })
}

pub(super) async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    page(&shown(&app, visit, read(&app, id).await?, Again::default()))
}

pub(super) async fn create(
    State(app): State<App>,
    Operator(who): Operator,
    visit: Visit,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    let kind = fields.get("kind").cloned().unwrap_or_default();
    let read = read_new(&app, kind.clone()).await?;
    let (given, actor) = (fields.clone(), who.actor());
    if fields.get("do").is_some_and(|what| what == "test") {
        let of = kind.clone();
        let entered =
            app.ask(move |orchestrator| orchestrator.connection_fields(&of, PREFIX, &given)).await?;
        let test = app.orchestrator().test_new_connection(&kind, entered).await.map_err(Failure::from);
        return tried(&app, visit, read, &fields, test);
    }
    let name = fields.get("name").cloned().unwrap_or_default();
    let made = app
        .ask(move |orchestrator| {
            let entered = orchestrator.connection_fields(&kind, PREFIX, &given)?;
            orchestrator.add_connection(ConnectionDraft { name, kind, entered }, &actor)
        })
        .await;
    match made {
        Ok(id) => {
            let name = fields.get("name").map_or("", |name| name.trim());
            app.notify(&who, Notice::done(format!("{name} created. Actions and workflows can use it.")));
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) => refused(&app, visit, read, &fields, failure),
    }
}

pub(super) async fn change(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    let before = read(&app, id).await?;
    let (given, actor, kind) = (fields.clone(), who.actor(), before.kind.clone());
    if fields.get("do").is_some_and(|what| what == "test") {
        let entered =
            app.ask(move |orchestrator| orchestrator.connection_fields(&kind, PREFIX, &given)).await?;
        let test = app.orchestrator().test_saved_connection(ConnectionId(id), entered).await;
        let now = read(&app, id).await?;
        return tried(&app, visit, now, &fields, test.map_err(Failure::from));
    }
    let name = fields.get("name").cloned().unwrap_or_default();
    let expected = fields.get("version").and_then(|version| version.parse().ok());
    let saved = app
        .ask(move |orchestrator| {
            let entered = orchestrator.connection_fields(&kind, PREFIX, &given)?;
            let draft = ConnectionDraft { name, kind, entered };
            orchestrator.change_connection(ConnectionId(id), draft, expected, &actor)
        })
        .await;
    match saved {
        Ok(()) => {
            let users = before.page.map_or(0, |page| page.users.workflows.len());
            let name = fields.get("name").map_or("", |name| name.trim());
            let text = match users {
                0 => format!("{name} saved."),
                1 => format!("{name} saved. 1 workflow uses it from its next step on."),
                many => format!("{name} saved. {many} workflows use it from their next steps on."),
            };
            app.notify(&who, Notice::done(text));
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) if failure.status() == StatusCode::PRECONDITION_FAILED => {
            let again = Again { entered: Some(&fields), conflict: true, ..Again::default() };
            let now = read(&app, id).await?;
            page_with(StatusCode::PRECONDITION_FAILED, &shown(&app, visit, now, again))
        }
        Err(failure) => refused(&app, visit, before, &fields, failure),
    }
}

/// The form again, with the result of a test. Nothing is saved, and a secret that was entered has to be entered again.
fn tried(
    app: &App,
    visit: Visit,
    read: Read,
    fields: &BTreeMap<String, String>,
    test: Result<ConnectionTest, Failure>,
) -> Result<Response, Failure> {
    match test {
        Err(failure) if !failure.faults().is_empty() => refused(app, visit, read, fields, failure),
        test => {
            let again = Again { entered: Some(fields), tested: Some(test), ..Again::default() };
            page(&shown(app, visit, read, again))
        }
    }
}

fn refused(
    app: &App,
    visit: Visit,
    read: Read,
    fields: &BTreeMap<String, String>,
    failure: Failure,
) -> Result<Response, Failure> {
    let faults = match failure.code() {
        "name-taken" => vec![Fault::new("name", failure.to_string())],
        _ if failure.faults().is_empty() => return Err(failure),
        _ => failure.faults().to_vec(),
    };
    let again = Again { entered: Some(fields), faults: &faults, ..Again::default() };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(app, visit, read, again))
}
