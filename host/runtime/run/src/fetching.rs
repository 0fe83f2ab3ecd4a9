//! Files that an action has returned for an object: what is kept of them until they are downloaded. The verdict of the object is final
//! only then.

use std::collections::BTreeMap;

use palisade_engine::contract;
use palisade_limits as limits;
use palisade_model::{Artefact, Moment, Outcome, Verdict};
use serde::{Deserialize, Serialize};

use crate::encoded;
use crate::waiting::{Known, Waiting};

/// A file that is to be downloaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FileAsked {
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) size: Option<u64>,
    /// Algorithms with hexadecimal digits.
    pub(crate) digests: Vec<(String, String)>,
    pub(crate) expires: Option<Moment>,
    pub(crate) password: Option<String>,
    /// The state for a question about another link.
    #[serde(default, with = "encoded::optional")]
    pub(crate) renew: Option<Vec<u8>>,
    /// The entity tag of what has been downloaded.
    pub(crate) entity_tag: Option<String>,
}

impl From<contract::Download> for FileAsked {
    fn from(download: contract::Download) -> Self {
        let contract::Download { url, name, media_type, size, digests, expires, password, renew } = download;
        let expires = expires.map(Moment);
        Self { url, name, media_type, size, digests, expires, password, renew, entity_tag: None }
    }
}

/// An object whose files are being downloaded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fetching {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Option<(String, String)>,
    pub(crate) known: Known,
    /// The files that are left, the next one first.
    pub(crate) files: Vec<FileAsked>,
    /// How often another link was asked for.
    pub(crate) renewals: u32,
}

impl Fetching {
    /// An outcome that is final when these files are there.
    pub(crate) fn of(outcome: Outcome, files: Vec<FileAsked>, renewals: u32) -> Self {
        let Outcome { verdict, code, message, submissions, outputs, artefacts } = outcome;
        let known = Known { submissions, outputs, artefacts };
        Self { verdict, reason: code.zip(message), known, files, renewals }
    }

    /// The outcome, all files of which are there.
    fn complete(self) -> Outcome {
        self.known.outcome(self.verdict, self.reason)
    }

    /// The outcome of an object without one of its files.
    pub(crate) fn failed(self, code: &str, message: String) -> Outcome {
        self.known.outcome(Verdict::Failed, Some((code.to_owned(), message)))
    }

    /// The outcome of an object when its process ends before its files are there.
    pub(crate) fn unfinished(self, continues: bool) -> Outcome {
        let count = self.files.len();
        let message = format!("the service has finished it, and {count} of its files are not downloaded");
        let verdict = if continues { Verdict::Pending } else { Verdict::Failed };
        self.known.outcome(verdict, Some(("download-pending".to_owned(), message)))
    }
}

/// What a download came to.
#[derive(Debug)]
pub(crate) enum Fetched {
    /// The file is there.
    Complete(Box<Artefact>),
    /// The link is not valid any more.
    LinkRefused(String),
    /// The file cannot be had: a stable code and a sentence.
    Failed(&'static str, String),
}

/// Where an object goes after a download.
pub(crate) enum Next {
    /// More files are left.
    More,
    /// Its verdict is final.
    Decided(Outcome),
    /// It waits for another link.
    Waits(Waiting),
}

/// All of them, by key.
pub(crate) type FetchingObjects = BTreeMap<u64, Fetching>;

/// Takes what the download of an object's next file came to.
pub(crate) fn take(mut fetching: Fetching, fetched: Fetched, now: Moment) -> (Next, Option<Fetching>) {
    match fetched {
        Fetched::Complete(artefact) => {
            if !fetching.files.is_empty() {
                fetching.files.remove(0);
            }
            let others = &mut fetching.known.artefacts;
            others.retain(|other| other.name != artefact.name);
            others.push(*artefact);
            if fetching.files.is_empty() {
                (Next::Decided(fetching.complete()), None)
            } else {
                (Next::More, Some(fetching))
            }
        }
        Fetched::Failed(code, message) => (Next::Decided(fetching.failed(code, message)), None),
        Fetched::LinkRefused(message) => {
            let renewals = fetching.renewals;
            let renew = fetching.files.first_mut().and_then(|file| file.renew.take());
            match renew.filter(|_| u64::from(renewals) < limits::DOWNLOAD_RENEWALS) {
                Some(state) => {
                    let known = fetching.known;
                    let waiting = Waiting::for_link(state, message, known, renewals.saturating_add(1), now);
                    (Next::Waits(waiting), None)
                }
                None => (Next::Decided(fetching.failed("download-link-refused", message)), None),
            }
        }
    }
}
