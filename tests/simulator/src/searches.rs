//! Searches: activities of endpoints and of mail, with counts, and observed attack techniques (API reference, response actions,
//! section 11). What they find is seeded as the service shows it.

use http::StatusCode;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collection::{FilterSource, Listing, PLAIN, page, selected, texts_of};
use crate::routes::{Context, Judged};

const ACTIVITIES: Listing = Listing {
    filter: FilterSource::Header("tmv1-query"),
    is_filter_required: true,
    filter_characters: 2048,
    is_search: true,
    tops: &[50, 100, 500, 1000, 5000],
    default_top: 500,
    dates: &[("startDateTime", "endDateTime", "eventTimeDT")],
    ..PLAIN
};

const TECHNIQUES: Listing = Listing {
    dates: &[
        ("detectedStartDateTime", "detectedEndDateTime", "detectedDateTime"),
        ("ingestedStartDateTime", "ingestedEndDateTime", "ingestedDateTime"),
    ],
    texts: Some(texts),
    ..PLAIN
};

/// The texts of the fields of a detection that are inside of others.
fn texts(detection: &Value, field: &str) -> Option<Vec<String>> {
    let inside = match field {
        "riskLevel" => "riskLevel",
        "filterName" => "name",
        "filterMitreTacticId" => "mitreTacticIds",
        "filterMitreTechniqueId" => "mitreTechniqueIds",
        "endpointName" | "agentGuid" => {
            return Some(texts_of(detection.get("endpoint").and_then(|endpoint| endpoint.get(field))));
        }
        "endpointIp" => return Some(texts_of(detection.pointer("/endpoint/ips"))),
        _ => return None,
    };
    let filters = detection.get("filters").and_then(Value::as_array).into_iter().flatten();
    Some(filters.flat_map(|filter| texts_of(filter.get(inside))).collect())
}

fn parameter(context: &Context<'_>, wanted: &str) -> Option<String> {
    url::form_urlencoded::parse(context.call.query.as_bytes())
        .find_map(|(name, value)| (name == wanted).then(|| value.into_owned()))
}

fn activities(context: &Context<'_>, items: Vec<Value>) -> Judged {
    let mode = parameter(context, "mode");
    if mode.as_deref().is_some_and(|mode| !["default", "countOnly", "performance"].contains(&mode)) {
        return context.bad("mode is not one of default, countOnly, performance");
    }
    let mut page = match page(context, &ACTIVITIES, items) {
        Ok(page) => page,
        Err(judged) => return *judged,
    };
    if mode.as_deref() == Some("countOnly") {
        return Answer::json(StatusCode::OK, &json!({"totalCount": page.total})).into();
    }
    let select = parameter(context, "select");
    page.items = page.items.into_iter().map(|item| selected(item, select.as_deref())).collect();
    let mut body = page.body();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("progressRate".to_owned(), 100.into());
    }
    Answer::json(StatusCode::OK, &body).into()
}

/// `GET /search/endpointActivities`
pub(crate) fn endpoint_activities(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.endpoint_activities.clone();
    activities(context, items)
}

/// `GET /search/emailActivities`
pub(crate) fn email_activities(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.email_activities.clone();
    activities(context, items)
}

/// `GET /oat/detections`
pub(crate) fn detections(context: &Context<'_>) -> Judged {
    let items = context.shared.state().holdings.detections.clone();
    match page(context, &TECHNIQUES, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.counted()).into(),
        Err(judged) => *judged,
    }
}
