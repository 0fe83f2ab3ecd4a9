//! The builder: one form for all of a workflow, the actions first. Its buttons add, remove, move and test actions, and show the form
//! again with what was entered; only *Save* saves. Denied by default: a save over a version that nobody has seen.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::tz::TimeZone;
use palisade_orchestrator::{Orchestrator, OrchestratorError, Request};
use palisade_schedule::Schedule;
use palisade_store::{StoreError, Takes, Wait as _, WorkflowId, WorkflowRow};
use serde_json::json;

use super::builder::{Builder, Pressed, Refused};
use super::scheduling::Scheduling;
use super::step::{StepView, Tested};
use super::tick;
use crate::console::wording::sentence;
use crate::security::{Operator, Who};
use crate::view::{
    Choice, Conflict, Difference, Field, Frame, Kind, Moment, Notice, Section, Visit, page, page_with,
    see_other,
};
use crate::{App, Failure, Fault};

#[derive(Template)]
#[template(path = "pages/workflows_build.html")]
struct Build {
    frame: Frame,
    faults: Vec<Fault>,
    /// Somebody else has saved in the meantime.
    conflict: Option<Conflict>,
    version: String,
    /// A part of the form was asked for, and nothing was to be saved.
    previewed: bool,
    /// What gets the focus: the identifier of an element, or nothing.
    focus: String,
    action: String,
    back: String,
    name: Field,
    collection: Field,
    about: Part,
    when: Part,
    which: Part,
    schedule: Field,
    schedule_details: Vec<(&'static str, Field)>,
    zones: Vec<String>,
    upcoming: Vec<Moment>,
    in_words: Option<String>,
    objects: Vec<Field>,
    steps: Vec<StepView>,
    steps_fault: Option<String>,
    new_action: Option<Field>,
}

/// A part of the form that can be closed.
struct Part {
    /// What is entered, in short.
    summary: String,
    /// Something in it is wrong, or it was asked for.
    open: bool,
    fields: Vec<Field>,
}

impl Build {
    /// The name of a button or of an element that belongs to the action at a place.
    fn named(&self, what: &str, place: impl std::borrow::Borrow<usize>) -> String {
        format!("{what}{}", place.borrow())
    }

    fn is_focused(&self, place: &usize) -> bool {
        self.focus.strip_prefix("step-").is_some_and(|focused| focused == place.to_string())
    }
}

/// The title of an action without the name of its bundle, below which it stands: a narrow list has room for one of both.
fn without<'a>(title: &'a str, bundle: &str) -> &'a str {
    let rest = title.strip_prefix(bundle).map(|rest| rest.trim_start_matches([' ', '-', '–', ':']));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(title)
}

/// What the page needs of the state.
struct Known {
    collections: Vec<Choice>,
    conflict: Option<Vec<Difference>>,
    actions: Vec<Choice>,
    steps: Vec<StepView>,
}

fn known(
    orchestrator: &Orchestrator,
    builder: &Builder,
    saved: Option<&WorkflowRow>,
    faults: &[Fault],
    shown: &Shown,
    zone: &TimeZone,
) -> Result<Known, OrchestratorError> {
    let store = orchestrator.store();
    let mut collections = vec![Choice::new("", "None: runs on selected objects only")];
    collections
        .extend(store.collections().wait()?.into_iter().map(|row| Choice::new(row.id.to_string(), row.name)));
    let mut actions = Vec::new();
    for bundle in store.bundles().wait()?.into_iter().filter(|bundle| bundle.current) {
        for action in orchestrator.reviewed_actions(bundle.id)? {
            let title = without(&action.title, &bundle.title);
            actions.push(Choice::new(format!("{}/{}", bundle.id, action.id), title).of(&bundle.title));
        }
    }
    let mut steps = Vec::new();
    for (step, place) in builder.steps.iter().zip(1..) {
        match StepView::new(orchestrator, step, place, saved, faults) {
            Ok(view) => steps.push(view),
            // It was uninstalled meanwhile: what cannot be shown cannot be kept.
            Err(OrchestratorError::Store(StoreError::Missing { .. })) if saved.is_none() => {}
            Err(error) => return Err(error),
        }
    }
    let conflict = match (shown.conflict, saved) {
        (true, Some(row)) => {
            let now = Builder::of(row, zone);
            let mut views = Vec::new();
            for (step, place) in now.steps.iter().zip(1..) {
                views.push(StepView::new(orchestrator, step, place, saved, &[])?);
            }
            Some(Difference::between(&said(&now, &views, &collections), &said(builder, &steps, &collections)))
        }
        _ => None,
    };
    Ok(Known { collections, conflict, actions, steps })
}

/// What a form holds, field by field, as people read it.
fn said(builder: &Builder, steps: &[StepView], collections: &[Choice]) -> Vec<(String, String)> {
    let collection = collections.iter().find(|choice| choice.value == builder.collection);
    let schedule = builder.scheduling.schedule().map(|schedule| schedule.describe());
    let mut said = vec![
        ("Name".to_owned(), builder.name.trim().to_owned()),
        ("Description".to_owned(), builder.description.trim().to_owned()),
        ("Data collection".to_owned(), collection.map(|choice| choice.title.clone()).unwrap_or_default()),
        ("Schedule".to_owned(), schedule.unwrap_or_default()),
        ("Objects".to_owned(), objects_in_words(builder)),
        ("Enabled".to_owned(), if builder.enabled { "on" } else { "off" }.to_owned()),
    ];
    for step in steps {
        said.push((format!("Action {}", step.place), format!("{} {}", step.title, step.version)));
        let of_step =
            |(label, value): &(String, String)| (format!("Action {}, {label}", step.place), value.clone());
        said.extend(step.said.iter().map(of_step));
    }
    said
}

/// Which objects a run selects and what it may displace, in short.
fn objects_in_words(builder: &Builder) -> String {
    let takes = match builder.takes.parse() {
        Ok(Takes::Changed) => "Changed since the last success",
        _ => "All objects",
    };
    let displaces = if builder.any_evictions {
        "no limit for displaced entries".to_owned()
    } else {
        format!("displaces at most {} entries", builder.evictions.trim())
    };
    format!("{takes} · {displaces}")
}

/// How a form is shown again.
#[derive(Default)]
struct Shown {
    /// The button that was pressed.
    pressed: Option<Pressed>,
    /// Whether somebody else has saved in the meantime.
    conflict: bool,
}

/// The page, with what has been entered so far.
async fn built(
    app: &App,
    visit: Visit,
    builder: Builder,
    saved: Option<WorkflowRow>,
    faults: Vec<Fault>,
    shown: Shown,
) -> Result<Build, Failure> {
    let frame = match &saved {
        Some(row) => visit
            .frame(app, format!("Edit {}", row.name), Section::Workflows)
            .under("Workflows", "/workflows")
            .under(&row.name, format!("/workflows/{}", row.id)),
        None => visit.frame(app, "New workflow", Section::Workflows).under("Workflows", "/workflows"),
    };
    let (now, id) = (frame.now, saved.as_ref().map(|row| row.id));
    let (pressed, modified) = (shown.pressed, saved.as_ref().map(|row| frame.moment(&row.modified_at)));
    let zone = app.zone().clone();
    let schedule = builder.scheduling.schedule();
    let faults: Vec<Fault> =
        faults.into_iter().map(|fault| Fault::new(fault.field, sentence(&fault.message))).collect();
    let upcoming = schedule.as_ref().map_or_else(
        |_| Vec::new(),
        |schedule| {
            let same = saved.as_ref().filter(|row| row.schedule == json!(schedule));
            schedule.upcoming(same.map_or(now, |row| row.anchor), now, 3)
        },
    );
    let (known, builder, faults) = app
        .ask(move |orchestrator| {
            let known = known(orchestrator, &builder, saved.as_ref(), &faults, &shown, &zone)?;
            Ok((known, builder, faults))
        })
        .await?;
    let is_of = |fields: &[Field]| fields.iter().any(|field| field.fault.is_some());
    let name = Field::text("name", "Name").required().value(&builder.name).faults(&faults);
    let collection = Field::select("collection", "Data collection", known.collections)
        .value(&builder.collection)
        .help("Where its runs read their objects.")
        .faults(&faults);
    let about = vec![
        Field::new(Kind::Text, "description", "Description").value(&builder.description).faults(&faults),
        Field::check("enabled", "Enabled", builder.enabled)
            .help("Runs on schedule. Run now also works while it is disabled."),
    ];
    let state = if builder.enabled { "Enabled" } else { "Disabled" };
    let described = builder.description.trim();
    let about = Part {
        summary: if described.is_empty() { state.to_owned() } else { format!("{state} · {described}") },
        open: is_of(&about),
        fields: about,
    };
    let objects = objects(&builder, &faults);
    let which = Part { summary: objects_in_words(&builder), open: is_of(&objects), fields: Vec::new() };
    let details = builder.scheduling.details(&faults);
    let choice = builder.scheduling.choice(&faults);
    let in_words = schedule.as_ref().ok().map(Schedule::describe);
    let when = Part {
        summary: in_words.clone().unwrap_or_default(),
        open: pressed == Some(Pressed::Times)
            || choice.fault.is_some()
            || details.iter().any(|(_, field)| field.fault.is_some()),
        fields: Vec::new(),
    };
    let focus = match pressed {
        Some(Pressed::Step(place) | Pressed::Test(place)) => format!("step-{place}"),
        Some(Pressed::Steps) => "steps".to_owned(),
        Some(Pressed::Times) => "when".to_owned(),
        Some(Pressed::Save | Pressed::DryRun) | None => String::new(),
    };
    let conflict = known.conflict.map(|differences| Conflict {
        what: "This workflow",
        when: modified,
        differences,
        reload: id.map_or_else(|| "/workflows/new".to_owned(), |id| format!("/workflows/{id}/edit")),
    });
    let new_action =
        (!known.actions.is_empty()).then(|| Field::select("new_action", "Action", known.actions).required());
    Ok(Build {
        conflict,
        version: builder.version.map(|version| version.to_string()).unwrap_or_default(),
        previewed: !matches!(pressed, None | Some(Pressed::Save | Pressed::DryRun)),
        focus,
        action: id.map_or_else(|| "/workflows/new".to_owned(), |id| format!("/workflows/{id}/edit")),
        back: id.map_or_else(|| "/workflows".to_owned(), |id| format!("/workflows/{id}")),
        name,
        collection,
        about,
        when,
        which,
        schedule: choice,
        schedule_details: details,
        zones: Scheduling::zones(),
        upcoming: upcoming.iter().filter_map(|at| Some(tick(&frame, schedule.as_ref().ok()?, *at))).collect(),
        in_words,
        objects,
        steps: known.steps,
        steps_fault: faults.iter().find(|fault| fault.field == "steps").map(|fault| fault.message.clone()),
        new_action,
        faults,
        frame,
    })
}

fn objects(builder: &Builder, faults: &[Fault]) -> Vec<Field> {
    let takes = vec![
        Choice::new(Takes::All.name(), "All objects")
            .help("Every object of the collection, in each run. This renews the entries at the service."),
        Choice::new(Takes::Changed.name(), "Changed since the last success").help(
            "Objects that are new or have changed since a run processed them, and objects that failed.",
        ),
    ];
    vec![
        Field::radio("takes", "Objects of a run", takes).value(&builder.takes).required().faults(faults),
        Field::new(Kind::Line("number"), "evictions", "Existing entries a run may displace")
            .value(&builder.evictions)
            .attribute("min", "0")
            .required()
            .help(
                "A full list makes room by removing the entries that expire first. With 0, a run that would displace entries stops before it sends anything and lists them.",
            )
            .faults(faults),
        Field::check("any_evictions", "No limit", builder.any_evictions),
    ]
}

pub(super) async fn begin(
    State(app): State<App>,
    Operator(_): Operator,
    visit: Visit,
) -> Result<Response, Failure> {
    let builder = Builder::new(app.zone());
    page(&built(&app, visit, builder, None, Vec::new(), Shown::default()).await?)
}

pub(super) async fn edit(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let row = app.ask(move |orchestrator| Ok(orchestrator.store().workflow(WorkflowId(id)).wait()?)).await?;
    let builder = Builder::of(&row, app.zone());
    page(&built(&app, visit, builder, Some(row), Vec::new(), Shown::default()).await?)
}

pub(super) async fn create(
    State(app): State<App>,
    Operator(who): Operator,
    visit: Visit,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    answer(&app, &who, visit, &fields, None).await
}

pub(super) async fn change(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    let row = app.ask(move |orchestrator| Ok(orchestrator.store().workflow(WorkflowId(id)).wait()?)).await?;
    answer(&app, &who, visit, &fields, Some(row)).await
}

async fn answer(
    app: &App,
    who: &Who,
    visit: Visit,
    fields: &BTreeMap<String, String>,
    saved: Option<WorkflowRow>,
) -> Result<Response, Failure> {
    let mut builder = Builder::sent(fields);
    let pressed = builder.press(fields);
    let shown = Shown { pressed: Some(pressed), ..Shown::default() };
    match pressed {
        Pressed::Save | Pressed::DryRun => {}
        Pressed::Test(place) => return tested(app, visit, builder, saved, shown, place).await,
        Pressed::Times => {
            // Whoever asks for the next times is told why there are none.
            let faults = builder.scheduling.schedule().err().into_iter().collect();
            return page(&built(app, visit, builder, saved, faults, shown).await?);
        }
        Pressed::Step(_) | Pressed::Steps => {
            return page(&built(app, visit, builder, saved, Vec::new(), shown).await?);
        }
    }
    let (actor, id) = (who.actor(), saved.as_ref().map(|row| row.id));
    let (made, mut builder) = app
        .ask(move |orchestrator| {
            let expected = builder.version;
            let made = builder.draft(orchestrator).and_then(|draft| match id {
                Some(id) => Ok(orchestrator.change_workflow(id, draft, expected, &actor).map(|()| id)?),
                None => Ok(orchestrator.add_workflow(draft, &actor)?),
            });
            Ok((made, builder))
        })
        .await?;
    let faults = match made {
        Ok(id) => {
            let name = builder.name.trim();
            let done = if saved.is_some() {
                format!("{name} saved. Runs in progress keep their configuration.")
            } else {
                format!("{name} created.")
            };
            if pressed == Pressed::DryRun {
                return dry_run(app, who, id, &done).await;
            }
            app.notify(who, Notice::done(done));
            return Ok(see_other(&format!("/workflows/{id}")));
        }
        Err(Refused::Faults(faults)) => faults,
        Err(Refused::Orchestrator(OrchestratorError::Store(StoreError::Changed { .. }))) => {
            // The form goes on with the version that there is now: saving it again overwrites that on purpose.
            let id = id.unwrap_or(WorkflowId(0));
            let row = app.ask(move |orchestrator| Ok(orchestrator.store().workflow(id).wait()?)).await?;
            builder.continue_with(&row);
            let shown = Shown { conflict: true, ..shown };
            let again = built(app, visit, builder, Some(row), Vec::new(), shown).await?;
            return page_with(StatusCode::PRECONDITION_FAILED, &again);
        }
        Err(Refused::Orchestrator(error)) => faults_of(error.into())?,
    };
    let again = built(app, visit, builder, saved, faults, shown).await?;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
}

/// Requests a dry run of what was just saved; if that cannot be run, the page of the workflow says that it is saved.
async fn dry_run(app: &App, who: &Who, id: WorkflowId, done: &str) -> Result<Response, Failure> {
    let actor = who.actor();
    let run = app.ask(move |orchestrator| orchestrator.request_run(id, Request::Now, true, &actor)).await;
    let (notice, place) = match run {
        Ok(Some(run)) => (
            Notice::done(format!("{done} Dry run requested: nothing will be changed.")),
            format!("/runs/{run}"),
        ),
        Ok(None) => (Notice::done(done), format!("/workflows/{id}")),
        Err(failure) => {
            let text = format!("{done} The dry run was not requested: {}", sentence(&failure.to_string()));
            (Notice::warning(text), format!("/workflows/{id}"))
        }
    };
    app.notify(who, notice);
    Ok(see_other(&place))
}

/// The form again, with what a test of one action's connection came to. Nothing is saved.
async fn tested(
    app: &App,
    visit: Visit,
    builder: Builder,
    saved: Option<WorkflowRow>,
    shown: Shown,
    place: usize,
) -> Result<Response, Failure> {
    let (draft, builder) =
        app.ask(move |orchestrator| Ok((builder.step_draft(orchestrator, place)?, builder))).await?;
    let Some(draft) = draft else {
        return page(&built(app, visit, builder, saved, Vec::new(), shown).await?);
    };
    let mut tested = None;
    let mut faults = Vec::new();
    match app.orchestrator().test_step(saved.as_ref(), draft).await.map_err(Failure::from) {
        Ok(test) => tested = Some(Tested::of(&test)),
        Err(failure) if !failure.faults().is_empty() => {
            let of_step =
                |fault: &Fault| Fault::new(format!("steps.{place}.{}", fault.field), &fault.message);
            faults = failure.faults().iter().map(of_step).collect();
        }
        Err(failure) => tested = Some(Tested::failed(&failure)),
    }
    let mut again = built(app, visit, builder, saved, faults, shown).await?;
    if let Some(step) = again.steps.iter_mut().find(|step| step.place == place) {
        step.tested = tested;
    }
    page(&again)
}

/// What the form shows beside its fields; a failure that is not about them is the page's.
fn faults_of(failure: Failure) -> Result<Vec<Fault>, Failure> {
    if !failure.faults().is_empty() {
        return Ok(failure.faults().to_vec());
    }
    if failure.status() == StatusCode::CONFLICT {
        let hint = failure.hint().map(|hint| format!(": {hint}")).unwrap_or_default();
        return Ok(vec![Fault::new("name", format!("{failure}{hint}"))]);
    }
    Err(failure)
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn an_action_is_told_apart_by_the_beginning_of_its_name_in_the_list() {
        assert_eq!(without("Vendor One - Add to Blocklist", "Vendor One"), "Add to Blocklist");
        assert_eq!(without("Add to Blocklist", "Vendor One"), "Add to Blocklist");
        assert_eq!(without("Vendor One", "Vendor One"), "Vendor One");
    }
}
