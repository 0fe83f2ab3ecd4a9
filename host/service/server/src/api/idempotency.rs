//! Idempotency keys: a creating call that is sent again, because its answer was lost on the way, is not done again. Its answer is
//! kept for a day and given once more. Denied by default: one key for two calls, a call that is sent again while it is worked on.
//!
//! What was not done is not kept: whoever failed may try again with the same key. A secret in an answer is not kept either.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{Answered, Claimed, Store, StoreError, Wait as _};
use ring::digest::{Context, SHA256};
use serde_json::Value;

use crate::security::guard::Takes;
use crate::security::who::Caller;
use crate::{App, Failure, Fault};

/// The header with the key.
pub(crate) const HEADER: &str = "idempotency-key";

/// The replacement that is stored for a response with a secret.
#[derive(Clone)]
pub(crate) struct KeptAs(pub(crate) Value);

/// Releases the keys of calls that were interrupted by the end of the service.
pub(crate) fn begin(store: &dyn Store, now: Timestamp) -> Result<(), StoreError> {
    store.forget_keys(horizon(now), true).wait()
}

fn horizon(now: Timestamp) -> Timestamp {
    let kept = SignedDuration::from_secs(i64::try_from(limits::IDEMPOTENCY_SECONDS).unwrap_or(i64::MAX));
    now.checked_sub(kept).unwrap_or(Timestamp::MIN)
}

/// The middleware of every call, after the guard.
pub(crate) async fn middleware(
    State((app, takes)): State<(App, Takes)>,
    request: Request,
    next: Next,
) -> Response {
    match once(&app, takes, request, next).await {
        Ok(response) => response,
        Err(failure) => failure.into_response(),
    }
}

async fn once(app: &App, takes: Takes, request: Request, next: Next) -> Result<Response, Failure> {
    let Some(key) = request.headers().get(HEADER).filter(|_| request.method() == Method::POST) else {
        return Ok(next.run(request).await);
    };
    let key = key.to_str().unwrap_or_default().trim().to_owned();
    if key.is_empty() || key.len() as u64 > limits::IDEMPOTENCY_KEY_CHARACTERS {
        let message = format!("Use 1 to {} printable characters.", limits::IDEMPOTENCY_KEY_CHARACTERS);
        return Err(Failure::invalid(vec![Fault::new("Idempotency-Key", message)]));
    }
    let caller = request.extensions().get::<Caller>().and_then(|caller| caller.0.clone());
    let who = caller.ok_or_else(Failure::log_in_needed)?.id.to_string();
    let (request, digest) = digested(takes, request).await?;
    let now = app.now();
    let horizon = horizon(now);
    let (owner, taken) = (who.clone(), key.clone());
    let claimed = app
        .store(move |store| {
            store.forget_keys(horizon, false).wait()?;
            store.claim_key(&owner, &taken, &digest, now).wait()
        })
        .await
        .map_err(Failure::from)?;
    match claimed {
        Claimed::First => {
            let open = Open { app: app.clone(), who, key, settled: false };
            first(open, next.run(request).await).await
        }
        Claimed::Before(answered) => Ok(again(answered)),
        Claimed::Underway => {
            let message = "the first call with this key is being worked on";
            Err(Failure::conflict("idempotency-key-underway", message).with_hint("try again in a moment"))
        }
        Claimed::OtherRequest => {
            let message = "this key belongs to another call";
            Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", message)
                .with_hint("use a new key for each call that is not a repetition"))
        }
    }
}

/// Identifies a call: the caller and the request of a key. A large body is identified by its length, because reading it twice would
/// require holding it.
async fn digested(takes: Takes, request: Request) -> Result<(Request, Vec<u8>), Failure> {
    let mut context = Context::new(&SHA256);
    let (parts, body) = request.into_parts();
    context.update(parts.method.as_str().as_bytes());
    context.update(b"\n");
    context.update(parts.uri.path_and_query().map_or("", |target| target.as_str()).as_bytes());
    context.update(b"\n");
    let held = match takes {
        Takes::Uploads(_) => None,
        Takes::Forms(bytes) => Some(bytes),
        Takes::OpenForms => Some(limits::FORM_BYTES),
    };
    let body = if let Some(bytes) = held {
        let most = usize::try_from(bytes).unwrap_or(usize::MAX);
        let bytes = to_bytes(body, most).await.map_err(|_| {
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the body is too large or ended early")
        })?;
        context.update(&bytes);
        Body::from(bytes)
    } else {
        context.update(parts.headers.get(CONTENT_LENGTH).map_or(&b""[..], HeaderValue::as_bytes));
        body
    };
    Ok((Request::from_parts(parts, body), context.finish().as_ref().to_vec()))
}

/// A key in use. It is released if the call ends without a response, because of a panic or a disconnected client.
struct Open {
    app: App,
    who: String,
    key: String,
    settled: bool,
}

impl Open {
    async fn settle(mut self, answered: Option<Answered>) -> Result<(), Failure> {
        self.settled = true;
        let (who, key) = (self.who.clone(), self.key.clone());
        let settled = self.app.store(move |store| store.answer_key(&who, &key, answered.as_ref()).wait());
        settled.await.map_err(Failure::from)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let (app, who, key) = (self.app.clone(), self.who.clone(), self.key.clone());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = app.store(move |store| store.answer_key(&who, &key, None).wait()).await;
            });
        }
    }
}

async fn first(open: Open, response: Response) -> Result<Response, Failure> {
    if !response.status().is_success() {
        open.settle(None).await?;
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|error| Failure::internal(error.to_string()))?;
    let answer = match parts.extensions.get::<KeptAs>() {
        Some(KeptAs(value)) => value.to_string(),
        None => String::from_utf8_lossy(&bytes).into_owned(),
    };
    let location = parts.headers.get(LOCATION).and_then(|place| place.to_str().ok()).map(str::to_owned);
    open.settle(Some(Answered { status: parts.status.as_u16(), answer, location })).await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(answered: Answered) -> Response {
    let status = StatusCode::from_u16(answered.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answered.answer).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
    if let Some(Ok(location)) = answered.location.map(HeaderValue::try_from) {
        headers.insert(LOCATION, location);
    }
    response
}

#[cfg(test)]
mod tests {
    use palisade_store::IdempotencyKeys as _;
    use palisade_store_sqlite::SqliteStore;

    use super::*;

    #[test]
    fn a_key_that_an_end_left_open_is_free_after_the_start_and_an_answer_is_kept() {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&directory.path().join("palisade.db")).unwrap();
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let answered = Answered { status: 201, answer: "{}".to_owned(), location: None };
        store.claim_key("1", "open", b"call", now).wait().unwrap();
        store.claim_key("1", "answered", b"call", now).wait().unwrap();
        store.answer_key("1", "answered", Some(&answered)).wait().unwrap();
        begin(&store, now).unwrap();
        assert_eq!(store.claim_key("1", "open", b"call", now).wait().unwrap(), Claimed::First);
        assert_eq!(store.claim_key("1", "answered", b"call", now).wait().unwrap(), Claimed::Before(answered));
    }
}
