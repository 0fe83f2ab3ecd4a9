//! Tests of runs that look at the lists before they decide.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::harness::*;
use super::model::Model;
use crate::configuration::{Configuration, List, RiskRule, SchemeHandling};
use crate::contract::{Change, Object, Verdict};
use crate::item::{Field, ScanAction};
use crate::limits;
use crate::session::{Arrival, Circumstances, Session, Step};

fn domain(value: impl Into<String>, days: i64) -> Value {
    json!({"domain": value.into(), "daysToExpiration": days})
}

/// A list of domains that is full; the first ones expire first, all after ten days or more.
fn full_list() -> Model {
    let days = |number: usize| 10 + i64::try_from(number / 100).unwrap();
    Model::blocking(
        (0..limits::BLOCK_LIST_CAPACITY).map(|number| domain(format!("held{number}.example"), days(number))),
    )
}

/// A service whose pages are those of a function, by their number and filter.
struct Pages<F> {
    asked: usize,
    page: F,
}

fn pages<F: FnMut(usize, &str) -> Option<Arrival>>(page: F) -> Pages<F> {
    Pages { asked: 0, page }
}

impl<F: FnMut(usize, &str) -> Option<Arrival>> Service for Pages<F> {
    fn take(&mut self, _: usize, items: &[Value]) -> Option<Arrival> {
        Some(multi(items.iter().map(|_| ACCEPTED)))
    }

    fn page(&mut self, _: &str, filter: &str) -> Option<Arrival> {
        self.asked += 1;
        (self.page)(self.asked - 1, filter)
    }
}

#[test]
fn a_comparison_tells_what_is_added_refreshed_and_there_already() {
    let full = |value: &str, risk: &str| json!({"domain": value, "scanAction": "block", "riskLevel": risk, "daysToExpiration": 30, "description": "d"});
    let mut model = Model::blocking([full("there.example", "high"), full("CHANGES.example", "low")])
        .excepting([json!({"domain": "*.below.example"}), json!({"domain": "there.example"})]);
    let scored = |key, value: &str| Object {
        score: Some(9.5),
        description: Some("d".to_owned()),
        ..object(key, "FQDN", value)
    };
    let objects = vec![
        scored(1, "new.example"),
        scored(2, "there.example"),
        scored(3, "changes.example"),
        scored(4, "www.below.example"),
        scored(5, "New.example"),
        object(6, "MD5", "x"),
    ];
    let before = model.clone();
    let result = run_with(block_list(), comparing(), objects, &mut model);
    assert_eq!(model, before);
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("planned", ""), 5), (("skipped", "type-not-accepted"), 1)])
    );
    assert_eq!((&result.comparison(1).held, result.comparison(1).also_on.len()), (&None, 0));
    let there = result.comparison(2);
    let fields = [
        ("scanAction", "block"),
        ("riskLevel", "high"),
        ("expiredDateTime", "2026-03-02T12:00:00Z"),
        ("description", "d"),
    ];
    assert_eq!(there.held, Some(fields.map(|(name, value)| (name, value.to_owned())).to_vec()));
    assert!(there.changes.is_empty());
    assert_eq!(there.also_on, ["exception list"]);
    let change = Change { name: "riskLevel", before: Some("low".to_owned()), after: "high".to_owned() };
    assert_eq!(result.comparison(3).changes, [change]);
    assert_eq!(result.comparison(4).also_on, ["exception list"]);
    assert_eq!(result.submission(5).comparison, None, "a duplicate is not compared");
    assert_eq!(result.submission(5).duplicate_of, Some(1));
    assert!(result.evictions.is_empty() && result.requests.is_empty());
}

#[test]
fn only_the_types_that_are_pushed_are_read_all_at_once() {
    let objects = || {
        vec![
            object(1, "FQDN", "a.example"),
            object(2, "URL", "http://a.example/"),
            object(3, "FQDN", "b.example"),
        ]
    };
    let result = run_with(block_list(), comparing(), objects(), &mut Model::default());
    let pages: BTreeSet<(&str, &str)> =
        result.pages.iter().map(|(path, filter)| (path.as_str(), filter.as_str())).collect();
    let (block, exceptions) = (
        "/v3.0/threatintel/suspiciousObjects?top=200",
        "/v3.0/threatintel/suspiciousObjectExceptions?top=200",
    );
    let (domain, url) = ("type eq 'domain'", "type eq 'url'");
    assert_eq!(
        pages,
        BTreeSet::from([(block, domain), (block, url), (exceptions, domain), (exceptions, url)])
    );
    assert_eq!(result.pages.len(), 4);
    assert_eq!(result.most_in_flight, 4);
    let result = run_with(block_list(), sparing(0), objects(), &mut Model::default());
    assert_eq!(
        result.pages,
        [block, block]
            .into_iter()
            .zip([domain, url])
            .map(|(path, filter)| (path.to_owned(), filter.to_owned()))
            .collect::<Vec<_>>()
    );
    assert_eq!(result.counts()[&("accepted", "")], 3);
    let nothing = run_with(block_list(), sparing(0), vec![object(1, "MD5", "x")], &mut Model::default());
    assert!(nothing.pages.is_empty());
}

#[test]
fn the_requests_for_pages_keep_to_what_the_host_allows() {
    let objects = vec![
        object(1, "FQDN", "a.example"),
        object(2, "URL", "http://a.example/"),
        object(3, "IP Address", "192.0.2.1"),
    ];
    let one = Circumstances { concurrent_requests: 1, ..comparing() };
    let result = run_with(block_list(), one, objects, &mut Model::default());
    assert_eq!((result.pages.len(), result.most_in_flight), (6, 1));
}

#[test]
fn a_push_that_would_evict_stops_before_anything_is_sent() {
    let mut model = full_list();
    let before = model.clone();
    let mut objects = domains(5);
    objects.push(object(9, "IP Address", "192.0.2.1"));
    objects.push(object(10, "MD5", "x"));
    let result = run_with(block_list(), sparing(4), objects, &mut model);
    assert_eq!(model, before);
    assert!(result.requests.is_empty());
    assert_eq!(result.pages.len(), 51);
    let stop = result.stop();
    assert_eq!(stop.problem.code, "would-evict");
    assert_eq!(
        stop.problem.message,
        "the block list is full: the service would remove 5 of its objects to make room, and the run allows 4: 5 of type `domain` (`held0.example`, `held1.example`, `held2.example`, …)"
    );
    assert!(stop.hint.contains("the setting `max-evictions 5` allows it"));
    assert_eq!(
        result.evicted(),
        ["held0.example", "held1.example", "held2.example", "held3.example", "held4.example"]
    );
    assert_eq!(result.evictions[0].field, "domain");
    assert_eq!(result.evictions[0].expires.as_deref(), Some("2026-02-10T12:00:00Z"));
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("failed", "would-evict"), 6), (("skipped", "type-not-accepted"), 1)])
    );
}

#[test]
fn a_push_that_evicts_no_more_than_it_may_goes_on_and_tells() {
    for circumstances in [sparing(5), sparing(u64::MAX)] {
        let mut model = full_list();
        let result = run_with(block_list(), circumstances, domains(5), &mut model);
        assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 5)]));
        assert_eq!(result.evictions.len(), 5);
        assert!(!model.block.values().contains(&"held0.example"));
        assert!(model.block.values().contains(&"held5.example"));
    }
}

#[test]
fn what_is_on_the_list_already_evicts_nothing() {
    let mut model = full_list();
    let objects: Vec<Object> =
        (0..3_000).map(|number| object(number, "FQDN", format!("HELD{number}.example"))).collect();
    let result = run_with(block_list(), sparing(0), objects, &mut model);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 3_000)]));
    assert!(result.evictions.is_empty());
    assert_eq!(result.requests.len(), 3);
    assert_eq!(result.most_in_flight, 3);
}

#[test]
fn without_a_bound_and_for_exceptions_nothing_is_read() {
    assert!(run(block_list(), circumstances(), domains(5), all_accepted).pages.is_empty());
    assert!(run(exception_list(), sparing(0), domains(5), all_accepted).pages.is_empty());
    let dry = Circumstances { dry_run: true, compare: false, ..sparing(0) };
    let result = run(block_list(), dry, domains(5), all_accepted);
    assert_eq!(result.submission(0).comparison, None);
    assert!(result.holdings.is_empty(), "what was not read is not told");
}

#[test]
fn what_the_list_holds_is_told_as_found_and_with_what_was_added() {
    let held = || Model::blocking([domain("n0.example.com", 3), domain("held.example", 3)]);
    let mut model = held();
    let mut objects = domains(3);
    objects.push(object(9, "IP Address", "192.0.2.1"));
    let pushed = run_with(block_list(), sparing(0), objects.clone(), &mut model);
    assert_eq!(pushed.holdings.len(), 2, "before anything is sent, and at the end");
    assert_eq!(pushed.held(), [(Some("domain"), 4), (Some("ip"), 1)]);
    assert_eq!(model.block.entries.len(), 5);
    assert_eq!((pushed.holdings[0][0].list, pushed.holdings[0][0].limit), ("block list", 10_000));
    let again = run_with(block_list(), sparing(0), objects.clone(), &mut model);
    assert_eq!((again.holdings.len(), again.held()), (1, pushed.held()), "nothing is new");
    let dry = run_with(block_list(), comparing(), objects, &mut held());
    assert_eq!((dry.holdings.len(), dry.held()), (1, vec![(Some("domain"), 2), (Some("ip"), 0)]));
    let refused = run_with(block_list(), sparing(0), domains(3), &mut full_list());
    assert_eq!(
        (refused.stop().problem.code, refused.held()),
        ("would-evict", vec![(Some("domain"), 10_000)])
    );
    let mut exceptions =
        Model::default().excepting([json!({"domain": "a.example"}), json!({"fileSha1": "AA"})]);
    let result = run_with(exception_list(), comparing(), domains(3), &mut exceptions);
    assert_eq!((result.holdings[0][0].limit, result.held()), (5_000, vec![(None, 2)]));
}

#[test]
fn a_list_that_was_not_read_to_its_end_has_no_holdings() {
    let lost = pages(|asked, _| match asked {
        0 => Some(whole(200, &json!({"items": [{"domain": "a.example"}], "nextLink": "?skipToken=1"}))),
        _ => Some(error(500)),
    });
    let result = run_with(block_list(), sparing(0), domains(1), lost);
    assert_eq!(result.stop().problem.code, "list-unreadable");
    assert!(result.holdings.is_empty());
}

#[test]
fn what_the_service_has_not_confirmed_does_not_count() {
    let empty = pages(|_, _| Some(whole(200, &json!({"items": []}))));
    let result = run_with(block_list(), sparing(0), domains(4), Refusing(empty));
    assert_eq!(result.held(), [(Some("domain"), 2)]);
}

/// Takes every other item.
struct Refusing<S>(S);

impl<S: Service> Service for Refusing<S> {
    fn take(&mut self, _: usize, items: &[Value]) -> Option<Arrival> {
        Some(multi(items.iter().enumerate().map(|(place, _)| if place % 2 == 0 { ACCEPTED } else { 400 })))
    }

    fn page(&mut self, path: &str, filter: &str) -> Option<Arrival> {
        self.0.page(path, filter)
    }
}

#[test]
fn a_comparison_tells_of_evictions_and_stops_for_none() {
    let mut model = full_list();
    let circumstances = Circumstances { most_evictions: Some(0), ..comparing() };
    let result = run_with(block_list(), circumstances, domains(2_500), &mut model);
    assert_eq!(result.result, Some(Ok(())));
    assert_eq!(result.counts(), BTreeMap::from([(("planned", ""), 2_500)]));
    assert_eq!(result.evictions.len(), 2_500);
    assert!((0..2_500).all(|key| result.comparison(key).held.is_none()));
}

#[test]
fn a_list_that_never_expires_is_warned_of() {
    let held = (0..limits::BLOCK_LIST_CAPACITY).map(|number| domain(format!("held{number}.example"), -1));
    let mut model = Model::blocking(held);
    let never = List::Block {
        scan_action: Some(ScanAction::Block),
        risk: RiskRule::Score,
        days_to_expiration: Some(-1),
    };
    let result = run_with(configuration(never, SchemeHandling::Http), sparing(0), domains(3), &mut model);
    assert_eq!(
        result.warnings(),
        [
            "the block list is full of objects of type `domain` that never expire: 3 of this run may find no room"
        ]
    );
    assert_eq!(result.counts(), BTreeMap::from([(("rejected", "service-bad-request"), 3)]));
    assert!(result.evictions.is_empty());
}

#[test]
fn a_list_with_entries_of_the_sandbox_loses_one_for_each_new_one() {
    let mut model = full_list();
    for number in 0..500 {
        let sandbox = Model::blocking([domain(format!("sandbox{number}.example"), 1)]);
        let key = (Field::Domain, format!("sandbox{number}.example"));
        model.block.insert_from(&sandbox.block, key);
    }
    let result = run_with(block_list(), comparing(), domains(3), &mut model);
    assert_eq!(result.evictions.len(), 3);
    assert!(result.warnings()[0].contains("shows 10500 objects of type `domain`"));
}

#[test]
fn exceptions_are_compared_by_their_description() {
    let mut model = Model::default().excepting([
        json!({"domain": "*.There.example", "description": "d"}),
        json!({"ip": "2001:DB8::1", "description": "older"}),
        json!({"fileSha1": "AA"}),
    ]);
    let with = |key, subtype, value: &str| Object {
        description: Some("d".to_owned()),
        ..object(key, subtype, value)
    };
    let objects = vec![
        with(1, "FQDN", "*.there.example"),
        with(2, "IP Address", "2001:db8::1"),
        with(3, "FQDN", "www.there.example"),
    ];
    let result = run_with(exception_list(), comparing(), objects, &mut model);
    assert_eq!(result.pages.len(), 6);
    assert_eq!(result.comparison(1).held, Some(vec![("description", "d".to_owned())]));
    assert!(result.comparison(1).changes.is_empty());
    let change = Change { name: "description", before: Some("older".to_owned()), after: "d".to_owned() };
    assert_eq!(result.comparison(2).changes, [change]);
    assert_eq!(result.comparison(3).held, None);
    assert!(result.warnings().is_empty() && result.evictions.is_empty());
}

#[test]
fn more_exceptions_than_the_list_holds_are_warned_of() {
    let held = (0..4_990).map(|number| json!({"domain": format!("n{number}.example.com")}));
    let mut model = Model::default().excepting(held);
    let result = run_with(exception_list(), comparing(), domains(5_005), &mut model);
    assert_eq!(
        result.warnings(),
        [
            "the exception list holds at most 5000 objects and has 4990: 5 of the 15 that would be added find no room"
        ]
    );
    assert_eq!(result.counts(), BTreeMap::from([(("planned", ""), 5_005)]));
}

#[test]
fn a_list_that_cannot_be_read_stops_the_run_with_nothing_sent() {
    let second_page = |arrival: Arrival| {
        move |page: usize, _: &str| {
            Some(match page {
                0 => whole(200, &json!({"items": [], "nextLink": "https://x.example/y?skipToken=2"})),
                _ => arrival.clone(),
            })
        }
    };
    for (arrival, code) in [
        (error(401), "credential-refused"),
        (error(403), "access-denied"),
        (error(400), "list-unreadable"),
        (error(429), "list-unreadable"),
        (error(504), "list-unreadable"),
        (Arrival::Lost("the connection was closed".to_owned()), "list-unreadable"),
        (whole(200, &json!({"items": 7})), "list-unreadable"),
        (whole(200, &json!({"items": [], "nextLink": "?skipToken=2"})), "list-unreadable"),
    ] {
        for circumstances in [sparing(0), comparing()] {
            let service = pages(second_page(arrival.clone()));
            let mut objects = domains(3);
            objects[0].status = Some("Expired".to_owned());
            let result = run_with(block_list(), circumstances, objects, service);
            assert_eq!(result.stop().problem.code, code);
            assert_eq!(result.counts(), BTreeMap::from([(("failed", code), 3)]));
            assert!(result.requests.is_empty());
            assert_eq!(
                result.warnings(),
                ["objects with the status `Expired` would be submitted to the block list: 1"]
            );
        }
    }
}

#[test]
fn a_stopped_run_waits_for_no_page() {
    let service = pages(|_, filter| filter.contains("'ip'").then(|| error(403)));
    let objects = vec![object(1, "FQDN", "a.example"), object(2, "IP Address", "192.0.2.1")];
    let result = run_with(block_list(), sparing(0), objects, service);
    assert_eq!(result.stop().problem.code, "access-denied");
    assert!(result.time < limits::DRAIN_WAIT);
}

#[test]
fn an_answer_that_comes_early_is_looked_at_when_all_is_known() {
    let mut session = Session::new(block_list(), comparing());
    assert_eq!(session.step(Duration::ZERO), Step::NextPage(1_000));
    session.page(vec![object(1, "FQDN", "first.example")]);
    let mut numbers = Vec::new();
    while let Step::Read { number, path_and_query, .. } = session.step(Duration::ZERO) {
        numbers.push((number, path_and_query.contains("Exceptions")));
    }
    assert_eq!(numbers.len(), 2);
    for (number, is_exceptions) in numbers {
        let value = if is_exceptions { "first.example" } else { "second.example" };
        session.arrived(number, whole(200, &json!({"items": [{"domain": value}]})), Duration::ZERO);
    }
    session.page(vec![object(2, "FQDN", "second.example")]);
    assert_eq!(session.step(Duration::ZERO), Step::NextPage(1_000));
    session.page(Vec::new());
    assert!(matches!(session.step(Duration::ZERO), Step::Hold(_)));
    let Step::Record(outcomes) = session.step(Duration::ZERO) else { panic!("not recorded") };
    let told = outcomes.iter().map(|outcome| {
        let comparison = outcome.submissions[0].comparison.as_ref().unwrap();
        (outcome.key, comparison.held.is_some(), comparison.also_on.len())
    });
    assert_eq!(told.collect::<BTreeSet<_>>(), BTreeSet::from([(1, false, 1), (2, true, 0)]));
    assert_eq!(session.step(Duration::ZERO), Step::End(Ok(())));
}

#[test]
fn duplicates_beyond_a_list_limit_are_gathered_in_full() {
    let objects: Vec<Object> =
        (0..25_000).map(|key| object(key, "FQDN", format!("n{}.example.com", key % 10_100))).collect();
    let result = run_with(block_list(), sparing(0), objects, &mut Model::default());
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("accepted", ""), 24_800), (("skipped", "list-limit"), 200)])
    );
    assert_eq!(result.requests.concat().len(), 10_000);
}

fn days() -> impl Strategy<Value = i64> {
    prop_oneof![Just(-1i64), 0i64..60]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Each submission is added, refreshed or there already, never two of them, and the service agrees once it has them.
    #[test]
    fn added_refreshed_and_there_are_all_there_is(
        held in proptest::collection::vec((0u8..30, days(), "(low|high)", proptest::option::of("[ab]")), 0..120),
        pushed in proptest::collection::vec((0u8..40, 0u8..12, proptest::option::of("[ab]")), 1..120),
        expiration in prop_oneof![Just(None), Just(Some(-1i16)), Just(Some(30))],
        scan_action in proptest::option::of(prop_oneof![Just(ScanAction::Block), Just(ScanAction::Log)]),
    ) {
        let items = held.iter().map(|(name, days, risk, description)| {
            let mut item = json!({"domain": format!("n{name}.example"), "daysToExpiration": days, "riskLevel": risk});
            if let Some(description) = description {
                item["description"] = description.clone().into();
            }
            item
        });
        let mut model = Model::blocking(items);
        let objects: Vec<Object> = (0..).zip(&pushed).map(|(key, (name, score, description))| Object {
            score: Some(f64::from(*score)),
            description: description.clone(),
            ..object(key, "FQDN", format!("N{name}.example"))
        }).collect();
        let list = List::Block { scan_action, risk: RiskRule::Score, days_to_expiration: expiration };
        let configuration = configuration(list, SchemeHandling::Http);
        let compared = run_with(configuration.clone(), comparing(), objects.clone(), &mut model);
        let before = model.block.entries.clone();
        // The model tells the lists apart by a field that this configuration may leave out.
        let configuration = match scan_action {
            Some(_) => configuration,
            None => Configuration { list: List::Block { scan_action: Some(ScanAction::Block), risk: RiskRule::Score, days_to_expiration: expiration }, ..configuration },
        };
        run_with(configuration, circumstances(), objects, &mut model);
        let mut told = 0;
        for outcome in compared.outcomes.values() {
            prop_assert_eq!(&outcome.verdict, &Verdict::Planned);
            let submission = &outcome.submissions[0];
            prop_assert_eq!(submission.comparison.is_some(), submission.duplicate_of.is_none());
            let Some(comparison) = &submission.comparison else { continue };
            told += 1;
            let key = (Field::Domain, submission.value.to_string());
            match (before.get(&key), &comparison.held) {
                (None, None) => prop_assert!(comparison.changes.is_empty()),
                (Some(was), Some(held)) => {
                    for (name, value) in held {
                        prop_assert_eq!(was[*name].as_str(), Some(value.as_str()));
                    }
                    let now = &model.block.entries[&key];
                    for change in &comparison.changes {
                        prop_assert_ne!(was.get(change.name), now.get(change.name), "{} does not change", change.name);
                        let after = now[change.name].as_str().unwrap();
                        prop_assert!(after == change.after || (change.after == "never" && after.starts_with("9999")));
                    }
                }
                (was, held) => prop_assert!(false, "{was:?} {held:?}"),
            }
        }
        let distinct: BTreeSet<u8> = pushed.iter().map(|(name, ..)| *name).collect();
        prop_assert_eq!(told, distinct.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4))]

    /// What a comparison says would go is what goes when the same collection is pushed.
    #[test]
    fn what_is_told_to_go_goes(
        shortage in 0usize..40,
        new in 1u64..60,
        again in 0u64..60,
        expirations in proptest::collection::vec(days(), 8),
        expiration in prop_oneof![Just(Some(-1i16)), Just(Some(7)), Just(Some(30))],
    ) {
        let held = (0..limits::BLOCK_LIST_CAPACITY - shortage)
            .map(|number| domain(format!("held{number}.example"), expirations[number % 8]));
        let mut model = Model::blocking(held);
        let mut objects: Vec<Object> = domains(new);
        objects.extend((0..again).map(|number| object(1_000 + number, "FQDN", format!("held{}.example", number * 7))));
        objects.sort_by_key(|object| (object.key * 31) % 97);
        let list = List::Block { scan_action: Some(ScanAction::Block), risk: RiskRule::Score, days_to_expiration: expiration };
        let configuration = configuration(list, SchemeHandling::Http);
        let told = run_with(configuration.clone(), comparing(), objects.clone(), &mut model);

        let mut expected: BTreeSet<String> = model.block.values().into_iter().map(str::to_owned).collect();
        let pushed = run_with(configuration, sparing(u64::MAX), objects, &mut model);
        prop_assert_eq!(pushed.held(), [(Some("domain"), model.block.entries.len())]);
        let accepted = pushed.outcomes.values().filter(|outcome| outcome.verdict == Verdict::Accepted);
        expected.extend(accepted.map(|outcome| outcome.submissions[0].value.to_string()));
        for value in model.block.values() {
            expected.remove(value);
        }
        let evicted: BTreeSet<String> = told.evicted().into_iter().map(str::to_owned).collect();
        prop_assert_eq!(evicted.len(), told.evictions.len());
        prop_assert_eq!(evicted, expected);
    }
}
