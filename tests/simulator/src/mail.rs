//! Mailboxes with their messages, and the actions on them: quarantine, restore, delete. A task has a part for each mailbox that
//! holds the message.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::actions::{Fields, ItemError};
use crate::holdings::Holdings;
use crate::routes::Context;
use crate::tasks::{Effect, ItemRefusal, Proposal, ProposedPart};

/// The longest id of a message or mailbox, in characters.
const ID_CHARACTERS: usize = 255;

/// A message in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Message {
    /// The mailbox, as an address.
    pub mail_box: String,
    /// The id that all copies of the message have.
    pub message_id: String,
    /// The id of this copy.
    pub unique_id: String,
    /// Its subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_subject: Option<String>,
    /// Where it is.
    #[serde(default)]
    pub state: MessageState,
}

/// Where a message is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MessageState {
    /// In the mailbox.
    #[default]
    Delivered,
    /// In quarantine.
    Quarantined,
    /// Nowhere.
    Deleted,
}

/// The messages that an item names and their part of a task.
fn proposal(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
    action: &'static str,
    state: MessageState,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let unique_id = fields.text("uniqueId", ID_CHARACTERS)?;
    let message_id = fields.text("messageId", ID_CHARACTERS)?;
    let mailbox = fields.text("mailBox", ID_CHARACTERS)?;
    let description = fields.description()?;
    fields.end()?;
    let matches = |message: &Message| match (&unique_id, &message_id) {
        (Some(unique_id), _) => message.unique_id == *unique_id,
        (None, Some(message_id)) => {
            message.message_id == *message_id
                && mailbox.as_ref().is_none_or(|mailbox| mailbox.eq_ignore_ascii_case(&message.mail_box))
        }
        (None, None) => false,
    };
    let target = match (&unique_id, &message_id) {
        (Some(_), Some(_)) => return Err(ItemError::Invalid("uniqueId")),
        (Some(_), None) if mailbox.is_some() => return Err(ItemError::Invalid("mailBox")),
        (Some(id), None) => id.clone(),
        (None, Some(id)) => format!("{id} {}", mailbox.as_deref().unwrap_or_default()),
        (None, None) => return Err(ItemError::Missing("messageId")),
    };
    let part = |message: &Message| {
        let mut fields = Map::new();
        let mut put = |name: &str, value: &str| fields.insert(name.to_owned(), value.into());
        put("mailBox", &message.mail_box);
        // The specification has one form for each way of asking, and a part that is in both forms would be in neither.
        if unique_id.is_some() {
            put("uniqueId", &message.unique_id);
        } else {
            put("messageId", &message.message_id);
            if let Some(subject) = &message.message_subject {
                put("messageSubject", subject);
            }
        }
        let effect = Effect::Message {
            mailbox: message.mail_box.clone(),
            unique_id: message.unique_id.clone(),
            state,
        };
        ProposedPart { fields, effect, place: Some(message.mail_box.clone()) }
    };
    let found = holdings.messages.iter().filter(|message| message.state != MessageState::Deleted);
    let parts: Vec<ProposedPart> = found.filter(|message| matches(message)).map(part).collect();
    if parts.is_empty() {
        return Err(ItemRefusal::TargetNotFound.into());
    }
    let names = unique_id.into_iter().chain(message_id).chain(mailbox).collect();
    Ok(Proposal { action, target, names, parts, is_divided: true, has_archive: false, description })
}

/// Puts messages into quarantine.
pub(crate) fn quarantine(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    proposal(context, holdings, item, "quarantineMessage", MessageState::Quarantined)
}

/// Puts messages back.
pub(crate) fn restore(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    proposal(context, holdings, item, "restoreMessage", MessageState::Delivered)
}

/// Deletes messages.
pub(crate) fn delete(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    proposal(context, holdings, item, "deleteMessage", MessageState::Deleted)
}
