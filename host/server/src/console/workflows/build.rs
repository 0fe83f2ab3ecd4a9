//! The builder: one form for all of a workflow. Its buttons add, remove and move actions, and show the form again with what was
//! entered; only *Save* saves.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_schedule::Schedule;
use palisade_store::{StoreError, Takes, WorkflowId, WorkflowRow};
use serde_json::json;

use super::builder::{Builder, Pressed, Refused};
use super::scheduling::Scheduling;
use super::step::StepView;
use super::tick;
use crate::console::wording::sentence;
use crate::security::{Operator, Who};
use crate::view::{Choice, Field, Frame, Kind, Moment, Notice, Section, Visit, page, page_with, see_other};
use crate::{App, Failure, Fault};

#[derive(Template)]
#[template(path = "pages/workflows_build.html")]
struct Build {
    frame: Frame,
    faults: Vec<Fault>,
    /// The times were asked for, and nothing was to be saved.
    previewed: bool,
    action: String,
    back: String,
    about: Vec<Field>,
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

/// The title of an action without the name of its bundle, below which it stands: a narrow list has room for one of both.
fn without<'a>(title: &'a str, bundle: &str) -> &'a str {
    let rest = title.strip_prefix(bundle).map(|rest| rest.trim_start_matches([' ', '-', '–', ':']));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(title)
}

/// What the page needs of the state.
struct Known {
    collections: Vec<Choice>,
    actions: Vec<Choice>,
    steps: Vec<StepView>,
}

fn known(
    orchestrator: &Orchestrator,
    builder: &Builder,
    saved: Option<&WorkflowRow>,
    faults: &[Fault],
) -> Result<Known, OrchestratorError> {
    let store = orchestrator.store();
    let mut collections = vec![Choice::new("", "None: runs on selected objects only")];
    collections.extend(store.collections()?.into_iter().map(|row| Choice::new(row.id.to_string(), row.name)));
    let mut actions = Vec::new();
    for bundle in store.bundles()?.into_iter().filter(|bundle| bundle.current) {
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
    Ok(Known { collections, actions, steps })
}

/// The page, with what has been entered so far.
async fn built(
    app: &App,
    visit: Visit,
    builder: Builder,
    saved: Option<WorkflowRow>,
    faults: Vec<Fault>,
) -> Result<Build, Failure> {
    let frame = match &saved {
        Some(row) => visit
            .frame(app, format!("Edit {}", row.name), Section::Workflows)
            .under("Workflows", "/workflows")
            .under(&row.name, format!("/workflows/{}", row.id)),
        None => visit.frame(app, "New workflow", Section::Workflows).under("Workflows", "/workflows"),
    };
    let (now, id) = (frame.now, saved.as_ref().map(|row| row.id));
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
            let known = known(orchestrator, &builder, saved.as_ref(), &faults)?;
            Ok((known, builder, faults))
        })
        .await?;
    let about = vec![
        Field::text("name", "Name").required().value(&builder.name).faults(&faults),
        Field::new(Kind::Text, "description", "Description").value(&builder.description).faults(&faults),
        Field::select("collection", "Data collection", known.collections)
            .value(&builder.collection)
            .help("Where its runs read their objects.")
            .faults(&faults),
    ];
    let objects = objects(&builder, &faults);
    let new_action =
        (!known.actions.is_empty()).then(|| Field::select("new_action", "Action", known.actions).required());
    Ok(Build {
        previewed: false,
        action: id.map_or_else(|| "/workflows/new".to_owned(), |id| format!("/workflows/{id}/edit")),
        back: id.map_or_else(|| "/workflows".to_owned(), |id| format!("/workflows/{id}")),
        about,
        schedule: builder.scheduling.choice(&faults),
        schedule_details: builder.scheduling.details(&faults),
        zones: Scheduling::zones(),
        upcoming: upcoming.iter().filter_map(|at| Some(tick(&frame, schedule.as_ref().ok()?, *at))).collect(),
        in_words: schedule.as_ref().ok().map(Schedule::describe),
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
        Choice::new(Takes::All.name(), "All")
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
        Field::check("enabled", "Enabled", builder.enabled)
            .help("Runs on schedule. Run now also works while it is disabled."),
    ]
}

pub(super) async fn begin(
    State(app): State<App>,
    Operator(_): Operator,
    visit: Visit,
) -> Result<Response, Failure> {
    let builder = Builder::new(app.zone());
    page(&built(&app, visit, builder, None, Vec::new()).await?)
}

pub(super) async fn edit(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let row = app.ask(move |orchestrator| Ok(orchestrator.store().workflow(WorkflowId(id))?)).await?;
    let builder = Builder::of(&row, app.zone());
    page(&built(&app, visit, builder, Some(row), Vec::new()).await?)
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
    let row = app.ask(move |orchestrator| Ok(orchestrator.store().workflow(WorkflowId(id))?)).await?;
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
    if builder.press(fields) == Pressed::Again {
        // Whoever asks for the next times is told why there are none.
        let asked = fields.get("do").is_some_and(|button| button == "times");
        let faults =
            if asked { builder.scheduling.schedule().err().into_iter().collect() } else { Vec::new() };
        return page(&Build { previewed: asked, ..built(app, visit, builder, saved, faults).await? });
    }
    let (actor, id) = (who.actor(), saved.as_ref().map(|row| row.id));
    let (made, builder) = app
        .ask(move |orchestrator| {
            let made = builder.draft(orchestrator).and_then(|draft| match id {
                Some(id) => Ok(orchestrator.change_workflow(id, draft, &actor).map(|()| id)?),
                None => Ok(orchestrator.add_workflow(draft, &actor)?),
            });
            Ok((made, builder))
        })
        .await?;
    let faults = match made {
        Ok(id) => {
            let text = if saved.is_some() {
                format!("{} saved. Runs in progress keep their configuration.", builder.name.trim())
            } else {
                format!("{} created.", builder.name.trim())
            };
            app.notify(who, Notice::done(text));
            return Ok(see_other(&format!("/workflows/{id}")));
        }
        Err(Refused::Faults(faults)) => faults,
        Err(Refused::Orchestrator(error)) => faults_of(error.into())?,
    };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &built(app, visit, builder, saved, faults).await?)
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
