//! All runs, the latest first: searched, filtered, sorted and counted by the state. While one of them is open, the table asks for itself
//! again.

use std::str::FromStr;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use palisade_limits as limits;
use palisade_model::Verdict;
use palisade_store::{Cause, Page, Phase, RunFilter, RunOrder, RunStatus, RunTotals, Wait as _, WorkflowId};
use serde::Deserialize;

use super::heads::{Sorting, heads};
use super::shown::{Line, RunHead, cause_words, kind, run_heads, verdict_bar};
use crate::console::wording::first_upper;
use crate::security::Viewer;
use crate::view::{Choice, Empty, Field, Frame, Pager, Segment, Span, StackedBar, Tone, Typed, Visit, page};
use crate::{App, Failure};

/// The phase of runs that have not ended.
pub(in crate::console) const OPEN: &str = "open";
/// The status of runs that ended with any issue.
pub(in crate::console) const ISSUE: &str = "issue";

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    search: String,
    workflow: String,
    phase: String,
    status: String,
    cause: String,
    verdict: String,
    period: String,
    from: String,
    to: String,
    zone: String,
    sort: String,
    page: Option<u64>,
}

impl Wanted {
    fn span(&self, frame: &Frame) -> Span {
        let typed = Typed { period: &self.period, from: &self.from, to: &self.to, zone: &self.zone };
        Span::of(typed, frame.now, &frame.zone)
    }

    /// What cannot be meant is not filtered by; the remarks say so.
    fn filter(&self, span: &Span, remarks: &mut Vec<String>) -> RunFilter {
        let is_open = self.phase == OPEN;
        let is_issue = self.status == ISSUE;
        let (order, descending) = SORTING.read(&self.sort);
        if !self.sort.is_empty() && !SORTING.knows(&self.sort) {
            remarks.push(ignored("sort", &self.sort));
        }
        RunFilter {
            workflow: chosen::<i64>("workflow", &self.workflow, remarks).map(WorkflowId),
            phase: if is_open { None } else { chosen("phase", &self.phase, remarks) },
            open: is_open,
            status: if is_issue { None } else { chosen("status", &self.status, remarks) },
            issue: is_issue,
            cause: chosen::<Cause>("cause", &self.cause, remarks),
            verdict: chosen::<Verdict>("verdict", &self.verdict, remarks),
            from: span.from,
            to: span.to,
            text: Some(self.search.trim().to_owned()).filter(|text| !text.is_empty()),
            order,
            descending: Some(descending),
        }
    }

    /// The address of another page of this list, without its number.
    fn parameters(&self, span: &Span) -> Vec<(&'static str, String)> {
        let mut parameters = vec![
            ("search", self.search.trim().to_owned()),
            ("workflow", self.workflow.clone()),
            ("phase", self.phase.clone()),
            ("status", self.status.clone()),
            ("cause", self.cause.clone()),
            ("verdict", self.verdict.clone()),
        ];
        parameters.extend(span.parameters());
        parameters.push(("sort", SORTING.written(&self.sort)));
        parameters
    }
}

/// What was chosen for a filter, if it can be meant.
fn chosen<T: FromStr>(name: &str, text: &str, remarks: &mut Vec<String>) -> Option<T> {
    let text = text.trim();
    let value = text.parse().ok();
    if value.is_none() && !text.is_empty() {
        remarks.push(ignored(name, text));
    }
    value
}

pub(in crate::console) fn ignored(name: &str, text: &str) -> String {
    let text: String = palisade_printable::one_line(text).replace('`', "'").chars().take(60).collect();
    format!("Ignored the filter `{name}`: it does not know `{text}`.")
}

const SORTING: Sorting<RunOrder> = Sorting {
    usual: (RunOrder::Requested, true),
    columns: &[
        (RunOrder::Requested, "Requested", "oldest first", "newest first"),
        (RunOrder::Workflow, "Workflow", "A to Z", "Z to A"),
        (RunOrder::Status, "Status", "A to Z", "Z to A"),
        (RunOrder::Objects, "Objects", "fewest first", "most first"),
        (RunOrder::Duration, "Duration", "shortest first", "longest first"),
    ],
};

#[derive(Template)]
#[template(path = "pages/runs.html")]
struct Runs {
    frame: Frame,
    search: String,
    /// Filters that are always shown.
    filters: Vec<Field>,
    /// Filters behind a button, which is open if one of them is used.
    further: Vec<Field>,
    is_further: bool,
    filtered: bool,
    heads: Vec<RunHead>,
    rows: Vec<Line>,
    /// All runs that match, by how they ended, and the verdicts of their objects.
    runs: StackedBar,
    verdicts: StackedBar,
    pager: Pager,
    empty: Empty,
    /// Where the table asks for itself again; nowhere if nothing in it will change.
    again: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    Viewer(who): Viewer,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    visit: Visit,
) -> Result<Response, Failure> {
    let mut frame = super::frame(visit, &app, &who, "Runs".to_owned(), super::is_poll(&headers));
    let span = wanted.span(&frame);
    let filter = wanted.filter(&span, &mut frame.remarks);
    let filtered = filter.is_narrow() || !span.faults.is_empty();
    let number = wanted.page.unwrap_or(1).clamp(1, u64::from(u32::MAX));
    let rows = Page { offset: (number - 1) * limits::PAGE_ROWS, limit: limits::PAGE_ROWS };
    let asked = filter.clone();
    let (runs, total, totals, workflows) = app
        .ask(move |orchestrator| {
            let store = orchestrator.store();
            let (runs, total) = store.runs(&asked, rows).wait()?;
            let names = store.workflows().wait()?.into_iter().map(|row| (row.id, row.name));
            Ok((runs, total, store.run_totals(&asked).wait()?, names.collect::<Vec<_>>()))
        })
        .await?;
    let rows: Vec<Line> = runs.iter().map(|row| Line::new(&frame, row)).collect();
    let empty = if filtered {
        Empty::new(
            "filter",
            "No matching runs",
            "Search for a workflow, a user or the number of a run, or remove a filter.",
        )
        .action("Show all runs", "/runs")
    } else {
        Empty::new(
            "runs",
            "Nothing has run yet",
            "Each run of a workflow is listed here, with what became of every object.",
        )
        .action("Go to workflows", "/workflows")
    };
    let kept = wanted.parameters(&span);
    let kept: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page_text = number.to_string();
    let here: Vec<(&str, &str)> = kept.iter().copied().chain([("page", page_text.as_str())]).collect();
    let again = rows.iter().any(|row| row.open).then(|| super::address("/runs", &here));
    let with = |changes: &[(&str, &str)]| changed("/runs", &kept, changes);
    page(&Runs {
        search: wanted.search.trim().to_owned(),
        filters: filters(&wanted, &span, workflows),
        further: further(&wanted, &span),
        is_further: span.is_typed()
            || [&wanted.phase, &wanted.cause, &wanted.verdict].iter().any(|text| !text.is_empty())
            || !SORTING.written(&wanted.sort).is_empty(),
        heads: run_heads(heads(&SORTING, &wanted.sort, |sort| with(&[("sort", sort)]))),
        runs: ended_bar(&totals, &with),
        verdicts: verdict_bar("Verdicts of these runs", &totals.verdicts, |verdict| {
            Some(with(&[("verdict", verdict.name())]))
        }),
        pager: Pager::new("/runs", &kept, number, total, "runs"),
        again,
        filtered,
        rows,
        empty,
        frame,
    })
}

/// An address with some of its parameters replaced.
fn changed(path: &str, kept: &[(&str, &str)], changes: &[(&str, &str)]) -> String {
    let is_kept = |name: &str| changes.iter().all(|(changed, _)| *changed != name);
    let kept = kept.iter().copied().filter(|(name, _)| is_kept(name));
    super::address(path, &kept.chain(changes.iter().copied()).collect::<Vec<_>>())
}

/// How many ended how; each part leads to these.
fn ended_bar(totals: &RunTotals, with: &impl Fn(&[(&str, &str)]) -> String) -> StackedBar {
    let mut segments: Vec<Segment> = Vec::new();
    for runs in &totals.runs {
        let kind = kind(runs.status, runs.cause);
        match segments.iter_mut().find(|segment| segment.label == kind.label) {
            Some(segment) => segment.count += runs.count,
            None => segments.push(kind.segment(runs.count).path(with(&kind.filter()))),
        }
    }
    segments.sort_by_key(|segment| (segment.tone != Tone::Good, segment.label.clone()));
    StackedBar::new("Runs", segments)
}

fn filters(wanted: &Wanted, span: &Span, workflows: Vec<(WorkflowId, String)>) -> Vec<Field> {
    let mut of = vec![Choice::new("", "Any workflow")];
    of.extend(workflows.into_iter().map(|(id, name)| Choice::new(id.to_string(), name)));
    let mut statuses = vec![Choice::new("", "Any status"), Choice::new(ISSUE, "Any issue")];
    statuses.extend(RunStatus::ALL.iter().map(|status| Choice::new(status.name(), status.name())));
    vec![
        Field::select("workflow", "Workflow", of).value(&wanted.workflow).unmarked(),
        Field::select("status", "Status", statuses).value(&wanted.status).unmarked(),
        span.period_field("Requested"),
    ]
}

fn further(wanted: &Wanted, span: &Span) -> Vec<Field> {
    let mut phases = vec![Choice::new("", "Any phase"), Choice::new(OPEN, "In progress")];
    phases.extend(Phase::ALL.iter().map(|phase| Choice::new(phase.name(), first_upper(phase.name()))));
    let mut causes = vec![Choice::new("", "Any cause")];
    causes.extend(Cause::ALL.iter().map(|cause| Choice::new(cause.name(), cause_words(*cause))));
    let mut verdicts = vec![Choice::new("", "Any verdict")];
    verdicts.extend(
        Verdict::FINAL.iter().map(|verdict| Choice::new(verdict.name(), first_upper(verdict.name()))),
    );
    let [from, to] = span.moment_fields();
    vec![
        from,
        to,
        Field::select("phase", "Phase", phases).value(&wanted.phase).unmarked(),
        Field::select("cause", "Cause of issue", causes).value(&wanted.cause).unmarked(),
        Field::select("verdict", "With verdict", verdicts).value(&wanted.verdict).unmarked(),
        Field::select("sort", "Sort by", SORTING.choices()).value(SORTING.written(&wanted.sort)).unmarked(),
    ]
}
