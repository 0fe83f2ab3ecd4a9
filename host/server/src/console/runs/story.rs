//! One object of a run from what the collection knew of it to what each step made of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use palisade_store::{RunId, VerdictRow};
use serde_json::Value;

use super::shown::verdict_badge;
use super::steps::Fact;
use crate::console::wording::sentence;
use crate::security::Viewer;
use crate::view::{Badge, Frame, Moment, Section, Visit, page};
use crate::{App, Failure};

struct Change {
    name: String,
    before: Option<String>,
    after: String,
}

/// What the service had, where the run compared.
struct Comparison {
    held: Option<Vec<Fact>>,
    changes: Vec<Change>,
    also_on: Vec<String>,
}

struct Submission {
    field: String,
    value: String,
    status: Option<u64>,
    attempts: u64,
    duplicate_of: Option<u64>,
    comparison: Option<Comparison>,
}

struct Step {
    place: u32,
    title: String,
    verdict: Option<Badge>,
    code: Option<String>,
    message: Option<String>,
    decided: Option<Moment>,
    submissions: Vec<Submission>,
}

#[derive(Template)]
#[template(path = "pages/runs_story.html")]
struct Story {
    frame: Frame,
    id: i64,
    place: u64,
    objects: u64,
    facts: Vec<Fact>,
    attributes: Vec<Fact>,
    unreadable: Option<String>,
    steps: Vec<Step>,
}

pub(super) async fn story(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path((id, place)): Path<(i64, u64)>,
    visit: Visit,
) -> Result<Response, Failure> {
    let (run, steps, (object, verdicts)) = app
        .ask(move |orchestrator| {
            let store = orchestrator.store();
            Ok((store.run(RunId(id))?, store.run_steps(RunId(id))?, store.object_story(RunId(id), place)?))
        })
        .await?;
    let title = if object.value.is_empty() { format!("Object {place}") } else { object.value.clone() };
    let frame = visit
        .frame(&app, title, Section::Runs)
        .under("Runs", "/runs")
        .under(format!("Run {id}"), format!("/runs/{id}"));
    let step = |row: palisade_store::StepRow| {
        let decided = verdicts.iter().find(|(step, _)| *step == row.place).map(|(_, verdict)| verdict);
        step(&frame, row.place, row.title, decided)
    };
    let mut facts = vec![Fact::new("Type", &object.subtype)];
    facts.extend(object.platform_id.as_ref().map(|id| Fact::new("Platform's id", id)));
    facts.push(Fact::new("Read from", format!("{}, {}", object.file, object.location)));
    let record = &object.record;
    let known = [
        ("kind", "Class"),
        ("score", "Score"),
        ("status", "Status"),
        ("description", "Description"),
        ("updated_at", "Updated"),
        ("tags", "Tags"),
    ];
    facts.extend(
        known.into_iter().filter_map(|(name, title)| Some(Fact::new(title, said(record.get(name)?)))),
    );
    let attributes = record.get("attributes").and_then(Value::as_array).into_iter().flatten();
    page(&Story {
        id,
        place,
        objects: run.objects.unwrap_or(0),
        facts,
        attributes: attributes.filter_map(attribute).collect(),
        unreadable: record.get("unreadable").and_then(Value::as_str).map(sentence),
        steps: steps.into_iter().map(step).collect(),
        frame,
    })
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(said).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// A pair of name and value.
fn attribute(pair: &Value) -> Option<Fact> {
    Some(Fact::new(said(pair.get(0)?), said(pair.get(1)?)))
}

fn step(frame: &Frame, place: u32, title: String, decided: Option<&VerdictRow>) -> Step {
    let submissions = decided.and_then(|decided| decided.submissions.as_array()).into_iter().flatten();
    Step {
        place,
        title,
        verdict: decided.map(|decided| verdict_badge(decided.verdict)),
        code: decided.and_then(|decided| decided.code.clone()),
        message: decided.and_then(|decided| decided.message.as_deref()).map(sentence),
        decided: decided.map(|decided| frame.moment(&decided.decided_at)),
        submissions: submissions.map(submission).collect(),
    }
}

fn submission(value: &Value) -> Submission {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let count = |name: &str| value.get(name).and_then(Value::as_u64);
    Submission {
        field: text("field"),
        value: text("value"),
        status: count("status"),
        attempts: count("attempts").unwrap_or(0),
        duplicate_of: count("duplicate_of"),
        comparison: value.get("comparison").filter(|found| found.is_object()).map(comparison),
    }
}

fn comparison(found: &Value) -> Comparison {
    let held = found.get("held").and_then(Value::as_object);
    let changes = found.get("changes").and_then(Value::as_array).into_iter().flatten();
    let also_on = found.get("also_on").and_then(Value::as_array).into_iter().flatten();
    Comparison {
        held: held.map(|held| held.iter().map(|(name, value)| Fact::new(name, said(value))).collect()),
        changes: changes
            .map(|change| Change {
                name: change.get("name").map(said).unwrap_or_default(),
                before: change.get("before").filter(|before| !before.is_null()).map(said),
                after: change.get("after").map(said).unwrap_or_default(),
            })
            .collect(),
        also_on: also_on.map(said).collect(),
    }
}
