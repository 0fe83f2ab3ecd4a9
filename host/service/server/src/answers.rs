//! Makes an answer of a failure: problem details for the API, a page for people, a way to the log-in for whoever is not logged
//! in. And what every answer tells the browser. Denied by default: an answer that fails without saying how.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::api::Problem;
use crate::console::failed;
use crate::observe::RequestId;
use crate::security::headers;
use crate::security::who::Caller;
use crate::view::Visit;
use crate::{App, Failure, operations};

/// Stands before everything that can fail.
pub(crate) async fn middleware(State(app): State<App>, request: Request, next: Next) -> Response {
    let asked = Asked::of(&request);
    let mut response = next.run(request).await;
    if let Some(failure) = failure_in(&response) {
        let extensions = std::mem::take(response.extensions_mut());
        let caller = extensions.get::<Caller>().cloned().unwrap_or(Caller(None));
        let allow = response.headers_mut().remove(axum::http::header::ALLOW);
        let mut written = asked.write(&app, &failure, caller);
        if let Some(allow) = allow {
            written.headers_mut().insert(axum::http::header::ALLOW, allow);
        }
        written.extensions_mut().extend(extensions);
        written.extensions_mut().insert(failure);
        response = written;
    }
    headers::add(response.headers_mut(), app.tls());
    response
}

/// What an answer leaves unsaid is said by its status: a path that is no number, a method that there is not.
fn failure_in(response: &Response) -> Option<Failure> {
    if let Some(failure) = response.extensions().get::<Failure>() {
        return Some(failure.clone());
    }
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return None;
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") || kind.contains("json") {
        return None;
    }
    Some(match status {
        StatusCode::NOT_FOUND => Failure::no_such_page(),
        StatusCode::METHOD_NOT_ALLOWED => {
            Failure::new(status, "method-not-allowed", "the method is not allowed here")
        }
        StatusCode::PAYLOAD_TOO_LARGE => Failure::new(status, "too-large", "what was sent is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Failure::new(status, "wrong-media-type", "the content type is not supported here")
        }
        _ if status.is_server_error() => Failure::internal(format!("an answer of status {status}")),
        _ => Failure::new(status, "malformed", "the request cannot be understood")
            .with_hint("check the address and the request for typos"),
    })
}

struct Asked {
    api: bool,
    htmx: bool,
    get: bool,
    visit: Visit,
    target: String,
    id: String,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        Self {
            api: path.starts_with("/api/") || operations::is_for_machines(path),
            htmx: request.headers().contains_key("hx-request"),
            get: request.method() == Method::GET,
            visit: Visit::of(request.headers(), request.uri()),
            target: request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string),
            id: request.extensions().get::<RequestId>().map_or_else(String::new, |id| id.0.clone()),
        }
    }

    fn write(self, app: &App, failure: &Failure, caller: Caller) -> Response {
        let mut response = if self.api {
            Problem::of(failure, &self.target, &self.id).into_response()
        } else if failure.status() == StatusCode::UNAUTHORIZED {
            self.to_log_in(failure.kept_form())
        } else {
            failed::page(app, failure, self.visit.with(caller.0), &self.id)
        };
        if let Some(seconds) = failure.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if response.status() == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }

    /// Back to where they wanted to go, once they have logged in. A form that was kept is done then.
    fn to_log_in(&self, kept: Option<&str>) -> Response {
        let mut place = "/log-in".to_owned();
        if let Some(kept) = kept {
            place.push_str("?kept=");
            place.push_str(kept);
        }
        if self.get && self.target != "/" && !self.htmx {
            let next: String = form_urlencoded::byte_serialize(self.target.as_bytes()).collect();
            place.push_str("?next=");
            place.push_str(&next);
        }
        if self.htmx {
            let mut response = StatusCode::UNAUTHORIZED.into_response();
            response
                .headers_mut()
                .insert(HeaderName::from_static("hx-redirect"), HeaderValue::from_static("/log-in"));
            return response;
        }
        let mut response = Redirect::to(&place).into_response();
        if !response.headers().contains_key(LOCATION) {
            response.headers_mut().insert(LOCATION, HeaderValue::from_static("/log-in"));
        }
        response
    }
}
