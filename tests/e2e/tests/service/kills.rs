//! `kill -9` at random moments of a run of 10,000 objects. The service comes back, finishes what was open, sends again only
//! what has no verdict, and in the end every object has exactly one. `cargo xtask kill-test` makes more kills of it.

use std::sync::Arc;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use palisade_e2e::{Service, Tenant, domains};
use palisade_model::Verdict;
use palisade_store::{ObjectFilter, ObjectOrder, Page, RunId, Store, Wait as _};
use palisade_store_sqlite::SqliteStore;
use serde_json::{Value, json};
use vision_one_simulator::Settings;

const OBJECTS: usize = 10_000;
/// What the tenant takes for each answer, in milliseconds.
const LATENCY: u64 = 150;

/// The values that have a verdict in the state, as the killed process left it.
fn decided(service: &Service, run: i64) -> BTreeSet<String> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&service.data().join("palisade.db")).unwrap());
    let filter = ObjectFilter::default();
    let (rows, _) =
        store.run_objects(RunId(run), 1, &filter, ObjectOrder::Place, false, Page::ALL).wait().unwrap();
    let decided = rows.into_iter().filter(|row| row.verdict.is_some());
    decided
        .map(|row| {
            assert_eq!(row.verdict.unwrap().verdict, Verdict::Accepted, "{}", row.object.value);
            row.object.value
        })
        .collect()
}

fn value(item: &Value) -> String {
    item["domain"].as_str().expect("a domain").to_owned()
}

#[test]
fn after_a_kill_at_any_moment_nothing_is_lost_and_nothing_is_sent_after_its_verdict() {
    let kills: u64 = std::env::var("PALISADE_KILLS").map_or(4, |kills| kills.parse().unwrap());
    let seed: u64 =
        std::env::var("PALISADE_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(seed);
    // Slow enough that a kill falls between the answers of batches as well as before and after them.
    let tenant = Tenant::with(Settings { latency_milliseconds: LATENCY, ..Settings::default() });
    let mut service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(OBJECTS).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let all: BTreeSet<(String, String)> =
        domains(OBJECTS).lines().map(|name| ("domain".to_owned(), name.to_owned())).collect();
    let (mut before, mut between, mut after) = (0, 0, 0);
    // How long a run takes here, so that kills fall into it.
    let begun = std::time::Instant::now();
    let _ = service.over(service.run(workflow));
    let longest = begun.elapsed().as_millis() as u64;
    for kill in 0..kills {
        let context = format!("kill {kill} with the seed {seed}");
        tenant.reset();
        tenant.change_settings(|settings| settings.latency_milliseconds = LATENCY);
        let run = service.run(workflow);
        thread::sleep(Duration::from_millis(random.u64(0..longest)));
        service.kill();
        // What was on its way arrives.
        thread::sleep(Duration::from_millis(150));
        let verdicts = decided(&service, run);
        let requests = tenant.items().len();
        let blocked = tenant.blocked();
        for name in &verdicts {
            assert!(
                blocked.contains(&("domain".to_owned(), name.clone())),
                "{context}: `{name}` was not received"
            );
        }
        match verdicts.len() {
            0 => before += 1,
            OBJECTS => after += 1,
            _ => between += 1,
        }
        service.restart();
        let report = service.over(run);
        assert_eq!(report["status"], "Completed", "{context}: {report}");
        assert_eq!(report["verdicts"]["accepted"], OBJECTS, "{context}: {report}");
        assert_eq!(tenant.blocked(), all, "{context}");
        let twice: Vec<String> =
            tenant.items().iter().skip(requests).map(value).filter(|name| verdicts.contains(name)).collect();
        assert!(
            twice.is_empty(),
            "{context}: {} sent after their verdict, {:?} first",
            twice.len(),
            twice.first()
        );
        let objects = service.objects(run, 1);
        assert_eq!(objects.len(), OBJECTS, "{context}");
        assert!(objects.iter().all(|object| object["decided"]["verdict"] == "accepted"), "{context}");
    }
    say(&format!(
        "{kills} kills with the seed {seed}: {before} before, {between} between, {after} after all verdicts"
    ));
}

#[expect(clippy::print_stderr, reason = "whoever makes many kills wants to know where they fell")]
fn say(text: &str) {
    eprintln!("{text}");
}
