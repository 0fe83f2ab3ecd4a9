//! Why a request was not done, for page and API alike: a status, a stable code, a sentence, and what to do. A handler returns
//! one; `answers` makes a page or problem details of it. Denied by default: what the system said stays in the log, because it
//! may name files, and is not shown.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use palisade_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Role;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// The field: its name in a form, its path in a body.
    #[schema(example = "name")]
    pub field: String,
    /// What is wrong, and what would be right.
    #[schema(example = "Give it a name.")]
    pub message: String,
}

impl Fault {
    /// A fault of a field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Why a request was not done.
#[derive(Debug, Clone)]
pub struct Failure(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: Cow<'static, str>,
    message: String,
    hint: Option<Cow<'static, str>>,
    faults: Vec<Fault>,
    retry_after: Option<u64>,
    cause: Option<String>,
    kept_form: Option<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// A failure of this status, with a stable code in kebab-case and a sentence.
    pub fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code: code.into(),
            message: message.into(),
            hint: None,
            faults: Vec::new(),
            retry_after: None,
            cause: None,
            kept_form: None,
        }))
    }

    /// What to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
        self
    }

    /// There is no such thing.
    pub fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("there is no {what} `{id}`"))
    }

    /// There is nothing at this address.
    #[must_use]
    pub fn no_such_page() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "there is nothing at this address")
            .with_hint("check the address for typos, or start from the overview")
    }

    /// Nobody has said who they are.
    #[must_use]
    pub fn log_in_needed() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "log-in-needed", "authentication required")
            .with_hint("log in, or send `Authorization: Bearer` with a token that has not expired")
    }

    /// The form that was sent waits until its sender has logged in; the text opens it.
    #[must_use]
    pub(crate) fn with_kept_form(mut self, kept: Option<String>) -> Self {
        self.0.kept_form = kept;
        self
    }

    /// What opens the form that was sent, if it was kept.
    pub(crate) fn kept_form(&self) -> Option<&str> {
        self.0.kept_form.as_deref()
    }

    /// The role is too low.
    #[must_use]
    pub fn forbidden(needs: Role) -> Self {
        let message = format!("requires the role `{needs}`");
        Self::new(StatusCode::FORBIDDEN, "role-too-low", message)
            .with_hint("ask an administrator to change your role on the page Users")
    }

    /// It does not go together with what is there.
    pub fn conflict(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// A body that is larger than its route accepts, in bytes.
    #[must_use]
    pub fn too_large(bytes: u64) -> Self {
        let message = format!("the request is larger than the limit of {}", crate::view::size(bytes));
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", message)
            .with_hint("send a smaller file, or send several files in several requests")
    }

    /// Fields are wrong.
    #[must_use]
    pub fn invalid(faults: Vec<Fault>) -> Self {
        let names: Vec<String> = faults.iter().map(|fault| format!("`{}`", fault.field)).collect();
        let message = format!("not valid: {}", names.join(", "));
        let mut failure = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", message);
        failure.0.faults = faults;
        failure
    }

    /// It was tried too often; come back after so many seconds.
    pub fn too_many(code: &'static str, message: &str, seconds: u64) -> Self {
        let mut failure = Self::new(StatusCode::TOO_MANY_REQUESTS, code, message);
        let wait = match seconds {
            0 | 1 => "1 second".to_owned(),
            2..120 => format!("{seconds} seconds"),
            _ => format!("{} minutes", seconds.div_ceil(60)),
        };
        failure.0.retry_after = Some(seconds.max(1));
        failure.with_hint(format!("wait {wait} and try again"))
    }

    /// There is no room for it at the moment.
    pub fn busy(message: &str) -> Self {
        let mut failure = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message);
        failure.0.retry_after = Some(5);
        failure.with_hint("try again in a moment")
    }

    /// Our fault. The cause goes to the log and nowhere else.
    #[must_use]
    pub fn internal(cause: String) -> Self {
        let mut failure = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error");
        failure.0.cause = Some(cause);
        failure.with_hint("see the log of the service for this request's number")
    }

    /// Its HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.0.hint.as_deref()
    }

    /// What is wrong with which field.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.0.faults
    }

    /// After how many seconds it may work.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// What the log says beyond the message.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let code = error.code();
        match &error {
            StoreError::Missing { .. } => Self::new(StatusCode::NOT_FOUND, code, error.to_string()),
            StoreError::Taken { .. } => {
                Self::conflict(code, error.to_string()).with_hint("choose another name")
            }
            StoreError::Changed { .. } => {
                let hint = error.hint().unwrap_or_default();
                Self::new(StatusCode::PRECONDITION_FAILED, code, error.to_string()).with_hint(hint)
            }
            StoreError::Fenced(_) => Self::conflict(code, error.to_string()),
            StoreError::Database { .. }
            | StoreError::Migration { .. }
            | StoreError::Content { .. }
            | StoreError::File { .. } => {
                let message = "the service cannot read or write its state";
                let mut failure = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
                failure.0.cause = Some(error.to_string());
                failure.0.retry_after = Some(10);
                failure.with_hint("see the log of the service for this request's number")
            }
        }
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Self {
        Self::internal(format!("a page could not be written: {error}"))
    }
}

impl IntoResponse for Failure {
    /// The status alone: `answers` knows who asks, and writes the rest.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_said_is_not_shown() {
        let error = StoreError::File {
            place: "/srv/secret/place".to_owned(),
            cause: std::io::Error::other("disk is on fire"),
        };
        let failure = Failure::from(error);
        assert_eq!(failure.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(!failure.to_string().contains("secret"), "{failure}");
        assert!(failure.cause().is_some_and(|cause| cause.contains("on fire")));
    }

    #[test]
    fn faults_name_their_fields() {
        let failure =
            Failure::invalid(vec![Fault::new("name", "Give it a name."), Fault::new("role", "No role.")]);
        assert_eq!(failure.to_string(), "not valid: `name`, `role`");
        assert_eq!(failure.faults().len(), 2);
    }
}
