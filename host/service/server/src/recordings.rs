//! The requests of a run as its recordings have them, read for pages and for the API. The recordings were redacted when they
//! were made; what they do not have is left out here.

use std::io::Read as _;

use palisade_limits as limits;
use palisade_orchestrator::OrchestratorError;
use palisade_store::{RunId, Store, Wait as _};
use serde::Deserialize;

/// One attempt of a request.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    /// The step, from 1 on; 0 for the requests by which the run selected its objects.
    pub(crate) step: u32,
    /// The activation that sent it.
    pub(crate) epoch: i64,
    /// The attempt.
    pub(crate) entry: Entry,
}

/// An attempt as HTTP Archive has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Entry {
    #[serde(rename = "startedDateTime")]
    pub(crate) started: String,
    /// Milliseconds.
    pub(crate) time: f64,
    pub(crate) request: Request,
    pub(crate) response: Response,
    /// What the request is for, as the manifest says.
    pub(crate) comment: Option<String>,
    #[serde(rename = "_attempt")]
    pub(crate) attempt: Option<u64>,
    #[serde(rename = "_error")]
    pub(crate) error: Option<Unanswered>,
}

/// What was sent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) url: String,
    #[serde(rename = "postData")]
    body: Option<Body>,
    headers: Vec<Header>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Header {
    name: String,
    value: String,
}

/// Headers that say nothing about what is asked for.
const USUAL: [&str; 17] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "authorization",
    "cache-control",
    "content-length",
    "content-type",
    "date",
    "host",
    "idempotency-key",
    "origin",
    "pragma",
    "traceparent",
    "tracestate",
    "user-agent",
    "x-request-id",
];

/// What was received.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Response {
    /// 0 if there is no response.
    pub(crate) status: u16,
    content: Body,
}

/// Why there is no response.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Unanswered {
    /// Stable code.
    pub(crate) code: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Body {
    text: Option<String>,
    encoding: Option<String>,
}

impl Body {
    /// The text; none for bytes.
    fn text(&self) -> &str {
        if self.encoding.is_some() { "" } else { self.text.as_deref().unwrap_or_default() }
    }
}

impl Entry {
    /// The text of the body that was sent.
    pub(crate) fn sent(&self) -> &str {
        self.request.body.as_ref().map_or("", Body::text)
    }

    /// The text of the body that was received.
    pub(crate) fn received(&self) -> &str {
        self.response.content.text()
    }

    /// The headers that belong to the question, such as a filter: not the usual ones, and no credential.
    pub(crate) fn own_headers(&self) -> String {
        let own = |header: &&Header| {
            !USUAL.contains(&header.name.to_ascii_lowercase().as_str()) && header.value != "[redacted]"
        };
        let shown = self.request.headers.iter().filter(own);
        shown.map(|header| format!("{}: {}", header.name, header.value)).collect::<Vec<_>>().join("; ")
    }

    /// From 1 on.
    pub(crate) fn attempt(&self) -> u64 {
        self.attempt.unwrap_or(1)
    }

    /// Host, and path with query.
    pub(crate) fn target(&self) -> (&str, &str) {
        let rest = self.request.url.split_once("://").map_or(self.request.url.as_str(), |(_, rest)| rest);
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }
}

#[derive(Deserialize)]
struct Archive {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

/// All requests of a run, in the order of its steps and activations.
pub(crate) fn requests(store: &dyn Store, run: RunId) -> Result<Vec<Recorded>, OrchestratorError> {
    let mut all = Vec::new();
    for row in store.recordings(run).wait()? {
        let archive: Archive = serde_json::from_str(&unpacked(&row.har)?).map_err(unreadable)?;
        let (step, epoch) = (row.step, row.epoch);
        all.extend(archive.log.entries.into_iter().map(|entry| Recorded { step, epoch, entry }));
    }
    Ok(all)
}

/// The text of a recording.
pub(crate) fn unpacked(har: &[u8]) -> Result<String, OrchestratorError> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(har)
        .take(limits::RECORDING_BYTES)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    Ok(text)
}

pub(crate) fn unreadable(error: impl std::fmt::Display) -> OrchestratorError {
    OrchestratorError::Conflict { code: "recording-unreadable", message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_read_as_it_was_recorded() {
        let entry: Entry = serde_json::from_value(json!({
            "startedDateTime": "2026-11-22T16:34:02.937Z",
            "time": 1_204.4,
            "_attempt": 2,
            "comment": "Adds objects.",
            "request": {
                "method": "POST", "url": "https://api.example/v3.0/list?top=200", "postData": { "text": "sent" },
                "headers": [
                    { "name": "Accept", "value": "*/*" }, { "name": "X-Key", "value": "[redacted]" },
                    { "name": "Filter", "value": "type eq 'ip'" },
                ],
            },
            "response": { "status": 429, "content": { "text": "AAA=", "encoding": "base64" } },
        }))
        .unwrap();
        assert_eq!(entry.target(), ("api.example", "/v3.0/list?top=200"));
        assert_eq!(entry.own_headers(), "Filter: type eq 'ip'");
        assert_eq!((entry.attempt(), entry.sent(), entry.received()), (2, "sent", ""));
        let entry: Entry =
            serde_json::from_value(json!({ "request": { "url": "https://a.example" } })).unwrap();
        assert_eq!((entry.target(), entry.attempt(), entry.response.status), (("a.example", ""), 1, 0));
    }
}
