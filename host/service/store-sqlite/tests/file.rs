//! What SQLite alone promises: its file, its backup and its plans.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use jiff::Timestamp;
use palisade_store::{AuditFilter, AuditLog as _, NewAuditEntry, Page, People as _, Wait as _};
use palisade_store_sqlite::SqliteStore;
use tempfile::TempDir;

fn store() -> (SqliteStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (SqliteStore::open(&directory.path().join("palisade.db")).unwrap(), directory)
}

fn now() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

fn entry(subject: &str) -> NewAuditEntry {
    NewAuditEntry {
        who: "ada".to_owned(),
        what: "user.invited".to_owned(),
        subject: subject.to_owned(),
        before: None,
        after: None,
        address: None,
        user: None,
        subject_user: None,
    }
}

#[test]
fn the_audit_log_cannot_be_changed_even_by_whoever_has_the_file() {
    let (store, _directory) = store();
    store.audit(&entry("grace"), now()).wait().unwrap();
    let file = rusqlite::Connection::open(store.path()).unwrap();
    assert!(file.execute("UPDATE audit SET who = 'nobody'", []).is_err());
    assert!(file.execute("DELETE FROM audit", []).is_err());
    let filter = AuditFilter { text: Some("GRACE".to_owned()), ..AuditFilter::default() };
    let (lines, total) = store.audit_log(&filter, Page::ALL).wait().unwrap();
    assert_eq!((lines.first().map(|line| line.who.as_str()), total), (Some("ada"), 1));
}

#[test]
fn a_reader_sees_the_state_before_or_after_a_write_and_a_backup_is_whole() {
    let (store, directory) = store();
    let copy = directory.path().join("copy.db");
    let writing = std::thread::spawn({
        let store = store.clone();
        move || {
            for number in 0..200 {
                store.audit(&entry(&number.to_string()), now()).wait().unwrap();
            }
        }
    });
    store.back_up(&copy).unwrap();
    writing.join().unwrap();
    SqliteStore::check_backup(&copy).unwrap();
    let restored = SqliteStore::open(&copy).unwrap();
    let (lines, total) = restored.audit_log(&AuditFilter::default(), Page::ALL).wait().unwrap();
    assert_eq!(lines.len() as u64, total);
    assert!(store.back_up(&copy).is_err(), "a backup is never overwritten");
    // The writer's connection goes on with the state of the copy, and so do all readers.
    store.restore(&copy).unwrap();
    assert_eq!(store.audit_log(&AuditFilter::default(), Page::ALL).wait().unwrap(), (lines, total));
}

#[test]
fn a_value_search_looks_into_an_index_and_not_at_every_object() {
    let (store, _directory) = store();
    let connection = rusqlite::Connection::open(store.path()).unwrap();
    for (table, index) in [("run_objects", "run_objects_by_key"), ("file_objects", "file_objects_by_key")] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT MIN(search_key) FROM {table} WHERE search_key > 'a' AND search_key < 'b'"
        );
        let plan: String = connection.query_row(&sql, [], |row| row.get(3)).unwrap();
        assert!(plan.starts_with("SEARCH") && plan.contains(index), "{plan}");
    }
}

#[test]
fn a_write_whose_future_was_dropped_is_completed() {
    let (store, directory) = store();
    {
        let mut write = Box::pin(store.add_user("ada", "viewer", None, now()));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let _ = write.as_mut().poll(&mut context);
    }
    drop(store);
    let again = SqliteStore::open(&directory.path().join("palisade.db")).unwrap();
    assert_eq!(again.users().wait().unwrap().len(), 1);
}
