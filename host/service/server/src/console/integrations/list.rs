//! The list of installed bundles, each with its versions, its actions, and who uses it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_store::{BundleRow, Wait as _, WorkflowRow, alphabetical};

use super::{PATH, TITLE, using};
use crate::security::Viewer;
use crate::view::{Badge, Empty, Frame, Moment, Section, Tone, Visit, page};
use crate::{App, Failure};

/// A bundle with its versions.
struct Card {
    id: i64,
    title: String,
    version: String,
    publisher: String,
    signature: Badge,
    installed: Moment,
    installed_by: String,
    used: String,
    is_used: bool,
    actions: Vec<Link>,
    others: Vec<Link>,
}

struct Link {
    path: String,
    title: String,
    note: String,
}

#[derive(Template)]
#[template(path = "pages/integrations.html")]
struct Integrations {
    frame: Frame,
    cards: Vec<Card>,
    empty: Empty,
}

/// A bundle as the state has it: the version that new workflows get, the others, its actions.
struct Bundle {
    current: BundleRow,
    others: Vec<BundleRow>,
    actions: Vec<(String, String, String)>,
}

fn read(orchestrator: &Orchestrator) -> Result<(Vec<Bundle>, Vec<WorkflowRow>), OrchestratorError> {
    let mut bundles: Vec<Bundle> = Vec::new();
    // By bundle, the current version first.
    for row in orchestrator.store().bundles().wait()? {
        match bundles.last_mut().filter(|bundle| bundle.current.bundle == row.bundle) {
            Some(bundle) => bundle.others.push(row),
            None => {
                let manifest = orchestrator.manifest(row.id)?;
                let told = manifest.actions.iter().map(|action| {
                    let types: Vec<&str> = action
                        .accepts
                        .iter()
                        .flat_map(|accepts| &accepts.subtypes)
                        .map(String::as_str)
                        .collect();
                    (action.id.clone(), action.title.clone(), types.join(", "))
                });
                bundles.push(Bundle { current: row, others: Vec::new(), actions: told.collect() });
            }
        }
    }
    Ok((bundles, using::workflows(orchestrator)?))
}

pub(super) fn signature(signed_by: Option<&str>) -> Badge {
    match signed_by {
        Some(name) => Badge::new(Tone::Good, format!("Signed by {name}")),
        None => Badge::new(Tone::Warning, "Not signed"),
    }
}

fn card(frame: &Frame, bundle: Bundle, workflows: &[WorkflowRow]) -> Card {
    let Bundle { current, others, actions } = bundle;
    let uses = |row: &BundleRow| {
        let id = row.id;
        using::used(workflows, move |workflow| workflow.steps.iter().any(|step| step.bundle == id)).len()
    };
    let of_any = |workflow: &WorkflowRow| {
        let is_ours = |id| id == current.id || others.iter().any(|other| other.id == id);
        workflow.steps.iter().any(|step| is_ours(step.bundle))
    };
    let all = using::used(workflows, of_any).len();
    Card {
        id: current.id.0,
        signature: signature(current.signed_by.as_deref()),
        installed: frame.moment(&current.installed_at),
        used: using::in_words(all),
        is_used: all > 0,
        actions: actions
            .into_iter()
            .map(|(id, title, note)| Link {
                path: format!("{PATH}/{}/actions/{id}", current.id.0),
                title,
                note,
            })
            .collect(),
        others: others
            .iter()
            .map(|row| Link {
                path: format!("{PATH}/{}", row.id.0),
                title: row.version.clone(),
                note: using::in_words(uses(row)),
            })
            .collect(),
        title: current.title,
        version: current.version,
        publisher: current.publisher,
        installed_by: current.installed_by,
    }
}

pub(super) async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    visit: Visit,
) -> Result<Response, Failure> {
    let (mut bundles, workflows) = app.ask(read).await?;
    bundles.sort_by(|one, other| alphabetical(&one.current.title, &other.current.title));
    let frame = visit.frame(&app, TITLE, Section::Integrations);
    let cards = bundles.into_iter().map(|bundle| card(&frame, bundle, &workflows)).collect();
    let text = "An integration provides the actions of workflows. It is a signed zip; you review what it may do before you install it.";
    let empty = Empty::new("integrations", "No integration yet", text);
    let empty =
        if frame.administrator() { empty.action("Add New Integration", "/integrations/new") } else { empty };
    page(&Integrations { frame, cards, empty })
}
