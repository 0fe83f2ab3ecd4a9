//! Guests that misbehave while they judge their configuration: the run does not begin, and nothing is sent.

use std::time::{Duration, Instant};

use palisade_e2e::{Outcome, Palisade, Tenant, guest_bundle};
use tempfile::TempDir;

use super::guest;

/// Ten seconds to judge, and what a busy machine adds to them; the run would have a quarter of an hour.
const LONGEST: Duration = Duration::from_secs(40);

/// What `palisade validate` and `palisade run` make of a guest, in this order.
fn both(tenant: &Tenant, name: &str) -> [Outcome; 2] {
    let directory = TempDir::new().expect("a temporary directory");
    let validated = Palisade::verb("validate")
        .argument(guest_bundle(directory.path(), name))
        .argument("--action")
        .argument("act")
        .configured("")
        .environment("PALISADE_TEST_API_KEY", "some-key")
        .go();
    [validated, guest(tenant, name).go()]
}

/// Neither of them began, both for the same reason.
fn assert_not_started(tenant: &Tenant, outcomes: &[Outcome], code: &str, words: &str) {
    for outcome in outcomes {
        assert_eq!(outcome.status, 1, "{}", outcome.stderr);
        assert!(outcome.stderr.starts_with(&format!("error[{code}]")), "{}", outcome.stderr);
        assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
        assert!(!outcome.has_report());
    }
    assert!(tenant.received().is_empty());
}

#[test]
fn validates_for_ever() {
    let tenant = Tenant::start();
    let begun = Instant::now();
    let outcomes = both(&tenant, "validates-for-ever");
    assert!(begun.elapsed() < 2 * LONGEST, "it took {:?}", begun.elapsed());
    assert_not_started(&tenant, &outcomes, "validation-timed-out", "did not come back within 10 s");
}

#[test]
fn sends_while_validating() {
    let tenant = Tenant::start();
    let begun = Instant::now();
    let outcomes = both(&tenant, "sends-while-validating");
    assert!(begun.elapsed() < LONGEST, "it took {:?}", begun.elapsed());
    let asked = "POST https://api.xdr.trendmicro.com/v3.0/threatintel/suspiciousObjects";
    assert_not_started(&tenant, &outcomes, "contract-request-before-run", asked);
}

#[test]
fn refuses_at_length() {
    let tenant = Tenant::start();
    let outcomes = both(&tenant, "refuses-at-length");
    assert_not_started(&tenant, &outcomes, "parameter-refused", "€€€");
    for outcome in outcomes {
        assert_eq!(outcome.stderr.matches("once more").count(), 99);
        // A code and a message of 4 KiB, 99 short ones.
        assert!(outcome.stderr.len() < 32 * 1024, "{} bytes", outcome.stderr.len());
    }
}
