//! What a call sends: a body of JSON, parameters of the address. What is wrong with it is said by field. Denied by default: any
//! other type of body.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value};
use utoipa::openapi::schema::{Schema, SchemaType};
use utoipa::openapi::{ObjectBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};

use crate::security::forgery::media_type;
use crate::{Failure, Fault};

/// A body of JSON, in either direction.
pub(crate) struct Json<T>(pub(crate) T);

/// A field that a call may leave out, send as `null`, or give a value: none, nothing, or the value.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        if media_type(request.headers()) != "application/json" {
            let message = "expected a body of the type `application/json`";
            return Err(Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong-media-type", message));
        }
        let bytes =
            Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
                status @ StatusCode::PAYLOAD_TOO_LARGE => {
                    Failure::new(status, "too-large", "the body is too large")
                }
                _ => Failure::new(StatusCode::BAD_REQUEST, "body-broken", "the body ended early"),
            })?;
        read(&bytes).map(Self)
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| not_json(&error))?;
    // A list would be taken for the members of the object in their order.
    if !value.is_object() {
        let message = "expected a JSON object as the body";
        return Err(Failure::invalid(vec![Fault::new("body", message)]));
    }
    whole(&mut value);
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (path, cause) = (error.path().to_string(), error.into_inner().to_string());
        Failure::invalid(vec![Fault::new(field(&path, &cause), cause)])
    })
}

/// In JSON Schema `7.0` is an integer, and there are programs that write it so.
fn whole(value: &mut Value) {
    /// Beyond this, a number of floating point does not say which integer it is.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match value {
        Value::Number(number) if number.is_f64() => {
            if let Some(float) = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT)
            {
                *number = Number::from(float as i64);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(whole),
        Value::Object(members) => members.values_mut().for_each(whole),
        _ => {}
    }
}

fn not_json(error: &serde_json::Error) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "not-json", format!("the body is not JSON: {error}"))
}

/// The path of a field; one that is missing or unknown is named by the message alone.
fn field(path: &str, said: &str) -> String {
    let named = ["missing field `", "unknown field `"]
        .iter()
        .find_map(|start| said.strip_prefix(start)?.split_once('`').map(|(name, _)| name));
    match (path, named) {
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) if !path.ends_with(name) => format!("{path}.{name}"),
        (".", None) => "body".to_owned(),
        (path, _) => path.to_owned(),
    }
}

/// A member that a resource shows and nobody sets: what a call sends for it has no effect, so that what was read can be sent back.
#[derive(Debug, Default)]
pub(crate) struct ReadOnly;

impl<'de> Deserialize<'de> for ReadOnly {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl PartialSchema for ReadOnly {
    fn schema() -> RefOr<Schema> {
        let shown = "Shown, and never set: what is sent here has no effect.";
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).read_only(true).description(Some(shown)).into()
    }
}

impl ToSchema for ReadOnly {}

/// Parameters of the address.
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let query = Query::<T>::from_request_parts(parts, state).await;
        let Query(params) = query.map_err(|rejection| {
            let said = rejection.body_text();
            let said = said.rsplit_once("query string: ").map_or(said.as_str(), |(_, said)| said);
            let message = format!("the parameters cannot be understood: {said}");
            Failure::new(StatusCode::BAD_REQUEST, "malformed", message)
        })?;
        Ok(Self(params))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[allow(dead_code)]
        size: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[allow(dead_code)]
        name: String,
        #[serde(default)]
        #[allow(dead_code)]
        parts: Vec<Inner>,
    }

    #[test]
    fn what_is_wrong_is_said_by_field() {
        for (body, field) in [
            (r"{}", "name"),
            (r#"{"name": 1}"#, "name"),
            (r#"{"name": "a", "colour": 1}"#, "colour"),
            (r#"{"name": "a", "parts": [{"size": 1}, {"size": 300}]}"#, "parts[1].size"),
            (r#"{"name": "a", "parts": [{}]}"#, "parts[0].size"),
            (r"[]", "body"),
            (r#"["a", []]"#, "body"),
            (r"null", "body"),
        ] {
            let failure = read::<Outer>(body.as_bytes()).unwrap_err();
            assert_eq!(failure.code(), "invalid", "{body}");
            assert_eq!(failure.faults()[0].field, field, "{body}");
        }
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        for (size, taken) in
            [("7", Some(7)), ("7.0", Some(7)), ("7e0", Some(7)), ("7.5", None), ("-0.0", Some(0))]
        {
            let body = format!(r#"{{"name": "a", "parts": [{{"size": {size}}}]}}"#);
            let outer = read::<Outer>(body.as_bytes()).ok();
            assert_eq!(outer.map(|outer| outer.parts[0].size), taken, "{size}");
        }
        let scores: BTreeMap<String, f64> = read(br#"{"score": 7.0}"#).unwrap();
        assert!((scores["score"] - 7.0).abs() < f64::EPSILON);
    }

    #[test]
    fn what_is_no_json_is_said_so() {
        for body in ["", "{", r#"{"name": "a"} x"#] {
            assert_eq!(read::<Outer>(body.as_bytes()).unwrap_err().code(), "not-json", "{body}");
        }
    }
}
