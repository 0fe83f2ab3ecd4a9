//! A run against a service that is a function, or a model of one, in a time that is a number; it checks the contract's
//! rules as it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::configuration::{Configuration, List, RiskRule, SchemeHandling};
use crate::contract::{
    Comparison, Eviction, Holding, Level, Message, Object, Outcome, Stop, Submission, Verdict,
};
use crate::item::{Field, ScanAction};
use crate::limits;
use crate::session::{Arrival, Circumstances, RequestNumber, Session, Step};

pub(super) const ACCEPTED: u16 = 201;

/// The wall clock at the start of every run.
pub(super) const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

pub(super) fn configuration(list: List, scheme_handling: SchemeHandling) -> Configuration {
    Configuration { api_host: "api.example.com".to_owned(), scheme_handling, list }
}

pub(super) fn block_list() -> Configuration {
    let list = List::Block {
        scan_action: Some(ScanAction::Block),
        risk: RiskRule::Score,
        days_to_expiration: Some(30),
    };
    configuration(list, SchemeHandling::Http)
}

pub(super) fn exception_list() -> Configuration {
    configuration(List::Exceptions, SchemeHandling::Http)
}

pub(super) fn circumstances() -> Circumstances {
    Circumstances {
        dry_run: false,
        compare: false,
        most_evictions: None,
        started: NOW,
        page_objects: 1_000,
        concurrent_requests: 4,
        request_body_bytes: 1 << 20,
        run: Duration::from_secs(900),
    }
}

pub(super) fn comparing() -> Circumstances {
    Circumstances { dry_run: true, compare: true, ..circumstances() }
}

pub(super) fn sparing(most_evictions: u64) -> Circumstances {
    Circumstances { most_evictions: Some(most_evictions), ..circumstances() }
}

pub(super) fn object(key: u64, subtype: &str, value: impl Into<String>) -> Object {
    Object {
        key,
        kind: "Indicator".to_owned(),
        subtype: subtype.to_owned(),
        value: value.into(),
        ..Object::default()
    }
}

pub(super) fn domains(count: u64) -> Vec<Object> {
    (0..count).map(|key| object(key, "FQDN", format!("n{key}.example.com"))).collect()
}

pub(super) fn value_of(item: &Value) -> String {
    identifier_of(item).1
}

/// The name and the value of an item's identifier.
pub(super) fn identifier_of(item: &Value) -> (Field, String) {
    let found = Field::ALL.into_iter().find_map(|field| Some((field, item[field.name()].as_str()?)));
    let (field, value) = found.unwrap();
    (field, value.to_owned())
}

/// What a run talks to.
pub(super) trait Service {
    /// Answers a batch: the number of the request, from 0, and its items; `None` is no answer ever.
    fn take(&mut self, request: usize, items: &[Value]) -> Option<Arrival>;

    /// Answers a request for a page.
    fn page(&mut self, path_and_query: &str, filter: &str) -> Option<Arrival>;
}

/// A service whose lists nobody reads.
struct Unread<F>(F);

impl<F: FnMut(usize, &[Value]) -> Option<Arrival>> Service for Unread<F> {
    fn take(&mut self, request: usize, items: &[Value]) -> Option<Arrival> {
        self.0(request, items)
    }

    fn page(&mut self, path_and_query: &str, _filter: &str) -> Option<Arrival> {
        panic!("reads {path_and_query}")
    }
}

/// A 207 with these statuses.
pub(super) fn multi(statuses: impl IntoIterator<Item = u16>) -> Arrival {
    let entries: Vec<Value> = statuses
        .into_iter()
        .map(|status| match status {
            200..=299 => json!({"status": status}),
            _ => json!({"status": status, "body": {"error": {"code": "Code", "message": "words"}}}),
        })
        .collect();
    whole(207, &json!(entries))
}

pub(super) fn whole(status: u16, body: &Value) -> Arrival {
    Arrival::Answer { status, body: body.to_string().into_bytes() }
}

pub(super) fn error(status: u16) -> Arrival {
    whole(status, &json!({"error": {"code": "Code", "message": "words"}}))
}

/// What a proxy answers.
pub(super) fn page(status: u16) -> Arrival {
    let body = format!("<html><head><title>{status} Blocked</title></head><body><h1>No</h1></body></html>");
    Arrival::Answer { status, body: body.into_bytes() }
}

pub(super) fn over_maximum() -> Arrival {
    whole(
        400,
        &json!({"error": {"code": "BadRequest", "message": "The number of objects exceeds the maximum limit."}}),
    )
}

/// What a run did.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) outcomes: BTreeMap<u64, Outcome>,
    pub(super) requests: Vec<Vec<Value>>,
    /// Path with query, and filter, of every request for a page.
    pub(super) pages: Vec<(String, String)>,
    pub(super) evictions: Vec<Eviction>,
    /// Every report of what the list holds.
    pub(super) holdings: Vec<Vec<Holding>>,
    pub(super) messages: Vec<Message>,
    pub(super) offered: BTreeSet<u64>,
    pub(super) most_in_flight: usize,
    pub(super) time: Duration,
    pub(super) result: Option<Result<(), Stop>>,
}

impl Run {
    pub(super) fn verdict(&self, key: u64) -> (&'static str, &'static str) {
        match &self.outcomes[&key].verdict {
            Verdict::Accepted => ("accepted", ""),
            Verdict::Planned => ("planned", ""),
            Verdict::Skipped(problem) => ("skipped", problem.code),
            Verdict::Rejected(problem) => ("rejected", problem.code),
            Verdict::Failed(problem) => ("failed", problem.code),
            Verdict::Pending(pending) => ("pending", pending.reason.code),
        }
    }

    pub(super) fn counts(&self) -> BTreeMap<(&'static str, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for key in self.outcomes.keys() {
            *counts.entry(self.verdict(*key)).or_default() += 1;
        }
        counts
    }

    pub(super) fn comparison(&self, key: u64) -> &Comparison {
        self.submission(key).comparison.as_ref().unwrap()
    }

    pub(super) fn evicted(&self) -> Vec<&str> {
        self.evictions.iter().map(|eviction| eviction.value.as_str()).collect()
    }

    /// The last report of what the list holds: type, or nothing for all, and entries.
    pub(super) fn held(&self) -> Vec<(Option<&'static str>, usize)> {
        let last = self.holdings.last().into_iter().flatten();
        last.map(|holding| (holding.field, holding.entries)).collect()
    }

    pub(super) fn warnings(&self) -> Vec<&str> {
        let warnings = self.messages.iter().filter(|message| message.level == Level::Warn);
        warnings.map(|message| message.text.as_str()).collect()
    }

    pub(super) fn stop(&self) -> &Stop {
        self.result.as_ref().unwrap().as_ref().unwrap_err()
    }

    pub(super) fn submission(&self, key: u64) -> &Submission {
        &self.outcomes[&key].submissions[0]
    }
}

/// A request that waits for its answer, by its place among those of its kind.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Batch(usize),
    Page(usize),
}

/// Runs to the end, against a service whose lists nobody reads. It gets the number of the request, from 0, and its items;
/// `None` is no answer ever.
pub(super) fn run(
    configuration: Configuration,
    circumstances: Circumstances,
    objects: Vec<Object>,
    service: impl FnMut(usize, &[Value]) -> Option<Arrival>,
) -> Run {
    run_with(configuration, circumstances, objects, Unread(service))
}

/// Runs to the end. The newest request is answered first, so that answers never come in the order of their requests.
pub(super) fn run_with(
    configuration: Configuration,
    circumstances: Circumstances,
    objects: Vec<Object>,
    mut service: impl Service,
) -> Run {
    let maximum = match configuration.list {
        List::Block { .. } => 1_000,
        List::Exceptions => 100,
    };
    let mut session = Session::new(configuration, circumstances);
    let mut run = Run::default();
    let mut objects = objects.into_iter();
    let mut in_flight: Vec<(RequestNumber, Asked)> = Vec::new();
    for _ in 0..200_000 {
        match session.step(run.time) {
            Step::NextPage(limit) => {
                let page: Vec<Object> = objects.by_ref().take(limit as usize).collect();
                run.offered.extend(page.iter().map(|object| object.key));
                session.page(page);
            }
            Step::Send { number, body } => {
                assert!(body.len() <= limits::BATCH_BYTES.min(circumstances.request_body_bytes));
                let items: Vec<Value> = serde_json::from_slice(&body).unwrap();
                assert!(!items.is_empty() && items.len() <= maximum);
                assert!(!circumstances.dry_run, "sends in a dry run");
                assert!(
                    !in_flight.iter().any(|(_, asked)| matches!(asked, Asked::Page(_))),
                    "sends before it has read"
                );
                in_flight.push((number, Asked::Batch(run.requests.len())));
                run.requests.push(items);
                run.most_in_flight = run.most_in_flight.max(in_flight.len());
            }
            Step::Read { number, path_and_query, filter } => {
                assert!(
                    !in_flight.iter().any(|(_, asked)| matches!(asked, Asked::Batch(_))),
                    "reads while it sends"
                );
                in_flight.push((number, Asked::Page(run.pages.len())));
                run.pages.push((path_and_query, filter));
                run.most_in_flight = run.most_in_flight.max(in_flight.len());
            }
            Step::Evict(entries) => {
                assert!(!entries.is_empty() && entries.len() <= limits::REPORTED_OUTCOMES);
                run.evictions.extend(entries);
            }
            Step::Hold(lists) => {
                assert!(!lists.is_empty());
                run.holdings.push(lists);
            }
            Step::Record(outcomes) => {
                assert!(!outcomes.is_empty() && outcomes.len() <= limits::REPORTED_OUTCOMES);
                for outcome in outcomes {
                    assert!(run.offered.contains(&outcome.key), "never offered: {}", outcome.key);
                    let twice = run.outcomes.insert(outcome.key, outcome);
                    assert_eq!(twice, None, "reported twice");
                }
            }
            Step::Tell(message) => run.messages.push(message),
            Step::Wait(until) => {
                run.time += Duration::from_millis(10);
                let answered = in_flight.iter().enumerate().rev().find_map(|(position, (_, asked))| {
                    let arrival = match *asked {
                        Asked::Batch(request) => service.take(request, &run.requests[request]),
                        Asked::Page(page) => service.page(&run.pages[page].0, &run.pages[page].1),
                    };
                    Some((position, arrival?))
                });
                match (answered, until) {
                    (Some((position, arrival)), _) => {
                        session.arrived(in_flight.remove(position).0, arrival, run.time);
                    }
                    (None, Some(until)) => run.time = run.time.max(until),
                    (None, None) => panic!("waits for ever"),
                }
            }
            Step::End(result) => {
                // Where the host ends the run, it reports what was not sent.
                if !matches!(&result, Err(stop) if stop.problem.code == "run-ended") {
                    assert_eq!(run.outcomes.keys().copied().collect::<BTreeSet<_>>(), run.offered);
                }
                if result.is_ok() {
                    assert_eq!(objects.next(), None);
                }
                run.result = Some(result);
                return run;
            }
        }
    }
    panic!("does not end");
}

pub(super) fn all_accepted(_: usize, items: &[Value]) -> Option<Arrival> {
    Some(multi(items.iter().map(|_| ACCEPTED)))
}
