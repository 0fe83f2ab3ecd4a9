//! A new collection: of files that are uploaded, or of a live connection.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use palisade_collection::Reading;
use palisade_model::Format;
use palisade_store::Wait as _;

use super::connection::Connected;
use super::{PATH, TITLE, faults_of};
use crate::security::Operator;
use crate::uploads::FileForm;
use crate::view::{
    Choice, Field, Frame, Kind, Notice, Section, Tab, Tabs, Visit, page, page_with, see_other, size,
};
use crate::{App, Failure, Fault, Upload};

#[derive(Template)]
#[template(path = "pages/collections_new.html")]
struct New {
    frame: Frame,
    faults: Vec<Fault>,
    tabs: Tabs,
    action: &'static str,
    files: bool,
    fields: Vec<Field>,
    button: &'static str,
}

const FILES: &str = "/collections/new";
const THREATQ: &str = "/collections/new/threatq";

pub(super) fn identity(name: &str, description: &str, faults: &[Fault]) -> [Field; 2] {
    let most = palisade_limits::TITLE_CHARACTERS.to_string();
    let name = Field::text("name", "Name").required().value(name).attribute("maxlength", most);
    [
        name.attribute("autocomplete", "off").faults(faults),
        Field::text("description", "Description").value(description).help("What it is for.").faults(faults),
    ]
}

/// The field that takes files of any format.
pub(super) fn files_field(faults: &[Fault]) -> Field {
    let endings = ".json,.jsonl,.csv,.tsv,.txt,.md,.xml";
    let most = palisade_limits::COLLECTION_UPLOAD_BYTES;
    let help = format!(
        "One or more: ThreatQ JSON, STIX 2 bundles, MISP events, CSV with a header, or text with one value per line. At most {} together.",
        size(most)
    );
    Field::new(Kind::File(endings), "files", "Files")
        .required()
        .help(help)
        .attribute("multiple", "")
        .attribute("data-most", most.to_string())
        .faults(faults)
}

pub(super) fn formats() -> Vec<Choice> {
    let title = |format: Format| match format {
        Format::ThreatQ => "ThreatQ JSON: pages of a data collection, lists of objects, JSON Lines",
        Format::Stix => "STIX 2.0 or 2.1 bundle",
        Format::Misp => "MISP event",
        Format::Csv => "CSV: comma, semicolon or tab, with a header",
        Format::Text => "Text: one value on each line",
    };
    let known = Format::ALL.into_iter().map(|format| Choice::new(format.name(), title(format)));
    std::iter::once(Choice::new("", "Found from the content of each file")).chain(known).collect()
}

/// The fields that say how files are read.
pub(super) fn reading_fields(reading: &Reading, faults: &[Fault]) -> [Field; 3] {
    let format = reading.format.map(Format::name).unwrap_or_default();
    // A fault of the API's field is one of the columns.
    let faults: Vec<Fault> = faults
        .iter()
        .map(|fault| match fault.field.as_str() {
            "columns" => Fault::new("value-columns", fault.message.clone()),
            _ => fault.clone(),
        })
        .collect();
    [
        Field::select("format", "Format", formats()).value(format).faults(&faults),
        Field::new(Kind::Text, "value-columns", "Value columns")
            .value(reading.columns.values.join("\n"))
            .help("For CSV: the names of the columns that hold indicators, one per line. By default they are found by their names.")
            .attribute("spellcheck", "false")
            .faults(&faults),
        Field::text("type-column", "Type column")
            .value(reading.columns.kind.clone().unwrap_or_default())
            .help("For CSV: the name of the column that holds the types.")
            .attribute("autocomplete", "off")
            .faults(&faults),
    ]
}

fn written(app: &App, visit: Visit, files: bool, fields: Vec<Field>, faults: Vec<Fault>) -> New {
    New {
        frame: visit.frame(app, "New collection", Section::Collections).under(TITLE, PATH),
        faults,
        tabs: Tabs {
            label: "Where its objects come from",
            tabs: vec![
                Tab::new("Upload files", FILES, files),
                Tab::new("Connect to ThreatQ", THREATQ, !files),
            ],
        },
        action: if files { FILES } else { THREATQ },
        files,
        fields,
        button: if files { "Upload" } else { "Connect" },
    }
}

fn file_form(app: &App, visit: Visit, form: &FileForm, faults: Vec<Fault>) -> New {
    let mut fields = Vec::from(identity(&form.name, &form.description, &faults));
    fields.push(files_field(&faults));
    fields.extend(reading_fields(&form.reading.clone().unwrap_or_default(), &faults));
    written(app, visit, true, fields, faults)
}

fn live_form(app: &App, visit: Visit, form: &Connected, faults: Vec<Fault>) -> New {
    let mut fields = Vec::from(identity(&form.name, &form.description, &faults));
    fields.extend(form.fields(false, false, &faults));
    written(app, visit, false, fields, faults)
}

pub(super) async fn of_files(
    State(app): State<App>,
    Operator(_): Operator,
    visit: Visit,
) -> Result<Response, Failure> {
    page(&file_form(&app, visit, &FileForm::default(), Vec::new()))
}

pub(super) async fn of_threatq(
    State(app): State<App>,
    Operator(_): Operator,
    visit: Visit,
) -> Result<Response, Failure> {
    page(&live_form(&app, visit, &Connected::empty(), Vec::new()))
}

pub(super) async fn upload(
    State(app): State<App>,
    Operator(who): Operator,
    visit: Visit,
    upload: Upload,
) -> Result<Response, Failure> {
    let mut form = match FileForm::read(upload).await {
        Ok(form) => form,
        Err(failure) => {
            let faults = faults_of(failure, "files")?;
            let again = file_form(&app, visit, &FileForm::default(), faults);
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    let files = std::mem::take(&mut form.files);
    let (name, description, actor) = (form.name.clone(), form.description.clone(), who.actor());
    let reading = form.reading.clone().unwrap_or_default();
    let made = app
        .ask(move |orchestrator| {
            orchestrator.add_file_collection(&name, description.trim(), reading, files, &actor)
        })
        .await;
    match made {
        Ok(id) => {
            let name = form.name.trim().to_owned();
            let row = app.ask(move |orchestrator| Ok(orchestrator.store().collection(id).wait()?)).await?;
            let empty = row.counted.is_some_and(|counted| counted.objects == 0);
            let notice = if empty {
                Notice::warning(format!(
                    "Collection “{name}” created. It has no objects: its files are empty."
                ))
            } else {
                Notice::done(format!("Collection “{name}” created."))
            };
            app.notify(&who, notice);
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) => {
            let again = file_form(&app, visit, &form, faults_of(failure, "files")?);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
    }
}

pub(super) async fn connect(
    State(app): State<App>,
    Operator(who): Operator,
    visit: Visit,
    Form(form): Form<Connected>,
) -> Result<Response, Failure> {
    let (name, description) = (form.name.clone(), form.description.trim().to_owned());
    let (connection, actor) = (form.connection(), who.actor());
    let made = app
        .ask(move |orchestrator| orchestrator.add_live_collection(&name, &description, connection, &actor))
        .await;
    match made {
        Ok(id) => {
            let text = format!(
                "Collection “{}” created. Test the connection to make sure it works.",
                form.name.trim()
            );
            app.notify(&who, Notice::done(text));
            Ok(see_other(&format!("{PATH}/{id}")))
        }
        Err(failure) => {
            let again = live_form(&app, visit, &form, faults_of(failure, "name")?);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
    }
}
