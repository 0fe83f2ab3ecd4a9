//! A workflow of a file that was exported: uploaded or pasted.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use palisade_limits as limits;
use palisade_orchestrator::OnConflict;
use palisade_store::Wait as _;

use crate::console::wording::{of_action, sentence};
use crate::security::Operator;
use crate::view::{Choice, Field, Frame, Kind, Notice, Section, Visit, page, page_with, see_other};
use crate::{App, Failure, Fault, Upload};

#[derive(Template)]
#[template(path = "pages/workflows_import.html")]
struct Import {
    frame: Frame,
    faults: Vec<Fault>,
    fields: Vec<Field>,
}

/// What the form offers once it is known that the name is taken, and what was chosen.
fn choice(chosen: OnConflict) -> Field {
    let choices = vec![
        Choice::new("rename", "Rename")
            .help("Creates a workflow with another name, such as `Nightly (imported)`."),
        Choice::new("replace", "Replace")
            .help("Replaces the workflow with this name. Its runs and its state stay."),
    ];
    let value = if chosen == OnConflict::Replace { "replace" } else { "rename" };
    Field::radio("on_conflict", "A workflow with this name exists", choices).value(value).required()
}

fn asked(app: &App, visit: Visit, text: &str, taken: Option<OnConflict>, faults: Vec<Fault>) -> Import {
    let choice = taken.map(choice);
    Import {
        frame: visit.frame(app, "Import a workflow", Section::Workflows).under("Workflows", "/workflows"),
        fields: choice
            .into_iter()
            .chain([
                Field::new(Kind::File(".yaml,.yml"), "file", "File").faults(&faults),
                Field::new(Kind::Text, "text", "Or paste the text")
                    .value(text)
                    .faults(&faults)
                    .attribute("spellcheck", "false"),
            ])
            .collect(),
        faults,
    }
}

pub(super) async fn form(
    State(app): State<App>,
    Operator(_): Operator,
    visit: Visit,
) -> Result<Response, Failure> {
    page(&asked(&app, visit, "", None, Vec::new()))
}

pub(super) async fn import(
    State(app): State<App>,
    Operator(who): Operator,
    visit: Visit,
    mut upload: Upload,
) -> Result<Response, Failure> {
    let (mut file, mut text, mut on_conflict) = (String::new(), String::new(), OnConflict::Fail);
    let most = usize::try_from(limits::WORKFLOW_FILE_BYTES).unwrap_or(usize::MAX);
    while let Some(field) = upload.next_field().await? {
        match field.name().unwrap_or_default() {
            "file" => file = Upload::text(field, most).await?,
            "text" => text = Upload::text(field, most).await?,
            "on_conflict" => {
                on_conflict = match Upload::text(field, most).await?.as_str() {
                    "rename" => OnConflict::Rename,
                    "replace" => OnConflict::Replace,
                    _ => OnConflict::Fail,
                };
            }
            _ => {}
        }
    }
    let (field, given) = if file.trim().is_empty() { ("text", text) } else { ("file", file) };
    if given.trim().is_empty() {
        let faults = vec![Fault::new("text", "Choose a file or paste its text.")];
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &asked(&app, visit, "", None, faults));
    }
    let (actor, document) = (who.actor(), given.clone());
    let made = app
        .ask(move |orchestrator| {
            let id = orchestrator.import_workflow(&document, on_conflict, &actor)?;
            let row = orchestrator.store().workflow(id).wait()?;
            let lacks = !orchestrator.is_complete(&row)?;
            Ok((id, row.enabled, lacks))
        })
        .await;
    match made {
        Ok((id, enabled, lacks)) => {
            let notice = if enabled {
                Notice::done("Imported. The workflow was replaced and is still enabled.")
            } else if lacks {
                Notice::warning(
                    "Imported, but a connection or a required value is missing. Enter it with Edit, then enable the workflow.",
                )
            } else {
                Notice::done("Imported. It is disabled until you enable it.")
            };
            app.notify(&who, notice);
            Ok(see_other(&format!("/workflows/{id}")))
        }
        Err(failure) => {
            // The choice stays on the page with what was chosen, whatever else is wrong.
            let is_taken = failure.code() == "name-taken";
            let taken = (is_taken || on_conflict != OnConflict::Fail).then_some(on_conflict);
            let status = if is_taken { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            let faults = if is_taken {
                vec![Fault::new(
                    "on_conflict",
                    "A workflow with this name exists. Choose what to do with it.",
                )]
            } else {
                faults_of(failure, field)?
            };
            page_with(status, &asked(&app, visit, &given, taken, faults))
        }
    }
}

/// All of them concern the one document; where in it is said in words.
fn faults_of(failure: Failure, field: &str) -> Result<Vec<Fault>, Failure> {
    if failure.status() == StatusCode::CONFLICT {
        return Ok(vec![Fault::new(field, sentence(&failure.to_string()))]);
    }
    if failure.faults().is_empty() {
        return Err(failure);
    }
    let told =
        |fault: &Fault| Fault::new(field, of_action(fault).unwrap_or_else(|| sentence(&fault.message)));
    Ok(failure.faults().iter().map(told).collect())
}
