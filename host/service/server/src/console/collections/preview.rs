//! What a collection holds, as a part of its page: how many, by type, and one page of the objects, searched and sorted. If it cannot
//! be read, the part says why, and the page stays.

use std::time::Duration;

use askama::Template;
use askama::filters::HtmlSafe;
use axum::http::StatusCode;
use jiff::Timestamp;
use palisade_collection::Reading;
use palisade_limits as limits;
use palisade_orchestrator::{Order, Preview, Search, Wanted};
use palisade_store::{CollectionId, StoredObject, Version};
use serde::Deserialize;
use serde_json::Value;

use super::types::Types;
use super::{PATH, reading};
use crate::console::integrations::refusal::Refusal;
use crate::console::runs::address;
use crate::console::selection::reference;
use crate::view::{Choice, Empty, Field, Frame, ListQuery, Moment, Pager, Tile, Tone, number};
use crate::{App, Failure};

/// What the address says: which objects are listed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Listing {
    /// `now` reads a live collection with the page.
    pub(super) preview: String,
    search: String,
    #[serde(rename = "type")]
    subtype: String,
    /// A column, or `-` and a column.
    sort: String,
    page: Option<u64>,
    /// Another reading of the files than the one that is kept.
    #[serde(skip)]
    reading: Option<Reading>,
    /// The same, as the address has it.
    #[serde(skip)]
    choice: Vec<(String, String)>,
    /// The reading that is kept, and the version of the collection; none for a live one.
    #[serde(skip)]
    kept: Option<(Reading, Version)>,
}

/// The columns that sort: title, order, and its name in the address.
const COLUMNS: [(&str, Order, &str); 4] = [
    ("Value", Order::Value, "value"),
    ("Type", Order::Type, "type"),
    ("Score", Order::Score, "score"),
    ("Updated", Order::Updated, "updated"),
];

impl Listing {
    /// How the files are read as it is saved.
    pub(super) fn keep(&mut self, reading: Option<Reading>, version: Version) {
        self.kept = reading.map(|reading| (reading, version));
    }

    /// Looks at what another reading finds.
    pub(super) fn look_at(&mut self, reading: Option<Reading>) {
        self.choice = reading.as_ref().map(reading::parameters).unwrap_or_default();
        self.reading = reading;
    }

    /// The parameters of the address without a search.
    fn bare(&self) -> Vec<(&str, &str)> {
        let choice = self.choice.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        std::iter::once(("preview", self.preview.as_str())).chain(choice).collect()
    }

    fn order(&self) -> (Order, bool) {
        let (name, descending) =
            self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |name| (name, true));
        let known = COLUMNS.iter().find(|(_, _, known)| *known == name);
        known.map_or((Order::Source, false), |(_, order, _)| (*order, descending))
    }

    /// The objects that match it.
    fn search(&self) -> Search {
        Search { search: self.search.trim().to_owned(), subtype: self.subtype.trim().to_owned() }
    }

    fn list(&self) -> ListQuery {
        ListQuery { search: self.search.clone(), page: self.page }
    }

    /// The parameters of the address, with another sorting.
    fn with_sort<'a>(&'a self, sort: &'a str) -> Vec<(&'a str, &'a str)> {
        let mut parameters: Vec<(&'a str, &'a str)> = self.bare();
        parameters.extend([("search", self.search.trim()), ("type", self.subtype.trim()), ("sort", sort)]);
        parameters
    }
}

/// The head of a column.
struct Head {
    title: &'static str,
    /// Where the list is sorted by it; none for a column that does not sort.
    path: Option<String>,
    /// `ascending`, `descending` or nothing.
    sorted: &'static str,
    number: bool,
}

fn heads(listing: &Listing, path: &str) -> Vec<Head> {
    let (by, descending) = listing.order();
    let head = |title: &'static str| {
        let column = COLUMNS.iter().find(|(known, _, _)| *known == title);
        let current = column.is_some_and(|(_, order, _)| *order == by);
        let path = column.map(|(_, _, name)| {
            let next = if current && !descending { format!("-{name}") } else { (*name).to_owned() };
            format!("{}#objects", address(path, &listing.with_sort(&next)))
        });
        let sorted = match (current, descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        Head { title, path, sorted, number: title == "Score" }
    };
    ["Value", "Type", "Score", "Status", "Tags", "Updated", "Location"].map(head).into()
}

/// The search, the type, and the order for screens without heads.
fn toolbar(listing: &Listing, preview: &Preview) -> Vec<Field> {
    let types = preview.types.iter().map(|name| {
        let count = preview.by_type.get(name).copied().unwrap_or_default();
        Choice::new(name, format!("{name} ({})", number(&count)))
    });
    let types = std::iter::once(Choice::new("", "Any type")).chain(types).collect();
    let orders = COLUMNS.into_iter().flat_map(|(title, _, name)| {
        [Choice::new(name, title), Choice::new(format!("-{name}"), format!("{title}, reversed"))]
    });
    let orders = std::iter::once(Choice::new("", "Order of the source")).chain(orders).collect();
    vec![
        Field::select("type", "Type", types).value(listing.subtype.trim()).unmarked(),
        Field::select("sort", "Sort by", orders).value(&listing.sort).unmarked(),
    ]
}

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
    /// How uploaded files are read.
    reading: Option<reading::Part>,
    path: String,
    listing: Listing,
    /// The list without a search.
    all: String,
    /// Whether something narrows the list.
    searched: bool,
    toolbar: Vec<Field>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    /// Objects that match the filter and the search.
    matching: u64,
    /// What is left out of a sorted list.
    unsorted: u64,
    pager: Pager,
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

    /// Whether all matching objects can be selected for one run.
    fn is_selectable(&self) -> bool {
        self.matching > 0 && self.matching <= limits::SELECTED_OBJECTS
    }

    fn of(frame: &Frame, id: CollectionId, preview: Preview, filtered: bool, listing: Listing) -> Self {
        let path = format!("{PATH}/{id}");
        let all = address(&path, &listing.bare());
        let searched = !listing.search.trim().is_empty() || !listing.subtype.trim().is_empty();
        let sorted = listing.order().0 != Order::Source;
        let listed = if sorted { preview.matching.min(limits::SORTED_OBJECTS) } else { preview.matching };
        let keep = listing.with_sort(&listing.sort);
        let pager = Pager::new(&path, &keep, listing.list().number(), listed, "objects");
        let empty = if searched {
            Empty::new("search", "No matching objects", "No object has this type and this text.")
                .action("Show all objects", all.clone())
        } else if preview.filtered > 0 {
            Empty::new("filter", "No object matches the filter", "Remove a condition and try again.")
        } else {
            Empty::new("collections", "No objects", "No object in this collection could be read.")
        };
        let csrf = if frame.operator() { frame.csrf() } else { "" };
        let tried = listing.reading.is_some();
        let reading = listing.kept.as_ref().map(|(kept, version)| {
            let shown = listing.reading.as_ref().unwrap_or(kept);
            reading::Part::of((id, *version), csrf, shown, &preview.files, tried)
        });
        Self {
            id: id.0,
            // What is not saved is read by no run.
            csrf: if tried { String::new() } else { csrf.to_owned() },
            reading,
            all,
            refusal: None,
            tiles: tiles(&preview, filtered),
            types: (!preview.by_type.is_empty()).then(|| Types::of(&preview.by_type)),
            toolbar: toolbar(&listing, &preview),
            heads: heads(&listing, &path),
            types_there: preview.types,
            warnings: preview.warnings,
            matching: preview.matching,
            unsorted: preview.matching - listed,
            rows: preview.page.into_iter().map(|object| row(frame, object)).collect(),
            pager,
            path,
            listing,
            searched,
            empty,
        }
    }

    fn refused(failure: &Failure) -> Self {
        Self {
            id: 0,
            csrf: String::new(),
            reading: None,
            all: String::new(),
            refusal: Some(Refusal::new("Could not read this collection.", failure)),
            tiles: Vec::new(),
            types: None,
            types_there: Vec::new(),
            warnings: Vec::new(),
            path: String::new(),
            listing: Listing::default(),
            searched: false,
            toolbar: Vec::new(),
            heads: Vec::new(),
            rows: Vec::new(),
            matching: 0,
            unsorted: 0,
            pager: Pager::new("", &[], 1, 0, "objects"),
            empty: Empty::new("collections", "", ""),
        }
    }
}

/// Reads a collection for its page.
pub(super) async fn read(
    app: &App,
    frame: &Frame,
    id: CollectionId,
    filtered: bool,
    listing: Listing,
) -> Part {
    let (order, descending) = listing.order();
    let (search, page, reading) = (listing.search(), listing.list().rows(), listing.reading.clone());
    let wanted = Wanted { search, order, descending, page, reading };
    let reading = app.orchestrator().preview(id, &wanted);
    match tokio::time::timeout(Duration::from_secs(limits::PREVIEW_SECONDS), reading).await {
        Ok(Ok(preview)) => Part::of(frame, id, preview, filtered, listing),
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
