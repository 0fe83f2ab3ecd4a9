//! The administration calls, under `/_simulator/`: collections, faults, tokens, the shape of scores, and what was received.
//! They need no token, because only this machine can reach them; secrets are in none of their answers but in the requests
//! that were received.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use simulator_parts::Received;
use time::format_description::well_known::Rfc3339;

use crate::answer::Answer;
use crate::collection::Collection;
use crate::fault::{Change, Fault};
use crate::settings::ScoreShape;
use crate::state::Shared;

/// Where the paths of the administration begin.
pub(crate) const PREFIX: &str = "/_simulator/";

/// Answers a call.
pub(crate) fn answer(shared: &Shared, method: &Method, path: &str, body: &[u8]) -> Answer {
    let hash = path.strip_prefix("collections/").filter(|hash| !hash.is_empty());
    match (method.as_str(), path, hash) {
        ("GET", "state", _) => Answer::json(StatusCode::OK, &state(shared)),
        ("GET", "requests", _) => {
            let requests: Vec<Value> = shared.state().records.requests().map(received).collect();
            Answer::json(StatusCode::OK, &Value::Array(requests))
        }
        ("GET", "ca", _) => Answer::text(StatusCode::OK, shared.ca_pem.clone()),
        ("POST", "faults", _) => with(body, |fault: Fault| {
            shared.state().faults.inject(fault);
            Ok(())
        }),
        ("DELETE", "faults", _) => {
            shared.state().faults.clear();
            done()
        }
        ("POST", "changes", _) => {
            with(body, |change: Change| shared.state().change(&change).map_err(|error| error.to_string()))
        }
        ("POST", "score", _) => with(body, |shape: ScoreShape| {
            shared.state().settings.score = shape;
            Ok(())
        }),
        ("POST", "expire-tokens", _) => {
            shared.state().expire_tokens();
            done()
        }
        ("PUT", _, Some(hash)) => with(body, |value: Value| {
            let collection = Collection::read(value).map_err(|error| error.to_string())?;
            shared.state().collections.insert(hash.to_owned(), collection);
            Ok(())
        }),
        ("DELETE", _, Some(hash)) => {
            shared.state().collections.remove(hash);
            done()
        }
        _ => Answer::json(
            StatusCode::NOT_FOUND,
            &json!({"error": "there is no such administration call", "calls": [
                "GET state", "GET requests", "GET ca", "POST faults", "DELETE faults", "POST changes", "POST score",
                "POST expire-tokens", "PUT collections/HASH", "DELETE collections/HASH",
            ]}),
        ),
    }
}

fn with<T: serde::de::DeserializeOwned>(
    body: &[u8],
    done_with: impl FnOnce(T) -> Result<(), String>,
) -> Answer {
    let result = serde_json::from_slice(body).map_err(|error| error.to_string()).and_then(done_with);
    match result {
        Ok(()) => done(),
        Err(reason) => Answer::json(StatusCode::BAD_REQUEST, &json!({"error": reason})),
    }
}

fn done() -> Answer {
    Answer::json(StatusCode::OK, &json!({"done": true}))
}

fn state(shared: &Shared) -> Value {
    let state = shared.state();
    let collections: serde_json::Map<String, Value> =
        state.collections.iter().map(|(hash, collection)| (hash.clone(), collection.len().into())).collect();
    let faults: Vec<Value> =
        state.faults.list().map(|(fault, requests)| json!({"fault": fault, "requests": requests})).collect();
    json!({
        "collections": collections,
        "faults": faults,
        "score": state.settings.score,
        "requests": state.records.requests().count(),
    })
}

fn received(request: &Received) -> Value {
    let headers: Vec<Value> = request
        .headers
        .iter()
        .map(|(name, value)| json!([name.as_str(), String::from_utf8_lossy(value.as_bytes())]))
        .collect();
    json!({
        "number": request.number,
        "at": request.at.format(&Rfc3339).unwrap_or_default(),
        "method": request.method.as_str(),
        "path": request.path,
        "query": request.query,
        "host": request.host,
        "headers": headers,
        "body": String::from_utf8_lossy(&request.body),
        "status": request.status,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Settings;

    fn ask(shared: &Shared, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = answer(shared, &method.parse().unwrap(), path, body.to_string().as_bytes());
        (answer.status.as_u16(), serde_json::from_slice(&answer.body).unwrap())
    }

    #[test]
    fn every_call_does_what_it_says() {
        let shared = Shared::new(Settings::default(), String::new());
        shared.state().give_out("token".to_owned());
        for (method, path, body) in [
            ("PUT", "collections/abc", json!({"data": [{"id": 1}, {"id": 2}]})),
            ("PUT", "collections/other", json!([])),
            ("DELETE", "collections/other", json!(null)),
            ("POST", "changes", json!({"collection": "abc", "remove": [1], "add": [{"id": 3}, {"id": 4}]})),
            ("POST", "score", json!("object")),
            ("POST", "faults", json!({"effect": {"kind": "truncated"}})),
            ("POST", "expire-tokens", json!(null)),
        ] {
            assert_eq!(ask(&shared, method, path, &body), (200, json!({"done": true})), "{method} {path}");
        }
        let (_, state) = ask(&shared, "GET", "state", &json!(null));
        assert_eq!((&state["collections"], &state["score"]), (&json!({"abc": 3}), &json!("object")));
        assert_eq!(state["faults"][0]["fault"]["effect"]["kind"], "truncated");
        assert_eq!(shared.state().token("token"), Some(false));
        ask(&shared, "DELETE", "faults", &json!(null));
        assert_eq!(ask(&shared, "GET", "state", &json!(null)).1["faults"], json!([]));
    }

    #[test]
    fn what_is_not_understood_changes_nothing_and_is_told() {
        let shared = Shared::new(Settings::default(), String::new());
        for (method, path, body) in [
            ("PUT", "collections/abc", json!([{"value": "without a number"}])),
            ("POST", "changes", json!({"collection": "abc", "added": []})),
            ("POST", "score", json!("other")),
            ("POST", "faults", json!({"effect": {"kind": "other"}})),
        ] {
            let (status, answer) = ask(&shared, method, path, &body);
            assert!(status == 400 && answer["error"].is_string(), "{method} {path}: {answer}");
        }
        assert_eq!(ask(&shared, "PUT", "collections/", &json!([])).0, 404);
        assert_eq!(ask(&shared, "GET", "other", &json!(null)).0, 404);
        assert_eq!(ask(&shared, "GET", "state", &json!(null)).1["collections"], json!({}));
    }
}
