//! Add New Integration: a zip is uploaded, shown for review, and installed once everything that it changes is confirmed. Between
//! upload and answer it waits in memory. Denied by default: a bundle that is damaged or that nobody trusted has signed.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_bundle::Authenticity;
use palisade_orchestrator::{Confirmed, Review};
use serde::Deserialize;
use std::sync::Arc;

use super::refusal::Refusal;
use super::version::{Part, parts};
use super::{PATH, TITLE};
use crate::console::wording::sentence;
use crate::pending::Uploaded;
use crate::security::{Administrator, Who};
use crate::uploads::file_name;
use crate::view::{
    Badge, Field, Frame, Kind, Moment, Notice, Section, Tone, Visit, page, page_with, see_other, size,
};
use crate::{App, Failure, Fault, Upload};

#[derive(Template)]
#[template(path = "pages/integrations_new.html")]
struct New {
    frame: Frame,
    faults: Vec<Fault>,
    refusal: Option<Refusal>,
    file: Field,
}

fn new(app: &App, visit: Visit, refusal: Option<Refusal>, faults: Vec<Fault>) -> New {
    let most = palisade_limits::BUNDLE_BYTES;
    let help = format!(
        "Drag and drop the zip file into the box, or click to browse. At most {}. You review what it may do before it is installed.",
        size(most)
    );
    New {
        frame: visit.frame(app, "Add New Integration", Section::Integrations).under(TITLE, PATH),
        refusal,
        file: Field::new(Kind::File(".zip,application/zip"), "bundle", "Zip file of the integration")
            .required()
            .help(help)
            .attribute("data-most", most.to_string())
            .faults(&faults),
        faults,
    }
}

pub(super) async fn form(
    State(app): State<App>,
    Administrator(_): Administrator,
    visit: Visit,
) -> Result<Response, Failure> {
    page(&new(&app, visit, None, Vec::new()))
}

/// The zip of the form; none where nothing was chosen.
async fn received(app: &App, mut upload: Upload) -> Result<Option<Uploaded>, Failure> {
    let mut found = None;
    while let Some(mut field) = upload.next_field().await? {
        if field.name() != Some("bundle") {
            continue;
        }
        let name = file_name(field.file_name().unwrap_or_default());
        let (mut zip, mut room) = (Vec::new(), app.bodies().room());
        while let Some(piece) = Upload::piece(&mut field).await? {
            room.grow(piece.len() as u64)?;
            zip.extend_from_slice(&piece);
        }
        if !zip.is_empty() {
            // A vector that grew holds up to twice what it has.
            zip.shrink_to_fit();
            found = Some(Uploaded { name, zip: Arc::new(zip), room: Arc::new(room) });
        }
    }
    Ok(found)
}

async fn reviewed(app: &App, uploaded: &Uploaded) -> Result<Review, Failure> {
    let Uploaded { name, zip, room } = uploaded.clone();
    // What cannot be compiled is refused here; what was compiled before is found.
    app.orchestrator().compile(&zip, &name).await?;
    app.ask(move |orchestrator| {
        let _held = room;
        orchestrator.review(&zip, &name)
    })
    .await
}

pub(super) async fn upload(
    State(app): State<App>,
    Administrator(who): Administrator,
    visit: Visit,
    upload: Upload,
) -> Result<Response, Failure> {
    let place = app.pending().place().await?;
    let Some(uploaded) = received(&app, upload).await? else {
        let faults = vec![Fault::new("bundle", "Choose the zip file of an integration.")];
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &new(&app, visit, None, faults));
    };
    if let Err(failure) = reviewed(&app, &uploaded).await {
        if failure.status() != StatusCode::UNPROCESSABLE_ENTITY {
            return Err(failure);
        }
        let refusal = Refusal::new("This zip cannot be installed.", &failure);
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &new(&app, visit, Some(refusal), Vec::new()));
    }
    let token = app.pending().keep(who.id, uploaded, app.now())?;
    drop(place);
    Ok(see_other(&format!("{PATH}/review/{token}")))
}

/// Who has signed it, as people read it.
struct Signature {
    badge: Badge,
    text: &'static str,
    facts: Vec<(&'static str, String)>,
}

impl Signature {
    fn of(authenticity: &Authenticity) -> Self {
        match authenticity {
            Authenticity::Signed { by, key_id, trusted_comment } => Self {
                badge: Badge::new(Tone::Good, format!("Signed by {by}")),
                text: "Every file is signed with a key that this service trusts.",
                facts: vec![
                    ("Signed by", by.clone()),
                    ("Key", key_id.to_string()),
                    ("Trusted comment", trusted_comment.clone()),
                ],
            },
            Authenticity::UnknownKey { key_id } => Self {
                badge: Badge::new(Tone::Warning, "Signed by an unknown key"),
                text: "The signature was created with a key that is not trusted, so it cannot be verified.",
                facts: vec![("Key", key_id.to_string())],
            },
            _ => Self {
                badge: Badge::new(Tone::Warning, "Not signed"),
                text: "It has no signature. Install it only if you know where it comes from.",
                facts: Vec::new(),
            },
        }
    }
}

/// Changed parameters of one action.
struct Changes {
    action: String,
    parameters: Vec<Changed>,
}

/// A parameter that the zip changes, with what is saved for it and what it will be.
struct Changed {
    how: Badge,
    label: String,
    saved: Option<String>,
    becomes: Option<String>,
}

fn changes(review: &Review) -> Vec<Changes> {
    let title = |id: &str| {
        let action = review.actions.iter().find(|action| action.id == id);
        action.map_or_else(|| id.to_owned(), |action| action.title.clone())
    };
    let mut all: Vec<Changes> = Vec::new();
    for change in &review.changes {
        let (tone, word) = match change.how {
            "added" => (Tone::Good, "Added"),
            "removed" => (Tone::Bad, "Removed"),
            _ => (Tone::Warning, "Changed"),
        };
        let action = title(&change.action);
        let line = Changed {
            how: Badge::new(tone, word),
            label: change.label.clone(),
            saved: change.saved.clone(),
            becomes: change.becomes.clone(),
        };
        match all.iter_mut().find(|changes| changes.action == action) {
            Some(changes) => changes.parameters.push(line),
            None => all.push(Changes { action, parameters: vec![line] }),
        }
    }
    all
}

#[derive(Template)]
#[template(path = "pages/integrations_review.html")]
struct Reviewed {
    frame: Frame,
    token: String,
    file: String,
    faults: Vec<Fault>,
    refusal: Option<Refusal>,
    signature: Signature,
    installed: Option<(String, Moment, bool)>,
    downgrade: bool,
    changes: Vec<Changes>,
    actions: Vec<Part>,
    replace: Option<Field>,
    overwrite: Option<Field>,
    review: Review,
}

/// What has to be confirmed and was not.
fn unconfirmed(review: &Review, confirmed: Confirmed) -> Vec<Fault> {
    let mut faults = Vec::new();
    if review.installed.is_some() && !confirmed.replace {
        let downgrade = review.installed.as_ref().is_some_and(|installed| installed.downgrade);
        let text = if downgrade {
            "Confirm the downgrade: new workflows use the older version."
        } else {
            "Confirm that new workflows use this version."
        };
        faults.push(Fault::new("replace", text));
    }
    if !review.changes.is_empty() && !confirmed.overwrite {
        faults.push(Fault::new("overwrite", "Confirm that the saved configuration is overwritten."));
    }
    faults
}

fn shown(
    app: &App,
    visit: Visit,
    token: String,
    file: String,
    review: Review,
    confirmed: Confirmed,
) -> Reviewed {
    let frame =
        visit.frame(app, format!("Review {}", review.title), Section::Integrations).under(TITLE, PATH);
    let installed = review.installed.as_ref();
    let replace = installed.map(|installed| {
        let label = if installed.same {
            format!("Install version {} again", review.version)
        } else if installed.downgrade {
            format!("Downgrade from version {} to version {}", installed.version, review.version)
        } else {
            format!("Replace version {} with version {}", installed.version, review.version)
        };
        Field::check("replace", label, confirmed.replace)
            .required()
            .help("New workflows get this version. Existing workflows keep their version.")
    });
    let overwrite = (!review.changes.is_empty()).then(|| {
        Field::check("overwrite", "Overwrite the saved configuration", confirmed.overwrite)
            .required()
            .help("The saved values of these parameters are replaced for new workflows. Existing workflows keep their copies.")
    });
    Reviewed {
        token,
        file,
        faults: Vec::new(),
        refusal: None,
        signature: Signature::of(&review.authenticity),
        installed: installed.map(|one| (one.version.clone(), frame.moment(&one.installed_at), one.same)),
        downgrade: installed.is_some_and(|installed| installed.downgrade),
        changes: changes(&review),
        actions: parts(&review.actions),
        replace,
        overwrite,
        review,
        frame,
    }
}

fn held(app: &App, token: &str, who: &Who) -> Result<Uploaded, Failure> {
    app.pending().find(token, who.id, app.now()).ok_or_else(|| {
        Failure::new(StatusCode::GONE, "upload-gone", "this upload is no longer here").with_hint(
            "an upload expires after half an hour, and only its creator can use it: upload the zip again",
        )
    })
}

pub(super) async fn show(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(token): Path<String>,
    visit: Visit,
) -> Result<Response, Failure> {
    let uploaded = held(&app, &token, &who)?;
    let review = reviewed(&app, &uploaded).await?;
    page(&shown(&app, visit, token, uploaded.name, review, Confirmed::default()))
}

#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    answer: String,
    replace: Option<String>,
    overwrite: Option<String>,
}

pub(super) async fn answer(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(token): Path<String>,
    visit: Visit,
    Form(given): Form<Answer>,
) -> Result<Response, Failure> {
    if given.answer == "cancel" {
        app.pending().forget(&token, who.id);
        return Ok(see_other(PATH));
    }
    let uploaded = held(&app, &token, &who)?;
    let review = reviewed(&app, &uploaded).await?;
    let confirmed = Confirmed { replace: given.replace.is_some(), overwrite: given.overwrite.is_some() };
    let (Uploaded { name, zip, room: _held }, actor) = (uploaded.clone(), who.actor());
    let installed = app.ask(move |orchestrator| orchestrator.install(&zip, &name, confirmed, &actor)).await;
    match installed {
        Ok(id) => {
            app.pending().forget(&token, who.id);
            app.notify(&who, Notice::done(format!("{} {} installed.", review.title, review.version)));
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) if failure.status() == StatusCode::CONFLICT => {
            let mut again = shown(&app, visit, token, uploaded.name, review, confirmed);
            let faults = unconfirmed(&again.review, confirmed);
            again.replace = again.replace.map(|field| field.faults(&faults));
            again.overwrite = again.overwrite.map(|field| field.faults(&faults));
            if faults.is_empty() {
                again.refusal = Some(Refusal::new(sentence("it was not installed"), &failure));
            }
            again.faults = faults;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(failure) => Err(failure),
    }
}
