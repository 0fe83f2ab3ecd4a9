//! `palisade run`: one action on one collection, and what became of every object.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use palisade_bundle::{Bundle, ParameterKind};
use palisade_collection::Source;
use palisade_egress::ClientOptions;
use palisade_run::{Given, GivenValue, Overrides, Preparation, Prompted, Report, SecretSource, Status};

use crate::answer::{Answer, Channel};
use crate::arguments::{Global, Output, Run};
use crate::failure::Failure;
use crate::{cache, progress, show, verbs};

/// A run that was made, whatever became of it. That its report could not be written does not undo it.
struct Finished {
    report: Report,
    unwritten: Option<Failure>,
}

impl Answer for Finished {
    fn text(&self) -> String {
        let failure = self.unwritten.as_ref().map(show::failure::text).unwrap_or_default();
        format!("{}{failure}", show::report::text(&self.report))
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, &self.report).map_err(io::Error::from)
    }

    fn channel(&self) -> Channel {
        Channel::Error
    }

    fn status(&self) -> u8 {
        match self.report.run.status {
            // Not all that was asked for has been done.
            _ if self.unwritten.is_some() => 4,
            Status::Clean => 0,
            Status::WithProblems => 3,
            Status::EndedEarly => 4,
        }
    }
}

pub(crate) fn run(arguments: Run, global: Global) -> Result<Box<dyn Answer>, Failure> {
    let bundle = Bundle::open(&arguments.bundle)?;
    let mut given = verbs::given(&arguments.configuration)?;
    prompt_for_secrets(&bundle, &arguments.action, &mut given)?;
    let preparation = Preparation {
        bundle,
        action: arguments.action,
        given,
        sources: arguments.collection.iter().map(|path| Source::from_argument(path.as_os_str())).collect(),
        format: arguments.format.0,
        dry_run: arguments.dry_run,
        client: ClientOptions { connect_to: arguments.connect_to, ca_certificates: arguments.ca_cert },
        overrides: Overrides { run: arguments.deadline, exchange: arguments.request_timeout },
    };
    let report_file = arguments.report.map(ReportFile::create).transpose()?;
    let report = verbs::runtime()?.block_on(async {
        let engine = cache::engine(&arguments.cache)?;
        let prepared = preparation.check(&engine).await?;
        let offered = prepared.selection().offered.len() as u64;
        let quiet = global.output == Output::Json;
        let observer = progress::observer(offered, quiet, global.verbose > 0);
        Ok::<Report, Failure>(prepared.execute(observer, interrupted()).await)
    })?;
    let unwritten = report_file.and_then(|file| file.write(&report).err());
    Ok(Box::new(Finished { report, unwritten }))
}

/// Resolves when the operator interrupts, or a supervisor terminates, for the first time. The run then ends and is
/// reported; a second time ends the process at once, with the status that shells give for an interrupt.
async fn interrupted() {
    signalled().await;
    tokio::spawn(async {
        signalled().await;
        std::process::exit(130);
    });
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without handlers the signals do what they do by default.
        _ => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn signalled() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Asks for required secrets that were not given, where somebody is there to answer.
fn prompt_for_secrets(
    bundle: &Bundle,
    action: &str,
    given: &mut BTreeMap<String, Given>,
) -> Result<(), Failure> {
    let manifest = bundle.manifest();
    let Some(action) = manifest.action(action) else { return Ok(()) };
    for parameter in action.parameters(manifest) {
        let wanted = matches!(parameter.kind, ParameterKind::Secret {}) && parameter.required;
        if !wanted || given.contains_key(&parameter.name) || !io::stdin().is_terminal() {
            continue;
        }
        let text = rpassword::prompt_password(format!("{}: ", parameter.label)).map_err(|error| {
            Failure::new("secret-missing", format!("`{}` cannot be asked for: {error}", parameter.name))
        })?;
        let value = GivenValue::Secret(SecretSource::Prompted(Prompted::new(text)));
        given.insert(parameter.name.clone(), Given { value, origin: "terminal".to_owned(), shared: false });
    }
    Ok(())
}

/// The report's file, opened before anything is sent, so that a report that cannot be written stops the run at its start.
/// It stands under its name only when it is complete.
struct ReportFile {
    path: PathBuf,
    temporary: PathBuf,
    file: File,
}

impl ReportFile {
    fn create(path: PathBuf) -> Result<Self, Failure> {
        if path.is_dir() {
            return Err(not_written(&path, &io::ErrorKind::IsADirectory.into()));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let temporary = path.with_file_name(name);
        let file = File::create(&temporary).map_err(|error| not_written(&path, &error))?;
        Ok(Self { path, temporary, file })
    }

    fn write(self, report: &Report) -> Result<(), Failure> {
        let mut out = BufWriter::new(&self.file);
        serde_json::to_writer_pretty(&mut out, report)
            .map_err(io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush())
            .and_then(|()| std::fs::rename(&self.temporary, &self.path))
            .map_err(|error| not_written(&self.path, &error))
    }
}

impl Drop for ReportFile {
    /// Gone already where the report was written.
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.temporary);
    }
}

fn not_written(path: &Path, error: &io::Error) -> Failure {
    Failure::file("report-not-written", "the report cannot be written to", path, error)
}
