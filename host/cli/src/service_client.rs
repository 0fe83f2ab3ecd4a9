//! Asks a service over its API, as whoever the token belongs to. The token comes from a file or the environment, never from the
//! command line, and goes nowhere but to the named server.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use palisade_limits as limits;
use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

use crate::arguments::service::ServerArguments;
use crate::environment;
use crate::failure::Failure;

/// The address of a service by default.
const DEFAULT_ADDRESS: &str = "http://127.0.0.1:8420";
/// The variable that may hold the token.
const TOKEN_VARIABLE: &str = "PALISADE_TOKEN";

/// A service and who asks it.
pub(crate) struct Service {
    agent: Agent,
    address: String,
    token: String,
}

impl Service {
    /// The service that the arguments name.
    pub(crate) fn new(arguments: &ServerArguments) -> Result<Self, Failure> {
        let address = match &arguments.server {
            Some(address) => address.clone(),
            None => environment::text(environment::SERVER)?.unwrap_or_else(|| DEFAULT_ADDRESS.to_owned()),
        };
        let address = address.trim_end_matches('/').to_owned();
        if !address.starts_with("https://") && !is_loopback(&address) {
            let mut failure =
                Failure::new("server-address", format!("`{address}` is neither `https://` nor this machine"));
            failure.hint = Some("a token must not go over a network in plain text".to_owned());
            return Err(failure);
        }
        let mut tls = TlsConfig::builder();
        if let Some(path) = &arguments.server_ca {
            let pem = read(path)?;
            let authority = Certificate::from_pem(&pem).map_err(|error| {
                Failure::new(
                    "ca-certificate-invalid",
                    format!("`{}` holds no certificate: {error}", path.display()),
                )
            })?;
            tls = tls.root_certs(RootCerts::Specific(Arc::new(vec![authority])));
        }
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(limits::SERVICE_CALL_SECONDS)))
            .tls_config(tls.build())
            .build();
        Ok(Self { agent: agent.into(), address, token: token(arguments)? })
    }

    /// Asks for something.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Failure> {
        let response = self.agent.get(self.url(path)).header("authorization", self.bearer()).call();
        json(self.answered(response)?)
    }

    /// The same for what is no JSON.
    pub(crate) fn get_text(&self, path: &str) -> Result<String, Failure> {
        let response = self.agent.get(self.url(path)).header("authorization", self.bearer()).call();
        text(self.answered(response)?)
    }

    /// Has something done.
    pub(crate) fn post(&self, path: &str, kind: &str, body: &[u8]) -> Result<Value, Failure> {
        let request = self.agent.post(self.url(path)).header("authorization", self.bearer());
        json(self.answered(request.header("content-type", kind).send(body))?)
    }

    /// Has something removed.
    pub(crate) fn delete(&self, path: &str) -> Result<Value, Failure> {
        let response = self.agent.delete(self.url(path)).header("authorization", self.bearer()).call();
        json(self.answered(response)?)
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/v1{path}", self.address)
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// The answer, unless it is a problem.
    fn answered(&self, response: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Failure> {
        let response = response.map_err(|error| {
            let message = format!("the service at `{}` does not answer: {error}", self.address);
            let mut failure = Failure::new("server-unreachable", message);
            failure.hint = Some("check `--server`, and that `palisade serve` runs there".to_owned());
            failure
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let problem = json(response).unwrap_or_default();
        let said = |name: &str| problem.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = said("code").unwrap_or_else(|| status.as_u16().to_string());
        let detail = said("detail").or_else(|| said("title")).unwrap_or_else(|| status.to_string());
        let mut message = format!("{detail} ({code})");
        for fault in problem.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let part = |name: &str| fault.get(name).and_then(Value::as_str).unwrap_or_default();
            message.push_str(&format!("\n`{}`: {}", part("field"), part("message")));
        }
        // The API names its own parameters; here they are options.
        let hint = match code.as_str() {
            "already-installed" => Some("add `--replace` to use this version for new workflows".to_owned()),
            "configuration-changes" => Some("add `--overwrite` to overwrite the saved defaults".to_owned()),
            _ => said("hint"),
        };
        let code = if status == StatusCode::NOT_FOUND { "not-found" } else { "server-refused" };
        Err(Failure { hint, ..Failure::new(code, message) })
    }
}

fn json(response: Response<Body>) -> Result<Value, Failure> {
    let text = text(response)?;
    if text.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_str(&text).map_err(|error| {
        Failure::new("server-answer", format!("expected JSON in the response of the service: {error}"))
    })
}

fn text(response: Response<Body>) -> Result<String, Failure> {
    let mut text = String::new();
    response.into_body().into_reader().take(limits::SERVICE_ANSWER_BYTES).read_to_string(&mut text).map_err(
        |error| Failure::new("server-answer", format!("the service's answer cannot be read: {error}")),
    )?;
    Ok(text)
}

fn token(arguments: &ServerArguments) -> Result<String, Failure> {
    let text = match &arguments.token_file {
        Some(path) => String::from_utf8(read(path)?).ok(),
        None => std::env::var(TOKEN_VARIABLE).ok(),
    };
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).ok_or_else(|| {
        let mut failure = Failure::new("token-missing", "a token is needed to ask the service");
        failure.hint = Some(format!(
            "make one on the page *Your account* of the console, and name its file with `--token-file` or put it into `{TOKEN_VARIABLE}`"
        ));
        failure
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    palisade_files::read(path, limits::SECRET_BYTES)
        .map_err(|fault| Failure::file("file-unreadable", "cannot read", path, &fault.into()))
}

/// Whether an address is plain HTTP on this machine.
fn is_loopback(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn a_token_goes_in_plain_text_to_this_machine_only() {
        for address in ["http://127.0.0.1:8420", "http://localhost", "http://[::1]:1"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in [
            "http://10.0.0.1",
            "http://127.0.0.1@evil.example",
            "http://localhost.evil.example",
            "ftp://localhost",
        ] {
            assert!(!is_loopback(address), "{address}");
        }
    }
}
