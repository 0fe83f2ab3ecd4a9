//! A tenant to talk to: a simulator on a runtime of its own, with its authority's certificate in a file.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::ops::Deref;

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::runtime::Runtime;
use vision_one_simulator::{Received, Settings, Simulator};

/// The region that tests talk to: the manifest's default.
pub const REGION: &str = "api.xdr.trendmicro.com";

/// A running simulator. Everything that [`Simulator`] offers is offered here.
pub struct Tenant {
    simulator: Simulator,
    certificate: NamedTempFile,
    _runtime: Runtime,
}

impl Default for Tenant {
    fn default() -> Self {
        Self::start()
    }
}

impl Tenant {
    /// A tenant with the simulator's default settings.
    #[must_use]
    pub fn start() -> Self {
        Self::with(Settings::default())
    }

    /// A tenant with these settings.
    #[must_use]
    pub fn with(settings: Settings) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let simulator = runtime.block_on(Simulator::start(settings)).expect("a simulator");
        let mut certificate = NamedTempFile::new().expect("a temporary file");
        certificate.write_all(simulator.ca_pem().as_bytes()).expect("the certificate is written");
        Self { simulator, certificate, _runtime: runtime }
    }

    /// Where the authority's certificate is.
    #[must_use]
    pub fn certificate(&self) -> &std::path::Path {
        self.certificate.path()
    }

    /// The block list as `field value` pairs.
    #[must_use]
    pub fn blocked(&self) -> BTreeSet<(String, String)> {
        let objects = self.simulator.suspicious_objects();
        objects.iter().map(|object| (object.kind.name().to_owned(), object.value.clone())).collect()
    }

    /// The exception list as `field value` pairs.
    #[must_use]
    pub fn exempted(&self) -> BTreeSet<(String, String)> {
        let objects = self.simulator.exceptions();
        objects.iter().map(|object| (object.kind.name().to_owned(), object.value.clone())).collect()
    }

    /// The requests that wanted to change a list.
    #[must_use]
    pub fn posts(&self) -> Vec<Received> {
        self.simulator.received().into_iter().filter(|request| request.method == "POST").collect()
    }

    /// The items of these requests, in the order in which they were received; the same item twice where it was sent twice.
    #[must_use]
    pub fn items(&self) -> Vec<Value> {
        let items =
            |request: Received| request.json().expect("a body is JSON").as_array().expect("an array").clone();
        self.posts().into_iter().flat_map(items).collect()
    }

    /// The one item that was received with this value, whatever its field.
    #[must_use]
    pub fn item(&self, value: &str) -> Value {
        let has_value =
            |item: &Value| item.as_object().expect("an object").values().any(|field| field == value);
        let found: Vec<Value> = self.items().into_iter().filter(has_value).collect();
        assert_eq!(found.len(), 1, "items with the value `{value}`: {found:?}");
        found[0].clone()
    }
}

impl Deref for Tenant {
    type Target = Simulator;

    fn deref(&self) -> &Simulator {
        &self.simulator
    }
}
