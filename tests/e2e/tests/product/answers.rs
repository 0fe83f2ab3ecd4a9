//! What the service answers instead of the expected: for each kind of answer the verdicts, the exit status, and that report and
//! tenant agree. What passes is recovered from; what lasts is reported.

use palisade_e2e::{Outcome, Palisade, Tenant, domains};
use vision_one_simulator::{Effect, Fault};

mod credential;
mod lost;
mod not_understood;
mod server_error;
mod throttled;

/// Objects of a run: enough for an answer with a middle.
const OBJECTS: u64 = 12;

/// A call that adds [`OBJECTS`] domains to the block list, as one request.
fn block(tenant: &Tenant) -> Palisade {
    Palisade::run(tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", domains(OBJECTS as usize))
}

/// A tenant that answers every request with a fault.
fn tenant_with(effect: Effect) -> Tenant {
    tenant_with_fault(Fault::new(effect))
}

fn tenant_with_fault(fault: Fault) -> Tenant {
    let tenant = Tenant::start();
    tenant.inject(fault).expect("a fault");
    tenant
}

/// The statuses of all answers, in the order of the requests; `None` where there was no answer.
fn statuses(tenant: &Tenant) -> Vec<Option<u16>> {
    tenant.posts().iter().map(|post| post.status).collect()
}

/// The run went well in the end, after one repeat: everything is on the list, and nothing else.
fn assert_recovered(tenant: &Tenant, outcome: &Outcome) {
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), OBJECTS);
    assert_eq!(tenant.blocked().len() as u64, OBJECTS);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
    assert_eq!((outcome.traffic("requests"), outcome.traffic("repeats")), (2.0, 1.0));
    assert_eq!(tenant.posts().len(), 2);
    let (first, second) = (&tenant.posts()[0], &tenant.posts()[1]);
    assert_eq!(first.body, second.body, "what is repeated is the request as it was");
}

/// Every object has this verdict for this reason, and what was sent for it stands beside it.
fn assert_every(outcome: &Outcome, verdict: &str, code: &str) {
    assert_eq!(outcome.count(verdict, code) as u64, OBJECTS, "{}", outcome.stderr);
    for object in outcome.objects() {
        assert!(!object.message.is_empty());
        assert_eq!(object.submitted, [("domain".to_owned(), object.value.clone())]);
    }
}
