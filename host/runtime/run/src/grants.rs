//! From what the manifest asks to what the run may send: templates filled in with the configuration, secrets put into
//! credentials. A value that makes an origin something else than an origin is an error, not a wider grant.

use http::{HeaderName, Method, Uri};
use palisade_bundle::{
    Action, ClientAuthentication, ConnectionAsked, CredentialAsked, EgressAsked, Manifest, OauthAsked,
    Parameter, SelectOption, Template, TestAsked,
};
use palisade_egress::{Credential, Grant, Origin, PathRule, SecretString, TokenSource, belongs_to_host};
use palisade_engine::contract::Value as SettingValue;

use crate::PrepareError;
use crate::configuration::Configuration;
use crate::prepare::Prepared;

/// The grants of one action under one configuration. The requests that test its connection are the host's to send.
pub(crate) fn grants(
    manifest: &Manifest,
    action: &Action,
    configuration: &Configuration,
) -> Result<Vec<Grant>, PrepareError> {
    action.egress.iter().map(|asked| grant(manifest, asked, configuration, |_| None)).collect()
}

/// A request that tests a connection.
#[derive(Debug, Clone)]
pub struct ConnectionRequest {
    /// GET or HEAD.
    pub method: Method,
    /// Where to.
    pub uri: Uri,
    /// What allows it, as far as the manifest goes.
    pub grant: Grant,
    /// The statuses with which the test passes.
    pub expect: Vec<u16>,
    /// What a passed test proves.
    pub proves: String,
    /// Which option of the parameter leads there; none if that is not a `select`.
    pub option: Option<SelectOption>,
}

/// How an action's connection is tested.
#[derive(Debug, Clone)]
pub struct ConnectionRequests {
    /// The first test, at the service that the configuration names.
    pub chosen: ConnectionRequest,
    /// The first test, at the services that the other options of the same parameter name.
    pub others: Vec<ConnectionRequest>,
    /// The label of that parameter, if there is one.
    pub parameter: Option<String>,
    /// The further tests, in order.
    pub further: Vec<ConnectionRequest>,
}

/// The parameter whose options lead to the services that a test of an action's connection can ask; none if there is no such
/// test, and if two parameters lead there: nobody could say which of them is wrong.
#[must_use]
pub fn connection_parameter<'manifest>(
    manifest: &'manifest Manifest,
    action: &Action,
) -> Option<&'manifest Parameter> {
    let connection = action.connection(manifest).filter(|connection| !connection.tests.is_empty())?;
    let template = Template::parse(&connection.origin).ok()?;
    let mut names = template.names();
    let (only, None) = (names.next()?, names.next()) else { return None };
    manifest.parameter(only).filter(|parameter| !parameter.options().is_empty())
}

/// How an action's connection is tested under one configuration; none if its manifest has no test.
///
/// # Errors
/// If the configuration makes an origin of it that is not one, or the secret cannot be sent.
pub fn connection_requests(
    manifest: &Manifest,
    action: &Action,
    configuration: &Configuration,
) -> Result<Option<ConnectionRequests>, PrepareError> {
    let Some(connection) = action.connection(manifest) else { return Ok(None) };
    let tests: Vec<(&TestAsked, EgressAsked)> =
        connection.tests.iter().zip(connection.test_requests()).collect();
    let Some((first, further)) = tests.split_first() else { return Ok(None) };
    let at = |(test, asked): &(&TestAsked, EgressAsked), option: Option<&SelectOption>| {
        let grant = grant(manifest, asked, configuration, |_| option.map(|option| option.value.as_str()))?;
        let query = test.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let refuse = |cause: String| PrepareError::Grant { origin: connection.origin.clone(), cause };
        let uri = format!("{}{}{query}", grant.origin, test.path)
            .parse()
            .map_err(|error: http::uri::InvalidUri| refuse(error.to_string()))?;
        let method = grant.methods.first().cloned().unwrap_or_default();
        let (expect, proves) = (test.expect.clone(), test.proves.trim().to_owned());
        Ok::<_, PrepareError>(ConnectionRequest {
            method,
            uri,
            grant,
            expect,
            proves,
            option: option.cloned(),
        })
    };
    let further = further.iter().map(|test| at(test, None)).collect::<Result<_, _>>()?;
    let Some(parameter) = connection_parameter(manifest, action) else {
        let chosen = at(first, None)?;
        return Ok(Some(ConnectionRequests { chosen, others: Vec::new(), parameter: None, further }));
    };
    let value = part_of_origin(configuration, &parameter.name);
    let (chosen, others): (Vec<_>, Vec<_>) =
        parameter.options().iter().partition(|option| Some(option.value.as_str()) == value);
    Ok(Some(ConnectionRequests {
        chosen: at(first, chosen.first().copied())?,
        others: others.into_iter().map(|option| at(first, Some(option))).collect::<Result<_, _>>()?,
        parameter: Some(parameter.label.clone()),
        further,
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
    manifest: &Manifest,
    asked: &EgressAsked,
    configuration: &'value Configuration,
    instead: impl Fn(&str) -> Option<&'value str>,
) -> Result<Grant, PrepareError> {
    let template = manifest.origin_of(asked);
    let refuse = |cause: String| PrepareError::Grant { origin: template.to_owned(), cause };
    let origin = Template::parse(template)
        .and_then(|template| {
            template.expand(|name| instead(name).or_else(|| part_of_origin(configuration, name)))
        })
        .map_err(|error| refuse(error.to_string()))?;
    let origin = Origin::parse(&origin).map_err(|error| refuse(error.to_string()))?;
    let methods = methods(asked).map_err(refuse)?;
    let credential = match manifest.credential_of(asked) {
        None => None,
        Some(asked) => credential(asked, configuration)?,
    };
    let paths = asked.paths.iter().map(|path| PathRule::parse(path)).collect();
    Ok(Grant {
        origin,
        methods,
        paths,
        headers: headers(asked).map_err(refuse)?,
        credential,
        changes: asked.changes,
        idempotent: asked.idempotent,
        reason: asked.reason.clone(),
    })
}

/// The origins that a secret parameter is sent to under one configuration, sorted, each once. If a part of an origin has no
/// value, the origin is the manifest's own text with its placeholder.
#[must_use]
pub fn secret_origins(
    manifest: &Manifest,
    action: &Action,
    configuration: &Configuration,
    parameter: &str,
) -> Vec<String> {
    let carries = |asked: &&EgressAsked| {
        manifest.credential_of(asked).is_some_and(|credential| credential.parameters().contains(&parameter))
    };
    let origin = |asked: &EgressAsked| {
        // The secret of an OAuth client is sent to the service that issues tokens only.
        let template = match manifest.credential_of(asked) {
            Some(CredentialAsked::Oauth2ClientCredentials(oauth)) => oauth.token_origin.as_str(),
            _ => manifest.origin_of(asked),
        };
        Template::parse(template)
            .and_then(|template| template.expand(|name| part_of_origin(configuration, name)))
            .unwrap_or_else(|_| template.to_owned())
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
    let connection = action.connection(manifest);
    let tests = connection.into_iter().flat_map(ConnectionAsked::test_requests);
    let tests = tests.chain(connection.and_then(ConnectionAsked::token_request));
    for asked in &action.egress.iter().cloned().chain(tests).collect::<Vec<_>>() {
        let origin = manifest.origin_of(asked);
        let refuse = |cause: String| PrepareError::Grant { origin: origin.to_owned(), cause };
        let template = Template::parse(origin).map_err(|error| refuse(error.to_string()))?;
        let mut origins = vec![origin.to_owned()];
        for name in template.names() {
            let options = manifest.parameter(name).map(Parameter::options).unwrap_or_default();
            let placeholder = format!("{{{name}}}");
            let expand = |origin: &String| {
                options.iter().map(|option| origin.replace(&placeholder, &option.value)).collect::<Vec<_>>()
            };
            origins = origins.iter().flat_map(expand).collect();
        }
        if origins.is_empty() {
            open.push(manifest.origin_of(asked).to_owned());
        }
        for origin in origins {
            let origin = Origin::parse(&origin).map_err(|error| refuse(error.to_string()))?;
            grants.push(Grant {
                origin,
                methods: methods(asked).map_err(refuse)?,
                paths: asked.paths.iter().map(|path| PathRule::parse(path)).collect(),
                headers: headers(asked).map_err(refuse)?,
                credential: None,
                changes: asked.changes,
                idempotent: asked.idempotent,
                reason: asked.reason.clone(),
            });
        }
    }
    Ok((grants, open))
}

fn methods(asked: &EgressAsked) -> Result<Vec<Method>, String> {
    let method = |text: &String| text.parse().map_err(|_| format!("`{text}` is not a method"));
    asked.methods.iter().map(method).collect()
}

fn headers(asked: &EgressAsked) -> Result<Vec<HeaderName>, String> {
    let header = |text: &String| {
        let name: HeaderName = text.parse().map_err(|_| format!("`{text}` is not a valid header name"))?;
        if belongs_to_host(&name) {
            return Err(format!("only the host may set the header `{text}`"));
        }
        Ok(name)
    };
    asked.headers.iter().map(header).collect()
}

/// The credential of a connection; none if a parameter of it has no value.
fn credential(
    asked: &CredentialAsked,
    configuration: &Configuration,
) -> Result<Option<Credential>, PrepareError> {
    let secret = |name: &str| configuration.secrets.get(name);
    // Before, the name and after.
    let parts = |format: &str| {
        let (before, rest) = format.split_once('{')?;
        let (name, after) = rest.split_once('}')?;
        Some((before.to_owned(), name.to_owned(), after.to_owned()))
    };
    let refuse = |parameter: &str| {
        let parameter = parameter.to_owned();
        move |cause| PrepareError::Credential { parameter, cause }
    };
    let credential = match asked {
        CredentialAsked::Headers(headers) => {
            let mut credential = Credential::default();
            for header in headers {
                let Some((before, name, after)) = parts(&header.format) else { return Ok(None) };
                let Some(secret) = secret(&name) else { return Ok(None) };
                credential =
                    credential.and_header(&header.name, &before, secret, &after).map_err(refuse(&name))?;
            }
            credential
        }
        CredentialAsked::Basic(basic) => {
            let user = part_of_origin(configuration, &basic.user).map(SecretString::from);
            let user = user.or_else(|| secret(&basic.user).cloned());
            let (Some(user), Some(password)) = (user, secret(&basic.password)) else { return Ok(None) };
            Credential::basic(&user, password).map_err(refuse(&basic.password))?
        }
        CredentialAsked::Query(query) => {
            let Some(secret) = secret(&query.parameter) else { return Ok(None) };
            Credential::query(&query.name, secret).map_err(refuse(&query.parameter))?
        }
        CredentialAsked::Oauth2ClientCredentials(oauth) => {
            let id = part_of_origin(configuration, &oauth.client_id).map(SecretString::from);
            let id = id.or_else(|| secret(&oauth.client_id).cloned());
            let (Some(id), Some(secret)) = (id, secret(&oauth.client_secret)) else { return Ok(None) };
            let (secret, scope) = (secret.clone(), oauth.scope.clone());
            let in_body = oauth.authentication == ClientAuthentication::Body;
            let source = TokenSource::new(token_url(oauth, configuration)?, id, secret, scope, in_body);
            Credential::token(source.map_err(refuse(&oauth.client_secret))?)
        }
        CredentialAsked::PathSegment(segment) => {
            let Some((before, name, after)) = parts(&segment.format) else { return Ok(None) };
            let Some(secret) = secret(&name) else { return Ok(None) };
            Credential::path_segment(&before, secret, &after).map_err(refuse(&name))?
        }
    };
    Ok(Some(credential))
}

/// Where the access token is requested.
fn token_url(oauth: &OauthAsked, configuration: &Configuration) -> Result<Uri, PrepareError> {
    let refuse = |cause: String| PrepareError::Grant { origin: oauth.token_origin.clone(), cause };
    let origin = Template::parse(&oauth.token_origin)
        .and_then(|template| template.expand(|name| part_of_origin(configuration, name)))
        .map_err(|error| refuse(error.to_string()))?;
    let origin = Origin::parse(&origin).map_err(|error| refuse(error.to_string()))?;
    let url = format!("{origin}{}", oauth.token_path);
    url.parse().map_err(|error: http::uri::InvalidUri| refuse(error.to_string()))
}

/// The text of a parameter that an origin or a credential refers to. In an origin, the manifest's check sees to it that it is a
/// `select`, whose options were checked as well, or an `origin`, which the operator entered; the latter is a text here.
pub(crate) fn part_of_origin<'configuration>(
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

    fn without_tests() -> String {
        let text = valid();
        let (before, rest) = text.split_once("    tests:\n").unwrap();
        let (_, after) = rest.split_once("parameters:\n").unwrap();
        format!("{before}parameters:\n{after}")
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
        let grants = grants(&manifest, &action, &configuration).unwrap();
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
        let plain = without_tests();
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
