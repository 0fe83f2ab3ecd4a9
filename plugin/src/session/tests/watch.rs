//! Tests of pushes while others write to the same list.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::harness::*;
use super::model::Model;
use crate::contract::{Object, Verdict};
use crate::limits;
use crate::session::{Arrival, Circumstances, RequestNumber, Session, Step};

fn named(name: &str, count: usize) -> Vec<Value> {
    (0..count).map(|number| blocked(format!("{name}{number}.example"))).collect()
}

fn blocked(value: String) -> Value {
    json!({"domain": value, "daysToExpiration": 10, "scanAction": "block"})
}

fn held(count: usize) -> Model {
    Model::blocking(named("held", count))
}

fn left(model: &Model, name: &str) -> usize {
    model.block.values().iter().filter(|value| value.starts_with(name)).count()
}

/// The service, and somebody else who adds entries when the run asks for a page or sends a batch.
struct Beside<'a> {
    model: &'a mut Model,
    /// The call before which they are added.
    before: usize,
    /// How many there are.
    count: fn(room: usize) -> usize,
    calls: usize,
}

impl<'a> Beside<'a> {
    fn new(model: &'a mut Model, before: usize, count: fn(usize) -> usize) -> Self {
        Self { model, before, count, calls: 0 }
    }

    fn called(&mut self) {
        if self.calls == self.before {
            let room = limits::BLOCK_LIST_CAPACITY - self.model.block.entries.len();
            self.model.take(0, &named("other", (self.count)(room)));
        }
        self.calls += 1;
    }
}

impl Service for Beside<'_> {
    fn take(&mut self, request: usize, items: &[Value]) -> Option<Arrival> {
        self.called();
        self.model.take(request, items)
    }

    fn page(&mut self, path_and_query: &str, filter: &str) -> Option<Arrival> {
        self.called();
        self.model.page(path_and_query, filter)
    }
}

#[test]
fn what_others_add_after_the_list_was_read_is_not_pushed_out() {
    let all = |room: usize| room;
    let half = |room: usize| room / 2;
    // While it is read, right after that, and after each batch, all the room that is left; at any moment, half of it.
    let full = [1, 20, 44, 45, 47, 51, 54].map(|before| (before, all as fn(usize) -> usize));
    let halves = (44..57).map(|before| (before, half as fn(usize) -> usize));
    for (before, count) in full.into_iter().chain(halves) {
        let mut model = held(9_000);
        let service = Beside::new(&mut model, before, count);
        let result = run_with(block_list(), sparing(0), domains(900), service);
        assert_eq!(left(&model, "held"), 9_000, "{before}");
        let accepted = result.counts().get(&("accepted", "")).copied().unwrap_or_default();
        assert_eq!(left(&model, "n"), accepted, "{before}: what is reported is there");
        assert!(model.block.entries.len() <= limits::BLOCK_LIST_CAPACITY);
        assert_eq!(left(&model, "other"), model.block.entries.len() - 9_000 - accepted, "{before}");
        if let Some(Err(stop)) = &result.result {
            assert_eq!(stop.problem.code, "would-evict");
            let has_pushed = !result.requests.is_empty();
            assert_eq!(stop.hint.contains("another writer"), has_pushed, "{before}: {}", stop.hint);
            assert!(!result.evictions.is_empty());
        } else {
            assert_eq!(accepted, 900, "{before}");
        }
    }
}

#[test]
fn only_the_newest_entries_are_read_again() {
    let mut model = held(9_000);
    let result = run_with(block_list(), sparing(0), domains(900), &mut model);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 900)]));
    let sizes: Vec<usize> = result.requests.iter().map(Vec::len).collect();
    assert_eq!(sizes, [500, 250, 125, 25]);
    // 45 before anything is sent; then one, and one more for each 200 that were sent since.
    assert_eq!(result.pages.len(), 45 + 1 + 3 + 2 + 1);
    assert_eq!(model.block.entries.len(), 9_900);
}

#[test]
fn a_list_with_room_is_read_once_and_filled_with_several_requests_at_once() {
    let result = run_with(block_list(), sparing(0), domains(4_000), &mut held(4_000));
    assert_eq!((result.pages.len(), result.requests.len(), result.most_in_flight), (20, 4, 4));
    let mut model = Model::default();
    let result = run_with(block_list(), sparing(0), domains(10_000), &mut model);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 10_000)]));
    let sizes: Vec<usize> = result.requests.iter().map(Vec::len).collect();
    assert_eq!(sizes[..9], [1_000; 9]);
    assert_eq!(sizes[9..], [500, 250, 125, 100, 25]);
    assert_eq!(result.most_in_flight, 4);
}

#[test]
fn evictions_that_are_allowed_stay_within_their_number() {
    let mut model = held(9_800);
    let service = Beside::new(&mut model, 49, |_| 100);
    let result = run_with(block_list(), sparing(150), domains(300), service);
    assert_eq!(result.stop().problem.code, "would-evict");
    assert!(
        result.stop().problem.message.contains("remove 200 of its objects"),
        "{}",
        result.stop().problem.message
    );
    assert_eq!((left(&model, "held"), result.requests.len()), (9_800, 0));
    let mut model = held(9_800);
    let service = Beside::new(&mut model, 49, |_| 40);
    let result = run_with(block_list(), sparing(150), domains(300), service);
    assert_eq!(result.counts(), BTreeMap::from([(("accepted", ""), 300)]));
    assert_eq!((left(&model, "held") + left(&model, "other"), result.evictions.len()), (9_700, 140));
}

#[test]
fn a_list_that_cannot_be_read_again_stops_the_run() {
    struct Failing<'a>(&'a mut Model, usize);
    impl Service for Failing<'_> {
        fn take(&mut self, request: usize, items: &[Value]) -> Option<Arrival> {
            self.0.take(request, items)
        }

        fn page(&mut self, path_and_query: &str, filter: &str) -> Option<Arrival> {
            self.1 += 1;
            if self.1 > 46 { Some(error(503)) } else { self.0.page(path_and_query, filter) }
        }
    }
    let mut model = held(9_000);
    let result = run_with(block_list(), sparing(0), domains(900), Failing(&mut model, 0));
    assert_eq!(result.stop().problem.code, "list-unreadable");
    assert!(!result.stop().hint.contains("nothing was sent"));
    assert_eq!(
        result.counts(),
        BTreeMap::from([(("accepted", ""), 500), (("failed", "list-unreadable"), 400)])
    );
}

/// One of two runs that push to the same list.
struct Party {
    session: Session,
    objects: std::vec::IntoIter<Object>,
    in_flight: Vec<(RequestNumber, Asked)>,
    time: Duration,
    accepted: usize,
    is_over: bool,
}

enum Asked {
    Batch(Vec<Value>),
    Page(String, String),
}

impl Party {
    fn new(name: &str, count: u64, circumstances: Circumstances) -> Self {
        let objects = (0..count).map(|key| object(key, "FQDN", format!("{name}{key}.example")));
        Self {
            session: Session::new(block_list(), circumstances),
            objects: objects.collect::<Vec<_>>().into_iter(),
            in_flight: Vec::new(),
            time: Duration::ZERO,
            accepted: 0,
            is_over: false,
        }
    }

    /// Does one step; a request reaches the service while its sender waits for it.
    fn step(&mut self, mut model: &mut Model) {
        match self.session.step(self.time) {
            Step::NextPage(limit) => self.session.page(self.objects.by_ref().take(limit as usize).collect()),
            Step::Send { number, body } => {
                self.in_flight.push((number, Asked::Batch(serde_json::from_slice(&body).unwrap())));
            }
            Step::Read { number, path_and_query, filter } => {
                self.in_flight.push((number, Asked::Page(path_and_query, filter)));
            }
            Step::Record(outcomes) => {
                let accepted = outcomes.iter().filter(|outcome| outcome.verdict == Verdict::Accepted);
                self.accepted += accepted.count();
            }
            Step::Wait(until) => {
                self.time += Duration::from_millis(10);
                if self.in_flight.is_empty() {
                    self.time = self.time.max(until.unwrap());
                } else {
                    let (number, asked) = self.in_flight.remove(0);
                    let arrival = match asked {
                        Asked::Batch(items) => model.take(0, &items),
                        Asked::Page(path, filter) => model.page(&path, &filter),
                    };
                    self.session.arrived(number, arrival.unwrap(), self.time);
                }
            }
            Step::Evict(_) | Step::Hold(_) | Step::Tell(_) => {}
            Step::End(_) => self.is_over = true,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn two_runs_at_once_evict_nothing(
        free in 500usize..2_000,
        counts in [200u64..1_500, 200u64..1_500],
        head_start in 0usize..160,
        rhythm in proptest::collection::vec(any::<bool>(), 8),
    ) {
        prop_assume!(counts.iter().all(|count| *count <= free as u64));
        let held_count = limits::BLOCK_LIST_CAPACITY - free;
        let mut model = held(held_count);
        let [mut first, mut second] = [("a", counts[0]), ("b", counts[1])]
            .map(|(name, count)| Party::new(name, count, sparing(0)));
        for _ in 0..head_start {
            first.step(&mut model);
        }
        for turn in rhythm.iter().cycle().take(100_000) {
            // Neither is more than one step ahead of the other.
            let order = if *turn { [&mut first, &mut second] } else { [&mut second, &mut first] };
            for party in order {
                if !party.is_over {
                    party.step(&mut model);
                }
            }
        }
        prop_assert!(first.is_over && second.is_over);
        prop_assert_eq!(left(&model, "held"), held_count);
        prop_assert_eq!((left(&model, "a"), left(&model, "b")), (first.accepted, second.accepted));
    }
}
