//! Which proxy a request goes through: the operator's choice, read once. Pure but for the environment.
//!
//! A proxy that is named and cannot be used is an error, never a direct connection: whoever names one relies on it. Its
//! credentials are secrets and are shown nowhere.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::uri::{Scheme, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use secrecy::{ExposeSecret, SecretString};

use crate::ClientError;
use palisade_grant::Host;

/// Which proxy is used.
#[derive(Clone, Default)]
pub enum ProxyChoice {
    /// `https_proxy`, else `all_proxy`, with the exceptions of `no_proxy`; each also in upper case, which counts where the
    /// lower case is unset or empty.
    #[default]
    Environment,
    /// The environment's proxy with these exceptions in place of its own.
    EnvironmentBut {
        /// As `no_proxy` of [`ProxyChoice::Given`].
        no_proxy: Vec<String>,
    },
    /// None, whatever the environment says.
    None,
    /// This one, whatever the environment says.
    Given {
        /// `http://HOST:PORT` or `https://HOST:PORT`, without user information.
        url: String,
        /// `USER:PASSWORD`, for basic authentication (RFC 7617).
        credentials: Option<SecretString>,
        /// Hosts that are reached without it, as in `no_proxy`: names (with everything below them), addresses, networks
        /// such as `10.0.0.0/8`, and `*` for all.
        no_proxy: Vec<String>,
    },
}

impl fmt::Debug for ProxyChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment => formatter.write_str("Environment"),
            Self::EnvironmentBut { no_proxy } => {
                formatter.debug_struct("EnvironmentBut").field("no_proxy", no_proxy).finish()
            }
            Self::None => formatter.write_str("None"),
            Self::Given { url, credentials, no_proxy } => formatter
                .debug_struct("Given")
                // Before it is checked it may hold what it should not.
                .field("url", &url.rsplit('@').next())
                .field("credentials", credentials)
                .field("no_proxy", no_proxy)
                .finish(),
        }
    }
}

/// The proxy for every origin but its exceptions.
#[derive(Debug)]
pub(crate) struct Proxies {
    matcher: Matcher,
}

/// The proxy of one connection.
#[derive(Debug)]
pub(crate) struct Proxy {
    found: Intercept,
}

impl Proxies {
    /// What the choice comes to; `None` where no proxy is used at all.
    ///
    /// # Errors
    /// [`ClientError::Proxy`] where one is named that cannot be used.
    pub(crate) fn of(choice: &ProxyChoice) -> Result<Option<Self>, ClientError> {
        match choice {
            ProxyChoice::None => Ok(None),
            ProxyChoice::Environment => Self::from_variables(variable, None),
            ProxyChoice::EnvironmentBut { no_proxy } => {
                Self::from_variables(variable, Some(no_proxy.join(",")))
            }
            ProxyChoice::Given { url, credentials, no_proxy } => {
                let place = "the policy";
                let uri = read(place, url)?;
                let authority = uri.authority().map_or("", |authority| authority.as_str());
                if authority.contains('@') {
                    return Err(refuse(place, "user and password do not belong into the address"));
                }
                let scheme = uri.scheme().unwrap_or(&Scheme::HTTP);
                let url = match credentials.as_ref().map(ExposeSecret::expose_secret) {
                    None => format!("{scheme}://{authority}"),
                    Some(credentials) => {
                        let (user, password) = credentials
                            .split_once(':')
                            .ok_or_else(|| refuse(place, "its credentials are not `USER:PASSWORD`"))?;
                        format!("{scheme}://{}:{}@{authority}", escape(user), escape(password))
                    }
                };
                Ok(Some(Self::new(url, &no_proxy.join(","))))
            }
        }
    }

    /// The environment's proxy, with its own exceptions where no others are given.
    fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
        exceptions: Option<String>,
    ) -> Result<Option<Self>, ClientError> {
        let set = |lower: &str| {
            [lower.to_owned(), lower.to_ascii_uppercase()].into_iter().find_map(|name| {
                let value = variable(&name)?.trim().to_owned();
                (!value.is_empty()).then_some((name, value))
            })
        };
        let Some((name, url)) = set("https_proxy").or_else(|| set("all_proxy")) else { return Ok(None) };
        read(&format!("the environment variable `{name}`"), &url)?;
        let exceptions = exceptions.or_else(|| set("no_proxy").map(|(_, value)| value)).unwrap_or_default();
        Ok(Some(Self::new(url, &exceptions)))
    }

    fn new(url: String, exceptions: &str) -> Self {
        Self { matcher: Matcher::builder().https(url).no(plain(exceptions)).build() }
    }

    /// What no text may repeat: the password, and the value of the header that carries it.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let anywhere = Uri::from_static("https://any.invalid/");
        let proxy = self.of_request(&anywhere);
        let header =
            proxy.as_ref().and_then(|proxy| proxy.authorization()?.to_str().ok()?.strip_prefix("Basic "));
        let Some(pair) = header else { return Vec::new() };
        let plain = STANDARD.decode(pair).ok().and_then(|plain| String::from_utf8(plain).ok());
        let password = plain.as_deref().and_then(|plain| plain.split_once(':')).map(|(_, password)| password);
        std::iter::once(pair).chain(password).map(SecretString::from).collect()
    }

    /// The proxy for a request to `uri`; `None` where it is an exception.
    pub(crate) fn of_request(&self, uri: &Uri) -> Option<Proxy> {
        self.matcher.intercept(uri).map(|found| Proxy { found })
    }
}

impl Proxy {
    /// Where it is: scheme, host and port, without credentials.
    pub(crate) fn uri(&self) -> &Uri {
        self.found.uri()
    }

    /// Host and port, for messages.
    pub(crate) fn name(&self) -> String {
        let uri = self.uri();
        format!("{}:{}", uri.host().unwrap_or_default(), port(uri))
    }

    /// The value of `Proxy-Authorization`.
    pub(crate) fn authorization(&self) -> Option<&HeaderValue> {
        self.found.basic_auth()
    }
}

/// The port of a proxy's address, or what its scheme stands for.
pub(crate) fn port(uri: &Uri) -> u16 {
    let default = if uri.scheme() == Some(&Scheme::HTTPS) { 443 } else { 80 };
    uri.port_u16().unwrap_or(default)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn refuse(place: &str, cause: &'static str) -> ClientError {
    ClientError::Proxy { place: place.to_owned(), cause }
}

/// Checks the address of a proxy: scheme `http`, `https` or none, a host, perhaps a port, nothing behind it.
fn read(place: &str, text: &str) -> Result<Uri, ClientError> {
    let refuse = |cause| Err(refuse(place, cause));
    let Ok(uri) = text.trim().parse::<Uri>() else {
        return refuse(
            "it cannot be read as an address; in user and password write `@` as `%40`, `:` as `%3A`",
        );
    };
    if uri.scheme().is_some_and(|scheme| ![Scheme::HTTP, Scheme::HTTPS].contains(scheme)) {
        return refuse("only HTTP proxies are supported");
    }
    let Some(authority) = uri.authority() else { return refuse("it has no host") };
    let place_of_host = authority.as_str().rsplit('@').next().unwrap_or_default();
    let has_port = place_of_host.len() > authority.host().len();
    if Host::read(authority.host()).is_none() {
        return refuse("its host is neither a name nor an address");
    }
    if has_port && authority.port_u16().is_none_or(|port| port == 0) {
        return refuse("its port is not valid");
    }
    if uri.path_and_query().is_some_and(|path| path.as_str() != "/") {
        return refuse("something follows after host and port");
    }
    Ok(uri)
}

/// Every byte as `%XX`, which the matcher takes back: a password may hold any of them.
fn escape(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// `no_proxy` in the one spelling that the matcher knows: commas between entries, no brackets, no dot at the end, and no
/// `*.` before a name, which stands for everything below it as it is.
fn plain(exceptions: &str) -> String {
    let entries = exceptions.split([',', ' ', '\t', '\r', '\n']).filter(|entry| !entry.is_empty());
    let plain = entries.map(|entry| {
        let entry = entry.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(entry);
        let entry = if entry.starts_with("*.") { entry.trim_start_matches('*') } else { entry };
        entry.trim_end_matches('.')
    });
    plain.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
