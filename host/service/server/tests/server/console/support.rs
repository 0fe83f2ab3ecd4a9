//! A service whose orchestrator has options, bundles that are made for a test, and forms with files.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use palisade_bundle::{PackInputs, SigningKey, pack};
use palisade_engine::{Cache, Compiler, Engine};
use palisade_orchestrator::executor::Embedded;
use palisade_orchestrator::{
    ConnectionChoice, ConnectionDraft, Entered, Orchestrator, StepDraft, SystemClock, WorkflowDraft,
};
use palisade_schedule::Schedule;
use palisade_server::{App, Listener, Options, Role, router};
use palisade_store::{BundleId, CollectionId, Configuration, ConnectionId, Store, Takes, Wait as _};
use palisade_store_sqlite::SqliteStore;
use palisade_vault::{Key, Vault};
use tempfile::TempDir;

use crate::harness::{Answer, Client, PASSWORD, between};

/// The smallest component: its header and nothing else.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// A service, and what it works with.
pub(crate) struct Console {
    pub(crate) app: App,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) orchestrator: Orchestrator,
    pub(crate) address: SocketAddr,
    _directory: TempDir,
    pub(crate) key: SigningKey,
}

impl Console {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_, _| {}).await
    }

    /// With a key that is trusted, and options changed.
    pub(crate) async fn start_with(change: impl FnOnce(&mut palisade_orchestrator::Options, &Path)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(&directory.path().join("palisade.db")).unwrap());
        let key = SigningKey::generate(None).unwrap();
        let policy = directory.path().join("palisade.toml");
        let public = key.public_key().file_text();
        let public = public.lines().find(|line| line.starts_with("RW")).unwrap().to_owned();
        fs::write(&policy, format!("[[trusted-keys]]\nname = \"Test press\"\nkey = \"{public}\"\n")).unwrap();
        let clock = Arc::new(SystemClock);
        let mut options = palisade_orchestrator::Options {
            store: store.clone(),
            vault: Vault::new(Key::generate().unwrap(), Vec::new()),
            engine: Engine::new(&Cache::Off, Compiler::InProcess).unwrap(),
            policy: Some(policy),
            connect_to: Vec::new(),
            ca_certificates: Vec::new(),
            allow_unsigned: false,
            clock: clock.clone(),
        };
        change(&mut options, directory.path());
        let orchestrator = Orchestrator::new(options, Box::new(Embedded::new(store.clone(), clock, 1)));
        let served = Options { clock: Arc::new(Timestamp::now), zone: TimeZone::UTC, ..Options::default() };
        let app = App::new(orchestrator.clone(), served).unwrap();
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let address = listener.address();
        tokio::spawn(listener.serve(router(app.clone()), std::future::pending()));
        Self { app, store, orchestrator, address, _directory: directory, key }
    }

    pub(crate) async fn administrator(&self) -> Client {
        let link = self.app.first_link().await.unwrap().unwrap();
        self.enter(&link, &[("name", "ada"), ("new-password", PASSWORD)]).await
    }

    pub(crate) async fn person(&self, administrator: &mut Client, name: &str, role: Role) -> Client {
        let link = administrator.invite(name, role).await;
        self.enter(&link, &[("new-password", PASSWORD)]).await
    }

    async fn enter(&self, link: &str, form: &[(&str, &str)]) -> Client {
        let mut client = Client { address: self.address, cookies: BTreeMap::new(), csrf: String::new() };
        let answer = client.post(link).form(form).send().await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        client.learn_csrf().await;
        client
    }

    /// The zip of a bundle whose manifest is the project's own, changed.
    pub(crate) fn bundle(&self, change: impl Fn(String) -> String, key: Option<&SigningKey>) -> Vec<u8> {
        let files = tempfile::tempdir().unwrap();
        let file = |name: &str, contents: &[u8]| -> PathBuf {
            let path = files.path().join(name);
            fs::write(&path, contents).unwrap();
            path
        };
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../manifest.yaml");
        let manifest = change(fs::read_to_string(manifest).unwrap());
        let bill = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"serde"}]}"#;
        let inputs = PackInputs {
            manifest: file("manifest.yaml", manifest.as_bytes()),
            component: file("component.wasm", COMPONENT),
            readme: file("readme.md", b"# What it is\n"),
            changelog: file("changes.md", b"# Changes\n"),
            licence: file("licence.txt", b"Apache License\n"),
            icon: file("icon.svg", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"),
            software_bill: file("bill.json", bill),
            sign: key,
        };
        let zip = files.path().join("bundle.zip");
        pack(&inputs, &zip).unwrap();
        fs::read(zip).unwrap()
    }

    /// The project's own bundle, signed with the trusted key.
    pub(crate) fn signed(&self) -> Vec<u8> {
        self.bundle(|manifest| manifest, Some(&self.key))
    }

    /// A later version with a parameter that is gone and one that holds something else.
    pub(crate) fn later(&self) -> Vec<u8> {
        let change = |manifest: String| {
            let manifest = manifest.replace("version: 0.1.0", "version: 0.2.0");
            let manifest = manifest
                .replace("    default: 10000\n    minimum: 1\n", "    default: 5000\n    minimum: 2\n");
            assert!(manifest.contains("minimum: 2"), "{manifest}");
            manifest
        };
        self.bundle(change, Some(&self.key))
    }

    /// A connection of the project's own bundle, in Europe.
    pub(crate) fn connection(&self, name: &str, key: &str) -> ConnectionId {
        let entered = BTreeMap::from([
            ("api_region".to_owned(), Entered::Text("api.eu.xdr.trendmicro.com".to_owned())),
            ("api_key".to_owned(), Entered::Secret(key.to_owned().into())),
        ]);
        let (name, kind) = (name.to_owned(), "trend-vision-one".to_owned());
        self.orchestrator.add_connection(ConnectionDraft { name, kind, entered }, "test").unwrap()
    }

    /// What an action has for future workflows, its connection included.
    pub(crate) fn held(&self, bundle: &str, action: &str) -> Configuration {
        let defaults = self.store.action_defaults(bundle, action).wait().unwrap();
        let connection =
            defaults.connection.map(|id| self.store.connection(id).wait().unwrap().configuration);
        defaults.configuration.into_iter().chain(connection.unwrap_or_default()).collect()
    }

    /// A workflow with one action of an installed version, and a connection of its own.
    pub(crate) fn workflow(&self, name: &str, bundle: i64, collection: Option<i64>) -> i64 {
        let connection = ConnectionChoice::Is(self.connection(&format!("For {name}"), "WORKFLOW-KEY"));
        let step = StepDraft {
            bundle: BundleId(bundle),
            action: "add-to-blocklist".to_owned(),
            was: None,
            connection,
            entered: BTreeMap::new(),
        };
        let draft = WorkflowDraft {
            name: name.to_owned(),
            description: String::new(),
            collection: collection.map(CollectionId),
            schedule: Schedule::default(),
            takes: Takes::All,
            evictions: Some(0),
            enabled: false,
            steps: vec![step],
        };
        self.orchestrator.add_workflow(draft, "test").unwrap().0
    }
}

/// What a browser sends for a form with files: `csrf` first, then fields, then files with their names.
pub(crate) async fn post_files(
    client: &mut Client,
    path: &str,
    fields: &[(&str, &str)],
    files: &[(&str, &str, &[u8])],
) -> Answer {
    let csrf = client.csrf.clone();
    let mut body = Vec::new();
    for (name, value) in std::iter::once(&("csrf", csrf.as_str())).chain(fields) {
        let part = format!("--fence\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    for (name, file, content) in files {
        let head = format!(
            "--fence\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: application/octet-stream\r\n\r\n"
        );
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--fence--\r\n");
    let call = client.post(path).without("X-CSRF-Token");
    call.body("multipart/form-data; boundary=fence", &body).send().await
}

/// Posts a form as the page has it, with the session's text as a field and no script's header.
pub(crate) async fn post_form(client: &mut Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let csrf = client.csrf.clone();
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend_from_slice(fields);
    client.post(path).without("X-CSRF-Token").form(&all).send().await
}

/// Where an answer leads, once it is one that leads somewhere.
pub(crate) fn leads(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").to_owned()
}

/// The page without its markup, in single spaces: what somebody reads.
pub(crate) fn read(answer: &Answer) -> String {
    let mut text = String::new();
    for part in answer.body.split('<').skip(1) {
        text.push(' ');
        text.push_str(part.split_once('>').map_or("", |(_, text)| text));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace("&#34;", "\"").replace("&#39;", "'").replace("&#38;", "&").replace("&#x27;", "'")
}

/// The value of an input.
pub(crate) fn value(answer: &Answer, name: &str) -> String {
    let input = answer.body.split("<input").find(|input| {
        let input = input.split('>').next().unwrap_or_default();
        input.contains(&format!(r#"name="{name}""#))
    });
    between(input.unwrap_or_default(), "value=\"", "\"").to_owned()
}
