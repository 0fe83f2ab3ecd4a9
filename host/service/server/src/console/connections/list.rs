//! The list of connections: what each connects to, whether its last test passed, and what uses it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use palisade_orchestrator::{ConnectionPage, TestedAt};
use palisade_store::ConnectionRow;

use super::{PATH, TITLE};
use crate::console::integrations::using::Used;
use crate::console::wording::sentence;
use crate::security::Viewer;
use crate::view::{Badge, Empty, Frame, Moment, Section, Tone, Visit, page};
use crate::{App, Failure};

struct Card {
    id: i64,
    name: String,
    kind: String,
    place: String,
    health: Health,
    used: Vec<Used>,
    actions: u64,
    modified: Moment,
}

/// What the last test of a connection found.
pub(super) struct Health {
    pub(super) badge: Badge,
    pub(super) at: Option<Moment>,
    /// What failed, and what to do about it.
    pub(super) texts: Vec<String>,
}

impl Health {
    pub(super) fn of(frame: &Frame, row: &ConnectionRow) -> Self {
        let tested = row.tested.clone().and_then(|value| serde_json::from_value::<TestedAt>(value).ok());
        let Some(TestedAt { at, test }) = tested else {
            return Self { badge: Badge::new(Tone::Neutral, "Not tested"), at: None, texts: Vec::new() };
        };
        let badge = match test.failed {
            _ if test.works => Badge::new(Tone::Good, "Works"),
            Some(failed) => Badge::new(Tone::Bad, format!("Failed: {}", failed.in_words())),
            None => Badge::new(Tone::Bad, "Failed"),
        };
        let texts = std::iter::once(&test.message).chain(&test.hint).map(|text| sentence(text));
        Self {
            badge,
            at: Some(frame.moment(&at)),
            texts: if test.works { Vec::new() } else { texts.collect() },
        }
    }
}

/// The workflows that use a connection.
pub(super) fn used(page: &ConnectionPage) -> Vec<Used> {
    let used = |(id, name): &(palisade_store::WorkflowId, String)| Used { id: id.0, name: name.clone() };
    page.users.workflows.iter().map(used).collect()
}

#[derive(Template)]
#[template(path = "pages/connections.html")]
struct Connections {
    frame: Frame,
    cards: Vec<Card>,
    empty: Empty,
}

pub(super) async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    visit: Visit,
) -> Result<Response, Failure> {
    let pages = app.ask(|orchestrator| orchestrator.connection_pages()).await?;
    let frame = visit.frame(&app, TITLE, Section::Connections);
    let cards = pages.into_iter().map(|page| Card {
        id: page.row.id.0,
        health: Health::of(&frame, &page.row),
        used: used(&page),
        actions: page.users.actions.len() as u64,
        modified: frame.moment(&page.row.modified_at),
        kind: page.title.unwrap_or_else(|| format!("{}, not installed", page.row.kind)),
        place: page.place.unwrap_or_default(),
        name: page.row.name,
    });
    let text = "A connection holds the region and the key of a service. You enter them once; actions and workflows refer to the connection.";
    let empty = Empty::new("link", "No connection yet", text);
    let empty = if frame.operator() { empty.action("New connection", format!("{PATH}/new")) } else { empty };
    page(&Connections { cards: cards.collect(), frame, empty })
}
