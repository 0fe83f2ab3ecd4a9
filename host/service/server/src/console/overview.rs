//! The overview: what ran in the last day, week or month, what became of the objects, what needs attention, what comes next. Every
//! number and every part of a chart leads to the runs that it counts. Before there is a workflow it says what to do first.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, ToSpan as _, Unit, ZonedRound};
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_store::{
    Cause, HoldingRow, Page, Phase, RunCount, RunFilter, RunRow, RunStatus, RunTotals, Wait as _, WorkflowRow,
};
use serde::Deserialize;

use super::holdings::{Held, held};
use super::runs::address;
use super::runs::list::{ISSUE, OPEN, ignored};
use super::runs::shown::{issue_words, kind, state_badge, verdict_bar};
use super::wording::sentence;
use super::workflows::{read_schedule, tick};
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::view::{
    Badge, Column, Columns, Frame, Moment, Period, Section, Segment, StackedBar, Tab, Tabs, Tile, Tone,
    Visit, ago, number, page,
};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.list::<Wanted, _, _>("/", VIEWER, overview)
}

/// What the address says.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Wanted {
    /// The time that it looks back on.
    period: String,
}

/// Columns of the chart at most: the days of a month.
const COLUMNS: usize = 31;
/// Lines of a list on this page; the lists themselves have the rest.
const LINES: usize = 6;

struct Attention {
    state: Badge,
    /// What an issue is about, if it is not about the service.
    about: Option<&'static str>,
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
    periods: Tabs,
    tiles: Vec<Tile>,
    columns: Columns,
    some: bool,
    bar: StackedBar,
    /// The time that it looks back on: `last 24 hours`.
    period: String,
    attention: Vec<Attention>,
    more: usize,
    next: Vec<Next>,
    held: Vec<Held>,
}

struct Read {
    installed: bool,
    collected: bool,
    workflows: Vec<WorkflowRow>,
    /// Runs of the time that is looked back on, for each column of the chart.
    columns: Vec<RunTotals>,
    totals: RunTotals,
    open: u64,
    issues: Vec<RunRow>,
    waiting: Vec<RunRow>,
    holdings: Vec<HoldingRow>,
}

fn read(
    orchestrator: &Orchestrator,
    moments: &[Timestamp],
    now: Timestamp,
) -> Result<Read, OrchestratorError> {
    let store = orchestrator.store();
    let mut issues = store.last_runs().wait()?;
    issues.retain(|run| run.status.is_some_and(RunStatus::is_issue));
    issues.sort_by_key(|run| std::cmp::Reverse(run.id));
    let (mut open, mut waiting) = (0, Vec::new());
    for phase in [Phase::Queued, Phase::Waiting, Phase::Running] {
        let filter = RunFilter { phase: Some(phase), ..RunFilter::default() };
        let (_, count) = store.runs(&filter, Page { offset: 0, limit: 1 }).wait()?;
        open += count;
        if phase == Phase::Running {
            continue;
        }
        // The latest come first, and those that wait longest are the last.
        let oldest = Page { offset: count.saturating_sub(LINES as u64), limit: LINES as u64 };
        for run in store.runs(&filter, oldest).wait()?.0.into_iter().rev() {
            if now.duration_since(run.created_at).as_secs() >= limits::LONG_WAIT_SECONDS as i64 {
                waiting.push(run);
            }
        }
    }
    let columns = store.run_totals_between(moments).wait()?;
    Ok(Read {
        installed: !store.bundles().wait()?.is_empty(),
        collected: !store.collections().wait()?.is_empty(),
        workflows: store.workflows().wait()?,
        totals: RunTotals::sum(&columns),
        columns,
        open,
        issues,
        waiting,
        holdings: store.holdings().wait()?,
    })
}

async fn overview(
    State(app): State<App>,
    Viewer(_): Viewer,
    Query(wanted): Query<Wanted>,
    visit: Visit,
) -> Result<Response, Failure> {
    let mut frame = visit.frame(&app, "Overview", Section::Overview);
    let period = Period::named(&wanted.period).unwrap_or_default();
    if !wanted.period.is_empty() && period.name() != wanted.period {
        frame.remarks.push(ignored("period", &wanted.period));
    }
    let now = frame.now;
    let moments = moments(period, now, &frame.zone);
    let asked = moments.clone();
    let read = app.ask(move |orchestrator| read(orchestrator, &asked, now)).await?;
    let attention = attention(&read, now);
    let title = period.title().to_lowercase();
    page(&Overview {
        begin: begin(&frame, &read),
        periods: periods(period),
        tiles: tiles(&read, period),
        columns: columns(&frame, &read.columns, period, &moments),
        some: read.totals.count() > 0,
        bar: verdict_bar(&format!("Verdicts, {title}"), &read.totals.verdicts, |verdict| {
            Some(list(period, &[("verdict", verdict.name())]))
        }),
        period: title,
        more: attention.len().saturating_sub(LINES),
        attention: attention.into_iter().take(LINES).collect(),
        next: next(&frame, &read.workflows),
        held: held(&frame, &read.holdings),
        frame,
    })
}

/// The runs of the time that is looked back on, narrowed further.
fn list(period: Period, filters: &[(&str, &str)]) -> String {
    let filters = [("period", period.name())].into_iter().chain(filters.iter().copied());
    address("/runs", &filters.collect::<Vec<_>>())
}

fn periods(current: Period) -> Tabs {
    let tab = |period: Period| {
        Tab::new(period.title(), address("/", &[("period", period.name())]), period == current)
    };
    Tabs { label: "Time to look back on", tabs: Period::ALL.map(tab).into() }
}

/// The moments between the columns of the chart: hours of a day, else days, in the zone of the service. The first column begins where
/// the period does, so that all of them together are the period; the last one includes this moment.
fn moments(period: Period, now: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    let unit = if period == Period::Day { Unit::Hour } else { Unit::Day };
    let step = if period == Period::Day { 1.hour() } else { 1.day() };
    let begin = period.begin(now);
    let mut moments = vec![begin];
    let first = begin.to_zoned(zone.clone());
    let whole = first.round(ZonedRound::new().smallest(unit).mode(RoundMode::Trunc)).unwrap_or(first);
    let mut at = whole;
    // A month of days, or a day of hours, and one more for each part of one.
    for _ in 0..=COLUMNS {
        let Ok(next) = at.checked_add(step) else { break };
        at = next;
        moments.push(at.timestamp());
        if at.timestamp() > now {
            break;
        }
    }
    moments
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

fn tiles(read: &Read, period: Period) -> Vec<Tile> {
    let (total, issues) = (read.totals.count(), read.totals.issues());
    let own = |runs: &&RunCount| matches!(runs.cause, Some(Cause::Input | Cause::Policy));
    let own: u64 = read.totals.runs.iter().filter(own).map(|runs| runs.count).sum();
    let tone = |count: u64, tone: Tone| if count > 0 { tone } else { Tone::Neutral };
    let enabled = read.workflows.iter().filter(|row| row.enabled).count() as u64;
    let when = period.title().to_lowercase();
    let issue_hint = match (own, issues) {
        (0, _) => when.clone(),
        (own, issues) if own == issues => format!("{when}; all about input, policy or settings"),
        (own, _) => format!("{when}; {} about input, policy or settings", number(&own)),
    };
    vec![
        Tile::new("Runs", number(&total)).hint(when.clone()).path(list(period, &[])),
        Tile::new("With an issue", number(&issues))
            .hint(issue_hint)
            .path(list(period, &[("status", ISSUE)]))
            .tone(tone(issues - own, Tone::Warning)),
        Tile::new("In progress", number(&read.open))
            .hint("running, waiting or queued")
            .path(address("/runs", &[("phase", OPEN)]))
            .tone(tone(read.open, Tone::Active)),
        Tile::new("Objects accepted", number(&read.totals.verdicts.accepted))
            .hint(when)
            .path(list(period, &[("verdict", Verdict::Accepted.name())]))
            .tone(tone(read.totals.verdicts.accepted, Tone::Good)),
        Tile::new("Workflows enabled", number(&enabled))
            .hint(format!("of {}", number(&(read.workflows.len() as u64))))
            .path("/workflows"),
    ]
}

/// Runs by the hour or the day in which they were requested.
fn columns(frame: &Frame, totals: &[RunTotals], period: Period, moments: &[Timestamp]) -> Columns {
    let format = if period == Period::Day { "%H:%M" } else { "%-d %b" };
    let column = |((totals, from), to): ((&RunTotals, &Timestamp), &Timestamp)| {
        let mut segments: Vec<Segment> = Vec::new();
        for runs in &totals.runs {
            let kind = kind(runs.status, runs.cause);
            match segments.iter_mut().find(|segment| segment.label == kind.label) {
                Some(segment) => segment.count += runs.count,
                None => {
                    let (from, to) = (from.to_string(), to.to_string());
                    let span = [("from", from.as_str()), ("to", to.as_str())];
                    let path = address("/runs", &span.into_iter().chain(kind.filter()).collect::<Vec<_>>());
                    segments.push(kind.segment(runs.count).path(path));
                }
            }
        }
        segments.sort_by_key(|segment| (segment.tone != Tone::Good, segment.label.clone()));
        Column { label: from.to_zoned(frame.zone.clone()).strftime(format).to_string(), segments }
    };
    let (title, what) =
        if period == Period::Day { ("Runs by hour", "Hours") } else { ("Runs by day", "Days") };
    let spans = totals.iter().zip(moments).zip(moments.iter().skip(1));
    Columns::new(title, spans.map(column).collect()).note(format!("{what} are in {}.", frame.zone_name()))
}

fn attention(read: &Read, now: Timestamp) -> Vec<Attention> {
    let waits = read.waiting.iter().map(|run| Attention {
        state: state_badge(run),
        about: None,
        title: format!("{} waits", run.workflow_name),
        path: format!("/runs/{}", run.id),
        when: format!("requested {}", ago(&run.created_at, &now)),
        reason: run.reason.as_deref().map(sentence),
        hint: None,
    });
    let issues = read.issues.iter().map(|run| Attention {
        state: state_badge(run),
        about: issue_words(run.status, run.cause),
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

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn the_columns_of_a_chart_are_the_period_without_gaps() {
        // A quarter to one, in a zone whose hours begin at half past, and the end of summer time in another.
        for (now, zone) in [
            ("2026-11-22T12:45:10Z", "Asia/Kolkata"),
            ("2026-10-25T12:00:00Z", "Europe/Berlin"),
            ("2026-03-29T12:00:00Z", "Europe/Berlin"),
            ("2026-11-22T00:00:00Z", "UTC"),
        ] {
            let (now, zone): (Timestamp, _) = (now.parse().unwrap(), TimeZone::get(zone).unwrap());
            for (period, most) in [(Period::Day, 25), (Period::Week, 8), (Period::Month, 31)] {
                let moments = moments(period, now, &zone);
                assert_eq!(moments[0], period.begin(now));
                assert!(*moments.last().unwrap() > now && moments.is_sorted(), "{moments:?}");
                assert!(
                    moments.len() <= most + 1 && moments.len() >= most,
                    "{zone:?} {period:?} {}",
                    moments.len()
                );
                for at in &moments[1..] {
                    let there = at.to_zoned(zone.clone());
                    assert_eq!((there.minute(), there.second()), (0, 0));
                    assert!(period == Period::Day || there.hour() == 0);
                }
                let last_but_one = moments[moments.len() - 2];
                assert!(
                    last_but_one <= now && now.duration_since(last_but_one) <= SignedDuration::from_hours(25)
                );
            }
        }
    }
}
