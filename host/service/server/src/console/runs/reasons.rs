//! Verdicts of a run grouped by their reasons, step by step, the most frequent first.

use askama::Template;
use palisade_store::{Reason, RunId, StepRow, Wait as _};

use super::one::Part;
use super::shown::verdict_badge;
use crate::console::wording::sentence;
use crate::view::{Badge, Empty};
use crate::{App, Failure};

struct Row {
    verdict: Badge,
    code: String,
    example: String,
    count: u64,
    path: String,
}

struct Group {
    place: u32,
    title: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "pages/runs_reasons.html")]
struct Reasons {
    groups: Vec<Group>,
    empty: Empty,
}

pub(super) async fn part(app: &App, id: RunId, steps: &[StepRow]) -> Result<Part, Failure> {
    let places: Vec<(u32, String)> = steps.iter().map(|step| (step.place, step.title.clone())).collect();
    let groups = app
        .ask(move |orchestrator| {
            let mut groups = Vec::new();
            for (place, title) in places {
                let reasons = orchestrator.store().reasons(id, place).wait()?;
                let rows = reasons.into_iter().map(|Reason { verdict, code, example, count, .. }| Row {
                    path: super::address(
                        &format!("/runs/{id}"),
                        &[("step", &place.to_string()), ("verdict", verdict.name()), ("code", &code)],
                    ),
                    verdict: verdict_badge(verdict),
                    example: sentence(&example),
                    code,
                    count,
                });
                groups.push(Group { place, title, rows: rows.collect() });
            }
            Ok(groups)
        })
        .await?;
    let empty =
        Empty::new("check", "No reasons", "No object was skipped, rejected or failed for a reason so far.");
    Part::of(&Reasons { groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(), empty })
}
