//! The administration calls, under `/_simulator/` on every listener: what the simulator holds and received, faults, settings,
//! reset, clock and the authority's certificate. They need no key, because only this machine can reach them; keys are never
//! in their answers except in the headers of requests that were received.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use simulator_parts::Received;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::identifier::Kind;
use crate::listing::{exception_json, object_json};
use crate::seed::{self, Seed};
use crate::settings::NeverExpires;
use crate::state::Shared;
use crate::tasks::Decision;

/// Where the paths of the administration begin.
pub(crate) const PREFIX: &str = "/_simulator/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    id: String,
    decision: Decision,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    /// Puts it forward.
    #[serde(default)]
    advance_seconds: u32,
    /// Sets it to a time.
    #[serde(default, with = "time::serde::rfc3339::option")]
    set: Option<OffsetDateTime>,
    /// Stops it, or lets it run.
    #[serde(default)]
    frozen: Option<bool>,
}

/// Answers a call.
pub(crate) fn answer(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Answer {
    match (method.as_str(), path.strip_prefix(PREFIX).unwrap_or_default()) {
        ("GET", "state") => Answer::json(StatusCode::OK, &state(shared)),
        ("GET", "requests") => {
            let requests: Vec<Value> = shared.state().records.requests().map(received).collect();
            Answer::json(StatusCode::OK, &Value::Array(requests))
        }
        ("GET", "faults") => Answer::json(StatusCode::OK, &faults(shared)),
        ("POST", "faults") => inject(shared, body),
        ("DELETE", "faults") => {
            shared.state().faults.clear();
            done()
        }
        ("POST", "seed") => match serde_json::from_slice::<Seed>(body) {
            Ok(seed) => match seed::sow(shared, seed) {
                Ok(()) => done(),
                Err(error) => refused(&error.to_string()),
            },
            Err(error) => refused(&error.to_string()),
        },
        ("GET", "tasks") => Answer::json(StatusCode::OK, &tasks(shared).into()),
        ("POST", "tasks") => match serde_json::from_slice(body) {
            Ok(Decided { id, decision }) => {
                let now = shared.now();
                if shared.state().holdings.tasks.decide(&id, decision, now) {
                    done()
                } else {
                    refused("there is no such task that has not ended")
                }
            }
            Err(error) => refused(&error.to_string()),
        },
        ("GET", "plans") => Answer::json(StatusCode::OK, &plans(shared)),
        ("POST", "plans") => plan(shared, body),
        ("DELETE", "plans") => {
            shared.state().holdings.tasks.plans.clear();
            done()
        }
        ("POST", "analyses") => match one_or_more(body) {
            Ok(analyses) => {
                let mut state = shared.state();
                analyses.into_iter().for_each(|analysis| state.holdings.sandbox.plan(analysis));
                done()
            }
            Err(error) => refused(&error.to_string()),
        },
        ("GET", "settings") => Answer::json(StatusCode::OK, &json!(*shared.settings())),
        ("POST", "settings") => change(shared, body),
        ("POST", "clock") => match serde_json::from_slice(body) {
            Ok(Clock { advance_seconds, set, frozen }) => {
                if let Some(frozen) = frozen {
                    shared.clock.freeze(frozen);
                }
                if let Some(now) = set {
                    shared.clock.set(now);
                }
                shared.clock.advance(advance_seconds);
                done()
            }
            Err(error) => refused(&error.to_string()),
        },
        ("POST", "reset") => {
            shared.reset();
            done()
        }
        ("GET", "ca") => Answer::text(StatusCode::OK, shared.ca_pem.clone()),
        _ => Answer::json(
            StatusCode::NOT_FOUND,
            &json!({"error": "there is no such administration call", "calls": [
                "GET state", "GET requests", "GET faults", "POST faults", "DELETE faults", "GET settings",
                "POST settings", "POST clock", "POST reset", "GET ca", "POST seed", "GET tasks", "POST tasks",
                "GET plans", "POST plans", "DELETE plans", "POST analyses",
            ]}),
        ),
    }
}

fn done() -> Answer {
    Answer::json(StatusCode::OK, &json!({"done": true}))
}

fn refused(reason: &str) -> Answer {
    Answer::json(StatusCode::BAD_REQUEST, &json!({"error": reason}))
}

/// One or several of a thing, or why the body is neither.
fn one_or_more<T: DeserializeOwned>(body: &[u8]) -> Result<Vec<T>, serde_json::Error> {
    if body.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(body)
    } else {
        serde_json::from_slice(body).map(|one| vec![one])
    }
}

fn inject(shared: &Shared, body: &[u8]) -> Answer {
    let faults: Vec<Fault> = match one_or_more(body) {
        Ok(faults) => faults,
        Err(error) => return refused(&error.to_string()),
    };
    let mut state = shared.state();
    for fault in faults {
        if let Err(error) = state.faults.inject(fault) {
            return refused(&error.to_string());
        }
    }
    done()
}

fn plan(shared: &Shared, body: &[u8]) -> Answer {
    match one_or_more(body) {
        Ok(plans) => {
            let mut state = shared.state();
            plans.into_iter().for_each(|plan| state.holdings.tasks.plans.add(plan));
            done()
        }
        Err(error) => refused(&error.to_string()),
    }
}

fn plans(shared: &Shared) -> Value {
    let state = shared.state();
    state.holdings.tasks.plans.list().map(|(plan, uses)| json!({"plan": plan, "uses": uses})).collect()
}

/// The tasks as the service shows them, without their archives.
pub(crate) fn tasks(shared: &Shared) -> Vec<Value> {
    let (settings, now) = (shared.settings(), shared.now());
    shared.settle();
    let partial = settings.tasks.partial.status();
    let mut state = shared.state();
    let tasks = state.holdings.tasks.all_mut();
    tasks.map(|task| Value::Object(task.json(now, partial, task.action))).collect()
}

fn change(shared: &Shared, body: &[u8]) -> Answer {
    let patch: Value = match serde_json::from_slice(body) {
        Ok(patch @ Value::Object(_)) => patch,
        Ok(_) => return refused("the settings are no object"),
        Err(error) => return refused(&error.to_string()),
    };
    let outcome = shared.change(|settings| match settings.patched(patch) {
        Ok(patched) => {
            *settings = patched;
            Ok(json!(settings))
        }
        Err(error) => Err(error.to_string()),
    });
    match outcome {
        Ok(settings) => Answer::json(StatusCode::OK, &settings),
        Err(reason) => refused(&reason),
    }
}

fn faults(shared: &Shared) -> Value {
    shared
        .state()
        .faults
        .list()
        .map(|(fault, requests)| json!({"fault": fault, "requests": requests}))
        .collect()
}

fn state(shared: &Shared) -> Value {
    let now = shared.now();
    let tasks = tasks(shared);
    let mut state = shared.state();
    let state = &mut *state;
    let holdings = &state.holdings;
    let lists = &mut state.lists;
    lists.suspicious.expire(now);
    let patterns = lists.exceptions.patterns();
    let objects: Vec<Value> = lists
        .suspicious
        .objects()
        .map(|object| object_json(object, &lists.exceptions, &patterns, NeverExpires::FarFuture))
        .collect();
    let exceptions: Vec<Value> = lists.exceptions.exceptions().map(exception_json).collect();
    json!({
        "now": now.format(&Rfc3339).unwrap_or_default(),
        "frozen": shared.clock.is_frozen(),
        "suspiciousObjects": {
            "count": objects.len(),
            "byType": by_type(lists.suspicious.objects().map(|object| object.kind)),
            "items": objects,
        },
        "suspiciousObjectExceptions": {
            "count": exceptions.len(),
            "byType": by_type(lists.exceptions.exceptions().map(|exception| exception.kind)),
            "items": exceptions,
        },
        "endpoints": holdings.endpoints,
        "messages": holdings.messages,
        "accounts": holdings.accounts,
        "scripts": holdings.scripts,
        "alerts": holdings.alerts,
        "tasks": tasks,
        "commands": holdings.commands,
        "requests": state.records.requests().count(),
    })
}

fn by_type(kinds: impl Iterator<Item = Kind>) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<_, _> = Kind::ALL.into_iter().map(|kind| (kind.name(), 0)).collect();
    for kind in kinds {
        *counts.entry(kind.name()).or_default() += 1;
    }
    counts
}

fn received(request: &Received) -> Value {
    let headers: Vec<Value> = request
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    let body = request.json().unwrap_or_else(|| String::from_utf8_lossy(&request.body).into());
    json!({
        "number": request.number,
        "at": request.at.format(&Rfc3339).unwrap_or_default(),
        "method": request.method.as_str(),
        "path": request.path,
        "query": request.query,
        "host": request.host,
        "version": format!("{:?}", request.version),
        "tls": request.tls,
        "headers": headers,
        "bytes": request.body.len(),
        "body": body,
        "status": request.status,
        "refusals": request.refusals,
    })
}
