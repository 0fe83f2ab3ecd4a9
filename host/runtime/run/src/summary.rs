//! From the closed ledger to the report: pure, and the only place that knows how a verdict reads there.

use std::collections::HashMap;
use std::sync::Arc;

use palisade_engine::contract::{self, Attribute, Comparison, Pending, Submission};
use palisade_model::Verdict;
use serde_json::Value;

use crate::execute::Decided;
use crate::ledger::Line;
use crate::report::{
    ChangeReport, CollectionReport, ComparisonReport, FileReport, LeftOutReport, NotOffered, ObjectReport,
    ReasonCount, SubmissionReport,
};
use crate::selection::{Offered, Selection};

/// The entries of all offered objects, in their order.
pub(crate) fn objects(selection: &Selection, lines: Vec<Line>) -> Vec<ObjectReport> {
    let entries = selection.offered.iter().zip(lines).zip(1..);
    entries
        .map(|(((file, offered), line), key)| object(file_name(selection, *file), offered, line, key))
        .collect()
}

/// A verdict as soon as it stands.
pub(crate) fn decided(key: u64, line: Line) -> Decided {
    let (verdict, code, message) = explain(line.verdict);
    let message = message.or_else(|| duplicate(&line.submissions));
    let submissions = line.submissions.into_iter().map(submission).collect();
    Decided { key, verdict, code, message, submissions }
}

fn object(file: String, offered: &Offered, line: Line, key: u64) -> ObjectReport {
    let Decided { verdict, code, message, submissions, .. } = decided(key, line);
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
    ObjectReport { key, platform_id, subtype, value, file, location, verdict, code, message, submissions }
}

fn explain(verdict: contract::Verdict) -> (Verdict, Option<String>, Option<String>) {
    match verdict {
        contract::Verdict::Accepted => (Verdict::Accepted, None, None),
        contract::Verdict::Planned => (Verdict::Planned, None, None),
        contract::Verdict::Skipped(reason) => (Verdict::Skipped, Some(reason.code), Some(reason.message)),
        contract::Verdict::Rejected(problem) => {
            (Verdict::Rejected, Some(problem.code), Some(problem.message))
        }
        contract::Verdict::Failed(problem) | contract::Verdict::Pending(Pending { reason: problem, .. }) => {
            (Verdict::Failed, Some(problem.code), Some(problem.message))
        }
    }
}

fn duplicate(submissions: &[Submission]) -> Option<String> {
    let earlier = submissions.iter().find_map(|submission| submission.duplicate_of)?;
    Some(format!("duplicate of object {earlier}, submitted once"))
}

fn submission(submission: Submission) -> SubmissionReport {
    SubmissionReport {
        field: submission.field,
        value: submission.value,
        status: submission.status,
        attempts: submission.attempts,
        duplicate_of: submission.duplicate_of,
        comparison: submission.comparison.map(comparison),
    }
}

fn comparison(comparison: Comparison) -> ComparisonReport {
    let changes = comparison.changes.into_iter().map(|change| ChangeReport {
        name: change.name,
        before: change.before,
        after: change.after,
    });
    ComparisonReport {
        held: comparison.held.map(|held| held.into_iter().map(|field| (field.name, field.value)).collect()),
        changes: changes.collect(),
        also_on: comparison.also_on,
    }
}

/// Verdicts by kind and code, the most frequent first.
pub(crate) fn reasons(objects: &[ObjectReport]) -> Vec<ReasonCount> {
    let mut counts: HashMap<(Verdict, &str), ReasonCount> = HashMap::new();
    for object in objects {
        let Some(code) = &object.code else { continue };
        let count = counts.entry((object.verdict, code)).or_insert_with(|| ReasonCount {
            verdict: object.verdict,
            code: code.clone(),
            example: object.message.clone().unwrap_or_default(),
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
        code: (*code).to_owned(),
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
