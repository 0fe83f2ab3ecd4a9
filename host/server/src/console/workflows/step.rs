//! The form of one action within the builder: the sections of its manifest, with what was entered, and the faults beside the fields.

use palisade_orchestrator::{FormField, Orchestrator, OrchestratorError, REMOVE, form};
use palisade_store::{BundleId, StoreError, WorkflowRow};

use super::builder::Step;
use crate::Fault;
use crate::view::{Choice, Field, Kind};

/// One section of an action's form.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) fields: Vec<Field>,
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
        let held = match was.filter(|was| was.action == step.action) {
            Some(was) => was.configuration.clone(),
            None => store.action_defaults(&manifest.id, &action.id)?,
        };
        let prefix = format!("steps.{place}.");
        let section = |section: &palisade_orchestrator::FormSection| Section {
            title: section.title.clone(),
            fields: section.fields.iter().flat_map(|held| field(held, step, &prefix, faults)).collect(),
        };
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
            sections: form(&manifest, action, &held, &[]).sections.iter().map(section).collect(),
            newer: newer.map(|current| (current.id, current.version)),
        })
    }
}

/// A parameter as a field; a secret that is kept and not needed comes with the box that takes it away.
fn field(held: &FormField, step: &Step, prefix: &str, faults: &[Fault]) -> Vec<Field> {
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
            Field::secret(name, label, "off")
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
