//! What all actions have in common (API reference, response actions, section 1): an array of items, each judged alone, each with
//! a task or an error. Every item that arrives is on record as a command.

use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};
use simulator_parts::Refused;
use time::OffsetDateTime;

use crate::answer::{Answer, Family, ItemAnswer};
use crate::fault::texts;
use crate::holdings::Holdings;
use crate::limits::TASK_DESCRIPTION_CHARACTERS;
use crate::routes::{Context, Judged};
use crate::settings::{Refusal, Rules};
use crate::tasks::{Accepted, ItemRefusal, Proposal};

/// An item of an action that was received, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Command {
    /// When it was received, by the simulator's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The path that it was sent to.
    pub path: String,
    /// The item as it was sent.
    pub item: Value,
    /// The status of its entry in the answer.
    pub status: u16,
    /// The task that it has, also if that is another command's.
    pub task: Option<String>,
}

/// Why an item is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ItemError {
    /// A field is missing.
    Missing(&'static str),
    /// A field is wrong.
    Invalid(&'static str),
    /// A field is unknown.
    Unknown(String),
    /// The item is not an object.
    NotAnObject,
    /// The service refuses it.
    Refused(ItemRefusal),
}

impl From<ItemRefusal> for ItemError {
    fn from(refusal: ItemRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl ItemError {
    fn entry(self) -> ItemAnswer {
        let bad = |message: &str| ItemAnswer::failed(Family::Response, 400, None, Some(message), false);
        match self {
            Self::Missing(field) => bad(&format!("Invalid request - Required fields not found: {field}.")),
            Self::Invalid(field) => bad(&format!("Invalid request - Invalid field format: {field}.")),
            Self::Unknown(field) => bad(&format!("Invalid request - Invalid field format: {field}.")),
            Self::NotAnObject => bad("Invalid request format."),
            Self::Refused(refusal) => {
                let (status, code, message) = refusal.words();
                ItemAnswer::failed(Family::Response, status, Some(code), Some(message), false)
            }
        }
    }
}

/// The fields of an item, each of which is read once; what is left over is unknown.
pub(crate) struct Fields<'a> {
    fields: Map<String, Value>,
    rules: &'a Rules,
}

impl<'a> Fields<'a> {
    /// The fields of an item.
    pub(crate) fn of(item: &Value, rules: &'a Rules) -> Result<Self, ItemError> {
        let fields = item.as_object().cloned().ok_or(ItemError::NotAnObject)?;
        Ok(Self { fields, rules })
    }

    /// An optional text of at most so many characters.
    pub(crate) fn text(&mut self, name: &'static str, most: usize) -> Result<Option<String>, ItemError> {
        match self.fields.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() && text.chars().count() <= most => Ok(Some(text)),
            Some(_) => Err(ItemError::Invalid(name)),
        }
    }

    /// A required text of at most so many characters.
    pub(crate) fn required(&mut self, name: &'static str, most: usize) -> Result<String, ItemError> {
        self.text(name, most)?.ok_or(ItemError::Missing(name))
    }

    /// A value that is not a text.
    pub(crate) fn value(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(name)
    }

    /// The description of the task.
    pub(crate) fn description(&mut self) -> Result<Option<String>, ItemError> {
        match self.fields.get("description").and_then(Value::as_str) {
            Some("") => {
                self.fields.remove("description");
                Ok(None)
            }
            _ => self.text("description", TASK_DESCRIPTION_CHARACTERS),
        }
    }

    /// Refuses what is left over, if the rules say so.
    pub(crate) fn end(self) -> Result<(), ItemError> {
        match self.fields.into_iter().next() {
            Some((field, _)) if self.rules.unknown_field != Refusal::Ignore => Err(ItemError::Unknown(field)),
            _ => Ok(()),
        }
    }
}

/// How an item of an action is understood.
pub(crate) type Interpret = fn(&Context<'_>, &Holdings, &Value) -> Result<Proposal, ItemError>;

/// The items of a request; `None` if it is not an array.
pub(crate) fn items(context: &Context<'_>) -> Option<Vec<Value>> {
    let rules = &context.settings.rules;
    let items: Vec<Value> = match serde_json::from_slice(context.call.body).ok()? {
        Value::Array(items) => items,
        object @ Value::Object(_) if !rules.bare_array => vec![object],
        _ => return None,
    };
    (!items.is_empty() || rules.empty_array).then_some(items)
}

/// Carries out an action on each of its items.
pub(crate) fn answer(context: &Context<'_>, interpret: Interpret) -> Judged {
    let Some(items) = items(context) else { return context.bad("the body is not an array of items") };
    let mut refusals = Vec::new();
    let mut entries = Vec::with_capacity(items.len());
    for (place, item) in items.iter().enumerate() {
        let (entry, reason) = one(context, place, item, interpret);
        if let Some(reason) = reason {
            refusals.push(Refused { item: Some(place), reason });
        }
        entries.push(entry);
    }
    Judged { answer: Answer::items(entries), refusals }
}

/// Carries out an action on one item.
fn one(
    context: &Context<'_>,
    place: usize,
    item: &Value,
    interpret: Interpret,
) -> (ItemAnswer, Option<&'static str>) {
    let mut state = context.shared.state();
    let state = &mut *state;
    let fault = state.faults.item(context.plan, place, texts(item));
    let outcome = match &fault {
        Some(failure) if !failure.applied => None,
        _ => Some(propose(context, &mut state.holdings, item, interpret)),
    };
    let task = match &outcome {
        Some(Ok(Accepted::Task(id) | Accepted::Duplicate(id))) => Some(id.clone()),
        _ => None,
    };
    let (entry, reason) = match (fault, outcome) {
        (Some(failure), _) => {
            let (code, message) = (failure.code.as_deref(), failure.message.as_deref());
            let entry = ItemAnswer::failed(Family::Response, failure.status, code, message, false);
            (entry, Some("a fault was injected"))
        }
        (None, Some(Ok(Accepted::Task(id)))) => (ItemAnswer::accepted(link(context, &id)), None),
        (None, Some(Ok(Accepted::Duplicate(id)))) => {
            let entry = ItemError::Refused(ItemRefusal::Duplicate).entry().at(link(context, &id));
            (entry, Some("the same task is running"))
        }
        (None, Some(Ok(Accepted::Refused(refusal)))) => {
            (ItemError::Refused(refusal).entry(), Some("a plan refuses it"))
        }
        (None, Some(Err(error))) => (error.entry(), Some("the item is not valid")),
        // Without a fault there is an outcome.
        (None, None) => (ItemError::NotAnObject.entry(), None),
    };
    state.holdings.commands.push(Command {
        at: context.now,
        path: context.call.path.to_owned(),
        item: item.clone(),
        status: entry.status,
        task,
    });
    (entry, reason)
}

fn propose(
    context: &Context<'_>,
    holdings: &mut Holdings,
    item: &Value,
    interpret: Interpret,
) -> Result<Accepted, ItemError> {
    let proposal = interpret(context, holdings, item)?;
    Ok(holdings.tasks.accept(proposal, &context.settings.tasks, context.now))
}

/// Where a task is.
pub(crate) fn link(context: &Context<'_>, id: &str) -> String {
    let version = if context.settings.tasks.stale_links { "v3.0/xdr" } else { "v3.0" };
    format!("{}/{version}/response/tasks/{id}", context.call.origin)
}

/// Starts one task for a whole request, as the malware scan does: 202 with a link, or an error of the whole.
pub(crate) fn whole(context: &Context<'_>, proposal: Result<Proposal, ItemError>) -> Judged {
    let bad = |error: ItemError| {
        let (status, message) = match error {
            ItemError::Missing(field) => {
                (400, format!("Invalid request - Required fields not found: {field}."))
            }
            ItemError::Invalid(field) => (400, format!("Invalid request - Invalid field format: {field}.")),
            ItemError::Unknown(field) => (400, format!("Invalid request - Invalid field format: {field}.")),
            ItemError::NotAnObject => (400, "Invalid request format.".to_owned()),
            ItemError::Refused(refusal) => {
                let (status, _, message) = refusal.words();
                (status, message.to_owned())
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        context.refused(status, Some(&message), "the request is not valid")
    };
    let accepted = match proposal {
        Ok(proposal) => {
            let settings =
                crate::settings::TaskSettings { dated_ids: true, ..context.settings.tasks.clone() };
            context.shared.state().holdings.tasks.accept(proposal, &settings, context.now)
        }
        Err(error) => return bad(error),
    };
    match accepted {
        Accepted::Task(id) | Accepted::Duplicate(id) => {
            let location = format!("{}/v3.0/response/tasks/{id}", context.call.origin);
            Answer::empty(StatusCode::ACCEPTED).with_header("operation-location", location).into()
        }
        Accepted::Refused(refusal) => bad(refusal.into()),
    }
}
