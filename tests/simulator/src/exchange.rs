//! One request and its answer: read, put on record, planned for faults, judged, spoiled where a fault says so, delivered. The
//! service's time limit holds over all of it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderName, HeaderValue, RETRY_AFTER};
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use simulator_parts::{AnswerBody, Delivery, PAUSE, Received, Refused};
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::administration;
use crate::answer::{Answer, Content, Family, ItemAnswer};
use crate::fault::{Effect, Plan, RetryAfter, Seen};
use crate::limits::BODY_READ_BYTES;
use crate::routes::{self, Call, Judged};
use crate::sandbox;
use crate::settings::Settings;
use crate::state::Shared;

/// What `RateLimit-Limit` says in a 429 that a fault gives where no rate is set. No source has a number; a client must not
/// rely upon any.
const LIMIT_OF_FAULTS: u64 = 60;

/// What an exchange needs to know of its connection.
pub(crate) struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) tls: bool,
    pub(crate) local: SocketAddr,
    /// Ends the connection without another byte.
    pub(crate) close: Arc<Notify>,
}

enum Finish {
    Answer(Answer, Delivery),
    Close,
}

/// Answers a request. When a fault closes the connection, this never returns: the connection is gone first.
pub(crate) async fn exchange(
    connection: Arc<Connection>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, Infallible> {
    let shared = &connection.shared;
    let settings = shared.settings();
    let (parts, body) = request.into_parts();
    if parts.uri.path().starts_with(administration::PREFIX) {
        let answer = match Limited::new(body, BODY_READ_BYTES).collect().await {
            Ok(body) => administration::answer(shared, &parts.method, parts.uri.path(), &body.to_bytes()),
            Err(_) => Answer::text(StatusCode::BAD_REQUEST, "the body could not be read\n"),
        };
        return Ok(response(answer, Delivery::Whole));
    }

    let mut number = None;
    let limit = Duration::from_secs(settings.limits.time_limit_seconds);
    let finish = timeout(limit, work(&connection, &settings, parts, body, &mut number))
        .await
        .unwrap_or_else(|_| Finish::Answer(Answer::html(StatusCode::GATEWAY_TIMEOUT), Delivery::Whole));
    match finish {
        Finish::Answer(answer, delivery) => {
            if let Some(number) = number
                && let Some(received) = shared.state().records.get_mut(number)
            {
                received.status = Some(answer.status.as_u16());
            }
            Ok(response(answer, delivery))
        }
        Finish::Close => {
            connection.close.notify_one();
            std::future::pending().await
        }
    }
}

async fn work(
    connection: &Connection,
    settings: &Settings,
    parts: Parts,
    body: Incoming,
    number: &mut Option<u64>,
) -> Finish {
    let shared = &connection.shared;
    let (body, complete) = match Limited::new(body, BODY_READ_BYTES).collect().await {
        Ok(body) => (body.to_bytes(), true),
        Err(error) if error.is::<LengthLimitError>() => (Bytes::new(), false),
        Err(_) => return Finish::Close,
    };
    let authority = authority(&parts).unwrap_or_else(|| connection.local.to_string());
    let host = host(&authority);
    let path = parts.uri.path();
    let query = parts.uri.query().unwrap_or_default();
    let plan = {
        let mut state = shared.state();
        if settings.record {
            *number = Some(state.records.add(Received {
                number: 0,
                at: OffsetDateTime::now_utc(),
                method: parts.method.clone(),
                path: path.to_owned(),
                query: query.to_owned(),
                host: host.to_owned(),
                version: parts.version,
                tls: connection.tls,
                headers: parts.headers.clone(),
                body: body.clone(),
                status: None,
                refusals: Vec::new(),
            }));
        }
        state.faults.plan(&Seen {
            method: parts.method.as_str(),
            path,
            query,
            headers: &parts.headers,
            body: &body,
        })
    };
    if !complete {
        return Finish::Answer(routes::too_large(Family::of(path), settings), Delivery::Whole);
    }
    pause(plan.pause_before).await;

    let scheme = if connection.tls { "https" } else { "http" };
    let origin = format!("{scheme}://{authority}");
    let call = Call {
        method: &parts.method,
        path,
        query,
        headers: &parts.headers,
        origin: &origin,
        host,
        body: &body,
    };
    // A status or a closed connection leaves nothing of the real answer: what is not carried out need not be judged.
    let replaced = matches!(
        plan.whole,
        Some((Effect::Status { .. } | Effect::TooManyRequests { .. } | Effect::Close, false))
    );
    let judged = if replaced {
        let answer = Answer::text(StatusCode::OK, Bytes::new());
        Judged { answer, refusals: vec![Refused { item: None, reason: "a fault was injected" }] }
    } else {
        routes::answer(shared, settings, &call, &plan)
    };
    if let Some(number) = *number
        && !judged.refusals.is_empty()
        && let Some(received) = shared.state().records.get_mut(number)
    {
        received.refusals = judged.refusals;
    }
    let finish = spoil(shared, judged.answer, &plan, settings, path);
    pause(plan.pause_after.saturating_add(settings.latency_milliseconds)).await;
    finish
}

async fn pause(milliseconds: u64) {
    if milliseconds > 0 {
        sleep(Duration::from_millis(milliseconds).min(PAUSE)).await;
    }
}

/// What becomes of an answer under a plan.
fn spoil(shared: &Shared, mut answer: Answer, plan: &Plan, settings: &Settings, path: &str) -> Finish {
    let family = Family::of(path);
    let numbers = settings.rules.error_numbers;
    let mut delivery = Delivery::Whole;
    match &plan.whole {
        None | Some((Effect::Slow { .. } | Effect::Items { .. }, _)) => {}
        Some((Effect::Close, _)) => return Finish::Close,
        Some((Effect::Status { status, headers, body }, _)) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            answer = match body {
                None => Answer::for_status(family, status, numbers),
                Some(serde_json::Value::String(text)) => Answer::text(status, text.clone()),
                Some(value) => Answer::json(status, value),
            };
            if status == StatusCode::TOO_MANY_REQUESTS {
                answer = limited(shared, answer, path, settings);
            }
            for (name, value) in headers {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>()) {
                    answer.headers.insert(name, value);
                }
            }
        }
        Some((Effect::TooManyRequests { retry_after }, _)) => {
            answer = Answer::for_status(family, StatusCode::TOO_MANY_REQUESTS, numbers);
            answer = limited(shared, answer, path, settings);
            let value = match retry_after {
                RetryAfter::Seconds(seconds) => Some(HeaderValue::from(*seconds)),
                RetryAfter::Date(seconds) => http_date(*seconds),
                RetryAfter::Absent => None,
            };
            if let Some(value) = value {
                answer.headers.insert(RETRY_AFTER, value);
            }
        }
        Some((Effect::MalformedJson, _)) => {
            answer.content = answer.content.shortened();
        }
        Some((Effect::Corrupted, _)) => delivery = Delivery::Corrupted,
        Some((Effect::Truncated { bytes }, _)) => delivery = Delivery::Truncated { bytes: *bytes },
        Some((Effect::Drip { bytes, milliseconds }, _)) => {
            delivery = Delivery::Drip { bytes: *bytes, milliseconds: *milliseconds };
        }
        Some((Effect::MissingItems { count }, _)) => {
            if let Content::Items(items) = &mut answer.content {
                items.truncate(items.len().saturating_sub(*count));
            }
        }
        Some((Effect::ExtraItems { count }, _)) => {
            if let Content::Items(items) = &mut answer.content {
                let more = items.last().cloned().unwrap_or_else(|| ItemAnswer::done(201));
                items.extend(std::iter::repeat_n(more, *count));
            }
        }
    }
    Finish::Answer(answer, delivery)
}

/// A 429 with what the specification declares for it: on the object lists how many requests a minute has, of a submission to
/// the sandbox how much of the quota is left.
fn limited(shared: &Shared, answer: Answer, path: &str, settings: &Settings) -> Answer {
    match Family::of(path) {
        Family::ThreatIntelligence => {
            let requests = settings.rate.map_or(LIMIT_OF_FAULTS, |rate| rate.requests);
            answer.with_header("ratelimit-limit", HeaderValue::from(requests))
        }
        Family::Sandbox => sandbox::with_usage(shared, path, answer),
        _ => answer,
    }
}

/// The date that is so many seconds ahead by the real clock, which is the one that a client compares it with.
fn http_date(seconds: u64) -> Option<HeaderValue> {
    let format = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let ahead = time::Duration::seconds(i64::try_from(seconds).ok()?);
    let date = OffsetDateTime::now_utc().checked_add(ahead)?.format(format).ok()?;
    date.parse().ok()
}

/// Whom the client believes to be talking to: the authority of HTTP/2, or the `Host` header.
fn authority(parts: &Parts) -> Option<String> {
    let from_header = || parts.headers.get(HOST)?.to_str().ok();
    parts.uri.authority().map(http::uri::Authority::as_str).or_else(from_header).map(str::to_owned)
}

fn host(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

fn response(answer: Answer, delivery: Delivery) -> Response<AnswerBody> {
    let Answer { status, mut headers, content } = answer;
    let source = content.into_source();
    if matches!(delivery, Delivery::Truncated { .. }) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(source.length()));
    }
    if source.length() == 0 {
        headers.remove(CONTENT_TYPE);
    }
    let mut response = Response::new(AnswerBody::new(source, delivery));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_no_port() {
        assert_eq!(host("api.xdr.trendmicro.com:443"), "api.xdr.trendmicro.com");
        assert_eq!(host("api.xdr.trendmicro.com"), "api.xdr.trendmicro.com");
        assert_eq!(host("[::1]:80"), "[::1]");
        assert_eq!(host("[::1]"), "[::1]");
    }

    #[test]
    fn dates_are_those_of_http() {
        let date = http_date(0).unwrap();
        let text = date.to_str().unwrap();
        assert_eq!(text.len(), "Sun, 06 Nov 1994 08:49:37 GMT".len());
        assert!(text.ends_with(" GMT"));
    }
}
