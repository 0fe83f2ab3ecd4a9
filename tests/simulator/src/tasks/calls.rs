//! Reading tasks and canceling malware scans (API reference, response actions, section 7).

use http::StatusCode;
use serde_json::{Map, Value};
use simulator_parts::Refused;

use super::engine::Tasks;
use super::task::{Status, Task};
use crate::actions;
use crate::answer::{Answer, Family, ItemAnswer};
use crate::collection::{FilterSource, Listing, PLAIN, page};
use crate::files;
use crate::page::format_date;
use crate::routes::{Context, Judged};
use crate::tasks::Decision;

const LIST: Listing = Listing {
    filter: FilterSource::Parameter,
    filter_characters: 2048,
    fields: &["id", "status", "action", "account"],
    dates: &[("startDateTime", "endDateTime", "createdDateTime")],
    date_targets: &["createdDateTime", "lastActionDateTime"],
    ..PLAIN
};

/// The longest id of a task, in characters.
const ID_CHARACTERS: usize = 36;

/// A task as the service shows it now, with its archive if it has left one.
fn shown(context: &Context<'_>, task: &mut Task) -> Value {
    let settings = &context.settings.tasks;
    let partial = settings.partial.status();
    let action = match task.action {
        "terminateProcess" if settings.misspelled_terminate => "teminateProcess",
        action => action,
    };
    let mut fields = task.json(context.now, partial, action);
    if task.status(context.now, partial).0 == Status::Succeeded {
        add_archive(context, task, &mut fields);
    }
    Value::Object(fields)
}

fn add_archive(context: &Context<'_>, task: &mut Task, fields: &mut Map<String, Value>) {
    let (id, has_digests) = (task.id.clone(), task.action == "collectFile");
    let Some(archive) = &mut task.archive else { return };
    let settings = &context.settings.tasks;
    let (link, expires) = archive.link(context.now, settings.link_seconds);
    let origin = settings.link_origin.as_deref().unwrap_or(context.call.origin);
    let mut put = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    put("resourceLocation", format!("{origin}{}", files::path(&id, link)).into());
    put("expiredDateTime", format_date(expires).into());
    put("password", archive.password.clone().into());
    if has_digests {
        let digests = archive.digests();
        put("fileSha1", digests.sha1.clone().into());
        put("fileSha256", digests.sha256.clone().into());
        put("fileSize", archive.file.size().into());
    }
}

/// `GET /response/tasks/{id}`
pub(crate) fn get(context: &Context<'_>) -> Judged {
    let id = context.parameter(0);
    if id.chars().count() > ID_CHARACTERS {
        return context.bad("the id is too long");
    }
    let mut state = context.shared.state();
    let is_shown = |task: &&mut Task| Tasks::is_shown(task.created, context.now, &context.settings.tasks);
    match state.holdings.tasks.find_mut(id).filter(is_shown) {
        Some(task) => Answer::json(StatusCode::OK, &shown(context, task)).into(),
        None => context.missing("there is no such task"),
    }
}

/// `GET /response/tasks`
pub(crate) fn list(context: &Context<'_>) -> Judged {
    let items = {
        let mut state = context.shared.state();
        let tasks = state.holdings.tasks.all_mut();
        let is_shown = |task: &&mut Task| Tasks::is_shown(task.created, context.now, &context.settings.tasks);
        let mut items: Vec<Value> = tasks.filter(is_shown).map(|task| shown(context, task)).collect();
        // The newest first.
        items.reverse();
        items
    };
    match page(context, &LIST, items) {
        Ok(page) => Answer::json(StatusCode::OK, &page.body()).into(),
        Err(judged) => *judged,
    }
}

/// `POST /response/tasks/cancel`, for malware scans only.
pub(crate) fn cancel(context: &Context<'_>) -> Judged {
    let Some(items) = actions::items(context) else {
        return context.bad("the body is not an array of items");
    };
    let mut state = context.shared.state();
    let tasks = &mut state.holdings.tasks;
    let mut refusals = Vec::new();
    let entries = items.iter().enumerate().map(|(place, item)| {
        let id = item.get("id").and_then(Value::as_str).unwrap_or_default();
        let is_scan = tasks.find(id).map(|task| task.action == "malwareScanForMultiple");
        if is_scan == Some(true) && tasks.decide(id, Decision::Cancel, context.now) {
            return ItemAnswer::done(204);
        }
        refusals.push(Refused { item: Some(place), reason: "there is no such scan that runs" });
        match is_scan {
            None => ItemAnswer::failed(Family::Response, 404, None, None, false),
            Some(_) => {
                let (status, code, message) = super::ItemRefusal::NotSupported.words();
                ItemAnswer::failed(Family::Response, status, Some(code), Some(message), false)
            }
        }
    });
    let entries = entries.collect();
    Judged { answer: Answer::items(entries), refusals }
}
