//! The page for a request that was not done: what happened, what to do, and the number under which the log says more.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};

use super::wording::{hint, sentence};
use crate::view::{Frame, Section, Visit, page_with};
use crate::{App, Failure};

#[derive(Template)]
#[template(path = "pages/failed.html")]
struct Failed {
    frame: Frame,
    status: u16,
    code: String,
    message: String,
    hint: String,
    id: String,
    parts: Vec<String>,
}

#[derive(Template)]
#[template(path = "pages/failed_alone.html")]
struct FailedAlone {
    page: Failed,
    frame: Frame,
}

/// The page; inside of the console where somebody is logged in.
pub(crate) fn page(app: &App, failure: &Failure, visit: Visit, id: &str) -> Response {
    let status = failure.status();
    let title = match status {
        StatusCode::NOT_FOUND => "Page not found",
        StatusCode::FORBIDDEN => "You don't have permission",
        StatusCode::GONE => "This link has expired",
        StatusCode::CONFLICT => "Conflict with the current state",
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => "Try again later",
        StatusCode::UNPROCESSABLE_ENTITY => "The request is not valid",
        _ if status.is_server_error() => "Internal error",
        _ => "The request failed",
    };
    let frame = visit.frame(app, title, Section::Elsewhere);
    let page = Failed {
        status: status.as_u16(),
        code: failure.code().to_owned(),
        message: sentence(&failure.to_string()),
        hint: hint(failure).unwrap_or_default(),
        id: id.to_owned(),
        parts: failure
            .faults()
            .iter()
            .map(|fault| format!("{}: {}", fault.field, sentence(&fault.message)))
            .collect(),
        frame: frame.clone(),
    };
    let inside = frame.caller.is_some();
    let answer =
        if inside { page_with(status, &page) } else { page_with(status, &FailedAlone { page, frame }) };
    answer.unwrap_or_else(|_| status.into_response())
}
