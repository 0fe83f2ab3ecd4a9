//! Notes of alerts: list, read, add, change under the condition of an ETag, delete (API reference, response actions, section 9).

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collection::{Listing, PLAIN, page};
use crate::digest;
use crate::limits::NOTE_CHARACTERS;
use crate::page::format_date;
use crate::routes::{Context, Judged};
use crate::workbench::{Alert, check, header};

/// A note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Note {
    /// Its id, unique within its alert.
    pub id: u64,
    /// What it says.
    pub content: String,
    /// Who wrote it.
    pub creator_name: String,
    /// The address of who wrote it.
    pub creator_mail_address: String,
    /// When it was written.
    pub created_date_time: String,
    /// Who changed it last.
    pub last_updated_by: String,
    /// When it was changed last.
    pub last_updated_date_time: String,
    /// Its ETag, without quotes; one that follows from its id if missing. A change gives it another.
    #[serde(default, skip_serializing)]
    pub etag: Option<String>,
    /// How often it was changed.
    #[serde(skip)]
    pub(crate) changes: u64,
}

impl Note {
    fn tag(&self, alert: &str) -> String {
        self.etag.clone().unwrap_or_else(|| digest::uuid(&format!("{alert} {}", self.id), self.changes))
    }
}

/// The address of the owner of the key.
const MAIL_ADDRESS: &str = "api-key@example.com";

const LIST: Listing = Listing {
    fields: &["id", "creatorMailAddress", "creatorName", "lastUpdatedBy"],
    orders: &["id", "createdDateTime", "lastUpdatedDateTime", "creatorName", "lastUpdatedBy"],
    default_order: "createdDateTime desc",
    dates: &[("startDateTime", "endDateTime", "createdDateTime")],
    date_targets: &["createdDateTime", "lastUpdatedDateTime"],
    ..PLAIN
};

/// The alert that a call names.
fn alert<'a>(context: &Context<'_>, alerts: &'a mut [Alert]) -> Option<&'a mut Alert> {
    alerts.iter_mut().find(|alert| alert.id() == context.parameter(0))
}

/// The text of a note in a body; `None` if it is missing or too long.
fn content(context: &Context<'_>) -> Option<String> {
    let body: Value = serde_json::from_slice(context.call.body).ok()?;
    let text = body.get("content")?.as_str()?;
    (!text.is_empty() && text.chars().count() <= NOTE_CHARACTERS).then(|| text.to_owned())
}

/// Lists the notes of an alert.
pub(crate) fn list(context: &Context<'_>) -> Judged {
    let items = match alert(context, &mut context.shared.state().holdings.alerts) {
        Some(alert) => alert.notes.iter().map(|note| json!(note)).collect(),
        None => return context.missing("there is no such alert"),
    };
    match page(context, &LIST, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.body()).into(),
        Err(judged) => *judged,
    }
}

/// Reads a note.
pub(crate) fn get(context: &Context<'_>) -> Judged {
    let alerts = &mut context.shared.state().holdings.alerts;
    let found = alert(context, alerts).and_then(|alert| {
        let note = alert.notes.iter().find(|note| note.id.to_string() == context.parameter(1))?;
        Some((json!(note), note.tag(context.parameter(0))))
    });
    match found {
        Some((note, tag)) => {
            Answer::json(StatusCode::OK, &note).with_header("etag", header(context, &tag)).into()
        }
        None => context.missing("there is no such note"),
    }
}

/// Adds a note.
pub(crate) fn add(context: &Context<'_>) -> Judged {
    let alerts = &mut context.shared.state().holdings.alerts;
    let Some(alert) = alert(context, alerts) else { return context.missing("there is no such alert") };
    let Some(content) = content(context) else { return context.bad("there is no content, or too much") };
    let id = alert.notes.iter().map(|note| note.id).max().unwrap_or_default() + 1;
    let account = &context.settings.tasks.account;
    let now = format_date(context.now);
    alert.notes.push(Note {
        id,
        content,
        creator_name: account.clone(),
        creator_mail_address: MAIL_ADDRESS.to_owned(),
        created_date_time: now.clone(),
        last_updated_by: account.clone(),
        last_updated_date_time: now,
        etag: None,
        changes: 0,
    });
    let location = format!("{}{}/{id}", context.call.origin, context.call.path);
    Answer::empty(StatusCode::CREATED).with_header("location", location).into()
}

/// Changes a note.
pub(crate) fn update(context: &Context<'_>) -> Judged {
    let alerts = &mut context.shared.state().holdings.alerts;
    let note = alert(context, alerts)
        .and_then(|alert| alert.notes.iter_mut().find(|note| note.id.to_string() == context.parameter(1)));
    let Some(note) = note else { return context.missing("there is no such note") };
    let Some(content) = content(context) else { return context.bad("there is no content, or too much") };
    if let Err(refused) = check(context, &note.tag(context.parameter(0))) {
        return *refused;
    }
    note.content = content;
    note.last_updated_by.clone_from(&context.settings.tasks.account);
    note.last_updated_date_time = format_date(context.now);
    note.changes += 1;
    note.etag = None;
    Answer::empty(StatusCode::NO_CONTENT).into()
}

/// Deletes notes, all of them or none.
pub(crate) fn delete(context: &Context<'_>) -> Judged {
    let alerts = &mut context.shared.state().holdings.alerts;
    let Some(alert) = alert(context, alerts) else { return context.missing("there is no such alert") };
    let Ok(Value::Array(items)) = serde_json::from_slice(context.call.body) else {
        return context.bad("the body is not an array");
    };
    let id = |item: &Value| match item.get("id")? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) if context.settings.rules.text_note_ids => text.parse().ok(),
        _ => None,
    };
    let Some(ids) = items.iter().map(id).collect::<Option<Vec<u64>>>().filter(|ids| !ids.is_empty()) else {
        return context.bad("an id is not an integer");
    };
    if !ids.iter().all(|id| alert.notes.iter().any(|note| note.id == *id)) {
        return context.missing("there is no such note");
    }
    alert.notes.retain(|note| !ids.contains(&note.id));
    Answer::empty(StatusCode::NO_CONTENT).into()
}
