//! Where a live collection is and who asks for it. Nothing is sent to a place that is not an https origin, and no
//! collection has an id that could be read as another path.

use std::fmt;
use std::str::FromStr;

use palisade_egress::{Origin, SecretString};
use palisade_limits as limits;
use serde::{Deserialize, Serialize};

/// One data collection of one appliance, and the log-in that may read it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The appliance, as its users open it in a browser.
    pub origin: Origin,
    /// The collection.
    pub collection: CollectionHash,
    /// Who asks.
    pub log_in: LogIn,
}

/// How a token is come by.
#[derive(Debug, Clone)]
pub enum LogIn {
    /// A user of the appliance.
    Password {
        /// The user's e-mail address.
        email: String,
        /// The user's password.
        password: SecretString,
        /// The client id that the appliance shows in `/assets/js/config.js`; the same for all its users.
        client_id: String,
    },
    /// A client that was made for integrations.
    ClientCredentials {
        /// The client's id.
        client_id: String,
        /// The client's secret.
        client_secret: SecretString,
    },
    /// A token that was got elsewhere. When it expires there is no other.
    Token(SecretString),
}

impl LogIn {
    /// What the appliance judges, for messages.
    pub(crate) fn what(&self) -> &'static str {
        match self {
            Self::Password { .. } => "the e-mail address, the password or the client id",
            Self::ClientCredentials { .. } => "the client id or the client secret",
            Self::Token(_) => "the token",
        }
    }

    /// The part that no message may show.
    pub(crate) fn secret(&self) -> &SecretString {
        match self {
            Self::Password { password: secret, .. }
            | Self::ClientCredentials { client_secret: secret, .. }
            | Self::Token(secret) => secret,
        }
    }
}

/// The id of a data collection, as it stands at the end of the collection's address: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CollectionHash(String);

/// Why a text is not the id of a collection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the id of a data collection: {what}")]
pub struct CollectionHashError {
    text: String,
    what: String,
}

impl CollectionHashError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "collection-id-invalid"
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(
            "open the collection in ThreatQ's Threat Library: its id is the last part of the address"
                .to_owned(),
        )
    }
}

impl CollectionHash {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CollectionHash {
    type Err = CollectionHashError;

    fn from_str(text: &str) -> Result<Self, CollectionHashError> {
        let refuse = |what: &str| {
            Err(CollectionHashError { text: palisade_model::excerpt(text), what: what.to_owned() })
        };
        if text.is_empty() {
            return refuse("it is empty");
        }
        if text.len() as u64 > limits::THREATQ_COLLECTION_CHARACTERS {
            return refuse(&format!(
                "it is longer than {} characters",
                limits::THREATQ_COLLECTION_CHARACTERS
            ));
        }
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return refuse("only letters, digits, `-` and `_` are expected");
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for CollectionHash {
    type Error = CollectionHashError;

    fn try_from(text: String) -> Result<Self, CollectionHashError> {
        text.parse()
    }
}

impl From<CollectionHash> for String {
    fn from(hash: CollectionHash) -> Self {
        hash.0
    }
}

impl fmt::Display for CollectionHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_cannot_be_read_as_another_path() {
        for text in ["5d41402abc4b2a76b9719d911017c592", "someid", "A-b_9"] {
            assert_eq!(text.parse::<CollectionHash>().unwrap().as_str(), text);
        }
        let long = "a".repeat(129);
        for text in
            ["", " ", "a/b", "..", "a?limit=1", "a#", "a%2fb", "é", "https://threatq.example/a", "a\n", &long]
        {
            let error = text.parse::<CollectionHash>().unwrap_err();
            assert_eq!(error.code(), "collection-id-invalid", "{text}");
            assert!(error.hint().is_some() && error.to_string().len() < 600);
        }
    }

    #[test]
    fn what_was_stored_is_judged_anew_when_it_is_read() {
        let hash: CollectionHash = serde_json::from_str("\"abc\"").unwrap();
        assert_eq!(serde_json::to_string(&hash).unwrap(), "\"abc\"");
        assert!(serde_json::from_str::<CollectionHash>("\"../token\"").is_err());
    }

    #[test]
    fn no_secret_is_displayed() {
        let secret = || SecretString::from("s3cret-value");
        for log_in in [
            LogIn::Password {
                email: "a@b.example".to_owned(),
                password: secret(),
                client_id: "c".to_owned(),
            },
            LogIn::ClientCredentials { client_id: "c".to_owned(), client_secret: secret() },
            LogIn::Token(secret()),
        ] {
            assert!(!format!("{log_in:?}").contains("s3cret"), "{log_in:?}");
        }
    }
}
