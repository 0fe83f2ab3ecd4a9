//! 500, 502, 503 and 504: sent again a few times with growing pauses, then failed. Nobody takes a gateway's HTML for an answer.

use std::collections::BTreeMap;

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
    for status in [500, 504] {
        let tenant = tenant_with_fault(Fault::status(status));
        let outcome = block(&tenant).go();
        assert_eq!((outcome.status, outcome.ended_with()), (3, String::new()));
        assert_every(&outcome, "failed", "service-error");
        assert_eq!(statuses(&tenant), [Some(status); 4]);
        assert!(tenant.blocked().is_empty());
        assert_eq!((outcome.traffic("requests"), outcome.traffic("repeats")), (4.0, 3.0));
    }
}

#[test]
fn a_gateways_html_is_quoted_and_cannot_steer_the_terminal() {
    let body = "<html><h1>502 Bad Gateway</h1>\u{1b}[2J\r\nnginx</html>";
    let effect = Effect::Status { status: 502, headers: BTreeMap::new(), body: Some(body.into()) };
    let tenant = tenant_with_fault(Fault::new(effect));
    let outcome = block(&tenant).go();
    assert_eq!(outcome.status, 3);
    assert_every(&outcome, "failed", "service-error");
    let message = &outcome.objects()[0].message;
    assert!(message.contains("502") && message.contains("<h1>502 Bad Gateway</h1>"), "{message}");
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
