//! Between the contract's generated types and those of [`crate::contract`]; text is moved, not copied, where it can be.

use crate::configuration::{Setting, Value};
use crate::contract;

use super::bindings::exports::palisade::action::action;
use super::bindings::palisade::action::log::Level;
pub(super) use super::bindings::palisade::action::model;

pub(super) fn offered(offered: model::Offered) -> contract::Offered {
    let object = offered.object;
    let attributes = object.attributes.into_iter().filter_map(|attribute| {
        let text = match attribute.value {
            model::Value::Text(text) => text,
            model::Value::Integer(number) => number.to_string(),
            // No action reads an attribute of another type.
            _ => return None,
        };
        Some((attribute.name, text))
    });
    contract::Offered {
        attributes: attributes.collect(),
        object: contract::Object {
            key: offered.key,
            kind: object.kind,
            subtype: object.subtype,
            value: object.value,
            score: object.score,
            status: object.status,
            description: object.description,
            id: object.id,
        },
        idempotency_key: offered.idempotency_key,
        uncertain: offered.uncertain,
        state: offered.state,
    }
}

pub(super) fn setting(setting: model::Attribute) -> Setting {
    let value = match setting.value {
        model::Value::Text(text) => Value::Text(text),
        model::Value::Integer(number) => Value::Integer(number),
        model::Value::Flag(flag) => Value::Flag(flag),
        model::Value::Decimal(_) => Value::Other("a decimal number"),
        model::Value::At(_) => Value::Other("a point in time"),
        model::Value::Texts(_) => Value::Other("a list of texts"),
        model::Value::Json(_) => Value::Other("a JSON document"),
    };
    Setting { name: setting.name, value }
}

pub(super) fn problem(problem: contract::Problem) -> model::Reason {
    model::Reason { code: problem.code.to_owned(), message: problem.message }
}

pub(super) fn stop(stop: contract::Stop) -> action::Stop {
    action::Stop { problem: problem(stop.problem), hint: Some(stop.hint.into_owned()) }
}

pub(super) fn outcome(outcome: contract::Outcome) -> model::Outcome {
    let verdict = match outcome.verdict {
        contract::Verdict::Accepted => model::Verdict::Accepted,
        contract::Verdict::Planned => model::Verdict::Planned,
        contract::Verdict::Skipped(reason) => model::Verdict::Skipped(problem(reason)),
        contract::Verdict::Rejected(reason) => model::Verdict::Rejected(problem(reason)),
        contract::Verdict::Failed(reason) => model::Verdict::Failed(problem(reason)),
        contract::Verdict::Pending(pending) => model::Verdict::Pending(model::Pending {
            state: pending.state,
            reason: problem(pending.reason),
            poll_after: pending.poll_after,
            // The manifest says how long is too long.
            give_up_after: None,
        }),
    };
    let submissions = outcome.submissions.into_iter().map(|submission| model::Submission {
        field: submission.field.to_owned(),
        value: submission.value.as_ref().to_owned(),
        status: submission.status,
        attempts: submission.attempts,
        duplicate_of: submission.duplicate_of,
        comparison: submission.comparison.map(|compared| comparison(*compared)),
    });
    model::Outcome {
        key: outcome.key,
        verdict,
        submissions: submissions.collect(),
        outputs: outcome.outputs.into_iter().map(output).collect(),
        downloads: outcome.downloads.into_iter().map(download).collect(),
    }
}

fn output(output: contract::Output) -> model::Attribute {
    let value = match output.value {
        contract::OutputValue::Text(text) => model::Value::Text(text),
        contract::OutputValue::Integer(number) => model::Value::Integer(number),
    };
    model::Attribute { name: output.name.to_owned(), value }
}

fn download(download: contract::Download) -> model::Download {
    model::Download {
        url: download.url,
        name: download.name,
        media_type: download.media_type.to_owned(),
        size: None,
        digests: Vec::new(),
        expires: download.expires,
        password: download.password,
        renew: Some(download.renew),
    }
}

fn comparison(comparison: contract::Comparison) -> model::Comparison {
    let field = |(name, value): (&str, String)| model::Field { name: name.to_owned(), value };
    let change = |change: contract::Change| model::Change {
        name: change.name.to_owned(),
        before: change.before,
        after: change.after,
    };
    model::Comparison {
        held: comparison.held.map(|held| held.into_iter().map(field).collect()),
        changes: comparison.changes.into_iter().map(change).collect(),
        also_on: comparison.also_on.into_iter().map(str::to_owned).collect(),
        ours: None,
    }
}

pub(super) fn eviction(eviction: contract::Eviction) -> model::Eviction {
    model::Eviction { field: eviction.field.to_owned(), value: eviction.value, expires: eviction.expires }
}

pub(super) fn holding(holding: contract::Holding) -> model::Holding {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    model::Holding {
        name: holding.list.to_owned(),
        field: holding.field.map(str::to_owned),
        entries: count(holding.entries),
        limit: Some(count(holding.limit)),
    }
}

pub(super) fn message(message: contract::Message) -> (Level, String, Vec<(String, String)>) {
    let level = match message.level {
        contract::Level::Debug => Level::Debug,
        contract::Level::Warn => Level::Warn,
    };
    let fields = message.fields.into_iter().map(|(name, value)| (name.to_owned(), value));
    (level, message.text, fields.collect())
}
