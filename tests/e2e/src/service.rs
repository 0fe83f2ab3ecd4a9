//! A service that runs: `palisade serve` against a tenant, asked over its API as a person's token may.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::product::{binary, bundle, cache, policy};
use crate::tenant::{REGION, Tenant};

/// What comes later than this does not come.
const LONGEST: Duration = Duration::from_secs(120);

/// A service with its data directory. Ends with its owner.
pub struct Service {
    directory: TempDir,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    key: String,
    process: Option<Child>,
    address: String,
    token: String,
    /// The cookies of the administrator's session.
    session: String,
    /// What it said on standard error, of all its starts.
    said: std::sync::Arc<std::sync::Mutex<String>>,
    agent: ureq::Agent,
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The body, where it is JSON.
    pub value: Value,
    /// The body as text.
    pub text: String,
}

impl Answer {
    /// The body of an answer that must have this status.
    #[must_use]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.value
    }
}

impl Service {
    /// A service that reaches this tenant, with an administrator and nothing else.
    #[must_use]
    pub fn start(tenant: &Tenant) -> Self {
        Self::start_with(tenant, &[])
    }

    /// The same with further arguments.
    #[must_use]
    pub fn start_with(tenant: &Tenant, arguments: &[&str]) -> Self {
        Self::start_in(tenant, arguments, &[])
    }

    /// The same with further variables in its environment.
    #[must_use]
    pub fn start_in(tenant: &Tenant, arguments: &[&str], environment: &[(&str, String)]) -> Self {
        let mut service = Self::prepared(tenant, arguments, environment);
        service.restart();
        (service.token, service.session) = service.administrator();
        service
    }

    /// The same without an administrator: nobody can ask it for anything but what everybody may.
    #[must_use]
    pub fn start_bare(tenant: &Tenant, arguments: &[&str]) -> Self {
        let mut service = Self::prepared(tenant, arguments, &[]);
        service.restart();
        service
    }

    fn prepared(tenant: &Tenant, arguments: &[&str], environment: &[(&str, String)]) -> Self {
        let connect_to = tenant.connect_to(REGION);
        let mut all = vec![
            "--connect-to".to_owned(),
            connect_to,
            "--ca-cert".to_owned(),
            tenant.certificate().display().to_string(),
            "--cache-dir".to_owned(),
            cache().display().to_string(),
        ];
        if !arguments.contains(&"--policy") {
            all.extend(["--policy".to_owned(), policy().display().to_string()]);
        }
        all.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(LONGEST))
            .build();
        Self {
            directory: TempDir::new().expect("a temporary directory"),
            arguments: all,
            environment: environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            key: tenant.api_key().to_owned(),
            process: None,
            address: String::new(),
            token: String::new(),
            session: String::new(),
            said: std::sync::Arc::default(),
            agent: agent.into(),
        }
    }

    /// Starts the process on the data directory as it is.
    pub fn restart(&mut self) {
        assert!(self.process.is_none(), "it runs already");
        let mut child = Command::new(binary())
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(self.data())
            // A test asks whether a run has ended as often as it can.
            .args(["--token-requests", "1000000"])
            .args(&self.arguments)
            .env_remove("PALISADE_TOKEN")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("palisade starts");
        let stderr = child.stderr.take().expect("standard error");
        let (told, hears) = mpsc::channel();
        let said = std::sync::Arc::clone(&self.said);
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                said.lock().expect("nobody panics with it").push_str(&format!("{line}\n"));
                if let Some(address) = line.strip_prefix("palisade is at ") {
                    // Nobody waits for a second one.
                    let _ = told.send(address.to_owned());
                }
            }
        });
        self.process = Some(child);
        self.address =
            hears.recv_timeout(LONGEST).unwrap_or_else(|_| panic!("it did not start:\n{}", self.said()));
    }

    /// Ends the process at once, as `kill -9` does.
    pub fn kill(&mut self) {
        let mut child = self.process.take().expect("it runs");
        child.kill().expect("the process is ours");
        child.wait().expect("the process is ours");
    }

    /// Sends the process a signal.
    pub fn signal(&self, name: &str) {
        let child = self.process.as_ref().expect("it runs");
        let signalled = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
        assert!(signalled.expect("`kill` starts").success());
    }

    /// Asks the process to end, as a supervisor does, and waits for that.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let mut child = self.process.take().expect("it runs");
        let begun = Instant::now();
        while child.try_wait().expect("the process is ours").is_none() {
            assert!(begun.elapsed() < LONGEST, "it did not end:\n{}", self.said());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    /// The tenant's key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where it is reached.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The administrator's token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The cookies of the administrator's session, as a browser sends them.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// What it said on standard error.
    #[must_use]
    pub fn said(&self) -> String {
        self.said.lock().expect("nobody panics with it").clone()
    }

    /// A command of the product that asks this service.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(binary())
            .args(arguments)
            .args(["--server", &self.address])
            .env("PALISADE_TOKEN", &self.token)
            .output()
            .expect("palisade starts")
    }

    /// Asks for something.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[])
    }

    /// The same with further headers.
    #[must_use]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let url = format!("{}{path}", self.address);
        let mut request = self.agent.get(url).header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request.call().expect("it answers"))
    }

    /// Sends something.
    #[must_use]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, "application/json", body.to_string().as_bytes())
    }

    /// Sends bytes of this type.
    #[must_use]
    pub fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let url = format!("{}{path}", self.address);
        let request = match method {
            "PUT" => self.agent.put(url),
            _ => self.agent.post(url),
        };
        let request =
            request.header("authorization", format!("Bearer {}", self.token)).header("content-type", kind);
        answered(request.send(body).expect("it answers"))
    }

    /// Removes something.
    #[must_use]
    pub fn delete(&self, path: &str) -> Answer {
        let url = format!("{}{path}", self.address);
        let request = self.agent.delete(url).header("authorization", format!("Bearer {}", self.token));
        answered(request.call().expect("it answers"))
    }

    /// Installs the bundle of Trend Vision One.
    #[must_use]
    pub fn install(&self) -> i64 {
        let zip = std::fs::read(bundle()).expect("the bundle is built");
        id(&self.send("POST", "/api/v1/integrations", "application/zip", &zip).expect(201))
    }

    /// Creates a collection of one file.
    #[must_use]
    pub fn collection(&self, name: &str, file: &str, content: &[u8]) -> i64 {
        let (kind, body) = form(name, &[(file, content)]);
        id(&self.send("POST", "/api/v1/collections/upload", &kind, &body).expect(201))
    }

    /// The connection to the tenant, created if there is none.
    #[must_use]
    pub fn connection(&self) -> i64 {
        let known = self.get("/api/v1/connections").expect(200);
        if let Some(connection) = known["items"].as_array().and_then(|items| items.first()) {
            return id(connection);
        }
        let connection = json!({
            "name": "Vision One",
            "kind": "trend-vision-one",
            "configuration": { "api_key": self.key },
        });
        id(&self.post("/api/v1/connections", &connection).expect(201))
    }

    /// Creates a workflow that blocks a collection, with these settings on top.
    #[must_use]
    pub fn workflow(&self, name: &str, integration: i64, collection: i64, settings: &Value) -> i64 {
        let mut workflow = json!({
            "name": name,
            "collection": collection,
            "max_evictions": null,
            "actions": [{
                "integration": integration,
                "action": "add-to-blocklist",
                "connection": self.connection(),
            }],
        });
        for (name, value) in settings.as_object().into_iter().flatten() {
            workflow[name] = value.clone();
        }
        id(&self.post("/api/v1/workflows", &workflow).expect(201))
    }

    /// Asks for a run.
    #[must_use]
    pub fn run(&self, workflow: i64) -> i64 {
        id(&self.post(&format!("/api/v1/workflows/{workflow}/run"), &json!({})).expect(201))
    }

    /// Waits until a run is over; checks that each of its objects has exactly one verdict in each step.
    #[must_use]
    pub fn over(&self, run: i64) -> Value {
        self.until(run, "it is over", |run| run["phase"] == "ended");
        let value = self.get(&format!("/api/v1/runs/{run}")).expect(200);
        let objects = value["objects"].as_u64().unwrap_or_default();
        for step in value["steps"].as_array().expect("steps") {
            let sum: u64 = counts(&step["verdicts"]).values().sum();
            assert_eq!(sum, objects, "one verdict for each object: {step}");
        }
        value
    }

    /// Waits until a run is so.
    pub fn until(&self, run: i64, what: &str, is_so: impl Fn(&Value) -> bool) {
        let begun = Instant::now();
        loop {
            let value = self.get(&format!("/api/v1/runs/{run}")).expect(200);
            if is_so(&value) {
                return;
            }
            assert!(begun.elapsed() < LONGEST, "waited in vain until {what}: {value}\n{}", self.said());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// All objects of a run in one step, in their order.
    #[must_use]
    pub fn objects(&self, run: i64, step: u32) -> Vec<Value> {
        let (mut objects, mut page) = (Vec::new(), 1);
        loop {
            let path = format!("/api/v1/runs/{run}/objects?step={step}&per_page=500&page={page}");
            let value = self.get(&path).expect(200);
            let items = value["items"].as_array().expect("items");
            objects.extend(items.iter().cloned());
            if items.is_empty() || objects.len() as u64 >= value["total"].as_u64().expect("a total") {
                return objects;
            }
            page += 1;
        }
    }

    /// Follows the first link, as the administrator does, and makes a token.
    fn administrator(&self) -> (String, String) {
        let begun = Instant::now();
        let link = loop {
            let said = self.said();
            let link = said.lines().find_map(|line| line.strip_prefix("Create the administrator account: "));
            if let Some(link) = link.and_then(|link| link.split(' ').next()) {
                break link.to_owned();
            }
            assert!(begun.elapsed() < LONGEST, "there is no link: {said}");
            thread::sleep(Duration::from_millis(5));
        };
        let origin = self.address.clone();
        let made = self
            .agent
            .post(&link)
            .header("origin", &origin)
            .send_form([("name", "ada"), ("new-password", "a horse that is not a battery")])
            .expect("it answers");
        assert_eq!(made.status().as_u16(), 303, "the administrator is made");
        let cookies: Vec<String> = made
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|cookie| cookie.to_str().ok()?.split(';').next().map(str::to_owned))
            .collect();
        let cookies = cookies.join("; ");
        let mut page = self
            .agent
            .get(format!("{origin}/account"))
            .header("cookie", &cookies)
            .call()
            .expect("it answers");
        let page = page.body_mut().read_to_string().expect("a page");
        let (_, rest) = page.split_once("name=\"csrf\" value=\"").expect("a form");
        let csrf = rest.split('"').next().expect("a value");
        let body = json!({ "name": "tests", "role": "administrator", "days": 1 }).to_string();
        let made = self
            .agent
            .post(format!("{origin}/api/v1/tokens"))
            .header("cookie", &cookies)
            .header("origin", &origin)
            .header("x-csrf-token", csrf)
            .header("content-type", "application/json")
            .send(body)
            .expect("it answers");
        (answered(made).expect(201)["secret"].as_str().expect("a token").to_owned(), cookies)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if let Some(mut child) = self.process.take() {
            // Fails where it has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Verdicts by kind.
#[must_use]
pub fn counts(verdicts: &Value) -> BTreeMap<String, u64> {
    let count = |(name, count): (&String, &Value)| (name.clone(), count.as_u64().expect("a count"));
    verdicts.as_object().expect("verdicts").iter().map(count).collect()
}

/// A form with files, and its type.
#[must_use]
pub fn form(name: &str, files: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let form = palisade_multipart::Form::new().text("name", name);
    files.iter().fold(form, |form, (file, content)| form.file("files", file, content)).finish()
}

fn id(made: &Value) -> i64 {
    made["id"].as_i64().expect("an id")
}

fn answered(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let status = response.status().as_u16();
    let text = response.body_mut().with_config().limit(1 << 30).read_to_string().expect("a text");
    Answer { status, value: serde_json::from_str(&text).unwrap_or_default(), text }
}
