//! The run's deadline holds while nothing is computed, too: a service that does not answer cannot keep a run.

use std::io::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use palisade_e2e::{Outcome, Palisade, Tenant, domains};
use vision_one_simulator::{Effect, Fault};

/// Longer than any of the tests.
const SLOW: Effect = Effect::Slow { milliseconds: 60_000 };

/// Adds so many exceptions in batches of 100, within two seconds.
fn exempt(tenant: &Tenant, objects: usize) -> Outcome {
    let begun = Instant::now();
    let outcome = Palisade::run(tenant, "add-to-exception-list")
        .configured("")
        .collection_of("domains.txt", domains(objects))
        .argument("--deadline")
        .argument("2")
        .go();
    // Answers in flight are waited for.
    assert!(begun.elapsed() < Duration::from_secs(60), "it took {:?}", begun.elapsed());
    outcome
}

fn assert_deadline(outcome: &Outcome, unknown: usize) {
    assert_eq!((outcome.status, outcome.ended_with()), (4, "deadline".into()), "{}", outcome.stderr);
    assert_eq!(outcome.count("failed", "outcome-unknown"), unknown);
    assert!(outcome.of_run("message").contains("2 s"), "{}", outcome.stderr);
    // The report names the setting, the terminal the option.
    assert!(outcome.of_run("hint").contains("the setting `deadline`"), "{}", outcome.of_run("hint"));
    assert!(outcome.stderr.contains("`--deadline` allows more"), "{}", outcome.stderr);
}

#[test]
fn a_service_that_does_not_answer() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(SLOW)).expect("a fault");
    assert_deadline(&exempt(&tenant, 12), 12);
}

#[test]
fn the_deadline_counts_what_reading_takes_as_well() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(SLOW)).expect("a fault");
    let directory = tempfile::tempdir().expect("a directory");
    let pipe = directory.path().join("collection");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("`mkfifo` starts").success());
    let writing = std::thread::spawn({
        let pipe = pipe.clone();
        move || {
            let mut pipe = std::fs::OpenOptions::new().write(true).open(pipe).expect("a reader");
            std::thread::sleep(Duration::from_secs(6));
            pipe.write_all(domains(12).as_bytes()).expect("a reader");
        }
    });
    let begun = Instant::now();
    let outcome = Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .argument("--collection")
        .argument(pipe.to_str().expect("a path"))
        .argument("--deadline")
        .argument("10")
        .go();
    writing.join().expect("it has written");
    assert_eq!((outcome.status, outcome.ended_with()), (4, "deadline".into()), "{}", outcome.stderr);
    assert!(outcome.of_run("message").contains("10 s"), "{}", outcome.stderr);
    // The rest of the deadline, without the time that answers in flight may take after it.
    let seconds = outcome.report()["run"]["seconds"].as_f64().expect("seconds");
    assert!(seconds < 4.5 + 30.0 + 5.0, "the run itself took {seconds} s");
    assert!(begun.elapsed() < Duration::from_secs(10 + 30 + 6), "it took {:?}", begun.elapsed());
}

#[test]
fn a_service_that_answers_byte_by_byte() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Drip { bytes: 1, milliseconds: 200 })).expect("a fault");
    assert_deadline(&exempt(&tenant, 50), 50);
}

#[test]
fn what_was_answered_before_stays() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(SLOW).applied(false).after(1)).expect("a fault");
    let outcome = exempt(&tenant, 250);
    // The first of the three requests was one of 100, or the last one of 50.
    let accepted = outcome.total("accepted") as usize;
    assert!([50, 100].contains(&accepted), "{accepted}");
    assert_deadline(&outcome, 250 - accepted);
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
}

#[test]
fn an_answer_that_comes_soon_after_the_deadline_counts() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Slow { milliseconds: 5_000 }).applied(false)).expect("a fault");
    let outcome = exempt(&tenant, 1_000);
    assert_eq!(outcome.ended_with(), "deadline", "{}", outcome.stderr);
    assert_eq!((outcome.total("accepted"), outcome.count("failed", "deadline")), (800, 200));
    assert_eq!(tenant.exempted(), outcome.accepted_submissions());
}
