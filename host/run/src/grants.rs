//! From what the manifest asks to what the run may send: templates filled in with the configuration, secrets put into
//! credentials. A value that makes an origin something else than an origin is an error, not a wider grant.

use palisade_bundle::{Action, EgressAsked, Template};
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
        .and_then(|template| template.expand(|name| choice(configuration, name)))
        .map_err(|error| refuse(error.to_string()))?;
    let origin = Origin::parse(&origin).map_err(|error| refuse(error.to_string()))?;
    let methods = asked
        .methods
        .iter()
        .map(|method| method.parse().map_err(|_| refuse(format!("`{method}` is not a method"))))
        .collect::<Result<_, _>>()?;
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

fn choice<'configuration>(
    configuration: &'configuration Configuration,
    name: &str,
) -> Option<&'configuration str> {
    configuration.settings.iter().find(|setting| setting.name == name).and_then(|setting| {
        match &setting.value {
            SettingValue::Choice(value) => Some(value.as_str()),
            _ => None,
        }
    })
}
