//! How the files of a collection are read, as a part of its page: the columns that were found, what each is read as, which hold
//! values that are not read, and the form in which somebody chooses others, looks at what these find, and saves them.

use askama::Template;
use askama::filters::HtmlSafe;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::Response;
use palisade_collection::{Columns, Reading};
use palisade_model::Format;
use palisade_orchestrator::{CollectionChange, FileRead};
use palisade_store::{CollectionId, Version};

use super::new::formats;
use super::show::{Known, known, refused};
use super::{PATH, faults_of};
use crate::console::runs::address;
use crate::security::Operator;
use crate::view::{Choice, Field, Notice, Visit, see_other};
use crate::{App, Failure, Fault};

/// The names of the form's fields, which are those of the address that shows a choice before it is saved.
const CHOSEN: &str = "reading";
const FORMAT: &str = "format";
const VALUE: &str = "value-column";
const TYPE: &str = "type-column";

/// A column, as the table has it.
struct Row {
    name: String,
    /// What it is read as, in words.
    role: &'static str,
    /// Values in it that are not read.
    unread: u64,
    /// Whether it is, or would be, read for values.
    is_value: bool,
}

/// The part. Prints itself.
#[derive(Template)]
#[template(path = "pages/collections_reading.html")]
pub(super) struct Part {
    id: i64,
    /// Empty for a person who may not change it.
    csrf: String,
    version: Version,
    /// How each file was read, in words.
    files: Vec<(String, String)>,
    rows: Vec<Row>,
    format: Field,
    kind: Field,
    /// What is shown is a choice that is not saved.
    is_tried: bool,
    /// There is something that the person should look at.
    is_open: bool,
}

impl HtmlSafe for Part {}

fn role_in_words(role: Option<&str>) -> &'static str {
    match role {
        Some("value") => "Value",
        Some("type") => "Type",
        Some("status") => "Status",
        Some("score") => "Score",
        Some("description") => "Description",
        Some("tags") => "Tags",
        Some("identifier") => "ThreatQ ID",
        _ => "Attribute",
    }
}

impl Part {
    pub(super) fn of(
        (id, version): (CollectionId, Version),
        csrf: &str,
        reading: &Reading,
        read: &[FileRead],
        is_tried: bool,
    ) -> Self {
        let mut rows: Vec<Row> = Vec::new();
        let mut kind = None;
        for column in read.iter().flat_map(|file| &file.columns) {
            if column.role == Some("type") {
                kind = Some(column.name.as_str());
            }
            match rows.iter_mut().find(|row| row.name == column.name) {
                Some(row) => row.unread += column.unread,
                None => rows.push(Row {
                    name: column.name.clone(),
                    role: role_in_words(column.role),
                    unread: column.unread,
                    is_value: column.role == Some("value"),
                }),
            }
        }
        let none = std::iter::once(Choice::new("", "No type column"));
        let kinds = none.chain(rows.iter().map(|row| Choice::new(&row.name, &row.name))).collect();
        let files = read.iter().map(|file| (file.name.clone(), file.format.clone())).collect();
        Self {
            id: id.0,
            csrf: csrf.to_owned(),
            version,
            files,
            is_open: is_tried || rows.iter().any(|row| row.unread > 0),
            rows,
            format: Field::select(FORMAT, "Format", formats())
                .value(reading.format.map(Format::name).unwrap_or_default())
                .unmarked(),
            kind: Field::select(TYPE, "Type column", kinds).value(kind.unwrap_or_default()).unmarked(),
            is_tried,
        }
    }
}

/// The choice that an address or a form has; none if it has none.
pub(super) fn chosen(sent: &[(String, String)]) -> Result<Option<Reading>, Vec<Fault>> {
    let all = |name: &'static str| {
        let values = sent.iter().filter(move |(key, value)| key == name && !value.trim().is_empty());
        values.map(|(_, value)| value.trim().to_owned())
    };
    if all(CHOSEN).next().is_none() {
        return Ok(None);
    }
    let format = all(FORMAT).next().map(|format| format.parse::<Format>()).transpose();
    let format = format.map_err(|error| vec![Fault::new(FORMAT, error.to_string())])?;
    let columns = Columns { values: all(VALUE).collect(), kind: all(TYPE).next() };
    Ok(Some(Reading { format, columns, ..Reading::default() }))
}

/// A choice as the address has it.
pub(super) fn parameters(reading: &Reading) -> Vec<(String, String)> {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut pairs =
        vec![pair(CHOSEN, "on"), pair(FORMAT, reading.format.map(Format::name).unwrap_or_default())];
    pairs.extend(reading.columns.values.iter().map(|name| pair(VALUE, name)));
    pairs.extend(reading.columns.kind.iter().map(|name| pair(TYPE, name)));
    pairs
}

pub(super) async fn choose(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    visit: Visit,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    let Known { row, filter, .. } = known(&app, id).await?;
    let value = |name: &str| sent.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let reading = match (value("do"), chosen(&sent)) {
        (Some("automatic"), _) => Reading::default(),
        (_, Ok(reading)) => reading.unwrap_or_default(),
        (_, Err(faults)) => return refused(&app, visit, id, faults).await,
    };
    if value("do") == Some("preview") {
        let pairs = parameters(&reading);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
        return Ok(see_other(&format!("{}#reading", address(&format!("{PATH}/{id}"), &pairs))));
    }
    let (actor, expected) = (who.actor(), value("version").and_then(|version| version.parse().ok()));
    let changed = app
        .ask(move |orchestrator| {
            let change = CollectionChange {
                name: &row.name,
                description: &row.description,
                filter: &filter,
                connection: None,
                reading: Some(reading),
                expected,
            };
            orchestrator.change_collection(row.id, change, &actor)
        })
        .await;
    match changed {
        Ok(()) => {
            app.notify(
                &who,
                Notice::done("Saved how the files are read. Renewed files are read in the same way."),
            );
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) => refused(&app, visit, id, faults_of(failure, "reading")?).await,
    }
}
