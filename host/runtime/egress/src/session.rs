//! The requests of one run: what it is granted, its limits, its deadline and its counts.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{Method, Request, Response, header};
use palisade_grant::ReadOnly;
use palisade_limits as limits;
use palisade_recording::Recorder;
use palisade_redaction::{REDACTED, Redactor};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use crate::held::Held;
use crate::retry::{self, Attempt, Attempts, Decision};
use crate::traffic::{Counters, Waiting, Waits, add};
use crate::{Credential, Gate, Grant, SendError, Traffic, headers, moment};
use ending::Ending;
use sent::{Sent, Texts};

mod ending;
mod sent;
mod token;
mod traced;
mod wire;

pub use wire::Wire;

/// What one run may use. The defaults are those of the table of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Requests, repeats included.
    pub requests: u64,
    /// Requests in flight at once.
    pub concurrent_requests: u64,
    /// Bytes of one request body.
    pub request_body_bytes: u64,
    /// Bytes of one response body.
    pub response_body_bytes: u64,
    /// Time for one whole exchange.
    pub exchange: Duration,
    /// How long a request in flight may go on past the deadline.
    pub past_deadline: Duration,
    /// Whether, and why, only requests that change nothing are sent.
    pub read_only: Option<ReadOnly>,
}

/// Requests that remained without an answer for the same reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Stable code of [`SendError`].
    pub code: &'static str,
    /// The first of them as a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// How many.
    pub count: u64,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            requests: limits::REQUESTS,
            concurrent_requests: limits::CONCURRENT_REQUESTS,
            request_body_bytes: limits::REQUEST_BODY_BYTES,
            response_body_bytes: limits::RESPONSE_BODY_BYTES,
            exchange: Duration::from_secs(limits::EXCHANGE_SECONDS),
            past_deadline: Duration::ZERO,
            read_only: None,
        }
    }
}

/// The requests of one run. Cheap to clone; clones share counts and limits.
#[derive(Debug, Clone)]
pub struct Session {
    inner: Arc<Inner>,
    /// What responses and messages are searched for.
    redactor: Arc<Redactor>,
}

#[derive(Debug)]
struct Inner {
    wire: Wire,
    grants: Vec<Grant>,
    gate: Gate,
    limits: SessionLimits,
    deadline: Instant,
    recorder: Option<Recorder>,
    places: Semaphore,
    held: Held,
    /// Held while a token is requested.
    fetching: tokio::sync::Mutex<()>,
    counters: Counters,
    notices: Mutex<BTreeMap<&'static str, Notice>>,
    ending: Ending,
    sent: Sent,
    waits: Waits,
    /// What the requests belong to: they are sent from tasks that do not know it.
    span: Span,
}

impl Session {
    /// A session that may send what `grants` say until `deadline`. The gate is shared by everything that uses the same
    /// credential. Requests are traced as a part of the span in which this is called.
    #[must_use]
    pub fn new(
        wire: Wire,
        grants: Vec<Grant>,
        gate: Gate,
        limits: SessionLimits,
        deadline: Instant,
        recorder: Option<Recorder>,
    ) -> Self {
        let secrets =
            grants.iter().filter_map(|grant| grant.credential.as_ref()).flat_map(Credential::secrets);
        let redactor = Arc::new(Redactor::new(secrets.chain(wire.secrets())));
        let places = Semaphore::new(usize::try_from(limits.concurrent_requests).unwrap_or(1).max(1));
        Self {
            inner: Arc::new(Inner {
                wire,
                grants,
                gate,
                limits,
                deadline,
                recorder,
                places,
                held: Held::default(),
                fetching: tokio::sync::Mutex::default(),
                counters: Counters::default(),
                notices: Mutex::default(),
                ending: Ending::default(),
                sent: Sent::default(),
                waits: Waits::default(),
                span: Span::current(),
            }),
            redactor,
        }
    }

    /// The same session, which knows the secrets of `redactor` in place of those of its grants and connections.
    #[must_use]
    pub fn redacting(self, redactor: Arc<Redactor>) -> Self {
        Self { redactor, ..self }
    }

    /// What has gone over the wire so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        self.inner.counters.snapshot()
    }

    /// Why requests remained without an answer: the component learns an error code only, the operator should know more.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        self.inner.notices.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Takes note of a request that has no answer.
    pub fn notice(&self, error: &SendError) {
        let mut notices = self.inner.notices.lock().unwrap_or_else(PoisonError::into_inner);
        let text = |text: String| self.redactor.text(&text).into_owned();
        let fresh = || Notice {
            code: error.code(),
            message: text(error.to_string()),
            hint: error.hint().map(text),
            count: 0,
        };
        notices.entry(error.code()).or_insert_with(fresh).count += 1;
    }

    /// Sends nothing more. What is in flight goes on; what waits to be sent or repeated comes back at once.
    pub fn close(&self) {
        self.inner.ending.close();
    }

    /// Closes, and waits for no answer any more: what is in flight ends as [`SendError::Abandoned`]. Gives how many requests
    /// that are.
    pub fn abandon(&self) -> u64 {
        let in_flight = self.in_flight();
        self.inner.ending.abandon();
        in_flight
    }

    /// Resolves when no request is in flight. More may follow, unless the session is closed.
    pub async fn drained(&self) {
        self.inner.ending.drained().await;
    }

    /// Requests in flight.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.inner.ending.in_flight()
    }

    /// Whether a request was refused, not repeated or abandoned because the session was closed or its deadline came.
    #[must_use]
    pub fn is_cut_short(&self) -> bool {
        self.inner.ending.has_cut_short()
    }

    /// How often this text left in a field of this name in the body of a request, repeats included; `None` if that is not
    /// known, as of bodies that are not JSON.
    #[must_use]
    pub fn times_sent(&self, field: &str, text: &str) -> Option<u32> {
        self.inner.sent.times(field, text)
    }

    /// In which fields of request bodies this text left, and how often.
    #[must_use]
    pub fn sent_as(&self, text: &str) -> Vec<(String, u32)> {
        self.inner.sent.fields_of(text)
    }

    /// Whether a request that may change something was sent.
    #[must_use]
    pub fn has_sent(&self) -> bool {
        self.inner.sent.any()
    }

    /// Until when nothing is sent, if requests wait for the service; the latest of all of them.
    #[must_use]
    pub fn waits_until(&self) -> Option<Instant> {
        let until = self.inner.waits.latest()?;
        // The service may have wished for more since.
        Some(self.inner.gate.closed().map_or(until, |closed| until.max(closed.opens_at)))
    }

    /// The headers that a component may not set in this session: those of the host and those of its credentials.
    #[must_use]
    pub fn is_reserved_header(&self, name: &http::HeaderName) -> bool {
        let credentials = self.inner.grants.iter().filter_map(|grant| grant.credential.as_ref());
        headers::belongs_to_host(name)
            || credentials.into_iter().any(|credential| credential.headers().contains(name))
    }

    /// Sends a request, repeats it as [`retry`] says, and returns the last answer, whatever its status.
    ///
    /// # Errors
    /// [`SendError`] where there is no answer.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let result = self.send_granted(request).await;
        match &result {
            Err(SendError::RunEnding | SendError::DeadlinePassed) => self.inner.ending.note_cut_short(),
            Err(error) => self.notice(error),
            Ok(_) => {}
        }
        if matches!(result, Err(SendError::Abandoned { .. })) {
            self.inner.ending.note_cut_short();
        }
        match result {
            Ok(response) => Ok(self.redact(response).await),
            Err(error) => Err(error),
        }
    }

    async fn send_granted(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let inner = &*self.inner;
        let (mut parts, body) = request.into_parts();
        let grant = palisade_grant::decide(&inner.grants, inner.limits.read_only, &parts.method, &parts.uri)?;
        self.check(grant, &parts, &body)?;
        // Computed anew from the body that is sent.
        parts.headers.remove(header::CONTENT_LENGTH);
        // What is compressed cannot be searched for the credential.
        parts.headers.remove(header::ACCEPT_ENCODING);
        let texts = if parts.method.is_safe() { None } else { Some(inner.sent.read(&body)) };
        let mut attempts = Attempts::default();
        let mut last = None;
        loop {
            if let Some(credential) = &grant.credential {
                self.with_token(credential).await?;
            }
            let result = self.attempt(&parts, &body, texts.as_ref(), grant, attempts.sent()).await;
            let result = match (result, last.take()) {
                // It was to be repeated, and may not be any more: what it came to before is known all the same.
                (Err(error), last @ Some(_)) if error.is_of_the_end() => {
                    inner.ending.note_cut_short();
                    return error.or_what_was_known(last);
                }
                (result, _) => result,
            };
            let attempt = match &result {
                Ok(response) => retry::read_answer(response.status(), response.headers(), SystemTime::now()),
                Err(error) => retry::read_error(error),
            };
            if let (Ok(response), Some(credential)) = (&result, &grant.credential)
                && response.status() == http::StatusCode::UNAUTHORIZED
                && let Some(source) = credential.token_source()
            {
                source.forget();
            }
            self.count(&result, attempt);
            let now = Instant::now();
            if let Attempt::Throttled(Some(wished)) = attempt
                && inner.wire.takes_time()
            {
                // Also where this request gives up: the wish is for all that are still to come.
                inner.gate.close_for(now, wished);
            }
            let left = inner.deadline.saturating_duration_since(now);
            match retry::decide(attempt, &mut attempts, grant.idempotent, left, fastrand::f64()) {
                Decision::GiveUp => return result,
                Decision::Again(pause) => {
                    if inner.wire.takes_time() {
                        self.pause(attempt, &result, now, pause).await;
                    }
                    last = Some(result);
                }
            }
        }
    }

    fn check(&self, grant: &Grant, parts: &http::request::Parts, body: &Bytes) -> Result<(), SendError> {
        let headers = &parts.headers;
        if let Some(name) = headers.keys().find(|name| self.is_reserved_header(name)) {
            return Err(SendError::HeaderOfHost(name.to_string()));
        }
        if !body.is_empty() && [Method::GET, Method::HEAD].contains(&parts.method) {
            return Err(SendError::BodyNotAllowed { method: parts.method.to_string() });
        }
        if !headers::are_within_limits(headers) {
            return Err(SendError::HeadersTooLarge {
                limit: limits::HEADER_BYTES,
                fields: limits::HEADER_FIELDS,
            });
        }
        if let Some(name) = headers.keys().find(|name| !headers::may_be_set(name, &grant.headers)) {
            return Err(SendError::HeaderNotAllowed(name.to_string()));
        }
        let (size, limit) = (body.len() as u64, self.inner.limits.request_body_bytes);
        if size > limit { Err(SendError::RequestTooLarge { size, limit }) } else { Ok(()) }
    }

    async fn attempt(
        &self,
        parts: &http::request::Parts,
        body: &Bytes,
        texts: Option<&Texts>,
        grant: &Grant,
        sent_before: u64,
    ) -> Result<Response<Bytes>, SendError> {
        let inner = &*self.inner;
        let host = parts.uri.host().unwrap_or_default();
        let _place = tokio::select! {
            biased;
            () = inner.ending.closed() => return Err(SendError::RunEnding),
            place = self.enter(host) => place?,
        };
        let _in_flight = inner.ending.begin().ok_or(SendError::RunEnding)?;
        let left = inner.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(SendError::DeadlinePassed);
        }
        let (held, limit) = (inner.held.bytes(), limits::ANSWERS_HELD_BYTES);
        if held >= limit {
            return Err(SendError::AnswersNotRead { held, limit });
        }
        let used = inner.counters.requests.fetch_add(1, Ordering::Relaxed);
        if used >= inner.limits.requests {
            inner.counters.requests.fetch_sub(1, Ordering::Relaxed);
            return Err(SendError::TooManyRequests { limit: inner.limits.requests });
        }
        if sent_before > 0 {
            add(&inner.counters.repeats, 1);
        }
        add(&inner.counters.bytes_sent, body.len());
        texts.inspect(|texts| inner.sent.count(texts));
        let begun = Instant::now();
        let attempt = wire::Attempt {
            parts,
            body,
            credential: grant.credential.as_ref(),
            number: sent_before + 1,
            purpose: &grant.reason,
            response_limit: inner.limits.response_body_bytes,
            whole: inner.limits.exchange.min(left.saturating_add(inner.limits.past_deadline)),
        };
        let span = traced::begin(&inner.span, parts, grant, sent_before);
        let abandoned = || SendError::Abandoned { host: host.to_owned() };
        let result = tokio::select! {
            biased;
            result = inner.wire.make(attempt, inner.recorder.as_ref()).instrument(span.clone()) => result,
            // Dropped, the attempt is recorded as one without an answer.
            () = inner.ending.abandoned() => Err(abandoned()),
        };
        let result = match result {
            // The run was too short for the answer, not the service too slow.
            Err(SendError::TimedOut { .. }) if Instant::now() >= inner.deadline => {
                Err(if inner.limits.past_deadline.is_zero() {
                    SendError::DeadlinePassed
                } else {
                    abandoned()
                })
            }
            result => result.map(|response| response.map(|body| inner.held.hold(body))),
        };
        if let (Err(error), Some(texts)) = (&result, texts)
            && error.did_not_leave()
        {
            inner.sent.take_back(texts);
        }
        traced::end(&span, &result);
        match &result {
            Ok(response) => tracing::debug!(
                method = %parts.method, url = %self.shown(&parts.uri), status = response.status().as_u16(),
                sent = body.len(), received = response.body().len(), elapsed = ?begun.elapsed(), "request"
            ),
            Err(error) => {
                tracing::debug!(method = %parts.method, url = %self.shown(&parts.uri), code = error.code(), %error, "request");
            }
        }
        result
    }

    /// An address as the log may show it.
    fn shown(&self, uri: &http::Uri) -> String {
        self.redactor.text(&uri.to_string()).into_owned()
    }

    /// A place among the requests in flight, taken while the gate is open. Nobody holds one while it is closed.
    async fn enter(&self, host: &str) -> Result<SemaphorePermit<'_>, SendError> {
        let inner = &*self.inner;
        loop {
            if let Some(closed) = inner.gate.closed() {
                let waiting = (Waiting::begin(&inner.counters), inner.waits.begin(closed.opens_at));
                let passed = inner.gate.pass_before(inner.deadline).await;
                drop(waiting);
                passed.map_err(|closed| SendError::ThrottledPastDeadline {
                    host: host.to_owned(),
                    wait: closed.wished,
                })?;
            }
            // Never closed, so that there always is a place in the end.
            let Ok(place) = inner.places.acquire().await else { return Err(SendError::DeadlinePassed) };
            if inner.gate.closed().is_some() {
                continue;
            }
            let now = Instant::now();
            let until = match inner.wire.takes_time().then(|| inner.gate.admit(now)) {
                Some(Err(until)) => until,
                Some(Ok(())) | None => return Ok(place),
            };
            drop(place);
            if until >= inner.deadline {
                let wait = until.saturating_duration_since(now);
                return Err(SendError::ThrottledPastDeadline { host: host.to_owned(), wait });
            }
            let _waiting = (Waiting::begin(&inner.counters), inner.waits.begin(until));
            tokio::time::sleep_until(until).await;
        }
    }

    fn count(&self, result: &Result<Response<Bytes>, SendError>, attempt: Attempt) {
        let counters = &self.inner.counters;
        match (result, attempt) {
            (Ok(response), _) => {
                add(&counters.bytes_received, response.body().len());
                add(&counters.throttled, usize::from(matches!(attempt, Attempt::Throttled(_))));
            }
            (Err(_), Attempt::Lost | Attempt::NotSent) | (Err(SendError::Abandoned { .. }), _) => {
                add(&counters.lost, 1);
            }
            (Err(_), _) => {}
        }
    }

    /// Waits before a repeat. What a 429 asks for closes the gate, where this request waits with all others.
    async fn pause(
        &self,
        attempt: Attempt,
        result: &Result<Response<Bytes>, SendError>,
        now: Instant,
        pause: Duration,
    ) {
        let cause = match result {
            Ok(response) => format!("status {}", response.status().as_u16()),
            Err(error) => error.to_string(),
        };
        let seconds = pause.as_secs_f64();
        if pause >= Duration::from_secs(limits::WAIT_TOLD_SECONDS) {
            tracing::warn!(%cause, "waiting {seconds:.1} s before the request is sent again");
        } else {
            tracing::info!(%cause, "waiting {seconds:.1} s before the request is sent again");
        }
        if matches!(attempt, Attempt::Throttled(_)) {
            self.inner.gate.close_for(now, pause);
        } else {
            let _waiting = Waiting::begin(&self.inner.counters);
            let until = moment::after(now, pause);
            let _told = self.inner.waits.begin(until);
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                // The next attempt is refused.
                () = self.inner.ending.closed() => {}
            }
        }
    }

    /// The response without any secret of the run, should the service repeat one.
    async fn redact(&self, response: Response<Bytes>) -> Response<Bytes> {
        let redactor = &self.redactor;
        if redactor.is_empty() {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        headers::redact(&mut parts.headers, redactor);
        let redacted = if body.len() as u64 <= limits::REDACTED_AT_ONCE_BYTES {
            redactor.redacted(&body)
        } else {
            let (redactor, searched) = (Arc::clone(redactor), body.clone());
            let search = tokio::task::spawn_blocking(move || redactor.redacted(&searched));
            // What was not searched is withheld.
            search.await.unwrap_or_else(|_| Some(REDACTED.as_bytes().to_vec()))
        };
        let body = redacted.map_or(body, |redacted| self.inner.held.hold(Bytes::from(redacted)));
        Response::from_parts(parts, body)
    }
}

#[cfg(test)]
mod tests;
