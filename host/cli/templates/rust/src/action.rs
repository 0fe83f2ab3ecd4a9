//! The action as the host calls it: pages in, requests out, one outcome for each object. In a dry run nothing is sent.

use bindings::exports::palisade::action::action::{Guest, RunError, Stop};
use bindings::palisade::action::model::{Attribute, Offered, Outcome, Reason, Submission, Value, Verdict};
use bindings::palisade::action::{circumstances, collection, results};

use crate::delivery::{self, Judgement};
use crate::post::post;

pub(crate) mod bindings {
    use super::Component;

    wit_bindgen::generate!({
        path: "wit",
        world: "palisade:action/bundle",
        generate_all,
        pub_export_macro: true,
    });

    export!(Component with_types_in self);
}

/// Objects in one request.
const PAGE: u32 = 100;

struct Component;

impl Guest for Component {
    fn run(action_id: String, configuration: Vec<Attribute>) -> Result<(), RunError> {
        if action_id != "send" {
            return Err(RunError::UnknownAction(action_id));
        }
        let service = text(&configuration, "service")?;
        loop {
            let page = collection::next(PAGE);
            if page.is_empty() {
                return Ok(());
            }
            let (taken, skipped): (Vec<_>, Vec<_>) =
                page.into_iter().partition(|offered| delivery::accepts(&offered.object.subtype));
            results::record(&skipped.iter().map(skip).collect::<Vec<_>>());
            if !taken.is_empty() {
                send(&taken, &service, circumstances::dry_run())?;
            }
        }
    }
}

/// Sends the objects, or in a dry run does not, and says what became of them.
fn send(page: &[Offered], service: &str, dry_run: bool) -> Result<(), RunError> {
    let record = |verdict: Verdict, status: Option<u16>, attempts: u32| {
        let outcomes: Vec<Outcome> =
            page.iter().map(|offered| outcome(offered, verdict.clone(), status, attempts)).collect();
        results::record(&outcomes);
    };
    if dry_run {
        record(Verdict::Planned, None, 0);
        return Ok(());
    }
    let objects = page.iter().map(|offered| &offered.object);
    let body = delivery::body(objects.map(|object| (object.subtype.as_str(), object.value.as_str())));
    let answer = post(service, "/objects", &body);
    let reason = |code: &str, message: String| Reason { code: code.to_owned(), message };
    let verdict = match delivery::judge(&answer) {
        Judgement::Accepted => Verdict::Accepted,
        Judgement::Rejected { code, message } => Verdict::Rejected(reason(code, message)),
        Judgement::Failed { code, message } => Verdict::Failed(reason(code, message)),
        Judgement::Stopped { code, message } => {
            let hint = Some("check the API Key".to_owned());
            return Err(RunError::Stopped(Stop { problem: reason(code, message), hint }));
        }
    };
    record(verdict, answer.ok(), 1);
    Ok(())
}

fn outcome(offered: &Offered, verdict: Verdict, status: Option<u16>, attempts: u32) -> Outcome {
    let submission = Submission {
        field: offered.object.subtype.clone(),
        value: offered.object.value.clone(),
        status,
        attempts,
        duplicate_of: None,
        comparison: None,
    };
    Outcome {
        key: offered.key,
        verdict,
        submissions: vec![submission],
        outputs: Vec::new(),
        downloads: Vec::new(),
    }
}

fn skip(offered: &Offered) -> Outcome {
    let message = format!("the service does not accept objects of type `{}`", offered.object.subtype);
    let reason = Reason { code: "type-not-accepted".to_owned(), message };
    Outcome {
        key: offered.key,
        verdict: Verdict::Skipped(reason),
        submissions: Vec::new(),
        outputs: Vec::new(),
        downloads: Vec::new(),
    }
}

/// The text of a parameter.
fn text(configuration: &[Attribute], name: &str) -> Result<String, RunError> {
    configuration
        .iter()
        .find_map(|parameter| match &parameter.value {
            Value::Text(text) if parameter.name == name => Some(text.clone()),
            _ => None,
        })
        .ok_or_else(|| {
            let message = format!("the parameter `{name}` is missing");
            RunError::InvalidConfiguration(vec![Reason { code: "missing-parameter".to_owned(), message }])
        })
}
