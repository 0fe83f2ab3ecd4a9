use std::collections::VecDeque;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::contract::Object;
use crate::response::resume::resume;

const GUID: &str = "35fa11da-a24e-40cf-8b56-baf8828cc1";

/// What the service does with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// It carries the commands out, and the answer is lost.
    AnswerLost,
    /// The request is lost on its way.
    RequestLost,
    Throttled,
    Status(u16),
    /// The task list cannot be read.
    TasksDown,
}

/// A service with tasks, and the host around the action.
struct Model {
    pages: VecDeque<Vec<Offered>>,
    outcomes: Vec<Outcome>,
    /// Each command's target and description.
    commands: Vec<(String, String)>,
    faults: VecDeque<Fault>,
    agents: Vec<(String, String)>,
    status: &'static str,
    requests: Vec<String>,
    tasks_down: bool,
}

impl Model {
    fn new(offered: Vec<Offered>) -> Self {
        Self {
            pages: offered.chunks(7).map(<[_]>::to_vec).collect(),
            outcomes: Vec::new(),
            commands: Vec::new(),
            faults: VecDeque::new(),
            agents: Vec::new(),
            status: "succeeded",
            requests: Vec::new(),
            tasks_down: false,
        }
    }

    fn task(&self, index: usize) -> Value {
        json!({ "id": format!("{index:08}"), "status": self.status, "description": self.commands[index].1, "action": "isolate" })
    }

    fn post(&mut self, body: &[u8]) -> Arrival {
        let fault = self.faults.pop_front().unwrap_or(Fault::None);
        self.tasks_down = fault == Fault::TasksDown;
        if fault == Fault::RequestLost {
            return Arrival::Lost("the connection was closed".to_owned());
        }
        if let Fault::Status(status) = fault {
            let body = json!({ "error": { "code": "X", "message": "X" } }).to_string().into_bytes();
            return Arrival::Answer { status, body };
        }
        let elements: Vec<Value> = serde_json::from_slice(body).unwrap();
        let answers: Vec<_> = elements
            .iter()
            .map(|element| {
                let target = element.get("agentGuid").or(element.get("endpointName")).unwrap().as_str().unwrap();
                if fault == Fault::Throttled {
                    return json!({ "status": 429, "body": { "error": { "code": "TooManyRequests", "message": "" } } });
                }
                self.commands.push((target.to_owned(), element["description"].as_str().unwrap().to_owned()));
                let address = format!("https://x/v3.0/response/tasks/{:08}", self.commands.len() - 1);
                json!({ "status": 202, "headers": [{ "name": "Operation-Location", "value": address }] })
            })
            .collect();
        if matches!(fault, Fault::AnswerLost | Fault::TasksDown) {
            return Arrival::Lost("the answer broke off".to_owned());
        }
        Arrival::Answer { status: 207, body: json!(answers).to_string().into_bytes() }
    }

    fn get(&self, path: &str, header: Option<&str>) -> Arrival {
        let answer = |body: Value| Arrival::Answer { status: 200, body: body.to_string().into_bytes() };
        if path.starts_with("/v3.0/eiqs/endpoints?") {
            let asked = header.unwrap();
            let agents = self.agents.iter().filter(|(name, _)| asked.contains(&format!("'{name}'")));
            let items =
                agents.map(|(name, guid)| json!({ "agentGuid": guid, "endpointName": { "value": name } }));
            return answer(json!({ "items": items.collect::<Vec<_>>() }));
        }
        if self.tasks_down {
            return Arrival::Answer { status: 503, body: b"{\"error\":{\"code\":\"X\"}}".to_vec() };
        }
        let tasks = (0..self.commands.len()).map(|index| self.task(index));
        if path.starts_with("/v3.0/response/tasks?") {
            let items = tasks.filter(|task| {
                let id = task["id"].as_str().unwrap();
                !path.contains("id%20eq") || path.contains(&format!("%27{id}%27"))
            });
            return answer(json!({ "items": items.collect::<Vec<_>>() }));
        }
        match tasks.into_iter().find(|task| path.ends_with(task["id"].as_str().unwrap())) {
            Some(task) => answer(task),
            None => Arrival::Answer { status: 404, body: b"{\"error\":{\"code\":\"NotFound\"}}".to_vec() },
        }
    }

    fn codes(&self) -> Vec<(u64, String)> {
        let code = |outcome: &Outcome| match &outcome.verdict {
            Verdict::Accepted => "accepted".to_owned(),
            Verdict::Planned => "planned".to_owned(),
            Verdict::Skipped(problem) | Verdict::Rejected(problem) | Verdict::Failed(problem) => {
                problem.code.to_owned()
            }
            Verdict::Pending(pending) => format!("pending {}", pending.reason.code),
        };
        let mut codes: Vec<_> = self.outcomes.iter().map(|outcome| (outcome.key, code(outcome))).collect();
        codes.sort();
        codes
    }
}

impl Service for Model {
    fn next(&mut self) -> Vec<Offered> {
        self.pages.pop_front().unwrap_or_default()
    }

    fn record(&mut self, outcomes: Vec<Outcome>) {
        self.outcomes.extend(outcomes);
    }

    fn ask(&mut self, request: ServiceRequest) -> Arrival {
        match request {
            ServiceRequest::Post { path, body } => {
                self.requests.push(format!("POST {path}"));
                self.post(&body)
            }
            ServiceRequest::Get { path_and_query, header } => {
                self.requests.push(format!("GET {path_and_query}"));
                self.get(&path_and_query, header.as_ref().map(|(_, value)| value.as_str()))
            }
        }
    }

    fn rest(&mut self, _: Duration) -> bool {
        true
    }

    fn now(&self) -> OffsetDateTime {
        datetime!(2026-01-31 12:00 UTC)
    }
}

fn endpoint(key: u64, value: String) -> Offered {
    let object =
        Object { key, kind: "Asset".to_owned(), subtype: "Endpoint".to_owned(), value, ..Object::default() };
    Offered { object, idempotency_key: format!("k{key}"), ..Offered::default() }
}

fn endpoints(count: u64) -> Vec<Offered> {
    (0..count).map(|key| endpoint(key, format!("{GUID}{key:02}"))).collect()
}

fn circumstances() -> ResponseCircumstances {
    ResponseCircumstances { dry_run: false, mark: Some("m".to_owned()), request_body_bytes: 1 << 20 }
}

fn isolate(model: &mut Model, circumstances: &ResponseCircumstances) -> Result<(), Stop> {
    let action = ResponseAction::find("isolate-endpoint").unwrap();
    run(action, &ResponseSettings::default(), circumstances, model)
}

/// Offers what waits again, as the host does.
fn resumed(model: &mut Model) {
    let waiting = model.outcomes.extract_if(.., |outcome| matches!(outcome.verdict, Verdict::Pending(_)));
    let offered = waiting.map(|outcome| {
        let Verdict::Pending(pending) = outcome.verdict else { panic!("not pending") };
        Offered { state: Some(pending.state), ..endpoint(outcome.key, String::new()) }
    });
    model.pages = VecDeque::from([offered.collect::<Vec<_>>()]);
    resume(ResponseAction::find("isolate-endpoint").unwrap(), model).unwrap();
}

#[test]
fn commands_wait_for_their_tasks_and_many_tasks_are_read_at_once() {
    let mut model = Model::new(endpoints(20));
    isolate(&mut model, &circumstances()).unwrap();
    assert!(model.codes().iter().all(|(_, code)| code == "pending queued"), "{:?}", model.codes());
    for (status, code) in [
        ("queued", "pending queued"),
        ("pendingApproval", "pending approval-at-service"),
        ("running", "pending running"),
        ("succeeded", "accepted"),
    ] {
        model.status = status;
        model.requests.clear();
        resumed(&mut model);
        assert_eq!(model.requests.len(), 1, "{:?}", model.requests);
        assert!(model.codes().iter().all(|(_, found)| found == code), "{:?}", model.codes());
    }
    assert_eq!(model.commands.len(), 20);
}

#[test]
fn a_dry_run_asks_for_names_and_sends_nothing() {
    let mut offered = endpoints(3);
    offered.push(endpoint(9, "client1".to_owned()));
    let mut model = Model::new(offered);
    model.agents = vec![("client1".to_owned(), format!("{GUID}99"))];
    isolate(&mut model, &ResponseCircumstances { dry_run: true, ..circumstances() }).unwrap();
    assert!(model.codes().iter().all(|(_, code)| code == "planned"), "{:?}", model.codes());
    assert!(
        model.requests.iter().all(|request| request.starts_with("GET /v3.0/eiqs")),
        "{:?}",
        model.requests
    );
}

#[test]
fn a_name_is_sent_as_its_agent_and_an_ambiguous_or_unknown_one_is_not_sent() {
    let names = ["client1", "twice", "nobody"];
    let offered = names.iter().zip(0..).map(|(name, key)| endpoint(key, (*name).to_owned()));
    let mut model = Model::new(offered.collect());
    model.agents = [("client1", "01"), ("twice", "02"), ("twice", "03")]
        .map(|(name, end)| (name.to_owned(), format!("{GUID}{end}")))
        .into();
    isolate(&mut model, &circumstances()).unwrap();
    let codes: Vec<_> = model.codes().into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["pending queued", "ambiguous", "target-not-found"]);
    assert_eq!(model.commands.len(), 1);
    assert_eq!(model.commands[0].0, format!("{GUID}01"));
}

#[test]
fn the_same_endpoint_twice_is_one_command_and_two_verdicts() {
    let mut offered = endpoints(2);
    offered.push(endpoint(8, format!("{GUID}00")));
    offered.extend((20..28).map(|key| endpoint(key, format!("{GUID}01"))));
    let mut model = Model::new(offered);
    isolate(&mut model, &circumstances()).unwrap();
    resumed(&mut model);
    assert_eq!(model.commands.len(), 2);
    assert_eq!(model.codes().len(), 11);
    assert!(model.codes().iter().all(|(_, code)| code == "accepted"), "{:?}", model.codes());
}

#[test]
fn a_command_whose_answer_was_lost_is_found_among_the_tasks() {
    let mut model = Model::new(endpoints(5));
    model.faults = VecDeque::from([Fault::AnswerLost]);
    isolate(&mut model, &circumstances()).unwrap();
    assert!(model.codes().iter().all(|(_, code)| code == "pending queued"), "{:?}", model.codes());
    assert_eq!(model.commands.len(), 5);
}

#[test]
fn a_command_of_unknown_fate_is_reported_as_that_and_ends_the_run_if_the_tasks_cannot_be_read() {
    let mut model = Model::new(endpoints(20));
    model.faults = VecDeque::from([Fault::TasksDown]);
    let stop = isolate(&mut model, &circumstances()).unwrap_err();
    assert_eq!(stop.problem.code, "no-answer");
    assert_eq!(model.codes().len(), 7);
    assert!(model.codes().iter().all(|(_, code)| code == "outcome-unknown"), "{:?}", model.codes());
    assert_eq!(model.requests.iter().filter(|request| request.starts_with("POST")).count(), 1);
}

#[test]
fn an_object_of_an_earlier_attempt_is_looked_for_before_anything_is_sent() {
    let mut first = Model::new(endpoints(4));
    isolate(&mut first, &circumstances()).unwrap();
    let again = endpoints(6).into_iter().map(|offered| Offered { uncertain: true, ..offered }).collect();
    let mut second = Model { commands: first.commands, ..Model::new(again) };
    isolate(&mut second, &circumstances()).unwrap();
    assert_eq!(second.commands.len(), 6, "two were not there yet");
    assert!(second.codes().iter().all(|(_, code)| code == "pending queued"), "{:?}", second.codes());
}

#[test]
fn throttled_commands_are_sent_again_and_given_up_at_last() {
    let mut model = Model::new(endpoints(2));
    model.faults = VecDeque::from(vec![Fault::Throttled; 2]);
    isolate(&mut model, &circumstances()).unwrap();
    assert_eq!(model.commands.len(), 2);
    let mut model = Model::new(endpoints(2));
    model.faults = VecDeque::from(vec![Fault::Throttled; 50]);
    isolate(&mut model, &circumstances()).unwrap();
    assert!(model.codes().iter().all(|(_, code)| code == "throttled"), "{:?}", model.codes());
    assert_eq!(model.requests.len(), limits::ITEM_ATTEMPTS as usize);
}

#[test]
fn a_task_that_is_gone_is_a_failure_and_a_list_that_cannot_be_read_is_none() {
    let mut model = Model::new(endpoints(1));
    isolate(&mut model, &circumstances()).unwrap();
    model.tasks_down = true;
    resumed(&mut model);
    assert_eq!(model.codes()[0].1, "pending tasks-unreadable");
    model.tasks_down = false;
    model.commands.clear();
    resumed(&mut model);
    assert_eq!(model.codes()[0].1, "task-not-found");
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        1 => Just(Fault::AnswerLost),
        1 => Just(Fault::RequestLost),
        1 => Just(Fault::Throttled),
        1 => Just(Fault::TasksDown),
        1 => prop::sample::select(vec![400, 403, 413, 429, 500, 504]).prop_map(Fault::Status),
    ]
}

proptest! {
    #[test]
    fn under_any_faults_each_command_is_carried_out_once_and_each_object_has_one_verdict(
        count in 0u64..40,
        faults in prop::collection::vec(fault(), 0..12),
    ) {
        let mut model = Model::new(endpoints(count));
        model.faults = faults.into();
        let ended = isolate(&mut model, &circumstances());
        let mut targets: Vec<_> = model.commands.iter().map(|(target, _)| target.clone()).collect();
        targets.sort();
        let all = targets.len();
        targets.dedup();
        prop_assert_eq!(targets.len(), all, "a command was carried out twice");
        let codes = model.codes();
        let keys: BTreeSet<_> = codes.iter().map(|(key, _)| *key).collect();
        prop_assert_eq!(keys.len(), codes.len(), "an object has two outcomes");
        if ended.is_ok() {
            prop_assert_eq!(codes.len() as u64, count);
        }
        // What was carried out is known to be, or known to be unknown; what is said to wait was carried out.
        for (key, code) in codes {
            let was_carried_out = model.commands.iter().any(|(target, _)| *target == format!("{GUID}{key:02}"));
            prop_assert!(if was_carried_out { code == "pending queued" || code == "outcome-unknown" } else { code != "pending queued" }, "{} {}", key, code);
        }
    }
}
