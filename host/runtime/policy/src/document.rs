//! The shape of `palisade.toml`, as it is read and as its JSON Schema says it. What the values mean is judged in `check`.
//!
//! Denies by default: a key that stands nowhere here is an error.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::Limits;

/// The operator's policy: whose bundles are trusted, which requests are allowed, what bounds a run, how the network is
/// reached, and what must never go to a block list. The file is `palisade.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "Policy")]
pub(crate) struct Document {
    /// The keys whose signatures are trusted.
    #[serde(default)]
    pub(crate) trusted_keys: Vec<TrustedKey>,
    /// The requests that are allowed. Where this is given, bundles may send only what they ask for and what is named here;
    /// an empty list allows nothing. Where it is not given, bundles may send what they ask for.
    #[serde(default)]
    pub(crate) egress: Option<Vec<Egress>>,
    /// The most that a bundle may ask for and that a run gets; the host's own ceilings where nothing is given.
    #[serde(default)]
    pub(crate) ceilings: Limits,
    /// How the network is reached.
    #[serde(default)]
    pub(crate) network: NetworkTable,
    /// What must never go to a block list.
    #[serde(default)]
    pub(crate) protect: ProtectTable,
}

/// One key whose signatures are trusted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TrustedKey {
    /// Whose key it is, for people.
    pub(crate) name: String,
    /// A minisign public key: the line of Base64 that begins with `RW`.
    pub(crate) key: String,
}

/// One kind of request that is allowed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Egress {
    /// The id of the bundle that it is allowed to; every bundle where it is not given.
    #[serde(default)]
    pub(crate) bundle: Option<String>,
    /// `https://` and a host name, with a port where it is not 443.
    pub(crate) origin: String,
    /// HTTP methods in upper case.
    pub(crate) methods: Vec<String>,
    /// Paths that begin with `/`: exact, or ending in `/*` for all below.
    pub(crate) paths: Vec<String>,
}

/// How the network is reached.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NetworkTable {
    /// The proxy for all requests: `http://HOST:PORT`. Where it is not given, the environment's applies.
    #[serde(default)]
    pub(crate) proxy: Option<String>,
    /// Where the proxy's `user:password` is.
    #[serde(default)]
    pub(crate) proxy_credentials: Option<SecretPlace>,
    /// What is reached without a proxy: domains with everything below them, addresses, networks, or `*` for everything.
    #[serde(default)]
    pub(crate) no_proxy: Vec<String>,
    /// PEM files with certificate authorities that are trusted besides the public ones; relative to the policy's directory.
    #[serde(default)]
    pub(crate) ca_certificates: Vec<String>,
    /// Whether the system's certificate authorities are trusted as well.
    #[serde(default)]
    pub(crate) system_certificates: bool,
    /// Networks that are not public and may be dialled all the same.
    #[serde(default)]
    pub(crate) private_networks: Vec<String>,
}

/// Where a secret is.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecretPlace {
    /// The name of an environment variable.
    Env(String),
    /// A file, relative to the policy's directory.
    File(String),
}

/// What must never go to a block list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct ProtectTable {
    /// Whether addresses that are not public are protected.
    #[serde(default = "yes")]
    pub(crate) private_addresses: bool,
    /// Domains that are protected with everything below them.
    #[serde(default)]
    pub(crate) domains: Vec<String>,
    /// Networks, and single addresses.
    #[serde(default)]
    pub(crate) networks: Vec<String>,
    /// Values that are protected exactly as they stand here.
    #[serde(default)]
    pub(crate) values: Vec<String>,
    /// A list that `palisade protect build` has compiled; relative to the policy's directory.
    #[serde(default)]
    pub(crate) lists: Option<String>,
}

/// What serde takes for a flag that is on by default.
fn yes() -> bool {
    true
}

impl Default for ProtectTable {
    fn default() -> Self {
        Self {
            private_addresses: yes(),
            domains: Vec::new(),
            networks: Vec::new(),
            values: Vec::new(),
            lists: None,
        }
    }
}
