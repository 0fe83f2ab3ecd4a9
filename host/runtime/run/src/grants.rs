//! From what the manifest asks to what the run may send: templates filled in with the configuration, secrets put into
//! credentials. A value that makes an origin something else than an origin is an error, not a wider grant.

use http::{HeaderName, Method, Uri};
use palisade_bundle::{Action, EgressAsked, Manifest, Parameter, SelectOption, Template};
use palisade_egress::{Credential, Grant, Origin, PathRule, belongs_to_host};
use palisade_engine::contract::Value as SettingValue;

use crate::PrepareError;
use crate::configuration::Configuration;
use crate::prepare::Prepared;

/// The grants of one action under one configuration. What the host sends for a purpose of its own is not the action's.
pub(crate) fn grants(action: &Action, configuration: &Configuration) -> Result<Vec<Grant>, PrepareError> {
    let own = action.egress.iter().filter(|asked| asked.purpose.is_none());
    own.map(|asked| grant(asked, configuration, |_| None)).collect()
}

/// The request that asks a service whether it can be reached and takes the credential.
#[derive(Debug, Clone)]
pub struct ConnectionRequest {
    /// Where to; the path is the grant's only one.
    pub uri: Uri,
    /// What allows it, as far as the manifest goes.
    pub grant: Grant,
    /// Which option of the parameter leads there; none where that is no `select`.
    pub option: Option<SelectOption>,
}

/// How an action's connection is tested.
#[derive(Debug, Clone)]
pub struct ConnectionRequests {
    /// At the service that the configuration names.
    pub chosen: ConnectionRequest,
    /// At those that the other options of the same parameter name.
    pub others: Vec<ConnectionRequest>,
    /// The label of that parameter, where there is one.
    pub parameter: Option<String>,
}

/// The parameter whose options lead to the services that a test of an action's connection can ask; none where there is no such
/// test, and where two parameters lead there: nobody could say which of them is wrong.
#[must_use]
pub fn connection_parameter<'manifest>(
    manifest: &'manifest Manifest,
    action: &Action,
) -> Option<&'manifest Parameter> {
    let template = Template::parse(&action.connection_test()?.origin).ok()?;
    let mut names = template.names();
    let (only, None) = (names.next()?, names.next()) else { return None };
    manifest.parameter(only).filter(|parameter| !parameter.options().is_empty())
}

/// How an action's connection is tested under one configuration; none where its manifest does not say.
///
/// # Errors
/// Where the configuration makes an origin of it that is none, or the secret fits into no header.
pub fn connection_requests(
    manifest: &Manifest,
    action: &Action,
    configuration: &Configuration,
) -> Result<Option<ConnectionRequests>, PrepareError> {
    let Some(asked) = action.connection_test() else { return Ok(None) };
    let at = |option: Option<&SelectOption>| {
        let grant = grant(asked, configuration, |_| option.map(|option| option.value.as_str()))?;
        let path = asked.paths.first().map(String::as_str).unwrap_or_default();
        let uri = format!("{}{path}", grant.origin).parse().map_err(|error: http::uri::InvalidUri| {
            PrepareError::Grant { origin: asked.origin.clone(), cause: error.to_string() }
        })?;
        Ok::<_, PrepareError>(ConnectionRequest { uri, grant, option: option.cloned() })
    };
    let Some(parameter) = connection_parameter(manifest, action) else {
        return Ok(Some(ConnectionRequests { chosen: at(None)?, others: Vec::new(), parameter: None }));
    };
    let value = part_of_origin(configuration, &parameter.name);
    let (chosen, others): (Vec<_>, Vec<_>) =
        parameter.options().iter().partition(|option| Some(option.value.as_str()) == value);
    Ok(Some(ConnectionRequests {
        chosen: at(chosen.first().copied())?,
        others: others.into_iter().map(|option| at(Some(option))).collect::<Result<_, _>>()?,
        parameter: Some(parameter.label.clone()),
    }))
}

impl Prepared {
    /// The services that the run may send to, each once.
    #[must_use]
    pub fn services(&self) -> Vec<String> {
        let mut services: Vec<String> = self.asked.iter().map(|grant| grant.origin.to_string()).collect();
        services.sort_unstable();
        services.dedup();
        services
    }
}

/// The grant of one request; `instead` says what is to stand in its origin in the place of what is configured.
fn grant<'value>(
    asked: &EgressAsked,
    configuration: &'value Configuration,
    instead: impl Fn(&str) -> Option<&'value str>,
) -> Result<Grant, PrepareError> {
    let refuse = |cause: String| PrepareError::Grant { origin: asked.origin.clone(), cause };
    let origin = Template::parse(&asked.origin)
        .and_then(|template| {
            template.expand(|name| instead(name).or_else(|| part_of_origin(configuration, name)))
        })
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
    Ok(Grant {
        origin,
        methods,
        paths,
        headers: headers(asked)?,
        credential,
        changes: asked.changes,
        idempotent: asked.idempotent,
        reason: asked.reason.clone(),
    })
}

/// The origins that a secret parameter is sent to under one configuration, sorted, each once. Where a part of an origin has no
/// value, the origin is the manifest's own text with its placeholder.
#[must_use]
pub fn secret_origins(action: &Action, configuration: &Configuration, parameter: &str) -> Vec<String> {
    let carries = |asked: &&EgressAsked| {
        asked.credential.as_ref().is_some_and(|credential| credential.parameter == parameter)
    };
    let origin = |asked: &EgressAsked| {
        Template::parse(&asked.origin)
            .and_then(|template| template.expand(|name| part_of_origin(configuration, name)))
            .unwrap_or_else(|_| asked.origin.clone())
    };
    let mut origins: Vec<String> = action.egress.iter().filter(carries).map(origin).collect();
    origins.sort_unstable();
    origins.dedup();
    origins
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
                headers: headers(asked)?,
                credential: None,
                changes: asked.changes,
                idempotent: asked.idempotent,
                reason: asked.reason.clone(),
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

fn headers(asked: &EgressAsked) -> Result<Vec<HeaderName>, PrepareError> {
    let refuse = |cause| PrepareError::Grant { origin: asked.origin.clone(), cause };
    let header = |text: &String| {
        let name: HeaderName =
            text.parse().map_err(|_| refuse(format!("`{text}` is not a valid header name")))?;
        if belongs_to_host(&name) {
            return Err(refuse(format!("only the host may set the header `{text}`")));
        }
        Ok(name)
    };
    asked.headers.iter().map(header).collect()
}

/// The value of a parameter that an origin refers to. The manifest's check sees to it that it is a `select`, whose options were
/// checked as well, or an `origin`, which the operator entered; the latter is a text here.
fn part_of_origin<'configuration>(
    configuration: &'configuration Configuration,
    name: &str,
) -> Option<&'configuration str> {
    configuration.settings.iter().find(|setting| setting.name == name).and_then(|setting| {
        match &setting.value {
            SettingValue::Text(value) => Some(value.as_str()),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Given, GivenValue, Secrets};

    /// Read when the tests run: the package of this crate does not contain it.
    fn valid() -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../bundle/tests/manifests/valid.yaml");
        std::fs::read_to_string(path).unwrap()
    }

    fn configured(manifest: &Manifest, region: Option<&str>) -> (Action, Configuration) {
        let action = manifest.action("send").unwrap().clone();
        let value = |value: &str| Given {
            value: GivenValue::Text(value.to_owned()),
            origin: String::new(),
            shared: false,
        };
        let given: BTreeMap<String, Given> =
            region.map(|region| ("region".to_owned(), value(region))).into_iter().collect();
        let configuration = Configuration::resolve(manifest, &action, &given, Secrets::StandIn).unwrap();
        (action, configuration)
    }

    #[test]
    fn the_request_that_tests_the_connection_is_not_the_components_to_send() {
        let manifest = Manifest::parse(&valid(), "valid.yaml").unwrap();
        let (action, configuration) = configured(&manifest, None);
        let grants = grants(&action, &configuration).unwrap();
        let uri: Uri = "https://api.example.com/v1/hello".parse().unwrap();
        assert!(!grants.iter().any(|grant| grant.covers(&Method::GET, &uri)));
        // Whoever reviews the bundle sees it all the same.
        let (asked, _) = asked_grants(&manifest, &action).unwrap();
        assert!(asked.iter().any(|grant| grant.covers(&Method::GET, &uri)));
    }

    #[test]
    fn a_connection_is_tested_where_the_configuration_leads_and_then_elsewhere() {
        let manifest = Manifest::parse(&valid(), "valid.yaml").unwrap();
        for (region, chosen, other) in [
            (None, "https://api.example.com/v1/hello", "https://api.example.org/v1/hello"),
            (Some("Asia"), "https://api.example.org/v1/hello", "https://api.example.com/v1/hello"),
        ] {
            let (action, configuration) = configured(&manifest, region);
            let requests = connection_requests(&manifest, &action, &configuration).unwrap().unwrap();
            assert_eq!(requests.chosen.uri, chosen);
            let others: Vec<String> = requests.others.iter().map(|other| other.uri.to_string()).collect();
            assert_eq!(others, [other]);
            assert_eq!(requests.parameter.as_deref(), Some("Region"));
            for request in std::iter::once(&requests.chosen).chain(&requests.others) {
                assert!(
                    request.grant.credential.is_some() && request.grant.covers(&Method::GET, &request.uri)
                );
            }
        }
    }

    #[test]
    fn without_a_word_of_the_manifest_nothing_is_asked_and_without_a_choice_nobody_else() {
        let plain = valid().replace("        purpose: connection-test\n", "");
        let manifest = Manifest::parse(&plain, "valid.yaml").unwrap();
        let (action, configuration) = configured(&manifest, None);
        assert!(connection_requests(&manifest, &action, &configuration).unwrap().is_none());
        let fixed = valid().replace("https://{region}", "https://api.example.com");
        let manifest = Manifest::parse(&fixed, "valid.yaml").unwrap();
        let (action, configuration) = configured(&manifest, Some("Asia"));
        let requests = connection_requests(&manifest, &action, &configuration).unwrap().unwrap();
        assert_eq!(requests.chosen.uri, "https://api.example.com/v1/hello");
        assert!(requests.others.is_empty() && requests.parameter.is_none());
    }
}
