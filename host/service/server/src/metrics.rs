//! Numbers for Prometheus: requests by route and status, and how long they took. A route is its pattern, never the path that
//! somebody sent: a stranger cannot make rows. Numbers of runs and lists are in [`work`].

mod work;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub(crate) use work::Work;

/// What a row of requests is told apart by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: String,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Timed {
    route: String,
}

type Histograms = Family<Timed, Histogram, fn() -> Histogram>;

/// Up to the limit for an answer; half of a page's 200 ms is seen, and twice as much.
const SECONDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0, 30.0];

/// Numbers for Prometheus. Clones are the same numbers.
#[derive(Clone)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Request, Counter>,
    seconds: Histograms,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("palisade");
        let requests = Family::<Request, Counter>::default();
        let seconds: Histograms = Family::new_with_constructor(|| Histogram::new(SECONDS));
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register("http_request_seconds", "How long an answer took to begin", seconds.clone());
        Self { registry: Arc::new(registry), requests, seconds }
    }

    pub(crate) fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let request = Request { method: method.to_owned(), route: route.to_owned(), status };
        self.requests.get_or_create(&request).inc();
        self.seconds.get_or_create(&Timed { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    /// As Prometheus reads them, with what is known of runs and lists at this moment.
    pub(crate) fn text(&self, work: &Work) -> Result<String, std::fmt::Error> {
        let mut written = String::new();
        text::encode_registry(&mut written, &self.registry)?;
        text::encode_registry(&mut written, &work.registry())?;
        text::encode_eof(&mut written)?;
        Ok(written)
    }
}
