//! What a process that is killed at any moment leaves can be continued by exactly one other.

use palisade_model::{Location, Object, Outcome, Verdict};
use serde_json::Value;

use super::*;
use crate::report::{BundleIdentity, CollectionReport};
use crate::selection::Offered;

fn begun() -> Begun {
    Begun {
        schema: Begun::SCHEMA,
        host: Begun::HOST.to_owned(),
        run_id: "1-a".to_owned(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        bundle: BundleIdentity { id: "a".to_owned(), version: "1.0.0".to_owned(), digest: "d".to_owned() },
        action: "act".to_owned(),
        given: Default::default(),
        most_evictions: Some(0),
        mark: None,
        collection: CollectionReport::default(),
        caller: Value::Null,
    }
}

fn first() -> Vec<Entry> {
    let object = Object::indicator("FQDN", "a.example", Location::Line(1));
    vec![
        Entry::Run(Box::new(begun())),
        Entry::Object { file: 0, offered: Offered::Object(object.clone()) },
        Entry::Object { file: 0, offered: Offered::Protected(object, "it is ours".to_owned()) },
    ]
}

fn decided(key: u64) -> Entry {
    Entry::Decided { key, outcome: Outcome::reasoned(Verdict::Rejected, "refused", "no") }
}

fn written(directory: &Path) -> PathBuf {
    let path = directory.join("run.pending");
    let mut journal = JournalFile::create(&path).unwrap();
    assert!(!path.exists() && journal.append(&[]).is_err());
    journal.replace(&mut first().into_iter()).unwrap();
    journal.append(&[Entry::HandedOut { up_to: 1 }, decided(1)]).unwrap();
    path
}

#[test]
fn what_was_kept_is_read_again() {
    let directory = tempfile::tempdir().unwrap();
    let (_journal, kept) = JournalFile::open(&written(directory.path())).unwrap();
    assert_eq!((kept.begun, kept.handed_out, kept.offered.len()), (begun(), 1, 2));
    assert_eq!(kept.outcomes[&1].code.as_deref(), Some("refused"));
    let Offered::Object(object) = &kept.offered[0].1 else { panic!() };
    assert_eq!((object.value.as_str(), object.location.to_string()), ("a.example", "line 1".to_owned()));
}

#[test]
fn a_line_that_was_torn_at_any_byte_is_left_out_and_the_file_is_continued() {
    let directory = tempfile::tempdir().unwrap();
    let whole = std::fs::read(written(directory.path())).unwrap();
    let start = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
    for length in start..whole.len() {
        let path = directory.path().join("torn.pending");
        std::fs::write(&path, &whole[..length]).unwrap();
        let (mut journal, kept) = JournalFile::open(&path).unwrap();
        assert!(kept.outcomes.is_empty() && kept.handed_out == 1, "{length}");
        journal.replace(&mut first().into_iter()).unwrap();
        journal.append(&[decided(2)]).unwrap();
        drop(journal);
        assert_eq!(JournalFile::open(&path).unwrap().1.outcomes.len(), 1);
    }
}

#[test]
fn damage_before_the_last_line_and_another_host_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = written(directory.path());
    let whole = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, whole.replacen("a.example", "b.example", 1)).unwrap();
    let code = |path: &Path| JournalFile::open(path).unwrap_err().code();
    assert_eq!(code(&path), "pending-file-damaged");
    std::fs::write(&path, "").unwrap();
    assert_eq!(code(&path), "pending-file-damaged");
    let other = Entry::Run(Box::new(Begun { host: "palisade 0.0.1".to_owned(), ..begun() }));
    let mut line = Vec::new();
    write_line(&mut line, &other).unwrap();
    std::fs::write(&path, line).unwrap();
    let error = JournalFile::open(&path).unwrap_err();
    assert_eq!(error.code(), "pending-file-of-another-host");
    assert!(error.hint().unwrap().contains("palisade 0.0.1"));
}

#[test]
fn one_process_at_a_time_has_the_file_also_while_it_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let path = written(directory.path());
    let (mut journal, _) = JournalFile::open(&path).unwrap();
    let code = || JournalFile::open(&path).unwrap_err().code();
    assert_eq!(code(), "pending-file-in-use");
    journal.replace(&mut first().into_iter()).unwrap();
    assert_eq!(code(), "pending-file-in-use");
    drop(journal);
    JournalFile::open(&path).unwrap();
    assert_eq!(JournalFile::create(&path).unwrap_err().code(), "pending-file-exists");
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let mode = std::fs::metadata(written(directory.path())).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn nothing_is_written_behind_an_entry_that_may_be_torn() {
    let directory = tempfile::tempdir().unwrap();
    let path = written(directory.path());
    let (mut journal, _) = JournalFile::open(&path).unwrap();
    journal.replace(&mut first().into_iter()).unwrap();
    let exchange = |journal: &mut JournalFile, file: File| match &mut journal.state {
        State::Open { file: open, .. } => std::mem::replace(open, file),
        State::New(_) => panic!(),
    };
    let writable = exchange(&mut journal, File::open(&path).unwrap());
    assert!(journal.append(&[decided(1)]).is_err(), "a file that is only read");
    exchange(&mut journal, writable);
    let before = std::fs::read(&path).unwrap();
    assert!(journal.append(&[decided(2)]).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
}
