//! The rules of actions: what they accept and what their forms consist of.

use super::super::fault::FaultKind;
use super::super::{Action, Manifest, ParameterKind, Purpose};
use super::{Findings, ID, egress};
use crate::nearest;
use crate::template::is_id;

/// Checks all actions, and that each parameter is in a form.
pub(super) fn check(manifest: &Manifest, findings: &mut Findings<'_>) {
    let actions = &manifest.actions;
    findings.filled("actions", actions);
    findings.unique("the action", actions.iter().map(|action| action.id.as_str()), |index| {
        format!("actions[{index}].id")
    });
    for (index, action) in actions.iter().enumerate() {
        let path = format!("actions[{index}]");
        if !is_id(&action.id) {
            findings
                .add(format!("{path}.id"), FaultKind::Malformed { value: action.id.clone(), expected: ID });
        }
        findings.shown(format!("{path}.title"), &action.title);
        findings.shown(format!("{path}.description"), &action.description);
        accepts(action, &path, findings);
        form(action, manifest, &path, findings);
        for (index, asked) in action.egress.iter().enumerate() {
            egress::check(asked, action, manifest, &format!("{path}.egress[{index}]"), findings);
        }
        egress::one_connection_test(action, &path, findings);
    }
    for (index, parameter) in manifest.parameters.iter().enumerate() {
        if !actions.iter().any(|action| in_form(action, &parameter.name)) {
            let kind = FaultKind::UnusedParameter { name: parameter.name.clone() };
            findings.add(format!("parameters[{index}].name"), kind);
        }
    }
}

/// Whether the parameter of this name is in the action's form.
pub(super) fn in_form(action: &Action, name: &str) -> bool {
    action.sections.iter().flat_map(|section| &section.parameters).any(|one| one == name)
}

/// Checks the kinds and types of objects.
fn accepts(action: &Action, path: &str, findings: &mut Findings<'_>) {
    findings.filled(format!("{path}.accepts"), &action.accepts);
    findings.unique("the kind", action.accepts.iter().map(|one| one.kind.as_str()), |index| {
        format!("{path}.accepts[{index}].kind")
    });
    for (index, accepted) in action.accepts.iter().enumerate() {
        let path = format!("{path}.accepts[{index}]");
        findings.shown(format!("{path}.kind"), &accepted.kind);
        findings.filled(format!("{path}.subtypes"), &accepted.subtypes);
        findings.unique("the subtype", accepted.subtypes.iter().map(String::as_str), |index| {
            format!("{path}.subtypes[{index}]")
        });
        for (index, subtype) in accepted.subtypes.iter().enumerate() {
            findings.shown(format!("{path}.subtypes[{index}]"), subtype);
        }
    }
}

/// Checks that the form's parameters exist, each once, and that at most one of them sets the objects per run.
fn form(action: &Action, manifest: &Manifest, path: &str, findings: &mut Findings<'_>) {
    findings.unique("the section", action.sections.iter().map(|section| section.title.as_str()), |index| {
        format!("{path}.sections[{index}].title")
    });
    let mut seen: Vec<&str> = Vec::new();
    let mut objects_per_run = false;
    for (index, section) in action.sections.iter().enumerate() {
        let path = format!("{path}.sections[{index}]");
        findings.shown(format!("{path}.title"), &section.title);
        findings.filled(format!("{path}.parameters"), &section.parameters);
        for (index, name) in section.parameters.iter().enumerate() {
            let path = format!("{path}.parameters[{index}]");
            if seen.contains(&name.as_str()) {
                findings.add(path, FaultKind::Duplicate { what: "the parameter", value: name.clone() });
                continue;
            }
            seen.push(name);
            let Some(parameter) = manifest.parameter(name) else {
                findings.add(path, unknown_parameter(name, manifest));
                continue;
            };
            if matches!(parameter.kind, ParameterKind::Integer { purpose: Some(Purpose::ObjectsPerRun), .. })
            {
                if objects_per_run {
                    findings.add(path, FaultKind::ObjectsPerRunTwice { action: action.id.clone() });
                }
                objects_per_run = true;
            }
        }
    }
}

/// The fault of a reference that leads nowhere.
pub(super) fn unknown_parameter(name: &str, manifest: &Manifest) -> FaultKind {
    let names = manifest.parameters.iter().map(|parameter| &parameter.name);
    FaultKind::UnknownParameter { name: name.to_owned(), nearest: nearest(name, names).map(str::to_owned) }
}
