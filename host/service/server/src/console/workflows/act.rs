//! What may be done with a workflow: run it, switch it on and off, copy it, delete it.

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::Request;
use palisade_store::{Takes, Wait as _, WorkflowId};
use serde::Deserialize;

use super::show::shown;
use crate::console::wording::{of_action, sentence};
use crate::security::Operator;
use crate::view::{Confirm, Notice, Section, Visit, counted, number, page, page_with, see_other};
use crate::{App, Failure, Fault};

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    dry_run: Option<String>,
    /// Whether it was asked whether the run is wanted.
    confirmed: Option<String>,
    objects: String,
    /// `on` or `off`.
    to: String,
    /// Whether it was asked for in the list.
    list: Option<String>,
}

/// What a run of a workflow would do, before it is requested: somebody pressed *Run now* once.
pub(super) async fn ask_to_run(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    confirm_run(&app, visit, WorkflowId(id)).await
}

async fn confirm_run(app: &App, visit: Visit, id: WorkflowId) -> Result<Response, Failure> {
    let (row, collection, actions) = app
        .ask(move |orchestrator| {
            let row = orchestrator.store().workflow(id).wait()?;
            let collection =
                row.collection.map(|id| orchestrator.store().collection(id).wait()).transpose()?;
            let steps = orchestrator.step_forms(&row)?;
            let actions: Vec<String> =
                steps.into_iter().map(|step| format!("{} ({})", step.title, step.bundle.version)).collect();
            Ok((row, collection, actions))
        })
        .await?;
    let here = format!("/workflows/{id}");
    let frame = visit
        .frame(app, format!("Run {} now?", row.name), Section::Workflows)
        .under("Workflows", "/workflows")
        .under(&row.name, &here);
    let objects = match row.takes {
        Takes::All => "all objects",
        Takes::Changed => "the objects that changed since the last success",
    };
    let from = match &collection {
        Some(row) => match row.counted {
            Some(known) => {
                format!("{objects} of `{}` ({} when last read)", row.name, counted(&known.objects, "objects"))
            }
            None => format!("{objects} of `{}`", row.name),
        },
        None => objects.to_owned(),
    };
    let displaces = match row.evictions {
        Some(0) => "It stops before it would displace existing entries.".to_owned(),
        Some(most) => format!("It may displace {} existing entries.", number(&most)),
        None => "It may displace any number of existing entries.".to_owned(),
    };
    page(&Confirm {
        frame,
        text: vec![format!("The run processes {from}. {displaces}"), "Actions, in this order:".to_owned()],
        items: actions,
        action: format!("{here}/run"),
        hidden: vec![("confirmed".to_owned(), "on".to_owned())],
        button: "Run now".to_owned(),
        danger: false,
        back: here,
    })
}

pub(super) async fn run(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(asked): Form<Asked>,
) -> Result<Response, Failure> {
    let (actor, dry_run) = (who.actor(), asked.dry_run.is_some());
    // A dry run changes nothing; everything else asks once.
    if !dry_run && asked.confirmed.is_none() {
        return confirm_run(&app, visit, WorkflowId(id)).await;
    }
    let made = app
        .ask(move |orchestrator| orchestrator.request_run(WorkflowId(id), Request::Now, dry_run, &actor))
        .await;
    let run = match made {
        Ok(run) => run,
        Err(failure) => return incomplete(&app, visit, WorkflowId(id), failure).await,
    };
    let text = if dry_run { "Dry run requested: nothing will be changed." } else { "Run requested." };
    app.notify(&who, Notice::done(text));
    Ok(see_other(&run.map_or_else(|| "/runs".to_owned(), |run| format!("/runs/{run}"))))
}

pub(super) async fn run_selected(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(asked): Form<Asked>,
) -> Result<Response, Failure> {
    let (actor, dry_run, text) = (who.actor(), asked.dry_run.is_some(), asked.objects.clone());
    let made = app
        .ask(move |orchestrator| {
            let objects = orchestrator.objects_from_text(&text)?;
            orchestrator.request_run(WorkflowId(id), Request::Selected(objects), dry_run, &actor)
        })
        .await;
    match made {
        Ok(run) => {
            app.notify(&who, Notice::done("Run on the selected objects requested."));
            Ok(see_other(&run.map_or_else(|| "/runs".to_owned(), |run| format!("/runs/{run}"))))
        }
        Err(failure) if failure.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let told = |fault: &Fault| match of_action(fault) {
                Some(lacks) => Fault::new("", lacks),
                None => Fault::new("objects", sentence(&fault.message)),
            };
            let mut faults: Vec<Fault> = failure.faults().iter().map(told).collect();
            if faults.is_empty() {
                faults.push(Fault::new("objects", sentence(&failure.to_string())));
            }
            let again = shown(&app, visit, WorkflowId(id), &asked.objects, faults).await?;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(failure) => Err(failure),
    }
}

/// The page of a workflow that lacks something, with what it lacks: one that was imported may have no connection.
async fn incomplete(app: &App, visit: Visit, id: WorkflowId, failure: Failure) -> Result<Response, Failure> {
    let lacks: Vec<Fault> =
        failure.faults().iter().filter_map(of_action).map(|lacks| Fault::new("", lacks)).collect();
    if lacks.is_empty() {
        return Err(failure);
    }
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown(app, visit, id, "", lacks).await?)
}

pub(super) async fn switch(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(asked): Form<Asked>,
) -> Result<Response, Failure> {
    let (actor, on) = (who.actor(), asked.to == "on");
    let switched = app
        .ask(move |orchestrator| {
            orchestrator.enable_workflow(WorkflowId(id), on, &actor)?;
            Ok(orchestrator.store().workflow(WorkflowId(id)).wait()?.name)
        })
        .await;
    let name = match switched {
        Ok(name) => name,
        Err(failure) => return incomplete(&app, visit, WorkflowId(id), failure).await,
    };
    let text = if on {
        format!("{name} enabled: it runs on schedule from now on.")
    } else {
        format!("{name} disabled: it no longer runs on schedule. Runs in progress continue.")
    };
    app.notify(&who, Notice::done(text));
    Ok(see_other(&if asked.list.is_some() { "/workflows".to_owned() } else { format!("/workflows/{id}") }))
}

pub(super) async fn duplicate(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let actor = who.actor();
    let copy = app.ask(move |orchestrator| orchestrator.duplicate_workflow(WorkflowId(id), &actor)).await?;
    app.notify(
        &who,
        Notice::done("Copy created, with the same connections. It is disabled until you enable it."),
    );
    Ok(see_other(&format!("/workflows/{copy}")))
}

pub(super) async fn ask_to_delete(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
    visit: Visit,
) -> Result<Response, Failure> {
    let row = app.ask(move |orchestrator| Ok(orchestrator.store().workflow(WorkflowId(id)).wait()?)).await?;
    let here = format!("/workflows/{id}");
    let frame = visit
        .frame(&app, format!("Delete {}?", row.name), Section::Workflows)
        .under("Workflows", "/workflows")
        .under(&row.name, &here);
    page(&Confirm {
        frame,
        text: vec![
            "Its schedule, configuration and record of processed objects are deleted.".to_owned(),
            "Its runs stay in the list, under its name. Entries they added stay at the service.".to_owned(),
        ],
        items: Vec::new(),
        action: format!("{here}/delete"),
        hidden: Vec::new(),
        button: "Delete workflow".to_owned(),
        danger: true,
        back: here,
    })
}

pub(super) async fn delete(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let actor = who.actor();
    let name = app
        .ask(move |orchestrator| {
            let name = orchestrator.store().workflow(WorkflowId(id)).wait()?.name;
            orchestrator.remove_workflow(WorkflowId(id), &actor)?;
            Ok(name)
        })
        .await?;
    app.notify(&who, Notice::done(format!("{name} deleted.")));
    Ok(see_other("/workflows"))
}
