//! Installed bundles: looked at, installed, configured, removed.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_orchestrator::{
    ActionPage, Confirmed, ConnectionChoice, ConnectionTest, Review, ReviewedAction,
};
use palisade_store::{BundleId, BundleRow, ConnectionId, Wait as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::json::present;
use super::version::{Expected, IfMatch, etag};
use super::{Json, Listed, PageQuery, Params, Problems, ReadOnly, schemas};
use crate::bodies::Room;
use crate::routes::Routes;
use crate::security::guard::{ADMINISTRATOR, VIEWER};
use crate::security::{Administrator, Viewer};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .api_upload(ADMINISTRATOR, limits::BUNDLE_BYTES, routes!(install))
        .api_upload(ADMINISTRATOR, limits::BUNDLE_BYTES, routes!(review))
        .api(VIEWER, routes!(list))
        .api(VIEWER, routes!(show))
        .api(ADMINISTRATOR, routes!(uninstall))
        .api(VIEWER, routes!(show_action))
        .api(ADMINISTRATOR, routes!(configure))
        .api(ADMINISTRATOR, routes!(test))
}

/// An installed version of a bundle.
#[derive(Serialize, ToSchema)]
pub(crate) struct Integration {
    /// Identifies this version.
    #[schema(example = 1)]
    id: i64,
    /// Identifies the bundle across versions.
    #[schema(example = "trend-vision-one")]
    bundle: String,
    /// Its name for people.
    #[schema(example = "Trend Micro Vision One")]
    title: String,
    /// Its version.
    #[schema(example = "0.1.0")]
    version: String,
    /// SHA-256 of the zip.
    digest: String,
    /// Who publishes it, by its own word.
    publisher: String,
    /// Name of the trusted key that signed it.
    signed_by: Option<String>,
    /// Whether new workflows get this version.
    current: bool,
    /// When.
    installed_at: Timestamp,
    /// By whom.
    installed_by: String,
}

impl From<BundleRow> for Integration {
    fn from(row: BundleRow) -> Self {
        Self {
            id: row.id.0,
            bundle: row.bundle,
            title: row.title,
            version: row.version,
            digest: row.digest,
            publisher: row.publisher,
            signed_by: row.signed_by,
            current: row.current,
            installed_at: row.installed_at,
            installed_by: row.installed_by,
        }
    }
}

/// An installed version with what it may do.
#[derive(Serialize, ToSchema)]
#[schema(as = IntegrationWithActions)]
struct Shown {
    #[serde(flatten)]
    integration: Integration,
    /// Its actions: what they take, and the requests that they ask to be allowed.
    #[schema(value_type = Vec<Object>)]
    actions: Vec<ReviewedAction>,
}

/// What was confirmed.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
struct Confirmations {
    /// The bundle is installed already, and is to be replaced for new workflows.
    replace: bool,
    /// Saved defaults of changed parameters are overwritten.
    overwrite: bool,
}

/// What was made.
#[derive(Serialize, ToSchema)]
pub(crate) struct Made {
    /// Identifies it.
    #[schema(example = 1)]
    pub(crate) id: i64,
}

impl Made {
    /// The answer for what is now one of `resources`, a path such as `/api/v1/runs`.
    pub(crate) fn answer(resources: &str, id: i64) -> Response {
        created(&format!("{resources}/{id}"), Json(Self { id }))
    }
}

/// An answer that says where the created resource is.
pub(crate) fn created(location: &str, body: impl IntoResponse) -> Response {
    (StatusCode::CREATED, [(LOCATION, location)], body).into_response()
}

/// What an action's form is to hold.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ActionDefaults)]
struct Defaults {
    /// Parameter to value; what is not named stays, an empty text or `null` empties. A secret is written here and shown nowhere.
    /// Region and key belong to the action's connection: they are saved there, for everything that uses it. Without a connection, one
    /// is created.
    #[schema(value_type = schemas::Settings)]
    configuration: BTreeMap<String, Value>,
    /// The connection that new workflows use. The one that is saved by default; `null` for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    connection: Option<Option<i64>>,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    action: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    title: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    description: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    accepts: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    form: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    test_tries: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    facts: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    requires: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    proves: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    version: ReadOnly,
}

/// The connection that a body names: left out, `null`, or a number.
pub(crate) fn chosen(connection: Option<Option<i64>>) -> ConnectionChoice {
    match connection {
        None => ConnectionChoice::Kept,
        Some(None) => ConnectionChoice::Nothing,
        Some(Some(id)) => ConnectionChoice::Is(ConnectionId(id)),
    }
}

/// All installed versions, by bundle, the newest first.
#[utoipa::path(get, path = "/api/v1/integrations", tag = "integrations", operation_id = "list_integrations",
    params(PageQuery), responses((status = 200, description = "One page of them.", body = Listed<Integration>), Problems))]
async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Integration>>, Failure> {
    let rows = app.ask(|orchestrator| Ok(orchestrator.store().bundles().wait()?)).await?;
    Ok(Json(Listed::cut(rows.into_iter().map(Integration::from).collect(), query)?))
}

/// The zip that a call sends, and its room among all bodies that are held. The caller has a place for it: all of it is in memory.
async fn zip(app: &App, request: Request) -> Result<(Vec<u8>, Room), Failure> {
    let most = usize::try_from(limits::BUNDLE_BYTES).unwrap_or(usize::MAX);
    let mut body = Limited::new(request.into_body(), most);
    let (mut zip, mut room) = (Vec::new(), app.bodies().room());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| match error.is::<LengthLimitError>() {
            true => Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "the zip is too large"),
            false => Failure::new(StatusCode::BAD_REQUEST, "body-broken", "the body ended early"),
        })?;
        if let Ok(piece) = frame.into_data() {
            room.grow(piece.len() as u64)?;
            zip.extend_from_slice(&piece);
        }
    }
    // A vector that grew holds up to twice what it has.
    zip.shrink_to_fit();
    Ok((zip, room))
}

/// Looks at a zip without installing it: signature, publisher, what it may do, what it would change.
#[utoipa::path(post, path = "/api/v1/integrations/review", tag = "integrations", operation_id = "review_integration",
    request_body(content_type = "application/zip", content = schemas::Zip),
    responses((status = 200, description = "What it is.", body = Object), Problems))]
async fn review(
    State(app): State<App>,
    Administrator(_): Administrator,
    request: Request,
) -> Result<Json<Review>, Failure> {
    let _place = app.pending().place().await?;
    let (body, _room) = zip(&app, request).await?;
    Ok(Json(app.ask(move |orchestrator| orchestrator.review(&body, UPLOADED)).await?))
}

/// How messages call a zip that came with a request.
const UPLOADED: &str = "the uploaded zip";

/// Installs a zip.
#[utoipa::path(post, path = "/api/v1/integrations", tag = "integrations", operation_id = "install_integration",
    params(Confirmations, schemas::Once),
    request_body(content_type = "application/zip", content = schemas::Zip),
    responses((status = 201, description = "Installed.", body = Made), Problems))]
async fn install(
    State(app): State<App>,
    Administrator(who): Administrator,
    Params(confirmed): Params<Confirmations>,
    request: Request,
) -> Result<Response, Failure> {
    let _place = app.pending().place().await?;
    let (body, _room) = zip(&app, request).await?;
    let confirmed = Confirmed { replace: confirmed.replace, overwrite: confirmed.overwrite };
    let name = who.actor();
    app.orchestrator().compile(&body, UPLOADED).await?;
    let id = app.ask(move |orchestrator| orchestrator.install(&body, UPLOADED, confirmed, &name)).await?;
    Ok(Made::answer("/api/v1/integrations", id.0))
}

/// One installed version.
#[utoipa::path(get, path = "/api/v1/integrations/{id}", tag = "integrations", operation_id = "show_integration",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 200, description = "What it is and may do.", body = Shown), Problems))]
async fn show(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path(id): Path<i64>,
) -> Result<Json<Shown>, Failure> {
    app.ask(move |orchestrator| {
        let integration = orchestrator.store().bundle(BundleId(id)).wait()?.into();
        Ok(Json(Shown { integration, actions: orchestrator.reviewed_actions(BundleId(id))? }))
    })
    .await
}

/// Removes an installed version, unless workflows use it.
#[utoipa::path(delete, path = "/api/v1/integrations/{id}", tag = "integrations", operation_id = "uninstall_integration",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 204, description = "Deleted."), Problems))]
async fn uninstall(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    app.ask(move |orchestrator| orchestrator.uninstall(BundleId(id), &who.actor())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An action with its form.
#[utoipa::path(get, path = "/api/v1/integrations/{id}/actions/{action}", tag = "integrations", operation_id = "show_action",
    params(("id" = i64, Path, description = "Identifies the version.", example = 1),
        ("action" = String, Path, description = "Identifies the action.", example = "add-to-blocklist")),
    responses((status = 200, description = "The action, and what its form holds for future workflows. The version of these defaults is the `ETag`.", body = Object), Problems))]
async fn show_action(
    State(app): State<App>,
    Viewer(_): Viewer,
    Path((id, action)): Path<(i64, String)>,
) -> Result<Response, Failure> {
    let page: ActionPage =
        app.ask(move |orchestrator| orchestrator.action_page(BundleId(id), &action)).await?;
    Ok((etag(page.version), Json(page)).into_response())
}

/// Saves an action's defaults for future workflows. Existing workflows keep their own copies.
#[utoipa::path(put, path = "/api/v1/integrations/{id}/actions/{action}", tag = "integrations",
    operation_id = "configure_action", request_body = Defaults,
    params(("id" = i64, Path, description = "Identifies the version.", example = 1),
        ("action" = String, Path, description = "Identifies the action.", example = "add-to-blocklist"), IfMatch),
    responses((status = 200, description = "What the form holds now. The new version is the `ETag`.", body = Object), Problems))]
async fn configure(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path((id, action)): Path<(i64, String)>,
    expected: Expected,
    Json(body): Json<Defaults>,
) -> Result<Response, Failure> {
    let page = app
        .ask(move |orchestrator| {
            let entered = orchestrator.entered_values(BundleId(id), &action, body.configuration)?;
            let (id, expected) = (BundleId(id), expected.version());
            let choice = chosen(body.connection);
            orchestrator.save_defaults(id, &action, choice, entered, expected, &who.actor())?;
            orchestrator.action_page(id, &action)
        })
        .await?;
    Ok((etag(page.version), Json(page.form)).into_response())
}

/// Finds out whether an action would get through to its service: name, TLS, key, role and region. Nothing is changed there, and
/// nothing is saved here.
#[utoipa::path(post, path = "/api/v1/integrations/{id}/actions/{action}/test", tag = "integrations",
    operation_id = "test_connection", request_body = Defaults,
    params(("id" = i64, Path, description = "Identifies the version.", example = 1),
        ("action" = String, Path, description = "Identifies the action.", example = "add-to-blocklist")),
    responses((status = 200, description = "The result of the test.", body = Object), Problems))]
async fn test(
    State(app): State<App>,
    Administrator(_): Administrator,
    Path((id, action)): Path<(i64, String)>,
    Json(body): Json<Defaults>,
) -> Result<Json<ConnectionTest>, Failure> {
    let bundle = BundleId(id);
    let (wanted, choice) = (action.clone(), chosen(body.connection));
    let entered =
        app.ask(move |orchestrator| orchestrator.entered_values(bundle, &wanted, body.configuration)).await?;
    Ok(Json(app.orchestrator().test_connection(bundle, &action, choice, entered).await?))
}
