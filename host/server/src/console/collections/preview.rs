//! What a collection holds, as a part of its page: how many, by type, the first of them. Where it cannot be read, the part says why,
//! and the page stays.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::StatusCode;
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_orchestrator::Preview;
use palisade_store::{CollectionId, StoredObject};
use serde_json::Value;

use super::types::Types;
use crate::console::integrations::refusal::Refusal;
use crate::console::selection::reference;
use crate::view::{Empty, Frame, Moment, Tile, Tone, number};
use crate::{App, Failure};

/// One object, as the table has it.
struct Row {
    /// What its box sends.
    reference: String,
    subtype: String,
    value: String,
    score: String,
    status: String,
    tags: Vec<String>,
    updated: Option<Moment>,
    file: String,
    location: String,
}

/// What it holds. Prints itself.
#[derive(Template)]
#[template(path = "pages/collections_preview.html")]
pub(super) struct Part {
    id: i64,
    /// What a form carries, where objects may be picked; empty where not.
    csrf: String,
    refusal: Option<Refusal>,
    tiles: Vec<Tile>,
    types: Option<Types>,
    /// Whether the filter means them or not.
    types_there: Vec<String>,
    warnings: Vec<String>,
    rows: Vec<Row>,
    total: u64,
    empty: Empty,
}

impl HtmlSafe for Part {}

fn row(frame: &Frame, object: StoredObject) -> Row {
    let text = |name: &str| object.record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let tags = object.record.get("tags").and_then(Value::as_array);
    Row {
        reference: reference(&object.subtype, &object.value),
        score: object
            .record
            .get("score")
            .and_then(Value::as_f64)
            .map(|score| score.to_string())
            .unwrap_or_default(),
        status: text("status"),
        tags: tags.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
        updated: text("updated_at").parse::<Timestamp>().ok().map(|at| frame.moment(&at)),
        file: object.file,
        location: object.location,
        subtype: object.subtype,
        value: object.value,
    }
}

fn tiles(preview: &Preview, filtered: bool) -> Vec<Tile> {
    let mut tiles = vec![Tile::new("Objects", number(&preview.objects))];
    if filtered || preview.filtered > 0 {
        tiles.push(Tile::new("Filtered out", number(&preview.filtered)));
    }
    tiles.push(Tile::new("Excluded by source", number(&preview.left_out)));
    let unreadable = Tile::new("Unreadable", number(&preview.unreadable)).hint("each run reports them");
    tiles.push(if preview.unreadable > 0 { unreadable.tone(Tone::Warning) } else { unreadable });
    tiles
}

impl Part {
    /// Whether a place needs its file to be found.
    fn is_of_several(&self) -> bool {
        let first = self.rows.first().map(|row| &row.file);
        self.rows.iter().any(|row| Some(&row.file) != first)
    }

    /// The types that the collection has; none where it could not be read.
    pub(super) fn types_there(&self) -> &[String] {
        &self.types_there
    }

    fn is_all(&self) -> bool {
        self.rows.len() as u64 == self.total
    }

    fn of(frame: &Frame, id: CollectionId, preview: Preview, filtered: bool) -> Self {
        let empty = if preview.filtered > 0 {
            Empty::new("filter", "No object matches the filter", "Remove a condition and try again.")
        } else {
            Empty::new("collections", "No objects", "No object in this collection could be read.")
        };
        Self {
            id: id.0,
            csrf: if frame.operator() { frame.csrf().to_owned() } else { String::new() },
            refusal: None,
            tiles: tiles(&preview, filtered),
            types: (!preview.by_type.is_empty()).then(|| Types::of(&preview.by_type)),
            types_there: preview.types.into_iter().collect(),
            warnings: preview.warnings,
            total: preview.objects,
            rows: preview.first.into_iter().map(|object| row(frame, object)).collect(),
            empty,
        }
    }

    fn refused(failure: &Failure) -> Self {
        Self {
            id: 0,
            csrf: String::new(),
            refusal: Some(Refusal::new("Could not read this collection.", failure)),
            tiles: Vec::new(),
            types: None,
            types_there: Vec::new(),
            warnings: Vec::new(),
            rows: Vec::new(),
            total: 0,
            empty: Empty::new("collections", "", ""),
        }
    }
}

/// Reads a collection for its page.
pub(super) async fn read(app: &App, frame: &Frame, id: CollectionId, filtered: bool) -> Part {
    let reading = app.orchestrator().preview(id, limits::PAGE_ROWS as usize);
    match tokio::time::timeout(Duration::from_secs(limits::PREVIEW_SECONDS), reading).await {
        Ok(Ok(preview)) => Part::of(frame, id, preview, filtered),
        Ok(Err(error)) => Part::refused(&Failure::from(error)),
        Err(_) => {
            let message =
                format!("reading the collection took longer than {} seconds", limits::PREVIEW_SECONDS);
            let failure = Failure::new(StatusCode::GATEWAY_TIMEOUT, "preview-too-slow", message);
            Part::refused(
                &failure.with_hint("test the connection, or use a smaller collection; a run has more time"),
            )
        }
    }
}
