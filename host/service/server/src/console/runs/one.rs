//! One run: its state, and below it one of several views. While the run is open, the page asks for what may have changed every two
//! seconds and replaces exactly these parts: focus, typed text, ticked boxes and the scroll position stay.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use palisade_model::Verdict;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_store::{Compared, Origin, Phase, RunId, RunRow, StepRow, Wait as _};
use serde::Deserialize;

use super::shown::{issue_words, lasted, origin_words, state_badge, status_tone, verdict_bar};
use super::{compared, objects, reasons, steps, timeline};
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
    /// The state that the asking page shows: see [`seen`].
    pub(super) seen: String,
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

/// The state of a run as far as a whole view depends on it, for the address by which a page asks for news.
fn seen(run: &RunRow) -> String {
    format!("{}-{}", run.phase.name(), if run.objects.is_some() { "chosen" } else { "open" })
}

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
    /// Where the page asks for news; nowhere once the run has ended.
    news: Option<String>,
    /// The state in a few words, for people who listen to the page.
    announcement: String,
    state: Badge,
    /// What the flag beside the state says; none without an issue.
    issue: Option<&'static str>,
    open: bool,
    tone: Tone,
    reason: Option<String>,
    hint: Option<String>,
    objects: Option<u64>,
    not_offered: u64,
    progress: Option<Meter>,
    bar: StackedBar,
    /// What the comparison of a dry run found.
    compared: Vec<compared::Part>,
    started: Option<Moment>,
    ended: Option<Moment>,
    duration: Option<String>,
}

impl HtmlSafe for Live {}

/// What can be done with a run. Prints itself.
#[derive(Template)]
#[template(path = "pages/runs_actions.html")]
struct Actions {
    id: i64,
    csrf: String,
    may_cancel: bool,
    failed: u64,
    may_retry: bool,
    recorded: bool,
    /// Replaces the part of the page instead of being one.
    replaces: bool,
}

impl HtmlSafe for Actions {}

/// The parts of a page that a poll replaces.
#[derive(Template)]
#[template(path = "pages/runs_news.html")]
struct News {
    live: Live,
    actions: Actions,
    tabs: Tabs,
    /// The id of the view's part, and its new content.
    view: Option<(&'static str, Part)>,
}

#[derive(Template)]
#[template(path = "pages/runs_one.html")]
struct One {
    frame: Frame,
    live: Live,
    actions: Actions,
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
    tabs: Tabs,
    part: Part,
}

/// What is asked of the state for the upper part.
struct Read {
    run: RunRow,
    steps: Vec<StepRow>,
    recorded: bool,
    retried_by: Option<RunId>,
    /// What a dry run found that has ended, by step.
    compared: Vec<(u32, Compared)>,
}

fn read(orchestrator: &Orchestrator, id: RunId) -> Result<Read, OrchestratorError> {
    let store = orchestrator.store();
    let run = store.run(id).wait()?;
    let steps = store.run_steps(id).wait()?;
    let mut compared = Vec::new();
    if run.dry_run && run.phase == Phase::Ended {
        for step in &steps {
            compared.extend(store.compared(id, step.place).wait()?.map(|found| (step.place, found)));
        }
    }
    Ok(Read {
        steps,
        compared,
        recorded: store.is_recorded(id).wait()?,
        retried_by: store.retry_of(id).wait()?,
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
    let live = live(&frame, &read, &wanted);
    let actions = actions(&frame, &read, poll);
    let run = &read.run;
    if poll {
        // A list of objects changes all the time; the other views change with the run's state only.
        let view = if !OTHER_VIEWS.contains(&wanted.tab.as_str()) {
            Some(("objects-table", objects::table(&app, &frame, run, &read.steps, &wanted).await?))
        } else if wanted.seen != seen(run) {
            Some(("run-view", view(&app, &frame, &read, &wanted).await?))
        } else {
            None
        };
        return page(&News { tabs: tabs(run, &read.steps, &wanted.tab), live, actions, view });
    }
    let part = view(&app, &frame, &read, &wanted).await?;
    let ended = run.phase == Phase::Ended;
    page(&One {
        live,
        actions,
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
        tabs: tabs(run, &read.steps, &wanted.tab),
        part,
        frame,
    })
}

/// The views other than the list of objects.
const OTHER_VIEWS: [&str; 3] = ["timeline", "steps", "reasons"];

/// The view that the address names.
async fn view(app: &App, frame: &Frame, read: &Read, wanted: &Wanted) -> Result<Part, Failure> {
    let run = &read.run;
    match wanted.tab.as_str() {
        "timeline" => timeline::part(app, frame, run.id, wanted).await,
        "steps" => steps::part(app, frame, run, read.steps.clone(), wanted).await,
        "reasons" => reasons::part(app, run.id, &read.steps).await,
        _ => objects::part(app, frame, run, &read.steps, wanted).await,
    }
}

fn actions(frame: &Frame, read: &Read, replaces: bool) -> Actions {
    let run = &read.run;
    let ended = run.phase == Phase::Ended;
    Actions {
        id: run.id.0,
        csrf: frame.csrf().to_owned(),
        may_cancel: frame.operator() && !ended,
        failed: run.counts.failed,
        may_retry: frame.operator()
            && ended
            && run.counts.failed > 0
            && run.workflow.is_some()
            && read.retried_by.is_none(),
        recorded: read.recorded,
        replaces,
    }
}

/// The collection that it takes its objects from. Those that somebody selected, or that failed before, take its place.
fn collection(run: &RunRow) -> Option<String> {
    let whole = matches!(run.origin, Origin::Schedule | Origin::RunNow);
    Some(run.collection.clone()).filter(|name| whole && !name.is_empty())
}

fn tabs(run: &RunRow, steps: &[StepRow], current: &str) -> Tabs {
    let id = run.id;
    let current = if OTHER_VIEWS.contains(&current) { current } else { "objects" };
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

fn live(frame: &Frame, read: &Read, wanted: &Wanted) -> Live {
    let run = &read.run;
    let (id, open) = (run.id.0, run.phase != Phase::Ended);
    let all = run.objects.map(|objects| objects.saturating_mul(read.steps.len() as u64));
    let list = |verdict: Verdict| {
        // With several steps, each has its own list.
        (read.steps.len() == 1).then(|| format!("/runs/{id}?verdict={verdict}"))
    };
    let label = if read.steps.len() > 1 { "Verdicts of all steps" } else { "Verdicts" };
    let state = state_badge(run);
    Live {
        news: open.then(|| super::address(&format!("/runs/{id}"), &news(wanted, &seen(run)))),
        announcement: announcement(run, &state.text),
        open,
        state,
        issue: issue_words(run.status, run.cause),
        tone: match (run.status, run.phase) {
            (Some(status), _) => status_tone(status, run.cause),
            (None, Phase::Waiting) => Tone::Warning,
            (None, _) => Tone::Neutral,
        },
        reason: run.reason.as_deref().map(sentence),
        hint: run.hint.as_deref().map(sentence),
        objects: run.objects,
        not_offered: run.not_offered,
        progress: all.filter(|_| open).map(|all| Meter::new("Processed", run.counts.decided(), all)),
        bar: verdict_bar(label, &run.counts, list),
        compared: compared::parts(&read.steps, &read.compared),
        started: run.started_at.map(|at| frame.moment(&at)),
        ended: run.ended_at.map(|at| frame.moment(&at)),
        duration: lasted(run.started_at, run.ended_at, frame.now),
    }
}

/// What a page says of itself when it asks for news: its view and the state that it shows.
fn news<'a>(wanted: &'a Wanted, seen: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut parameters = objects::parameters(wanted);
    parameters.extend([("tab", wanted.tab.as_str()), ("seen", seen)]);
    parameters
}

fn announcement(run: &RunRow, state: &str) -> String {
    let id = run.id;
    if run.phase != Phase::Ended {
        return format!("Run {id}: {state}");
    }
    let some = Verdict::FINAL.iter().filter(|verdict| run.counts.of(**verdict) > 0);
    let counts: Vec<String> = some.map(|verdict| format!("{} {verdict}", run.counts.of(*verdict))).collect();
    format!("Run {id}: {state}. {}", counts.join(", ")).trim_end_matches(". ").to_owned()
}
