//! How a run ended, and what that means for the objects that are open.

use palisade_engine::contract::{Reason, RunError};
use palisade_engine::{Ended, cut};
use palisade_redaction::Redactor;

use crate::report::EndedHow;

/// How the run ended, and what that means for the objects that are open.
pub(crate) struct End {
    pub(crate) how: EndedHow,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) hint: Option<String>,
    pub(crate) open: Reason,
}

impl End {
    pub(crate) fn of(ended: &Ended, open: u64) -> Self {
        let (how, code, message, hint) = match ended {
            Ended::Completed if open == 0 => {
                let open = Reason { code: String::new(), message: String::new() };
                return Self { how: EndedHow::Completed, code: None, message: None, hint: None, open };
            }
            Ended::Completed => (
                EndedHow::Completed,
                "no-verdict".to_owned(),
                format!("the action ended without a verdict for {open} objects"),
                None,
            ),
            Ended::Stopped(RunError::Stopped(stop)) => (
                EndedHow::Stopped,
                stop.problem.code.clone(),
                stop.problem.message.clone(),
                stop.hint.clone(),
            ),
            Ended::Stopped(RunError::UnknownAction(id)) => (
                EndedHow::Stopped,
                "action-unknown-to-component".to_owned(),
                format!("the component has no action `{id}`, although the manifest names it"),
                None,
            ),
            Ended::Stopped(RunError::InvalidConfiguration(problems)) => (
                EndedHow::Stopped,
                "configuration-refused".to_owned(),
                // It becomes the reason of every object that is open.
                cut(problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; ")),
                None,
            ),
            Ended::Early(early) => {
                (EndedHow::Early, early.code().to_owned(), early.to_string(), early.hint())
            }
        };
        // A component that stops says why for each of its objects; of any other end the report tells once.
        let reason = match how {
            EndedHow::Stopped => message.clone(),
            EndedHow::Completed => "the run ended before there was a verdict".to_owned(),
            EndedHow::Early => "not sent: the run ended first".to_owned(),
        };
        let open = Reason { code: code.clone(), message: reason };
        Self { how, code: Some(code), message: Some(message), hint, open }
    }

    /// Whether this is what an end came to.
    pub(crate) fn is_of(&self, ended: &Ended) -> bool {
        match ended {
            Ended::Completed => self.how == EndedHow::Completed,
            Ended::Stopped(_) => self.how == EndedHow::Stopped,
            Ended::Early(early) => self.how == EndedHow::Early && self.code.as_deref() == Some(early.code()),
        }
    }

    /// Takes the secrets out of what was not reported by the component: a refused request names the path that it asked for.
    pub(crate) fn redact(&mut self, redactor: &Redactor) {
        let texts = self.message.iter_mut().chain(&mut self.hint).chain([&mut self.open.message]);
        texts.for_each(|text| *text = redactor.text(text).into_owned());
    }
}
