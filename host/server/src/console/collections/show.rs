//! One collection: what it holds, with its filter. Files are read for the page; a live collection is read once the page is there,
//! or when somebody asks for it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{Filter, filter_of, source_of};
use palisade_store::{CollectionId, CollectionRow};
use serde::Deserialize;

use super::filter::{self, FilterForm};
use super::list::Source;
use super::preview::{self, Part};
use super::{PATH, TITLE, faults_of};
use crate::console::integrations::using::{self, Used};
use crate::security::{Operator, Viewer};
use crate::view::{Frame, Notice, Section, Tab, Tabs, Visit, page, page_with, see_other};
use crate::{App, Failure, Fault};

/// A collection with what its pages say of it.
pub(super) struct Known {
    pub(super) row: CollectionRow,
    pub(super) source: Source,
    pub(super) filter: Filter,
    pub(super) used: Vec<Used>,
}

pub(super) async fn known(app: &App, id: i64) -> Result<Known, Failure> {
    app.ask(move |orchestrator| {
        let row = orchestrator.store().collection(CollectionId(id))?;
        let files = orchestrator.files(row.id)?.into_iter().map(|file| file.name).collect::<Vec<_>>();
        let used =
            using::used(&using::workflows(orchestrator)?, |workflow| workflow.collection == Some(row.id));
        Ok(Known { source: Source::of(&source_of(&row)?, &files), filter: filter_of(&row)?, used, row })
    })
    .await
}

pub(super) fn tabs(id: i64, settings: bool) -> Tabs {
    let path = format!("{PATH}/{id}");
    Tabs {
        label: "Views of this collection",
        tabs: vec![
            Tab::new("Objects", path.clone(), !settings),
            Tab::new("Settings", format!("{path}/settings"), settings),
        ],
    }
}

#[derive(Template)]
#[template(path = "pages/collections_show.html")]
struct Shown {
    frame: Frame,
    faults: Vec<Fault>,
    id: i64,
    description: String,
    source: Source,
    used: Vec<Used>,
    tabs: Tabs,
    conditions: Vec<String>,
    form: FilterForm,
    /// None where a live collection is yet to be read.
    preview: Option<Part>,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    preview: String,
}

async fn shown(
    app: &App,
    visit: Visit,
    known: Known,
    entered: Option<Filter>,
    faults: Vec<Fault>,
    now: bool,
) -> Shown {
    let Known { row, source, filter, used } = known;
    let frame = visit.frame(app, &row.name, Section::Collections).under(TITLE, PATH);
    let preview = match now || !source.live {
        true => Some(preview::read(app, &frame, row.id, !filter.is_empty()).await),
        false => None,
    };
    let there = preview.as_ref().map_or(&[][..], Part::types_there);
    Shown {
        id: row.id.0,
        tabs: tabs(row.id.0, false),
        conditions: filter::in_words(&filter, &frame.zone),
        form: filter::form(entered.as_ref().unwrap_or(&filter), &frame.zone, there, &faults),
        description: row.description,
        source,
        used,
        faults,
        preview,
        frame,
    }
}

pub(super) async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
    visit: Visit,
) -> Result<Response, Failure> {
    let known = known(&app, id).await?;
    page(&shown(&app, visit, known, None, Vec::new(), asked.preview == "now").await)
}

/// What it holds, alone: the page of a live collection asks for it.
pub(super) async fn part(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let known = known(&app, id).await?;
    let frame = visit.frame(&app, TITLE, Section::Collections);
    page(&preview::read(&app, &frame, known.row.id, !known.filter.is_empty()).await)
}

pub(super) async fn narrow(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let known = known(&app, id).await?;
    let clear = sent.iter().any(|(name, value)| name == "answer" && value == "clear");
    let entered = if clear { Ok(Filter::default()) } else { filter::entered(&sent, app.zone()) };
    let filter = match entered {
        Ok(filter) => filter,
        Err(faults) => {
            let again = shown(&app, visit, known, None, faults, false).await;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    let (row, wanted, actor) = (known.row.clone(), filter.clone(), who.actor());
    let changed = app
        .ask(move |orchestrator| {
            orchestrator.change_collection(row.id, &row.name, &row.description, &wanted, None, &actor)
        })
        .await;
    match changed {
        Ok(()) => {
            let text = if filter.is_empty() { "Filter cleared: all objects." } else { "Filter saved." };
            app.notify(&who, Notice::done(text));
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) => {
            let faults = faults_of(failure, "types")?;
            let again = shown(&app, visit, known, Some(filter), faults, false).await;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
    }
}
