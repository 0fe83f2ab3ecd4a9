//! What a component can ask about its activation.

use std::time::Duration;

use palisade_limits as limits;
use tokio::time::Instant;
use wasmtime::Result;

use crate::bindings::generated::palisade::action::circumstances;
use crate::state::State;

/// The circumstances of one activation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Identifies the run in logs.
    pub run_id: String,
    /// Nothing that changes the service may be sent.
    pub dry_run: bool,
    /// Each submission is to be compared with what the service has.
    pub compare: bool,
    /// Entries that the run may make the service remove; any number if absent.
    pub most_evictions: Option<u64>,
    /// The mark of the workflow, if the run belongs to one.
    pub mark: Option<String>,
    /// Feeds only: the cursor of the last batch that was kept.
    pub cursor: Option<Vec<u8>>,
}

/// The limits that a component can ask for. They are enforced elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct KnownLimits {
    pub(crate) page_objects: u64,
    pub(crate) concurrent_requests: u64,
    pub(crate) request_body_bytes: u64,
    pub(crate) response_body_bytes: u64,
}

impl KnownLimits {
    fn by_name(self, name: &str) -> Option<u64> {
        match name {
            "page-objects" => Some(self.page_objects),
            "concurrent-requests" => Some(self.concurrent_requests),
            "request-body-bytes" => Some(self.request_body_bytes),
            "response-body-bytes" => Some(self.response_body_bytes),
            "state-bytes" => Some(limits::STATE_BYTES),
            "artefact-bytes" => Some(limits::ARTEFACT_BYTES),
            _ => None,
        }
    }
}

impl circumstances::Host for State {
    fn run_id(&mut self) -> Result<String> {
        Ok(self.circumstances.run_id.clone())
    }

    fn dry_run(&mut self) -> Result<bool> {
        Ok(self.circumstances.dry_run)
    }

    fn compare(&mut self) -> Result<bool> {
        Ok(self.circumstances.compare)
    }

    fn most_evictions(&mut self) -> Result<Option<u64>> {
        Ok(self.circumstances.most_evictions)
    }

    fn mark(&mut self) -> Result<Option<String>> {
        Ok(self.circumstances.mark.clone())
    }

    fn cursor(&mut self) -> Result<Option<Vec<u8>>> {
        Ok(self.circumstances.cursor.clone())
    }

    fn host_retries_transport(&mut self) -> Result<bool> {
        Ok(true)
    }

    fn milliseconds_left(&mut self) -> Result<u64> {
        let left: Duration = self.until.saturating_duration_since(Instant::now());
        Ok(u64::try_from(left.as_millis()).unwrap_or(u64::MAX))
    }

    fn limit(&mut self, name: String) -> Result<Option<u64>> {
        Ok(self.limits.by_name(&name))
    }
}
