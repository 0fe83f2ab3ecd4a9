//! Between the contract's generated types and those of [`crate::contract`]; text is moved, not copied, where it can be.

use crate::configuration::{Setting, Value};
use crate::contract;

use super::bindings::exports::palisade::action::action;
use super::bindings::palisade::action::log::Level;
pub(super) use super::bindings::palisade::action::types;

pub(super) fn object(object: types::Object) -> contract::Object {
    contract::Object {
        key: object.key,
        kind: object.kind,
        subtype: object.subtype,
        value: object.value,
        score: object.score,
        status: object.status,
        description: object.description,
    }
}

pub(super) fn setting(setting: action::Setting) -> Setting {
    let value = match setting.value {
        action::SettingValue::Text(text) => Value::Text(text),
        action::SettingValue::Integer(number) => Value::Integer(number),
        action::SettingValue::Flag(flag) => Value::Flag(flag),
        action::SettingValue::Choice(choice) => Value::Choice(choice),
    };
    Setting { name: setting.name, value }
}

pub(super) fn problem(problem: contract::Problem) -> types::Problem {
    types::Problem { code: problem.code.to_owned(), message: problem.message }
}

pub(super) fn stop(stop: contract::Stop) -> action::Stop {
    action::Stop { problem: problem(stop.problem), hint: Some(stop.hint.into_owned()) }
}

pub(super) fn outcome(outcome: contract::Outcome) -> types::Outcome {
    let verdict = match outcome.verdict {
        contract::Verdict::Accepted => types::Verdict::Accepted,
        contract::Verdict::Planned => types::Verdict::Planned,
        contract::Verdict::Skipped(reason) => {
            types::Verdict::Skipped(types::Reason { code: reason.code.to_owned(), message: reason.message })
        }
        contract::Verdict::Rejected(reason) => types::Verdict::Rejected(problem(reason)),
        contract::Verdict::Failed(reason) => types::Verdict::Failed(problem(reason)),
    };
    let submissions = outcome.submissions.into_iter().map(|submission| types::Submission {
        field: submission.field.to_owned(),
        value: submission.value.as_ref().to_owned(),
        status: submission.status,
        attempts: submission.attempts,
        duplicate_of: submission.duplicate_of,
        comparison: submission.comparison.map(|compared| comparison(*compared)),
    });
    types::Outcome { key: outcome.key, verdict, submissions: submissions.collect() }
}

fn comparison(comparison: contract::Comparison) -> types::Comparison {
    let field = |(name, value): (&str, String)| types::Field { name: name.to_owned(), value };
    let change = |change: contract::Change| types::Change {
        name: change.name.to_owned(),
        before: change.before,
        after: change.after,
    };
    types::Comparison {
        held: comparison.held.map(|held| held.into_iter().map(field).collect()),
        changes: comparison.changes.into_iter().map(change).collect(),
        also_on: comparison.also_on.into_iter().map(str::to_owned).collect(),
    }
}

pub(super) fn eviction(eviction: contract::Eviction) -> types::Eviction {
    types::Eviction { field: eviction.field.to_owned(), value: eviction.value, expires: eviction.expires }
}

pub(super) fn holding(holding: contract::Holding) -> types::Holding {
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    types::Holding {
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
