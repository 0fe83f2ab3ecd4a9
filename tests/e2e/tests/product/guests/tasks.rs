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
        assert_eq!(names, ["task", "status", "tries", "token"]);
        assert_eq!(outputs[3]["output"], serde_json::Value::Null, "it is sensitive");
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
    assert!(outcome.stderr.contains("token (sensitive)") && !outcome.stderr.contains("for-nobody-else"));
    assert!(!place.pending.exists());
    // One request asks about a whole page.
    assert!(service.polls() < 2 * OBJECTS, "{}", service.polls());
}

#[test]
fn does_not_wait_and_is_resumed_by_another_process() {
    let (place, service) = (Place::new(), TaskService::start(TaskSettings::default()));
    let outcome = place.run(&service).argument("--no-wait").argument("--mark").argument("palisade:7").go();
    assert!(service.commands().iter().all(|command| command.mark == "palisade:7" && command.key.len() == 64));
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

/// A file of this many bytes, which is not the same in any two places.
fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

fn with_files(place: &Place, service: &TaskService, objects: usize) -> Palisade {
    Palisade::run_tasks(service, &place.bundle)
        .collection_of("domains.txt", domains(objects))
        .argument("--pending")
        .argument(&place.pending)
        .argument("--artefacts")
        .argument(place.directory.path().join("artefacts"))
}

/// The one artefact of an object: it is there, it is what the service has, and nobody else can read it.
fn assert_artefact(entry: &serde_json::Value, expected: &[u8]) {
    let artefacts = entry["artefacts"].as_array().expect("artefacts");
    assert_eq!(artefacts.len(), 1, "{entry}");
    let artefact = &artefacts[0];
    let path = Path::new(artefact["file"].as_str().expect("a file"));
    assert!(std::fs::read(path).expect("the artefact") == expected);
    assert_eq!(path.file_name().and_then(|name| name.to_str()), artefact["sha256"].as_str());
    assert_eq!(artefact["verified"], serde_json::json!(["sha-256"]));
    let password = std::fs::read_to_string(path.with_extension("password")).expect("the password");
    assert_eq!(password, "infected");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(path).expect("the artefact").permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn downloads_a_file_and_compares_its_digest() {
    let file = content(300_000);
    let settings = TaskSettings { file: Some(file.clone()), ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let outcome = with_files(&place, &service, 3).go();
    assert_eq!((outcome.status, outcome.total("accepted")), (0, 3), "{}", outcome.stderr);
    outcome.objects().iter().for_each(|object| assert_artefact(&object.entry, &file));
    assert_eq!(service.fetches().len(), 3);
}

#[test]
fn continues_a_file_where_the_connection_broke() {
    let file = content(400_000);
    let settings =
        TaskSettings { file: Some(file.clone()), breaks_after: Some(150_000), ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let outcome = with_files(&place, &service, 1).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_artefact(&outcome.objects()[0].entry, &file);
    let fetches = service.fetches();
    assert_eq!((fetches[0], fetches[1].1), ((0, 200), 206), "{fetches:?}");
    assert!(fetches[1].0 > 0, "{fetches:?}");
}

#[test]
fn asks_for_another_link_where_one_has_expired() {
    let file = content(10_000);
    let settings = TaskSettings { file: Some(file.clone()), refused_links: 2, ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let outcome = with_files(&place, &service, 1).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_artefact(&outcome.objects()[0].entry, &file);
    assert_eq!(service.fetches(), [(0, 403), (0, 403), (0, 200)]);
    let settings = TaskSettings { file: Some(file), refused_links: u32::MAX, ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let outcome = with_files(&place, &service, 1).go();
    assert_eq!(
        (outcome.status, outcome.count("failed", "download-link-refused")),
        (3, 1),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_file_with_another_digest_is_not_kept() {
    let settings =
        TaskSettings { file: Some(content(10_000)), wrong_digest: true, ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let outcome = with_files(&place, &service, 1).go();
    assert_eq!((outcome.status, outcome.count("failed", "artefact-differs")), (3, 1), "{}", outcome.stderr);
    let left = std::fs::read_dir(place.directory.path().join("artefacts")).expect("the directory");
    assert_eq!(left.count(), 0);
}

#[test]
fn a_file_without_a_directory_is_downloaded_when_the_run_is_resumed_with_one() {
    let file = content(10_000);
    let settings = TaskSettings { file: Some(file.clone()), ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let outcome = Palisade::run_tasks(&service, &place.bundle)
        .collection_of("domains.txt", domains(1))
        .argument("--pending")
        .argument(&place.pending)
        .go();
    assert_eq!((outcome.status, outcome.count("pending", "download-pending")), (5, 1), "{}", outcome.stderr);
    let directory = place.directory.path().join("artefacts");
    let outcome = place.resume(&service).argument("--artefacts").argument(directory).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_artefact(&outcome.objects()[0].entry, &file);
}

#[test]
fn is_killed_in_the_middle_of_a_large_file_and_needs_little_memory() {
    let file = content(64 << 20);
    let settings = TaskSettings { file: Some(file.clone()), ..TaskSettings::default() };
    let (place, service) = (Place::new(), TaskService::start(settings));
    let part = |directory: &Path| {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        entries.filter_map(|entry| Some(entry.metadata().ok()?.len())).max().unwrap_or_default()
    };
    let directory = place.directory.path().join("artefacts");
    let running = with_files(&place, &service, 1).start();
    running.wait_until("a part of the file", || part(&directory) > 4 << 20);
    running.kill();
    let _ = running.finish();
    let (outcome, memory) = place.resume(&service).start().finish_with_memory();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_artefact(&outcome.objects()[0].entry, &file);
    assert_eq!(service.commands().len(), 1);
    let fetches = service.fetches();
    assert!(fetches.iter().any(|(from, status)| *from > 0 && *status == 206), "{fetches:?}");
    assert!(memory < 100 << 20, "{memory} bytes");
}

#[test]
fn sends_a_file_in_a_form_and_never_holds_it() {
    let directory = TempDir::new().expect("a temporary directory");
    let bundle = guest_bundle_with(directory.path(), "sends-a-form", manifest_for_tasks);
    let service = TaskService::start(TaskSettings::default());
    let (small, large) = (directory.path().join("sample.bin"), directory.path().join("large.bin"));
    std::fs::write(&small, content(300_000)).expect("the file is written");
    std::fs::write(&large, content(2 << 20)).expect("the file is written");
    let run = |file: &Path| {
        let call = Palisade::run_tasks(&service, &bundle).argument("--artefact").argument(file);
        call.argument("--artefacts").argument("kept").go()
    };
    let outcome = run(&small);
    assert_eq!((outcome.status, outcome.total("accepted")), (0, 1), "{}", outcome.stderr);
    let forms = service.forms();
    let text = String::from_utf8_lossy(&forms[0]);
    assert!(text.contains("name=\"comment\"\r\n\r\nfor \"analysis\"\r\n"), "{}", &text[..300]);
    assert!(
        text.contains("name=\"file\"; filename=\"sample.bin\"\r\nContent-Type: application/octet-stream\r\n")
    );
    let file = content(300_000);
    assert!(forms[0].windows(file.len()).any(|part| part == file), "the file is in the form as it is");
    let outcome = run(&large);
    assert_eq!((outcome.status, outcome.count("failed", "not-sent")), (3, 1), "{}", outcome.stderr);
    assert_eq!(service.forms().len(), 1);
    let gone = run(&directory.path().join("gone.bin"));
    assert_eq!(gone.status, 1);
    assert!(gone.stderr.contains("error[artefact-unreadable]"), "{}", gone.stderr);
}
