//! From what the manifest asks to what the run may send: templates filled in with the configuration, secrets put into
//! credentials. A value that makes an origin something else than an origin is an error, not a wider grant.

use http::Method;
use palisade_bundle::{Action, EgressAsked, Manifest, Parameter, Template};
use palisade_egress::{Credential, Grant, Origin, PathRule};
use palisade_engine::contract::SettingValue;

use crate::PrepareError;
use crate::configuration::Configuration;

/// The grants of one action under one configuration.
pub(crate) fn grants(action: &Action, configuration: &Configuration) -> Result<Vec<Grant>, PrepareError> {
    action.egress.iter().map(|asked| grant(asked, configuration)).collect()
}

fn grant(asked: &EgressAsked, configuration: &Configuration) -> Result<Grant, PrepareError> {
    let refuse = |cause: String| PrepareError::Grant { origin: asked.origin.clone(), cause };
    let origin = Template::parse(&asked.origin)
        .and_then(|template| template.expand(|name| part_of_origin(configuration, name)))
        .map_err(|error| refuse(error.to_string()))?;
    let origin = Origin::parse(&origin).map_err(|error| refuse(error.to_string()))?;
    let methods = methods(asked)?;
    let credential = match &asked.credential {
        None => None,
        Some(wanted) => configuration
            .secrets
            .get(&wanted.parameter)
            .map(|secret| {
                let placeholder = format!("{{{}}}", wanted.parameter);
                let (prefix, suffix) = wanted.format.split_once(&placeholder).unwrap_or((&wanted.format, ""));
                Credential::new(&wanted.header, prefix, secret, suffix)
            })
            .transpose()
            .map_err(|cause| PrepareError::Credential { parameter: wanted.parameter.clone(), cause })?,
    };
    let paths = asked.paths.iter().map(|path| PathRule::parse(path)).collect();
    Ok(Grant { origin, methods, paths, credential, idempotent: asked.idempotent })
}

/// What an action asks for whatever its configuration: one grant for each origin that its options lead to, without
/// credentials. What depends on an origin that the operator enters cannot be known, and is given apart, as the manifest
/// has it.
pub fn asked_grants(manifest: &Manifest, action: &Action) -> Result<(Vec<Grant>, Vec<String>), PrepareError> {
    let (mut grants, mut open) = (Vec::new(), Vec::new());
    for asked in &action.egress {
        let refuse = |cause: String| PrepareError::Grant { origin: asked.origin.clone(), cause };
        let template = Template::parse(&asked.origin).map_err(|error| refuse(error.to_string()))?;
        let mut origins = vec![asked.origin.clone()];
        for name in template.names() {
            let options = manifest.parameter(name).map(Parameter::options).unwrap_or_default();
            let placeholder = format!("{{{name}}}");
            let expand = |origin: &String| {
                options.iter().map(|option| origin.replace(&placeholder, &option.value)).collect::<Vec<_>>()
            };
            origins = origins.iter().flat_map(expand).collect();
        }
        if origins.is_empty() {
            open.push(asked.origin.clone());
        }
        for origin in origins {
            let origin = Origin::parse(&origin).map_err(|error| refuse(error.to_string()))?;
            grants.push(Grant {
                origin,
                methods: methods(asked)?,
                paths: asked.paths.iter().map(|path| PathRule::parse(path)).collect(),
                credential: None,
                idempotent: asked.idempotent,
            });
        }
    }
    Ok((grants, open))
}

fn methods(asked: &EgressAsked) -> Result<Vec<Method>, PrepareError> {
    let method = |text: &String| {
        text.parse().map_err(|_| PrepareError::Grant {
            origin: asked.origin.clone(),
            cause: format!("`{text}` is not a method"),
        })
    };
    asked.methods.iter().map(method).collect()
}

/// The value of a parameter that an origin refers to. The manifest's check sees to it that it is a `select`, whose options were
/// checked as well, or an `origin`, which the operator entered; the latter is a text here.
fn part_of_origin<'configuration>(
    configuration: &'configuration Configuration,
    name: &str,
) -> Option<&'configuration str> {
    configuration.settings.iter().find(|setting| setting.name == name).and_then(|setting| {
        match &setting.value {
            SettingValue::Choice(value) | SettingValue::Text(value) => Some(value.as_str()),
            _ => None,
        }
    })
}
