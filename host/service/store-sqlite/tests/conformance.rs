//! What every implementation of the store has in common, for SQLite.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::sync::Arc;

use palisade_store::Store;
use palisade_store_conformance::Place;
use palisade_store_sqlite::SqliteStore;

struct Directory(tempfile::TempDir);

impl Place for Directory {
    fn open(&self) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(&self.0.path().join("palisade.db")).unwrap())
    }
}

fn directory() -> Directory {
    Directory(tempfile::tempdir().unwrap())
}

palisade_store_conformance::tests!(directory);
