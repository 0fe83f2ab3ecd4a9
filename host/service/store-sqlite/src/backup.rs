//! A copy of the state while the service goes on, and the way back.

use std::path::Path;

use palisade_store::{StoreError, Wait as _};
use rusqlite::{Connection, OpenFlags};

use crate::error::unusable;
use crate::{SqliteStore, migrations};

impl SqliteStore {
    /// Writes a consistent copy as one file, which must not exist and does not until it is complete. Everything that was
    /// committed before is in it.
    ///
    /// # Errors
    /// Where the file is there, or cannot be written.
    pub fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        let path = to.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reader = Connection::open_with_flags(self.path(), flags)
            .map_err(unusable(self.path().display().to_string()))?;
        let not_written = |cause| StoreError::File { place: path.clone(), cause };
        // Its owner alone can read it, as the state: there are password hashes, sealed secrets and recordings in it.
        let directory = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let unfinished = tempfile::Builder::new()
            .prefix(".palisade-")
            .suffix(".part")
            .rand_bytes(16)
            .tempfile_in(directory)
            .map_err(not_written)?;
        reader
            .execute("VACUUM INTO ?1", [unfinished.path().to_string_lossy()])
            .map_err(unusable(path.as_str()))?;
        unfinished.persist_noclobber(to).map_err(|error| not_written(error.error))?;
        Ok(())
    }

    /// Replaces the whole state by that of a file, also while others use it: they see the one or the other. Runs that were
    /// under way in the copy are taken back from whoever had them.
    ///
    /// # Errors
    /// Where the file cannot be read or the state not be written; the state is unchanged then.
    pub fn restore(&self, from: &Path) -> Result<(), StoreError> {
        let place = from.display().to_string();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let source = Connection::open_with_flags(from, flags).map_err(unusable(place.as_str()))?;
        let path = from.to_owned();
        self.with_writer(move |writer| {
            {
                let backup =
                    rusqlite::backup::Backup::new(&source, writer).map_err(unusable(place.as_str()))?;
                // All pages in one step: nobody sees half of it.
                let pause = std::time::Duration::from_millis(50);
                backup.run_to_completion(i32::MAX, pause, None).map_err(unusable(place.as_str()))?;
            }
            Ok(migrations::bring_up_to_date(writer, &path)?)
        })
        .wait()
    }

    /// Checks a file before it takes the place of the state: whole, and of a version that can be brought up to date.
    ///
    /// # Errors
    /// Where it is damaged, no state at all, or of a newer version.
    pub fn check_backup(file: &Path) -> Result<(), StoreError> {
        let place = file.display().to_string();
        let unusable = |cause| unusable(place.as_str())(cause);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags).map_err(unusable)?;
        let found: String =
            connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(unusable)?;
        if found != "ok" {
            return Err(StoreError::Migration { place, cause: found });
        }
        let sql = "SELECT COUNT(*) FROM sqlite_master WHERE name IN ('runs', 'verdicts', 'workflows')";
        let tables: i64 = connection.query_row(sql, [], |row| row.get(0)).map_err(unusable)?;
        if tables == 3 {
            Ok(())
        } else {
            Err(StoreError::Migration {
                place,
                cause: "it is not the state of a palisade service".to_owned(),
            })
        }
    }
}
