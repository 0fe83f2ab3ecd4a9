//! Problem details (RFC 9457): how the API says that something was not done.

use std::collections::BTreeMap;

use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

use crate::{Failure, Fault};

/// The reason why a request failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: use `code` to distinguish problems.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The meaning of the status.
    #[schema(example = "Unprocessable Entity")]
    title: String,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// The stable code, for programs.
    #[schema(example = "invalid")]
    code: String,
    /// The message, for people.
    #[schema(example = "what was sent is wrong in `name`")]
    detail: String,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// The path of the request.
    #[schema(example = "/api/v1/users")]
    instance: String,
    /// The number of the request in the log of the service.
    #[schema(example = "Xk3vF0a1b2C3d4E5")]
    request_id: String,
    /// The fields with errors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    #[serde(skip)]
    answer: StatusCode,
}

impl Problem {
    pub(crate) fn of(failure: &Failure, target: &str, id: &str) -> Self {
        let faults: Vec<Fault> = failure.faults().iter().map(in_a_body).collect();
        let status = failure.status();
        // What somebody searched for is theirs: the path is enough.
        let path = target.split('?').next().unwrap_or_default();
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            code: failure.code().to_owned(),
            detail: if faults.is_empty() {
                failure.to_string()
            } else {
                Failure::invalid(faults.clone()).to_string()
            },
            hint: failure.hint().map(str::to_owned),
            instance: path.to_owned(),
            request_id: id.to_owned(),
            errors: faults,
            answer: status,
        }
    }
}

/// A field of the form of a workflow, `steps.1.api_key`, by its path in a body: `actions[0].configuration.api_key`.
fn in_a_body(fault: &Fault) -> Fault {
    let path = || {
        let rest = fault.field.strip_prefix("steps")?;
        let Some((place, name)) = rest.strip_prefix('.').and_then(|rest| rest.split_once('.')) else {
            return rest.is_empty().then(|| "actions".to_owned());
        };
        let place = place.parse::<usize>().ok()?.checked_sub(1)?;
        match name {
            "connection" => Some(format!("actions[{place}].connection")),
            _ => Some(format!("actions[{place}].configuration.{name}")),
        }
    };
    Fault { field: path().unwrap_or_else(|| fault.field.clone()), message: fault.message.clone() }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.answer, axum::Json(&self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(CONTENT_TYPE, kind);
        response
    }
}

/// The error responses of every call, for the OpenAPI document.
pub(crate) struct Problems;

impl IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::response::Response>> {
        let said = |description: &str| {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
            let response = ResponseBuilder::new().description(description);
            RefOr::T(response.content("application/problem+json", content).build())
        };
        BTreeMap::from([
            ("4XX".to_owned(), said("The request failed; see the problem for the reason.")),
            ("5XX".to_owned(), said("Internal error of the service.")),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_of_a_workflow_is_named_by_its_path_in_the_body() {
        for (field, path) in [
            ("steps.1.api_key", "actions[0].configuration.api_key"),
            ("steps.2.connection", "actions[1].connection"),
            ("steps", "actions"),
            ("steps.0.api_key", "steps.0.api_key"),
            ("stepson", "stepson"),
            ("name", "name"),
        ] {
            assert_eq!(in_a_body(&Fault::new(field, "x")).field, path);
        }
    }
}
