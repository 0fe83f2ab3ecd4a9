//! Components that cannot be run by this host: the error says what is missing, and nothing runs.

use palisade_e2e::{Outcome, Palisade, Tenant, guest_bundle};
use tempfile::TempDir;

use super::guest;

fn assert_not_started(tenant: &Tenant, outcome: &Outcome, code: &str, names: &str) {
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&format!("error[{code}]")), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(names), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("hint: "), "{}", outcome.stderr);
    assert!(!outcome.has_report());
    assert!(tenant.received().is_empty());
    let left: Vec<_> = std::fs::read_dir(outcome.directory()).expect("a directory").flatten().collect();
    let reports = left.iter().filter(|entry| entry.file_name().to_string_lossy().starts_with("report"));
    assert_eq!(reports.count(), 0, "half a report was left");
}

#[test]
fn imports_what_is_not_offered() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "imports-what-is-not-offered").go();
    assert_not_started(&tenant, &outcome, "component-imports-unknown", "palisade-test:unknown/oracle@1.0.0");
}

#[test]
fn exports_nothing() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "exports-nothing").go();
    assert_not_started(&tenant, &outcome, "component-exports-missing", "palisade:action/action@0.2.0");
}

#[test]
fn speaks_another_contract() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "speaks-another-contract").go();
    assert_not_started(&tenant, &outcome, "component-contract-mismatch", "does not fit the contract");

    let directory = TempDir::new().expect("a temporary directory");
    let bundle = guest_bundle(directory.path(), "speaks-another-contract");
    let outcome = Palisade::verb("validate").argument(bundle).go();
    assert_not_started(&tenant, &outcome, "component-contract-mismatch", "does not fit the contract");
}

#[test]
fn speaks_an_older_contract() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "speaks-an-older-contract").go();
    assert_not_started(&tenant, &outcome, "contract-too-old", "palisade:action@0.1.0");
    assert!(outcome.stderr.contains("palisade:action@0.2.0"), "the hint: {}", outcome.stderr);
}
