//! One collection: what it holds, with its filter. Files are read for the page; a live collection is read once the page is there,
//! or when somebody asks for it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{CollectionChange, Filter, filter_of, reading_of, source_of};
use palisade_store::{CollectionId, CollectionRow, Version, Wait as _};

use super::filter::{self, FilterForm};
use super::list::Source;
use super::preview::{self, Listing, Part};
use super::{PATH, TITLE, faults_of, reading};
use crate::console::integrations::using::{self, Used};
use crate::security::{Operator, Viewer};
use crate::view::{
    Conflict, Difference, Frame, Notice, Section, Tab, Tabs, Visit, page, page_with, see_other,
};
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
        let row = orchestrator.store().collection(CollectionId(id)).wait()?;
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
    version: Version,
    conflict: Option<Conflict>,
}

async fn shown(
    app: &App,
    visit: Visit,
    known: Known,
    entered: Option<Filter>,
    faults: Vec<Fault>,
    mut listing: Listing,
) -> Shown {
    let Known { row, source, filter, used } = known;
    let frame = visit.frame(app, &row.name, Section::Collections).under(TITLE, PATH);
    listing.keep(reading_of(&row).ok().flatten(), row.version);
    let preview = match listing.preview == "now" || !source.live {
        true => Some(preview::read(app, &frame, row.id, !filter.is_empty(), listing).await),
        false => None,
    };
    let there = preview.as_ref().map_or(&[][..], Part::types_there);
    Shown {
        id: row.id.0,
        version: row.version,
        conflict: None,
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
    Query(mut listing): Query<Listing>,
    Query(sent): Query<Vec<(String, String)>>,
    visit: Visit,
) -> Result<Response, Failure> {
    let known = known(&app, id).await?;
    let faults = match reading::chosen(&sent) {
        Ok(reading) => {
            listing.look_at(reading.filter(|_| !known.source.live));
            Vec::new()
        }
        Err(faults) => faults,
    };
    page(&shown(&app, visit, known, None, faults, listing).await)
}

/// The page with what is wrong with a choice of columns.
pub(super) async fn refused(
    app: &App,
    visit: Visit,
    id: i64,
    faults: Vec<Fault>,
) -> Result<Response, Failure> {
    let known = known(app, id).await?;
    let again = shown(app, visit, known, None, faults, Listing::default()).await;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// What it holds, alone: the page of a live collection asks for it.
pub(super) async fn part(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    Query(mut listing): Query<Listing>,
    visit: Visit,
) -> Result<Response, Failure> {
    let known = known(&app, id).await?;
    let frame = visit.frame(&app, TITLE, Section::Collections);
    listing.preview = "now".to_owned();
    page(&preview::read(&app, &frame, known.row.id, !known.filter.is_empty(), listing).await)
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
            let again = shown(&app, visit, known, None, faults, Listing::default()).await;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    let (row, wanted, actor) = (known.row.clone(), filter.clone(), who.actor());
    let version =
        sent.iter().find(|(name, _)| name == "version").and_then(|(_, version)| version.parse().ok());
    let changed = app
        .ask(move |orchestrator| {
            let change = CollectionChange {
                name: &row.name,
                description: &row.description,
                filter: &wanted,
                connection: None,
                reading: None,
                expected: version,
            };
            orchestrator.change_collection(row.id, change, &actor)
        })
        .await;
    match changed {
        Ok(()) => {
            let text = if filter.is_empty() { "Filter cleared: all objects." } else { "Filter saved." };
            app.notify(&who, Notice::done(text));
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) if failure.status() == StatusCode::PRECONDITION_FAILED => {
            let known = self::known(&app, id).await?;
            let said = |filter: &Filter| {
                let words = filter::in_words(filter, app.zone()).join(", ");
                vec![("Filter".to_owned(), if words.is_empty() { "all objects".to_owned() } else { words })]
            };
            let differences = Difference::between(&said(&known.filter), &said(&filter));
            let modified = known.row.modified_at;
            let mut again = shown(&app, visit, known, Some(filter), Vec::new(), Listing::default()).await;
            again.conflict = Some(Conflict {
                what: "This collection",
                when: Some(again.frame.moment(&modified)),
                differences,
                reload: format!("{PATH}/{id}"),
            });
            page_with(StatusCode::PRECONDITION_FAILED, &again)
        }
        Err(failure) => {
            let faults = faults_of(failure, "types")?;
            let again = shown(&app, visit, known, Some(filter), faults, Listing::default()).await;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
    }
}
