//! What the state promises to whoever builds on it.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::io::Read as _;

use jiff::{SignedDuration, Timestamp};
use palisade_model::Verdict;
use palisade_store::{
    Answered, AuditFilter, Claimed, Configuration, ConnectionContent, ConnectionWrite, FileWriter, Mark,
    NewAuditEntry, NewBundle, NewCollection, NewFile, NewRun, NewVerdict, NewWorkflow, ObjectFilter,
    ObjectOrder, Origin, Page, RunEnd, RunId, RunStatus, Store, StoreError, StoredObject, StoredValue, Takes,
    WorkflowId, WorkflowStep,
};
use serde_json::json;
use tempfile::TempDir;

fn store() -> (Store, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (Store::open(&directory.path().join("palisade.db")).unwrap(), directory)
}

fn now() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

fn workflow(store: &Store, name: &str, steps: Vec<WorkflowStep>) -> WorkflowId {
    let new = NewWorkflow {
        name: name.to_owned(),
        description: String::new(),
        collection: None,
        schedule: json!({ "kind": "none" }),
        takes: Takes::Changed,
        evictions: Some(0),
        enabled: true,
        anchor: now(),
        next_tick: None,
        steps,
    };
    store.add_workflow(&new, "ada", now()).unwrap()
}

fn objects(values: &[&str]) -> Vec<StoredObject> {
    let object = |value: &&str| StoredObject {
        subtype: "FQDN".to_owned(),
        value: (*value).to_owned(),
        platform_id: None,
        file: "list.txt".to_owned(),
        location: "line 1".to_owned(),
        record: json!({}),
    };
    values.iter().map(object).collect()
}

fn file(name: &str, content: FileWriter) -> NewFile {
    NewFile { name: name.to_owned(), digest: "digest".to_owned(), content, objects: Vec::new() }
}

fn new_run<'a>(workflow: WorkflowId, tick: Option<&'a str>, values: &[&str]) -> NewRun<'a> {
    NewRun {
        workflow,
        origin: Origin::Schedule,
        requested_by: "schedule",
        tick,
        retry_of: None,
        dry_run: false,
        evictions: Some(0),
        collection: "",
        deadline_at: now() + SignedDuration::from_hours(1),
        steps: Vec::new(),
        objects: Some(objects(values)),
        carried: Vec::new(),
    }
}

fn run(store: &Store, workflow: WorkflowId, tick: Option<&str>, values: &[&str]) -> Option<RunId> {
    store.add_run(&new_run(workflow, tick, values), now()).unwrap()
}

fn verdict(place: u64, verdict: Verdict) -> NewVerdict {
    NewVerdict { place, verdict, code: None, message: None, submissions: json!([]) }
}

fn bundle(version: &'static str) -> NewBundle<'static> {
    NewBundle {
        bundle: "trend-vision-one",
        version,
        digest: version,
        title: "Trend Micro Vision One",
        publisher: "Palisade",
        signed_by: None,
        zip: b"zip",
    }
}

#[test]
fn the_audit_log_cannot_be_changed_even_by_whoever_has_the_file() {
    let (store, _directory) = store();
    let entry = NewAuditEntry {
        who: "ada",
        what: "user.invited",
        subject: "grace",
        before: None,
        after: None,
        address: None,
        user: None,
        subject_user: None,
    };
    store.audit(&entry, now()).unwrap();
    let file = rusqlite::Connection::open(store.path()).unwrap();
    assert!(file.execute("UPDATE audit SET who = 'nobody'", []).is_err());
    assert!(file.execute("DELETE FROM audit", []).is_err());
    let (lines, total) = store
        .audit_log(&AuditFilter { text: Some("GRACE".to_owned()), ..AuditFilter::default() }, Page::ALL)
        .unwrap();
    assert_eq!((lines[0].who.as_str(), total), ("ada", 1));
}

#[test]
fn audit_entries_are_found_by_time_person_kind_and_address() {
    let (store, _directory) = store();
    let at = |minute: i64| now() + jiff::SignedDuration::from_mins(minute);
    let entry = |minute, who: &str, what: &str, address: Option<&str>| {
        let address = address.map(|address| address.parse().unwrap());
        let entry = NewAuditEntry {
            who,
            what,
            subject: "Größe",
            before: None,
            after: None,
            address,
            user: None,
            subject_user: None,
        };
        store.audit(&entry, at(minute)).unwrap();
    };
    entry(0, "ada", "user.invited", Some("192.0.2.1"));
    entry(1, "ada (token nightly)", "run.requested", Some("::ffff:192.0.2.11"));
    entry(2, "adam", "user.changed", Some("2001:db8::1"));
    entry(3, "schedule", "run.requested", None);
    let text = |text: &str| Some(text.to_owned());
    let all = AuditFilter::default();
    for (filter, ids) in [
        (all.clone(), vec![4, 3, 2, 1]),
        (AuditFilter { who: text("ada"), ..all.clone() }, vec![2, 1]),
        (AuditFilter { who: text("ad"), ..all.clone() }, vec![]),
        (AuditFilter { what: text("run.requested"), ..all.clone() }, vec![4, 2]),
        (AuditFilter { what: text("user."), ..all.clone() }, vec![3, 1]),
        (AuditFilter { what: text("user"), ..all.clone() }, vec![]),
        (AuditFilter { address: text("192.0.2.1"), ..all.clone() }, vec![1]),
        (AuditFilter { address: text("192.0.2."), ..all.clone() }, vec![2, 1]),
        (AuditFilter { address: text("2001:DB8:0::1"), ..all.clone() }, vec![3]),
        (AuditFilter { from: Some(at(1)), to: Some(at(3)), ..all.clone() }, vec![3, 2]),
        (AuditFilter { text: text("GRÖSSE"), ..all.clone() }, vec![]),
        (AuditFilter { text: text("GRÖ"), who: text("schedule"), ..all.clone() }, vec![4]),
    ] {
        let (rows, total) = store.audit_log(&filter, Page::ALL).unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), ids, "{filter:?}");
        assert_eq!(total, ids.len() as u64);
        let mut exported: Vec<i64> =
            store.audit_after(&filter, 0, 100).unwrap().into_iter().map(|row| row.id).collect();
        exported.reverse();
        assert_eq!(exported, ids, "the export has what the page has");
        let page = store.audit_log(&filter, Page { offset: 1, limit: 1 }).unwrap();
        assert_eq!((page.0.first().map(|row| row.id), page.1), (ids.get(1).copied(), ids.len() as u64));
    }
    let (kinds, people) = store.audit_names().unwrap();
    assert_eq!(kinds, ["run.requested", "user.changed", "user.invited"]);
    assert_eq!(people, ["ada", "adam", "schedule"]);
}

#[test]
fn a_tick_makes_one_run() {
    let (store, _directory) = store();
    let id = workflow(&store, "a", Vec::new());
    assert!(run(&store, id, Some("1@2026-11-22T08:00:00Z"), &[]).is_some());
    assert!(run(&store, id, Some("1@2026-11-22T08:00:00Z"), &[]).is_none());
    assert!(run(&store, id, None, &[]).is_some() && run(&store, id, None, &[]).is_some());
}

#[test]
fn an_uploaded_file_comes_back_byte_for_byte_and_replaces_the_ones_before() {
    let (store, _directory) = store();
    let (source, filter) = (json!({ "kind": "files" }), json!({}));
    let new = NewCollection { name: "All", description: "", source: &source, filter: &filter };
    let id = store.add_collection(&new, "ada", now()).unwrap();
    let content: Vec<u8> = (0..700_001_u32).map(|number| (number % 251) as u8).collect();
    let mut writer = store.file_writer();
    content.chunks(77_777).for_each(|piece| writer.push(piece));
    assert_eq!(writer.bytes(), content.len() as u64);
    store.replace_files(id, vec![file("a.bin", writer)], None, None, now()).unwrap();
    let files = store.files(id).unwrap();
    let mut read = Vec::new();
    store.file_reader(files[0].id).read_to_end(&mut read).unwrap();
    assert!(read == content);
    store.replace_files(id, vec![file("b.bin", store.file_writer())], None, None, now()).unwrap();
    let names: Vec<String> = store.files(id).unwrap().into_iter().map(|file| file.name).collect();
    assert_eq!(names, ["b.bin"]);
    assert!(matches!(store.add_collection(&new, "ada", now()), Err(StoreError::Taken { .. })));
}

#[test]
fn a_version_that_workflows_use_stays_and_the_newest_of_the_others_is_current() {
    let (store, _directory) = store();
    let first = store.install_bundle(&bundle("1.0.0"), &[], "ada", now()).unwrap();
    let step = WorkflowStep {
        bundle: first,
        action: "block".to_owned(),
        connection: None,
        configuration: Default::default(),
    };
    let user = workflow(&store, "Nightly", vec![step]);
    let second = store.install_bundle(&bundle("2.0.0"), &[], "ada", now()).unwrap();
    assert_eq!(store.current_bundle("trend-vision-one").unwrap().unwrap().id, second);
    assert_eq!(store.remove_bundle(first).unwrap(), ["Nightly"]);
    assert!(store.remove_bundle(second).unwrap().is_empty());
    assert_eq!(store.current_bundle("trend-vision-one").unwrap().unwrap().id, first);
    store.remove_workflow(user).unwrap();
    assert!(store.remove_bundle(first).unwrap().is_empty());
    assert!(store.bundles().unwrap().is_empty());
}

#[test]
fn what_a_run_remembers_and_what_pruning_takes_with_it() {
    let (store, _directory) = store();
    let id = workflow(&store, "a", Vec::new());
    let old = run(&store, id, None, &["a.example", "b.example"]).unwrap();
    store.submit_task(old, "a", "tenant", now(), now()).unwrap();
    let task = store.claim_task(now()).unwrap().unwrap();
    store
        .record_verdicts(
            task.activation(),
            1,
            &[verdict(1, Verdict::Accepted), verdict(2, Verdict::Failed)],
            now(),
        )
        .unwrap();
    let finished: Vec<String> =
        store.finished_objects(old, 1).unwrap().into_iter().map(|object| object.value).collect();
    assert_eq!(finished, ["a.example"]);
    let marks = [Mark { object: [1; 16], content: [2; 16] }];
    let cursor = json!({ "object": "00", "position": 1 });
    let end = RunEnd { marks: &marks, cursor: Some(&cursor), ..RunEnd::of(RunStatus::ErrorOccurred) };
    store.end_run(task.activation(), &end, now()).unwrap();
    assert_eq!(store.marks(id).unwrap().get(&[1; 16]), Some(&[2; 16]));
    assert_eq!(store.workflow(id).unwrap().cursor, Some(cursor));
    let young = run(&store, id, None, &["c.example"]).unwrap();
    assert_eq!(store.prune_runs(now() + SignedDuration::from_secs(1), 10).unwrap(), 1);
    assert!(matches!(store.run(old), Err(StoreError::Missing { .. })));
    assert!(store.run(young).is_ok());
    assert_eq!(store.marks(id).unwrap().len(), 1, "what a workflow remembers is not the run's");
    let file = rusqlite::Connection::open(store.path()).unwrap();
    let left: i64 = file.query_row("SELECT COUNT(*) FROM verdicts", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_secret_stays_as_long_as_something_names_it_and_goes_when_nothing_does() {
    let (store, _directory) = store();
    let later = now() + SignedDuration::from_hours(1);
    let seal = |label: &str| store.add_secret(label, "key", b"sealed", now()).unwrap();
    let [first, replaced, rotated, live] = ["first", "replaced", "rotated", "live"].map(seal);
    let naming = |secret| {
        let configuration = Configuration::from([("api_key".to_owned(), StoredValue::Secret { secret })]);
        ConnectionContent {
            name: format!("with {secret}"),
            kind: "trend-vision-one".to_owned(),
            configuration,
        }
    };
    let write = |id, content: ConnectionContent| {
        let write =
            ConnectionWrite { id, content: &content, expected: None, others: &[], who: "ada", now: now() };
        store.write_connection(&write).unwrap()
    };
    write(None, naming(first));
    let id = write(None, naming(replaced));
    write(Some(id), naming(rotated));
    let (source, filter) = (json!({ "log_in": { "secret": live } }), json!({}));
    let new = NewCollection { name: "Live", description: "", source: &source, filter: &filter };
    store.add_collection(&new, "ada", now()).unwrap();
    assert_eq!(store.remove_unused_secrets(now()).unwrap(), 0, "none is old enough");
    assert_eq!(store.remove_unused_secrets(later).unwrap(), 1);
    for kept in [first, rotated, live] {
        assert!(store.secret(kept).is_ok());
    }
    assert!(matches!(store.secret(replaced), Err(StoreError::Missing { .. })));
    store.remove_connection(id).unwrap();
    assert_eq!(store.remove_unused_secrets(later).unwrap(), 1);
    assert!(matches!(store.secret(rotated), Err(StoreError::Missing { .. })));
}

#[test]
fn a_search_takes_its_text_literally() {
    let (store, _directory) = store();
    let id = workflow(&store, "a", Vec::new());
    let run = run(&store, id, None, &["100%.example", "100x.example", "a_b.example", "axb.example"]).unwrap();
    let found = |text: &str| {
        let filter = ObjectFilter { text: Some(text.to_owned()), ..ObjectFilter::default() };
        store.run_objects(run, 1, &filter, ObjectOrder::Place, false, Page::ALL).unwrap().1
    };
    assert_eq!((found("100%"), found("a_b"), found("example"), found("\\")), (1, 1, 4, 0));
}

#[test]
fn a_key_gives_one_answer_and_belongs_to_one_request() {
    let (store, _directory) = store();
    assert_eq!(store.claim_key("ada", "k", b"one", now()).unwrap(), Claimed::First);
    assert_eq!(store.claim_key("ada", "k", b"one", now()).unwrap(), Claimed::Underway);
    let answered =
        Answered { status: 201, answer: "{}".to_owned(), location: Some("/api/v1/runs/1".to_owned()) };
    store.answer_key("ada", "k", Some(&answered)).unwrap();
    assert_eq!(store.claim_key("ada", "k", b"one", now()).unwrap(), Claimed::Before(answered));
    assert_eq!(store.claim_key("ada", "k", b"two", now()).unwrap(), Claimed::OtherRequest);
    assert_eq!(store.claim_key("grace", "k", b"two", now()).unwrap(), Claimed::First);
}

#[test]
fn secrets_are_sealed_anew_all_or_none() {
    let (store, _directory) = store();
    let first = store.add_secret("a", "old", b"1", now()).unwrap();
    let second = store.add_secret("b", "old", b"2", now()).unwrap();
    let half: Result<u64, StoreError> = store.reseal_secrets(|row| {
        if row.id == second {
            return Err(StoreError::Missing { what: "key", id: "old".to_owned() });
        }
        Ok(("new".to_owned(), row.sealed.clone()))
    });
    assert!(half.is_err());
    assert_eq!(store.secret(first).unwrap().key, "old");
    let all: Result<u64, StoreError> = store.reseal_secrets(|row| Ok(("new".to_owned(), row.sealed.clone())));
    assert_eq!((all.unwrap(), store.secret(first).unwrap().key), (2, "new".to_owned()));
}

#[test]
fn a_reader_sees_the_state_before_or_after_a_write_and_a_backup_is_whole() {
    let (store, directory) = store();
    let id = workflow(&store, "a", Vec::new());
    run(&store, id, None, &["a.example"]).unwrap();
    let copy = directory.path().join("copy.db");
    let writing = std::thread::spawn({
        let store = store.clone();
        move || {
            for _ in 0..50 {
                let _ = run(&store, id, None, &["b.example", "c.example"]);
            }
        }
    });
    store.back_up(&copy).unwrap();
    writing.join().unwrap();
    Store::check_backup(&copy).unwrap();
    let restored = Store::open(&copy).unwrap();
    let (runs, total) = restored.runs(&palisade_store::RunFilter::default(), Page::ALL).unwrap();
    assert_eq!(runs.len() as u64, total);
    assert!(runs.iter().all(|run| run.objects.is_some()));
    assert!(store.back_up(&copy).is_err(), "a backup is never overwritten");
}

#[test]
fn the_number_of_something_that_was_removed_is_never_that_of_something_else() {
    let (store, _directory) = store();
    let first = store.install_bundle(&bundle("1.0.0"), &[], "ada", now()).unwrap();
    assert!(store.remove_bundle(first).unwrap().is_empty());
    assert_ne!(store.install_bundle(&bundle("2.0.0"), &[], "ada", now()).unwrap(), first);
    let gone = workflow(&store, "a", Vec::new());
    store.remove_workflow(gone).unwrap();
    assert_ne!(workflow(&store, "b", Vec::new()), gone);
}
