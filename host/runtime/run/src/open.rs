//! What is said of an object that has no verdict when its run is over: that it was not sent, that it was sent and nobody knows
//! what became of it, or that it may have been. Decided by what left in the bodies of requests. Denied by default: that an
//! object was not sent, where that is not certain.

use palisade_engine::contract::Reason;
use palisade_model::{Outcome, Submission, Verdict};

/// Code of an object that was sent, or may have been, and has no answer. A component uses it for the same.
pub const OUTCOME_UNKNOWN: &str = "outcome-unknown";

/// What is known about an object without a verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// The component has had it.
    pub(crate) handed_out: bool,
    /// A process that has ended had handed it out.
    pub(crate) before: bool,
    /// The component came back by itself: what it had and did not report was not sent.
    pub(crate) came_back: bool,
    /// The component ended the run with a problem of its own, and every request had its response: the problem is its verdict for
    /// what it left open.
    pub(crate) stopped: bool,
    /// In which fields of request bodies its value left, and how often.
    pub(crate) sent_as: Vec<(String, u32)>,
    /// A request that may change something was sent in this run.
    pub(crate) anything_sent: bool,
}

/// The outcome of an object without a verdict, with what is known to have been submitted for it. `end` is why the run is over.
pub(crate) fn explain(value: &str, known: Known, end: &Reason) -> Outcome {
    let (reason, submissions) = reason(value, known, end);
    Outcome { submissions, ..Outcome::reasoned(Verdict::Failed, reason.code, reason.message) }
}

fn reason(value: &str, known: Known, end: &Reason) -> (Reason, Vec<Submission>) {
    let unknown = |message: &str| Reason { code: OUTCOME_UNKNOWN.to_owned(), message: message.to_owned() };
    if known.before && known.sent_as.is_empty() && !known.stopped {
        return (unknown("it may have been sent by a process that ended before it was known"), Vec::new());
    }
    if !known.handed_out || (known.came_back && known.sent_as.is_empty()) || !known.anything_sent {
        return (end.clone(), Vec::new());
    }
    if known.sent_as.is_empty() {
        let message =
            "it may have been sent: the run ended while the action worked on it, and had sent requests";
        return (unknown(message), Vec::new());
    }
    let submission = |(field, attempts)| Submission {
        field,
        value: value.to_owned(),
        status: None,
        attempts,
        duplicate_of: None,
        comparison: None,
    };
    let submissions = known.sent_as.into_iter().map(submission).collect();
    if known.stopped {
        return (end.clone(), submissions);
    }
    (unknown("it was sent, and the run ended before the action reported what became of it"), submissions)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end() -> Reason {
        Reason { code: "trap".to_owned(), message: "m".to_owned() }
    }

    fn known() -> Known {
        Known {
            handed_out: true,
            before: false,
            came_back: false,
            stopped: false,
            sent_as: Vec::new(),
            anything_sent: true,
        }
    }

    #[test]
    fn an_object_that_the_component_never_had_was_not_sent() {
        let sent_as = vec![("domain".to_owned(), 1)];
        let (problem, submissions) = reason("a", Known { handed_out: false, sent_as, ..known() }, &end());
        assert_eq!((problem.code.as_str(), submissions.len()), ("trap", 0));
    }

    #[test]
    fn an_object_whose_value_left_is_reported_as_sent_with_its_attempts() {
        for came_back in [false, true] {
            let sent_as = vec![("domain".to_owned(), 3)];
            let (problem, submissions) = reason("a", Known { sent_as, came_back, ..known() }, &end());
            assert_eq!(problem.code, OUTCOME_UNKNOWN);
            assert_eq!((submissions[0].field.as_str(), submissions[0].attempts), ("domain", 3));
            assert_eq!((submissions[0].value.as_str(), submissions[0].status), ("a", None));
        }
    }

    #[test]
    fn a_component_that_stops_with_every_response_in_hand_has_said_why() {
        let sent_as = vec![("value".to_owned(), 1)];
        let stopped = Known { came_back: true, stopped: true, sent_as, ..known() };
        let (problem, submissions) = reason("a", stopped, &end());
        assert_eq!((problem.code.as_str(), submissions.len()), ("trap", 1));
    }

    #[test]
    fn an_object_that_a_lost_component_had_may_have_been_sent_in_another_form() {
        assert_eq!(reason("a", known(), &end()).0.code, OUTCOME_UNKNOWN);
        assert_eq!(reason("a", Known { came_back: true, ..known() }, &end()).0.code, "trap");
        assert_eq!(reason("a", Known { anything_sent: false, ..known() }, &end()).0.code, "trap");
    }
}
