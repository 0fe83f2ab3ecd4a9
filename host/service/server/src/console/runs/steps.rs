//! The steps of a run: with which configuration each ran, how it ended, and what it has to say. A secret is only said to be set.

use askama::Template;
use palisade_limits as limits;
use palisade_model::StepEnding;
use palisade_orchestrator::{Orchestrator, OrchestratorError, form, nothing_accepted, told};
use palisade_store::{Page, RunRow, StepRow, Wait as _};
use serde_json::Value;

use super::one::{Part, Wanted};
use super::shown::{duration, lasted, verdict_bar};
use super::story::Told;
use crate::console::wording::{first_upper, sentence};
use crate::evictions::{Eviction, Evictions, evictions, would_remove};
use crate::view::{Badge, Frame, Moment, Pager, StackedBar, Tone, number};
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

/// An entry that the service would remove, or removed.
struct Displaced {
    field: String,
    value: String,
    expires: Option<Told>,
}

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
    displaced_count: u64,
    /// Nothing was displaced: the run stopped before, or was a dry run.
    would: bool,
    displaced: Vec<Displaced>,
    /// The way to the other pages of these entries.
    pager: Pager,
    /// Entries that are counted and not listed.
    unlisted: u64,
}

#[derive(Template)]
#[template(path = "pages/runs_steps.html")]
struct Steps {
    id: i64,
    cards: Vec<Card>,
}

pub(super) async fn part(
    app: &App,
    frame: &Frame,
    run: &RunRow,
    steps: Vec<StepRow>,
    wanted: &Wanted,
) -> Result<Part, Failure> {
    let (paged, id) = (wanted.step(&steps), run.id);
    let configured = app
        .ask(move |orchestrator| {
            let with = |mut step: StepRow| {
                let facts = configuration(orchestrator, &step);
                // A step that ended without a reason of its own, and brought nothing to the service.
                if let Some(end) = step.end.as_mut().filter(|end| end.message.is_none()) {
                    let told =
                        nothing_accepted(&step.counts, &orchestrator.store().reasons(id, step.place).wait()?);
                    if let Some(told) = told {
                        (end.message, end.hint) = (Some(told.message), Some(told.hint.to_owned()));
                    }
                }
                Ok((step, facts))
            };
            steps.into_iter().map(with).collect::<Result<Vec<_>, OrchestratorError>>()
        })
        .await?;
    let card = |(step, facts): (StepRow, Vec<Fact>)| {
        let number = if step.place == paged { wanted.number() } else { 1 };
        card(frame, run, step, facts, number)
    };
    Part::of(&Steps { id: run.id.0, cards: configured.into_iter().map(card).collect() })
}

/// By the labels of the form, where the version is still installed; otherwise by the names of the parameters.
fn configuration(orchestrator: &Orchestrator, step: &StepRow) -> Vec<Fact> {
    let connection = step.connection.and_then(|id| orchestrator.store().connection(id).wait().ok());
    let connection = connection.map(|row| Fact::new("Connection", row.name));
    let manifest = step.bundle.and_then(|bundle| orchestrator.manifest(bundle).ok());
    if let Some(manifest) = manifest
        && let Some(action) = manifest.action(&step.action)
    {
        let form = form(&manifest, action, &step.configuration, &[]);
        // Secrets remain with the connection.
        let fields = form.sections.iter().flat_map(|section| &section.fields);
        return connection
            .into_iter()
            .chain(fields.filter(|field| field.kind != "secret").map(fact))
            .collect();
    }
    let held = told(&step.configuration);
    let held = held.as_object().into_iter().flatten();
    connection.into_iter().chain(held.map(|(name, value)| Fact::new(name.clone(), plain(value)))).collect()
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

/// `number` is the page of the displaced entries.
fn card(frame: &Frame, run: &RunRow, step: StepRow, configuration: Vec<Fact>, number: u64) -> Card {
    let id = run.id;
    let rows = Page { offset: (number - 1).saturating_mul(limits::PAGE_ROWS), limit: limits::PAGE_ROWS };
    let Evictions { entries, listed: on_all_pages, count } = evictions(&step, rows);
    let place = step.place.to_string();
    let keep = [("tab", "steps"), ("step", place.as_str())];
    let pager = Pager::new(&format!("/runs/{id}"), &keep, number, on_all_pages, "entries");
    let would = would_remove(run, &step);
    let end = step.end.as_ref();
    let (tone, word) = match end.map(|end| end.how) {
        None if step.started_at.is_some() => (Tone::Active, "Running"),
        None => (Tone::Neutral, "Not started"),
        // It has a message if it brought nothing to the service.
        Some(StepEnding::Completed) if end.is_some_and(|end| end.message.is_some()) => {
            (Tone::Warning, "Finished")
        }
        Some(StepEnding::Completed) => (Tone::Good, "Finished"),
        Some(StepEnding::Stopped) => (Tone::Bad, "Stopped"),
        Some(StepEnding::NotBegun) => (Tone::Bad, "Could not start"),
        Some(StepEnding::Early) => (Tone::Warning, "Ended early"),
    };
    let warnings = end.map(|end| &end.warnings);
    let at = |pointer: &str| warnings.and_then(|warnings| warnings.pointer(pointer));
    let listed = at("/listed").and_then(Value::as_array);
    let message = |warning: &Value| warning.get("message").and_then(Value::as_str).map(sentence);
    let entry = |one: Eviction| {
        let expires = one.expires.map(|text| Told::of(frame, &Value::String(text)));
        Displaced { field: one.field, value: one.value, expires }
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
        displaced_count: count,
        would,
        displaced: entries.into_iter().map(entry).collect(),
        pager,
        unlisted: count.saturating_sub(on_all_pages),
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
