//! `palisade serve`: the orchestrator with its console and its API, until it is told to stop.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use etcetera::BaseStrategy as _;
use palisade_orchestrator::executor::Embedded;
use palisade_orchestrator::{Clock, Options, Orchestrator, SystemClock};
use palisade_server::{App, Certificate, Listener, ServedCertificate, TrustedProxies};
use palisade_store::{Store, Wait as _};
use palisade_store_sqlite::SqliteStore;
use palisade_vault::{KeyPlaces, Located, Origin, Vault};
use tokio::sync::watch;

use crate::answer::{Answer, Channel};
use crate::arguments::LogFormat;
use crate::arguments::service::{DataArguments, Serve, VaultArguments};
use crate::failure::Failure;
use crate::logging::traces;
use crate::verbs::{policy, signals};
use crate::{cache, environment, terminal};

/// It was told to stop, and has stopped; its log has said so.
struct Stopped;

impl Answer for Stopped {
    fn text(&self) -> String {
        String::new()
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(b"{\"stopped\": true}")
    }

    fn channel(&self) -> Channel {
        Channel::Error
    }
}

pub(crate) fn serve(arguments: Serve, log: LogFormat) -> Result<Box<dyn Answer>, Failure> {
    let data = Data::open(&arguments.data)?;
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&data.state())?);
    let located = data.vault(&arguments.vault, &*store)?;
    if let Origin::Made(path) = &located.origin {
        terminal::tell_as(
            log,
            &format!(
                "made the key that seals secrets: {}\n  keep a copy: without it, no secret of this service can be opened\n",
                path.display()
            ),
        );
    }
    if !arguments.vault_key_lost {
        check_keys(&*store, &located.vault)?;
    }
    // Named, found or none: the orchestrator reads it anew for each run.
    let policy_file = policy::find(arguments.policy.policy.as_deref())?.file().map(PathBuf::from);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let certificate =
        arguments.tls_certificate.zip(arguments.tls_key).map(|(chain, key)| Certificate { chain, key });
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::new("runtime", format!("no threads can be started: {error}")))?;
    let engine = cache::engine(&arguments.cache)?;
    let workers = usize::try_from(arguments.workers).unwrap_or(1);
    let orchestrator = Orchestrator::new(
        Options {
            store: store.clone(),
            vault: located.vault,
            engine,
            policy: policy_file,
            connect_to: arguments.connect_to,
            ca_certificates: arguments.ca_cert,
            allow_unsigned: arguments.policy.allow_unsigned,
            clock: Arc::clone(&clock),
        },
        Box::new(Embedded::new(store, clock, workers)),
    );
    let proxies =
        TrustedProxies { networks: arguments.trusted_proxy, header: arguments.trusted_proxy_header };
    let syslog = arguments.audit_syslog.map(|target| target.with_authority(arguments.audit_syslog_ca));
    let mut options = palisade_server::Options {
        tls: certificate.is_some(),
        names: arguments.names,
        join_trace: traces::join,
        proxies: proxies.clone(),
        token_requests_per_minute: arguments.token_requests,
        public_url: arguments.public_url,
        ..palisade_server::Options::default()
    };
    // An address that was chosen to be reached at is answered to.
    if !arguments.listen.ip().is_unspecified() {
        options.names.push(arguments.listen.ip().to_string());
    }
    let store = orchestrator.shared_store();
    let retention_days = arguments.retention_days;
    runtime.block_on(async {
        let recovered = orchestrator.recover()?;
        let listener = Listener::bind(arguments.listen, certificate.as_ref()).await?.behind(proxies);
        let url =
            options.public_url.as_ref().map_or_else(|| listener.url(&options.names), ToString::to_string);
        store.remember(palisade_server::URL_SETTING, &url).wait()?;
        let app = App::new(orchestrator.clone(), options)?;
        let served = listener.certificate();
        let reloading = tokio::spawn(signals::on_reload(move || reload(served.as_ref())));
        // Before anybody is told that it runs, and may want to end it.
        let ending = signals::first();
        if recovered > 0 {
            terminal::tell_as(log, &format!("continuing {recovered} runs of the last process\n"));
        }
        if let Some(link) = app.first_link().await? {
            terminal::tell_as(
                log,
                &format!("Create the administrator account: {url}{link} (the link works once)\n"),
            );
        }
        terminal::tell_as(log, &format!("palisade is at {url}\n"));
        let forwarding = match syslog {
            Some(target) => tokio::spawn(palisade_server::syslog::forward(app.clone(), target)),
            None => tokio::spawn(palisade_server::write_refusals_at_the_end(app.clone())),
        };
        let (drain, draining) = watch::channel(false);
        let executing = {
            let (orchestrator, draining) = (orchestrator.clone(), draining.clone());
            tokio::spawn(async move {
                let worker = Arc::new(orchestrator.clone());
                orchestrator.executor().serve(worker, draining).await;
            })
        };
        let keeping = tokio::spawn({
            let orchestrator = orchestrator.clone();
            async move { orchestrator.keep_time(retention_days, draining).await }
        });
        let router = palisade_server::router(app.clone());
        listener
            .serve(router, async {
                ending.await;
                app.stop();
                drain.send_replace(true);
            })
            .await;
        // What was in hand is put down: each run has written its verdicts already.
        let _ = tokio::join!(executing, keeping);
        match forwarding.await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                tracing::error!(code = failure.code(), "the audit log was not forwarded: {failure}")
            }
            Err(error) => tracing::error!("the audit log was not forwarded: {error}"),
        }
        reloading.abort();
        orchestrator.end_spans();
        Ok::<(), Failure>(())
    })?;
    traces::finish();
    terminal::tell_as(log, "stopped; open runs continue at the next start\n");
    Ok(Box::new(Stopped))
}

/// Refuses to serve with secrets that nobody can open: every run would fail for it, the open ones first.
fn check_keys(store: &dyn Store, vault: &Vault) -> Result<(), Failure> {
    let Some((key, count)) = store.sealing_keys().wait()?.into_iter().find(|(key, _)| !vault.has(key)) else {
        return Ok(());
    };
    let message = format!(
        "{count} secrets are sealed with the key `{key}`, which is not given; the key that is has the name `{}`",
        vault.current()
    );
    let mut failure = Failure::new("vault-key-unknown", message);
    failure.hint = Some(
        "give it with `--vault-key`, or with `--vault-previous-key` beside the current one; if it is lost, start with `--vault-key-lost` \
         and enter the secrets that it sealed again"
            .to_owned(),
    );
    Err(failure)
}

/// Reads the certificate again. A service that runs goes on with the old one where the new one cannot be used.
fn reload(certificate: Option<&ServedCertificate>) {
    match certificate.map(ServedCertificate::reload) {
        None => tracing::info!("there is no certificate to read again"),
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        Some(Err(error)) => {
            tracing::error!(
                code = error.code(),
                hint = error.hint(),
                "the certificate stays as it was: {error}"
            );
        }
    }
}

/// The data directory of one service, which nobody else uses meanwhile.
pub(crate) struct Data {
    directory: PathBuf,
    /// Held until the end.
    _lock: File,
}

impl Data {
    /// Takes the directory for itself.
    pub(crate) fn open(arguments: &DataArguments) -> Result<Self, Failure> {
        let directory = directory(arguments)?;
        std::fs::create_dir_all(&directory).map_err(|error| {
            Failure::file("data-directory", "cannot make the data directory", &directory, &error)
        })?;
        private(&directory)?;
        let path = directory.join("lock");
        let unusable = |error: &io::Error| {
            Failure::file("data-directory", "cannot use the data directory", &directory, error)
        };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(|error| unusable(&error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                let message = format!("another process serves `{}`", directory.display());
                let mut failure = Failure::new("data-directory-in-use", message);
                failure.hint = Some("end it first, or name another directory with `--data`".to_owned());
                Err(failure)
            }
            Err(TryLockError::Error(error)) => Err(unusable(&error)),
        }
    }

    /// The file of the state.
    pub(crate) fn state(&self) -> PathBuf {
        state_in(&self.directory)
    }

    /// The vault of this directory.
    pub(crate) fn vault(&self, arguments: &VaultArguments, store: &dyn Store) -> Result<Located, Failure> {
        Ok(Vault::locate(&KeyPlaces {
            file: arguments.vault_key.as_deref(),
            environment: &|name| std::env::var_os(name),
            data: &self.directory,
            previous: &arguments.vault_previous_key,
            first_start: !store.has_secrets().wait()?,
        })?)
    }
}

/// The file of the state, whoever uses it meanwhile.
pub(crate) fn state(arguments: &DataArguments) -> Result<PathBuf, Failure> {
    Ok(state_in(&directory(arguments)?))
}

fn state_in(directory: &Path) -> PathBuf {
    directory.join("palisade.db")
}

fn directory(arguments: &DataArguments) -> Result<PathBuf, Failure> {
    match arguments
        .data
        .clone()
        .map_or_else(|| environment::path(environment::DATA), |given| Ok(Some(given)))?
    {
        Some(directory) => Ok(directory),
        None => {
            let strategy = etcetera::choose_base_strategy().map_err(|error| {
                Failure::new("data-directory", format!("there is no home directory to keep data in: {error}"))
            })?;
            Ok(strategy.data_dir().join("palisade"))
        }
    }
}

/// Nobody else reads what lies in it: objects, and who did what.
#[cfg(unix)]
fn private(directory: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700)).map_err(|error| {
        Failure::file("data-directory", "cannot protect the data directory", directory, &error)
    })
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), Failure> {
    Ok(())
}
