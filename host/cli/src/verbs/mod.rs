//! One file for each verb: from its arguments to its answer.

pub(crate) mod collection;
pub(crate) mod compile_component;
pub(crate) mod dev;
pub(crate) mod find;
pub(crate) mod finished;
pub(crate) mod generate;
pub(crate) mod inspect;
pub(crate) mod keygen;
pub(crate) mod new;
pub(crate) mod pack;
pub(crate) mod policy;
pub(crate) mod protect;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod signals;
pub(crate) mod state;
pub(crate) mod users;
pub(crate) mod validate;
pub(crate) mod verify;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use palisade_bundle::{Manifest, Trust};
use palisade_collection::Reading;
use palisade_limits as limits;
use palisade_policy::Policy;
use palisade_run::{Given, OperatorError, add_connection, operator, read_configuration, read_set};

use crate::arguments::{ConfigurationArguments, FormatChoice, PolicyArguments};
use crate::failure::{Failure, WRONG_USAGE};

/// How the files of a collection are to be read.
pub(crate) fn reading(format: FormatChoice, columns: &[String]) -> Result<Reading, Failure> {
    let mut reading = Reading::from(format.0);
    for assignment in columns {
        reading.columns.assign(assignment).map_err(|error| Failure {
            status: WRONG_USAGE,
            ..Failure::new("column-invalid", error.to_string())
        })?;
    }
    Ok(reading)
}

/// The configuration file, over it what was set one by one, and the connection if one is named.
pub(crate) fn given(
    arguments: &ConfigurationArguments,
    manifest: &Manifest,
) -> Result<BTreeMap<String, Given>, Failure> {
    let mut given = match &arguments.config {
        Some(path) => read_configuration(path)?,
        None => BTreeMap::new(),
    };
    for set in &arguments.sets {
        let (name, value) = read_set(set)?;
        given.insert(name, value);
    }
    if let (Some(name), Some(path)) = (&arguments.connection, &arguments.connections) {
        add_connection(&mut given, path, name, manifest)?;
    }
    Ok(given)
}

/// A manifest on its own.
pub(crate) fn manifest(path: &Path) -> Result<Manifest, Failure> {
    // Beyond what a manifest may have: one that is too large is refused as such, with its own code.
    let text = palisade_files::read_text(path, limits::BUNDLE_BYTES).map_err(|fault| {
        Failure::file("manifest-unreadable", "cannot read the manifest", path, &fault.into())
    })?;
    Ok(Manifest::parse(&text, &path.display().to_string())?)
}

/// The keys of the policy, and nothing else unless the operator says so.
pub(crate) fn trust(policy: &Policy, arguments: &PolicyArguments) -> Result<Trust, OperatorError> {
    let trust = operator::trust(policy)?;
    Ok(if arguments.allow_unsigned { trust.allow_unsigned() } else { trust })
}

/// Does something that may wait for others, such as opening a named pipe, for no longer than the deadline, if there is one.
pub(crate) fn within<T: Send + 'static>(
    deadline: Option<Duration>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    let Some(deadline) = deadline else { return Ok(work()) };
    let (done, wait) = std::sync::mpsc::channel();
    // Where nobody waits for the result any more, the thread ends with the process.
    std::thread::spawn(move || done.send(work()));
    wait.recv_timeout(deadline).map_err(|_| {
        let seconds = deadline.as_secs_f64();
        let message = format!("the files could not be opened and read within {seconds} s; nothing was sent");
        let hint = "check that each named pipe has a process at its other end, or raise `--deadline`";
        Failure { hint: Some(hint.to_owned()), ..Failure::new("deadline", message) }
    })
}

/// The runtime of one verb. The component and its requests take turns on one thread: it gives way to them at every call and at
/// every tick of the epoch, and a run of 10,000 objects takes a tenth less than with threads that wake each other. What
/// keeps a core busy by itself, like compiling, has threads of its own.
///
/// It ends with the process and waits for nobody: whoever has mistyped a parameter is told so while a component of 18 MB is
/// still being compiled, and a compilation that was given up holds nothing up.
pub(crate) fn runtime() -> Result<&'static tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map(|runtime| &*Box::leak(Box::new(runtime)))
        .map_err(|error| Failure::new("runtime", format!("no threads can be started: {error}")))
}
