//! Lists that take no more: the service's own limits, and the limit that the product sets itself. What is on the list is
//! accepted, what is not is named.

use palisade_e2e::{Outcome, Palisade, Tenant, domains};
use vision_one_simulator::settings::Refusal;
use vision_one_simulator::{Received, Settings};

const OBJECTS: usize = 40;
const CAPACITY: usize = 5;

/// A tenant with room for five objects, and what it does when they are taken.
fn small_tenant(full: Refusal) -> Tenant {
    let mut settings = Settings::default();
    settings.limits.suspicious_objects_per_type = CAPACITY;
    settings.limits.exceptions = CAPACITY;
    settings.rules.suspicious_full = full;
    settings.rules.exceptions_full = full;
    Tenant::with(settings)
}

fn assert_full(outcome: &Outcome) {
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), CAPACITY as u64, "{}", outcome.stderr);
    assert_eq!(outcome.count("failed", "list-full"), OBJECTS - CAPACITY);
}

/// Requests with a single object that were refused as a whole.
fn refused_alone(tenant: &Tenant) -> usize {
    let alone = |post: &Received| {
        post.json().is_some_and(|items| items.as_array().is_some_and(|items| items.len() == 1))
    };
    tenant.posts().iter().filter(|post| post.status == Some(400) && alone(post)).count()
}

#[test]
fn a_block_list_of_objects_that_never_expire_is_full() {
    for full in [Refusal::Item, Refusal::Request] {
        let tenant = small_tenant(full);
        let outcome = Palisade::run(&tenant, "add-to-blocklist")
            .configured("ioc_expiration: never")
            .collection_of("domains.txt", domains(OBJECTS))
            .go();
        assert_full(&outcome);
        assert_eq!(tenant.blocked().len(), CAPACITY);
        assert_eq!(tenant.blocked(), outcome.accepted_submissions());
        // As many as are in flight when the first of them is refused.
        assert!(refused_alone(&tenant) <= 8, "a full list is asked again and again");
    }
}

#[test]
fn an_exception_list_is_full() {
    for full in [Refusal::Item, Refusal::Request] {
        let tenant = small_tenant(full);
        let outcome = Palisade::run(&tenant, "add-to-exception-list")
            .configured("")
            .collection_of("domains.txt", domains(OBJECTS))
            .go();
        assert_full(&outcome);
        assert_eq!(tenant.exempted().len(), CAPACITY);
        assert_eq!(tenant.exempted(), outcome.accepted_submissions());
    }
}

/// The run's own limit: a URL that would need two places and finds one is left out as a whole, and what still fits goes out.
#[test]
fn the_last_of_ten_thousand_places_goes_to_what_needs_only_one() {
    let mut collection = domains(9_999);
    collection.push_str("two-places.example/path\nlast.example\nbeyond.example\n");
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("url_scheme: both\nobjects_per_run: 20000")
        .collection_of("collection.txt", collection)
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("accepted"), 10_000);
    assert_eq!(outcome.count("skipped", "list-limit"), 2);
    assert_eq!(outcome.object("two-places.example/path").code, "list-limit");
    assert_eq!(outcome.object("last.example").verdict, "accepted");
    assert_eq!(outcome.object("beyond.example").code, "list-limit");
    let submitted: usize = tenant
        .posts()
        .iter()
        .map(|post| post.json().expect("JSON").as_array().expect("an array").len())
        .sum();
    assert_eq!(submitted, 10_000);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
}
