//! All runs, the latest first. While one of them is open, the table asks for itself again.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use palisade_limits as limits;
use palisade_store::{Page, Phase, RunFilter, RunStatus, WorkflowId};
use serde::Deserialize;

use super::shown::Line;
use crate::console::wording::first_upper;
use crate::security::Viewer;
use crate::view::{Choice, Empty, Field, Frame, Pager, Visit, page};
use crate::{App, Failure};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    workflow: String,
    phase: String,
    status: String,
    page: Option<u64>,
}

impl Wanted {
    /// What means nothing is not filtered by.
    fn filter(&self) -> RunFilter {
        RunFilter {
            workflow: self.workflow.parse::<i64>().ok().map(WorkflowId),
            phase: self.phase.parse::<Phase>().ok(),
            status: self.status.parse::<RunStatus>().ok(),
            since: None,
        }
    }

    fn parameters(&self) -> [(&str, &str); 3] {
        [("workflow", &self.workflow), ("phase", &self.phase), ("status", &self.status)]
    }
}

#[derive(Template)]
#[template(path = "pages/runs.html")]
struct Runs {
    frame: Frame,
    filters: Vec<Field>,
    filtered: bool,
    rows: Vec<Line>,
    pager: Pager,
    empty: Empty,
    /// Where the table asks for itself again; nowhere where nothing in it will change.
    again: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    Viewer(who): Viewer,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    visit: Visit,
) -> Result<Response, Failure> {
    let filter = wanted.filter();
    let number = wanted.page.unwrap_or(1).clamp(1, u64::from(u32::MAX));
    let rows = Page { offset: (number - 1) * limits::PAGE_ROWS, limit: limits::PAGE_ROWS };
    let (runs, total, workflows) = app
        .ask(move |orchestrator| {
            let (runs, total) = orchestrator.store().runs(filter, rows)?;
            let names = orchestrator.store().workflows()?.into_iter().map(|row| (row.id, row.name));
            Ok((runs, total, names.collect::<Vec<_>>()))
        })
        .await?;
    let frame = super::frame(visit, &app, &who, "Runs".to_owned(), super::is_poll(&headers));
    let rows: Vec<Line> = runs.iter().map(|row| Line::new(&frame, row)).collect();
    let filtered = filter != RunFilter::default();
    let empty = if filtered {
        Empty::new(
            "filter",
            "No run is like this",
            "No run of this workflow is in this phase with this status.",
        )
        .action("Show all runs", "/runs")
    } else {
        Empty::new(
            "runs",
            "Nothing has run yet",
            "Each run of a workflow stands here, with what became of every object.",
        )
        .action("Go to workflows", "/workflows")
    };
    let page_text = number.to_string();
    let mut parameters = wanted.parameters().to_vec();
    parameters.push(("page", page_text.as_str()));
    let again = rows.iter().any(|row| row.open).then(|| super::address("/runs", &parameters));
    page(&Runs {
        filters: filters(&wanted, workflows),
        pager: Pager::new("/runs", &wanted.parameters(), number, total, "runs"),
        again,
        filtered,
        rows,
        empty,
        frame,
    })
}

fn filters(wanted: &Wanted, workflows: Vec<(WorkflowId, String)>) -> Vec<Field> {
    let any = |title: &str| vec![Choice::new("", title)];
    let mut of = any("Any workflow");
    of.extend(workflows.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)));
    let mut phases = any("Any phase");
    phases.extend(Phase::ALL.iter().map(|phase| Choice::new(phase.name(), first_upper(phase.name()))));
    let mut statuses = any("Any status");
    statuses.extend(RunStatus::ALL.iter().map(|status| Choice::new(status.name(), status.name())));
    vec![
        Field::select("workflow", "Workflow", of).value(&wanted.workflow).unmarked(),
        Field::select("phase", "Phase", phases).value(&wanted.phase).unmarked(),
        Field::select("status", "Status", statuses).value(&wanted.status).unmarked(),
    ]
}
