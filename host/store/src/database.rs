//! The file and its connections: one that writes, some that read.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use palisade_limits as limits;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::{StoreError, migrations};

/// The state of one service. Cheap to clone; clones are the same state.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    /// Connections that nobody reads with at the moment.
    readers: Mutex<Vec<Connection>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("path", &self.inner.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the file, makes it where there is none, and brings it up to date.
    ///
    /// # Errors
    /// Where the file is no database, of a newer version, or cannot be written.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut writer = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        migrations::bring_up_to_date(&mut writer, path)?;
        let inner = Inner { path: path.to_owned(), writer: Mutex::new(writer), readers: Mutex::default() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Everything that `work` writes, or nothing of it.
    pub(crate) fn write<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }

    /// The connection that writes, for what replaces everything.
    pub(crate) fn with_writer<T>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut writer = self.inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut writer)
    }

    /// One consistent view, beside whoever writes.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let reader = match idle {
            Some(reader) => reader,
            None => connect(&self.inner.path, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let result = {
            let view = reader.unchecked_transaction()?;
            work(&view)
        };
        let mut readers = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if (readers.len() as u64) < limits::STORE_READERS {
            readers.push(reader);
        }
        result
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let unusable = |cause| StoreError::Database { place: path.display().to_string(), cause };
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
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}
