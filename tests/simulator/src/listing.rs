//! Requests that read a list, page by page (API reference, sections 3.4 and 4). There is no count of all objects.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::exception_list::{Exception, ExceptionList, Patterns};
use crate::identifier::{Kind, List};
use crate::page::{Field, OrderField, PageError, Place, Query, format_date};
use crate::routes::{Context, Judged};
use crate::settings::NeverExpires;
use crate::suspicious_list::SuspiciousObject;

/// When an object expires that never does, for clients that need a date.
const FAR_FUTURE: &str = "9999-12-31T23:59:59Z";

/// Answers a page of a list.
pub(crate) fn answer(context: &Context<'_>, list: List) -> Judged {
    let (settings, call, now) = (context.settings, context.call, context.now);
    let filter = match call.headers.get("tmv1-filter").map(|value| value.to_str()).transpose() {
        Ok(filter) => filter,
        Err(_) => return context.bad("TMV1-Filter is no text"),
    };
    let query = match Query::parse(list, call.query, filter, &settings.paging, now) {
        Ok(query) => query,
        Err(PageError::Invalid(reason)) => return context.bad(reason),
        Err(PageError::Expired) => return expired_token(),
    };
    let lists = &mut context.shared.state().lists;
    let (items, last) = match list {
        List::SuspiciousObjects => {
            lists.suspicious.expire(now);
            let (page, more) = query.page(
                lists
                    .suspicious
                    .objects()
                    .filter(|object| query.within_dates(object.last_modified))
                    .filter(|object| query.admits(&|field| object_field(object, field)))
                    .map(|object| (place(object, query.field), object)),
            );
            let patterns = lists.exceptions.patterns();
            let render = |object: &SuspiciousObject| {
                object_json(object, &lists.exceptions, &patterns, settings.paging.never_expires)
            };
            (page.iter().map(|(_, object)| render(object)).collect::<Vec<_>>(), last(&page, more))
        }
        List::Exceptions => {
            let (page, more) = query.page(
                lists
                    .exceptions
                    .exceptions()
                    .filter(|exception| query.within_dates(exception.last_modified))
                    .filter(|exception| query.admits(&|field| exception_field(exception, field)))
                    .map(|exception| {
                        ((exception.last_modified.unix_timestamp(), exception.change), exception)
                    }),
            );
            (page.iter().map(|(_, exception)| exception_json(exception)).collect(), last(&page, more))
        }
    };
    let mut body = json!({ "items": items });
    if let (Some(last), Some(fields)) = (last, body.as_object_mut()) {
        let path = if settings.paging.stale_path && !call.path.starts_with("/v3.0/xdr/") {
            call.path.replacen("/v3.0/", "/v3.0/xdr/", 1)
        } else {
            call.path.to_owned()
        };
        fields.insert("nextLink".to_owned(), query.next_link(call.origin, &path, last, now).into());
    }
    Answer::json(StatusCode::OK, &body).into()
}

/// The answer to a page whose token has expired.
pub(crate) fn expired_token() -> Judged {
    let body =
        json!({"error": {"code": "BadRequest", "message": "Request token expired.", "number": 1_010_550}});
    Judged::refused(Answer::json(StatusCode::BAD_REQUEST, &body), "the skipToken has expired")
}

fn last<T>(page: &[(Place, T)], more: bool) -> Option<Place> {
    page.last().filter(|_| more).map(|(place, _)| *place)
}

fn place(object: &SuspiciousObject, field: OrderField) -> Place {
    let value = match field {
        OrderField::RiskLevel => object.risk_level as i64,
        OrderField::LastModified => object.last_modified.unix_timestamp(),
        OrderField::Expired => object.expires.map_or(i64::MAX, time::OffsetDateTime::unix_timestamp),
    };
    (value, object.change)
}

fn object_field(object: &SuspiciousObject, field: Field) -> Option<&str> {
    match field {
        Field::Type => Some(object.kind.name()),
        Field::Value(kind) => (kind == object.kind).then_some(object.value.as_str()),
        Field::ScanAction => Some(object.scan_action.name()),
        Field::RiskLevel => Some(object.risk_level.name()),
    }
}

fn exception_field(exception: &Exception, field: Field) -> Option<&str> {
    match field {
        Field::Type => Some(exception.kind.name()),
        Field::Value(kind) => (kind == exception.kind).then_some(exception.value.as_str()),
        Field::ScanAction | Field::RiskLevel => None,
    }
}

/// The fields that both lists have.
fn common(
    kind: Kind,
    value: &str,
    description: Option<&str>,
    modified: time::OffsetDateTime,
) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("type".to_owned(), kind.name().into());
    fields.insert(kind.name().to_owned(), value.into());
    if let Some(description) = description {
        fields.insert("description".to_owned(), description.into());
    }
    fields.insert("lastModifiedDateTime".to_owned(), format_date(modified).into());
    fields
}

/// A suspicious object as the list shows it.
pub(crate) fn object_json(
    object: &SuspiciousObject,
    exceptions: &ExceptionList,
    patterns: &Patterns<'_>,
    never_expires: NeverExpires,
) -> Value {
    let mut fields = common(object.kind, &object.value, object.description.as_deref(), object.last_modified);
    fields.insert("scanAction".to_owned(), object.scan_action.name().into());
    fields.insert("riskLevel".to_owned(), object.risk_level.name().into());
    fields
        .insert("inExceptionList".to_owned(), exceptions.covers(patterns, object.kind, &object.value).into());
    let expired = match (object.expires, never_expires) {
        (Some(expires), _) => Some(format_date(expires)),
        (None, NeverExpires::FarFuture) => Some(FAR_FUTURE.to_owned()),
        (None, NeverExpires::Empty) => Some(String::new()),
        (None, NeverExpires::Omitted) => None,
    };
    if let Some(expired) = expired {
        fields.insert("expiredDateTime".to_owned(), expired.into());
    }
    Value::Object(fields)
}

/// An exception as the list shows it.
pub(crate) fn exception_json(exception: &Exception) -> Value {
    let description = exception.description.as_deref();
    Value::Object(common(exception.kind, &exception.value, description, exception.last_modified))
}
