//! 500, 502, 503 and 504: sent again a few times with growing pauses, then failed. Nobody takes a gateway's HTML for an answer.

use std::collections::BTreeMap;

use palisade_e2e::Object;
use vision_one_simulator::{Effect, Fault};

use super::{assert_every, assert_recovered, block, statuses, tenant_with_fault};

const STATUSES: [u16; 4] = [500, 502, 503, 504];

#[test]
fn what_passes_is_recovered_from() {
    for status in STATUSES {
        let tenant = tenant_with_fault(Fault::status(status).times(1));
        let outcome = block(&tenant).go();
        assert_recovered(&tenant, &outcome);
        assert_eq!(statuses(&tenant), [Some(status), Some(207)]);
        assert!(outcome.traffic("waited_seconds") > 0.0);
    }
}

#[test]
fn what_lasts_is_failed_after_four_attempts() {
    for (status, code) in [(500, "service-error"), (504, "gateway-error")] {
        let tenant = tenant_with_fault(Fault::status(status));
        let outcome = block(&tenant).go();
        assert_eq!((outcome.status, outcome.ended_with()), (3, String::new()));
        assert_every(&outcome, "failed", code);
        assert_eq!(statuses(&tenant), [Some(status); 4]);
        // As often as the tenant got it, not as often as the action asked for it.
        let attempts = |object: &Object| object.entry["submissions"][0]["attempts"] == 4;
        assert!(outcome.objects().iter().all(attempts), "{:?}", outcome.objects()[0]);
        assert!(tenant.blocked().is_empty());
        assert_eq!((outcome.traffic("requests"), outcome.traffic("repeats")), (4.0, 3.0));
    }
}

#[test]
fn a_gateways_html_is_named_and_cannot_steer_the_terminal() {
    let body = "<html><h1>502 Bad Gateway</h1>\u{1b}[2J\r\nnginx</html>";
    let effect = Effect::Status { status: 502, headers: BTreeMap::new(), body: Some(body.into()) };
    let tenant = tenant_with_fault(Fault::new(effect));
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 3);
    assert_every(&outcome, "failed", "gateway-error");
    let message = &outcome.objects()[0].message;
    assert!(message.contains("`502 Bad Gateway`") && !message.contains('<'), "{message}");
    assert!(!outcome.stderr.contains(['\u{1b}', '\r']), "{:?}", outcome.stderr);
    assert!(tenant.blocked().is_empty());
}

/// The gateway gave up, and the service went on: sending the same once more does no harm.
#[test]
fn what_took_effect_all_the_same_is_accepted_after_the_repeat() {
    let tenant = tenant_with_fault(Fault::status(504).times(1).applied(true));
    let outcome = block(&tenant).go();
    assert_recovered(&tenant, &outcome);
}

/// The proxy's answer is no judgement of an object, and no reason to look at the key's role.
#[test]
fn a_proxy_in_the_way_rejects_nothing_and_ends_the_run() {
    for status in [403, 407, 413] {
        let body = "<html><head><title>Blocked by the proxy</title></head></html>";
        let effect = Effect::Status { status, headers: BTreeMap::new(), body: Some(body.into()) };
        let tenant = tenant_with_fault(Fault::new(effect));
        let outcome = block(&tenant).go();
        assert_eq!((outcome.status, outcome.ended_with()), (4, "gateway-refused".to_owned()));
        assert_every(&outcome, "failed", "gateway-refused");
        let hint = outcome.of_run("hint");
        assert!(hint.contains("proxy") && !hint.contains("role"), "{hint}");
        assert!(outcome.objects()[0].message.contains("`Blocked by the proxy`"));
        // Not two for each object.
        assert!(tenant.posts().len() <= 20, "{} requests", tenant.posts().len());
    }
}
