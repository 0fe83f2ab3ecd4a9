//! Alerts of the workbench: list, read, change under the condition of an ETag (API reference, response actions, section 9). Every
//! change gives an alert another ETag.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::collection::{Listing, PLAIN, page, texts_of};
use crate::digest;
use crate::notes::Note;
use crate::page::format_date;
use crate::routes::{Context, Judged};

/// An alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// The alert as the service shows it, with its `id`.
    pub alert: Map<String, Value>,
    /// Its ETag, without quotes; one that follows from its id if missing. A change gives it another.
    #[serde(default)]
    pub etag: Option<String>,
    /// Its notes.
    #[serde(default)]
    pub notes: Vec<Note>,
    /// How often it was changed.
    #[serde(skip)]
    pub(crate) changes: u64,
}

impl Alert {
    /// Its id.
    pub fn id(&self) -> &str {
        self.alert.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    fn tag(&self) -> String {
        self.etag.clone().unwrap_or_else(|| digest::uuid(self.id(), self.changes))
    }
}

/// A tag as a header.
pub(crate) fn header(context: &Context<'_>, tag: &str) -> String {
    if context.settings.rules.quoted_etags { format!("\"{tag}\"") } else { tag.to_owned() }
}

/// Whether a change is allowed: `If-Match` must be the tag, with or without quotes.
pub(crate) fn check(context: &Context<'_>, tag: &str) -> Result<(), Box<Judged>> {
    match context.call.header("if-match") {
        None => Err(Box::new(context.bad("If-Match is missing"))),
        Some(wanted) if wanted.trim_matches('"') == tag => Ok(()),
        Some(_) => Err(Box::new(context.refused(
            StatusCode::PRECONDITION_FAILED,
            None,
            "If-Match is not the current ETag",
        ))),
    }
}

const LIST: Listing = Listing {
    filter_characters: 5000,
    fields: &[
        "id",
        "investigationStatus",
        "status",
        "investigationResult",
        "alertProvider",
        "modelId",
        "model",
        "modelType",
        "severity",
        "impactScopeEntityValue",
        "indicatorValue",
        "incidentId",
    ],
    contains: true,
    tops: &[],
    default_top: 10,
    orders: &[
        "id",
        "investigationStatus",
        "status",
        "investigationResult",
        "alertProvider",
        "modelId",
        "model",
        "modelType",
        "score",
        "severity",
        "createdDateTime",
        "updatedDateTime",
        "firstInvestigatedDateTime",
        "incidentId",
    ],
    default_order: "createdDateTime desc",
    is_descending: true,
    dates: &[("startDateTime", "endDateTime", "createdDateTime")],
    date_targets: &["createdDateTime", "updatedDateTime", "firstInvestigatedDateTime"],
    texts: Some(texts),
    ..PLAIN
};

/// The texts of the fields that are inside of others.
fn texts(alert: &Value, field: &str) -> Option<Vec<String>> {
    let (list, name) = match field {
        "impactScopeEntityValue" => (alert.pointer("/impactScope/entities"), "entityValue"),
        "indicatorValue" => (alert.get("indicators"), "value"),
        _ => return None,
    };
    let entries = list.and_then(Value::as_array).into_iter().flatten();
    // A host has its name in a field of its value.
    let of = |entry: &Value| {
        let value = entry.get(name);
        value.and_then(|value| value.get("name")).map_or_else(|| texts_of(value), |name| texts_of(Some(name)))
    };
    Some(entries.flat_map(of).collect())
}

/// Lists alerts.
pub(crate) fn list(context: &Context<'_>) -> Judged {
    let items = {
        let state = context.shared.state();
        state.holdings.alerts.iter().map(|alert| Value::Object(alert.alert.clone())).collect()
    };
    match page(context, &LIST, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.counted()).into(),
        Err(judged) => *judged,
    }
}

/// Reads an alert.
pub(crate) fn get(context: &Context<'_>) -> Judged {
    let state = context.shared.state();
    match state.holdings.alerts.iter().find(|alert| alert.id() == context.parameter(0)) {
        Some(alert) => Answer::json(StatusCode::OK, &Value::Object(alert.alert.clone()))
            .with_header("etag", header(context, &alert.tag()))
            .into(),
        None => context.missing("there is no such alert"),
    }
}

/// The fields of an alert that can be changed, and their values.
const CHANGES: [(&str, &[&str]); 3] = [
    ("status", &["Open", "In Progress", "Closed"]),
    (
        "investigationResult",
        &[
            "No Findings",
            "Noteworthy",
            "True Positive",
            "False Positive",
            "Benign True Positive",
            "Other Findings",
        ],
    ),
    (
        "investigationStatus",
        &["New", "In Progress", "True Positive", "False Positive", "Benign True Positive", "Closed"],
    ),
];

/// Changes an alert.
pub(crate) fn update(context: &Context<'_>) -> Judged {
    let mut state = context.shared.state();
    let alerts = &mut state.holdings.alerts;
    let Some(alert) = alerts.iter_mut().find(|alert| alert.id() == context.parameter(0)) else {
        return context.missing("there is no such alert");
    };
    let Ok(Value::Object(changes)) = serde_json::from_slice(context.call.body) else {
        return context.bad("the body is not an object");
    };
    let is_allowed = |(name, value): (&String, &Value)| {
        CHANGES.iter().any(|(field, values)| {
            field == name && value.as_str().is_some_and(|value| values.contains(&value))
        })
    };
    if changes.is_empty() || !changes.iter().all(is_allowed) {
        return context.bad("the body changes nothing, or what cannot be changed");
    }
    if let Err(refused) = check(context, &alert.tag()) {
        return *refused;
    }
    let now = Value::from(format_date(context.now));
    if changes.get("status").and_then(Value::as_str) == Some("In Progress") {
        alert.alert.entry("firstInvestigatedDateTime").or_insert_with(|| now.clone());
    }
    alert.alert.extend(changes);
    alert.alert.insert("updatedDateTime".to_owned(), now);
    alert.changes += 1;
    alert.etag = None;
    Answer::empty(StatusCode::NO_CONTENT).into()
}
