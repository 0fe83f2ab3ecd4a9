//! How a run ended whose steps have ended: its status, what an issue is about, the reason and what to do. If a step brought nothing to
//! the service, the run states that, with the most frequent reason of its objects.

use palisade_model::{StepEnding, Verdict, VerdictCounts};
use palisade_store::{Cause, Reason, RunStatus, StepEnd, StepRow};

use crate::OrchestratorError;
use crate::words::of_service;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) status: RunStatus,
    /// None without an issue.
    pub(crate) cause: Option<Cause>,
    pub(crate) reason: Option<String>,
    pub(crate) hint: Option<String>,
}

/// A sentence and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl Judged {
    /// Everything is as it should be.
    const COMPLETED: Self = Self { status: RunStatus::Completed, cause: None, reason: None, hint: None };

    /// The run could not select its objects.
    pub(crate) fn not_started(error: &OrchestratorError) -> Self {
        Self {
            status: RunStatus::FailedToComplete,
            cause: Some(error.cause()),
            reason: Some(of_service(&error.to_string())),
            hint: error.hint().map(|hint| of_service(&hint)),
        }
    }

    /// The run was cancelled, or exceeded its deadline.
    pub(crate) fn stopped(message: &str) -> Self {
        Self {
            status: RunStatus::Incomplete,
            cause: Some(Cause::Stopped),
            reason: Some(message.to_owned()),
            hint: None,
        }
    }

    /// All steps have ended; `reasons` are those of each step.
    pub(crate) fn of(steps: &[StepRow], reasons: &[Vec<Reason>]) -> Self {
        if let Some(end) = steps.iter().filter_map(|step| step.end.as_ref()).find(|end| !is_completed(end)) {
            return Self::early(end);
        }
        let (rejected, failed) = steps.iter().fold((0, 0), |(rejected, failed), step| {
            (rejected + step.counts.rejected, failed + step.counts.failed)
        });
        if rejected + failed == 0 {
            return Self::COMPLETED;
        }
        let whole = steps.iter().zip(reasons).find_map(|(step, reasons)| {
            let told = nothing_accepted(&step.counts, reasons)?;
            // One of several steps is named by its title.
            let message =
                if steps.len() > 1 { format!("{}: {}", step.title, told.message) } else { told.message };
            Some(Told { message, ..told })
        });
        let Told { message, hint } = whole.unwrap_or_else(|| {
            let unfinished = rejected + failed;
            let objects = if unfinished == 1 { "object was" } else { "objects were" };
            Told {
                message: format!("{unfinished} {objects} rejected or failed"),
                hint: "open Reasons for details",
            }
        });
        Self {
            status: RunStatus::ErrorOccurred,
            // What is rejected was refused for what it is; what failed, the service did not decide.
            cause: Some(if failed == 0 { Cause::Input } else { Cause::Service }),
            reason: Some(message),
            hint: Some(hint.to_owned()),
        }
    }

    /// A step did not complete.
    fn early(end: &StepEnd) -> Self {
        let status = match (end.how, end.code.as_deref()) {
            (StepEnding::NotBegun, _) => RunStatus::FailedToComplete,
            (_, Some("cancelled" | "deadline" | "run-deadline")) => RunStatus::Incomplete,
            _ => RunStatus::ErrorDuringRun,
        };
        let cause = end.cause.unwrap_or(match status {
            RunStatus::Incomplete => Cause::Stopped,
            _ => Cause::Service,
        });
        Self { status, cause: Some(cause), reason: end.message.clone(), hint: end.hint.clone() }
    }
}

fn is_completed(end: &StepEnd) -> bool {
    end.how == StepEnding::Completed && end.code.is_none()
}

/// What the end of an action is about, by the code of its reason. A code of the action's own is about the service.
pub(crate) fn cause_of(code: &str) -> Cause {
    match code {
        "cancelled" | "deadline" | "run-deadline" => Cause::Stopped,
        // The operator's policy, the workflow's limit, or settings that the component refused.
        "request-not-granted" | "too-many-requests" | "would-evict" | "configuration-refused" => {
            Cause::Policy
        }
        _ => Cause::Service,
    }
}

/// The own reason of a step that brought nothing to the service although objects were rejected or failed; none if it accepted or
/// planned an object.
#[must_use]
pub fn nothing_accepted(counts: &VerdictCounts, reasons: &[Reason]) -> Option<Told> {
    let unfinished = counts.rejected + counts.failed;
    if unfinished == 0 || counts.accepted + counts.planned > 0 {
        return None;
    }
    let were = match (counts.rejected, counts.failed) {
        (1, 0) => "was rejected",
        (_, 0) => "were rejected",
        (0, _) => "failed",
        _ => "were rejected or failed",
    };
    let of_skipped =
        if counts.skipped == 0 { String::new() } else { format!("; {} were skipped", counts.skipped) };
    let subject = match (unfinished, counts.skipped) {
        (1, 0) => "the only object".to_owned(),
        (1, _) => "1 object".to_owned(),
        (_, 0) => format!("all {unfinished} objects"),
        _ => format!("{unfinished} objects"),
    };
    let hint = remedy(counts, None);
    let main = reasons.iter().filter(|reason| matches!(reason.verdict, Verdict::Rejected | Verdict::Failed));
    let Some(main) = main.max_by_key(|reason| reason.count) else {
        return Some(Told { message: format!("{subject} {were}{of_skipped}"), hint });
    };
    let part = if main.count == unfinished { String::new() } else { format!(", {} of them", main.count) };
    let example = match (main.example.as_str(), main.messages) {
        ("", _) => String::new(),
        (message, 0 | 1) => format!(": {message}"),
        (message, _) => format!(", for example: {message}"),
    };
    let message = format!("{subject} {were}{part} with `{}`{example}{of_skipped}", main.code);
    Some(Told { message, hint: remedy(counts, Some(main)) })
}

/// What to do if nothing was accepted.
fn remedy(counts: &VerdictCounts, main: Option<&Reason>) -> &'static str {
    match main {
        Some(Reason { code, .. }) if code == "unreadable" => {
            "correct the records in the source, or choose the format in which the collection is read"
        }
        Some(Reason { verdict: Verdict::Failed, .. }) => {
            "remove the cause that the message names, then retry the failed objects"
        }
        None if counts.failed > 0 => "open Reasons for details, then retry the failed objects",
        _ => "correct the objects in the source, or exclude them with the filter of the collection",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn step(place: u32, counts: VerdictCounts) -> StepRow {
        let end = StepEnd {
            how: StepEnding::Completed,
            code: None,
            message: None,
            hint: None,
            cause: None,
            traffic: Value::Null,
            warnings: Value::Null,
        };
        StepRow {
            place,
            bundle: None,
            bundle_name: "one".to_owned(),
            version: "1.0.0".to_owned(),
            digest: String::new(),
            action: "block".to_owned(),
            title: format!("Step {place}"),
            connection: None,
            configuration: palisade_store::Configuration::new(),
            end: Some(end),
            started_at: None,
            ended_at: None,
            in_hand: 0,
            counts,
        }
    }

    fn reason(verdict: Verdict, code: &str, messages: u64, count: u64) -> Reason {
        Reason { verdict, code: code.to_owned(), example: format!("because of {code}"), messages, count }
    }

    fn counts(accepted: u64, skipped: u64, rejected: u64, failed: u64) -> VerdictCounts {
        VerdictCounts { accepted, skipped, rejected, failed, ..VerdictCounts::default() }
    }

    #[test]
    fn a_run_of_which_everything_failed_has_a_reason_of_its_own() {
        let timeout = || reason(Verdict::Failed, "transport", 1, 6);
        let invalid = || reason(Verdict::Rejected, "invalid-domain", 2, 2);
        let skipped = || reason(Verdict::Skipped, "protected", 1, 9);
        for (counts, reasons, message) in [
            (
                counts(0, 0, 0, 6),
                vec![timeout()],
                "all 6 objects failed with `transport`: because of transport",
            ),
            (
                counts(0, 0, 2, 6),
                vec![timeout(), invalid()],
                "all 8 objects were rejected or failed, 6 of them with `transport`: because of transport",
            ),
            (
                counts(0, 9, 2, 0),
                vec![skipped(), invalid()],
                "2 objects were rejected with `invalid-domain`, for example: because of invalid-domain; 9 were skipped",
            ),
            (counts(0, 0, 1, 0), Vec::new(), "the only object was rejected"),
        ] {
            assert_eq!(nothing_accepted(&counts, &reasons).unwrap().message, message);
        }
        assert_eq!(nothing_accepted(&counts(1, 0, 0, 6), &[timeout()]), None, "one was accepted");
        assert_eq!(nothing_accepted(&counts(0, 3, 0, 0), &[skipped()]), None, "nothing failed");
        let judged = Judged::of(&[step(1, counts(0, 0, 0, 6))], &[vec![timeout()]]);
        assert_eq!((judged.status, judged.cause), (RunStatus::ErrorOccurred, Some(Cause::Service)));
        assert!(judged.reason.unwrap().starts_with("all 6 objects failed"));
        assert!(judged.hint.unwrap().contains("retry the failed objects"));
    }

    #[test]
    fn of_several_steps_the_one_without_success_is_named() {
        let steps = [step(1, counts(5, 0, 1, 0)), step(2, counts(0, 0, 0, 6))];
        let reasons = [
            vec![reason(Verdict::Rejected, "too-long", 1, 1)],
            vec![reason(Verdict::Failed, "transport", 1, 6)],
        ];
        let judged = Judged::of(&steps, &reasons);
        assert_eq!(
            judged.reason.as_deref(),
            Some("Step 2: all 6 objects failed with `transport`: because of transport")
        );
        let judged = Judged::of(&steps[..1], &reasons[..1]);
        assert_eq!(judged.reason.as_deref(), Some("1 object was rejected or failed"));
    }

    #[test]
    fn bad_input_is_not_an_issue_of_the_service() {
        let judged =
            |rejected, failed| Judged::of(&[step(1, counts(5, 0, rejected, failed))], &[Vec::new()]).cause;
        assert_eq!(
            [judged(0, 0), judged(2, 0), judged(2, 1)],
            [None, Some(Cause::Input), Some(Cause::Service)]
        );
        for (code, cause) in [
            ("cancelled", Cause::Stopped),
            ("request-not-granted", Cause::Policy),
            ("would-evict", Cause::Policy),
            ("credential-refused", Cause::Service),
        ] {
            assert_eq!(cause_of(code), cause, "{code}");
        }
    }

    #[test]
    fn unreadable_records_lead_to_the_source() {
        let told =
            nothing_accepted(&counts(0, 0, 3, 0), &[reason(Verdict::Rejected, "unreadable", 3, 3)]).unwrap();
        assert!(told.hint.contains("format"), "{told:?}");
    }
}
