//! From the operator's policy to what the other parts take: keys to trust, connections, and what is protected. What the
//! policy names and cannot be used is an error, never left out: whoever wrote it relies on it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use palisade_bundle::{KeyError, PublicKey, Trust, TrustedKey};
use palisade_egress::{ClientOptions, ConnectTo, ProxyChoice, SecretString};
use palisade_limits as limits;
use palisade_policy::{NoProxy, Place, Policy, ProxySecret};
use palisade_protect::{CompiledLists, LoadError, Own, OwnError, Protection};

/// Why something that the policy names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// A trusted key is none.
    #[error("{place}: the trusted key `{name}` cannot be used: {cause}")]
    Key {
        /// Where it stands.
        place: Place,
        /// Its name.
        name: String,
        /// What is wrong with it.
        cause: KeyError,
    },
    /// The proxy's user and password cannot be had.
    #[error("the user and password of the proxy cannot be had from {source_name}: {cause}")]
    ProxyCredentials {
        /// The variable or the file.
        source_name: String,
        /// Why.
        cause: String,
    },
    /// The compiled lists cannot be used.
    #[error(transparent)]
    Lists(#[from] LoadError),
    /// One of the operator's own values cannot be used.
    #[error("what is to be protected cannot be used: {0}")]
    Own(#[from] OwnError),
}

impl OperatorError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key { cause, .. } => cause.code(),
            Self::ProxyCredentials { .. } => "proxy-credentials-missing",
            Self::Lists(error) => error.code(),
            Self::Own(error) => error.code(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Key { cause, .. } => cause.hint(),
            Self::ProxyCredentials { .. } => Some("`USER:PASSWORD` is expected there".to_owned()),
            Self::Lists(error) => error.hint().map(str::to_owned),
            Self::Own(error) => error.hint().map(str::to_owned),
        }
    }
}

/// The keys that the policy trusts.
///
/// # Errors
/// [`OperatorError::Key`] with the place of the first that is none.
pub fn trust(policy: &Policy) -> Result<Trust, OperatorError> {
    let key = |text: &palisade_policy::TrustedKeyText| {
        let key = text.key.parse::<PublicKey>().map_err(|cause| OperatorError::Key {
            place: text.place.clone(),
            name: text.name.clone(),
            cause,
        })?;
        Ok(TrustedKey { name: text.name.clone(), key })
    };
    policy.trusted_keys().iter().map(key).collect::<Result<_, _>>().map(Trust::keys)
}

/// Connections as the policy wants them, with what the operator adds for one run.
///
/// # Errors
/// [`OperatorError::ProxyCredentials`].
pub fn client(
    policy: &Policy,
    connect_to: Vec<ConnectTo>,
    ca_certificates: Vec<PathBuf>,
) -> Result<ClientOptions, OperatorError> {
    let network = policy.network();
    let proxy = match &network.proxy {
        Some(proxy) => ProxyChoice::Given {
            url: proxy.to_string(),
            credentials: proxy.credentials.as_ref().map(credentials).transpose()?,
            no_proxy: network.no_proxy.iter().map(ToString::to_string).collect(),
        },
        None if network.no_proxy.contains(&NoProxy::All) => ProxyChoice::None,
        None if network.no_proxy.is_empty() => ProxyChoice::Environment,
        None => ProxyChoice::EnvironmentBut {
            no_proxy: network.no_proxy.iter().map(ToString::to_string).collect(),
        },
    };
    Ok(ClientOptions {
        connect_to,
        ca_certificates: network.ca_certificates.iter().cloned().chain(ca_certificates).collect(),
        system_certificates: network.system_certificates,
        proxy,
        private_networks: network.private_networks.clone(),
    })
}

/// What must not go to a block list: what the policy names, but for the values that are spelled out in `allowed`.
///
/// # Errors
/// [`OperatorError::Lists`] and [`OperatorError::Own`].
pub fn protection(policy: &Policy, allowed: BTreeSet<String>) -> Result<Protection, OperatorError> {
    let protect = policy.protect();
    let own = Own {
        domains: protect.domains.clone(),
        networks: protect.networks.clone(),
        values: protect.values.clone(),
        // Names that belong to nobody are the same thing by another word.
        private_addresses: protect.private_addresses,
        special_use_names: protect.private_addresses,
        ..Own::default()
    };
    let lists = protect.lists.as_deref().map(CompiledLists::open).transpose()?;
    Ok(Protection::new(own, lists, allowed)?)
}

fn credentials(secret: &ProxySecret) -> Result<SecretString, OperatorError> {
    let fail = |source_name: String, cause: String| OperatorError::ProxyCredentials { source_name, cause };
    match secret {
        ProxySecret::Env(variable) => std::env::var(variable)
            .map(SecretString::from)
            .map_err(|error| fail(format!("the environment variable `{variable}`"), error.to_string())),
        ProxySecret::File(path) => {
            let text = palisade_files::read_text(path, limits::SECRET_BYTES)
                .map_err(|fault| fail(format!("the file `{}`", path.display()), fault.to_string()))?;
            Ok(SecretString::from(text.trim_end_matches(['\r', '\n'])))
        }
    }
}
