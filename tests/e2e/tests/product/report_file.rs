//! `--report FILE`: what cannot be written stops a run before it sends anything, and does not undo one that was made.

use palisade_e2e::{Palisade, Tenant, domains};
use vision_one_simulator::{Effect, Fault};

fn block(tenant: &Tenant) -> Palisade {
    Palisade::run(tenant, "add-to-blocklist").configured("").collection_of("domains.txt", domains(5))
}

#[test]
fn a_directory_in_its_place_stops_the_run_before_anything_is_sent() {
    let tenant = Tenant::start();
    let call = block(&tenant);
    std::fs::create_dir(call.directory().join("report.json")).expect("a directory");
    let outcome = call.go();
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("error[report-not-written]"), "{}", outcome.stderr);
    assert!(tenant.received().is_empty());
}

#[test]
fn a_run_whose_report_cannot_be_written_is_told_all_the_same() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Slow { milliseconds: 2_000 })).expect("a fault");
    let call = block(&tenant);
    let report = call.directory().join("report.json");
    let running = call.start();
    running.wait_until("the request", || !tenant.posts().is_empty());
    std::fs::create_dir(&report).expect("a directory");
    let outcome = running.finish();
    assert_eq!(outcome.status, 4);
    assert!(outcome.stderr.contains("accepted  5"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("error[report-not-written]"), "{}", outcome.stderr);
    assert_eq!(tenant.blocked().len(), 5);
    let left: Vec<_> = std::fs::read_dir(outcome.directory())
        .expect("the directory")
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().contains(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
