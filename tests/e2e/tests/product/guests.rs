//! Guests that misbehave: the run ends by itself and says why, every object has one verdict, and what was recorded before
//! stays. `tests/guests/README.md` tells what each of them does.

use palisade_e2e::{Outcome, Palisade, Tenant, domains};

mod completed;
mod ended;
mod not_loaded;
mod tasks;
mod validating;
mod waiting;

/// Objects of a run: a first page of ten, a second one, and a rest.
const OBJECTS: u64 = 25;
/// Objects that guests report before they misbehave.
const FIRST_PAGE: u64 = 10;

/// A call with the guest of this name and [`OBJECTS`] domains.
fn guest(tenant: &Tenant, name: &str) -> Palisade {
    guest_with(tenant, name, OBJECTS)
}

fn guest_with(tenant: &Tenant, name: &str, objects: u64) -> Palisade {
    Palisade::run_guest(tenant, name).configured("").collection_of("domains.txt", domains(objects as usize))
}

/// The run ended early with this code after so many objects were accepted; the others failed with the same code, and
/// people are told why.
fn assert_ended(outcome: &Outcome, code: &str, accepted: u64) {
    assert_eq!((outcome.status, outcome.ended_with().as_str()), (4, code), "{}", outcome.stderr);
    assert_eq!(outcome.total("offered"), OBJECTS);
    assert_eq!(outcome.total("accepted"), accepted);
    assert_eq!(outcome.count("failed", code) as u64, OBJECTS - accepted);
    for (object, number) in outcome.objects().iter().zip(1..) {
        assert_eq!(object.verdict == "accepted", number <= accepted, "{}", object.value);
    }
    let message = outcome.of_run("message");
    assert!(!message.is_empty() && outcome.stderr.contains(&format!("[{code}]")), "{}", outcome.stderr);
    assert!(outcome.stderr.contains(&message.replace('\n', " ")), "{}", outcome.stderr);
}
