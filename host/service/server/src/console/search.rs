//! The search over everything: the first matches of each kind, or all matches of one kind in pages. A form with one field in the
//! head of every page leads here.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_limits as limits;
use palisade_store::{Page, Phase};
use serde::Deserialize;

use super::runs::shown::{phase_badge, status_badge, verdict_badge};
use crate::routes::Routes;
use crate::search::{self, Group, Hit, Kind};
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::view::{Badge, Empty, Frame, Moment, Pager, Section, Visit, counted, number, page_with};
use crate::{App, Failure};

/// Where the form leads.
const PATH: &str = "/search";

pub(super) fn routes(routes: Routes) -> Routes {
    routes.list::<Wanted, _, _>(PATH, VIEWER, everything)
}

/// What the address says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    q: String,
    kind: String,
    page: Option<u64>,
}

struct Row {
    name: String,
    text: String,
    path: String,
    runs: Option<String>,
    badge: Option<Badge>,
    at: Option<Moment>,
}

/// The matches of one kind.
struct Part {
    kind: &'static str,
    title: &'static str,
    /// How many there are.
    count: String,
    rows: Vec<Row>,
    /// Where all of them are; none if all are here.
    all: Option<String>,
    pager: Option<Pager>,
    /// What is to be known about the matches.
    note: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "pages/search.html")]
struct Results {
    frame: Frame,
    fault: Option<String>,
    parts: Vec<Part>,
    /// The kinds, each with the number of its matches: links to the parts.
    summary: String,
    empty: Option<Empty>,
}

fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Objects => "Objects in runs",
        Kind::FileObjects => "Objects in uploaded files",
        Kind::Workflows => "Workflows",
        Kind::Runs => "Runs",
        Kind::Collections => "Collections",
        Kind::Integrations => "Integrations",
    }
}

fn note(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::FileObjects => Some("The filter of a collection may exclude them."),
        _ => None,
    }
}

fn row(frame: &Frame, hit: Hit) -> Row {
    let badge = match (hit.verdict, hit.status, hit.phase) {
        (Some(verdict), ..) => Some(verdict_badge(verdict)),
        (None, Some(status), _) => Some(status_badge(status, hit.cause)),
        (None, None, Some(phase)) if phase != Phase::Ended => Some(phase_badge(phase)),
        _ => None,
    };
    let runs = hit.runs.map(|runs| {
        let more = if runs >= limits::SEARCH_SIGHTINGS { "at least " } else { "" };
        format!("{more}{}", counted(&runs, "runs"))
    });
    Row {
        name: hit.name,
        text: hit.text,
        path: hit.path,
        runs,
        badge,
        at: hit.at.map(|at| frame.moment(&at)),
    }
}

fn total(group: &Group) -> String {
    format!("{}{}", number(&group.total), if group.more { "+" } else { "" })
}

fn part(frame: &Frame, group: Group, wanted: &Wanted, only: bool) -> Part {
    let kind = group.kind;
    let here = wanted.page.unwrap_or(1).max(1);
    let keep = [("q", wanted.q.trim()), ("kind", kind.name())];
    let all = super::runs::address(PATH, &keep);
    Part {
        kind: kind.name(),
        title: title(kind),
        count: total(&group),
        all: (!only && (group.more || group.total > limits::SEARCH_SHOWN)).then_some(all),
        pager: only.then(|| Pager::new(PATH, &keep, here, group.total, "matches")),
        note: note(kind),
        rows: group.hits.into_iter().map(|hit| row(frame, hit)).collect(),
    }
}

async fn everything(
    State(app): State<App>,
    Viewer(_): Viewer,
    Query(wanted): Query<Wanted>,
    visit: Visit,
) -> Result<Response, Failure> {
    let text = wanted.q.trim().to_owned();
    let mut frame = visit.frame(&app, "Search", Section::Elsewhere);
    frame.find = text.clone();
    let only = Kind::named(&wanted.kind);
    if let Some(fault) = search::fault(&text) {
        let empty = None;
        let results =
            Results { frame, fault: Some(fault.message), parts: Vec::new(), summary: String::new(), empty };
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &results);
    }
    let (kinds, rows) = match only {
        Some(kind) => {
            let offset = (wanted.page.unwrap_or(1).clamp(1, u64::from(u32::MAX)) - 1) * limits::PAGE_ROWS;
            (vec![kind], Page { offset, limit: limits::PAGE_ROWS })
        }
        None => (Kind::ALL.to_vec(), Page { offset: 0, limit: limits::SEARCH_SHOWN }),
    };
    let asked = text.clone();
    let groups =
        app.ask(move |orchestrator| Ok(search::found(orchestrator.store(), &asked, &kinds, rows)?)).await?;
    let groups: Vec<Group> = groups.into_iter().filter(|group| group.total > 0).collect();
    let summary: Vec<String> =
        groups.iter().map(|group| format!("{}: {}", title(group.kind), total(group))).collect();
    let empty = if text.is_empty() {
        let what =
            "Enter a value in any spelling or its beginning, a part of a name, or the number of a run.";
        Some(Empty::new("search", "Search everything", what))
    } else if groups.is_empty() {
        let what = "Values are found by their beginning, names by any part of them. Objects of a live ThreatQ collection are found \
            once a run has selected them.";
        Some(Empty::new("search", format!("Nothing found for {text}"), what))
    } else {
        None
    };
    let parts = groups.into_iter().map(|group| part(&frame, group, &wanted, only.is_some())).collect();
    page_with(StatusCode::OK, &Results { frame, fault: None, parts, summary: summary.join(" · "), empty })
}
