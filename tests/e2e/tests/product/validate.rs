//! `palisade validate`: everything that a run checks before its first request, without the run.

use palisade_e2e::{Outcome, Palisade, bundle, guest_bundle, root};
use tempfile::TempDir;

fn validate(configuration: &str) -> Outcome {
    Palisade::verb("validate")
        .argument(bundle())
        .argument("--action")
        .argument("add-to-blocklist")
        .configuration(configuration)
        .environment("KEY", "some-key")
        .go()
}

/// Standard output without the bundle's version and the signer's key, which change.
fn without_version(outcome: &Outcome) -> String {
    let text = outcome.stdout.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    // The tests' key is made anew for each target directory.
    match text.split_once(" (") {
        Some((before, after)) => format!("{before} (KEY){}", after.split_once(')').unwrap().1),
        None => text,
    }
}

#[test]
fn a_bundle_a_manifest_and_a_configuration_that_are_good() {
    let outcome = Palisade::verb("validate").argument(bundle()).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    insta::assert_snapshot!(without_version(&outcome), @"
    valid: signature: signed by `Local build` (KEY)
    valid: digests of 9 files
    valid: manifest of trend-vision-one VERSION
    valid: component: its imports and exports
    ");
    let outcome =
        Palisade::verb("validate").argument("--manifest").argument(root().join("manifest.yaml")).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    insta::assert_snapshot!(without_version(&outcome), @"valid: manifest of trend-vision-one VERSION");
    let outcome = validate("api_key: {env: KEY}\nscan_action: Log\n");
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    insta::assert_snapshot!(without_version(&outcome), @"
    valid: signature: signed by `Local build` (KEY)
    valid: digests of 9 files
    valid: manifest of trend-vision-one VERSION
    valid: component: its imports and exports
    valid: configuration of add-to-blocklist
    ");
}

#[test]
fn a_configuration_that_is_not() {
    let outcome = validate("api_key: {env: NOT_SET}\nscan_action: Login\n");
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    let codes: Vec<&str> = outcome.stderr.lines().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(codes[..2], ["error[secret-missing]", "error[parameter-not-an-option]"], "{}", outcome.stderr);
}

#[test]
fn every_fault_of_a_manifest_with_its_line() {
    let manifest = std::fs::read_to_string(root().join("manifest.yaml")).unwrap();
    let broken = manifest.replacen("version: 0.1.0", "version: one", 1).replacen(
        "default: block\n",
        "default: Block\n",
        1,
    );
    assert_ne!(manifest, broken);
    let line =
        |start: &str| broken.lines().position(|line| line.trim_start().starts_with(start)).unwrap() + 1;
    let call = Palisade::verb("validate");
    let path = call.file("manifest.yaml", &broken);
    let outcome = call.argument("--manifest").argument(path).go();
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    for start in ["version: one", "default: Block"] {
        let place = format!("manifest.yaml:{}:", line(start));
        assert!(outcome.stderr.contains(&place), "{place} is missing in\n{}", outcome.stderr);
    }
}

#[test]
fn a_component_that_this_host_cannot_run() {
    let directory = TempDir::new().unwrap();
    for (guest, code) in [
        ("imports-what-is-not-offered", "component-imports-unknown"),
        ("exports-nothing", "component-exports-missing"),
        ("speaks-another-contract", "component-contract-mismatch"),
    ] {
        let outcome = Palisade::verb("validate").argument(guest_bundle(directory.path(), guest)).go();
        assert_eq!(outcome.status, 1, "{guest}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with(&format!("error[{code}]")), "{guest}: {}", outcome.stderr);
    }
}

#[test]
fn a_configuration_without_an_action_is_not_taken_for_checked() {
    let outcome =
        Palisade::verb("validate").argument(bundle()).argument("--set").argument("scan_acton=log").go();
    assert_eq!(outcome.status, 2, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("error[action-missing]"), "{}", outcome.stderr);
}
