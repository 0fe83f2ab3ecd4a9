//! All workflows, in the columns of ThreatQ's orchestrator.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use palisade_limits as limits;
use palisade_store::{RunRow, Wait as _, WorkflowId};

use super::{read_schedule, tick};
use crate::console::runs::shown::{issue_words, state_badge};
use crate::security::Viewer;
use crate::view::{Badge, Empty, Frame, ListQuery, Moment, Pager, Section, Visit, page};
use crate::{App, Failure};

struct Last {
    id: i64,
    state: Badge,
    at: Moment,
}

struct Row {
    id: i64,
    name: String,
    description: String,
    /// What the flag says; none without an issue.
    issue: Option<&'static str>,
    schedule: String,
    next: Option<Moment>,
    enabled: bool,
    last: Option<Last>,
    modified: Moment,
    created_by: String,
    runnable: bool,
}

#[derive(Template)]
#[template(path = "pages/workflows.html")]
struct Workflows {
    frame: Frame,
    search: String,
    any: bool,
    rows: Vec<Row>,
    pager: Pager,
    empty: Empty,
}

pub(super) async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    Query(query): Query<ListQuery>,
    visit: Visit,
) -> Result<Response, Failure> {
    let (workflows, last, open, installed) = app
        .ask(|orchestrator| {
            let store = orchestrator.store();
            let runs = (store.last_runs().wait()?, store.open_runs().wait()?);
            Ok((store.workflows().wait()?, runs.0, runs.1, !store.bundles().wait()?.is_empty()))
        })
        .await?;
    let frame = visit.frame(&app, "Workflows", Section::Workflows);
    let by_workflow = |runs: Vec<RunRow>| -> HashMap<WorkflowId, RunRow> {
        // Of several open ones the earliest is worked on.
        runs.into_iter().rev().filter_map(|run| Some((run.workflow?, run))).collect()
    };
    let (mut last, mut open) = (by_workflow(last), by_workflow(open));
    let any = !workflows.is_empty();
    let text = query.text().unwrap_or_default().to_lowercase();
    let found: Vec<_> = workflows.into_iter().filter(|row| row.name.to_lowercase().contains(&text)).collect();
    let total = found.len() as u64;
    let rows = query.rows();
    let skip = usize::try_from(rows.offset).unwrap_or(usize::MAX);
    let rows = found
        .into_iter()
        .skip(skip)
        .take(limits::PAGE_ROWS as usize)
        .map(|row| {
            let ended = last.remove(&row.id);
            let issue = ended.as_ref().and_then(|run| issue_words(run.status, run.cause));
            let run = open.remove(&row.id).or(ended);
            let schedule = read_schedule(&row.schedule);
            Row {
                id: row.id.0,
                issue,
                next: row.next_tick.filter(|_| row.enabled).map(|at| tick(&frame, &schedule, at)),
                schedule: schedule.describe(),
                last: run.map(|run| Last {
                    id: run.id.0,
                    state: state_badge(&run),
                    at: frame.moment(&run.ended_at.or(run.started_at).unwrap_or(run.created_at)),
                }),
                modified: frame.moment(&row.modified_at),
                runnable: row.collection.is_some(),
                enabled: row.enabled,
                created_by: row.created_by,
                description: row.description,
                name: row.name,
            }
        })
        .collect();
    let text = query.text().unwrap_or_default().to_owned();
    page(&Workflows {
        empty: empty(&frame, any, installed),
        pager: Pager::new("/workflows", &[("search", &text)], query.number(), total, "workflows"),
        search: text,
        any,
        rows,
        frame,
    })
}

fn empty(frame: &Frame, any: bool, installed: bool) -> Empty {
    if any {
        return Empty::new("search", "No matching workflows", "Search for part of a name.")
            .action("Show all workflows", "/workflows");
    }
    let what = "A workflow runs one or more actions on the objects of a data collection, on a schedule or on request.";
    let empty = Empty::new("workflows", "No workflow yet", what);
    match (frame.operator(), installed) {
        (false, _) => empty,
        (true, true) => empty.action("Build a workflow", "/workflows/new"),
        (true, false) => empty.action("Install an integration first", "/integrations"),
    }
}
