//! A service as a process of its own, and whoever asks it: its administrator, over the API and the console.

use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::children::Owned;
use crate::signing;
use crate::simulator::Simulator;

/// Who administers it.
pub(crate) const NAME: &str = "ada";
/// The password is for this machine and a service that ends with its task.
pub(crate) const PASSWORD: &str = "a demonstration on loopback";

/// The longest answer: a report of 10,000 objects.
const ANSWER_BYTES: u64 = 256 << 20;

/// A running service; it ends when this is dropped.
pub(crate) struct Service {
    process: Owned,
    /// Where it is reached.
    pub(crate) address: String,
}

impl Service {
    /// Starts it on a data directory. Gives the link that makes the administrator, where there is none yet, and what it says goes
    /// to `heard`.
    pub(crate) fn start(
        palisade: &Path,
        data: &Path,
        simulator: &Simulator,
        listen: &str,
        arguments: &[&str],
        heard: impl Fn(&str) + Send + 'static,
    ) -> Result<(Self, Option<String>)> {
        let mut command = Command::new(palisade);
        command
            // Measurements and Schemathesis ask as fast as they can.
            .args(["serve", "--token-requests", "1000000", "--listen", listen, "--data"])
            .arg(data)
            .arg("--policy")
            .arg(signing::signing(palisade)?.policy)
            .args(simulator.connect_to())
            .arg("--ca-cert")
            .arg(&simulator.certificate)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            // A Ctrl-C on the terminal reaches `xtask` alone, which passes on one signal: a second one would end runs at once.
            .process_group(0);
        let mut service = Self { process: Owned::spawn(&mut command)?, address: String::new() };
        let mut said =
            BufReader::new(service.process.child().stderr.take().context("no standard error")?).lines();
        let mut link = None;
        // The link comes before the address, if it comes.
        while service.address.is_empty() {
            let line = said.next().context("palisade ended early")??;
            heard(&line);
            if let Some(address) = line.strip_prefix("palisade is at ") {
                service.address = address.to_owned();
            }
            link = link.or_else(|| {
                line.strip_prefix("Create the administrator account: ")
                    .and_then(|link| link.split(' ').next())
                    .map(str::to_owned)
            });
        }
        std::thread::spawn(move || said.map_while(Result::ok).for_each(|line| heard(&line)));
        Ok((service, link))
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.process.child().try_wait()?.is_some())
    }

    /// Its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Ends it as a supervisor does, and waits for that.
    pub(crate) fn stop(self) -> Result<()> {
        self.process.terminate().map(drop)
    }
}

/// Asks the service as its administrator. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub(crate) struct Client {
    agent: ureq::Agent,
    /// Where it is.
    pub(crate) address: String,
    token: String,
    cookies: String,
}

impl Client {
    /// Follows the first link, as a person would, and makes a token.
    pub(crate) fn administrator(address: &str, link: &str) -> Result<Self> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let made = agent
            .post(link)
            .header("origin", address)
            .send_form([("name", NAME), ("new-password", PASSWORD)])?;
        let cookies = made.headers().get_all("set-cookie").iter();
        let cookies: Vec<&str> =
            cookies.filter_map(|cookie| cookie.to_str().ok()?.split(';').next()).collect();
        let cookies = cookies.join("; ");
        let page = agent.get(format!("{address}/account")).header("cookie", &cookies).call()?;
        let page = page.into_body().read_to_string()?;
        let csrf = page
            .split_once("name=\"csrf\" value=\"")
            .and_then(|(_, rest)| rest.split('"').next())
            .context("the page has no form")?;
        let wanted = json!({ "name": "demonstration", "role": "administrator", "days": 1 }).to_string();
        let made = agent
            .post(format!("{address}/api/v1/tokens"))
            .header("cookie", &cookies)
            .header("origin", address)
            .header("x-csrf-token", csrf)
            .header("content-type", "application/json")
            .send(wanted)?;
        let made: Value = serde_json::from_str(&made.into_body().read_to_string()?)?;
        let token = made
            .get("secret")
            .and_then(Value::as_str)
            .context("there is no token in the response")?
            .to_owned();
        Ok(Self { agent, address: address.to_owned(), token, cookies })
    }

    /// Another token of the same person.
    pub(crate) fn token(&self, name: &str) -> Result<String> {
        let wanted = json!({ "name": name, "role": "administrator", "days": 1 }).to_string();
        let request = self.agent.post(format!("{}/api/v1/tokens", self.address));
        let answer = request
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .send(wanted)?;
        let made: Value = serde_json::from_str(&answer.into_body().read_to_string()?)?;
        made.get("secret")
            .and_then(Value::as_str)
            .map(str::to_owned)
            .context("there is no token in the response")
    }

    /// Makes something; gives its number.
    pub(crate) fn made(&self, path: &str, kind: &str, body: &[u8]) -> Result<i64> {
        let request = self.agent.post(format!("{}/api/v1{path}", self.address));
        let answer = request
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", kind)
            .send(body)?;
        let status = answer.status();
        let text = answer.into_body().read_to_string()?;
        if !status.is_success() {
            bail!("{path}: {text}");
        }
        serde_json::from_str::<Value>(&text)?.get("id").and_then(Value::as_i64).context("no number")
    }

    pub(crate) fn put(&self, path: &str, body: &str) -> Result<()> {
        let request = self.agent.put(format!("{}/api/v1{path}", self.address));
        let answer = request
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .send(body)?;
        if !answer.status().is_success() {
            bail!("{path}: {}", answer.into_body().read_to_string()?);
        }
        Ok(())
    }

    /// The same person, once the service has another address.
    pub(crate) fn at(self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self }
    }

    /// A page, as a browser asks for it.
    pub(crate) fn page(&self, path: &str) -> Result<Got> {
        got(self.agent.get(format!("{}{path}", self.address)).header("cookie", &self.cookies).call()?)
    }

    /// An answer of the API.
    pub(crate) fn call(&self, path: &str) -> Result<Got> {
        let request = self.agent.get(format!("{}{path}", self.address));
        got(request.header("authorization", format!("Bearer {}", self.token)).call()?)
    }

    /// The same as JSON, where it has to be there.
    pub(crate) fn json(&self, path: &str) -> Result<Value> {
        let got = self.call(path)?;
        if got.status != 200 {
            bail!("{path}: {}", got.text);
        }
        Ok(serde_json::from_str(&got.text)?)
    }
}

/// What the service answered.
pub(crate) struct Got {
    /// HTTP status.
    pub(crate) status: u16,
    /// The type of the body.
    pub(crate) kind: String,
    /// The body.
    pub(crate) text: String,
}

fn got(response: ureq::http::Response<ureq::Body>) -> Result<Got> {
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    let kind = kind.unwrap_or_default().to_owned();
    let mut body = response.into_body();
    let bytes = body.with_config().limit(ANSWER_BYTES).read_to_vec()?;
    Ok(Got { status, kind, text: String::from_utf8_lossy(&bytes).into_owned() })
}
