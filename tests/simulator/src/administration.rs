//! The administration calls, under `/_simulator/` on every listener: what the simulator holds and received, faults, settings,
//! reset, clock and the authority's certificate. They need no key, because only this machine can reach them; keys are never
//! in their answers except in the headers of requests that were received.

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use simulator_parts::Received;
use time::format_description::well_known::Rfc3339;

use crate::answer::Answer;
use crate::fault::Fault;
use crate::identifier::Kind;
use crate::listing::{exception_json, object_json};
use crate::settings::NeverExpires;
use crate::state::Shared;

/// Where the paths of the administration begin.
pub(crate) const PREFIX: &str = "/_simulator/";

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    More(Vec<Fault>),
    One(Box<Fault>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clock {
    advance_seconds: u32,
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
        ("GET", "settings") => Answer::json(StatusCode::OK, &json!(*shared.settings())),
        ("POST", "settings") => change(shared, body),
        ("POST", "clock") => match serde_json::from_slice(body) {
            Ok(Clock { advance_seconds }) => {
                shared.advance(advance_seconds);
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
                "POST settings", "POST clock", "POST reset", "GET ca",
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

fn inject(shared: &Shared, body: &[u8]) -> Answer {
    // An untagged enumeration says only that nothing fits; the reason is that of the shape which was meant.
    let faults = match serde_json::from_slice(body) {
        Ok(OneOrMore::More(faults)) => faults,
        Ok(OneOrMore::One(fault)) => vec![*fault],
        Err(_) => {
            let as_list = serde_json::from_slice::<Vec<Fault>>(body).err();
            let as_one = serde_json::from_slice::<Fault>(body).err();
            let is_list = body.trim_ascii_start().starts_with(b"[");
            let error = if is_list { as_list } else { as_one };
            return refused(&error.map_or_else(String::new, |error| error.to_string()));
        }
    };
    let mut state = shared.state();
    for fault in faults {
        if let Err(error) = state.faults.inject(fault) {
            return refused(&error.to_string());
        }
    }
    done()
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
    let mut state = shared.state();
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
