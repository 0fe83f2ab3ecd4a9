//! One file for each verb: from its arguments to its answer.

pub(crate) mod collection;
pub(crate) mod generate;
pub(crate) mod inspect;
pub(crate) mod pack;
pub(crate) mod run;
pub(crate) mod validate;

use std::collections::BTreeMap;

use palisade_run::{Given, read_configuration, read_set};

use crate::arguments::ConfigurationArguments;
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

/// The runtime of one verb: two threads are enough for one component and its requests.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new("runtime", format!("no threads can be started: {error}")))
}
