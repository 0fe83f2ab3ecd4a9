//! One object of a run from its source record to the verdict of each step.

use askama::Template;
use askama::filters::{Escaper as _, Html, HtmlSafe};
use axum::extract::{Path, State};
use axum::response::Response;
use jiff::Timestamp;
use palisade_store::{RunId, VerdictRow};
use serde_json::Value;

use super::shown::verdict_badge;
use crate::console::wording::sentence;
use crate::security::Viewer;
use crate::view::{Badge, Frame, Moment, Section, Visit, page};
use crate::{App, Failure};

/// A value as people read it. Prints itself.
enum Told {
    Text(String),
    At(Moment),
}

impl Told {
    fn of(frame: &Frame, value: &Value) -> Self {
        let moment = value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        moment.map_or_else(|| Self::Text(said(value)), |at| Self::At(frame.moment(&at)))
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => Html.write_escaped_str(formatter, text),
            Self::At(at) => at.fmt(formatter),
        }
    }
}

// A text is escaped, and a moment has nothing to escape.
impl HtmlSafe for Told {}

/// A value with its name.
struct Fact {
    name: String,
    value: Told,
}

impl Fact {
    fn text(name: &str, value: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: Told::Text(value.into()) }
    }
}

struct Change {
    name: String,
    before: Option<Told>,
    after: Told,
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
    let mut facts = vec![Fact::text("Type", &object.subtype)];
    facts.extend(object.platform_id.as_ref().map(|id| Fact::text("ThreatQ ID", id)));
    facts.push(Fact::text("Read from", format!("{}, {}", object.file, object.location)));
    let record = &object.record;
    let known = [
        ("kind", "Class"),
        ("score", "Score"),
        ("status", "Status"),
        ("description", "Description"),
        ("updated_at", "Updated"),
        ("tags", "Tags"),
    ];
    let told = |name: &str, title: &str| {
        let value = Told::of(&frame, record.get(name)?);
        Some(Fact { name: title.to_owned(), value })
    };
    facts.extend(known.into_iter().filter_map(|(name, title)| told(name, title)));
    let attributes = record.get("attributes").and_then(Value::as_array).into_iter().flatten();
    page(&Story {
        id,
        place,
        objects: run.objects.unwrap_or(0),
        facts,
        attributes: attributes.filter_map(|pair| attribute(&frame, pair)).collect(),
        unreadable: record.get("unreadable").and_then(Value::as_str).map(sentence),
        steps: steps.into_iter().map(step).collect(),
        frame,
    })
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(said).collect::<Vec<_>>().join(", "),
        // A score of 9.0 is a 9.
        Value::Number(number) if number.is_f64() => number.as_f64().unwrap_or_default().to_string(),
        other => other.to_string(),
    }
}

/// A pair of name and value.
fn attribute(frame: &Frame, pair: &Value) -> Option<Fact> {
    Some(Fact { name: said(pair.get(0)?), value: Told::of(frame, pair.get(1)?) })
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
        submissions: submissions.map(|value| submission(frame, value)).collect(),
    }
}

fn submission(frame: &Frame, value: &Value) -> Submission {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let count = |name: &str| value.get(name).and_then(Value::as_u64);
    Submission {
        field: text("field"),
        value: text("value"),
        status: count("status"),
        attempts: count("attempts").unwrap_or(0),
        duplicate_of: count("duplicate_of"),
        comparison: value
            .get("comparison")
            .filter(|found| found.is_object())
            .map(|found| comparison(frame, found)),
    }
}

fn comparison(frame: &Frame, found: &Value) -> Comparison {
    let held = found.get("held").and_then(Value::as_object);
    let changes = found.get("changes").and_then(Value::as_array).into_iter().flatten();
    let also_on = found.get("also_on").and_then(Value::as_array).into_iter().flatten();
    Comparison {
        held: held.map(|held| {
            let fact =
                |(name, value): (&String, &Value)| Fact { name: name.clone(), value: Told::of(frame, value) };
            held.iter().map(fact).collect()
        }),
        changes: changes
            .map(|change| Change {
                name: change.get("name").map(said).unwrap_or_default(),
                before: change
                    .get("before")
                    .filter(|before| !before.is_null())
                    .map(|value| Told::of(frame, value)),
                after: Told::of(frame, change.get("after").unwrap_or(&Value::Null)),
            })
            .collect(),
        also_on: also_on.map(said).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_told_as_other_pages_tell_it() {
        for (value, told) in
            [(json!(9.0), "9"), (json!(7.5), "7.5"), (json!(12), "12"), (json!(["a", 1.0]), "a, 1")]
        {
            assert_eq!(said(&value), told);
        }
    }

    #[test]
    fn a_text_of_the_collection_stays_text() {
        assert_eq!(Told::Text("<b>".to_owned()).to_string(), "&#60;b&#62;");
    }
}
