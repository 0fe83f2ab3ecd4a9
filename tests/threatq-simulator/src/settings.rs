//! Who may log in, what tokens are worth, and in which shape objects are answered. Nobody may log in by default: what is
//! not named here is generated when the simulator starts.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// How a simulator behaves.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it listens; a loopback address. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The user who may log in by password.
    pub account: Account,
    /// The client that may log in by client credentials.
    pub client: ApiClient,
    /// After how many seconds a token expires.
    pub token_seconds: u64,
    /// The most objects on a page, whatever is asked for.
    pub page_objects: u64,
    /// The shape of scores.
    pub score: ScoreShape,
    /// Collections that nobody may read.
    pub forbidden: BTreeSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            account: Account::default(),
            client: ApiClient::default(),
            token_seconds: 172_799,
            page_objects: 10_000,
            score: ScoreShape::default(),
            forbidden: BTreeSet::new(),
        }
    }
}

/// A user, and the client id that the appliance's own web pages use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The user's name.
    pub email: String,
    /// The user's password; generated if empty.
    pub password: String,
    /// The client id, the same for all users.
    pub client_id: String,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            email: "analyst@threatq.example".to_owned(),
            password: String::new(),
            client_id: "threatq-web".to_owned(),
        }
    }
}

/// A client for integrations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiClient {
    /// Its id.
    pub id: String,
    /// Its secret; generated if empty.
    pub secret: String,
}

impl Default for ApiClient {
    fn default() -> Self {
        Self { id: "palisade".to_owned(), secret: String::new() }
    }
}

/// The shape of `score` in lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreShape {
    /// As the collection has it.
    #[default]
    AsGiven,
    /// A number: the effective score.
    Number,
    /// An object with `generated_score` and `manual_score`.
    Object,
}
