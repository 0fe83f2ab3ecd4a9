//! The main job on real data: a prioritised ThreatQ collection goes to the block list, and the list holds exactly what the
//! documentation says, whatever the report claims.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use palisade_e2e::{Outcome, Palisade, Tenant, shared_data};
use time::Duration;

use crate::expected::{self, Fate, Offered};

const FILE: &str = "threatq/prioritised-iocs.json";

const NOT_ACCEPTED: Fate = Fate::Skipped("type-not-accepted");

/// What an entry is expected to look like in the tenant.
type Held = (&'static str, &'static str, Option<Duration>);

/// The one run that all tests here look at: it takes some seconds.
struct Run {
    objects: Vec<Offered>,
    tenant: Tenant,
    outcome: Outcome,
}

static RUN: LazyLock<Option<Run>> = LazyLock::new(|| {
    let file = shared_data(FILE)?;
    let tenant = Tenant::start();
    // Three of the real values belong to nobody's network; here it is seen what would become of them.
    let policy = "[protect]\nprivate-addresses = false\n";
    let outcome =
        Palisade::run(&tenant, "add-to-blocklist").configured("").policy(policy).collection(&file).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    Some(Run { objects: expected::objects(&file), tenant, outcome })
});

#[test]
fn the_verdicts_add_up() {
    let Some(Run { objects, outcome, .. }) = &*RUN else { return };
    let skipped =
        objects.iter().map(|object| expected::fate(object, "http")).filter(|fate| *fate == NOT_ACCEPTED);
    assert_eq!((objects.len(), skipped.count()), (6_847, 46));
    assert_eq!(outcome.total("offered"), 6_847);
    assert_eq!(outcome.total("accepted"), 6_847 - 46);
    assert_eq!(outcome.count("skipped", "type-not-accepted"), 46);
    assert_eq!(outcome.totals().len(), 3, "nothing was planned, rejected or failed: {:?}", outcome.totals());
}

#[test]
fn the_block_list_holds_value_by_value_what_it_should() {
    let Some(Run { objects, tenant, .. }) = &*RUN else { return };
    let expected: BTreeMap<expected::Entry, Held> = expected::list(objects)
        .into_iter()
        .map(|(entry, object)| {
            // Every object of the file has a score.
            let risk = expected::risk_level(object.score.unwrap());
            (entry, ("block", risk, Some(Duration::days(30))))
        })
        .collect();
    let held: BTreeMap<expected::Entry, Held> = tenant
        .suspicious_objects()
        .into_iter()
        .map(|object| {
            let expires = object.expires.map(|expires| expires - object.last_modified);
            let entry = (object.kind.name().to_owned(), object.value);
            (entry, (object.scan_action.name(), object.risk_level.name(), expires))
        })
        .collect();
    let missing: Vec<_> = expected.iter().filter(|(entry, _)| !held.contains_key(*entry)).collect();
    let surplus: Vec<_> = held.iter().filter(|(entry, _)| !expected.contains_key(*entry)).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing: {missing:?}\nsurplus: {surplus:?}");
    for (entry, expected) in &expected {
        assert_eq!(held.get(entry), Some(expected), "{entry:?}");
    }
}

#[test]
fn the_report_says_the_same_object_by_object() {
    let Some(Run { objects, tenant, outcome }) = &*RUN else { return };
    for (object, reported) in objects.iter().zip(outcome.objects()) {
        assert_eq!((&reported.value, &reported.subtype), (&object.value, &object.subtype));
        let said = match (reported.verdict.as_str(), reported.code.as_str(), &reported.submitted[..]) {
            ("accepted", "", [entry]) => Fate::Sent(entry.clone()),
            ("skipped", "type-not-accepted", []) => NOT_ACCEPTED,
            _ => panic!("{}", reported.entry),
        };
        assert_eq!(said, expected::fate(object, "http"), "{}", reported.entry);
    }
    assert_eq!(outcome.accepted_submissions(), tenant.blocked());
}

#[test]
fn what_was_received_has_the_right_schemes_and_hashes_and_no_more_objects_than_a_request_may() {
    let Some(Run { objects, tenant, outcome }) = &*RUN else { return };
    let blocked = tenant.blocked();
    let without_scheme =
        objects.iter().filter(|object| object.subtype == "URL" && !object.value.contains("://"));
    let mut count = 0;
    for object in without_scheme {
        assert!(
            blocked.contains(&("url".to_owned(), format!("http://{}", object.value))),
            "{}",
            object.value
        );
        count += 1;
    }
    assert_eq!(count, 441);
    let upper: Vec<_> = objects
        .iter()
        .filter(|object| {
            object.subtype.starts_with("SHA") && object.value.contains(|c: char| c.is_ascii_uppercase())
        })
        .collect();
    assert_eq!(upper.len(), 385);
    for object in upper {
        let field = if object.value.len() == 40 { "fileSha1" } else { "fileSha256" };
        assert!(blocked.contains(&(field.to_owned(), object.value.to_ascii_lowercase())), "{}", object.value);
        assert!(!blocked.contains(&(field.to_owned(), object.value.clone())), "{}", object.value);
    }

    let posts = tenant.posts();
    let mut sent = BTreeSet::new();
    for post in &posts {
        let items = post.json().unwrap();
        let items = items.as_array().unwrap();
        assert!((1..=1_000).contains(&items.len()), "{} items", items.len());
        assert!(post.body.len() <= 900_000);
        assert!(post.tls);
        assert_eq!(post.status, Some(207));
        assert_eq!(post.header("authorization"), Some(format!("Bearer {}", tenant.api_key()).as_str()));
        for item in items {
            assert!(sent.insert(item.to_string()), "sent twice: {item}");
        }
    }
    assert_eq!(sent.len(), blocked.len());
    assert_eq!(outcome.traffic("requests"), posts.len() as f64);
}
