//! The file and its connections: one that writes, some that read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use palisade_limits as limits;
use palisade_store::{Store, StoreError};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::error::{Error, unusable};
use crate::threads::Threads;
use crate::{functions, migrations};

/// The state of one service, in one file. Cheap to clone; clones are the same state.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// One thread: SQLite has one writer at a time.
    writer: Threads,
    readers: Threads,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SqliteStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Store for SqliteStore {
    fn directory(&self) -> Option<&Path> {
        self.inner.path.parent()
    }
}

impl SqliteStore {
    /// Opens the file, creates it if there is none, and brings it up to date. Blocks.
    ///
    /// # Errors
    /// If the file is not a database, has a newer version, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        protect(path)?;
        migrations::bring_up_to_date(&mut connect(path, writing())?, path)?;
        let open = |flags| {
            let path = path.to_owned();
            Box::new(move || connect(&path, flags))
        };
        let inner = Inner {
            path: path.to_owned(),
            writer: Threads::new("state-writer", 1, open(writing())),
            readers: Threads::new(
                "state-reader",
                limits::STORE_READERS,
                open(OpenFlags::SQLITE_OPEN_READ_ONLY),
            ),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Everything that `work` writes, or nothing of it.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let transaction = move |writer: &mut Connection| {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        self.inner.writer.run(transaction).await
    }

    /// The connection that writes, for work that replaces everything.
    pub(crate) async fn with_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(work).await
    }

    /// One consistent view, beside the writer.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let view = move |reader: &mut Connection| {
            let view = reader.transaction()?;
            work(&view)
        };
        self.inner.readers.run(view).await
    }
}

fn writing() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
}

/// Makes sure that the owner alone can read the state: password hashes, sealed secrets and everything that was done are in it. The
/// files beside it (`-wal`, `-shm`) get the state's own permissions from SQLite; those that a wider one left behind are narrowed.
///
/// An existing file is never opened here: closing it would give up the locks that this process has on it.
#[cfg(unix)]
fn protect(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let created = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    if created.is_ok() {
        return Ok(());
    }
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        let file = PathBuf::from(file);
        // What cannot be looked at is SQLite's to explain.
        let Ok(found) = std::fs::metadata(&file) else { continue };
        if found.is_file() && found.permissions().mode() & 0o077 != 0 {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))
                .map_err(|cause| StoreError::File { place: file.display().to_string(), cause })?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn protect(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let place = path.display().to_string();
    let unusable = |cause| unusable(place.as_str())(cause);
    let connection =
        Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(unusable)?;
    connection.busy_timeout(Duration::from_secs(limits::STORE_BUSY_SECONDS)).map_err(unusable)?;
    if flags.contains(OpenFlags::SQLITE_OPEN_READ_WRITE) {
        // A commit survives the end of the process; after a power failure the last ones may be gone, never half of one.
        // What was sent and lost in this way is sent again.
        connection.pragma_update(None, "journal_mode", "wal").map_err(unusable)?;
        connection.pragma_update(None, "synchronous", "normal").map_err(unusable)?;
    }
    connection.pragma_update(None, "foreign_keys", "on").map_err(unusable)?;
    functions::register(&connection).map_err(unusable)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use palisade_store::{Settings as _, Wait as _};

    use super::*;

    fn modes(directory: &Path) -> Vec<(String, u32)> {
        let mode = |entry: fs::DirEntry| {
            (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().permissions().mode() & 0o777)
        };
        let mut modes: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| mode(entry.unwrap())).collect();
        modes.sort();
        modes
    }

    #[test]
    fn the_state_and_the_files_beside_it_are_their_owners_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("palisade.db");
        let private =
            |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 0o600)).collect::<Vec<_>>();
        let names = private(&["palisade.db", "palisade.db-shm", "palisade.db-wal"]);
        let store = SqliteStore::open(&path).unwrap();
        store.remember("a", "b").wait().unwrap();
        assert_eq!(store.setting("a").wait().unwrap().as_deref(), Some("b"));
        assert_eq!(modes(directory.path()), names);
        // As an earlier version left them, even while another process has them open.
        for (name, _) in &names {
            fs::set_permissions(directory.path().join(name), fs::Permissions::from_mode(0o644)).unwrap();
        }
        let again = SqliteStore::open(&path).unwrap();
        assert_eq!(modes(directory.path()), names);
        assert_eq!(again.setting("a").wait().unwrap().as_deref(), Some("b"));
        store.back_up(&directory.path().join("copy.db")).unwrap();
        assert!(
            modes(directory.path()).iter().all(|(_, mode)| *mode == 0o600),
            "{:?}",
            modes(directory.path())
        );
    }
}
