//! The block list as Response Management fills it: by tasks, with the tenant's own risk, action and expiry. Removing takes away
//! only what came this way.

use serde_json::{Map, Value};

use crate::actions::{Fields, ItemError};
use crate::holdings::Holdings;
use crate::identifier::Kind;
use crate::routes::Context;
use crate::tasks::{Effect, Proposal};

/// The longest value of a kind on this way, in characters.
fn longest(kind: Kind) -> usize {
    match kind {
        Kind::FileSha1 => 160,
        Kind::FileSha256 => 256,
        _ => 255,
    }
}

fn object(context: &Context<'_>, item: &Value) -> Result<(Kind, String, Option<String>), ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let mut found = None;
    for kind in Kind::ALL {
        if let Some(value) = fields.text(kind.name(), longest(kind))? {
            if found.is_some() {
                return Err(ItemError::Invalid(kind.name()));
            }
            found = Some((kind, value));
        }
    }
    let description = fields.description()?;
    fields.end()?;
    let (kind, value) =
        found.ok_or(ItemError::Missing("url, domain, ip, senderMailAddress, fileSha1, fileSha256"))?;
    Ok((kind, value, description))
}

fn proposal(
    action: &'static str,
    kind: Kind,
    value: String,
    description: Option<String>,
    effect: Effect,
) -> Proposal {
    let fields: Map<String, Value> = [(kind.name().to_owned(), value.clone().into())].into_iter().collect();
    let target = format!("{} {}", kind.name(), kind.key(&value));
    Proposal { description, names: vec![value], ..Proposal::single(action, target, fields, effect) }
}

/// Adds objects.
pub(crate) fn add(context: &Context<'_>, _: &Holdings, item: &Value) -> Result<Proposal, ItemError> {
    let (kind, value, description) = object(context, item)?;
    let effect = Effect::Block { kind, value: value.clone(), description: description.clone() };
    Ok(proposal("block", kind, value, description, effect))
}

/// Removes objects.
pub(crate) fn remove(context: &Context<'_>, _: &Holdings, item: &Value) -> Result<Proposal, ItemError> {
    let (kind, value, description) = object(context, item)?;
    let effect = Effect::Unblock { kind, value: value.clone() };
    Ok(proposal("restoreBlock", kind, value, description, effect))
}
