//! The form of one action within the builder: the sections of its manifest, with what was entered, and the faults beside the fields.

use palisade_orchestrator::{ConnectionTest, FormField, Orchestrator, OrchestratorError, REMOVE, form};
use palisade_store::{BundleId, StoreError, WorkflowRow};

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
pub(super) struct Tested {
    pub(super) works: bool,
    pub(super) title: String,
    pub(super) texts: Vec<String>,
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
}

impl Tested {
    /// What a test says.
    pub(super) fn of(test: &ConnectionTest) -> Self {
        let title = match (test.works, test.failed) {
            (true, _) => "The connection works.".to_owned(),
            (false, Some(failed)) => format!("The connection does not work: {}.", failed.in_words()),
            (false, None) => "The connection does not work.".to_owned(),
        };
        let texts = std::iter::once(&test.message).chain(&test.hint).map(|text| sentence(text));
        Self { works: test.works, title, texts: texts.collect() }
    }

    /// Why there was no test.
    pub(super) fn failed(failure: &Failure) -> Self {
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
        preserve: bool,
    ) -> Result<Self, OrchestratorError> {
        let store = orchestrator.store();
        let manifest = orchestrator.manifest(step.bundle)?;
        let action = manifest
            .action(&step.action)
            .ok_or_else(|| StoreError::Missing { what: "action", id: step.action.clone() })?;
        let was = saved.zip(step.was).and_then(|(row, was)| row.steps.get(was));
        let held = match was.filter(|was| was.action == step.action) {
            Some(was) => was.configuration.clone(),
            None => store.action_defaults(&manifest.id, &action.id)?,
        };
        let prefix = format!("steps.{place}.");
        let section = |section: &palisade_orchestrator::FormSection| {
            let fields = section.fields.iter().flat_map(|held| field(held, step, &prefix, faults, preserve));
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
        let form = form(&manifest, action, &held, &[]);
        let fields = form.sections.iter().flat_map(|section| &section.fields);
        let bundle = store.bundle(step.bundle)?;
        let newer = store.current_bundle(&bundle.bundle)?.filter(|current| current.id != step.bundle);
        Ok(Self {
            place,
            bundle: step.bundle,
            action: step.action.clone(),
            was: step.was.map(|was| was.to_string()).unwrap_or_default(),
            title: action.title.clone(),
            version: bundle.version,
            bundle_title: bundle.title,
            said: fields.map(|held| (held.label.clone(), said(held, step))).collect(),
            sections: form.sections.iter().map(section).collect(),
            tested: None,
            newer: newer.map(|current| (current.id, current.version)),
        })
    }
}

/// What a parameter is set to, as people read it.
fn said(held: &FormField, step: &Step) -> String {
    let sent = step.sent.as_ref();
    let value = sent.and_then(|sent| sent.get(&held.name)).unwrap_or(&held.value);
    let removed = sent.is_some_and(|sent| sent.contains_key(&format!("{}{REMOVE}", held.name)));
    match held.kind {
        "secret" if !value.is_empty() => "new value".to_owned(),
        "secret" if held.is_set && !removed => "set".to_owned(),
        "flag" => {
            let on = sent.map_or(value == "true", |sent| sent.contains_key(&held.name));
            if on { "on" } else { "off" }.to_owned()
        }
        "select" => {
            let label = held.options.iter().find(|option| option.value == *value);
            label.map_or_else(|| "not set".to_owned(), |option| option.label.clone())
        }
        _ if value.is_empty() => "not set".to_owned(),
        _ => value.clone(),
    }
}

/// A parameter as a field; a secret that is kept and not needed comes with the box that takes it away.
fn field(held: &FormField, step: &Step, prefix: &str, faults: &[Fault], preserve: bool) -> Vec<Field> {
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
    let mut help = held.help.clone();
    let field = match held.kind {
        "secret" => {
            let told = if held.is_set {
                "A value is set. Leave empty to keep it."
            } else {
                "Enter it last: adding, moving or removing an action clears this field."
            };
            help = if help.is_empty() { told.to_owned() } else { format!("{help} {told}") };
            let field = Field::secret(name, label, "off");
            // What was typed stays in the browser: the server never writes a secret back.
            if preserve { field.attribute("data-keep", "") } else { field }
        }
        "flag" => {
            Field::check(name, label, sent.map_or(value == "true", |sent| sent.contains_key(&held.name)))
        }
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
    let field = if help.is_empty() { field } else { field.help(help) };
    // A secret that is kept may be left empty, and a flag may be off.
    let needed = held.required && held.kind != "flag" && !(held.kind == "secret" && held.is_set);
    let field = if needed { field.required() } else { field };
    let removal = field.removal(held.is_set && !held.required).map(|removal| {
        let ticked = sent.is_some_and(|sent| sent.contains_key(&format!("{}{REMOVE}", held.name)));
        if ticked { removal.value("on") } else { removal }
    });
    std::iter::once(field.faults(faults)).chain(removal).collect()
}
