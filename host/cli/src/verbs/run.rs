//! `palisade run`: one action on one collection, and what became of every object.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use palisade_bundle::{Action, Bundle, ParameterKind, TrustedFiles};
use palisade_collection::{CollectionFile, ObjectType, Source};
use palisade_engine::Engine;
use palisade_limits::RECORDING_READ_BYTES;
use palisade_model::RecordSource;
use palisade_recording::Recording;
use palisade_run::{
    Given, GivenValue, JournalFile, Overrides, Plan, Preparation, Prepared, Prompted, SecretSource, operator,
};
use tokio::runtime::Runtime;

use crate::answer::Answer;
use crate::arguments::{Global, Output, Run};
use crate::failure::Failure;
use crate::files_named::FilesNamed;
use crate::output_file::{OutputFile, Purpose};
use crate::verbs::finished::{Finished, artefacts, found, uploads, write_json};
use crate::verbs::resume::Caller;
use crate::verbs::{policy, signals};
use crate::{cache, first_run, progress, prompt, show, terminal, verbs};

pub(crate) fn run(arguments: Run, global: Global) -> Result<Box<dyn Answer>, Failure> {
    files_named(&arguments).check(global.output)?;
    let runtime = verbs::runtime()?;
    let deadline = arguments.deadline;
    let strict = arguments.strict;
    let asks_service = arguments.replay.is_none() && (!arguments.dry_run || arguments.compare);
    let overrides = Overrides {
        run: arguments.deadline,
        exchange: arguments.network.request_timeout,
        ..Overrides::default()
    };
    // A named pipe may have nothing at its other end, be it opened to be read or to be written.
    let began = Instant::now();
    let Loaded { preparation, mut given, engine, plan, report_file, plan_file, recording_file, pending } =
        verbs::within(deadline, move || load(arguments, runtime))??;
    let overrides = Overrides { spent: began.elapsed(), ..overrides };
    if asks_service {
        prompt_for_secrets(preparation.bundle(), preparation.action(), &mut given, &[])?;
    }
    let preparation = preparation.configuration(given).overrides(overrides);
    let prepared = runtime.block_on(async {
        tokio::select! {
            prepared = preparation.check(&engine) => Some(prepared),
            () = signals::before_sending() => None,
        }
    });
    let Some(prepared) = prepared else {
        // Unfinished files go with it. A thread that reads a pipe may never end, and is not waited for.
        drop((report_file, plan_file, recording_file));
        terminal::tell("interrupted while reading; nothing was sent\n");
        std::process::exit(signals::INTERRUPTED);
    };
    let prepared = prepared?;
    tell_first_run(&prepared);
    let offered = prepared.selection().offered.len() as u64;
    let observer = progress::observer(offered, global.output == Output::Json, global.verbose > 0);
    let report = runtime.block_on(async {
        let stopping = signals::stopping(global.output == Output::Json);
        match &plan {
            Some(plan) => prepared.apply(plan, observer, stopping).await,
            None => Ok(prepared.execute(observer, stopping).await),
        }
    });
    // Also of a run that was refused: what it sent is evidence all the same.
    let recorded =
        recording_file.zip(prepared.recorder()).map(|(file, recorder)| file.write(|out| recorder.write(out)));
    let report = report?;
    let planned = plan_file.map(|file| {
        let plan = Plan::of(&report, prepared.selection())?;
        file.write(|out| write_json(out, &plan))
    });
    let written = report_file.map(|file| file.write(|out| write_json(out, &report)));
    // As the answer later: in pieces, it takes longer to give back than the process takes to end. The secrets are wiped all the
    // same.
    std::mem::forget(Arc::clone(prepared.selection()));
    let unwritten = [recorded, planned, written].into_iter().flatten().filter_map(Result::err).collect();
    Ok(Box::new(Finished { report, unwritten, strict, pending }.tidy()))
}

/// The files that the arguments name.
fn files_named(arguments: &Run) -> FilesNamed<'_> {
    FilesNamed::default()
        .read("--bundle", [&arguments.bundle])
        .read("--collection", &arguments.collection)
        .read("--artefact", &arguments.artefact)
        .read("--config", &arguments.configuration.config)
        .read("--connections", &arguments.configuration.connections)
        .read("--apply", &arguments.apply)
        .read("--replay", &arguments.replay)
        .read("--policy", &arguments.policy.policy)
        .read("--ca-cert", &arguments.network.ca_cert)
        .written("--report", &arguments.report)
        .written("--found", &arguments.found)
        .written("--pending", &arguments.pending)
        .written("--plan", &arguments.plan)
        .written("--record", &arguments.record)
}

/// What is read and opened before anybody is asked for a secret.
struct Loaded {
    preparation: Preparation,
    given: BTreeMap<String, Given>,
    engine: Engine,
    plan: Option<Arc<Plan>>,
    report_file: Option<OutputFile>,
    plan_file: Option<OutputFile>,
    recording_file: Option<OutputFile>,
    /// Where the pending file is, if there is one.
    pending: Option<PathBuf>,
}

fn load(arguments: Run, runtime: &Runtime) -> Result<Loaded, Failure> {
    let caller = Caller::of(&arguments);
    let policy = policy::find(arguments.policy.policy.as_deref())?;
    let trust = verbs::trust(&policy, &arguments.policy)?;
    // Each takes milliseconds of every start: the engine is set up while the bundle is verified, and the component compiled,
    // or taken from the cache, while what else there is gets read.
    let (files, engine) = std::thread::scope(|scope| {
        let engine = scope.spawn(|| cache::engine(&arguments.cache));
        (TrustedFiles::open(&arguments.bundle, &trust), engine.join())
    });
    let files = files?;
    let engine = engine.map_err(|_| Failure::new("runtime", "the engine cannot be set up"))??;
    let component = {
        let _context = runtime.enter();
        files.component().map(|component| engine.begin_loading(component))
    };
    let bundle = files.bundle()?;
    let plan = arguments.apply.as_deref().map(Plan::read).transpose()?.map(Arc::new);
    // clap asks for an action where there is no plan.
    let action = plan.as_ref().map(|plan| plan.action.clone()).or(arguments.action).unwrap_or_default();
    let mut reading = verbs::reading(arguments.format, &arguments.column)?;
    let listed = bundle.manifest().action(&action).and_then(Action::listed_type);
    reading.object_type =
        listed.map(|(kind, subtype)| ObjectType { kind: kind.to_owned(), subtype: subtype.to_owned() });
    let sources = arguments.collection.iter().map(|path| {
        let file = CollectionFile::new(Source::from_argument(path.as_os_str()), reading.clone());
        Box::new(file) as Box<dyn RecordSource>
    });
    let given = verbs::given(&arguments.configuration, bundle.manifest())?;
    let recording = arguments.replay.as_deref().map(recording).transpose()?;
    let protection = operator::protection(&policy, arguments.allow_protected.into_iter().collect())?;
    let client = operator::client(&policy, arguments.network.connect_to, arguments.network.ca_cert)?;
    let mut preparation = Preparation::new(bundle, policy, action)
        .protection(protection)
        .client(client)
        .dry_run(arguments.dry_run)
        .compare(arguments.compare)
        .most_evictions(arguments.max_evictions.0);
    preparation = match &plan {
        Some(plan) => preparation.plan(Arc::clone(plan)),
        None => sources.fold(preparation, Preparation::source),
    };
    if let Some(mark) = &arguments.mark {
        preparation = preparation.mark(mark);
    }
    if let Some(directory) = &arguments.artefacts {
        preparation = preparation.artefacts(artefacts(directory)?);
    }
    if !arguments.artefact.is_empty() {
        let uploads = uploads(&arguments.artefact)?;
        preparation = preparation.source(uploads.source()).uploads(uploads);
    }
    if let Some(path) = &arguments.found {
        preparation = preparation.ingest(found(path)?);
    }
    let mut pending = None;
    if arguments.pending.is_some() || arguments.no_wait {
        let named = arguments.pending.unwrap_or_else(unnamed_pending_file);
        let journal = JournalFile::create(&named)?;
        pending = Some(journal.path().to_owned());
        let caller = serde_json::to_value(&caller)
            .map_err(|error| Failure::new("pending-file-not-written", error.to_string()))?;
        preparation = preparation.journal(journal).caller(caller).no_wait(arguments.no_wait);
    }
    if let Some(loading) = component {
        preparation = preparation.loading(loading);
    }
    if let Some(recording) = recording {
        preparation = preparation.replay(recording);
    } else if arguments.record.is_some() {
        preparation = preparation.record();
    }
    let open = |path: Option<PathBuf>, purpose| path.map(|path| OutputFile::open(path, purpose)).transpose();
    Ok(Loaded {
        report_file: open(arguments.report, Purpose::Report)?,
        plan_file: open(arguments.plan, Purpose::Plan)?,
        recording_file: open(arguments.record, Purpose::Recording)?,
        pending,
        preparation,
        given,
        engine,
        plan,
    })
}

fn recording(path: &Path) -> Result<Recording, Failure> {
    let bytes = palisade_files::read(path, RECORDING_READ_BYTES).map_err(|fault| {
        Failure::file("recording-unreadable", "cannot read the recording", path, &fault.into())
    })?;
    Ok(Recording::read(&bytes, &path.display().to_string())?)
}

/// Without a policy the manifest's requests are granted as they are asked for: the first run of a bundle says which.
fn tell_first_run(prepared: &Prepared) {
    let bundle = prepared.bundle();
    let narrowed = prepared.policy().egress().is_some();
    let grants = if narrowed { Vec::new() } else { first_run::grants_to_tell(bundle, prepared.action()) };
    terminal::tell(&show::bundle::first_run(bundle.manifest(), bundle.authenticity(), &grants));
}

/// The pending file of a run whose operator has named none: in the working directory, and another for each run.
fn unnamed_pending_file() -> PathBuf {
    let now = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%S");
    PathBuf::from(format!("palisade-{now}-{}.pending", std::process::id()))
}

/// Asks for required secrets that were not given and are not known, where somebody is there to answer.
pub(crate) fn prompt_for_secrets(
    bundle: &Bundle,
    action: &str,
    given: &mut BTreeMap<String, Given>,
    known: &[String],
) -> Result<(), Failure> {
    let manifest = bundle.manifest();
    let Some(action) = manifest.action(action) else { return Ok(()) };
    for parameter in action.parameters(manifest) {
        let wanted = matches!(parameter.kind, ParameterKind::Secret {}) && parameter.required;
        let is_given = given.contains_key(&parameter.name) || known.contains(&parameter.name);
        if !wanted || is_given || !io::stdin().is_terminal() {
            continue;
        }
        let secret = prompt::secret(&format!("{}: ", parameter.label)).map_err(|error| {
            Failure::new("secret-missing", format!("`{}` cannot be asked for: {error}", parameter.name))
        })?;
        let value = GivenValue::Secret(SecretSource::Prompted(Prompted::of(secret)));
        given.insert(parameter.name.clone(), Given { value, origin: "terminal".to_owned(), shared: false });
    }
    Ok(())
}
