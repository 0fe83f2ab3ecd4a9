//! Which parameters belong to a connection: what an operator enters once for all actions of a bundle. A manifest of schema 1 does
//! not say so. They are its secrets, and the parameters that are part of an origin to which a secret is sent.

use std::collections::BTreeSet;

use palisade_bundle::{Action, Effect, Manifest, ParameterKind, Section, Template};

/// The names of the parameters that belong to the bundle's connection; empty if its actions need no credential.
#[must_use]
pub fn connection_parameters(manifest: &Manifest) -> BTreeSet<&str> {
    let secret = |name: &str| {
        manifest.parameter(name).is_some_and(|parameter| matches!(parameter.kind, ParameterKind::Secret {}))
    };
    let mut names: BTreeSet<&str> = used(manifest).filter(|name| secret(name)).collect();
    let asked = manifest.actions.iter().flat_map(|action| &action.egress);
    for asked in asked.filter(|asked| asked.credential.is_some()) {
        let Ok(template) = Template::parse(&asked.origin) else { continue };
        let parts: BTreeSet<&str> = template.names().collect();
        names.extend(used(manifest).filter(|name| parts.contains(name)));
    }
    names
}

/// The parameters of all actions.
fn used(manifest: &Manifest) -> impl Iterator<Item = &str> {
    let sections = manifest.actions.iter().flat_map(|action| &action.sections);
    sections.flat_map(|section| &section.parameters).map(String::as_str)
}

/// A connection as an action: its form has the parameters of the connection, and its requests are those of all actions. A secret of
/// the connection is sent wherever one of them sends it.
#[must_use]
pub fn connection_form(manifest: &Manifest) -> Action {
    let names = connection_parameters(manifest);
    let parameters = manifest.parameters.iter().map(|parameter| &parameter.name);
    Action {
        id: "connection".to_owned(),
        title: manifest.name.clone(),
        description: String::new(),
        effect: Effect::Other,
        accepts: Vec::new(),
        returns_data: false,
        sections: vec![Section {
            title: "Connection Settings".to_owned(),
            parameters: parameters.filter(|name| names.contains(name.as_str())).cloned().collect(),
        }],
        egress: manifest.actions.iter().flat_map(|action| &action.egress).cloned().collect(),
    }
}

/// An action without the parameters of the connection.
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
        let text = r#"schema: 1
contract: palisade:action@0.2.0
id: example
name: Example
version: 1.0.0
publisher: Nobody
description: Sends.
license: Apache-2.0
component: component.wasm
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
    accepts: [{kind: Indicator, subtypes: [FQDN]}]
    sections:
      - {title: Connection, parameters: [key, target]}
      - {title: Rest, parameters: [note, other]}
    egress:
      - origin: "{target}"
        methods: [POST]
        paths: [/x]
        credential: {parameter: key, header: Authorization, format: "Bearer {key}"}
        changes: true
        reason: With the key.
      - {origin: "{other}", methods: [POST], paths: [/y], changes: true, reason: Without the key.}
"#;
        Manifest::parse(text, "manifest.yaml").unwrap()
    }

    #[test]
    fn a_connection_has_the_secrets_and_what_says_where_they_are_sent() {
        let manifest = manifest();
        assert_eq!(connection_parameters(&manifest), BTreeSet::from(["key", "target"]));
        assert_eq!(connection_form(&manifest).sections[0].parameters, ["target", "key"]);
        assert_eq!(connection_form(&manifest).egress.len(), 2);
        let own = without_connection(&manifest, &manifest.actions[0]);
        assert_eq!(own.sections.len(), 1);
        assert_eq!(own.sections[0].parameters, ["note", "other"]);
    }
}
