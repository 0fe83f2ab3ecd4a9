//! Data collections: uploaded files and live connections, with their saved filters.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use palisade_collection::{Columns, Reading};
use palisade_limits as limits;
use palisade_model::{Format, UnknownFormat};
use palisade_orchestrator::{
    CollectionChange, CollectionSource, Filter, NewConnection, OrchestratorError, Order, Preview, SECRET,
    Search, StoredLogIn, Wanted as Listing, filter_of, reading_of, source_of,
};
use palisade_store::{CollectionId, CollectionRow, FileRow, Wait as _};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::integrations::Made;
use super::version::{Expected, IfMatch, etag};
use super::{Json, Listed, PageQuery, Params, Problems, ReadOnly, schemas};
use crate::routes::Routes;
use crate::security::guard::{OPERATOR, VIEWER};
use crate::security::{Operator, Viewer};
use crate::uploads::FileForm;
use crate::{App, Failure, Upload};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .api(VIEWER, routes!(list))
        .api(OPERATOR, routes!(create))
        .api_upload(OPERATOR, limits::COLLECTION_UPLOAD_BYTES, routes!(upload))
        .api(VIEWER, routes!(show))
        .api(OPERATOR, routes!(change, remove))
        .api_upload(OPERATOR, limits::COLLECTION_UPLOAD_BYTES, routes!(replace))
        .api(VIEWER, routes!(preview))
        .api(VIEWER, routes!(objects))
        .api(OPERATOR, routes!(check))
}

/// A data collection.
#[derive(Serialize, ToSchema)]
struct Collection {
    /// The number of the collection.
    #[schema(example = 1)]
    id: i64,
    /// Unique name.
    #[schema(example = "Prioritised indicators")]
    name: String,
    /// What it is for.
    description: String,
    /// The source of its objects, without secrets.
    #[schema(value_type = Object)]
    source: Value,
    /// The connection of a live collection in the format of a change; the secret is masked.
    #[schema(value_type = Object)]
    connection: Value,
    /// The chosen format of its files; empty if it is detected from their content, `null` for a live collection.
    #[schema(example = "csv")]
    format: Option<String>,
    /// The chosen columns of CSV files; `null` for a live collection.
    columns: Option<ColumnNames>,
    /// Its filter.
    #[schema(value_type = schemas::Filter)]
    filter: Filter,
    /// Its uploaded files.
    files: Vec<File>,
    /// When.
    created_at: Timestamp,
    /// By whom.
    created_by: String,
    /// When last.
    modified_at: Timestamp,
}

/// Columns of CSV files by their names in the header. By default they are detected from their names.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CollectionColumns)]
struct ColumnNames {
    /// The columns that hold values.
    #[serde(default)]
    #[schema(example = json!(["C2 address"]))]
    values: Vec<String>,
    /// The column that holds the type.
    #[serde(default, rename = "type")]
    #[schema(example = json!(null))]
    kind: Option<String>,
}

impl From<ColumnNames> for Columns {
    fn from(names: ColumnNames) -> Self {
        Self { values: names.values, kind: names.kind }
    }
}

/// An uploaded file.
#[derive(Serialize, ToSchema)]
#[schema(as = CollectionFile)]
struct File {
    /// The name that it was uploaded under.
    name: String,
    /// Its size.
    bytes: u64,
    /// SHA-256, hexadecimal.
    digest: String,
    /// When.
    uploaded_at: Timestamp,
}

/// A live connection to a ThreatQ appliance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Connection {
    origin: String,
    collection: String,
    grant: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    secret: Option<String>,
}

impl From<Connection> for NewConnection {
    fn from(connection: Connection) -> Self {
        Self {
            origin: connection.origin,
            collection: connection.collection,
            grant: connection.grant,
            email: connection.email,
            client_id: connection.client_id,
            secret: connection.secret.filter(|secret| !secret.is_empty()).map(SecretString::from),
        }
    }
}

/// A new live collection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCollection)]
struct Wanted {
    /// Unique name.
    #[schema(schema_with = schemas::title)]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Where its objects come from.
    #[schema(value_type = schemas::NewConnection)]
    connection: Connection,
}

/// A change of a collection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedCollection)]
struct Changed {
    /// Unique name.
    #[schema(schema_with = schemas::title)]
    name: String,
    /// What it is for.
    #[serde(default)]
    description: String,
    /// Its filter.
    #[serde(default)]
    #[schema(value_type = schemas::Filter)]
    filter: Filter,
    /// The connection of a live collection; unchanged if missing.
    #[serde(default)]
    #[schema(value_type = Option<schemas::ChangedConnection>)]
    connection: Option<Connection>,
    /// The format of uploaded files, empty to detect it from their content; unchanged if missing.
    #[serde(default)]
    format: Option<String>,
    /// The columns of uploaded CSV files; unchanged if missing.
    #[serde(default)]
    columns: Option<ColumnNames>,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    id: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    source: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    files: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    created_at: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    created_by: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    modified_at: ReadOnly,
}

/// Files to upload, as a form.
#[derive(ToSchema)]
#[schema(as = UploadedCollection)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read field by field as it arrives")]
struct Files {
    #[schema(schema_with = schemas::title)]
    name: String,
    /// What it is for.
    description: Option<String>,
    #[schema(schema_with = schemas::file_format, required = false)]
    format: Option<String>,
    #[schema(schema_with = schemas::columns, required = false)]
    columns: Option<Vec<String>>,
    #[schema(schema_with = schemas::files)]
    files: Vec<Vec<u8>>,
}

/// Files that replace those of a collection, as a form.
#[derive(ToSchema)]
#[schema(as = ReplacingFiles)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read field by field as it arrives")]
struct Replacing {
    /// A new format, which is stored with the collection.
    #[schema(schema_with = schemas::file_format, required = false)]
    format: Option<String>,
    /// New columns, which are stored with the collection.
    #[schema(schema_with = schemas::columns, required = false)]
    columns: Option<Vec<String>>,
    #[schema(schema_with = schemas::files)]
    files: Vec<Vec<u8>>,
}

/// The result of a connection test.
#[derive(Serialize, ToSchema)]
#[schema(as = ConnectionCheck)]
struct Checked {
    /// The number of objects in the live collection; missing for uploaded files.
    objects: Option<u64>,
}

fn shown(row: CollectionRow, files: Vec<FileRow>) -> Result<Collection, OrchestratorError> {
    let source = match source_of(&row)? {
        CollectionSource::Files { format, columns } => {
            json!({ "kind": "files", "format": format, "columns": columns })
        }
        CollectionSource::Threatq { origin, collection, log_in } => {
            let log_in = match log_in {
                StoredLogIn::Password { email, client_id, .. } => {
                    json!({ "grant": "password", "email": email, "client_id": client_id })
                }
                StoredLogIn::ClientCredentials { client_id, .. } => {
                    json!({ "grant": "client-credentials", "client_id": client_id })
                }
                StoredLogIn::Token { .. } => json!({ "grant": "token" }),
            };
            json!({ "kind": "threatq", "origin": origin, "collection": collection, "log_in": log_in })
        }
    };
    let connection = match (source.get("origin"), source.get("collection"), source.get("log_in")) {
        (Some(origin), Some(collection), Some(log_in)) => {
            let part = |name: &str| log_in.get(name).cloned().unwrap_or_else(|| json!(""));
            json!({
                "origin": origin, "collection": collection, "grant": part("grant"), "email": part("email"),
                "client_id": part("client_id"), "secret": SECRET,
            })
        }
        _ => Value::Null,
    };
    let file = |file: FileRow| File {
        name: file.name,
        bytes: file.bytes,
        digest: file.digest,
        uploaded_at: file.uploaded_at,
    };
    let reading = reading_of(&row)?;
    Ok(Collection {
        id: row.id.0,
        format: reading
            .as_ref()
            .map(|reading| reading.format.map(Format::name).unwrap_or_default().to_owned()),
        columns: reading
            .map(|Reading { columns, .. }| ColumnNames { values: columns.values, kind: columns.kind }),
        filter: filter_of(&row)?,
        name: row.name,
        description: row.description,
        source,
        connection,
        files: files.into_iter().map(file).collect(),
        created_at: row.created_at,
        created_by: row.created_by,
        modified_at: row.modified_at,
    })
}

/// List collections by name.
#[utoipa::path(get, path = "/api/v1/collections", tag = "collections", operation_id = "list_collections",
    params(PageQuery), responses((status = 200, description = "One page of the collections.", body = Listed<Collection>), Problems))]
async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Collection>>, Failure> {
    let all = app
        .ask(|orchestrator| {
            let rows = orchestrator.store().collections().wait()?;
            rows.into_iter()
                .map(|row| {
                    let files = orchestrator.files(row.id)?;
                    shown(row, files)
                })
                .collect()
        })
        .await?;
    Ok(Json(Listed::cut(all, query)?))
}

/// Create a collection of a live connection.
#[utoipa::path(post, path = "/api/v1/collections", tag = "collections", operation_id = "create_collection",
    request_body = Wanted,
    params(schemas::Once),
    responses((status = 201, description = "Collection created.", body = Made), Problems))]
async fn create(
    State(app): State<App>,
    Operator(who): Operator,
    Json(body): Json<Wanted>,
) -> Result<Response, Failure> {
    let id = app
        .ask(move |orchestrator| {
            let connection = body.connection.into();
            orchestrator.add_live_collection(&body.name, &body.description, connection, &who.actor())
        })
        .await?;
    Ok(Made::answer("/api/v1/collections", id.0))
}

/// Create a collection of uploaded files.
#[utoipa::path(post, path = "/api/v1/collections/upload", tag = "collections", operation_id = "upload_collection",
    request_body(content = Files, content_type = "multipart/form-data"),
    params(schemas::Once),
    responses((status = 201, description = "Collection created.", body = Made), Problems))]
async fn upload(
    State(app): State<App>,
    Operator(who): Operator,
    upload: Upload,
) -> Result<Response, Failure> {
    let form = FileForm::read(upload).await?;
    let id = app
        .ask(move |orchestrator| {
            let FileForm { name, description, reading, files, .. } = form;
            let reading = reading.unwrap_or_default();
            orchestrator.add_file_collection(&name, &description, reading, files, &who.actor())
        })
        .await?;
    Ok(Made::answer("/api/v1/collections", id.0))
}

/// Show a collection.
#[utoipa::path(get, path = "/api/v1/collections/{id}", tag = "collections", operation_id = "show_collection",
    params(("id" = i64, Path, description = "The number of the collection.", example = 1)),
    responses((status = 200, description = "The collection, with its version as `ETag`.", body = Collection), Problems))]
async fn show(State(app): State<App>, Viewer(_): Viewer, Path(id): Path<i64>) -> Result<Response, Failure> {
    app.ask(move |orchestrator| {
        let row = orchestrator.store().collection(CollectionId(id)).wait()?;
        let version = etag(row.version);
        Ok((version, Json(shown(row, orchestrator.files(CollectionId(id))?)?)).into_response())
    })
    .await
}

/// A reading with what is given in its place.
fn changed_reading(
    kept: Reading,
    format: Option<String>,
    columns: Option<ColumnNames>,
) -> Result<Reading, OrchestratorError> {
    let format = match format.as_deref() {
        None => kept.format,
        Some("") => None,
        Some(format) => {
            let unknown = |error: UnknownFormat| {
                OrchestratorError::Invalid(vec![palisade_orchestrator::Field::new(
                    "format",
                    error.to_string(),
                )])
            };
            Some(format.parse().map_err(unknown)?)
        }
    };
    Ok(Reading { format, columns: columns.map_or(kept.columns, Columns::from), ..Reading::default() })
}

/// Change the name, description, filter, connection, format and columns of a collection.
#[utoipa::path(put, path = "/api/v1/collections/{id}", tag = "collections", operation_id = "change_collection",
    request_body = Changed, params(("id" = i64, Path, description = "The number of the collection.", example = 1), IfMatch),
    responses((status = 204, description = "Saved. The new version is the `ETag`."), Problems))]
async fn change(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    expected: Expected,
    Json(body): Json<Changed>,
) -> Result<Response, Failure> {
    let version = app
        .ask(move |orchestrator| {
            let kept = reading_of(&orchestrator.store().collection(CollectionId(id)).wait()?)?;
            let reading = changed_reading(kept.unwrap_or_default(), body.format, body.columns)?;
            let change = CollectionChange {
                name: &body.name,
                description: &body.description,
                filter: &body.filter,
                connection: body.connection.map(NewConnection::from),
                reading: Some(reading),
                expected: expected.version(),
            };
            orchestrator.change_collection(CollectionId(id), change, &who.actor())?;
            Ok(orchestrator.store().collection(CollectionId(id)).wait()?.version)
        })
        .await?;
    Ok((StatusCode::NO_CONTENT, etag(version)).into_response())
}

/// Delete a collection, unless workflows use it.
#[utoipa::path(delete, path = "/api/v1/collections/{id}", tag = "collections", operation_id = "remove_collection",
    params(("id" = i64, Path, description = "The number of the collection.", example = 1)),
    responses((status = 204, description = "Deleted."), Problems))]
async fn remove(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    app.ask(move |orchestrator| orchestrator.remove_collection(CollectionId(id), &who.actor())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace the files of a collection.
#[utoipa::path(put, path = "/api/v1/collections/{id}/files", tag = "collections", operation_id = "replace_files",
    request_body(content = Replacing, content_type = "multipart/form-data"),
    params(("id" = i64, Path, description = "The number of the collection.", example = 1), IfMatch),
    responses((status = 204, description = "Files replaced."), Problems))]
async fn replace(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    expected: Expected,
    upload: Upload,
) -> Result<StatusCode, Failure> {
    let form = FileForm::read(upload).await?;
    app.ask(move |orchestrator| {
        let FileForm { files, reading, .. } = form;
        orchestrator.replace_files(CollectionId(id), files, reading, expected.version(), &who.actor())
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Preview a collection: objects in total, by type, and how many the filter excludes.
#[utoipa::path(get, path = "/api/v1/collections/{id}/preview", tag = "collections", operation_id = "preview_collection",
    params(("id" = i64, Path, description = "The number of the collection.", example = 1)),
    responses((status = 200, description = "The contents of the collection.", body = Object), Problems))]
async fn preview(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
) -> Result<Json<Preview>, Failure> {
    Ok(Json(app.orchestrator().preview(CollectionId(id), &Listing::default()).await?))
}

/// An object of a collection, with the data of its source.
#[derive(Serialize, ToSchema)]
struct CollectionObject {
    /// Its type by ThreatQ's name.
    #[serde(rename = "type")]
    #[schema(example = "FQDN")]
    subtype: String,
    /// Its value.
    #[schema(example = "evil.example")]
    value: String,
    /// Its identifier in ThreatQ.
    platform_id: Option<String>,
    /// The file that it was read from.
    file: String,
    /// Its place there.
    location: String,
    /// All other data of the source.
    #[schema(value_type = Object)]
    record: serde_json::Value,
}

/// Filters and order of the objects of a collection.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct WantedObjects {
    /// With this text in the value, the description or an attribute.
    #[serde(default)]
    search: String,
    /// Of this type, by ThreatQ's name.
    #[serde(default, rename = "type")]
    subtype: String,
    /// `source` keeps the order of the source. A sorted list ends after 10,000 objects.
    #[serde(default)]
    #[param(schema_with = schemas::collection_order)]
    sort: Order,
    /// Reverse the order, except for `source`.
    #[serde(default)]
    descending: bool,
}

/// List the objects of a collection that match its filter.
#[utoipa::path(get, path = "/api/v1/collections/{id}/objects", tag = "collections", operation_id = "list_collection_objects",
    params(PageQuery, WantedObjects, ("id" = i64, Path, description = "The number of the collection.", example = 1)),
    responses((status = 200, description = "One page of the objects.", body = Listed<CollectionObject>), Problems))]
async fn objects(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
    Params(query): Params<PageQuery>,
    Params(wanted): Params<WantedObjects>,
) -> Result<Json<Listed<CollectionObject>>, Failure> {
    let WantedObjects { search, subtype, sort: order, descending } = wanted;
    let search = Search { search, subtype };
    let wanted = Listing { search, order, descending, page: query.rows()?, reading: None };
    let preview = app.orchestrator().preview(CollectionId(id), &wanted).await?;
    let object = |object: palisade_store::StoredObject| CollectionObject {
        subtype: object.subtype,
        value: object.value,
        platform_id: object.platform_id,
        file: object.file,
        location: object.location,
        record: object.record,
    };
    Ok(Json(Listed::new(preview.page.into_iter().map(object).collect(), preview.matching, query)))
}

/// Test a live connection.
#[utoipa::path(post, path = "/api/v1/collections/{id}/check", tag = "collections", operation_id = "check_collection",
    params(("id" = i64, Path, description = "The number of the collection.", example = 1)),
    responses((status = 200, description = "The connection works.", body = Checked), Problems))]
async fn check(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
) -> Result<Json<Checked>, Failure> {
    Ok(Json(Checked { objects: app.orchestrator().check_connection(CollectionId(id)).await? }))
}
