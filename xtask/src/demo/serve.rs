//! `cargo xtask demo --serve`: the service with everything in it, ready to click through, on a simulator.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::simulator::{SECONDS, Simulator};
use crate::{build, paths, signing};

/// Who clicks through it.
pub(crate) const NAME: &str = "ada";
/// The password is for this machine and this demonstration.
pub(crate) const PASSWORD: &str = "a demonstration on loopback";
/// Where it listens.
const LISTEN: &str = "127.0.0.1:8420";

/// Builds what is needed, sets everything up, and serves until it is interrupted or its time is up.
pub(crate) fn serve() -> Result<()> {
    let demonstration = Demonstration::start(LISTEN, &[])?;
    println!("\nThe service is at {}", demonstration.address);
    println!("  name      {NAME}");
    println!("  password  {PASSWORD}");
    println!(
        "\nTwo collections, two workflows and their first runs are there. What is blocked is blocked in a simulator."
    );
    println!("Ctrl-C ends it; it ends by itself after {SECONDS} s.");
    demonstration.wait()
}

/// A service on a simulator, with the bundle, two collections and two workflows.
pub(crate) struct Demonstration {
    process: Child,
    /// Where it is reached.
    pub(crate) address: String,
    _simulator: Simulator,
}

impl Demonstration {
    /// Sets everything up.
    pub(crate) fn start(listen: &str, arguments: &[&str]) -> Result<Self> {
        let built = build::product(false)?;
        let simulator = build::binary("vision-one-simulator", false)?;
        let directory = paths::products()?.join("demo-service");
        if directory.exists() {
            std::fs::remove_dir_all(&directory)?;
        }
        std::fs::create_dir_all(&directory)?;
        let simulator = Simulator::start(&simulator, &directory)?;
        let mut process = Command::new(&built.palisade)
            .args(["serve", "--listen", listen, "--data"])
            .arg(directory.join("data"))
            .arg("--policy")
            .arg(signing::signing(&built.palisade)?.policy)
            .arg("--connect-to")
            .arg(format!("api.xdr.trendmicro.com:443:{}", simulator.address))
            .arg("--ca-cert")
            .arg(&simulator.certificate)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start palisade")?;
        let mut said = BufReader::new(process.stderr.take().context("no standard error")?).lines();
        let (mut address, mut link) = (None, None);
        while address.is_none() || link.is_none() {
            let line = said.next().context("palisade ended early")??;
            println!("{line}");
            address = address.or_else(|| line.strip_prefix("palisade is at ").map(str::to_owned));
            link = link.or_else(|| line.split_once("once: ").map(|(_, link)| link.to_owned()));
        }
        std::thread::spawn(move || said.map_while(Result::ok).for_each(|line| println!("{line}")));
        let address = address.context("no address")?;
        let demonstration = Self { process, address: address.clone(), _simulator: simulator };
        let service = Client::administrator(&address, &link.context("no link")?)?;
        demonstration.furnish(&service, &built.bundle)?;
        Ok(demonstration)
    }

    fn furnish(&self, service: &Client, bundle: &Path) -> Result<()> {
        let zip = std::fs::read(bundle)?;
        let integration = service.made("/integrations", "application/zip", &zip)?;
        let key = &self._simulator.key;
        for action in ["add-to-blocklist", "add-to-exception-list"] {
            let defaults = json!({ "configuration": { "api_key": key } }).to_string();
            service.put(&format!("/integrations/{integration}/actions/{action}"), &defaults)?;
        }
        let cases = [
            (
                "Prioritised indicators",
                &["indicators.threatq.json", "notes.txt"][..],
                "Block prioritised indicators",
                "add-to-blocklist",
                json!({ "kind": "every", "period": "6-hours" }),
            ),
            (
                "Known good",
                &["known-good.csv"][..],
                "Exempt what is known to be good",
                "add-to-exception-list",
                json!({ "kind": "daily", "at": "02:30", "zone": "Europe/Berlin" }),
            ),
        ];
        for (collection, files, workflow, action, schedule) in cases {
            let (kind, body) = form(collection, files)?;
            let collection = service.made("/collections/upload", &kind, &body)?;
            let workflow = json!({
                "name": workflow,
                "collection": collection,
                "schedule": schedule,
                "enabled": true,
                "actions": [{ "integration": integration, "action": action }],
            });
            let workflow = service.made("/workflows", "application/json", workflow.to_string().as_bytes())?;
            service.made(&format!("/workflows/{workflow}/run"), "application/json", b"{}")?;
        }
        Ok(())
    }

    /// Waits for its end.
    fn wait(mut self) -> Result<()> {
        let begun = Instant::now();
        let longest = Duration::from_secs(SECONDS.parse()?);
        while begun.elapsed() < longest {
            if self.process.try_wait()?.is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    }
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Asks the service as its administrator.
struct Client {
    agent: ureq::Agent,
    address: String,
    token: String,
}

impl Client {
    /// Follows the first link, as a person would, and makes a token.
    fn administrator(address: &str, link: &str) -> Result<Self> {
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
        let token = made.get("secret").and_then(Value::as_str).context("no token was made")?.to_owned();
        Ok(Self { agent, address: address.to_owned(), token })
    }

    /// Makes something; gives its number.
    fn made(&self, path: &str, kind: &str, body: &[u8]) -> Result<i64> {
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

    fn put(&self, path: &str, body: &str) -> Result<()> {
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
}

/// A form with files of the examples, and its type.
fn form(name: &str, files: &[&str]) -> Result<(String, Vec<u8>)> {
    let boundary = "palisade-demonstration";
    let mut body = Vec::new();
    let mut part = |disposition: String, content: &[u8]| {
        body.extend(
            format!("--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").into_bytes(),
        );
        body.extend(content);
        body.extend(b"\r\n");
    };
    part("name=\"name\"".to_owned(), name.as_bytes());
    for file in files {
        let content = std::fs::read(paths::root()?.join("examples/collections").join(file))?;
        part(format!("name=\"files\"; filename=\"{file}\""), &content);
    }
    body.extend(format!("--{boundary}--\r\n").into_bytes());
    Ok((format!("multipart/form-data; boundary={boundary}"), body))
}
