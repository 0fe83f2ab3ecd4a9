//! From the closed ledger to the report: pure, and the only place that knows how a verdict reads there.

use std::collections::HashMap;
use std::sync::Arc;

use palisade_engine::contract::{self, Attribute};
use palisade_model::{Change, Comparison, Outcome, Submission, Verdict};
use serde_json::Value;

use crate::report::{CollectionReport, FileReport, LeftOutReport, NotOffered, ObjectReport, ReasonCount};
use crate::selection::{Offered, Selection};
use crate::waiting::Known;

/// The entries of all offered objects, in their order.
pub(crate) fn objects(selection: &Selection, lines: Vec<Outcome>) -> Vec<ObjectReport> {
    let entries = selection.offered.iter().zip(lines).zip(1..);
    entries
        .map(|(((file, offered), line), key)| object(file_name(selection, *file), offered, line, key))
        .collect()
}

fn object(file: String, offered: &Offered, outcome: Outcome, key: u64) -> ObjectReport {
    let (platform_id, subtype, value, location) = match offered {
        Offered::Object(object) | Offered::Protected(object, _) => (
            object.platform_id.clone(),
            object.subtype.clone(),
            object.value.clone(),
            object.location.to_string(),
        ),
        Offered::Unreadable(record) => {
            (None, String::new(), record.excerpt.clone(), record.location.to_string())
        }
    };
    ObjectReport { key, platform_id, subtype, value, file, location, outcome }
}

/// The outcome of an object with a final verdict, given what was known of it.
pub(crate) fn outcome(verdict: contract::Verdict, known: Known) -> Outcome {
    let (verdict, reason) = match verdict {
        contract::Verdict::Accepted => (Verdict::Accepted, None),
        contract::Verdict::Planned => (Verdict::Planned, None),
        contract::Verdict::Skipped(reason) => (Verdict::Skipped, Some(reason)),
        contract::Verdict::Rejected(reason) => (Verdict::Rejected, Some(reason)),
        contract::Verdict::Failed(reason) => (Verdict::Failed, Some(reason)),
        contract::Verdict::Pending(pending) => (Verdict::Pending, Some(pending.reason)),
    };
    let mut outcome = known.outcome(verdict, reason.map(|reason| (reason.code, reason.message)));
    if outcome.message.is_none() {
        outcome.message = duplicate(&outcome.submissions);
    }
    outcome
}

fn duplicate(submissions: &[Submission]) -> Option<String> {
    let earlier = submissions.iter().find_map(|submission| submission.duplicate_of)?;
    Some(format!("duplicate of object {earlier}, submitted once"))
}

/// What was submitted, as the domain has it.
pub(crate) fn submission(submission: contract::Submission) -> Submission {
    Submission {
        field: submission.field,
        value: submission.value,
        status: submission.status,
        attempts: submission.attempts,
        duplicate_of: submission.duplicate_of,
        comparison: submission.comparison.map(comparison),
    }
}

fn comparison(comparison: contract::Comparison) -> Comparison {
    let change =
        |change: contract::Change| Change { name: change.name, before: change.before, after: change.after };
    Comparison {
        held: comparison.held.map(|held| held.into_iter().map(|field| (field.name, field.value)).collect()),
        changes: comparison.changes.into_iter().map(change).collect(),
        also_on: comparison.also_on,
        ours: comparison.ours,
    }
}

/// Verdicts by kind and code, the most frequent first.
pub(crate) fn reasons(objects: &[ObjectReport]) -> Vec<ReasonCount> {
    let mut counts: HashMap<(Verdict, &str), ReasonCount> = HashMap::new();
    for object in objects {
        let outcome = &object.outcome;
        let Some(code) = &outcome.code else { continue };
        let count = counts.entry((outcome.verdict, code)).or_insert_with(|| ReasonCount {
            verdict: outcome.verdict,
            code: code.clone(),
            example: outcome.message.clone().unwrap_or_default(),
            count: 0,
        });
        count.count += 1;
    }
    let mut reasons: Vec<ReasonCount> = counts.into_values().collect();
    reasons.sort_by(|a, b| {
        b.count.cmp(&a.count).then(a.verdict.cmp(&b.verdict)).then_with(|| a.code.cmp(&b.code))
    });
    reasons
}

/// What was read, and what of it was not offered.
pub(crate) fn collection(selection: &Selection, objects_per_run: Option<u64>) -> CollectionReport {
    let files = selection
        .files
        .iter()
        .map(|file| FileReport {
            name: file.name.clone(),
            format: file.format.to_string(),
            objects: file.objects,
            unreadable: file.unreadable,
            left_out: file.left_out,
            missing: file.missing(),
        })
        .collect();
    let left_out = selection.left_out.iter().map(|(code, (count, message))| LeftOutReport {
        code: code.clone().into_owned(),
        message: message.clone(),
        count: *count,
    });
    CollectionReport {
        files,
        objects_per_run,
        not_offered: NotOffered {
            count: selection.beyond_count(),
            by_subtype: selection.beyond.iter().map(|(name, count)| (name.to_string(), *count)).collect(),
            objects: Arc::clone(&selection.beyond_listed),
        },
        left_out: left_out.collect(),
    }
}

fn file_name(selection: &Selection, index: usize) -> String {
    selection.files.get(index).map(|file| file.name.clone()).unwrap_or_default()
}

/// A setting's value in JSON.
pub(crate) fn setting(setting: &Attribute) -> (String, Value) {
    (setting.name.clone(), json_value(&setting.value))
}

/// A typed value in JSON. A JSON document that cannot be parsed becomes a text.
#[must_use]
pub fn json_value(value: &contract::Value) -> Value {
    match value {
        contract::Value::Text(text) => Value::from(text.as_str()),
        contract::Value::Integer(number) => Value::from(*number),
        contract::Value::Decimal(number) => Value::from(*number),
        contract::Value::Flag(flag) => Value::from(*flag),
        contract::Value::At(moment) => Value::from(*moment),
        contract::Value::Texts(texts) => Value::from(texts.as_slice()),
        contract::Value::Json(json) => {
            serde_json::from_str(json).unwrap_or_else(|_| Value::from(json.as_str()))
        }
    }
}
