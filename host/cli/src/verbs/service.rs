//! `palisade install`, `workflow`, `runs` and `collections`: a service's API from the command line.

use std::io;
use std::path::Path;
use std::time::Duration;

use palisade_files::ReadFault;
use palisade_limits as limits;
use palisade_multipart::Form;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::arguments::service::{
    AuditArguments, AuditVerb, CollectionsArguments, CollectionsVerb, Install, RunNamed, RunsArguments,
    RunsVerb, SpanArguments, WorkflowArguments, WorkflowNamed, WorkflowVerb,
};
use crate::failure::Failure;
use crate::service_client::Service;
use crate::show;
use crate::verbs::find;

/// What the service said.
pub(crate) struct Said {
    pub(crate) value: Value,
    text: String,
    status: u8,
}

impl Said {
    pub(crate) fn answer(value: Value, text: String) -> Box<dyn Answer> {
        Box::new(Self { value, text, status: 0 })
    }
}

impl Answer for Said {
    fn text(&self) -> String {
        self.text.clone()
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        crate::json::write(out, &self.value)
    }

    fn status(&self) -> u8 {
        self.status
    }
}

pub(crate) fn install(arguments: &Install) -> Result<Box<dyn Answer>, Failure> {
    let service = Service::new(&arguments.server)?;
    let zip = whole(&arguments.bundle, limits::BUNDLE_BYTES)?;
    let review = service.post("/integrations/review", "application/zip", &zip)?;
    let path = format!("/integrations?replace={}&overwrite={}", arguments.replace, arguments.overwrite);
    let made = service.post(&path, "application/zip", &zip)?;
    let text = show::service::installed(&review, &made);
    Ok(Said::answer(json!({ "review": review, "made": made }), text))
}

pub(crate) fn workflow(arguments: &WorkflowArguments) -> Result<Box<dyn Answer>, Failure> {
    let service = Service::new(&arguments.server)?;
    let find = |named: &WorkflowNamed| find::workflow(&service, &named.workflow);
    let act = |named: &WorkflowNamed, what: &str| {
        let id = find(named)?;
        service.post(&format!("/workflows/{id}/{what}"), "application/json", b"{}")?;
        let text = format!("{what}d workflow {id}\n");
        Ok(Said::answer(json!({ "id": id }), text))
    };
    match &arguments.what {
        WorkflowVerb::List => {
            let value = service.get("/workflows?per_page=500")?;
            let text = show::service::workflows(&value);
            Ok(Said::answer(value, text))
        }
        WorkflowVerb::Show(named) => {
            let value = service.get(&format!("/workflows/{}", find(named)?))?;
            let text = show::service::workflow(&value);
            Ok(Said::answer(value, text))
        }
        WorkflowVerb::Run { named, dry_run, wait } => {
            let body = json!({ "dry_run": dry_run }).to_string();
            let path = format!("/workflows/{}/run", find(named)?);
            let made = service.post(&path, "application/json", body.as_bytes())?;
            let run = made.get("id").and_then(Value::as_i64).unwrap_or_default();
            if *wait {
                return over(&service, run);
            }
            let text = format!("requested run {run}\n");
            Ok(Said::answer(made, text))
        }
        WorkflowVerb::Enable(named) => act(named, "enable"),
        WorkflowVerb::Disable(named) => act(named, "disable"),
        WorkflowVerb::Export(named) => {
            let text = service.get_text(&format!("/workflows/{}/export", find(named)?))?;
            Ok(Said::answer(json!({ "yaml": text }), text))
        }
        WorkflowVerb::Import { file, on_conflict } => {
            let path = format!("/workflows/import?on_conflict={}", on_conflict.name());
            let text = whole(file, limits::WORKFLOW_FILE_BYTES)?;
            let made = service.post(&path, "application/yaml", &text).map_err(|failure| {
                // The service speaks of its parameter, the command line of its option.
                let flag = failure.hint.as_ref().map(|hint| match hint.contains("on_conflict") {
                    true => "add `--on-conflict rename` or `--on-conflict replace`".to_owned(),
                    false => hint.clone(),
                });
                Failure { hint: flag, ..failure }
            })?;
            let id = show::service::id(&made);
            let workflow = service.get(&format!("/workflows/{id}"))?;
            let state = match workflow.get("enabled") {
                Some(Value::Bool(true)) => "enabled",
                _ => "disabled",
            };
            let name = workflow.get("name").and_then(Value::as_str).unwrap_or_default();
            let text = format!("imported workflow {id} `{}` ({state})\n", show::one_line(name));
            Ok(Said::answer(made, text))
        }
        WorkflowVerb::Delete(named) => {
            let id = find(named)?;
            service.delete(&format!("/workflows/{id}"))?;
            Ok(Said::answer(json!({ "id": id }), format!("deleted workflow {id}; its runs stay\n")))
        }
    }
}

pub(crate) fn runs(arguments: &RunsArguments) -> Result<Box<dyn Answer>, Failure> {
    let service = Service::new(&arguments.server)?;
    let find = |named: &RunNamed| find::run(&service, &named.run);
    match &arguments.what {
        RunsVerb::List { workflow, search, issue, span } => {
            let workflow = workflow.as_ref().map(|name| find::workflow(&service, name)).transpose()?;
            let mut filters = span_filters(span);
            filters.push(("workflow", workflow.map(|id| id.to_string())));
            filters.push(("search", search.clone()));
            filters.push(("issue", issue.then(|| "true".to_owned())));
            filters.push(("per_page", Some("50".to_owned())));
            let value = service.get(&with_filters("/runs", filters))?;
            let text = show::service::runs(&value);
            Ok(Said::answer(value, text))
        }
        RunsVerb::Show(named) => {
            let value = service.get(&format!("/runs/{}", find(named)?))?;
            let text = show::service::run(&value);
            Ok(Said::answer(value, text))
        }
        RunsVerb::Wait(named) => over(&service, find(named)?),
        RunsVerb::Cancel(named) => {
            let id = find(named)?;
            service.post(&format!("/runs/{id}/cancel"), "application/json", b"{}")?;
            Ok(Said::answer(json!({ "id": id }), format!("run {id} is being cancelled\n")))
        }
        RunsVerb::Retry(named) => {
            let id = find(named)?;
            let made = service.post(&format!("/runs/{id}/retry"), "application/json", b"{}")?;
            let text = format!("run {} retries what failed in run {id}\n", show::service::id(&made));
            Ok(Said::answer(made, text))
        }
        RunsVerb::Report(named) => {
            let value = service.get(&format!("/runs/{}/report.json", find(named)?))?;
            let text = show::service::report(&value);
            Ok(Said::answer(value, text))
        }
    }
}

pub(crate) fn collections(arguments: &CollectionsArguments) -> Result<Box<dyn Answer>, Failure> {
    let service = Service::new(&arguments.server)?;
    match &arguments.what {
        CollectionsVerb::List => {
            let value = service.get("/collections?per_page=500")?;
            let text = show::service::collections(&value);
            Ok(Said::answer(value, text))
        }
        CollectionsVerb::Preview { id } => {
            let value = service.get(&format!("/collections/{id}/preview"))?;
            let text = show::service::preview(&value);
            Ok(Said::answer(value, text))
        }
        CollectionsVerb::Upload { name, format, column, files } => {
            let mut form = Form::new().text("name", name);
            if let Some(format) = format.0 {
                form = form.text("format", format.name());
            }
            for column in column {
                form = form.text("columns", column);
            }
            for path in files {
                let file_name = path.file_name().unwrap_or_default().to_string_lossy();
                form = form.file("files", &file_name, &whole(path, limits::COLLECTION_UPLOAD_BYTES)?);
            }
            let (kind, body) = form.finish();
            let made = service.post("/collections/upload", &kind, &body)?;
            let text = format!("created collection {}\n", show::service::id(&made));
            Ok(Said::answer(made, text))
        }
        CollectionsVerb::Delete { id } => {
            service.delete(&format!("/collections/{id}"))?;
            Ok(Said::answer(json!({ "id": id }), format!("deleted collection {id}\n")))
        }
    }
}

pub(crate) fn audit(arguments: &AuditArguments) -> Result<Box<dyn Answer>, Failure> {
    let service = Service::new(&arguments.server)?;
    let AuditVerb::Export { after, who, what, address, search, span } = &arguments.what;
    let mut after = *after;
    let (mut text, mut lines) = (String::new(), Vec::new());
    loop {
        let mut filters = span_filters(span);
        filters.extend(
            [("who", who), ("what", what), ("address", address), ("search", search)]
                .map(|(name, text)| (name, text.clone())),
        );
        filters.push(("after", Some(after.to_string())));
        let page = service.get_text(&with_filters("/audit.jsonl", filters))?;
        let read: Vec<Value> = page.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let Some(last) = read.last().and_then(|line| line.get("id")).and_then(Value::as_i64) else { break };
        text.push_str(&page);
        lines.extend(read);
        after = last;
    }
    Ok(Said::answer(Value::Array(lines), text))
}

/// A parameter of a call, if it is given.
type Filter = (&'static str, Option<String>);

fn span_filters(span: &SpanArguments) -> Vec<Filter> {
    let at = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
    vec![("from", at(span.from)), ("to", at(span.to))]
}

/// The address of a call with its parameters.
fn with_filters(path: &str, filters: Vec<Filter>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(filters.into_iter().filter_map(|(name, value)| Some((name, value?))));
    format!("{path}?{}", query.finish())
}

/// Waits until a run is over, and says how it ended.
fn over(service: &Service, id: i64) -> Result<Box<dyn Answer>, Failure> {
    loop {
        let value = service.get(&format!("/runs/{id}"))?;
        let status = value.get("status").and_then(Value::as_str);
        if let Some(status) = status {
            let code = match status {
                "Completed" => 0,
                "Error Occurred" => 3,
                "Failed to Complete" => 1,
                _ => 4,
            };
            let text = show::service::run(&value);
            return Ok(Box::new(Said { value, text, status: code }));
        }
        std::thread::sleep(Duration::from_millis(limits::SERVICE_POLL_MILLISECONDS));
    }
}

fn whole(path: &Path, most: u64) -> Result<Vec<u8>, Failure> {
    palisade_files::read(path, most).map_err(|fault| match fault {
        ReadFault::Io(error) => Failure::file("file-unreadable", "cannot read", path, &error),
        ReadFault::TooLarge { limit } => {
            Failure::new("file-too-large", format!("`{}` is larger than {limit} bytes", path.display()))
        }
    })
}
