//! Takes note of attempts while a run goes on, and writes them as one file when it is over.
//!
//! Each attempt is redacted and turned into its final JSON as soon as it is complete: nothing that waits in memory holds
//! a secret, and the size of the file is known at any time. What would make it too large is counted and left out, and the
//! file says so.

mod build;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Response, Uri};
use palisade_limits as limits;
use serde_json::value::RawValue;

use palisade_redaction::Redactor;

use crate::{Provenance, har};

/// Code of an attempt that was begun and whose end nobody waited for, as in a run that is cancelled.
pub const ABANDONED: &str = "attempt-abandoned";

/// A request as it is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Sent<'a> {
    /// Method.
    pub method: &'a Method,
    /// Absolute URL.
    pub url: &'a Uri,
    /// Headers. Those that carry credentials may be among them or not: their values are never looked at.
    pub headers: &'a HeaderMap,
    /// The headers that carry the credential.
    pub credential_headers: &'a [HeaderName],
    /// Body.
    pub body: &'a Bytes,
    /// The how-manieth attempt of this request it is, from 1 on.
    pub attempt: u64,
    /// What it is for, as a sentence for people; may be empty.
    pub purpose: &'a str,
    /// When it is begun.
    pub at: SystemTime,
}

/// Where the time of an attempt went, and whom it was spent on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timings {
    /// Sending the request.
    pub send: Duration,
    /// Waiting for the head of the answer.
    pub wait: Duration,
    /// Reading the answer.
    pub receive: Duration,
    /// The address that was dialled, where it is known.
    pub server: Option<IpAddr>,
    /// Which connection carried it, where that is known.
    pub connection: Option<String>,
}

impl Timings {
    /// For an attempt of which only the whole time is known.
    #[must_use]
    pub fn whole(elapsed: Duration) -> Self {
        Self { wait: elapsed, ..Self::default() }
    }
}

/// Takes note of the attempts of one run. Cheap to clone; clones share what they noted.
#[derive(Debug, Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    provenance: Provenance,
    redactor: Arc<Redactor>,
    most_entries: u64,
    most_bytes: u64,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    begun: u64,
    /// Complete entries by when they were begun.
    entries: BTreeMap<u64, Box<RawValue>>,
    bytes: u64,
    dropped: u64,
}

impl Recorder {
    /// A recorder for the run that `provenance` names; `redactor` knows all its secrets.
    #[must_use]
    pub fn new(provenance: Provenance, redactor: impl Into<Arc<Redactor>>) -> Self {
        Self::bounded(provenance, redactor, limits::RECORDING_ENTRIES, limits::RECORDING_BYTES)
    }

    fn bounded(
        provenance: Provenance,
        redactor: impl Into<Arc<Redactor>>,
        most_entries: u64,
        most_bytes: u64,
    ) -> Self {
        let noted = Mutex::default();
        let redactor = redactor.into();
        Self { shared: Arc::new(Shared { provenance, redactor, most_entries, most_bytes, noted }) }
    }

    /// Takes note that an attempt begins. Its place in the file is that of this call.
    #[must_use = "an attempt that is dropped is recorded as abandoned"]
    pub fn begin(&self, sent: Sent<'_>) -> Attempt {
        let place = {
            let mut noted = self.noted();
            noted.begun += 1;
            noted.begun
        };
        let pending = build::Pending::of(sent, place);
        Attempt { recorder: self.clone(), pending: Some(pending) }
    }

    /// Attempts that will be in the file.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.noted().entries.len() as u64
    }

    /// Attempts that will not be in the file, because it would become too large.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.noted().dropped
    }

    /// Writes the file: UTF-8, indented, each entry on a line of its own. Attempts that are still under way are not in it.
    ///
    /// # Errors
    /// Where `out` cannot be written.
    pub fn write(&self, mut out: impl std::io::Write) -> std::io::Result<()> {
        let noted = self.noted();
        let har = har::Har {
            log: har::Log {
                version: har::VERSION.to_owned(),
                creator: har::Creator {
                    name: "palisade".to_owned(),
                    version: env!("CARGO_PKG_VERSION").to_owned(),
                },
                browser: None,
                palisade: Some(har::Palisade {
                    provenance: self.redacted_provenance(),
                    dropped_entries: noted.dropped,
                }),
                pages: Vec::new(),
                entries: noted.entries.values().collect(),
                comment: None,
            },
        };
        serde_json::to_writer_pretty(&mut out, &har)?;
        out.write_all(b"\n")?;
        out.flush()
    }

    fn redacted_provenance(&self) -> Provenance {
        let redacted = |text: &String| self.shared.redactor.text(text).into_owned();
        let Provenance { bundle_digest, action, run_id, dry_run } = &self.shared.provenance;
        Provenance {
            bundle_digest: redacted(bundle_digest),
            action: redacted(action),
            run_id: redacted(run_id),
            dry_run: *dry_run,
        }
    }

    fn note(&self, place: u64, entry: Option<Box<RawValue>>) {
        let mut noted = self.noted();
        let bytes = entry.as_ref().map_or(0, |entry| entry.get().len() as u64);
        let fits = noted.dropped == 0
            && (noted.entries.len() as u64) < self.shared.most_entries
            && noted.bytes + bytes <= self.shared.most_bytes;
        match entry {
            Some(entry) if fits => {
                noted.bytes += bytes;
                noted.entries.insert(place, entry);
            }
            // Nor does anything behind the first that did not fit: what is missing is the end of the run.
            _ => noted.dropped += 1,
        }
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.shared.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attempt under way. Dropped without an end, it is recorded as [`ABANDONED`].
#[derive(Debug)]
pub struct Attempt {
    recorder: Recorder,
    pending: Option<build::Pending>,
}

impl Attempt {
    /// It has an answer, whatever its status. The body is copied.
    pub fn answered(mut self, response: &Response<Bytes>, timings: &Timings) {
        self.end(&build::End::Answered(response), timings);
    }

    /// It has none. `code` and `message` are those of the error that the operator sees.
    pub fn failed(mut self, code: &str, message: &str, elapsed: Duration) {
        self.end(&build::End::Failed { code, message }, &Timings::whole(elapsed));
    }

    fn end(&mut self, end: &build::End<'_>, timings: &Timings) {
        let Some(pending) = self.pending.take() else { return };
        let redactor = &self.recorder.shared.redactor;
        self.recorder.note(pending.place(), build::entry(&pending, end, timings, redactor));
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let elapsed = self.pending.as_ref().and_then(|pending| pending.at().elapsed().ok());
        let message = "the run ended before the request had an answer";
        self.end(
            &build::End::Failed { code: ABANDONED, message },
            &Timings::whole(elapsed.unwrap_or_default()),
        );
    }
}

#[cfg(test)]
mod tests;
