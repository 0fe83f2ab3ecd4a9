//! Submitting files and URLs, and what is left of the quota. Every answer to a submission says it, the refusal too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use simulator_parts::Refused;
use time::Date;

use super::{Counts, Sandbox};
use crate::actions;
use crate::answer::{Answer, Family, ItemAnswer};
use crate::digest::Digests;
use crate::form::{self, Part};
use crate::limits::{SANDBOX_ARGUMENT_BYTES, SANDBOX_PASSWORD_BYTES, SANDBOX_URLS};
use crate::routes::{Context, Judged};

impl Sandbox {
    /// An answer with the four headers of the quota.
    fn stamp(&self, answer: Answer, today: Date) -> Answer {
        let Counts { exempt_files, exempt_urls, .. } = self.counts(today);
        answer
            .with_header("tmv1-submission-reserve-count", HeaderValue::from(self.reserve))
            .with_header("tmv1-submission-remaining-count", HeaderValue::from(self.remaining(today)))
            .with_header("tmv1-submission-count", HeaderValue::from(self.used(today)))
            .with_header("tmv1-submission-exemption-count", HeaderValue::from(exempt_files + exempt_urls))
    }
}

/// A 429 of a fault, with the headers that a submission's has.
pub(crate) fn with_usage(shared: &crate::state::Shared, path: &str, answer: Answer) -> Answer {
    if !path.ends_with("/analyze") {
        return answer;
    }
    shared.state().holdings.sandbox.stamp(answer, shared.now().date())
}

/// Refuses a submission for which the quota is too small.
fn spent(context: &Context<'_>, sandbox: &Sandbox) -> Judged {
    let judged = context.refused(StatusCode::TOO_MANY_REQUESTS, None, "the daily quota is spent");
    Judged { answer: sandbox.stamp(judged.answer, context.now.date()), ..judged }
}

/// Where the task of a submission is.
fn link(context: &Context<'_>, id: &str) -> String {
    format!("{}/v3.0/sandbox/tasks/{id}", context.call.origin)
}

/// `POST /sandbox/files/analyze`
pub(crate) fn submit_file(context: &Context<'_>) -> Judged {
    let Some(parts) = form::parse(context.call.headers, context.call.body) else {
        return context.bad("the body is not multipart/form-data");
    };
    let files: Vec<&Part> = parts.iter().filter(|part| part.name == "file").collect();
    let [file] = files.as_slice() else { return context.bad("the form does not have one file") };
    let Some(name) = file.file_name.as_deref().filter(|name| !name.is_empty()) else {
        return context.bad("the file has no name");
    };
    for (field, most) in [
        ("documentPassword", SANDBOX_PASSWORD_BYTES),
        ("archivePassword", SANDBOX_PASSWORD_BYTES),
        ("arguments", SANDBOX_ARGUMENT_BYTES),
    ] {
        let decodes = |part: &Part| STANDARD.decode(&part.bytes).is_ok_and(|bytes| bytes.len() <= most);
        if !parts.iter().filter(|part| part.name == field).all(decodes) {
            return context.bad("a password or the arguments are not base64, or too long");
        }
    }
    let arguments = parts.iter().find(|part| part.name == "arguments").and_then(Part::text);
    let digests = Digests::of([&file.bytes]);
    let sandbox = &mut context.shared.state().holdings.sandbox;
    if sandbox.remaining(context.now.date()) == 0 {
        return spent(context, sandbox);
    }
    let id = sandbox.accept(name, false, digests.clone(), arguments.map(str::to_owned), context.now);
    let mut body =
        json!({"id": id, "digest": {"md5": digests.md5, "sha1": digests.sha1, "sha256": digests.sha256}});
    if let (Some(arguments), Some(fields)) = (arguments, body.as_object_mut()) {
        fields.insert("arguments".to_owned(), arguments.into());
    }
    let answer =
        Answer::json(StatusCode::ACCEPTED, &body).with_header("operation-location", link(context, &id));
    sandbox.stamp(answer, context.now.date()).into()
}

/// `POST /sandbox/urls/analyze`
pub(crate) fn submit_urls(context: &Context<'_>) -> Judged {
    let Some(items) = actions::items(context) else {
        return context.bad("the body is not an array of items");
    };
    let state = &mut *context.shared.state();
    let sandbox = &mut state.holdings.sandbox;
    let today = context.now.date();
    if items.len() > SANDBOX_URLS {
        let judged = context.refused(
            StatusCode::PAYLOAD_TOO_LARGE,
            Some("URL number exceeds maximum"),
            "the request has too many URLs",
        );
        return Judged { answer: sandbox.stamp(judged.answer, today), ..judged };
    }
    if sandbox.remaining(today) < items.len() as u64 {
        return spent(context, sandbox);
    }
    let mut refusals = Vec::new();
    let mut entries = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let url = item.get("url").and_then(Value::as_str).unwrap_or_default();
        let failed = |status, code: Option<&str>, message: Option<&str>| {
            ItemAnswer::failed(Family::Sandbox, status, code, message, false).with(json!({"url": url}))
        };
        let fault = state.faults.item(context.plan, place, crate::fault::texts(item));
        let is_url = url::Url::parse(url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
        if let Some(failure) = fault {
            refusals.push(Refused { item: Some(place), reason: "a fault was injected" });
            entries.push(failed(failure.status, failure.code.as_deref(), failure.message.as_deref()));
        } else if is_url {
            let digests = Digests::of([url]);
            let digest = json!({"md5": digests.md5, "sha1": digests.sha1, "sha256": digests.sha256});
            let id = sandbox.accept(url, true, digests, None, context.now);
            let body = json!({"url": url, "id": id, "digest": digest});
            entries.push(ItemAnswer::accepted(link(context, &id)).with(body));
        } else {
            refusals.push(Refused { item: Some(place), reason: "the item is not a URL" });
            entries.push(failed(400, None, Some("URL format is not right")));
        }
    }
    Judged { answer: sandbox.stamp(Answer::items(entries), today), refusals }
}

/// `GET /sandbox/submissionUsage`
pub(crate) fn usage(context: &Context<'_>) -> Judged {
    let state = context.shared.state();
    let (sandbox, today) = (&state.holdings.sandbox, context.now.date());
    let Counts { files, exempt_files, urls, exempt_urls } = sandbox.counts(today);
    let body = json!({
        "submissionReserveCount": sandbox.reserve,
        "submissionRemainingCount": sandbox.remaining(today),
        "submissionCount": sandbox.used(today),
        "submissionExemptionCount": exempt_files + exempt_urls,
        "submissionCountDetail": {
            "fileCount": files,
            "fileExemptionCount": exempt_files,
            "urlCount": urls,
            "urlExemptionCount": exempt_urls,
        },
    });
    Answer::json(StatusCode::OK, &body).into()
}
