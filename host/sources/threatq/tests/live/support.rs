//! An appliance to read from, and what reading it came to.

use std::collections::HashMap;
use std::io::Write as _;
use std::time::Duration;

use palisade_egress::{Client, ClientOptions, Origin, ProxyChoice, SecretString};
use palisade_model::{Object, Record};
use palisade_threatq::{Connection, Fetched, LogIn, ThreatQError};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use threatq_simulator::{HOST, Received, Settings, Simulator};
use tokio::time::Instant;

/// The collection that tests read.
pub(crate) const COLLECTION: &str = "5d41402abc4b2a76b9719d911017c592";

/// A running simulator with its authority's certificate in a file.
pub(crate) struct Appliance {
    pub(crate) simulator: Simulator,
    certificate: NamedTempFile,
}

/// What reading came to, and what was handed over before it did.
pub(crate) struct Outcome {
    pub(crate) result: Result<Fetched, ThreatQError>,
    pub(crate) records: Vec<Record>,
}

impl Appliance {
    /// An appliance whose pages hold at most `page_objects` of these objects.
    pub(crate) async fn with(objects: Value, page_objects: u64) -> Self {
        let simulator = Simulator::start(Settings { page_objects, ..Settings::default() }).await.unwrap();
        simulator.set_collection(COLLECTION, objects).unwrap();
        let mut certificate = NamedTempFile::new().unwrap();
        certificate.write_all(simulator.ca_pem().as_bytes()).unwrap();
        Self { simulator, certificate }
    }

    /// Seven objects, two on a page.
    pub(crate) async fn start() -> Self {
        Self::with(objects(7), 2).await
    }

    pub(crate) fn client(&self) -> Client {
        self.client_to(HOST, true)
    }

    /// A client that reaches the simulator by a name, and trusts it or not.
    pub(crate) fn client_to(&self, host: &str, trusting: bool) -> Client {
        let certificate = self.certificate.path().to_owned();
        Client::new(&ClientOptions {
            connect_to: vec![self.simulator.connect_to(host).parse().unwrap()],
            ca_certificates: trusting.then_some(certificate).into_iter().collect(),
            system_certificates: false,
            proxy: ProxyChoice::None,
            private_networks: Vec::new(),
        })
        .unwrap()
    }

    pub(crate) fn by_password(&self) -> LogIn {
        let account = self.simulator.account();
        LogIn::Password {
            email: account.email,
            password: SecretString::from(account.password),
            client_id: account.client_id,
        }
    }

    pub(crate) fn by_client_credentials(&self) -> LogIn {
        let client = self.simulator.client();
        LogIn::ClientCredentials { client_id: client.id, client_secret: SecretString::from(client.secret) }
    }

    pub(crate) fn by_token(&self) -> LogIn {
        LogIn::Token(SecretString::from(self.simulator.token().unwrap()))
    }

    /// Reads the collection.
    pub(crate) async fn fetch(&self, log_in: LogIn) -> Outcome {
        self.fetch_within(&connection(log_in), Duration::from_secs(60)).await
    }

    /// Reads a collection with little time.
    pub(crate) async fn fetch_within(&self, connection: &Connection, time: Duration) -> Outcome {
        fetch(connection, self.client(), time).await
    }

    /// The requests for pages.
    pub(crate) fn pages(&self) -> Vec<Received> {
        let is_page = |request: &Received| request.path == format!("/api/indicators/query/hash/{COLLECTION}");
        self.simulator.received().into_iter().filter(is_page).collect()
    }

    /// The log-ins.
    pub(crate) fn log_ins(&self) -> Vec<Received> {
        self.simulator.received().into_iter().filter(|request| request.path == "/api/token").collect()
    }

    /// The marks by which pages were asked for.
    pub(crate) fn marks(&self) -> Vec<String> {
        self.pages().iter().map(|page| fields(page.query.as_bytes())["cursorMark"].clone()).collect()
    }
}

pub(crate) async fn fetch(connection: &Connection, client: Client, time: Duration) -> Outcome {
    let mut records = Vec::new();
    let deadline = Instant::now() + time;
    let result =
        palisade_threatq::fetch(connection, client, deadline, &mut |record| records.push(record)).await;
    Outcome { result, records }
}

impl Outcome {
    pub(crate) fn fetched(&self) -> &Fetched {
        self.result.as_ref().unwrap()
    }

    pub(crate) fn error(&self) -> &ThreatQError {
        self.result.as_ref().unwrap_err()
    }

    pub(crate) fn objects(&self) -> Vec<&Object> {
        let mut objects = Vec::new();
        for record in &self.records {
            if let Record::Object(object) = record {
                objects.push(object);
            }
        }
        objects
    }

    /// The numbers of the objects, in the order in which they were handed over.
    pub(crate) fn ids(&self) -> Vec<u64> {
        self.objects().iter().map(|object| object.platform_id.as_ref().unwrap().parse().unwrap()).collect()
    }
}

pub(crate) fn connection(log_in: LogIn) -> Connection {
    Connection {
        origin: Origin::parse(&format!("https://{HOST}")).unwrap(),
        collection: COLLECTION.parse().unwrap(),
        log_in,
    }
}

/// So many objects, numbered from 1, each changed a minute after the one before.
pub(crate) fn objects(count: u64) -> Value {
    (1..=count).map(object).collect()
}

pub(crate) fn object(id: u64) -> Value {
    json!({
        "id": id, "class": "network", "value": format!("host-{id}.example"), "hash": "5d41402abc4b2a76b9719d911017c592",
        "type_id": 8, "type": {"id": 8, "name": "FQDN", "class": "network"},
        "status_id": 1, "status": {"id": 1, "name": "Active"}, "score": id % 11, "adversaries": [],
        "attributes": [], "sources": [], "created_at": "2024-03-02 08:10:44",
        "updated_at": format!("2024-03-05 {:02}:{:02}:00", id / 60 % 24, id % 60),
        "touched_at": "2024-03-09 01:22:13",
    })
}

/// The fields of a form or a query.
pub(crate) fn fields(text: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}
