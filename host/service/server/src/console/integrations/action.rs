//! The page of an action: what it is, and its form with the defaults for future workflows. Denied by default: a secret in a page,
//! and defaults saved by the form of a version that is no longer the current one.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use palisade_orchestrator::{ActionPage, ConnectionChoice, ConnectionTest, Entered, FormField};
use palisade_store::{BundleId, ConnectionRow, Wait as _};

use super::{PATH, TITLE};
use crate::console::wording::sentence;
use crate::security::{Administrator, Viewer};
use crate::view::{
    Choice, Conflict, Difference, Field, Frame, Kind, Notice, Section, Visit, page, page_with, see_other,
};
use crate::{App, Failure, Fault};

/// Before the names of parameters, so that none of them can be taken for a field of ours.
pub(in crate::console) const PREFIX: &str = "setting-";
/// The choice of a connection on the page.
const CONNECTION: &str = "setting-connection";

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
pub(in crate::console) fn field(
    parameter: &FormField,
    entered: Option<&BTreeMap<String, String>>,
    faults: &[Fault],
    own: bool,
) -> Vec<Field> {
    let name = format!("{PREFIX}{}", parameter.name);
    let value = entered.and_then(|entered| entered.get(&name)).unwrap_or(&parameter.value);
    let field = match parameter.kind {
        "multiselect" => {
            let sent =
                |option: &str| entered.map(|entered| entered.contains_key(&format!("{name}.{option}")));
            let chosen =
                parameter.options.iter().filter(|option| sent(&option.value).unwrap_or(option.chosen));
            let chosen = chosen.map(|option| option.value.clone()).collect();
            let choices = parameter.options.iter().map(|option| Choice::new(&option.value, &option.label));
            Field::new(Kind::Boxes(choices.collect()), &name, &parameter.label).values(chosen)
        }
        "multiline" | "list" => Field::new(Kind::Text, &name, &parameter.label).value(value),
        "date" => Field::new(Kind::Line("date"), &name, &parameter.label).value(value),
        "duration" => Field::text(&name, &parameter.label).value(value).attribute("placeholder", "P30D"),
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

/// What the page needs of the state.
struct Read {
    action: ActionPage,
    /// The version that new workflows get, if it is another.
    current: Option<i64>,
    /// Connections that the action can use.
    connections: Vec<ConnectionRow>,
    /// Workflows that use the connection of the defaults.
    users: usize,
}

async fn read(app: &App, id: i64, action: String) -> Result<Read, Failure> {
    app.ask(move |orchestrator| {
        let (store, action) = (orchestrator.store(), orchestrator.action_page(BundleId(id), &action)?);
        let current = store.current_bundle(&action.bundle.bundle).wait()?.map(|row| row.id.0);
        let users = action.connection.map(|id| store.connection_users(id).wait()).transpose()?;
        let is_usable = |row: &ConnectionRow| Some(&row.kind) == action.connection_kind.as_ref();
        Ok(Read {
            current: current.filter(|current| *current != id),
            connections: store.connections().wait()?.into_iter().filter(is_usable).collect(),
            users: users.map_or(0, |users| users.workflows.len()),
            action,
        })
    })
    .await
}

/// The choice of a connection; none if there is nothing to choose.
fn choice(read: &Read, entered: Option<&BTreeMap<String, String>>, faults: &[Fault]) -> Option<Field> {
    if read.connections.is_empty() {
        return None;
    }
    let saved = read.action.connection.map(|id| id.to_string()).unwrap_or_default();
    let none = if saved.is_empty() { "None, or a new one with the key below" } else { "None" };
    let mut choices = vec![Choice::new("", none)];
    choices.extend(read.connections.iter().map(|row| Choice::new(row.id.to_string(), &row.name)));
    if !saved.is_empty() {
        choices.push(Choice::new("new", "New connection with the values below"));
    }
    let help = match read.users {
        0 => "The fields below belong to the connection. You can also choose another connection and save."
            .to_owned(),
        1 => "The fields below belong to the connection: a change also applies to 1 workflow.".to_owned(),
        many => {
            format!("The fields below belong to the connection: a change also applies to {many} workflows.")
        }
    };
    let value = entered.and_then(|entered| entered.get(CONNECTION)).cloned().unwrap_or(saved);
    Some(Field::select(CONNECTION, "Connection", choices).value(value).help(help).faults(faults))
}

/// The connection that a form chooses, and what it entered. Values that the form showed of another connection are left out.
fn chosen(
    action: &ActionPage,
    fields: &BTreeMap<String, String>,
    entered: &mut BTreeMap<String, Entered>,
) -> ConnectionChoice {
    match fields.get(CONNECTION).map(String::as_str) {
        Some("new") => ConnectionChoice::New,
        Some("") if action.connection.is_some() => {
            entered.retain(|name, value| {
                !action.of_connection.contains(name) || matches!(value, Entered::Secret(_))
            });
            ConnectionChoice::Nothing
        }
        Some(id) => match id.parse() {
            Ok(id) if Some(id) != action.connection => {
                entered.retain(|name, value| {
                    !action.of_connection.contains(name) || matches!(value, Entered::Secret(_))
                });
                ConnectionChoice::Is(id)
            }
            _ => ConnectionChoice::Kept,
        },
        None => ConnectionChoice::Kept,
    }
}

/// Faults of parameters, by the fields of the page and in the words that people know them by.
pub(in crate::console) fn labelled<'form>(
    parameters: impl Iterator<Item = &'form FormField> + Clone,
    faults: &[Fault],
) -> Vec<Fault> {
    let fault = |fault: &Fault| {
        let parameter = parameters.clone().find(|parameter| parameter.name == fault.field);
        if parameter.is_none() && fault.field != "connection" {
            return Fault::new(&fault.field, sentence(&fault.message));
        }
        let label = parameter.map_or("Connection", |parameter| parameter.label.as_str());
        // People know a parameter by its label alone.
        let message = fault.message.replace(&format!("`{}`", fault.field), &format!("“{label}”"));
        Fault::new(format!("{PREFIX}{}", fault.field), sentence(&message))
    };
    faults.iter().map(fault).collect()
}

fn shown(
    app: &App,
    visit: Visit,
    read: Read,
    entered: Option<&BTreeMap<String, String>>,
    wrong: &[Fault],
) -> Shown {
    let faults = labelled(read.action.form.sections.iter().flat_map(|section| &section.fields), wrong);
    let choice = choice(&read, entered, &faults);
    let Read { action, current, .. } = read;
    let up = (
        format!("{} {}", action.bundle.title, action.bundle.version),
        format!("{PATH}/{}", action.bundle.id),
    );
    let frame = visit.frame(app, &action.title, Section::Integrations).under(TITLE, PATH).under(up.0, up.1);
    let own = frame.administrator() && current.is_none();
    // Once, above the first field that belongs to the connection.
    let mut choice = choice;
    let mut fields = |fields: &[FormField]| {
        let is_of_connection = |parameter: &FormField| action.of_connection.contains(&parameter.name);
        let choice = if fields.iter().any(is_of_connection) { choice.take() } else { None };
        let fields = fields.iter().flat_map(|parameter| field(parameter, entered, &faults, own));
        choice.into_iter().chain(fields).collect()
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
pub(in crate::console) fn said<'form>(
    parameters: impl Iterator<Item = &'form FormField>,
    entered: Option<&BTreeMap<String, String>>,
) -> Vec<(String, String)> {
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
    parameters.map(|parameter| (parameter.label.clone(), value(parameter))).collect()
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
    if page.current.is_some() {
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
    let shows = page.action.clone();
    let saved = app
        .ask(move |orchestrator| {
            let mut entered = orchestrator.entered_form(BundleId(id), &action, PREFIX, &given)?;
            let choice = chosen(&shows, &given, &mut entered);
            orchestrator.save_defaults(BundleId(id), &action, choice, entered, expected, &actor)
        })
        .await;
    match saved {
        Ok(()) => {
            let text = format!("Configuration of “{}” saved for future workflows.", page.action.title);
            app.notify(&who, Notice::done(text));
            Ok(see_other(&place))
        }
        Err(failure) if failure.status() == StatusCode::PRECONDITION_FAILED => {
            let parameters = || page.action.form.sections.iter().flat_map(|section| &section.fields);
            let differences =
                Difference::between(&said(parameters(), None), &said(parameters(), Some(&fields)));
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
    read: Read,
    id: i64,
    action: String,
    fields: &BTreeMap<String, String>,
) -> Result<Response, Failure> {
    let (given, wanted) = (fields.clone(), action.clone());
    let mut entered =
        app.ask(move |orchestrator| orchestrator.entered_form(BundleId(id), &wanted, PREFIX, &given)).await?;
    let choice = chosen(&read.action, fields, &mut entered);
    match app
        .orchestrator()
        .test_connection(BundleId(id), &action, choice, entered)
        .await
        .map_err(Failure::from)
    {
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
