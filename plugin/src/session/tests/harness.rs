//! A run against a service that is a function, in a time that is a number; it checks the contract's rules as it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::configuration::{Configuration, List, RiskRule, SchemeHandling};
use crate::contract::{Message, Object, Outcome, Stop, Submission, Verdict};
use crate::item::ScanAction;
use crate::limits;
use crate::session::{Arrival, Circumstances, RequestNumber, Session, Step};

pub(super) const ACCEPTED: u16 = 201;

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
        page_objects: 1_000,
        concurrent_requests: 4,
        request_body_bytes: 1 << 20,
        run: Duration::from_secs(900),
    }
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
    let value = ["domain", "url", "ip"].iter().find_map(|field| item[field].as_str());
    value.unwrap().to_owned()
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
        }
    }

    pub(super) fn counts(&self) -> BTreeMap<(&'static str, &'static str), usize> {
        let mut counts = BTreeMap::new();
        for key in self.outcomes.keys() {
            *counts.entry(self.verdict(*key)).or_default() += 1;
        }
        counts
    }

    pub(super) fn submission(&self, key: u64) -> &Submission {
        &self.outcomes[&key].submissions[0]
    }
}

/// Runs to the end. The service gets the number of the request, from 0, and its items; `None` is no answer ever. The
/// newest request is answered first, so that answers never come in the order of their requests.
pub(super) fn run(
    configuration: Configuration,
    circumstances: Circumstances,
    objects: Vec<Object>,
    mut service: impl FnMut(usize, &[Value]) -> Option<Arrival>,
) -> Run {
    let maximum = match configuration.list {
        List::Block { .. } => 1_000,
        List::Exceptions => 100,
    };
    let mut session = Session::new(configuration, circumstances);
    let mut run = Run::default();
    let mut objects = objects.into_iter();
    let mut in_flight: Vec<(RequestNumber, usize)> = Vec::new();
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
                in_flight.push((number, run.requests.len()));
                run.requests.push(items);
                run.most_in_flight = run.most_in_flight.max(in_flight.len());
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
                let answered = in_flight.iter().enumerate().rev().find_map(|(position, (_, request))| {
                    Some((position, service(*request, &run.requests[*request])?))
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
                assert_eq!(run.outcomes.keys().copied().collect::<BTreeSet<_>>(), run.offered);
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
