//! A state that an earlier release wrote is brought up to date with everything that it holds. `releases/` has one of each
//! release as SQL; [`write_the_state_of_this_release`] adds the next, and none is ever written again.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests: what goes wrong here is a failed test"
)]

use std::fmt::Write as _;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use palisade_model::Verdict;
use palisade_store::{
    ActionDefaults, Configuration, ConnectionContent, ConnectionWrite, FileReader, FileWriter, NewAuditEntry,
    NewBundle, NewCollection, NewFile, NewRun, NewStep, NewToken, NewVerdict, NewWorkflow, Origin, Page,
    Phase, RunEnd, RunFilter, RunStatus, Store, StoredObject, StoredValue, Takes, Wait as _, WorkflowStep,
};
use palisade_store_sqlite::SqliteStore;
use rusqlite::Connection;
use serde_json::json;

const FILE: &[u8] = b"evil.example\nworse.example\n";

fn now() -> Timestamp {
    "2026-11-22T08:00:00Z".parse().unwrap()
}

fn releases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/releases")
}

/// Something of everything: what people made, a run that is over and one that is not.
fn fill(store: &dyn Store) {
    let later = now() + SignedDuration::from_hours(1);
    let ada = store.add_user("ada", "administrator", Some("a hash"), now()).wait().unwrap();
    let token = NewToken {
        digest: b"digest of a token".to_vec(),
        name: "nightly".to_owned(),
        user: ada,
        role: "operator".to_owned(),
        expires_at: later,
        parent: None,
    };
    store.add_token(&token, now()).wait().unwrap();
    let zip = NewBundle {
        bundle: "trend-vision-one".to_owned(),
        version: "1.0.0".to_owned(),
        digest: "digest".to_owned(),
        title: "Trend Micro Vision One".to_owned(),
        publisher: "Palisade".to_owned(),
        signed_by: Some("palisade".to_owned()),
        zip: b"zip".to_vec(),
    };
    let bundle = store.install_bundle(&zip, &[], "ada", now()).wait().unwrap();
    let secret = store.add_secret("api_key", "key", b"sealed", now()).wait().unwrap();
    let content = ConnectionContent {
        name: "Vision One".to_owned(),
        kind: "trend-vision-one".to_owned(),
        configuration: Configuration::from([("api_key".to_owned(), StoredValue::Secret { secret })]),
    };
    let write = ConnectionWrite {
        id: None,
        content,
        expected: None,
        others: ["exempt".to_owned()].to_vec(),
        who: "ada".to_owned(),
        now: now(),
    };
    let value = StoredValue::Value(json!("blocked nightly"));
    let configuration = Configuration::from([("description".to_owned(), value)]);
    let defaults = ActionDefaults { connection: None, configuration: configuration.clone() };
    store.save_action_defaults("trend-vision-one", "block", &defaults, None, Some(&write)).wait().unwrap();
    let connection = store.action_defaults("trend-vision-one", "block").wait().unwrap().connection;
    let (source, filter) = (json!({ "kind": "files" }), json!({ "score_from": 7.0 }));
    let new = NewCollection { name: "Phishing".to_owned(), description: String::new(), source, filter };
    let collection = store.add_collection(&new, "ada", now()).wait().unwrap();
    let mut file = FileWriter::default();
    file.push(FILE);
    let file = NewFile {
        name: "list.txt".to_owned(),
        digest: "digest".to_owned(),
        content: file,
        objects: vec![("FQDN".to_owned(), "evil.example".to_owned())],
    };
    store.replace_files(collection, vec![file], None, None, now()).wait().unwrap();
    let step =
        WorkflowStep { bundle, action: "block".to_owned(), connection, configuration: configuration.clone() };
    let new = NewWorkflow {
        name: "Nightly".to_owned(),
        description: "What is new".to_owned(),
        collection: Some(collection),
        schedule: json!({ "kind": "every", "hours": 24 }),
        takes: Takes::Changed,
        evictions: Some(100),
        enabled: true,
        anchor: now(),
        next_tick: Some(later),
        steps: vec![step],
    };
    let workflow = store.add_workflow(&new, "ada", now()).wait().unwrap();
    let object = |value: &str| StoredObject {
        subtype: "FQDN".to_owned(),
        value: value.to_owned(),
        platform_id: None,
        file: "list.txt".to_owned(),
        location: "line 1".to_owned(),
        record: json!({ "score": 9.0 }),
    };
    for tick in ["1@first", "1@second"] {
        let step = NewStep {
            bundle,
            bundle_name: "trend-vision-one".to_owned(),
            version: "1.0.0".to_owned(),
            digest: "digest".to_owned(),
            action: "block".to_owned(),
            title: "Add to Blocklist".to_owned(),
            connection,
            configuration: configuration.clone(),
        };
        let new = NewRun {
            workflow,
            origin: Origin::Schedule,
            requested_by: "schedule".to_owned(),
            tick: Some(tick.to_string()),
            retry_of: None,
            dry_run: false,
            evictions: Some(100),
            collection: "Phishing".to_owned(),
            deadline_at: later,
            steps: vec![step],
            objects: Some(vec![object("evil.example"), object("worse.example")]),
            carried: Vec::new(),
        };
        let run = store.add_run(&new, now()).wait().unwrap().unwrap();
        store.submit_task(run, "1", "tenant", later, now()).wait().unwrap();
    }
    let task = store.claim_task(now()).wait().unwrap().unwrap();
    let verdict =
        |place, verdict| NewVerdict { place, verdict, code: None, message: None, submissions: json!([]) };
    let verdicts = [verdict(1, Verdict::Accepted), verdict(2, Verdict::Failed)];
    store.record_verdicts(task.activation(), 1, &verdicts, now()).wait().unwrap();
    store.end_run(task.activation(), &RunEnd::of(RunStatus::ErrorOccurred), now()).wait().unwrap();
    let entry = NewAuditEntry {
        who: "ada".to_owned(),
        what: "workflow.created".to_owned(),
        subject: "Nightly".to_owned(),
        before: None,
        after: Some(json!({ "enabled": true })),
        address: None,
        user: None,
        subject_user: None,
    };
    store.audit(&entry, now()).wait().unwrap();
}

/// What [`fill`] made, as the service sees it.
fn check(state: &SqliteStore) {
    let store: &dyn Store = state;
    let ada = store.user_named("ada").wait().unwrap().unwrap();
    assert_eq!((ada.role.as_str(), ada.enabled), ("administrator", true));
    assert_eq!(store.tokens().wait().unwrap().len(), 1);
    let bundle = store.current_bundle("trend-vision-one").wait().unwrap().unwrap();
    assert_eq!((bundle.version.as_str(), bundle.signed_by.as_deref()), ("1.0.0", Some("palisade")));
    let defaults = store.action_defaults("trend-vision-one", "block").wait().unwrap();
    let connection = store.connection(defaults.connection.unwrap()).wait().unwrap();
    assert_eq!((connection.name.as_str(), connection.kind.as_str()), ("Vision One", "trend-vision-one"));
    let Some(StoredValue::Secret { secret }) = connection.configuration.get("api_key") else {
        panic!("{connection:?}")
    };
    let users = store.connection_users(connection.id).wait().unwrap();
    assert_eq!((users.workflows.len(), users.actions.len(), users.runs.len()), (1, 2, 1));
    assert_eq!(store.secret(*secret).wait().unwrap().sealed, b"sealed");
    let workflows = store.workflows().wait().unwrap();
    let [nightly] = workflows.as_slice() else { panic!("{workflows:?}") };
    assert_eq!((nightly.takes, nightly.evictions, nightly.enabled), (Takes::Changed, Some(100), true));
    assert_eq!(nightly.steps[0].configuration, defaults.configuration);
    assert_eq!(nightly.steps[0].connection, defaults.connection);
    let files = store.files(nightly.collection.unwrap()).wait().unwrap();
    let mut content = Vec::new();
    FileReader::new(Arc::new(state.clone()), files[0].id).read_to_end(&mut content).unwrap();
    assert_eq!(content, FILE);
    let (runs, total) = store.runs(&RunFilter::default(), Page::ALL).wait().unwrap();
    let [open, over] = runs.as_slice() else { panic!("{total} runs") };
    assert_eq!(
        (over.status, over.counts.accepted, over.counts.failed),
        (Some(RunStatus::ErrorOccurred), 1, 1)
    );
    assert_eq!(store.failed_objects(over.id).wait().unwrap().len(), 1);
    assert_eq!((open.phase, open.objects), (Phase::Queued, Some(2)));
    assert_eq!(store.search_run_objects("EVIL[.]example", Page::ALL).wait().unwrap().rows[0].runs, 2);
    assert_eq!(store.search_file_objects("evil", Page::ALL).wait().unwrap().total, 1);
    assert_eq!(store.claim_task(now()).wait().unwrap().unwrap().run, open.id);
    assert_eq!(store.audit_log(&palisade_store::AuditFilter::default(), Page::ALL).wait().unwrap().1, 1);
}

/// Tables, indexes and triggers, without the layout of their text.
fn schema(connection: &Connection) -> Vec<String> {
    let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type, name";
    let mut statement = connection.prepare(sql).unwrap();
    let texts = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    texts.map(|text| text.unwrap().split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn the_state_of_every_release_is_brought_up_to_date_with_what_it_holds() {
    let directory = tempfile::tempdir().unwrap();
    let fresh = directory.path().join("fresh.db");
    drop(SqliteStore::open(&fresh).unwrap());
    let mut found = 0;
    for entry in fs::read_dir(releases()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let file = directory.path().join(format!("{name}.db"));
        Connection::open(&file).unwrap().execute_batch(&fs::read_to_string(&path).unwrap()).unwrap();
        check(&SqliteStore::open(&file).unwrap());
        let connection = Connection::open(&file).unwrap();
        assert_eq!(
            schema(&connection),
            schema(&Connection::open(&fresh).unwrap()),
            "{name}: a released step was changed"
        );
        assert!(!connection.prepare("PRAGMA foreign_key_check").unwrap().exists([]).unwrap(), "{name}");
        found += 1;
    }
    assert!(found > 0);
}

#[test]
#[ignore = "run by hand, once for each release"]
fn write_the_state_of_this_release() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&directory.path().join("palisade.db")).unwrap();
    fill(&store);
    let connection = Connection::open(store.path()).unwrap();
    let file = releases().join(concat!(env!("CARGO_PKG_VERSION"), ".sql"));
    assert!(!file.exists(), "{} was released already", file.display());
    fs::write(file, dump(&connection)).unwrap();
}

fn dump(connection: &Connection) -> String {
    let text = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    let mut dump = format!("PRAGMA foreign_keys = OFF;\nPRAGMA user_version = {version};\n");
    let named = "sql IS NOT NULL AND name NOT LIKE 'sqlite_%'";
    for sql in text(&format!("SELECT sql FROM sqlite_schema WHERE type = 'table' AND {named} ORDER BY name"))
    {
        writeln!(dump, "{sql};").unwrap();
    }
    for table in
        text(&format!("SELECT name FROM sqlite_schema WHERE type = 'table' AND {named} ORDER BY name"))
    {
        let columns = text(&format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')"));
        let values = columns.join(" || ', ' || ");
        for row in text(&format!("SELECT {values} FROM \"{table}\"")) {
            writeln!(dump, "INSERT INTO \"{table}\" VALUES ({row});").unwrap();
        }
    }
    for sql in text(&format!("SELECT sql FROM sqlite_schema WHERE type <> 'table' AND {named} ORDER BY name"))
    {
        writeln!(dump, "{sql};").unwrap();
    }
    dump
}
