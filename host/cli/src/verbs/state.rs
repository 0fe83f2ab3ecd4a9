//! `palisade backup`, `restore`, `users link` and `secrets`: what looks after the state of a service, beside it or while it rests.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use palisade_orchestrator::{Clock as _, SystemClock};
use palisade_store::{AuditLog as _, NewAuditEntry, Settings as _, Store, Wait as _};
use palisade_store_sqlite::SqliteStore;
use palisade_vault::{Key, Vault};
use serde::Serialize;

use crate::answer::Answer;
use crate::arguments::service::{Backup, DataArguments, Restore, SecretsVerb};
use crate::failure::Failure;
use crate::verbs::serve::{self, Data};

/// What was done, in one sentence.
#[derive(Debug, Serialize)]
struct Done {
    done: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secrets: Option<u64>,
    #[serde(skip)]
    sentence: String,
}

impl Answer for Done {
    fn text(&self) -> String {
        format!("{}\n", self.sentence)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }
}

pub(crate) fn backup(arguments: Backup) -> Result<Box<dyn Answer>, Failure> {
    let state = existing(&arguments.data)?;
    if arguments.to.symlink_metadata().is_ok() {
        let message =
            format!("`{}` exists, and a backup does not overwrite anything", arguments.to.display());
        let mut failure = Failure::new("output-not-written", message);
        failure.hint = Some("name another file, or remove this one first".to_owned());
        return Err(failure);
    }
    SqliteStore::open(&state)?.back_up(&arguments.to)?;
    let sentence = format!("wrote {}; keep the key that seals its secrets beside it", arguments.to.display());
    Ok(Box::new(Done { done: "backup", file: Some(arguments.to), secrets: None, sentence }))
}

pub(crate) fn restore(arguments: Restore) -> Result<Box<dyn Answer>, Failure> {
    let state = serve::state(&arguments.data)?;
    if !arguments.from.exists() {
        let message = format!("there is no file `{}`", arguments.from.display());
        let mut failure = Failure::new("state-missing", message);
        failure.hint = Some("name a file that `palisade backup` wrote".to_owned());
        return Err(failure);
    }
    SqliteStore::check_backup(&arguments.from)?;
    if let Some(directory) = state.parent() {
        std::fs::create_dir_all(directory).map_err(|error| {
            Failure::file("data-directory", "cannot make the data directory", directory, &error)
        })?;
    }
    let store = SqliteStore::open(&state)?;
    store.restore(&arguments.from)?;
    // In the log of the state that is there now: what came after the copy is gone, this line says so.
    let file = arguments.from.display().to_string();
    let entry = NewAuditEntry {
        who: "the command line".to_string(),
        what: "state.restored".to_string(),
        subject: file,
        before: None,
        after: None,
        address: None,
        user: None,
        subject_user: None,
    };
    store.audit(&entry, SystemClock.now()).wait()?;
    let sentence = format!("the state is that of {} again", arguments.from.display());
    Ok(Box::new(Done { done: "restore", file: Some(arguments.from), secrets: None, sentence }))
}

/// A link with which a user chooses a new password.
pub(crate) fn recovery_link(data: &DataArguments, name: &str) -> Result<Box<dyn Answer>, Failure> {
    let state = existing(data)?;
    let store = SqliteStore::open(&state)?;
    let path = palisade_server::recovery_link(&store, name, SystemClock.now())?;
    // Where the service was when it started last.
    let sentence = match store.setting(palisade_server::URL_SETTING).wait()? {
        Some(url) => format!("choose a new password: {url}{path} (the link works once)"),
        None => format!("choose a new password: open {path} on the service (the link works once)"),
    };
    Ok(Box::new(Done { done: "link", file: None, secrets: None, sentence }))
}

pub(crate) fn secrets(what: SecretsVerb) -> Result<Box<dyn Answer>, Failure> {
    match what {
        SecretsVerb::Keygen { out } => {
            Key::generate()?.write_new(&out)?;
            let sentence = format!("wrote {}", out.display());
            Ok(Box::new(Done { done: "keygen", file: Some(out), secrets: None, sentence }))
        }
        SecretsVerb::Rotate { data, vault } => {
            let data = Data::open(&data)?;
            let store = SqliteStore::open(&data.state())?;
            let vault = Arc::new(data.vault(&vault, &store)?.vault);
            let count = rotate(&store, &vault)?;
            let sentence = format!("sealed {count} secrets with the key {}", vault.current());
            Ok(Box::new(Done { done: "rotate", file: None, secrets: Some(count), sentence }))
        }
    }
}

fn rotate(store: &dyn Store, vault: &Vault) -> Result<u64, Failure> {
    let mut resealed = store.secrets().wait()?;
    for row in &mut resealed {
        let secret = vault.open(&row.label, &row.key, &row.sealed)?;
        let sealed = vault.seal(&row.label, &secret)?;
        (row.key, row.sealed) = (sealed.key, sealed.bytes);
    }
    Ok(store.reseal_secrets(&resealed).wait()?)
}

fn existing(data: &DataArguments) -> Result<PathBuf, Failure> {
    let state = serve::state(data)?;
    if state.exists() { Ok(state) } else { Err(no_state(&state)) }
}

fn no_state(path: &std::path::Path) -> Failure {
    let message = format!("there is no state at `{}`", path.display());
    let mut failure = Failure::new("state-missing", message);
    failure.hint = Some("name the data directory of the service with `--data`".to_owned());
    failure
}
