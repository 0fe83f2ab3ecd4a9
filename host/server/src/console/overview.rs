//! The overview: what ran in the last day, what became of the objects, what needs attention, what comes next. Before there is a
//! workflow it says what to do first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_store::{Counts, HoldingRow, Page, Phase, RunCount, RunFilter, RunRow, RunStatus, WorkflowRow};

use super::holdings::{Held, held};
use super::runs::shown::{is_deep, state_badge, status_tone, verdict_bar};
use super::wording::sentence;
use super::workflows::{read_schedule, tick};
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::view::{
    Badge, Column, Columns, Frame, Moment, Section, Segment, StackedBar, Tile, Tone, Visit, ago, number, page,
};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.get("/", VIEWER, overview)
}

/// Hours that the overview looks back on.
const HOURS: i64 = 24;
/// Lines of a list on this page; the lists themselves have the rest.
const LINES: usize = 6;

struct Attention {
    state: Badge,
    title: String,
    path: String,
    when: String,
    reason: Option<String>,
    hint: Option<String>,
}

struct Next {
    name: String,
    path: String,
    at: Moment,
    schedule: String,
}

/// One step of the way to a first run.
struct Begin {
    title: &'static str,
    text: &'static str,
    done: bool,
    action: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "pages/overview.html")]
struct Overview {
    frame: Frame,
    begin: Vec<Begin>,
    tiles: Vec<Tile>,
    columns: Columns,
    some: bool,
    bar: StackedBar,
    attention: Vec<Attention>,
    more: usize,
    next: Vec<Next>,
    held: Vec<Held>,
}

struct Read {
    installed: bool,
    collected: bool,
    workflows: Vec<WorkflowRow>,
    /// Runs of the time that is looked back on.
    runs: Vec<RunCount>,
    verdicts: Counts,
    open: u64,
    issues: Vec<RunRow>,
    waiting: Vec<RunRow>,
    holdings: Vec<HoldingRow>,
}

fn read(orchestrator: &Orchestrator, since: Timestamp, now: Timestamp) -> Result<Read, OrchestratorError> {
    let store = orchestrator.store();
    let mut issues = store.last_runs()?;
    issues.retain(|run| run.status.is_some_and(RunStatus::is_issue));
    issues.sort_by_key(|run| std::cmp::Reverse(run.id));
    let (mut open, mut waiting) = (0, Vec::new());
    for phase in [Phase::Queued, Phase::Waiting, Phase::Running] {
        let filter = RunFilter { phase: Some(phase), ..RunFilter::default() };
        let (_, count) = store.runs(filter, Page { offset: 0, limit: 1 })?;
        open += count;
        if phase == Phase::Running {
            continue;
        }
        // The latest come first, and those that wait longest are the last.
        let oldest = Page { offset: count.saturating_sub(LINES as u64), limit: LINES as u64 };
        for run in store.runs(filter, oldest)?.0.into_iter().rev() {
            if now.duration_since(run.created_at).as_secs() >= limits::LONG_WAIT_SECONDS as i64 {
                waiting.push(run);
            }
        }
    }
    Ok(Read {
        installed: !store.bundles()?.is_empty(),
        collected: !store.collections()?.is_empty(),
        workflows: store.workflows()?,
        runs: store.run_counts(since)?,
        verdicts: store.verdicts_since(since)?,
        open,
        issues,
        waiting,
        holdings: store.holdings()?,
    })
}

async fn overview(State(app): State<App>, Viewer(_): Viewer, visit: Visit) -> Result<Response, Failure> {
    let frame = visit.frame(&app, "Overview", Section::Overview);
    let now = frame.now;
    let since = now.saturating_sub(SignedDuration::from_hours(HOURS)).unwrap_or(now);
    let read = app.ask(move |orchestrator| read(orchestrator, since, now)).await?;
    let attention = attention(&read, now);
    page(&Overview {
        begin: begin(&frame, &read),
        tiles: tiles(&read),
        columns: columns(&frame, &read.runs, now),
        some: !read.runs.is_empty(),
        bar: verdict_bar("Verdicts of the last day", &read.verdicts, |_| None),
        more: attention.len().saturating_sub(LINES),
        attention: attention.into_iter().take(LINES).collect(),
        next: next(&frame, &read.workflows),
        held: held(&frame, &read.holdings),
        frame,
    })
}

/// Until there is a workflow: what comes before it, and which of that is done.
fn begin(frame: &Frame, read: &Read) -> Vec<Begin> {
    if !read.workflows.is_empty() {
        return Vec::new();
    }
    let steps = [
        (
            "Install an integration",
            "It provides the actions of workflows, signed by its publisher.",
            read.installed,
            ("Go to integrations", "/integrations"),
        ),
        (
            "Create a data collection",
            "Upload indicators in any usual format, or connect a ThreatQ appliance.",
            read.collected,
            ("Go to collections", "/collections"),
        ),
        (
            "Build a workflow",
            "It runs one or more actions on the objects of the collection, on a schedule or on request.",
            false,
            ("Build a workflow", "/workflows/new"),
        ),
    ];
    let mut open = frame.operator();
    steps
        .into_iter()
        .map(|(title, text, done, action)| {
            let next = open && !done;
            open &= done;
            Begin { title, text, done, action: next.then_some(action) }
        })
        .collect()
}

fn tiles(read: &Read) -> Vec<Tile> {
    let is_issue = |runs: &&RunCount| runs.status.is_some_and(RunStatus::is_issue);
    let total: u64 = read.runs.iter().map(|runs| runs.count).sum();
    let issues: u64 = read.runs.iter().filter(is_issue).map(|runs| runs.count).sum();
    let tone = |count: u64, tone: Tone| if count > 0 { tone } else { Tone::Neutral };
    let enabled = read.workflows.iter().filter(|row| row.enabled).count() as u64;
    vec![
        Tile::new("Runs", number(&total)).hint("in the last 24 hours").path("/runs"),
        Tile::new("With an issue", number(&issues))
            .hint("in the last 24 hours")
            .tone(tone(issues, Tone::Warning)),
        Tile::new("In progress", number(&read.open))
            .hint("running, waiting or queued")
            .tone(tone(read.open, Tone::Active)),
        Tile::new("Objects accepted", number(&read.verdicts.accepted))
            .hint("in the last 24 hours")
            .tone(tone(read.verdicts.accepted, Tone::Good)),
        Tile::new("Workflows enabled", number(&enabled))
            .hint(format!("of {}", number(&(read.workflows.len() as u64))))
            .path("/workflows"),
    ]
}

/// Runs by the hour in which they were asked for.
fn columns(frame: &Frame, runs: &[RunCount], now: Timestamp) -> Columns {
    let hour = |at: Timestamp| at.as_second().div_euclid(3_600);
    let first = hour(now) - (HOURS - 1);
    let column = |place: i64| {
        let begins = Timestamp::from_second((first + place) * 3_600).unwrap_or(now);
        let count = |status: Option<RunStatus>| {
            let alike = runs.iter().filter(|runs| hour(runs.hour) == first + place && runs.status == status);
            alike.map(|runs| runs.count).sum::<u64>()
        };
        let ended = RunStatus::ALL.iter().map(|status| {
            Segment::new(status.name(), count(Some(*status)), status_tone(*status)).deep(is_deep(*status))
        });
        let open = Segment::new("In progress", count(None), Tone::Active);
        Column {
            label: begins.to_zoned(frame.zone.clone()).strftime("%H:%M").to_string(),
            segments: ended.chain([open]).filter(|segment| segment.count > 0).collect(),
        }
    };
    Columns::new("Runs by hour", (0..HOURS).map(column).collect())
        .note(format!("Hours are in {}.", frame.zone_name()))
}

fn attention(read: &Read, now: Timestamp) -> Vec<Attention> {
    let waits = read.waiting.iter().map(|run| Attention {
        state: state_badge(run),
        title: format!("{} waits", run.workflow_name),
        path: format!("/runs/{}", run.id),
        when: format!("requested {}", ago(&run.created_at, &now)),
        reason: run.reason.as_deref().map(sentence),
        hint: None,
    });
    let issues = read.issues.iter().map(|run| Attention {
        state: state_badge(run),
        title: run.workflow_name.clone(),
        path: format!("/runs/{}", run.id),
        when: format!("last run {}", ago(&run.ended_at.unwrap_or(run.created_at), &now)),
        reason: run.reason.as_deref().map(sentence),
        hint: run.hint.as_deref().map(sentence),
    });
    waits.chain(issues).collect()
}

fn next(frame: &Frame, workflows: &[WorkflowRow]) -> Vec<Next> {
    let due = |row: &&WorkflowRow| row.enabled && row.next_tick.is_some();
    let mut due: Vec<&WorkflowRow> = workflows.iter().filter(due).collect();
    due.sort_by_key(|row| row.next_tick);
    let line = |row: &WorkflowRow| {
        let schedule = read_schedule(&row.schedule);
        Next {
            name: row.name.clone(),
            path: format!("/workflows/{}", row.id),
            at: tick(frame, &schedule, row.next_tick.unwrap_or(frame.now)),
            schedule: schedule.describe(),
        }
    };
    due.into_iter().take(LINES).map(line).collect()
}
