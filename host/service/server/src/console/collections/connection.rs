//! The form of a live connection to a ThreatQ appliance, for a new collection and for one that is changed.

use palisade_orchestrator::{CollectionSource, NewConnection, StoredLogIn};
use secrecy::SecretString;
use serde::Deserialize;

use crate::Fault;
use crate::view::{Choice, Field, Kind};

/// The form as it was sent.
#[derive(Deserialize)]
pub(super) struct Connected {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    origin: String,
    #[serde(default)]
    collection: String,
    #[serde(default)]
    grant: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    secret: SecretText,
    /// The version of the collection that the form began with.
    #[serde(default)]
    pub(super) version: String,
}

/// A text that no page writes back.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct SecretText(String);

impl Connected {
    /// What is asked for.
    pub(super) fn connection(&self) -> NewConnection {
        let text = |text: &str| text.trim().to_owned();
        let SecretText(secret) = &self.secret;
        NewConnection {
            origin: text(&self.origin).trim_end_matches('/').to_owned(),
            collection: text(&self.collection),
            grant: text(&self.grant),
            email: text(&self.email),
            client_id: text(&self.client_id),
            secret: (!secret.is_empty()).then(|| SecretString::from(secret.as_str())),
        }
    }

    /// A form that nobody has filled in.
    pub(super) fn empty() -> Self {
        let nothing = String::new;
        Self {
            name: nothing(),
            description: nothing(),
            origin: nothing(),
            collection: nothing(),
            grant: "client-credentials".to_owned(),
            email: nothing(),
            client_id: nothing(),
            secret: SecretText::default(),
            version: nothing(),
        }
    }

    /// What is entered, field by field; of a secret, whether there is a new one.
    pub(super) fn said(&self) -> Vec<(String, String)> {
        let SecretText(secret) = &self.secret;
        let secret = if secret.is_empty() { "set" } else { "new value" };
        let pairs = [
            ("Appliance", self.origin.trim()),
            ("Data collection", self.collection.trim()),
            ("Log-in", self.grant.as_str()),
            ("E-mail address", self.email.trim()),
            ("Client id", self.client_id.trim()),
            ("Secret", secret),
        ];
        pairs.into_iter().map(|(label, value)| (label.to_owned(), value.to_owned())).collect()
    }

    /// The form of what is stored; none where it is no live connection.
    pub(super) fn of(source: &CollectionSource) -> Option<Self> {
        let CollectionSource::Threatq { origin, collection, log_in } = source else { return None };
        let (grant, email, client_id) = match log_in {
            StoredLogIn::Password { email, client_id, .. } => {
                ("password", email.as_str(), client_id.as_str())
            }
            StoredLogIn::ClientCredentials { client_id, .. } => {
                ("client-credentials", "", client_id.as_str())
            }
            StoredLogIn::Token { .. } => ("token", "", ""),
        };
        Some(Self {
            origin: origin.clone(),
            collection: collection.clone(),
            grant: grant.to_owned(),
            email: email.to_owned(),
            client_id: client_id.to_owned(),
            ..Self::empty()
        })
    }

    /// Its fields. A secret that is kept may stay as it is; who only looks is not told how it is changed.
    pub(super) fn fields(&self, kept: bool, looks: bool, faults: &[Fault]) -> Vec<Field> {
        let grants = vec![
            Choice::new("client-credentials", "Client credentials")
                .help("As a service: client id and client secret."),
            Choice::new("password", "Password")
                .help("As a person: e-mail address, password, and the appliance's client id."),
            Choice::new("token", "Token")
                .help("With an access token created earlier; it expires without notice."),
        ];
        let secret = Field::secret("secret", "Secret", "new-password");
        let secret = if kept && looks {
            secret.help("A value is set.")
        } else if kept {
            secret.help("A value is set. Leave empty to keep it. For another host, enter it again.")
        } else {
            secret
                .required()
                .help("The client secret, the password or the token. It is kept encrypted and never shown.")
        };
        let fields = vec![
            Field::new(Kind::Line("url"), "origin", "Appliance")
                .required()
                .value(&self.origin)
                .help("Scheme and host name, without a path.")
                .attribute("placeholder", "https://threatq.example"),
            Field::text("collection", "Data collection")
                .required()
                .value(&self.collection)
                .help("Its hash, such as 5d41402abc4b2a76: a part of its address in ThreatQ.")
                .attribute("autocomplete", "off"),
            Field::radio("grant", "Log-in", grants).required().value(&self.grant),
            Field::text("email", "E-mail address")
                .value(&self.email)
                .help("For a password.")
                .attribute("autocomplete", "off"),
            Field::text("client_id", "Client id")
                .value(&self.client_id)
                .help("For client credentials and for a password.")
                .attribute("autocomplete", "off"),
            secret,
        ];
        fields.into_iter().map(|field| field.faults(faults)).collect()
    }
}
