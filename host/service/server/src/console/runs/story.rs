//! One object of a run from its source record to the verdict of each step, what was sent for it, and what other runs did with
//! the same value. *Previous* and *Next* follow the list from which the page was opened.

use askama::Template;
use askama::filters::{Escaper as _, Html, HtmlSafe};
use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_store::{
    Neighbours, RunId, RunRow, SameValue, SightedVerdict, StepRow, StoredObject, VerdictRow, Wait as _,
};
use serde_json::Value;

use super::one::Wanted;
use super::shown::verdict_badge;
use super::{objects, same_value};
use crate::console::wording::sentence;
use crate::recordings::{self, Recorded};
use crate::security::Viewer;
use crate::view::{Badge, Frame, Moment, Section, Visit, page};
use crate::{App, Failure, properties};

/// A value as people read it. Prints itself.
pub(super) enum Told {
    Text(String),
    At(Moment),
}

impl Told {
    pub(super) fn of(frame: &Frame, value: &Value) -> Self {
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
    /// The other properties that left with the value.
    sent: Vec<Fact>,
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

/// The way through the list from which the page was opened.
struct Way {
    /// The page of the list.
    list: String,
    /// The position in it; none if the object is not in the list any more.
    position: Option<u64>,
    total: u64,
    previous: Option<String>,
    next: Option<String>,
    /// Whether the list leaves objects of the run out.
    filtered: bool,
}

fn way(run: i64, wanted: &Wanted, found: Option<Neighbours>) -> Way {
    let beside = |place: Option<u64>| place.map(|place| objects::story(run, place, wanted));
    Way {
        list: objects::list(run, found.map_or(1, |found| found.position), wanted),
        position: found.map(|found| found.position),
        total: found.map_or(0, |found| found.total),
        previous: beside(found.and_then(|found| found.previous)),
        next: beside(found.and_then(|found| found.next)),
        filtered: objects::filter(wanted) != Default::default(),
    }
}

#[derive(Template)]
#[template(path = "pages/runs_story.html")]
struct Story {
    frame: Frame,
    id: i64,
    place: u64,
    objects: u64,
    way: Way,
    facts: Vec<Fact>,
    attributes: Vec<Fact>,
    unreadable: Option<String>,
    steps: Vec<Step>,
    same_value: Vec<same_value::Row>,
}

/// What the state has of an object.
struct Read {
    run: RunRow,
    steps: Vec<StepRow>,
    object: StoredObject,
    verdicts: Vec<(u32, VerdictRow)>,
    neighbours: Option<Neighbours>,
    same_value: (Vec<SameValue>, Vec<SameValue>),
    requests: Vec<Recorded>,
}

fn read_object(
    orchestrator: &Orchestrator,
    id: RunId,
    place: u64,
    wanted: &Wanted,
) -> Result<Read, OrchestratorError> {
    let store = orchestrator.store();
    let (run, steps) = (store.run(id).wait()?, store.run_steps(id).wait()?);
    let (object, verdicts) = store.object_story(id, place).wait()?;
    let (order, descending) = objects::SORTING.read(&wanted.sort);
    let (step, filter) = (wanted.step(&steps), objects::filter(wanted));
    let is_sent = |verdict: &VerdictRow| verdict.submissions.as_array().is_some_and(|sent| !sent.is_empty());
    let sent = verdicts.iter().any(|(_, verdict)| is_sent(verdict));
    Ok(Read {
        neighbours: store.neighbours(id, step, &filter, order, descending, place).wait()?,
        same_value: store.same_value(id, place, limits::STORY_RUNS).wait()?,
        requests: if sent { recordings::requests(store, id)? } else { Vec::new() },
        run,
        steps,
        object,
        verdicts,
    })
}

pub(super) async fn story(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path((id, place)): Path<(i64, u64)>,
    Query(wanted): Query<Wanted>,
    visit: Visit,
) -> Result<Response, Failure> {
    let asked = wanted.clone();
    let read = app.ask(move |orchestrator| read_object(orchestrator, RunId(id), place, &asked)).await?;
    let Read { run, steps, object, verdicts, neighbours, same_value, requests } = read;
    let title = if object.value.is_empty() { format!("Object {place}") } else { object.value.clone() };
    let frame = visit
        .frame(&app, title, Section::Runs)
        .under("Runs", "/runs")
        .under(format!("Run {id}"), format!("/runs/{id}"));
    let own = |(step, verdict): &(u32, VerdictRow)| SightedVerdict {
        step: *step,
        title: steps.iter().find(|row| row.place == *step).map(|row| row.title.clone()).unwrap_or_default(),
        verdict: verdict.verdict,
        code: verdict.code.clone(),
        message: verdict.message.clone(),
    };
    let same_value = same_value::rows(&frame, &run, verdicts.iter().map(own).collect(), same_value);
    let step = |row: StepRow| {
        let decided = verdicts.iter().find(|(step, _)| *step == row.place).map(|(_, verdict)| verdict);
        step(&frame, row.place, row.title, decided, &requests)
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
        way: way(id, &wanted, neighbours),
        same_value,
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

fn step(
    frame: &Frame,
    place: u32,
    title: String,
    decided: Option<&VerdictRow>,
    requests: &[Recorded],
) -> Step {
    let submissions = decided.and_then(|decided| decided.submissions.as_array()).into_iter().flatten();
    Step {
        place,
        title,
        verdict: decided.map(|decided| verdict_badge(decided.verdict)),
        code: decided.and_then(|decided| decided.code.clone()),
        message: decided.and_then(|decided| decided.message.as_deref()).map(sentence),
        decided: decided.map(|decided| frame.moment(&decided.decided_at)),
        submissions: submissions.map(|value| submission(frame, value, place, requests)).collect(),
    }
}

fn submission(frame: &Frame, value: &Value, step: u32, requests: &[Recorded]) -> Submission {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let count = |name: &str| value.get(name).and_then(Value::as_u64);
    let (field, submitted) = (text("field"), text("value"));
    let sent = properties::sent_with(requests, step, &field, &submitted).unwrap_or_default();
    let fact = |(name, value): (&String, &Value)| Fact {
        name: properties::title(name),
        value: Told::of(frame, value),
    };
    Submission {
        sent: sent.iter().map(fact).collect(),
        field,
        value: submitted,
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
