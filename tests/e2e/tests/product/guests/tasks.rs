//! A run that waits for its service: in its process, in others, and through kills at any moment. What the service received is what
//! the report says, and each command was received once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use palisade_e2e::{
    Outcome, Palisade, TaskService, TaskSettings, domains, guest_bundle_with, manifest_for_tasks,
};
use tempfile::TempDir;

use super::OBJECTS;

/// Kills of one test: each takes about a second.
const KILLS: usize = 30;

/// A bundle, and where the pending file of its run is.
struct Place {
    directory: TempDir,
    bundle: PathBuf,
    pending: PathBuf,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let bundle = guest_bundle_with(directory.path(), "works-by-tasks", manifest_for_tasks);
        let pending = directory.path().join("run.pending");
        Self { directory, bundle, pending }
    }

    fn run(&self, service: &TaskService) -> Palisade {
        Palisade::run_tasks(service, &self.bundle)
            .collection_of("domains.txt", domains(OBJECTS as usize))
            .argument("--pending")
            .argument(&self.pending)
    }

    fn resume(&self, service: &TaskService) -> Palisade {
        Palisade::resume(service, &self.pending)
    }
}

/// How often the service received each value.
fn received(service: &TaskService) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    service.commands().into_iter().for_each(|command| *times.entry(command.value).or_default() += 1);
    times
}

/// Every object was accepted, with its outputs, and the service received each command once.
fn assert_done(outcome: &Outcome, service: &TaskService) {
    assert_eq!((outcome.status, outcome.total("accepted")), (0, OBJECTS), "{}", outcome.stderr);
    let received = received(service);
    assert!(received.values().all(|times| *times == 1), "{received:?}");
    let reported: Vec<String> = outcome.objects().into_iter().map(|object| object.value).collect();
    assert_eq!(reported.len(), received.len());
    for object in outcome.objects() {
        assert!(received.contains_key(&object.value), "{}", object.value);
        let outputs = object.entry["outputs"].as_array().expect("outputs");
        let names: Vec<&str> = outputs.iter().filter_map(|output| output["name"].as_str()).collect();
        assert_eq!(names, ["task", "status", "tries"]);
        assert_eq!(outputs[1]["output"], serde_json::json!({ "type": "text", "value": "succeeded" }));
        assert_eq!(outputs[2]["output"], serde_json::json!({ "type": "integer", "value": 1 }));
    }
}

#[test]
fn waits_in_its_process_and_leaves_no_file() {
    let (place, service) = (Place::new(), TaskService::start(TaskSettings::default()));
    let outcome = place.run(&service).go();
    assert_done(&outcome, &service);
    assert!(outcome.stderr.contains("status=succeeded"), "{}", outcome.stderr);
    assert!(!place.pending.exists());
    // One request asks about a whole page.
    assert!(service.polls() < 2 * OBJECTS, "{}", service.polls());
}

#[test]
fn does_not_wait_and_is_resumed_by_another_process() {
    let (place, service) = (Place::new(), TaskService::start(TaskSettings::default()));
    let outcome = place.run(&service).argument("--no-wait").go();
    assert_eq!((outcome.status, outcome.total("pending")), (5, OBJECTS), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("palisade resume"), "{}", outcome.stderr);
    assert_eq!(outcome.count("pending", "queued") as u64, OBJECTS);
    let kept = std::fs::read_to_string(&place.pending).expect("the pending file");
    assert!(!kept.contains("a-key-of-the-tests"), "the pending file has no secret");
    std::thread::sleep(Duration::from_millis(1_500));
    assert_done(&place.resume(&service).go(), &service);
    assert!(!place.pending.exists());
    let gone = place.resume(&service).go();
    assert_eq!(gone.status, 1);
    assert!(gone.stderr.contains("error[pending-file-unreadable]"), "{}", gone.stderr);
}

#[test]
fn is_killed_at_any_moment_and_each_command_is_received_once() {
    let settings = TaskSettings {
        takes: Duration::from_secs(2),
        answers_after: Duration::from_millis(15),
        ..TaskSettings::default()
    };
    let mut kills = 0;
    while kills < KILLS {
        let (place, service) = (Place::new(), TaskService::start(settings.clone()));
        let mut running = place.run(&service).start();
        let outcome = loop {
            std::thread::sleep(Duration::from_millis(fastrand::u64(0..1_500)));
            if running.has_ended() {
                break running.finish();
            }
            running.kill();
            let killed = running.finish();
            kills += 1;
            running = if place.pending.exists() {
                place.resume(&service).start()
            } else {
                // Nothing was sent before there was a file.
                assert!(service.commands().is_empty(), "{}", killed.stderr);
                place.run(&service).start()
            };
        };
        assert_done(&outcome, &service);
        assert!(!place.pending.exists());
    }
}

#[test]
fn only_one_process_resumes_a_run_and_only_with_its_bundle() {
    let settings = TaskSettings { takes: Duration::from_secs(4), ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let running = place.run(&service).start();
    running.wait_until("a pending file", || place.pending.exists() && service.polls() > 0);
    let second = place.resume(&service).go();
    assert_eq!(second.status, 1);
    assert!(second.stderr.contains("error[pending-file-in-use]"), "{}", second.stderr);
    let again = place.run(&service).go();
    assert_eq!(again.status, 1);
    assert!(again.stderr.contains("error[pending-file-exists]"), "{}", again.stderr);
    running.kill();
    let _ = running.finish();
    let other = guest_bundle_with(place.directory.path(), "accepts-all", manifest_for_tasks);
    let refused = place.resume(&service).argument("--bundle").argument(&other).go();
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("error[pending-file-of-another-bundle]"), "{}", refused.stderr);
    assert_done(&place.resume(&service).go(), &service);
}

#[test]
fn is_interrupted_while_it_waits_and_resumed() {
    let settings = TaskSettings { takes: Duration::from_secs(3), ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let running = place.run(&service).start();
    running.wait_until("a question", || service.polls() > 0);
    running.interrupt();
    let outcome = running.finish();
    assert_eq!((outcome.status, outcome.total("pending")), (5, OBJECTS), "{}", outcome.stderr);
    assert_done(&place.resume(&service).go(), &service);
}

#[test]
fn gives_up_waiting_and_that_is_a_failure() {
    let (place, service) = (Place::new(), TaskService::start(TaskSettings::default()));
    let outcome = Palisade::run_tasks(&service, &place.bundle)
        .collection_of("domains.txt", "never.example.com\nother.example.com\n")
        .argument("--pending")
        .argument(&place.pending)
        .go();
    assert_eq!((outcome.status, outcome.total("accepted")), (3, 1), "{}", outcome.stderr);
    assert_eq!(outcome.object("never.example.com").code, "wait-exceeded");
    assert!(!Path::new(&place.pending).exists());
}
