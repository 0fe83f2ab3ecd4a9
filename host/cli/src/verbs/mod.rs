//! One file for each verb: from its arguments to its answer.

pub(crate) mod collection;
pub(crate) mod generate;
pub(crate) mod inspect;
pub(crate) mod keygen;
pub(crate) mod new;
pub(crate) mod pack;
pub(crate) mod policy;
pub(crate) mod protect;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod signals;
pub(crate) mod state;
pub(crate) mod validate;
pub(crate) mod verify;

use std::collections::BTreeMap;

use palisade_bundle::Trust;
use palisade_policy::Policy;
use palisade_run::{Given, OperatorError, operator, read_configuration, read_set};

use crate::arguments::{ConfigurationArguments, PolicyArguments};
use crate::failure::Failure;

/// The configuration file, and over it what was set one by one.
pub(crate) fn given(arguments: &ConfigurationArguments) -> Result<BTreeMap<String, Given>, Failure> {
    let mut given = match &arguments.config {
        Some(path) => read_configuration(path)?,
        None => BTreeMap::new(),
    };
    for set in &arguments.sets {
        let (name, value) = read_set(set)?;
        given.insert(name, value);
    }
    Ok(given)
}

/// The keys of the policy, and nothing else unless the operator says so.
pub(crate) fn trust(policy: &Policy, arguments: &PolicyArguments) -> Result<Trust, OperatorError> {
    let trust = operator::trust(policy)?;
    Ok(if arguments.allow_unsigned { trust.allow_unsigned() } else { trust })
}

/// The runtime of one verb: two threads are enough for one component and its requests.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new("runtime", format!("no threads can be started: {error}")))
}
