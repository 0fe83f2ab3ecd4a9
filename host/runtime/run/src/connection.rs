//! Which parameters belong to connections: what an operator enters once for all actions of a bundle.

use std::collections::BTreeSet;

use palisade_bundle::{Action, ActionChanges, ConnectionAsked, Effect, Manifest, Returns, Section};

/// The names of the parameters that belong to a connection of the bundle; empty if it has none. An action's form has those of its
/// own connection only.
#[must_use]
pub fn connection_parameters(manifest: &Manifest) -> BTreeSet<&str> {
    manifest.connections.iter().flat_map(|connection| &connection.parameters).map(String::as_str).collect()
}

/// A connection as an action: its form has the parameters of the connection, and its requests are those of all actions that use it. A
/// secret of the connection is sent wherever one of them sends it.
#[must_use]
pub fn connection_form(manifest: &Manifest, connection: &ConnectionAsked) -> Action {
    let over = |asked: &&palisade_bundle::EgressAsked| asked.connection.as_ref() == Some(&connection.id);
    let asked = manifest.actions.iter().flat_map(|action| &action.egress).filter(over);
    Action {
        id: "connection".to_owned(),
        title: connection.label.clone(),
        description: String::new(),
        effect: Effect::Other,
        changes: ActionChanges::None,
        reversible_by: None,
        approval: None,
        activity: None,
        accepts: Vec::new(),
        accepted_means: None,
        waits: None,
        returns: Returns::default(),
        feed: None,
        requires: Vec::new(),
        sections: vec![Section {
            title: "Connection Settings".to_owned(),
            parameters: connection.parameters.clone(),
        }],
        egress: asked.cloned().chain(connection.test_requests()).collect(),
        links: Vec::new(),
    }
}

/// An action without the parameters of its connection.
#[must_use]
pub fn without_connection(manifest: &Manifest, action: &Action) -> Action {
    let names = connection_parameters(manifest);
    let mut action = action.clone();
    for section in &mut action.sections {
        section.parameters.retain(|name| !names.contains(name.as_str()));
    }
    action.sections.retain(|section| !section.parameters.is_empty());
    action
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        let text = r#"schema: 2
contract: palisade:action@0.2.0
id: example
name: Example
version: 1.0.0
publisher: Nobody
description: Sends.
license: Apache-2.0
component: component.wasm
connections:
  - id: service
    label: Service
    parameters: [target, key]
    origin: "{target}"
    credential: {headers: [{name: Authorization, format: "Bearer {key}"}]}
parameters:
  - {name: target, label: Target, help: Where to., type: origin, required: true}
  - {name: other, label: Other, help: Where else to., type: origin, required: true}
  - {name: note, label: Note, help: Why., type: text}
  - {name: key, label: Key, help: A key., type: secret, required: true}
actions:
  - id: go
    title: Go
    description: Sends.
    effect: other
    changes: reversible
    accepts: [{kind: Indicator, subtypes: [FQDN]}]
    sections:
      - {title: Connection, parameters: [key, target]}
      - {title: Rest, parameters: [note, other]}
    egress:
      - connection: service
        methods: [POST]
        paths: [/x]
        changes: true
        reason: With the key.
      - {origin: "{other}", methods: [POST], paths: [/y], changes: true, reason: Without the key.}
"#;
        Manifest::parse(text, "manifest.yaml").unwrap()
    }

    #[test]
    fn a_connection_has_its_parameters_and_the_requests_that_go_over_it() {
        let manifest = manifest();
        assert_eq!(connection_parameters(&manifest), BTreeSet::from(["key", "target"]));
        assert_eq!(
            connection_form(&manifest, &manifest.connections[0]).sections[0].parameters,
            ["target", "key"]
        );
        assert_eq!(connection_form(&manifest, &manifest.connections[0]).egress.len(), 1);
        let own = without_connection(&manifest, &manifest.actions[0]);
        assert_eq!(own.sections.len(), 1);
        assert_eq!(own.sections[0].parameters, ["note", "other"]);
    }
}
