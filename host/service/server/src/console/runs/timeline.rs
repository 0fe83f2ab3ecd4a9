//! What happened to a run, in order, restarts included, and below that each of its requests with its purpose.

use askama::Template;
use palisade_limits as limits;
use palisade_store::{Cause, Event, RunId, Wait as _};

use super::one::{Part, Wanted};
use super::requests::{Request, requests};
use super::shown::status_tone;
use crate::console::wording::sentence;
use crate::view::{Frame, Moment, Pager, TimelineItem, Tone};
use crate::{App, Failure, recordings};

struct Row {
    at: Option<Moment>,
    request: Request,
}

#[derive(Template)]
#[template(path = "pages/runs_timeline.html")]
struct Timeline {
    events: Vec<TimelineItem>,
    /// Whether several steps have requests.
    several: bool,
    rows: Vec<Row>,
    pager: Pager,
}

fn item(frame: &Frame, event: Event, cause: Option<Cause>) -> TimelineItem {
    let (title, tone) = match event.kind.as_str() {
        "requested" => ("Requested", Tone::Neutral),
        "objects-taken" => ("Objects selected", Tone::Neutral),
        "step-begun" => ("Step started", Tone::Active),
        "step-continued" => ("Step continued", Tone::Active),
        "step-interrupted" => ("Interrupted", Tone::Warning),
        "restarted" => ("Interrupted by a restart", Tone::Warning),
        "taken-over" => ("Taken over", Tone::Warning),
        "activation-failed" => ("Could not continue", Tone::Warning),
        "step-ended" => ("Step ended", Tone::Neutral),
        "ended" => {
            ("Ended", event.message.parse().map_or(Tone::Neutral, |status| status_tone(status, cause)))
        }
        other => (other, Tone::Neutral),
    };
    let title = event.step.map_or_else(|| title.to_owned(), |step| format!("{title} ({step})"));
    TimelineItem { at: frame.moment(&event.at), title, text: Some(sentence(&event.message)), tone }
}

pub(super) async fn part(app: &App, frame: &Frame, id: RunId, wanted: &Wanted) -> Result<Part, Failure> {
    let (events, recorded, cause) = app
        .ask(move |orchestrator| {
            let store = orchestrator.store();
            let cause = store.run(id).wait()?.cause;
            Ok((store.events(id).wait()?, recordings::requests(store, id)?, cause))
        })
        .await?;
    let number = wanted.number();
    let (total, shown) =
        requests(&recorded, (number - 1).saturating_mul(limits::PAGE_ROWS), limits::PAGE_ROWS);
    let row = |request: Request| Row { at: request.at.map(|at| frame.moment(&at)), request };
    Part::of(&Timeline {
        events: events.into_iter().map(|event| item(frame, event, cause)).collect(),
        several: recorded.iter().any(|one| one.step > 1),
        rows: shown.into_iter().map(row).collect(),
        pager: Pager::new(&format!("/runs/{id}"), &[("tab", "timeline")], number, total, "requests"),
    })
}
