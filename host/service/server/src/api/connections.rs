//! Connections: where a service is and the credential for it, shared by actions and workflows.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use palisade_orchestrator::{ConnectionDraft, ConnectionPage, ConnectionTest};
use palisade_store::{ConnectionId, Wait as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::integrations::Made;
use super::version::{Expected, IfMatch, etag};
use super::{Json, Listed, PageQuery, Params, Problems, ReadOnly, schemas};
use crate::routes::Routes;
use crate::security::guard::{OPERATOR, VIEWER};
use crate::security::{Operator, Viewer};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .api(VIEWER, routes!(list))
        .api(OPERATOR, routes!(create))
        .api(OPERATOR, routes!(test_new))
        .api(VIEWER, routes!(show))
        .api(OPERATOR, routes!(change, remove))
        .api(OPERATOR, routes!(test))
}

/// A connection.
#[derive(Serialize, ToSchema)]
struct Connection {
    /// Identifies it.
    #[schema(example = 1)]
    id: i64,
    /// Unique name.
    #[schema(example = "Vision One, Europe")]
    name: String,
    /// The id of the bundle whose actions can use it, or `bundle/connection` if the bundle has several connections and this is not
    /// its first.
    #[schema(example = "trend-vision-one")]
    kind: String,
    /// Parameter to value; of a secret, that there is one.
    #[schema(value_type = Object)]
    configuration: Value,
    /// What refers to it.
    used_by: ConnectionUse,
    /// Result of the last test since the last change, and its time.
    #[schema(value_type = Option<Object>)]
    tested: Option<Value>,
    /// When it was created.
    created_at: Timestamp,
    /// Who created it.
    created_by: String,
    /// When it was last changed.
    modified_at: Timestamp,
}

/// What refers to a connection.
#[derive(Serialize, ToSchema)]
struct ConnectionUse {
    /// Workflows.
    workflows: Vec<UsingWorkflow>,
    /// Actions whose new workflows use it.
    actions: Vec<UsingAction>,
    /// Runs that have not ended.
    runs: Vec<i64>,
}

/// A workflow that uses a connection.
#[derive(Serialize, ToSchema)]
struct UsingWorkflow {
    /// Identifies it.
    #[schema(example = 1)]
    id: i64,
    /// Its name.
    name: String,
}

/// An action whose new workflows use a connection.
#[derive(Serialize, ToSchema)]
struct UsingAction {
    /// The id of its bundle.
    #[schema(example = "trend-vision-one")]
    bundle: String,
    /// Its id.
    #[schema(example = "add-to-blocklist")]
    action: String,
}

impl From<ConnectionPage> for Connection {
    fn from(page: ConnectionPage) -> Self {
        let ConnectionPage { row, configuration, users, .. } = page;
        let workflow = |(id, name): (palisade_store::WorkflowId, String)| UsingWorkflow { id: id.0, name };
        let action = |(bundle, action)| UsingAction { bundle, action };
        Self {
            id: row.id.0,
            name: row.name,
            kind: row.kind,
            configuration,
            used_by: ConnectionUse {
                workflows: users.workflows.into_iter().map(workflow).collect(),
                actions: users.actions.into_iter().map(action).collect(),
                runs: users.runs.into_iter().map(|(run, _)| run.0).collect(),
            },
            tested: row.tested,
            created_at: row.created_at,
            created_by: row.created_by,
            modified_at: row.modified_at,
        }
    }
}

/// The contents of a connection.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectionBody {
    /// Unique name.
    #[schema(schema_with = schemas::title)]
    name: String,
    /// The id of the bundle whose actions can use it, or `bundle/connection` if the bundle has several connections and this is not
    /// its first.
    #[schema(example = "trend-vision-one")]
    kind: String,
    /// Parameter to value. A change keeps what is not named: to rotate a key, send the new key. A secret is written here and shown
    /// nowhere.
    #[serde(default)]
    #[schema(value_type = schemas::Settings)]
    configuration: BTreeMap<String, Value>,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    id: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    used_by: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    tested: ReadOnly,
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

impl ConnectionBody {
    fn draft(
        self,
        orchestrator: &palisade_orchestrator::Orchestrator,
    ) -> Result<ConnectionDraft, palisade_orchestrator::OrchestratorError> {
        let entered = orchestrator.connection_values(&self.kind, self.configuration)?;
        Ok(ConnectionDraft { name: self.name, kind: self.kind, entered })
    }
}

/// A connection to test before it is saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UnsavedConnection {
    /// The id of the bundle whose actions can use it, or `bundle/connection` if the bundle has several connections and this is not
    /// its first.
    #[schema(example = "trend-vision-one")]
    kind: String,
    /// Parameter to value.
    #[serde(default)]
    #[schema(value_type = schemas::Settings)]
    configuration: BTreeMap<String, Value>,
}

/// Values to test a connection with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConnectionTrial {
    /// Parameter to value, on top of what is saved.
    #[serde(default)]
    #[schema(value_type = schemas::Settings)]
    configuration: BTreeMap<String, Value>,
}

/// All connections by name.
#[utoipa::path(get, path = "/api/v1/connections", tag = "connections", operation_id = "list_connections",
    params(PageQuery), responses((status = 200, description = "One page of them.", body = Listed<Connection>), Problems))]
async fn list(
    State(app): State<App>,
    Viewer(_): Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Connection>>, Failure> {
    let pages = app.ask(|orchestrator| orchestrator.connection_pages()).await?;
    Ok(Json(Listed::cut(pages.into_iter().map(Connection::from).collect(), query)?))
}

/// Creates a connection.
#[utoipa::path(post, path = "/api/v1/connections", tag = "connections", operation_id = "create_connection",
    request_body = ConnectionBody, params(schemas::Once),
    responses((status = 201, description = "Connection created.", body = Made), Problems))]
async fn create(
    State(app): State<App>,
    Operator(who): Operator,
    Json(body): Json<ConnectionBody>,
) -> Result<Response, Failure> {
    let id = app
        .ask(move |orchestrator| orchestrator.add_connection(body.draft(orchestrator)?, &who.actor()))
        .await?;
    Ok(Made::answer("/api/v1/connections", id.0))
}

/// One connection.
#[utoipa::path(get, path = "/api/v1/connections/{id}", tag = "connections", operation_id = "show_connection",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 200, description = "The connection, with its version as `ETag`.", body = Connection), Problems))]
async fn show(State(app): State<App>, Viewer(_): Viewer, Path(id): Path<i64>) -> Result<Response, Failure> {
    let page = app.ask(move |orchestrator| orchestrator.connection_page(ConnectionId(id))).await?;
    Ok((etag(page.row.version), Json(Connection::from(page))).into_response())
}

/// Changes a connection, for everything that uses it. To rotate a key, send the new key in `configuration`. If the region or another
/// part of the origin changes, the secrets have to be sent again.
#[utoipa::path(put, path = "/api/v1/connections/{id}", tag = "connections", operation_id = "change_connection",
    request_body = ConnectionBody, params(("id" = i64, Path, description = "Identifies it.", example = 1), IfMatch),
    responses((status = 204, description = "Saved. The new version is the `ETag`."), Problems))]
async fn change(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
    expected: Expected,
    Json(body): Json<ConnectionBody>,
) -> Result<Response, Failure> {
    let version = app
        .ask(move |orchestrator| {
            let id = ConnectionId(id);
            orchestrator.store().connection(id).wait()?;
            let draft = body.draft(orchestrator)?;
            orchestrator.change_connection(id, draft, expected.version(), &who.actor())?;
            Ok(orchestrator.store().connection(id).wait()?.version)
        })
        .await?;
    Ok((StatusCode::NO_CONTENT, etag(version)).into_response())
}

/// Deletes a connection, unless workflows or open runs use it. Actions whose default it is have none then.
#[utoipa::path(delete, path = "/api/v1/connections/{id}", tag = "connections", operation_id = "remove_connection",
    params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 204, description = "Deleted."), Problems))]
async fn remove(
    State(app): State<App>,
    Operator(who): Operator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    app.ask(move |orchestrator| orchestrator.remove_connection(ConnectionId(id), &who.actor())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tests a connection that is not saved: name, TLS, key, region and role. Nothing is changed at the service, and nothing is saved.
#[utoipa::path(post, path = "/api/v1/connections/test", tag = "connections", operation_id = "test_new_connection",
    request_body = UnsavedConnection, responses((status = 200, description = "The result.", body = Object), Problems))]
async fn test_new(
    State(app): State<App>,
    Operator(_): Operator,
    Json(body): Json<UnsavedConnection>,
) -> Result<Json<ConnectionTest>, Failure> {
    let UnsavedConnection { kind, configuration } = body;
    let of = kind.clone();
    let entered = app.ask(move |orchestrator| orchestrator.connection_values(&of, configuration)).await?;
    Ok(Json(app.orchestrator().test_new_connection(&kind, entered).await?))
}

/// Tests a saved connection. Nothing is changed at the service. The result is kept if `configuration` is empty.
#[utoipa::path(post, path = "/api/v1/connections/{id}/test", tag = "connections", operation_id = "test_saved_connection",
    request_body = ConnectionTrial, params(("id" = i64, Path, description = "Identifies it.", example = 1)),
    responses((status = 200, description = "The result.", body = Object), Problems))]
async fn test(
    State(app): State<App>,
    Operator(_): Operator,
    Path(id): Path<i64>,
    Json(body): Json<ConnectionTrial>,
) -> Result<Json<ConnectionTest>, Failure> {
    let id = ConnectionId(id);
    let entered = app
        .ask(move |orchestrator| {
            let kind = orchestrator.store().connection(id).wait()?.kind;
            orchestrator.connection_values(&kind, body.configuration)
        })
        .await?;
    Ok(Json(app.orchestrator().test_saved_connection(id, entered).await?))
}
