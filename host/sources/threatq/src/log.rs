//! The requests to an appliance, each with its purpose, as a run shows them. Bodies are left out: the response to a log-in is a
//! token, and pages are as large as the collection.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{Request, Response};
use palisade_egress::{SendError, Session};

/// One request to an appliance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// What it was for, without a full stop.
    pub purpose: String,
    /// Its method.
    pub method: String,
    /// Its absolute URL.
    pub url: String,
    /// When it was sent.
    pub at: SystemTime,
    /// How long it took, retries included.
    pub elapsed: Duration,
    /// How often it was sent.
    pub attempts: u64,
    /// The status of the last response, or the code of the error.
    pub outcome: Result<u16, String>,
}

/// The requests so far. Cheap to clone; clones share them.
#[derive(Debug, Clone, Default)]
pub struct RequestLog(Arc<Mutex<Vec<LoggedRequest>>>);

impl RequestLog {
    /// All requests, in the order in which they ended. The log is empty afterwards.
    #[must_use]
    pub fn take(&self) -> Vec<LoggedRequest> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sends a request, and adds it to the log whatever comes of it.
    pub(crate) async fn send(
        &self,
        session: &Session,
        request: Request<Bytes>,
        purpose: String,
    ) -> Result<Response<Bytes>, SendError> {
        let (method, url) = (request.method().to_string(), request.uri().to_string());
        let (at, begun, before) = (SystemTime::now(), Instant::now(), session.traffic().requests);
        let result = session.send(request).await;
        let logged = LoggedRequest {
            purpose,
            method,
            url,
            at,
            elapsed: begun.elapsed(),
            attempts: session.traffic().requests.saturating_sub(before),
            outcome: match &result {
                Ok(response) => Ok(response.status().as_u16()),
                Err(error) => Err(error.code().to_owned()),
            },
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(logged);
        result
    }
}
