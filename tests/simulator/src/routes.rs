//! In which order a request is judged: path, key, rate, size, permissions, content. A path that is not in the table of calls does
//! not exist.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use simulator_parts::Refused;
use time::OffsetDateTime;

use crate::answer::{Answer, Family};
use crate::authentication::authenticate;
use crate::calls::{self, Body};
use crate::fault::Plan;
use crate::files;
use crate::settings::Settings;
use crate::state::Shared;

/// A request as the endpoints see it.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// The scheme and the authority that it was sent to, such as `https://localhost:8443`.
    pub(crate) origin: &'a str,
    /// The host alone.
    pub(crate) host: &'a str,
    pub(crate) body: &'a Bytes,
}

impl Call<'_> {
    /// A header's text; `None` if it is missing or not text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What a call has to work with.
pub(crate) struct Context<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) settings: &'a Settings,
    pub(crate) call: &'a Call<'a>,
    pub(crate) plan: &'a Plan,
    /// What stands in the path for the parameters of its pattern, in order.
    pub(crate) parameters: Vec<&'a str>,
    pub(crate) family: Family,
    pub(crate) now: OffsetDateTime,
}

impl Context<'_> {
    /// A parameter of the path.
    pub(crate) fn parameter(&self, index: usize) -> &str {
        self.parameters.get(index).copied().unwrap_or_default()
    }

    /// Refuses the whole request.
    pub(crate) fn refused(&self, status: StatusCode, message: Option<&str>, reason: &'static str) -> Judged {
        let answer = Answer::error(self.family, status, message, self.settings.rules.error_numbers);
        Judged::refused(answer, reason)
    }

    /// Refuses the whole request with 400.
    pub(crate) fn bad(&self, reason: &'static str) -> Judged {
        self.refused(StatusCode::BAD_REQUEST, None, reason)
    }

    /// Refuses the whole request with 404.
    pub(crate) fn missing(&self, reason: &'static str) -> Judged {
        self.refused(StatusCode::NOT_FOUND, None, reason)
    }
}

/// An answer, and what was refused on the way to it.
pub(crate) struct Judged {
    pub(crate) answer: Answer,
    pub(crate) refusals: Vec<Refused>,
}

impl From<Answer> for Judged {
    fn from(answer: Answer) -> Self {
        Self { answer, refusals: Vec::new() }
    }
}

impl Judged {
    /// An answer to a request that was refused as a whole.
    pub(crate) fn refused(answer: Answer, reason: &'static str) -> Self {
        Self { answer, refusals: vec![Refused { item: None, reason }] }
    }
}

/// Judges a request and carries it out.
pub(crate) fn answer(shared: &Shared, settings: &Settings, call: &Call<'_>, plan: &Plan) -> Judged {
    let numbers = settings.rules.error_numbers;
    let family = Family::of(call.path);
    if call.path.starts_with(files::PREFIX) {
        return files::answer(shared, settings, call);
    }
    let Some((found, parameters)) = calls::find(call.method, call.path, settings.paging.stale_path) else {
        return Judged::refused(Answer::no_such_path(), "there is no such path and method");
    };
    let Some(key) = authenticate(call.headers, call.host, &settings.keys) else {
        return Judged::refused(Answer::invalid_credentials(), "no usable key was sent");
    };
    if let Some(rate) = settings.rate
        && let Err(spent) = shared.state().windows.admit(&key.value, rate, shared.clock.elapsed())
    {
        let mut answer = Answer::error(family, StatusCode::TOO_MANY_REQUESTS, None, numbers)
            .with_header("ratelimit-limit", HeaderValue::from(rate.requests));
        if rate.retry_after {
            answer = answer.with_header("retry-after", HeaderValue::from(spent.seconds));
        }
        return Judged::refused(answer, "the rate budget is spent");
    }
    let most = match found.body {
        Body::Small => settings.limits.body_bytes,
        Body::File => settings.limits.file_bytes,
    };
    if call.body.len() > most {
        return Judged::refused(too_large(family, settings), "the body is too large");
    }
    if !found.permissions.iter().all(|permission| key.permissions.contains(permission)) {
        let answer = Answer::error(family, StatusCode::FORBIDDEN, None, numbers);
        return Judged::refused(answer, "the key lacks a permission");
    }
    shared.settle();
    let context = Context { shared, settings, call, plan, parameters, family, now: shared.now() };
    let before = plan.dry.then(|| shared.state().holdings.clone());
    let judged = (found.answer)(&context);
    if let Some(before) = before {
        shared.state().holdings = before;
    }
    judged
}

/// The answer to a body that is too large.
pub(crate) fn too_large(family: Family, settings: &Settings) -> Answer {
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    if settings.rules.too_large_is_json {
        Answer::error(family, status, None, true)
    } else {
        Answer::html(status)
    }
}
