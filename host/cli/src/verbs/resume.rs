//! `palisade resume`: continues a run in another process, from what its pending file has.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use palisade_bundle::{Manifest, ParameterKind, TrustedBundle};
use palisade_run::{
    Given, JournalFile, Kept, Overrides, Preparation, add_connection, operator, read_configuration,
};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::arguments::{Global, Output, Resume, Run};
use crate::failure::Failure;
use crate::files_named::FilesNamed;
use crate::output_file::{OutputFile, Purpose};
use crate::verbs::finished::{Finished, absolute, artefacts, found, uploads, write_json};
use crate::verbs::{policy, run, signals};
use crate::{cache, progress, terminal, verbs};

/// What the command line keeps of a run for the process that continues it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Caller {
    /// Where the bundle is.
    pub(crate) bundle: PathBuf,
    /// Values that are sent to a block list although they are protected.
    pub(crate) allow_protected: Vec<String>,
    /// Where files go that the action returns.
    pub(crate) artefacts: Option<PathBuf>,
    /// Where goes what the action finds.
    pub(crate) found: Option<PathBuf>,
    /// Files that the action may send.
    pub(crate) uploads: Vec<PathBuf>,
}

impl Caller {
    pub(crate) fn of(arguments: &Run) -> Self {
        Self {
            bundle: absolute(&arguments.bundle),
            allow_protected: arguments.allow_protected.clone(),
            artefacts: arguments.artefacts.as_deref().map(absolute),
            found: arguments.found.as_deref().map(absolute),
            uploads: arguments.artefact.iter().map(|path| absolute(path)).collect(),
        }
    }
}

pub(crate) fn resume(arguments: Resume, global: Global) -> Result<Box<dyn Answer>, Failure> {
    files_named(&arguments).check(global.output)?;
    let runtime = verbs::runtime()?;
    let (journal, kept) = JournalFile::open(&arguments.pending)?;
    let pending = journal.path().to_owned();
    let caller: Caller = serde_json::from_value(kept.caller().clone()).unwrap_or_default();
    let policy = policy::find(arguments.policy.policy.as_deref())?;
    let trust = verbs::trust(&policy, &arguments.policy)?;
    let bundle = arguments.bundle.clone().unwrap_or(caller.bundle);
    let bundle = TrustedBundle::open(&bundle, &trust)?;
    let mut given = secrets(&arguments, bundle.manifest())?;
    let report_file =
        arguments.report.clone().map(|path| OutputFile::open(path, Purpose::Report)).transpose()?;
    let artefacts_at = arguments.artefacts.clone().or(caller.artefacts);
    let engine = cache::engine(&arguments.cache)?;
    let protection = operator::protection(&policy, caller.allow_protected.into_iter().collect())?;
    let client = operator::client(&policy, arguments.network.connect_to, arguments.network.ca_cert)?;
    run::prompt_for_secrets(&bundle, kept.action(), &mut given, &kept_secrets(&kept))?;
    let overrides = Overrides {
        run: arguments.deadline,
        exchange: arguments.network.request_timeout,
        ..Overrides::default()
    };
    let action = kept.action().to_owned();
    let mut preparation = Preparation::new(bundle, policy, action)
        .protection(protection)
        .client(client)
        .configuration(given)
        .overrides(overrides)
        .resume(kept)
        .journal(journal)
        .no_wait(arguments.no_wait);
    if let Some(directory) = artefacts_at {
        preparation = preparation.artefacts(artefacts(&directory)?);
    }
    if !caller.uploads.is_empty() {
        preparation = preparation.uploads(uploads(&caller.uploads)?);
    }
    if let Some(path) = &caller.found {
        preparation = preparation.ingest(found(path)?);
    }
    let prepared = runtime.block_on(async {
        tokio::select! {
            prepared = preparation.check(&engine) => Some(prepared),
            () = signals::before_sending() => None,
        }
    });
    let Some(prepared) = prepared else {
        drop(report_file);
        terminal::tell("interrupted while reading; nothing was sent\n");
        std::process::exit(signals::INTERRUPTED);
    };
    let prepared = prepared?;
    let offered = prepared.selection().offered.len() as u64;
    let observer = progress::observer(offered, global.output == Output::Json, global.verbose > 0);
    let report = runtime.block_on(async {
        let stopping = signals::stopping(global.output == Output::Json);
        prepared.execute(observer, stopping).await
    });
    std::mem::forget(Arc::clone(prepared.selection()));
    let written = report_file.map(|file| file.write(|out| write_json(out, &report)));
    let unwritten = written.into_iter().filter_map(Result::err).collect();
    let finished = Finished { report, unwritten, strict: arguments.strict, pending: Some(pending) };
    Ok(Box::new(finished.tidy()))
}

/// The files that the arguments name.
fn files_named(arguments: &Resume) -> FilesNamed<'_> {
    FilesNamed::default()
        .read("FILE", [&arguments.pending])
        .read("--bundle", &arguments.bundle)
        .read("--config", &arguments.config)
        .read("--connections", &arguments.connections)
        .read("--policy", &arguments.policy.policy)
        .read("--ca-cert", &arguments.network.ca_cert)
        .written("--report", &arguments.report)
}

/// The secrets that the command line names. All other settings stay as they were.
fn secrets(arguments: &Resume, manifest: &Manifest) -> Result<BTreeMap<String, Given>, Failure> {
    let mut given = match &arguments.config {
        Some(path) => read_configuration(path)?,
        None => BTreeMap::new(),
    };
    if let (Some(name), Some(path)) = (&arguments.connection, &arguments.connections) {
        add_connection(&mut given, path, name, manifest)?;
    }
    given.retain(|name, _| {
        manifest.parameter(name).is_some_and(|parameter| matches!(parameter.kind, ParameterKind::Secret {}))
    });
    Ok(given)
}

/// The parameters that need not be asked for: the run knows where they are.
fn kept_secrets(kept: &Kept) -> Vec<String> {
    kept.settings().map(str::to_owned).collect()
}
