//! An action as it should be, for a service that works by tasks: gives a command for each object, reports it as pending with the id
//! of its task, asks about all tasks that are due in one request, and reports what became of them with outputs and a file. An object
//! that an earlier attempt may have sent is looked for first.
//!
//! The service: `POST /commands` with `{"value":"…","key":"…"}` answers with the id of a task. `GET /commands/KEY` answers with the id
//! of the task of an earlier command. `GET /tasks?ids=1,2` answers with a line for each task: id, status, and details.

#[allow(unsafe_code, unreachable_pub, missing_docs, rust_2018_idioms, clippy::all, clippy::restriction)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "palisade:action/resuming-bundle",
        generate_all,
    });

    use super::Component;
    export!(Component);
}

use bindings::exports::palisade::action::{action, continuation};
use bindings::palisade::action::model::{
    Attribute, Download, Offered, Outcome, Pending, Reason, Submission, Value, Verdict,
};
use bindings::palisade::action::{circumstances, collection, results};
use bindings::wasi::http::outgoing_handler;
use bindings::wasi::http::types::{Fields, IncomingBody, Method, OutgoingBody, OutgoingRequest, Scheme};

/// The service.
const HOST: &str = "api.xdr.trendmicro.com";
/// Objects of one page: small, so that a run has several.
const PAGE: u32 = 5;

struct Component;

impl action::Guest for Component {
    fn run(_action_id: String, _configuration: Vec<Attribute>) -> Result<(), action::RunError> {
        pages(|page| page.iter().for_each(|offered| results::record(&[begin(offered)])));
        Ok(())
    }
}

impl continuation::Guest for Component {
    fn resume(_action_id: String, _configuration: Vec<Attribute>) -> Result<(), action::RunError> {
        pages(|page| results::record(&ask(page)));
        Ok(())
    }
}

fn pages(each: impl Fn(&[Offered])) {
    loop {
        let page = collection::next(PAGE);
        if page.is_empty() {
            return;
        }
        each(&page);
    }
}

/// Gives the command for an object, unless that was done before.
fn begin(offered: &Offered) -> Outcome {
    let value = &offered.object.value;
    let key = &offered.idempotency_key;
    let known = offered.uncertain.then(|| request(&Method::Get, &format!("/commands/{key}"), "")).flatten();
    let (task, status) = match known {
        Some((200, task)) => (Some(task), 200),
        _ => {
            let mark = circumstances::mark().unwrap_or_default();
            let body = format!(r#"{{"value":"{value}","key":"{key}","mark":"{mark}"}}"#);
            match request(&Method::Post, "/commands", &body) {
                Some((202, task)) => (Some(task), 202),
                Some((status, _)) => (None, status),
                None => (None, 0),
            }
        }
    };
    let submission = Submission {
        field: "value".to_owned(),
        value: value.clone(),
        status: Some(status),
        attempts: 1,
        duplicate_of: None,
        comparison: None,
    };
    let verdict = match task {
        Some(ref task) => waits(task, "queued", value),
        None => Verdict::Failed(reason("not-taken", "the service did not accept the command")),
    };
    let outputs = task.map(|task| output("task", Value::Text(task)));
    Outcome {
        key: offered.key,
        verdict,
        submissions: vec![submission],
        outputs: outputs.into_iter().collect(),
        downloads: Vec::new(),
    }
}

/// Asks about the tasks of a page.
fn ask(page: &[Offered]) -> Vec<Outcome> {
    let task =
        |offered: &Offered| String::from_utf8(offered.state.clone().unwrap_or_default()).unwrap_or_default();
    let ids: Vec<String> = page.iter().map(task).collect();
    let answer = request(&Method::Get, &format!("/tasks?ids={}", ids.join(",")), "");
    let lines = answer.filter(|(status, _)| *status == 200).map(|(_, lines)| lines).unwrap_or_default();
    let outcome = |(offered, id): (&Offered, &String)| {
        let line = lines.lines().find_map(|line| line.strip_prefix(&format!("{id} ")));
        let mut words = line.unwrap_or_default().split(' ');
        let (status, details) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
        let (verdict, outputs, downloads) = match status {
            "succeeded" => {
                let outputs = vec![
                    output("status", Value::Text(status.to_owned())),
                    output("tries", Value::Integer(1)),
                    output("token", Value::Text("for-nobody-else".to_owned())),
                ];
                (Verdict::Accepted, outputs, download(id, &details).into_iter().collect())
            }
            "failed" => {
                let problem = reason("task-failed", &format!("the service reported: {}", details.join(" ")));
                (Verdict::Rejected(problem), Vec::new(), Vec::new())
            }
            other => (waits(id, other, &offered.object.value), Vec::new(), Vec::new()),
        };
        Outcome { key: offered.key, verdict, submissions: Vec::new(), outputs, downloads }
    };
    page.iter().zip(&ids).map(outcome).collect()
}

/// The file of a task: `URL SIZE SHA256`.
fn download(task: &str, details: &[&str]) -> Option<Download> {
    let [url, size, sha256] = details else { return None };
    Some(Download {
        url: (*url).to_owned(),
        name: format!("{task}.zip"),
        media_type: "application/zip".to_owned(),
        size: size.parse().ok(),
        digests: vec![("sha-256".to_owned(), (*sha256).to_owned())],
        expires: None,
        password: Some("infected".to_owned()),
        renew: Some(task.as_bytes().to_vec()),
    })
}

/// An object that waits. The service never finishes one whose value begins with `never`.
fn waits(task: &str, status: &str, value: &str) -> Verdict {
    let message = format!("the task is {status}");
    Verdict::Pending(Pending {
        state: task.as_bytes().to_vec(),
        reason: reason(if status.is_empty() { "unknown" } else { status }, &message),
        poll_after: 200,
        give_up_after: value.starts_with("never").then_some(2_000),
    })
}

fn reason(code: &str, message: &str) -> Reason {
    Reason { code: code.to_owned(), message: message.to_owned() }
}

fn output(name: &str, value: Value) -> Attribute {
    Attribute { name: name.to_owned(), value }
}

/// The status and the body of an answer; nothing if there is none.
fn request(method: &Method, path: &str, body: &str) -> Option<(u16, String)> {
    let headers = Fields::from_list(&[("content-type".to_owned(), b"application/json".to_vec())]).ok()?;
    let request = OutgoingRequest::new(if body.is_empty() { Fields::new() } else { headers });
    request.set_method(method).ok()?;
    request.set_scheme(Some(&Scheme::Https)).ok()?;
    request.set_authority(Some(HOST)).ok()?;
    request.set_path_with_query(Some(path)).ok()?;
    let outgoing = request.body().ok()?;
    let answer = outgoing_handler::handle(request, None).ok()?;
    if !body.is_empty() {
        let stream = outgoing.write().ok()?;
        stream.blocking_write_and_flush(body.as_bytes()).ok()?;
    }
    OutgoingBody::finish(outgoing, None).ok()?;
    answer.subscribe().block();
    let response = answer.get()?.ok()?.ok()?;
    let incoming: IncomingBody = response.consume().ok()?;
    let stream = incoming.stream().ok()?;
    let mut text = Vec::new();
    while let Ok(part) = stream.blocking_read(64 * 1024) {
        text.extend(part);
    }
    Some((response.status(), String::from_utf8(text).ok()?))
}
