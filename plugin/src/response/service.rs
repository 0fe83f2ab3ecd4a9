//! What a response action needs of the host: objects, requests, time.

use std::time::Duration;

use time::OffsetDateTime;

use crate::contract::{Offered, Outcome};
use crate::session::Arrival;

/// A request to the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceRequest {
    /// A request with commands: a JSON array.
    Post {
        /// The path on the API's host.
        path: &'static str,
        /// The body.
        body: Vec<u8>,
    },
    /// A request that reads.
    Get {
        /// The path and the query on the API's host.
        path_and_query: String,
        /// A header that narrows the answer: its name in lower case, and its value.
        header: Option<(&'static str, String)>,
    },
}

/// The host, as a response action sees it.
pub trait Service {
    /// The next objects; none at the end.
    fn next(&mut self) -> Vec<Offered>;

    /// Reports outcomes.
    fn record(&mut self, outcomes: Vec<Outcome>);

    /// Sends a request and waits for what it comes to.
    fn ask(&mut self, request: ServiceRequest) -> Arrival;

    /// Waits, unless the run would end first.
    fn rest(&mut self, pause: Duration) -> bool;

    /// The time.
    fn now(&self) -> OffsetDateTime;
}
