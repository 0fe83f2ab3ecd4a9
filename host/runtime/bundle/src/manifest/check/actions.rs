//! The rules of actions: what they accept and what their forms consist of.

use super::super::fault::FaultKind;
use super::super::{Action, EgressAsked, Manifest, ParameterKind, Purpose};
use super::{Findings, ID, behaviour, egress};
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
        connection(action, manifest, &path, findings);
        behaviour::check(action, manifest, &path, findings);
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
    if action.feed.is_none() {
        findings.filled(format!("{path}.accepts"), &action.accepts);
    }
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
        for (index, set) in accepted.attributes.iter().enumerate() {
            let path = format!("{path}.attributes[{index}]");
            findings.filled(&path, set);
            findings
                .unique("the attribute", set.iter().map(String::as_str), |index| format!("{path}[{index}]"));
            for (index, name) in set.iter().enumerate() {
                findings.shown(format!("{path}[{index}]"), name);
            }
            if accepted.attributes.iter().take(index).any(|earlier| earlier == set) {
                let value = set.join(", ");
                findings.add(&path, FaultKind::Duplicate { what: "the set of attributes", value });
            }
        }
    }
}

/// Checks that the action's requests go over one connection at most, and that the form has what belongs to it and nothing of another
/// connection.
fn connection(action: &Action, manifest: &Manifest, path: &str, findings: &mut Findings<'_>) {
    let Some(own) = action.connection(manifest) else {
        return of_no_connection(action, manifest, path, findings);
    };
    for (index, asked) in action.egress.iter().enumerate() {
        if manifest.connection_of(asked).is_some_and(|other| other.id != own.id) {
            let kind = FaultKind::TwoConnections { action: action.id.clone() };
            findings.add(format!("{path}.egress[{index}].connection"), kind);
        }
    }
    for name in own.parameters.iter().filter(|name| !in_form(action, name)) {
        let kind = FaultKind::NotInForm { name: name.clone(), action: action.id.clone() };
        findings.add(format!("{path}.sections"), kind);
    }
    of_no_connection(action, manifest, path, findings);
}

/// Checks that the form has no parameter of a connection that the action does not use.
fn of_no_connection(action: &Action, manifest: &Manifest, path: &str, findings: &mut Findings<'_>) {
    // What a broken reference meant is not known.
    let is_broken = |asked: &EgressAsked| match &asked.connection {
        Some(name) => manifest.connection(name).is_none(),
        None => asked.origin.is_none(),
    };
    if action.egress.iter().any(is_broken) {
        return;
    }
    let own = action.connection(manifest).map(|connection| connection.id.as_str());
    for (index, section) in action.sections.iter().enumerate() {
        for (place, name) in section.parameters.iter().enumerate() {
            let owner = manifest.connections.iter().find(|connection| connection.parameters.contains(name));
            if let Some(owner) = owner.filter(|owner| Some(owner.id.as_str()) != own) {
                let (name, connection) = (name.clone(), owner.id.clone());
                let kind = FaultKind::ConnectionNotUsed { name, connection, action: action.id.clone() };
                findings.add(format!("{path}.sections[{index}].parameters[{place}]"), kind);
            }
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
