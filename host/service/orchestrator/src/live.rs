//! Live connections to ThreatQ appliances: as they are entered, stored, judged and tried. Denied by default: a secret for another host
//! than it was entered for, and one that is sealed although something else is wrong.

use std::time::Duration;

use palisade_egress::{Client, ExposeSecret as _, SecretString};
use palisade_limits as limits;
use palisade_store::{CollectionId, SecretId};
use palisade_threatq::{CollectionHash, Connection, LogIn};
use serde::{Deserialize, Serialize};

use crate::collections::{CollectionSource, source_of};
use crate::form::SECRET;
use crate::secrets::Purpose;
use crate::{Field, Orchestrator, OrchestratorError};

/// How to log in to a ThreatQ appliance; the secret is kept sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "grant", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StoredLogIn {
    /// As a person.
    Password {
        /// Who.
        email: String,
        /// The appliance's client id.
        client_id: String,
        /// The password.
        secret: SecretId,
    },
    /// As a service.
    ClientCredentials {
        /// Which.
        client_id: String,
        /// Its secret.
        secret: SecretId,
    },
    /// With a token that was made before.
    Token {
        /// The token.
        secret: SecretId,
    },
}

/// A live connection as it is entered.
#[derive(Debug)]
pub struct NewConnection {
    /// `https://` and a host name.
    pub origin: String,
    /// Identifier of the data collection there.
    pub collection: String,
    /// `password`, `client-credentials` or `token`.
    pub grant: String,
    /// Who, for a password.
    pub email: String,
    /// The client id.
    pub client_id: String,
    /// The secret; none keeps the one that is kept.
    pub secret: Option<SecretString>,
}

impl NewConnection {
    /// [`SECRET`] is what is shown in place of the kept secret: whoever sends it back means the kept one.
    pub(crate) fn without_mask(mut self) -> Self {
        self.secret = self.secret.filter(|secret| secret.expose_secret() != SECRET);
        self
    }
}

impl Orchestrator {
    /// Asks a live collection for how many objects it has.
    ///
    /// # Errors
    /// What failed: name, TLS, log-in, the collection.
    pub async fn check_connection(&self, id: CollectionId) -> Result<Option<u64>, OrchestratorError> {
        let row = self.store().collection(id).await?;
        let CollectionSource::Threatq { origin, collection, log_in } = source_of(&row)? else {
            return Ok(None);
        };
        let connection = self.connection(&origin, &collection, &log_in)?;
        let client = Client::new(&self.client(&self.policy()?)?).map_err(palisade_run::PrepareError::from)?;
        let deadline = tokio::time::Instant::now() + Duration::from_secs(limits::CONNECTION_TEST_SECONDS);
        Ok(Some(palisade_threatq::check(&connection, client, deadline).await?))
    }

    pub(crate) fn connection(
        &self,
        origin: &str,
        collection: &str,
        log_in: &StoredLogIn,
    ) -> Result<Connection, OrchestratorError> {
        let purpose = Purpose::of_collection(origin);
        let log_in = match log_in {
            StoredLogIn::Password { email, client_id, secret } => LogIn::Password {
                email: email.clone(),
                password: self.open_secret(*secret, &purpose)?,
                client_id: client_id.clone(),
            },
            StoredLogIn::ClientCredentials { client_id, secret } => LogIn::ClientCredentials {
                client_id: client_id.clone(),
                client_secret: self.open_secret(*secret, &purpose)?,
            },
            StoredLogIn::Token { secret } => LogIn::Token(self.open_secret(*secret, &purpose)?),
        };
        let origin = palisade_egress::Origin::parse(origin)
            .map_err(|error| OrchestratorError::field("origin", error.to_string()))?;
        let collection: CollectionHash = collection.parse().map_err(wrong_hash)?;
        Ok(Connection { origin, collection, log_in })
    }

    /// What is stored of a connection. Its secret is sealed once everything else is right.
    pub(crate) fn live_source(
        &self,
        new: NewConnection,
        before: Option<&CollectionSource>,
    ) -> Result<CollectionSource, OrchestratorError> {
        let new = new.without_mask();
        let kept = match before {
            // A secret is sent to where it was entered for, never to a host that was put in its place.
            Some(CollectionSource::Threatq { origin, log_in, .. }) if *origin == new.origin => {
                Some(match log_in {
                    StoredLogIn::Password { secret, .. }
                    | StoredLogIn::ClientCredentials { secret, .. }
                    | StoredLogIn::Token { secret } => *secret,
                })
            }
            _ => None,
        };
        let wrong = connection_faults(&new, kept.is_some());
        if !wrong.is_empty() {
            return Err(OrchestratorError::Invalid(wrong));
        }
        let secret = match (new.secret, kept) {
            (Some(secret), _) => self.keep_secret(&Purpose::of_collection(&new.origin), &secret)?,
            (None, Some(kept)) => kept,
            (None, None) => return Err(OrchestratorError::field("secret", NO_SECRET)),
        };
        let log_in = match new.grant.as_str() {
            "password" => StoredLogIn::Password { email: new.email, client_id: new.client_id, secret },
            "client-credentials" => StoredLogIn::ClientCredentials { client_id: new.client_id, secret },
            _ => StoredLogIn::Token { secret },
        };
        Ok(CollectionSource::Threatq { origin: new.origin, collection: new.collection, log_in })
    }
}

const NO_SECRET: &str = "enter the secret for this host";

/// Everything that is wrong with a connection as it was entered, field by field.
pub(crate) fn connection_faults(new: &NewConnection, has_secret: bool) -> Vec<Field> {
    let mut wrong = Vec::new();
    let mut fault = |name: &str, message: String| wrong.push(Field::new(name, message));
    if new.origin.is_empty() {
        fault("origin", "enter the appliance's address, such as `https://threatq.example`".to_owned());
    } else if let Err(error) = palisade_egress::Origin::parse(&new.origin) {
        fault("origin", error.to_string());
    }
    if new.collection.is_empty() {
        fault("collection", "enter the hash of the data collection, such as `5d41402abc4b2a76`".to_owned());
    } else if let Err(error) = new.collection.parse::<CollectionHash>() {
        fault("collection", error.to_string());
    }
    let (needs_email, needs_client) = match new.grant.as_str() {
        "password" => (true, true),
        "client-credentials" => (false, true),
        "token" => (false, false),
        _ => {
            fault("grant", "`password`, `client-credentials` or `token` is expected".to_owned());
            (false, false)
        }
    };
    if needs_email && new.email.trim().is_empty() {
        fault("email", "enter the e-mail address that logs in with this password".to_owned());
    }
    if needs_client && new.client_id.trim().is_empty() {
        fault("client_id", "enter the client id of the appliance".to_owned());
    }
    if new.secret.is_none() && !has_secret {
        fault("secret", NO_SECRET.to_owned());
    }
    wrong
}

fn wrong_hash(error: palisade_threatq::CollectionHashError) -> OrchestratorError {
    OrchestratorError::field("collection", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(grant: &str) -> NewConnection {
        NewConnection {
            origin: String::new(),
            collection: String::new(),
            grant: grant.to_owned(),
            email: String::new(),
            client_id: " ".to_owned(),
            secret: None,
        }
    }

    fn named(new: &NewConnection, kept: bool) -> Vec<String> {
        connection_faults(new, kept).into_iter().map(|field| field.name).collect()
    }

    #[test]
    fn the_mask_of_a_secret_is_never_a_secret() {
        for (sent, kept) in [("[secret]", false), ("[secret] ", true), ("s3cret", true)] {
            let new = NewConnection { secret: Some(SecretString::from(sent)), ..entered("token") };
            assert_eq!(new.without_mask().secret.is_some(), kept, "{sent}");
        }
    }

    #[test]
    fn all_that_is_wrong_with_a_connection_is_told_at_once() {
        for (grant, fields) in [
            ("password", &["origin", "collection", "email", "client_id", "secret"][..]),
            ("client-credentials", &["origin", "collection", "client_id", "secret"]),
            ("token", &["origin", "collection", "secret"]),
            ("telepathy", &["origin", "collection", "grant", "secret"]),
        ] {
            assert_eq!(named(&entered(grant), false), fields, "{grant}");
        }
        let right = NewConnection {
            origin: "https://threatq.example".to_owned(),
            collection: "5d41402abc4b2a76".to_owned(),
            client_id: "client".to_owned(),
            ..entered("client-credentials")
        };
        assert!(named(&right, true).is_empty());
        assert_eq!(named(&right, false), ["secret"]);
    }
}
