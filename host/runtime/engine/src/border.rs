//! The one point at which what a component says enters the host: outcomes, evictions, holdings, messages, and the reason of
//! its end.
//!
//! Denies by default: every text loses the secrets of the run and what is longer than its limit, and all of them together
//! have one budget. What exceeds it is dropped, and ends the run. A verdict is kept: it reports something that has happened.

use std::borrow::Cow;
use std::sync::Arc;

use palisade_limits as limits;
use palisade_redaction::Redactor;

use crate::contract::{
    Attribute, Batch, Comparison, Download, Eviction, Found, Holding, Object, Outcome, Pending, Reason,
    Reference, Relation, RunError, Submission, Value, Verdict,
};
use crate::text::cut;

/// Stands in place of a reason that exceeded the budget.
const DROPPED: &str = "the component reported more text than a run may have; this part was dropped";

/// What one run's component may still say.
#[derive(Debug)]
pub(crate) struct Border {
    redactor: Arc<Redactor>,
    budget: u64,
    left: u64,
    exceeded: bool,
}

impl Border {
    /// For a run whose component may say `budget` bytes.
    pub(crate) fn new(redactor: Arc<Redactor>, budget: u64) -> Self {
        Self { redactor, budget, left: budget, exceeded: false }
    }

    /// The budget, if the component has exceeded it.
    pub(crate) fn exceeded(&self) -> Option<u64> {
        self.exceeded.then_some(self.budget)
    }

    /// Outcomes as the host may keep them. All of them are returned.
    pub(crate) fn outcomes(&mut self, outcomes: Vec<Outcome>) -> Vec<Outcome> {
        outcomes.into_iter().map(|outcome| self.outcome(outcome)).collect()
    }

    /// Whether the state of a waiting object holds a secret of the run. A state is stored, so it may not.
    pub(crate) fn has_secret_in_state(&self, outcome: &Outcome) -> bool {
        match &outcome.verdict {
            Verdict::Pending(pending) => self.redactor.redacted(&pending.state).is_some(),
            _ => false,
        }
    }

    fn outcome(&mut self, outcome: Outcome) -> Outcome {
        if !self.charge(outcome_bytes(&outcome)) {
            let verdict = match outcome.verdict {
                Verdict::Skipped(_) => Verdict::Skipped(dropped()),
                Verdict::Rejected(_) => Verdict::Rejected(dropped()),
                Verdict::Failed(_) => Verdict::Failed(dropped()),
                Verdict::Pending(pending) => Verdict::Pending(Pending { reason: dropped(), ..pending }),
                known @ (Verdict::Accepted | Verdict::Planned) => known,
            };
            return Outcome {
                key: outcome.key,
                verdict,
                submissions: Vec::new(),
                outputs: Vec::new(),
                downloads: Vec::new(),
            };
        }
        let verdict = match outcome.verdict {
            Verdict::Skipped(reason) => Verdict::Skipped(self.reason(reason)),
            Verdict::Rejected(reason) => Verdict::Rejected(self.reason(reason)),
            Verdict::Failed(reason) => Verdict::Failed(self.reason(reason)),
            Verdict::Pending(pending) => {
                Verdict::Pending(Pending { reason: self.reason(pending.reason), ..pending })
            }
            known @ (Verdict::Accepted | Verdict::Planned) => known,
        };
        // One more than allowed is enough for the ledger to see that there are too many.
        let most = limits::OUTCOME_SUBMISSIONS as usize + 1;
        let submissions =
            outcome.submissions.into_iter().take(most).map(|submission| self.submission(submission));
        Outcome {
            key: outcome.key,
            verdict,
            submissions: submissions.collect(),
            outputs: outcome.outputs.into_iter().map(|output| self.attribute(output)).collect(),
            downloads: outcome.downloads.into_iter().map(|download| self.download(download)).collect(),
        }
    }

    fn attribute(&self, attribute: Attribute) -> Attribute {
        let value = match attribute.value {
            Value::Text(text) => Value::Text(self.text(text)),
            Value::Texts(texts) => Value::Texts(texts.into_iter().map(|text| self.text(text)).collect()),
            // Half a document is not a document.
            Value::Json(json) => Value::Json(self.redacted(&json).into_owned()),
            known @ (Value::Integer(_) | Value::Decimal(_) | Value::Flag(_) | Value::At(_)) => known,
        };
        Attribute { name: self.text(attribute.name), value }
    }

    fn download(&self, download: Download) -> Download {
        let digest = |(algorithm, digits)| (self.text(algorithm), self.text(digits));
        Download {
            url: self.text(download.url),
            name: self.text(download.name),
            media_type: self.text(download.media_type),
            digests: download.digests.into_iter().map(digest).collect(),
            password: download.password.map(|password| self.text(password)),
            ..download
        }
    }

    /// A batch as the host may keep it; none if the budget does not cover it: it is kept whole or not at all.
    pub(crate) fn batch(&mut self, batch: Batch) -> Option<Batch> {
        if !self.charge(batch_bytes(&batch)) {
            return None;
        }
        let found = |found: Found| Found {
            object: self.object(found.object),
            relations: found
                .relations
                .into_iter()
                .map(|relation| Relation { name: self.text(relation.name), to: self.reference(relation.to) })
                .collect(),
            about: found.about,
        };
        Some(Batch {
            found: batch.found.into_iter().map(found).collect(),
            gone: batch.gone.into_iter().map(|gone| self.reference(gone)).collect(),
            ..batch
        })
    }

    /// Whether the cursor of a batch holds a secret of the run. A cursor is stored, so it may not.
    pub(crate) fn has_secret_in_cursor(&self, batch: &Batch) -> bool {
        batch.cursor.as_ref().is_some_and(|cursor| self.redactor.redacted(cursor).is_some())
    }

    fn object(&self, object: Object) -> Object {
        let texts = |texts: Vec<String>| texts.into_iter().map(|text| self.text(text)).collect();
        Object {
            kind: self.text(object.kind),
            subtype: self.text(object.subtype),
            value: self.text(object.value),
            id: object.id.map(|id| self.text(id)),
            score: object.score,
            status: object.status.map(|status| self.text(status)),
            description: object.description.map(|description| self.text(description)),
            attributes: object.attributes.into_iter().map(|attribute| self.attribute(attribute)).collect(),
            tags: texts(object.tags),
            expires: object.expires,
        }
    }

    fn reference(&self, reference: Reference) -> Reference {
        Reference {
            kind: self.text(reference.kind),
            subtype: self.text(reference.subtype),
            value: self.text(reference.value),
        }
    }

    fn submission(&self, submission: Submission) -> Submission {
        Submission {
            field: self.text(submission.field),
            value: self.text(submission.value),
            comparison: submission.comparison.map(|comparison| self.comparison(comparison)),
            ..submission
        }
    }

    fn comparison(&self, mut comparison: Comparison) -> Comparison {
        let most = limits::COMPARISON_FIELDS as usize;
        let clean = |text: &mut String| *text = self.text(std::mem::take(text));
        if let Some(held) = &mut comparison.held {
            held.truncate(most);
        }
        for field in comparison.held.iter_mut().flatten() {
            clean(&mut field.name);
            clean(&mut field.value);
        }
        comparison.changes.truncate(most);
        for change in &mut comparison.changes {
            clean(&mut change.name);
            change.before.iter_mut().for_each(clean);
            clean(&mut change.after);
        }
        comparison.also_on.truncate(most);
        comparison.also_on.iter_mut().for_each(clean);
        comparison
    }

    /// Evictions as the host may keep them, as far as the budget goes.
    pub(crate) fn evictions(&mut self, entries: Vec<Eviction>) -> Vec<Eviction> {
        let kept = entries.into_iter().map_while(|entry| {
            let bytes = [&entry.field, &entry.value].into_iter().chain(&entry.expires).map(text_bytes).sum();
            self.charge(bytes).then(|| Eviction {
                field: self.text(entry.field),
                value: self.text(entry.value),
                expires: entry.expires.map(|expires| self.text(expires)),
            })
        });
        kept.collect()
    }

    /// Holdings as the host may keep them, as far as the budget goes.
    pub(crate) fn holdings(&mut self, lists: Vec<Holding>) -> Vec<Holding> {
        let kept = lists.into_iter().map_while(|list| {
            let bytes = std::iter::once(&list.name).chain(&list.field).map(text_bytes).sum();
            self.charge(bytes).then(|| Holding {
                name: self.text(list.name),
                field: list.field.map(|field| self.text(field)),
                ..list
            })
        });
        kept.collect()
    }

    /// A message with its fields as the host may keep it; none if the budget does not cover it.
    pub(crate) fn message(
        &mut self,
        message: String,
        fields: Vec<(String, String)>,
    ) -> Option<(String, Vec<(String, String)>)> {
        let of_fields: u64 = fields.iter().map(|(name, value)| text_bytes(name) + text_bytes(value)).sum();
        if !self.charge(text_bytes(&message) + of_fields) {
            return None;
        }
        let most = limits::MESSAGE_FIELDS as usize;
        let more = fields.len().saturating_sub(most);
        let mut kept: Vec<(String, String)> =
            fields.into_iter().take(most).map(|(name, value)| (self.text(name), self.text(value))).collect();
        if more > 0 {
            kept.push(("fields dropped".to_owned(), more.to_string()));
        }
        Some((self.text(message), kept))
    }

    /// The first [`limits::PROBLEMS`] problems.
    pub(crate) fn problems(&self, problems: Vec<Reason>) -> Vec<Reason> {
        problems.into_iter().take(limits::PROBLEMS as usize).map(|problem| self.reason(problem)).collect()
    }

    /// The reason of a component's end. It comes once, and is not charged.
    pub(crate) fn error(&self, error: RunError) -> RunError {
        match error {
            RunError::UnknownAction(id) => RunError::UnknownAction(self.text(id)),
            RunError::InvalidConfiguration(problems) => {
                RunError::InvalidConfiguration(self.problems(problems))
            }
            RunError::Stopped(mut stop) => {
                stop.problem = self.reason(stop.problem);
                stop.hint = stop.hint.map(|hint| self.text(hint));
                RunError::Stopped(stop)
            }
        }
    }

    fn reason(&self, reason: Reason) -> Reason {
        Reason { code: self.text(reason.code), message: self.text(reason.message) }
    }

    /// A text without secrets, cut to its limit. In this order: no half of a secret is left.
    pub(crate) fn text(&self, text: String) -> String {
        match self.redactor.text(&text) {
            Cow::Borrowed(_) => cut(text),
            Cow::Owned(redacted) => cut(redacted),
        }
    }

    /// A text without secrets, whose length has another limit.
    pub(crate) fn redacted<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.redactor.text(text)
    }

    fn charge(&mut self, bytes: u64) -> bool {
        match self.left.checked_sub(bytes) {
            Some(left) if !self.exceeded => {
                self.left = left;
                true
            }
            _ => {
                self.exceeded = true;
                false
            }
        }
    }
}

fn dropped() -> Reason {
    Reason { code: "output-limit".to_owned(), message: DROPPED.to_owned() }
}

/// What a text takes: an empty one takes memory too.
fn text_bytes(text: impl AsRef<str>) -> u64 {
    text.as_ref().len() as u64 + limits::TEXT_OVERHEAD_BYTES
}

fn outcome_bytes(outcome: &Outcome) -> u64 {
    let of_reason = |reason: &Reason| text_bytes(&reason.code) + text_bytes(&reason.message);
    let verdict = match &outcome.verdict {
        Verdict::Skipped(reason) | Verdict::Rejected(reason) | Verdict::Failed(reason) => of_reason(reason),
        Verdict::Pending(pending) => of_reason(&pending.reason) + pending.state.len() as u64,
        Verdict::Accepted | Verdict::Planned => limits::TEXT_OVERHEAD_BYTES,
    };
    let submissions: u64 = outcome.submissions.iter().map(submission_bytes).sum();
    let outputs: u64 = outcome.outputs.iter().map(attribute_bytes).sum();
    verdict + submissions + outputs + outcome.downloads.iter().map(download_bytes).sum::<u64>()
}

fn attribute_bytes(attribute: &Attribute) -> u64 {
    let value = match &attribute.value {
        Value::Text(text) | Value::Json(text) => text_bytes(text),
        Value::Texts(texts) => texts.iter().map(text_bytes).sum(),
        Value::Integer(_) | Value::Decimal(_) | Value::Flag(_) | Value::At(_) => 0,
    };
    text_bytes(&attribute.name) + value
}

fn batch_bytes(batch: &Batch) -> u64 {
    let of_reference = |reference: &Reference| {
        [&reference.kind, &reference.subtype, &reference.value].into_iter().map(text_bytes).sum::<u64>()
    };
    let of_found = |found: &Found| {
        let object = &found.object;
        let texts = [&object.kind, &object.subtype, &object.value].into_iter();
        let texts = texts.chain(&object.id).chain(&object.status).chain(&object.description);
        let relations = found.relations.iter().map(|one| text_bytes(&one.name) + of_reference(&one.to));
        texts.chain(&object.tags).map(text_bytes).sum::<u64>()
            + object.attributes.iter().map(attribute_bytes).sum::<u64>()
            + relations.sum::<u64>()
            + found.about.len() as u64 * 8
    };
    let found: u64 = batch.found.iter().map(of_found).sum();
    let gone: u64 = batch.gone.iter().map(of_reference).sum();
    found + gone + batch.cursor.as_ref().map_or(0, |cursor| cursor.len() as u64)
}

fn download_bytes(download: &Download) -> u64 {
    let digests = download.digests.iter().flat_map(|(algorithm, digits)| [algorithm, digits]);
    let texts = [&download.url, &download.name, &download.media_type].into_iter().chain(digests);
    let texts: u64 = texts.chain(&download.password).map(text_bytes).sum();
    texts + download.renew.as_ref().map_or(0, |state| state.len() as u64)
}

fn submission_bytes(submission: &Submission) -> u64 {
    let comparison = submission.comparison.iter().map(|comparison| {
        let held =
            comparison.held.iter().flatten().map(|field| text_bytes(&field.name) + text_bytes(&field.value));
        let changes = comparison.changes.iter().map(|change| {
            text_bytes(&change.name)
                + change.before.iter().map(text_bytes).sum::<u64>()
                + text_bytes(&change.after)
        });
        held.chain(changes).chain(comparison.also_on.iter().map(text_bytes)).sum::<u64>()
    });
    text_bytes(&submission.field) + text_bytes(&submission.value) + comparison.sum::<u64>()
}

#[cfg(test)]
#[path = "border/tests.rs"]
mod tests;
