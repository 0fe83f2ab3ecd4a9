//! The form of one action within the builder: the sections of its manifest, with what was entered, and the faults beside the fields.

use palisade_orchestrator::{
    ConnectionTest, FormField, Orchestrator, OrchestratorError, connection_parameters, form,
    without_connection,
};
use palisade_store::{BundleId, StoreError, Wait as _, WorkflowRow};

use super::builder::Step;
use crate::console::wording::sentence;
use crate::view::{Choice, Field, Kind};
use crate::{Failure, Fault};

/// One section of an action's form.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) fields: Vec<Field>,
    /// What is entered, in short, for when it is closed.
    pub(super) summary: String,
    /// Whether it is open: something in it is wrong or missing.
    pub(super) open: bool,
}

/// Values that the summary of a closed section names.
const NAMED: usize = 3;

/// What a test of the connection came to.
pub(in crate::console) struct Tested {
    pub(in crate::console) works: bool,
    pub(in crate::console) title: String,
    pub(in crate::console) texts: Vec<String>,
}

/// The form of one action.
pub(super) struct StepView {
    pub(super) place: usize,
    pub(super) bundle: BundleId,
    pub(super) action: String,
    pub(super) was: String,
    pub(super) title: String,
    pub(super) version: String,
    pub(super) bundle_title: String,
    pub(super) sections: Vec<Section>,
    /// A later version that is installed.
    pub(super) newer: Option<(BundleId, String)>,
    /// Each field with its value, as people read it.
    pub(super) said: Vec<(String, String)>,
    pub(super) tested: Option<Tested>,
    /// The kind of its connection; none if it needs none.
    pub(super) kind: Option<String>,
}

impl Tested {
    /// What a test says.
    pub(in crate::console) fn of(test: &ConnectionTest) -> Self {
        let title = match (test.works, test.failed) {
            (true, _) => "The connection works.".to_owned(),
            (false, Some(failed)) => format!("The connection does not work: {}.", failed.in_words()),
            (false, None) => "The connection does not work.".to_owned(),
        };
        let texts = std::iter::once(&test.message).chain(&test.hint).map(|text| sentence(text));
        let proven = (!test.proven.is_empty()).then(|| format!("Proved: {}.", test.proven.join("; ")));
        Self { works: test.works, title, texts: texts.chain(proven).collect() }
    }

    /// Why there was no test.
    pub(in crate::console) fn failed(failure: &Failure) -> Self {
        let hint = failure.hint().map(sentence);
        Self {
            works: false,
            title: "The connection was not tested.".to_owned(),
            texts: std::iter::once(sentence(&failure.to_string())).chain(hint).collect(),
        }
    }
}

impl StepView {
    /// As it was sent, or as it is held.
    pub(super) fn new(
        orchestrator: &Orchestrator,
        step: &Step,
        place: usize,
        saved: Option<&WorkflowRow>,
        faults: &[Fault],
    ) -> Result<Self, OrchestratorError> {
        let store = orchestrator.store();
        let manifest = orchestrator.manifest(step.bundle)?;
        let action = manifest
            .action(&step.action)
            .ok_or_else(|| StoreError::Missing { what: "action", id: step.action.clone() })?;
        let was = saved.zip(step.was).and_then(|(row, was)| row.steps.get(was));
        let (connection, held) = match was.filter(|was| was.action == step.action) {
            Some(was) => (was.connection, was.configuration.clone()),
            None => {
                let defaults = store.action_defaults(&manifest.id, &action.id).wait()?;
                (defaults.connection, defaults.configuration)
            }
        };
        let prefix = format!("steps.{place}.");
        let section = |section: &palisade_orchestrator::FormSection| {
            let fields = section.fields.iter().map(|held| field(held, step, &prefix, faults));
            let fields: Vec<Field> = fields.collect();
            let is_missing = |field: &Field| field.required && field.values.iter().all(String::is_empty);
            let said: Vec<String> = section
                .fields
                .iter()
                .map(|held| format!("{}: {}", held.label, said(held, step)))
                .take(NAMED)
                .collect();
            let more = if section.fields.len() > NAMED { " …" } else { "" };
            Section {
                title: section.title.clone(),
                open: fields.iter().any(|field| field.fault.is_some() || is_missing(field)),
                summary: said.join(" · ") + more,
                fields,
            }
        };
        let names = connection_parameters(&manifest);
        let of_connection = |section: &&palisade_bundle::Section| {
            section.parameters.iter().any(|name| names.contains(name.as_str()))
        };
        let title = action.sections.iter().find(of_connection).map(|section| section.title.clone());
        let own = without_connection(&manifest, action);
        let form = form(&manifest, &own, &held, &[]);
        let kind = action.connection(&manifest).map(|connection| manifest.connection_kind(connection));
        let chosen = title
            .zip(kind.clone())
            .map(|(title, kind)| chosen(store, &kind, title, connection, step, &prefix, faults));
        let (chosen, mut said_all) = chosen.transpose()?.unzip();
        let fields = form.sections.iter().flat_map(|section| &section.fields);
        let own_said = fields.map(|held| (held.label.clone(), said(held, step)));
        let said_all: Vec<(String, String)> = said_all.take().into_iter().chain(own_said).collect();
        let bundle = store.bundle(step.bundle).wait()?;
        let newer = store.current_bundle(&bundle.bundle).wait()?.filter(|current| current.id != step.bundle);
        Ok(Self {
            place,
            bundle: step.bundle,
            action: step.action.clone(),
            was: step.was.map(|was| was.to_string()).unwrap_or_default(),
            title: action.title.clone(),
            version: bundle.version,
            bundle_title: bundle.title,
            said: said_all,
            sections: chosen.into_iter().chain(form.sections.iter().map(section)).collect(),
            kind,
            tested: None,
            newer: newer.map(|current| (current.id, current.version)),
        })
    }
}

/// The section with the choice of a connection, and what it is set to.
fn chosen(
    store: &dyn palisade_store::Store,
    kind: &str,
    title: String,
    held: Option<palisade_store::ConnectionId>,
    step: &Step,
    prefix: &str,
    faults: &[Fault],
) -> Result<(Section, (String, String)), OrchestratorError> {
    let held = held.map(|id| id.to_string()).unwrap_or_default();
    let sent = step.sent.as_ref().and_then(|sent| sent.get("connection"));
    let value = sent.unwrap_or(&held).clone();
    let usable: Vec<_> = store.connections().wait()?.into_iter().filter(|row| row.kind == kind).collect();
    let name = usable.iter().find(|row| row.id.to_string() == value).map(|row| row.name.clone());
    let mut choices = Vec::new();
    if name.is_none() {
        choices.push(Choice::new("", "Choose"));
    }
    choices.extend(usable.iter().map(|row| Choice::new(row.id.to_string(), &row.name)));
    let help = if usable.is_empty() {
        "There is no connection yet. An operator creates one under Connections."
    } else {
        "Region and key are those of the connection."
    };
    let field = Field::select(format!("{prefix}connection"), "Connection", choices)
        .value(value)
        .required()
        .help(help)
        .faults(faults);
    let said = name.unwrap_or_else(|| "not chosen".to_owned());
    let section = Section { title, open: true, summary: said.clone(), fields: vec![field] };
    Ok((section, ("Connection".to_owned(), said)))
}

/// What a parameter is set to, as people read it.
fn said(held: &FormField, step: &Step) -> String {
    let sent = step.sent.as_ref();
    let value = sent.and_then(|sent| sent.get(&held.name)).unwrap_or(&held.value);
    match held.kind {
        "flag" => {
            let on = sent.map_or(value == "true", |sent| sent.contains_key(&held.name));
            if on { "on" } else { "off" }.to_owned()
        }
        "multiselect" => {
            let sent = |option: &str| sent.map(|sent| sent.contains_key(&format!("{}.{option}", held.name)));
            let chosen = held.options.iter().filter(|option| sent(&option.value).unwrap_or(option.chosen));
            let labels: Vec<&str> = chosen.map(|option| option.label.as_str()).collect();
            if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
        }
        "list" if !value.is_empty() => value.lines().collect::<Vec<_>>().join(", "),
        "select" => {
            let label = held.options.iter().find(|option| option.value == *value);
            label.map_or_else(|| "not set".to_owned(), |option| option.label.clone())
        }
        _ if value.is_empty() => "not set".to_owned(),
        _ => value.clone(),
    }
}

/// A parameter as a field. Secrets belong to connections: there is none here.
fn field(held: &FormField, step: &Step, prefix: &str, faults: &[Fault]) -> Field {
    let name = format!("{prefix}{}", held.name);
    let sent = step.sent.as_ref();
    let value = sent.and_then(|sent| sent.get(&held.name)).unwrap_or(&held.value).clone();
    let label = held.label.as_str();
    let bound = |field: Field, least: &'static str, most: &'static str| {
        let field = match held.minimum {
            Some(minimum) => field.attribute(least, minimum.to_string()),
            None => field,
        };
        match held.maximum {
            Some(maximum) => field.attribute(most, maximum.to_string()),
            None => field,
        }
    };
    let field = match held.kind {
        "flag" => {
            Field::check(name, label, sent.map_or(value == "true", |sent| sent.contains_key(&held.name)))
        }
        "multiselect" => {
            let sent = |option: &str| sent.map(|sent| sent.contains_key(&format!("{}.{option}", held.name)));
            let chosen = held.options.iter().filter(|option| sent(&option.value).unwrap_or(option.chosen));
            let chosen = chosen.map(|option| option.value.clone()).collect();
            let choices = held.options.iter().map(|option| Choice::new(&option.value, &option.label));
            Field::new(Kind::Boxes(choices.collect()), name, label).values(chosen)
        }
        "multiline" | "list" => {
            bound(Field::new(Kind::Text, name, label), "minlength", "maxlength").value(value)
        }
        "date" => Field::new(Kind::Line("date"), name, label).value(value),
        "duration" => Field::text(name, label).value(value).attribute("placeholder", "P30D"),
        "integer" => bound(Field::new(Kind::Line("number"), name, label), "min", "max").value(value),
        "select" => {
            let mut choices = Vec::new();
            if !held.options.iter().any(|option| option.value == value) {
                choices.push(Choice::new("", "Choose"));
            }
            choices.extend(held.options.iter().map(|option| Choice::new(&option.value, &option.label)));
            Field::select(name, label, choices).value(value)
        }
        "origin" => {
            Field::new(Kind::Line("url"), name, label).value(value).attribute("placeholder", "https://")
        }
        _ => bound(Field::text(name, label), "minlength", "maxlength").value(value),
    };
    let field = if held.help.is_empty() { field } else { field.help(&held.help) };
    let field = if held.required && held.kind != "flag" { field.required() } else { field };
    field.faults(faults)
}
