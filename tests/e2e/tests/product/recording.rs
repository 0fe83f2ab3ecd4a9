//! Evidence: a recording of what was sent and answered, without the credential, and the same run out of it, without a
//! network.

use palisade_e2e::{Outcome, Palisade, Tenant, root, threatq};
use serde_json::Value;
use vision_one_simulator::{Effect, Fault, RetryAfter};

fn page() -> String {
    threatq([
        ("FQDN", "evil.example.com"),
        ("FQDN", "not a domain"),
        ("URL", "evil.example.com/a"),
        ("SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("FQDN", "refused.example.com"),
    ])
}

fn run(tenant: &Tenant) -> Palisade {
    Palisade::run_guarded(tenant, "add-to-blocklist").configured("").collection_of("page.json", page())
}

/// What became of each object, as far as it may not differ.
fn verdicts(outcome: &Outcome) -> Vec<Value> {
    let objects = outcome.report()["objects"].as_array().unwrap().clone();
    objects
        .into_iter()
        .map(|mut object| {
            object["file"] = Value::Null;
            object
        })
        .collect()
}

fn recorded(outcome: &Outcome) -> Value {
    serde_json::from_slice(&std::fs::read(outcome.directory().join("run.har")).unwrap()).unwrap()
}

#[test]
fn a_replay_comes_to_the_same_verdicts_and_sends_nothing() {
    let tenant = Tenant::start();
    tenant.inject(Fault::items(400, ["refused.example.com"])).unwrap();
    tenant
        .inject(Fault::new(Effect::TooManyRequests { retry_after: RetryAfter::Seconds(1) }).times(1))
        .unwrap();
    let first = run(&tenant).argument("--record").argument("run.har").go();
    assert_eq!(first.status, 3, "{}", first.stderr);
    let har = recorded(&first);
    let entries = har["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), tenant.received().len(), "each attempt is an entry");
    assert_eq!(har["log"]["version"], "1.2");
    assert!(entries.iter().any(|entry| entry["response"]["status"] == 429));

    let received = tenant.received().len();
    // Without a key, and without a service at the other end.
    let replay = Palisade::verb("run")
        .argument("--bundle")
        .argument(palisade_e2e::bundle())
        .argument("--action")
        .argument("add-to-blocklist")
        .collection_of("page.json", page())
        .argument("--replay")
        .argument(first.directory().join("run.har"))
        .with_report()
        .go();
    assert_eq!(replay.status, first.status, "{}", replay.stderr);
    assert_eq!(verdicts(&replay), verdicts(&first));
    assert_eq!(tenant.received().len(), received);
    assert_says_replay(&replay);
    assert_eq!(first.report()["run"]["replay"], false);
    assert!(!first.stderr.contains("eplay") && !first.stderr.contains("recording"), "{}", first.stderr);
}

/// Title, table and JSON say that nothing was sent.
fn assert_says_replay(outcome: &Outcome) {
    assert_eq!(outcome.report()["run"]["replay"], true);
    let text = &outcome.stderr;
    let title = text.lines().find(|line| line.starts_with("Replay of ")).unwrap();
    assert!(title.contains("nothing was sent"), "{text}");
    let line = |word: &str| text.lines().find(|line| line.trim_start().starts_with(word)).unwrap().to_owned();
    assert!(line("accepted").contains("in the recording"), "{text}");
    assert!(line("block list").contains("when it was recorded"), "{text}");
    assert!(text.contains("answered from the recording") && !text.contains(" sent, "), "{text}");
    assert!(line("replayed").contains(" in "), "{text}");
}

#[test]
fn a_difference_between_what_is_asked_and_what_was_recorded_is_named() {
    let tenant = Tenant::start();
    let first = run(&tenant).argument("--record").argument("run.har").go();
    let har = first.directory().join("run.har");
    let other = threatq([("FQDN", "other.example.com")]);
    let replay = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", other)
        .argument("--replay")
        .argument(&har)
        .go();
    assert_eq!(replay.status, 4, "{}", replay.stderr);
    assert_eq!(replay.ended_with(), "not-recorded");
    assert!(replay.of_run("message").contains("other.example.com"), "{}", replay.of_run("message"));
}

#[test]
fn requests_that_a_replay_does_not_come_to_are_named() {
    let tenant = Tenant::start();
    let first = run(&tenant).argument("--record").argument("run.har").go();
    let replay = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("page.json", page())
        .argument("--dry-run")
        .argument("--replay")
        .argument(first.directory().join("run.har"))
        .go();
    assert_eq!(replay.total("planned") + replay.total("rejected"), 5, "{}", replay.stderr);
    assert!(replay.report()["warnings"].to_string().contains("not-asked"), "{}", replay.stderr);
}

/// Both the comparison and the push of an applied plan are in its recording, and are replayed from it.
#[test]
fn an_applied_plan_can_be_replayed() {
    let tenant = Tenant::start();
    let made = run(&tenant)
        .argument("--dry-run")
        .argument("--compare")
        .argument("--plan")
        .argument("plan.json")
        .go();
    let plan = made.directory().join("plan.json");
    let done = Palisade::apply(&tenant, &plan).configured("").argument("--record").argument("run.har").go();
    assert_eq!(done.total("accepted"), 4, "{}", done.stderr);
    let received = tenant.received().len();
    let har = done.directory().join("run.har");
    let replay = Palisade::apply(&tenant, &plan).configured("").argument("--replay").argument(har).go();
    assert_eq!(verdicts(&replay), verdicts(&done));
    assert!(!replay.report()["warnings"].to_string().contains("not-asked"), "{}", replay.stderr);
    assert_eq!(tenant.received().len(), received);
}

#[test]
fn a_file_that_is_no_recording_is_refused_before_anything_runs() {
    let tenant = Tenant::start();
    let call = run(&tenant);
    let file = call.file("broken.har", "{\"log\": 1}");
    let outcome = call.argument("--replay").argument(file).go();
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("recording-"), "{}", outcome.stderr);
}

/// The demonstration's recording is kept: what the product does with the example collections may not change unseen.
#[test]
fn the_recorded_demonstration_replays_to_the_same_verdicts() {
    let examples = root().join("examples");
    let names = ["indicators.threatq.json", "report.misp.json", "campaign.stix.json", "notes.txt"];
    let call = Palisade::verb("run")
        .argument("--bundle")
        .argument(palisade_e2e::bundle())
        .argument("--action")
        .argument("add-to-blocklist")
        .argument("--config")
        .argument(examples.join("configuration.yaml"))
        .argument("--replay")
        .argument(examples.join("recordings/add-to-blocklist.har"));
    let replay = names
        .iter()
        .fold(call, |call, name| call.collection(examples.join("collections").join(name)))
        .with_report()
        .go();
    assert_eq!(replay.status, 3, "{}", replay.stderr);
    let totals = &replay.report()["totals"];
    assert_eq!((&totals["offered"], &totals["failed"]), (&291.into(), &0.into()), "{totals}");
    assert!(totals["accepted"].as_u64().unwrap() > 250, "{totals}");
    assert!(!replay.stderr.contains("not-asked"), "{}", replay.stderr);
}
