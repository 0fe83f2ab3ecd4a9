//! Connections as a manifest describes them: what an operator enters once for all actions, and the credential that the host adds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Action, EgressAsked, Manifest};

/// A service that the operator connects to once, for all actions that name the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionAsked {
    /// Identifies the connection within the bundle: lower case, words joined by `-`.
    pub id: String,
    /// The service's name for people.
    pub label: String,
    /// Names of the parameters that belong to the connection. A parameter belongs to one connection at most.
    pub parameters: Vec<String>,
    /// Where the requests go: `https://` and a host name, with a port if it is not 443. `{name}` stands for the value of the
    /// `select` parameter of that name; `{name}` alone may stand for an `origin` parameter.
    pub origin: String,
    /// The credential that the host adds to each request over this connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialAsked>,
    /// Requests that test the connection, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests: Vec<TestAsked>,
}

/// A request with which the host tests a connection. It must not change anything at the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestAsked {
    /// `GET` or `HEAD`.
    pub method: String,
    /// One path that begins with `/`, without placeholders.
    pub path: String,
    /// The query, without `?`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// The statuses with which the test passes.
    pub expect: Vec<u16>,
    /// What a passed test proves, for example `network, TLS, credential`. The operator sees it beside the result.
    pub proves: String,
}

/// A credential that the host adds to requests. The component never sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialAsked {
    /// One or several headers.
    Headers(Vec<HeaderAsked>),
    /// HTTP Basic authentication (RFC 7617).
    Basic(BasicAsked),
    /// A parameter of the query.
    Query(QueryAsked),
    /// An access token of the OAuth 2.0 client credentials grant (RFC 6749, section 4.4), which the host requests and keeps until
    /// shortly before it expires. It goes into `Authorization` as `Bearer`.
    Oauth2ClientCredentials(OauthAsked),
    /// A segment of the path. The component and the manifest write `:credential` in its place.
    PathSegment(SegmentAsked),
}

/// A header that carries a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeaderAsked {
    /// The name of the header.
    pub name: String,
    /// The value, with the name of one `secret` parameter in braces: `Bearer {api_key}`.
    pub format: String,
}

/// User name and password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicAsked {
    /// Name of the `text` or `secret` parameter that holds the user name.
    pub user: String,
    /// Name of the `secret` parameter that holds the password.
    pub password: String,
}

/// Where an access token comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OauthAsked {
    /// Origin of the service that issues the token. Written like the origin of a connection.
    pub token_origin: String,
    /// Path of the request for the token.
    pub token_path: String,
    /// Name of the `text` or `secret` parameter that holds the id of the client.
    pub client_id: String,
    /// Name of the `secret` parameter that holds the secret of the client.
    pub client_secret: String,
    /// What the token is to permit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// How the client authenticates.
    #[serde(default)]
    pub authentication: ClientAuthentication,
}

/// How a client authenticates at the service that issues tokens (RFC 6749, section 2.3.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ClientAuthentication {
    /// With HTTP Basic.
    #[default]
    Basic,
    /// In the body.
    Body,
}

/// A parameter of the query that carries a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QueryAsked {
    /// The name in the query.
    pub name: String,
    /// Name of the `secret` parameter.
    pub parameter: String,
}

/// A segment of the path that carries a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentAsked {
    /// The whole segment, with the name of one `secret` parameter in braces: `bot{token}`.
    pub format: String,
}

impl ConnectionAsked {
    /// The requests that test the connection, as requests that are asked for.
    pub fn test_requests(&self) -> impl Iterator<Item = EgressAsked> {
        self.tests.iter().map(|test| EgressAsked {
            connection: Some(self.id.clone()),
            origin: None,
            methods: vec![test.method.clone()],
            paths: vec![test.path.clone()],
            headers: Vec::new(),
            changes: false,
            idempotent: true,
            reason: format!("Tests the connection. Proves: {}.", test.proves.trim().trim_end_matches('.')),
        })
    }
}

impl ConnectionAsked {
    /// The request for an access token, as a request that is asked for. The host sends it, never the component.
    pub fn token_request(&self) -> Option<EgressAsked> {
        let Some(CredentialAsked::Oauth2ClientCredentials(oauth)) = &self.credential else { return None };
        Some(EgressAsked {
            connection: None,
            origin: Some(oauth.token_origin.clone()),
            methods: vec!["POST".to_owned()],
            paths: vec![oauth.token_path.clone()],
            headers: Vec::new(),
            changes: false,
            idempotent: true,
            reason: "Requests an access token with the id and the secret of the client.".to_owned(),
        })
    }
}

impl CredentialAsked {
    /// The names of the parameters that the credential consists of.
    pub fn parameters(&self) -> Vec<&str> {
        match self {
            Self::Headers(headers) => headers.iter().flat_map(|header| names(&header.format)).collect(),
            Self::Basic(basic) => vec![basic.user.as_str(), basic.password.as_str()],
            Self::Query(query) => vec![query.parameter.as_str()],
            Self::Oauth2ClientCredentials(oauth) => {
                vec![oauth.client_id.as_str(), oauth.client_secret.as_str()]
            }
            Self::PathSegment(segment) => names(&segment.format),
        }
    }
}

/// The names in braces. The rules of a manifest refuse a text whose braces do not pair.
fn names(format: &str) -> Vec<&str> {
    format.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

impl Manifest {
    /// The connection of this id.
    pub fn connection(&self, id: &str) -> Option<&ConnectionAsked> {
        self.connections.iter().find(|connection| connection.id == id)
    }

    /// What connections of this kind are called where several bundles are installed: the bundle's id for its first connection, and
    /// `bundle/connection` for each further one.
    pub fn connection_kind(&self, connection: &ConnectionAsked) -> String {
        match self.connections.first() {
            Some(first) if first.id != connection.id => format!("{}/{}", self.id, connection.id),
            _ => self.id.clone(),
        }
    }

    /// The kind of the connection that an action's requests go over; nothing if it uses none.
    pub fn kind_for(&self, action: &Action) -> Option<String> {
        action.connection(self).map(|connection| self.connection_kind(connection))
    }

    /// The connection whose kind has this name.
    pub fn connection_of_kind(&self, kind: &str) -> Option<&ConnectionAsked> {
        self.connections.iter().find(|connection| self.connection_kind(connection) == kind)
    }

    /// The connection that a request goes over.
    pub fn connection_of(&self, asked: &EgressAsked) -> Option<&ConnectionAsked> {
        self.connection(asked.connection.as_deref()?)
    }

    /// The origin of a request, with the names of parameters in braces.
    pub fn origin_of<'m>(&'m self, asked: &'m EgressAsked) -> &'m str {
        let connection = self.connection_of(asked).map(|connection| connection.origin.as_str());
        asked.origin.as_deref().or(connection).unwrap_or_default()
    }

    /// The credential that the host adds to a request.
    pub fn credential_of(&self, asked: &EgressAsked) -> Option<&CredentialAsked> {
        self.connection_of(asked)?.credential.as_ref()
    }
}
