//! From an object and the configuration to what is submitted for it, or to why nothing is.
//!
//! Types that the table does not name are skipped, values that are not well-formed are rejected. A field is set only
//! where the configuration or the object gives it a value.

use std::borrow::Cow;
use std::rc::Rc;

use crate::configuration::{Configuration, List, RiskRule, SchemeHandling};
use crate::contract::{Object, Problem, quoted};
use crate::item::{BlockFields, Field, Identifier, Item, RiskLevel};
use crate::limits;
use crate::normalise::url::Address;
use crate::normalise::{Normalised, Wildcards, address, domain, hash, mail, url};

/// The kind of objects that the actions take.
pub const KIND: &str = "Indicator";

/// What an object becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapping {
    /// One submission.
    One(Item),
    /// Two submissions with one verdict: a URL with both schemes.
    Two([Item; 2]),
    /// Nothing, by rule or by configuration.
    Skipped(Problem),
    /// Nothing, because the value is not one that the list can take.
    Rejected(Problem),
}

/// What `object` becomes under `configuration`.
pub fn map(object: &Object, configuration: &Configuration) -> Mapping {
    let Some(field) = field(object) else {
        return Mapping::Skipped(Problem::new(
            "type-not-accepted",
            format!("the action takes no object of type {}", quoted(&type_name(object))),
        ));
    };
    let wildcards = match configuration.list {
        List::Block { .. } => Wildcards::Refused,
        List::Exceptions => Wildcards::Accepted,
    };
    let value = object.value.trim();
    let normalised = match field {
        Field::Domain => domain::normalise(value, wildcards),
        Field::Ip => address::normalise(value).map(Cow::Owned),
        Field::SenderMailAddress => mail::normalise(value),
        Field::FileSha1 => hash::normalise(value, limits::SHA1_DIGITS),
        Field::FileSha256 => hash::normalise(value, limits::SHA256_DIGITS),
        Field::Url => return map_url(object, value, wildcards, configuration),
    };
    one(object, field, normalised, configuration)
}

/// What the object's type is to the API; `None` for a type that the actions do not take.
fn field(object: &Object) -> Option<Field> {
    if object.kind != KIND {
        return None;
    }
    match object.subtype.as_str() {
        "FQDN" => Some(Field::Domain),
        "IP Address" | "IPv6 Address" => Some(Field::Ip),
        "URL" => Some(Field::Url),
        "Email Address" => Some(Field::SenderMailAddress),
        "SHA-1" => Some(Field::FileSha1),
        "SHA-256" => Some(Field::FileSha256),
        _ => None,
    }
}

fn type_name(object: &Object) -> Cow<'_, str> {
    if object.kind == KIND {
        Cow::Borrowed(&object.subtype)
    } else {
        Cow::Owned(format!("{} {}", object.kind, object.subtype))
    }
}

fn map_url(object: &Object, value: &str, wildcards: Wildcards, configuration: &Configuration) -> Mapping {
    let rest = match url::normalise(value, wildcards) {
        Ok(Address::Complete(complete)) => return one(object, Field::Url, Ok(complete), configuration),
        Ok(Address::SchemeMissing(rest)) => rest,
        Err(problem) => return Mapping::Rejected(problem),
    };
    match configuration.scheme_handling {
        SchemeHandling::Http => one(object, Field::Url, url::with_scheme("http", &rest), configuration),
        SchemeHandling::Https => one(object, Field::Url, url::with_scheme("https", &rest), configuration),
        // The longer one first: where it does not fit, the object is rejected as a whole.
        SchemeHandling::Both => match (url::with_scheme("https", &rest), url::with_scheme("http", &rest)) {
            (Ok(https), Ok(http)) => Mapping::Two([
                item(object, Field::Url, &http, configuration),
                item(object, Field::Url, &https, configuration),
            ]),
            (Err(problem), _) | (_, Err(problem)) => Mapping::Rejected(problem),
        },
        SchemeHandling::Skip => Mapping::Skipped(Problem::new(
            "url-without-scheme",
            format!("{} has no scheme, and the configuration excludes such URLs", quoted(value)),
        )),
    }
}

fn one(
    object: &Object,
    field: Field,
    value: Normalised<Cow<'_, str>>,
    configuration: &Configuration,
) -> Mapping {
    match value {
        Ok(value) => Mapping::One(item(object, field, &value, configuration)),
        Err(problem) => Mapping::Rejected(problem),
    }
}

fn item(object: &Object, field: Field, value: &str, configuration: &Configuration) -> Item {
    let block = match configuration.list {
        List::Block { scan_action, risk, days_to_expiration } => BlockFields {
            scan_action,
            risk_level: match risk {
                RiskRule::Score => risk_by_score(object.score),
                RiskRule::Fixed(level) => Some(level),
                RiskRule::CustomerSettings => None,
            },
            days_to_expiration,
        },
        List::Exceptions => BlockFields::default(),
    };
    Item {
        identifier: Identifier { field, value: Rc::from(value) },
        description: object.description.as_deref().and_then(description),
        block,
    }
}

/// ThreatQ's score as a risk level: 9 and above high, 7 and above medium, below 7 low; no score, or none that is a
/// number, leaves the choice to the tenant.
pub fn risk_by_score(score: Option<f64>) -> Option<RiskLevel> {
    let score = score.filter(|score| !score.is_nan())?;
    Some(if score >= 9.0 {
        RiskLevel::High
    } else if score >= 7.0 {
        RiskLevel::Medium
    } else {
        RiskLevel::Low
    })
}

/// The object's own text, cut to what the API takes; nothing where there is none.
fn description(text: &str) -> Option<Rc<str>> {
    let text = text.trim();
    let end = text.char_indices().nth(limits::DESCRIPTION_CHARACTERS).map_or(text.len(), |(index, _)| index);
    text.get(..end).filter(|text| !text.is_empty()).map(Rc::from)
}

#[cfg(test)]
mod tests;
