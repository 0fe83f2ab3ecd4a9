//! The steps of a run: with which configuration each ran, how it ended, and what it has to say. A secret is only said to be set.

use askama::Template;
use palisade_orchestrator::{Orchestrator, form, told};
use palisade_store::{RunId, StepRow};
use serde_json::Value;

use super::one::Part;
use super::shown::{duration, lasted, verdict_bar};
use crate::console::wording::{first_upper, sentence};
use crate::view::{Badge, Frame, Moment, StackedBar, Tone, number};
use crate::{App, Failure};

/// A value with its name.
pub(in crate::console) struct Fact {
    pub(in crate::console) name: String,
    pub(in crate::console) value: String,
}

impl Fact {
    pub(in crate::console) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

/// Displaced entries that a page lists: a full list would be a page of 60,000 lines.
const SHOWN: usize = 50;

struct Card {
    place: u32,
    title: String,
    bundle: String,
    version: String,
    digest: String,
    ended: Badge,
    tone: Tone,
    message: Option<String>,
    hint: Option<String>,
    started: Option<Moment>,
    duration: Option<String>,
    bar: StackedBar,
    configuration: Vec<Fact>,
    traffic: Vec<Fact>,
    warnings: Vec<String>,
    not_listed: u64,
    evictions: u64,
    /// Nothing was displaced: the run stopped before, or was a dry run.
    would: bool,
    evicted: Vec<String>,
    /// Entries that are only in the report.
    evicted_more: u64,
}

#[derive(Template)]
#[template(path = "pages/runs_steps.html")]
struct Steps {
    id: i64,
    cards: Vec<Card>,
}

pub(super) async fn part(app: &App, frame: &Frame, id: RunId, steps: Vec<StepRow>) -> Result<Part, Failure> {
    let configured = app
        .ask(move |orchestrator| {
            let with = |step: StepRow| {
                let facts = configuration(orchestrator, &step);
                (step, facts)
            };
            Ok(steps.into_iter().map(with).collect::<Vec<_>>())
        })
        .await?;
    let cards = configured.into_iter().map(|(step, facts)| card(frame, id, step, facts)).collect();
    Part::of(&Steps { id: id.0, cards })
}

/// By the labels of the form, where the version is still installed; otherwise by the names of the parameters.
fn configuration(orchestrator: &Orchestrator, step: &StepRow) -> Vec<Fact> {
    let manifest = step.bundle.and_then(|bundle| orchestrator.manifest(bundle).ok());
    if let Some(manifest) = manifest
        && let Some(action) = manifest.action(&step.action)
    {
        let form = form(&manifest, action, &step.configuration, &[]);
        return form.sections.iter().flat_map(|section| &section.fields).map(fact).collect();
    }
    let held = told(&step.configuration);
    held.as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| Fact::new(name.clone(), plain(value)))
        .collect()
}

/// What a field of a form holds, in words.
pub(in crate::console) fn fact(field: &palisade_orchestrator::FormField) -> Fact {
    let value = match field.kind {
        "secret" if field.is_set => "Set".to_owned(),
        "secret" => "Not set".to_owned(),
        "flag" if field.value == "true" => "Yes".to_owned(),
        "flag" => "No".to_owned(),
        _ => {
            let chosen = field.options.iter().find(|option| option.chosen);
            chosen.map_or_else(|| field.value.clone(), |option| option.label.clone())
        }
    };
    Fact::new(&field.label, if value.is_empty() { "—".to_owned() } else { value })
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn card(frame: &Frame, id: RunId, step: StepRow, configuration: Vec<Fact>) -> Card {
    let end = step.end.as_ref();
    let (tone, word) = match end.map(|end| end.how.as_str()) {
        None if step.started_at.is_some() => (Tone::Active, "Running"),
        None => (Tone::Neutral, "Not started"),
        Some("completed") => (Tone::Good, "Finished"),
        Some("stopped") => (Tone::Bad, "Stopped"),
        Some("not-begun") => (Tone::Bad, "Could not start"),
        Some(_) => (Tone::Warning, "Ended early"),
    };
    let warnings = end.map(|end| &end.warnings);
    let at = |pointer: &str| warnings.and_then(|warnings| warnings.pointer(pointer));
    let listed = at("/listed").and_then(Value::as_array);
    let message = |warning: &Value| warning.get("message").and_then(Value::as_str).map(sentence);
    let evicted = at("/evictions/entries").and_then(Value::as_array);
    let entry = |entry: &Value| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let expires = text("expires").map(|at| format!(", expires {at}")).unwrap_or_default();
        format!("{} {}{expires}", text("field").unwrap_or_default(), text("value").unwrap_or_default())
    };
    Card {
        ended: Badge::new(tone, word),
        tone,
        message: end.and_then(|end| end.message.as_deref()).map(sentence),
        hint: end.and_then(|end| end.hint.as_deref()).map(sentence),
        started: step.started_at.map(|at| frame.moment(&at)),
        duration: lasted(step.started_at, step.ended_at, frame.now),
        bar: verdict_bar("Verdicts of this step", &step.counts, |verdict| {
            Some(format!("/runs/{id}?step={}&verdict={verdict}", step.place))
        }),
        configuration,
        traffic: end.map(|end| traffic(&end.traffic)).unwrap_or_default(),
        warnings: listed.into_iter().flatten().filter_map(message).collect(),
        not_listed: at("/not_listed").and_then(Value::as_u64).unwrap_or(0),
        evictions: at("/evictions/count").and_then(Value::as_u64).unwrap_or(0),
        would: end.is_some_and(|end| end.code.as_deref() == Some("would-evict")) || step.counts.planned > 0,
        evicted_more: at("/evictions/count")
            .and_then(Value::as_u64)
            .unwrap_or(0)
            .saturating_sub(SHOWN as u64),
        evicted: evicted.into_iter().flatten().take(SHOWN).map(entry).collect(),
        place: step.place,
        title: step.title,
        bundle: step.bundle_name,
        version: step.version,
        digest: step.digest,
    }
}

/// In the words of the report.
fn traffic(traffic: &Value) -> Vec<Fact> {
    let counts = [
        ("requests", "Requests"),
        ("repeats", "Repeats"),
        ("throttled", "Rate-limited (429)"),
        ("lost", "No response"),
        ("bytes_sent", "Bytes sent"),
        ("bytes_received", "Bytes received"),
    ];
    let mut facts: Vec<Fact> = counts
        .into_iter()
        .filter_map(|(name, title)| Some(Fact::new(title, number(&traffic.get(name)?.as_u64()?))))
        .collect();
    if let Some(waited) = traffic.get("waited_seconds").and_then(Value::as_f64) {
        facts.push(Fact::new(first_upper("waited"), duration((waited * 1_000.0) as i128)));
    }
    facts
}
