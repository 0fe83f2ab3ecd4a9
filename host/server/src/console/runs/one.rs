//! One run: what it is and where it stands, and below that one of several views of it. While it is open, what may change asks for
//! itself again; once it is over, the page is loaded anew.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::Response;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_store::{Origin, Phase, RunId, RunRow, RunStatus, StepRow, Verdict};
use serde::Deserialize;

use super::shown::{lasted, origin_words, state_badge, status_tone, verdict_bar};
use super::{objects, reasons, steps, timeline};
use crate::console::wording::sentence;
use crate::security::Viewer;
use crate::view::{Badge, Frame, Meter, Moment, StackedBar, Tab, Tabs, Tone, Visit, page};
use crate::{App, Failure};

/// Which view, and what of it.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Wanted {
    pub(super) tab: String,
    pub(super) step: String,
    pub(super) verdict: String,
    #[serde(rename = "type")]
    pub(super) subtype: String,
    pub(super) code: String,
    pub(super) search: String,
    pub(super) sort: String,
    pub(super) page: Option<u64>,
    /// `no` where the page that asks has been written before the run took its objects.
    pub(super) taken: String,
}

impl Wanted {
    /// Which page of a list, from 1 on.
    pub(super) fn number(&self) -> u64 {
        self.page.unwrap_or(1).clamp(1, u64::from(u32::MAX))
    }

    /// Which step; the first where none is said.
    pub(super) fn step(&self, steps: &[StepRow]) -> u32 {
        self.step.parse().ok().filter(|place| steps.iter().any(|step| step.place == *place)).unwrap_or(1)
    }
}

/// What a page says of its run when it asks for news, where that had not taken its objects yet.
const NOT_TAKEN: &str = "no";

/// A view that has been written.
pub(super) struct Part(String);

impl Part {
    pub(super) fn of<T: Template>(template: &T) -> Result<Self, Failure> {
        Ok(Self(template.render()?))
    }
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

// A template wrote it, and escaped what it does not know.
impl HtmlSafe for Part {}

/// What of a run changes while it is open. Prints itself.
#[derive(Template)]
#[template(path = "pages/runs_live.html")]
struct Live {
    id: i64,
    state: Badge,
    issue: bool,
    open: bool,
    tone: Tone,
    reason: Option<String>,
    hint: Option<String>,
    objects: Option<u64>,
    not_offered: u64,
    progress: Option<Meter>,
    bar: StackedBar,
    started: Option<Moment>,
    ended: Option<Moment>,
    duration: Option<String>,
}

impl HtmlSafe for Live {}

#[derive(Template)]
#[template(path = "pages/runs_one.html")]
struct One {
    frame: Frame,
    id: i64,
    live: Live,
    workflow: String,
    workflow_path: Option<String>,
    origin: String,
    retry_of: Option<i64>,
    /// The run that retries this one.
    retried_by: Option<i64>,
    requested_by: String,
    /// What its objects were taken from; none where they were chosen otherwise.
    collection: Option<String>,
    dry_run: bool,
    asked: Moment,
    /// Its deadline; none once it has ended.
    deadline: Option<Moment>,
    may_cancel: bool,
    failed: u64,
    may_retry: bool,
    recorded: bool,
    tabs: Tabs,
    part: Part,
}

/// What is asked of the state for the upper part.
struct Read {
    run: RunRow,
    steps: Vec<StepRow>,
    recorded: bool,
    retried_by: Option<RunId>,
}

fn read(orchestrator: &Orchestrator, id: RunId) -> Result<Read, OrchestratorError> {
    let store = orchestrator.store();
    let run = store.run(id)?;
    Ok(Read {
        steps: store.run_steps(id)?,
        recorded: store.is_recorded(id)?,
        retried_by: store.retry_of(id)?,
        run,
    })
}

pub(super) async fn one(
    State(app): State<App>,
    Viewer(who): Viewer,
    Path(id): Path<i64>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    visit: Visit,
) -> Result<Response, Failure> {
    let read = app.ask(move |orchestrator| read(orchestrator, RunId(id))).await?;
    let poll = super::is_poll(&headers);
    let frame = super::frame(visit, &app, &who, format!("Run {id}"), poll).under("Runs", "/runs");
    let live = live(&frame, &read);
    if poll {
        let others = !live.open || (wanted.taken == NOT_TAKEN && live.objects.is_some());
        let mut response = page(&live)?;
        if others {
            // Buttons and views are others from now on.
            response
                .headers_mut()
                .insert(HeaderName::from_static("hx-refresh"), HeaderValue::from_static("true"));
        }
        return Ok(response);
    }
    let run = &read.run;
    let part = match wanted.tab.as_str() {
        "timeline" => timeline::part(&app, &frame, run.id, &wanted).await?,
        "steps" => steps::part(&app, &frame, run.id, read.steps.clone()).await?,
        "reasons" => reasons::part(&app, run.id, &read.steps).await?,
        _ => objects::part(&app, &frame, run, &read.steps, &wanted).await?,
    };
    let ended = run.phase == Phase::Ended;
    page(&One {
        id,
        live,
        workflow: run.workflow_name.clone(),
        workflow_path: run.workflow.map(|id| format!("/workflows/{id}")),
        origin: origin_words(run),
        retry_of: run.retry_of.map(|id| id.0),
        retried_by: read.retried_by.map(|id| id.0),
        requested_by: run.requested_by.clone(),
        collection: collection(run),
        dry_run: run.dry_run,
        asked: frame.moment(&run.created_at),
        deadline: (!ended).then(|| frame.moment(&run.deadline_at)),
        may_cancel: frame.operator() && !ended,
        failed: run.counts.failed,
        may_retry: frame.operator()
            && ended
            && run.counts.failed > 0
            && run.workflow.is_some()
            && read.retried_by.is_none(),
        recorded: read.recorded,
        tabs: tabs(run, &read.steps, &wanted.tab),
        part,
        frame,
    })
}

/// The collection that it takes its objects from. Those that somebody selected, or that failed before, take its place.
fn collection(run: &RunRow) -> Option<String> {
    let whole = matches!(run.origin, Origin::Schedule | Origin::RunNow);
    Some(run.collection.clone()).filter(|name| whole && !name.is_empty())
}

fn tabs(run: &RunRow, steps: &[StepRow], current: &str) -> Tabs {
    let id = run.id;
    let current = if ["timeline", "steps", "reasons"].contains(&current) { current } else { "objects" };
    let tab = |name: &str, title: &str| Tab::new(title, format!("/runs/{id}?tab={name}"), name == current);
    Tabs {
        label: "Views of this run",
        tabs: vec![
            tab("objects", "Objects").count(run.objects.unwrap_or(0)),
            tab("reasons", "Reasons"),
            tab("timeline", "Timeline"),
            tab("steps", "Steps").count(steps.len() as u64),
        ],
    }
}

fn live(frame: &Frame, read: &Read) -> Live {
    let run = &read.run;
    let (id, open) = (run.id.0, run.phase != Phase::Ended);
    let all = run.objects.map(|objects| objects.saturating_mul(read.steps.len() as u64));
    let list = |verdict: Verdict| {
        // With several steps, each has its own list.
        (read.steps.len() == 1).then(|| format!("/runs/{id}?verdict={verdict}"))
    };
    let label = if read.steps.len() > 1 { "Verdicts of all steps" } else { "Verdicts" };
    Live {
        id,
        open,
        state: state_badge(run),
        issue: run.status.is_some_and(RunStatus::is_issue),
        tone: match (run.status, run.phase) {
            (Some(status), _) => status_tone(status),
            (None, Phase::Waiting) => Tone::Warning,
            (None, _) => Tone::Neutral,
        },
        reason: run.reason.as_deref().map(sentence),
        hint: run.hint.as_deref().map(sentence),
        objects: run.objects,
        not_offered: run.not_offered,
        progress: all.filter(|_| open).map(|all| Meter::new("Processed", run.counts.decided(), all)),
        bar: verdict_bar(label, &run.counts, list),
        started: run.started_at.map(|at| frame.moment(&at)),
        ended: run.ended_at.map(|at| frame.moment(&at)),
        duration: lasted(run.started_at, run.ended_at, frame.now),
    }
}
