//! The page of an action: what it is, and its form with the defaults for future workflows. Denied by default: a secret in a page,
//! and defaults saved by the form of a version that is no longer the current one.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{ActionPage, ConnectionTest, FormField};
use palisade_store::BundleId;

use super::{PATH, TITLE};
use crate::console::wording::sentence;
use crate::security::{Administrator, Viewer};
use crate::view::{
    Choice, Conflict, Difference, Field, Frame, Kind, Notice, Section, Visit, page, page_with, see_other,
};
use crate::{App, Failure, Fault};

/// Before the names of parameters, so that none of them can be taken for a field of ours.
const PREFIX: &str = "setting-";

/// One heading of the form.
struct Heading {
    title: String,
    fields: Vec<Field>,
}

#[derive(Template)]
#[template(path = "pages/integrations_action.html")]
struct Shown {
    frame: Frame,
    faults: Vec<Fault>,
    action: ActionPage,
    accepts: Vec<(String, Vec<String>)>,
    headings: Vec<Heading>,
    /// The version that new workflows get, where it is another.
    current: Option<i64>,
    /// What a test of the connection came to, where one was made.
    tested: Option<ConnectionTest>,
    /// Somebody else has saved in the meantime.
    conflict: Option<Conflict>,
}

/// A parameter as a field. What is required has to be there when it runs: here it may be left open, unless it has a value.
/// A secret that is kept comes with the box that takes it away.
/// Who may not change it is told what is set, and not how it is changed.
fn field(
    parameter: &FormField,
    entered: Option<&BTreeMap<String, String>>,
    faults: &[Fault],
    own: bool,
) -> Vec<Field> {
    let name = format!("{PREFIX}{}", parameter.name);
    let value = entered.and_then(|entered| entered.get(&name)).unwrap_or(&parameter.value);
    let field = match parameter.kind {
        "secret" => Field::secret(&name, &parameter.label, "new-password"),
        "flag" => {
            let sent = entered.map(|entered| entered.contains_key(&name));
            Field::check(&name, &parameter.label, sent.unwrap_or(parameter.value == "true"))
        }
        "select" => {
            let open = parameter.value.is_empty().then(|| Choice::new("", "Not chosen"));
            let options = parameter.options.iter().map(|option| Choice::new(&option.value, &option.label));
            Field::select(&name, &parameter.label, open.into_iter().chain(options).collect()).value(value)
        }
        "integer" => {
            let field = Field::new(Kind::Line("number"), &name, &parameter.label).value(value);
            bounded(field, ["min", "max"], parameter)
        }
        "origin" => Field::new(Kind::Line("url"), &name, &parameter.label)
            .value(value)
            .attribute("placeholder", "https://service.example"),
        _ => {
            bounded(Field::text(&name, &parameter.label).value(value), ["minlength", "maxlength"], parameter)
        }
    };
    let help = match (parameter.kind, parameter.is_set) {
        ("secret", true) if !own => format!("{} A value is set.", parameter.help),
        ("secret", true) => format!("{} A value is set. Leave empty to keep it.", parameter.help),
        ("secret", false) => format!("{} Not set.", parameter.help),
        _ => parameter.help.clone(),
    };
    let field = if help.is_empty() { field } else { field.help(help) };
    let field = field.faults(faults);
    let removal = field.removal(parameter.is_set && own).map(|removal| {
        let ticked = entered.is_some_and(|entered| entered.contains_key(&removal.name));
        if ticked { removal.value("on") } else { removal }
    });
    let needed = parameter.required && !parameter.value.is_empty() && parameter.kind != "flag";
    let field = if needed { field.required() } else { field };
    std::iter::once(field).chain(removal).collect()
}

fn bounded(field: Field, [least, most]: [&'static str; 2], parameter: &FormField) -> Field {
    let field =
        parameter.minimum.iter().fold(field, |field, number| field.attribute(least, number.to_string()));
    parameter.maximum.iter().fold(field, |field, number| field.attribute(most, number.to_string()))
}

async fn read(app: &App, id: i64, action: String) -> Result<(ActionPage, Option<i64>), Failure> {
    app.ask(move |orchestrator| {
        let page = orchestrator.action_page(BundleId(id), &action)?;
        let current = orchestrator.store().current_bundle(&page.bundle.bundle)?.map(|row| row.id.0);
        Ok((page, current.filter(|current| *current != id)))
    })
    .await
}

fn shown(
    app: &App,
    visit: Visit,
    (action, current): (ActionPage, Option<i64>),
    entered: Option<&BTreeMap<String, String>>,
    wrong: &[Fault],
) -> Shown {
    let parameters = || action.form.sections.iter().flat_map(|section| &section.fields);
    let labelled = |fault: &Fault| {
        let label = parameters().find(|parameter| parameter.name == fault.field);
        let label = label.map_or(fault.field.as_str(), |parameter| parameter.label.as_str());
        // People know a parameter by its label alone.
        let message = fault.message.replace(&format!("`{}`", fault.field), &format!("“{label}”"));
        Fault::new(format!("{PREFIX}{}", fault.field), sentence(&message))
    };
    let faults: Vec<Fault> = wrong.iter().map(labelled).collect();
    let up = (
        format!("{} {}", action.bundle.title, action.bundle.version),
        format!("{PATH}/{}", action.bundle.id),
    );
    let frame = visit.frame(app, &action.title, Section::Integrations).under(TITLE, PATH).under(up.0, up.1);
    let own = frame.administrator() && current.is_none();
    let fields = |fields: &[FormField]| {
        fields.iter().flat_map(|parameter| field(parameter, entered, &faults, own)).collect()
    };
    let headings = action.form.sections.iter();
    let headings = headings
        .map(|section| Heading { title: section.title.clone(), fields: fields(&section.fields) })
        .collect();
    Shown {
        frame,
        faults,
        accepts: action.accepts.clone().into_iter().collect(),
        headings,
        current,
        tested: None,
        conflict: None,
        action,
    }
}

/// What a form holds, field by field, as people read it; of a secret, whether there is a new one.
fn said(action: &ActionPage, entered: Option<&BTreeMap<String, String>>) -> Vec<(String, String)> {
    let value = |parameter: &FormField| {
        let name = format!("{PREFIX}{}", parameter.name);
        let sent = entered.map(|entered| entered.get(&name).map(String::as_str));
        let value = sent.flatten().unwrap_or(&parameter.value);
        match parameter.kind {
            "secret" if sent.flatten().is_some_and(|sent| !sent.is_empty()) => "new value".to_owned(),
            "secret" => if parameter.is_set { "set" } else { "not set" }.to_owned(),
            "flag" => {
                let on = sent.map_or(parameter.value == "true", |sent| sent.is_some());
                if on { "on" } else { "off" }.to_owned()
            }
            "select" => {
                let option = parameter.options.iter().find(|option| option.value == value);
                option.map_or_else(|| value.to_owned(), |option| option.label.clone())
            }
            _ => value.to_owned(),
        }
    };
    let fields = action.form.sections.iter().flat_map(|section| &section.fields);
    fields.map(|parameter| (parameter.label.clone(), value(parameter))).collect()
}

pub(super) async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path((id, action)): Path<(i64, String)>,
    visit: Visit,
) -> Result<Response, Failure> {
    let read = read(&app, id, action).await?;
    page(&shown(&app, visit, read, None, &[]))
}

pub(super) async fn save(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path((id, action)): Path<(i64, String)>,
    visit: Visit,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Result<Response, Failure> {
    let page = read(&app, id, action.clone()).await?;
    if page.1.is_some() {
        let message = "the defaults belong to the current version; this is an earlier version";
        return Err(
            Failure::conflict("earlier-version", message).with_hint("open the action of the current version")
        );
    }
    if fields.get("do").is_some_and(|what| what == "test") {
        return test(&app, visit, page, id, action, &fields).await;
    }
    let (given, place, actor) = (fields.clone(), format!("{PATH}/{id}/actions/{action}"), who.actor());
    let expected = fields.get("version").and_then(|version| version.parse().ok());
    let saved = app
        .ask(move |orchestrator| {
            let entered = orchestrator.entered_form(BundleId(id), &action, PREFIX, &given)?;
            orchestrator.save_defaults(BundleId(id), &action, entered, expected, &actor)
        })
        .await;
    match saved {
        Ok(()) => {
            let text = format!("Configuration of “{}” saved for future workflows.", page.0.title);
            app.notify(&who, Notice::done(text));
            Ok(see_other(&place))
        }
        Err(failure) if failure.status() == StatusCode::PRECONDITION_FAILED => {
            let differences = Difference::between(&said(&page.0, None), &said(&page.0, Some(&fields)));
            let conflict = Conflict { what: "This configuration", when: None, differences, reload: place };
            let again = Shown { conflict: Some(conflict), ..shown(&app, visit, page, Some(&fields), &[]) };
            page_with(StatusCode::PRECONDITION_FAILED, &again)
        }
        Err(failure) if !failure.faults().is_empty() => {
            let again = shown(&app, visit, page, Some(&fields), failure.faults());
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(failure) => Err(failure),
    }
}

/// Tries what was entered, on top of what is saved. Nothing is saved, and a secret that was entered has to be entered again.
async fn test(
    app: &App,
    visit: Visit,
    read: (ActionPage, Option<i64>),
    id: i64,
    action: String,
    fields: &BTreeMap<String, String>,
) -> Result<Response, Failure> {
    let (given, wanted) = (fields.clone(), action.clone());
    let entered =
        app.ask(move |orchestrator| orchestrator.entered_form(BundleId(id), &wanted, PREFIX, &given)).await?;
    match app.orchestrator().test_connection(BundleId(id), &action, entered).await.map_err(Failure::from) {
        Ok(mut tested) => {
            tested.message = sentence(&tested.message);
            tested.hint = tested.hint.as_deref().map(sentence);
            let page = Shown { tested: Some(tested), ..shown(app, visit, read, Some(fields), &[]) };
            page_with(StatusCode::OK, &page)
        }
        Err(failure) if !failure.faults().is_empty() => page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &shown(app, visit, read, Some(fields), failure.faults()),
        ),
        Err(failure) => Err(failure),
    }
}
