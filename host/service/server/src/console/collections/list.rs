//! The list of collections. None of them is read for it, because a live one would be requested each time: it shows how many objects
//! each had when it was last read.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use palisade_orchestrator::{CollectionSource, Orchestrator, OrchestratorError, filter_of, source_of};
use palisade_store::{CollectionRow, Wait as _};

use super::{TITLE, filter};
use crate::console::integrations::using::{self, Used};
use crate::security::Viewer;
use crate::view::{Empty, Frame, Moment, Section, Visit, page};
use crate::{App, Failure};

struct Row {
    id: i64,
    name: String,
    description: String,
    source: Source,
    filter: Vec<String>,
    /// Objects when it was last read: those that match the filter, all, and when.
    counted: Option<(u64, u64, Moment)>,
    used: Vec<Used>,
    modified: Moment,
}

/// Where its objects come from, in few words.
pub(super) struct Source {
    pub(super) live: bool,
    pub(super) text: String,
    pub(super) note: String,
}

impl Source {
    pub(super) fn of(source: &CollectionSource, files: &[String]) -> Self {
        match source {
            CollectionSource::Threatq { origin, collection, .. } => Self {
                live: true,
                text: origin.trim_start_matches("https://").to_owned(),
                note: format!("collection {collection}"),
            },
            CollectionSource::Files { format, columns } => {
                let count = match files {
                    [] => "no files".to_owned(),
                    [one] => one.clone(),
                    many => format!("{} files", many.len()),
                };
                let format = format.as_ref().map(|format| format!("read as {format}"));
                let columns =
                    (!columns.values.is_empty()).then(|| format!("columns {}", columns.values.join(", ")));
                let names = if files.len() > 1 { Some(files.join(", ")) } else { None };
                let note = names.into_iter().chain(format).chain(columns).collect::<Vec<_>>().join("; ");
                Self { live: false, text: count, note }
            }
        }
    }
}

#[derive(Template)]
#[template(path = "pages/collections.html")]
struct Collections {
    frame: Frame,
    rows: Vec<Row>,
    empty: Empty,
}

type Read = (CollectionRow, Source, palisade_orchestrator::Filter, Vec<Used>);

fn read(orchestrator: &Orchestrator) -> Result<Vec<Read>, OrchestratorError> {
    let workflows = using::workflows(orchestrator)?;
    let row = |row: CollectionRow| {
        let files = orchestrator.files(row.id)?.into_iter().map(|file| file.name).collect::<Vec<_>>();
        let used = using::used(&workflows, |workflow| workflow.collection == Some(row.id));
        Ok((Source::of(&source_of(&row)?, &files), filter_of(&row)?, used, row))
    };
    let rows = orchestrator.store().collections().wait()?.into_iter().map(row);
    rows.map(|row| row.map(|(source, filter, used, row)| (row, source, filter, used))).collect()
}

pub(super) async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    visit: Visit,
) -> Result<Response, Failure> {
    let rows = app.ask(read).await?;
    let frame = visit.frame(&app, TITLE, Section::Collections);
    let rows = rows.into_iter().map(|(row, source, filter, used)| Row {
        id: row.id.0,
        filter: filter::in_words(&filter, &frame.zone),
        counted: row
            .counted
            .map(|counted| (counted.objects, counted.objects + counted.filtered, frame.moment(&counted.at))),
        modified: frame.moment(&row.modified_at),
        name: row.name,
        description: row.description,
        source,
        used,
    });
    let text = "Workflows read their objects from a collection: files that you upload, or a ThreatQ data collection that every run reads again.";
    let empty = Empty::new("collections", "No collection yet", text);
    let empty = if frame.operator() { empty.action("New collection", "/collections/new") } else { empty };
    page(&Collections { rows: rows.collect(), empty, frame })
}
