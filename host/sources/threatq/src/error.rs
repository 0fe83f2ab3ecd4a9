//! Why a live collection could not be read. No variant holds a secret, and what an appliance says is searched for the
//! log-in's before it becomes part of one.

use std::time::Duration;

use palisade_egress::{CredentialError, SendError};

use crate::CollectionHash;

/// Why a live collection could not be read to its end. Objects that were handed over before stay valid.
#[derive(Debug, thiserror::Error)]
pub enum ThreatQError {
    /// There was no answer: the name, the address, the connection, its certificate or its time.
    #[error(transparent)]
    NoAnswer(SendError),
    /// What was entered cannot be sent.
    #[error("{what} cannot be used: {cause}")]
    Credential {
        /// Which of it.
        what: &'static str,
        /// Why.
        cause: CredentialError,
    },
    /// The log-in, or the token that came of it.
    #[error("`{origin}` refuses {what}{}", quoted(said.as_deref()))]
    LogInRefused {
        /// The appliance.
        origin: String,
        /// What it judged.
        what: &'static str,
        /// What it said.
        said: Option<String>,
    },
    /// Nobody knows the collection.
    #[error("`{origin}` has no data collection `{collection}`")]
    NoSuchCollection {
        /// The appliance.
        origin: String,
        /// The collection.
        collection: CollectionHash,
    },
    /// The log-in is good, and may not read this.
    #[error(
        "`{origin}` does not let this log-in read the data collection `{collection}`{}", quoted(said.as_deref())
    )]
    NotAllowed {
        /// The appliance.
        origin: String,
        /// The collection.
        collection: CollectionHash,
        /// What it said.
        said: Option<String>,
    },
    /// The answer has another shape than ThreatQ's.
    #[error("the answer of `{origin}` to {asked} is not understood: expected {expected}, found {found}")]
    NotUnderstood {
        /// Who answered.
        origin: String,
        /// What it was asked for.
        asked: &'static str,
        /// What was expected.
        expected: &'static str,
        /// What there is, by its shape.
        found: String,
    },
    /// Any other status.
    #[error("`{origin}` answered {asked} with status {status}: {found}")]
    Refused {
        /// Who answered.
        origin: String,
        /// What it was asked for.
        asked: &'static str,
        /// Its status.
        status: u16,
        /// What it said, or the shape of what it sent.
        found: String,
    },
    /// The appliance wants to be left alone for longer than there is time.
    #[error("`{origin}` is asked too often{}", waiting(*wait))]
    Throttled {
        /// The appliance.
        origin: String,
        /// For how long, where it says so.
        wait: Option<Duration>,
    },
    /// One page, with a single object on it, is larger than may be.
    #[error("an object of `{origin}` is larger than {limit} bytes")]
    PageTooLarge {
        /// The appliance.
        origin: String,
        /// Bytes allowed.
        limit: u64,
    },
    /// More pages than are read.
    #[error(
        "the data collection `{collection}` is too large: {} after {pages} pages, {limit} are read",
        announced(*total)
    )]
    CollectionTooLarge {
        /// The collection.
        collection: CollectionHash,
        /// Objects that it announced.
        total: Option<u64>,
        /// Pages read.
        pages: u64,
        /// Pages that may be read.
        limit: u64,
    },
    /// There was not enough time.
    #[error("the time was over before the collection was: {objects} objects on {pages} pages had been read")]
    Deadline {
        /// Pages read.
        pages: u64,
        /// Objects handed over.
        objects: u64,
    },
}

impl ThreatQError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoAnswer(error) => error.code(),
            Self::Credential { cause, .. } => cause.code(),
            Self::LogInRefused { .. } => "threatq-log-in-refused",
            Self::NoSuchCollection { .. } => "threatq-no-such-collection",
            Self::NotAllowed { .. } => "threatq-not-allowed",
            Self::NotUnderstood { .. } => "threatq-not-understood",
            Self::Refused { .. } => "threatq-refused",
            Self::Throttled { .. } => "threatq-throttled",
            Self::PageTooLarge { .. } => "threatq-page-too-large",
            Self::CollectionTooLarge { .. } => "threatq-collection-too-large",
            Self::Deadline { .. } => "threatq-deadline-passed",
        }
    }

    /// What to do about it, where there is something to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoAnswer(SendError::Unresolvable { host, .. }) => {
                return Some(format!("check the spelling of `{host}`, and that this machine can resolve it"));
            }
            Self::NoAnswer(SendError::AddressRefused { .. }) => {
                "an appliance in a private network is reached only if the policy names that network among its private networks"
            }
            Self::NoAnswer(SendError::Tls { .. }) => {
                "appliances often have a certificate of their own authority: add that authority to those that are trusted, and \
                 give the name that the certificate is for"
            }
            Self::NoAnswer(SendError::Connect { .. } | SendError::ConnectTimedOut { .. }) => {
                "check the port, and that firewalls let this machine through to the appliance"
            }
            Self::NoAnswer(error) => return error.hint(),
            Self::Credential { .. } => "enter it again, without spaces or line breaks around it",
            Self::LogInRefused { what: "the token", .. } => {
                "tokens expire: enter a new one, or log in by a password or by client credentials, which are renewed by \
                 themselves"
            }
            Self::LogInRefused { .. } => {
                "enter them again; the client id of users is in the appliance's `/assets/js/config.js`, and an account that \
                 asks for a second factor cannot be used"
            }
            Self::NoSuchCollection { .. } => {
                "check the id, the last part of the collection's address in ThreatQ; a collection is private to its owner until \
                 it is shared with the account that logs in"
            }
            Self::NotAllowed { .. } => {
                "give the account a role that may read the Threat Library, and share the collection with it"
            }
            Self::NotUnderstood { .. } => {
                "check that the address is that of ThreatQ itself, and not of a portal, a proxy or a log-in page in front of it"
            }
            Self::Refused { status: 300..=399, .. } => "enter the address that the appliance itself has",
            Self::Refused { status: 500.., .. } => {
                "the appliance has a problem of its own: try again later, and look at its log"
            }
            Self::Refused { .. } => "check that the appliance's version has this call",
            Self::Throttled { .. } => "try again after that time, or ask for less at a time",
            Self::PageTooLarge { .. } => {
                "find the object with the very long text, and take it out of the collection"
            }
            Self::CollectionTooLarge { .. } => {
                "narrow the collection's search in ThreatQ, or divide it among several"
            }
            Self::Deadline { .. } => "allow more time, or narrow the collection's search in ThreatQ",
        };
        Some(hint.to_owned())
    }
}

fn quoted(said: Option<&str>) -> String {
    said.map(|said| format!(": it answered `{said}`")).unwrap_or_default()
}

fn waiting(wait: Option<Duration>) -> String {
    wait.map(|wait| {
        format!(", and requests a pause of {} s, which is longer than the remaining time", wait.as_secs_f64())
    })
    .unwrap_or_default()
}

fn announced(total: Option<u64>) -> String {
    total.map_or_else(|| "it has not ended".to_owned(), |total| format!("it announces {total} objects"))
}
