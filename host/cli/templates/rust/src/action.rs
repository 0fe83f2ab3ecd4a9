//! The action as the host calls it: pages in, requests out, one outcome for each object. In a dry run nothing is sent.

use bindings::exports::palisade::action::action::{Context, Guest, RunError, Setting, SettingValue, Stop};
use bindings::palisade::action::types::{Object, Outcome, Problem, Reason, Submission, Verdict};
use bindings::palisade::action::{collection, results};

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
    fn run(action_id: String, context: Context, configuration: Vec<Setting>) -> Result<(), RunError> {
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
                page.into_iter().partition(|object| delivery::accepts(&object.subtype));
            results::record(&skipped.iter().map(skip).collect::<Vec<_>>());
            if !taken.is_empty() {
                send(&taken, &service, context.dry_run)?;
            }
        }
    }
}

/// Sends the objects, or in a dry run does not, and says what became of them.
fn send(objects: &[Object], service: &str, dry_run: bool) -> Result<(), RunError> {
    let record = |verdict: Verdict, status: Option<u16>, attempts: u32| {
        let outcomes: Vec<Outcome> =
            objects.iter().map(|object| outcome(object, verdict.clone(), status, attempts)).collect();
        results::record(&outcomes);
    };
    if dry_run {
        record(Verdict::Planned, None, 0);
        return Ok(());
    }
    let body =
        delivery::body(objects.iter().map(|object| (object.subtype.as_str(), object.value.as_str())));
    let answer = post(service, "/objects", &body);
    let problem = |code: &str, message: String| Problem { code: code.to_owned(), message };
    let verdict = match delivery::judge(&answer) {
        Judgement::Accepted => Verdict::Accepted,
        Judgement::Rejected { code, message } => Verdict::Rejected(problem(code, message)),
        Judgement::Failed { code, message } => Verdict::Failed(problem(code, message)),
        Judgement::Stopped { code, message } => {
            let hint = Some("check the API Key".to_owned());
            return Err(RunError::Stopped(Stop { problem: problem(code, message), hint }));
        }
    };
    record(verdict, answer.ok(), 1);
    Ok(())
}

fn outcome(object: &Object, verdict: Verdict, status: Option<u16>, attempts: u32) -> Outcome {
    let submission = Submission {
        field: object.subtype.clone(),
        value: object.value.clone(),
        status,
        attempts,
        duplicate_of: None,
        comparison: None,
    };
    Outcome { key: object.key, verdict, submissions: vec![submission] }
}

fn skip(object: &Object) -> Outcome {
    let message = format!("the service does not take objects of type `{}`", object.subtype);
    let reason = Reason { code: "type-not-accepted".to_owned(), message };
    Outcome { key: object.key, verdict: Verdict::Skipped(reason), submissions: Vec::new() }
}

/// The text of a setting.
fn text(configuration: &[Setting], name: &str) -> Result<String, RunError> {
    configuration
        .iter()
        .find_map(|setting| match &setting.value {
            SettingValue::Text(text) if setting.name == name => Some(text.clone()),
            _ => None,
        })
        .ok_or_else(|| {
            let message = format!("the setting `{name}` is missing");
            RunError::InvalidConfiguration(vec![Problem { code: "missing-setting".to_owned(), message }])
        })
}
