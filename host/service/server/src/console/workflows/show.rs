//! One workflow: what goes where, when, with which configuration, and its last runs.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use palisade_store::{Page, RunFilter, Takes, Wait as _, WorkflowId};

use super::{read_schedule, tick};
use crate::console::runs::shown::{Line, RunHead, issue_words, run_heads};
use crate::console::runs::steps::{Fact, fact};
use crate::security::Viewer;
use crate::view::{Field, Frame, Kind, Moment, Section, Visit, number, page};
use crate::{App, Failure, Fault};

/// Runs that the page shows; the list has them all.
const LAST_RUNS: u64 = 5;

struct Part {
    title: String,
    facts: Vec<Fact>,
}

/// One action with its configuration.
struct Action {
    place: usize,
    title: String,
    bundle: String,
    version: String,
    connection: Option<(i64, String)>,
    parts: Vec<Part>,
}

#[derive(Template)]
#[template(path = "pages/workflows_one.html")]
pub(super) struct One {
    frame: Frame,
    faults: Vec<Fault>,
    id: i64,
    name: String,
    description: String,
    collection: Option<(i64, String)>,
    schedule: String,
    upcoming: Vec<Moment>,
    enabled: bool,
    /// What the flag says; none without an issue.
    issue: Option<&'static str>,
    takes: &'static str,
    /// Objects that do not change are not sent again, so that their entries expire.
    expires: bool,
    evictions: String,
    created: Moment,
    created_by: String,
    modified: Moment,
    actions: Vec<Action>,
    heads: Vec<RunHead>,
    rows: Vec<Line>,
    total: u64,
    selected: Field,
}

/// The page; `typed` are selected objects that could not be taken.
pub(super) async fn shown(
    app: &App,
    visit: Visit,
    id: WorkflowId,
    typed: &str,
    faults: Vec<Fault>,
) -> Result<One, Failure> {
    let (row, forms, collection, (runs, total)) = app
        .ask(move |orchestrator| {
            let store = orchestrator.store();
            let row = store.workflow(id).wait()?;
            let forms = orchestrator.step_forms(&row)?;
            let collection = row.collection.map(|id| store.collection(id).wait()).transpose()?;
            let filter = RunFilter { workflow: Some(id), ..RunFilter::default() };
            Ok((row, forms, collection, store.runs(&filter, Page { offset: 0, limit: LAST_RUNS }).wait()?))
        })
        .await?;
    let frame = visit.frame(app, &row.name, Section::Workflows).under("Workflows", "/workflows");
    let schedule = read_schedule(&row.schedule);
    let upcoming = if row.enabled { schedule.upcoming(row.anchor, frame.now, 3) } else { Vec::new() };
    let action = |(form, place): (palisade_orchestrator::StepForm, usize)| Action {
        place,
        title: form.title,
        bundle: form.bundle.title,
        version: form.bundle.version,
        connection: form.connection.map(|(id, name)| (id.0, name)),
        parts: form
            .form
            .sections
            .iter()
            .map(|section| Part {
                title: section.title.clone(),
                facts: section.fields.iter().map(fact).collect(),
            })
            .collect(),
    };
    Ok(One {
        id: id.0,
        collection: collection.map(|row| (row.id.0, row.name)),
        schedule: schedule.describe(),
        upcoming: upcoming.iter().map(|at| tick(&frame, &schedule, *at)).collect(),
        enabled: row.enabled,
        issue: runs.first().and_then(|run| issue_words(run.status, run.cause)),
        heads: run_heads(Vec::new()),
        expires: row.takes == Takes::Changed,
        takes: match row.takes {
            Takes::All => "All objects, in each run",
            Takes::Changed => "Changed since the last success",
        },
        evictions: row.evictions.map_or_else(|| "No limit".to_owned(), |most| number(&most)),
        created: frame.moment(&row.created_at),
        modified: frame.moment(&row.modified_at),
        actions: forms.into_iter().zip(1..).map(action).collect(),
        rows: runs.iter().map(|run| Line::new(&frame, run)).collect(),
        selected: Field::new(Kind::Text, "objects", "Objects")
            .required()
            .value(typed)
            .help("One per line: names, addresses, URLs, hashes, also defanged. They replace the collection in this run.")
            .faults(&faults),
        total,
        name: row.name,
        description: row.description,
        created_by: row.created_by,
        faults,
        frame,
    })
}

pub(super) async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    page(&shown(&app, visit, WorkflowId(id), "", Vec::new()).await?)
}
