//! Who the caller is, and their password.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use palisade_store::{SessionId, Tokens};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Json, Listed, PageQuery, Params, Problems};
use crate::routes::Routes;
use crate::security::guard::VIEWER;
use crate::security::who::Via;
use crate::security::{Role, Viewer};
use crate::{App, Failure, people};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .api(VIEWER, routes!(me))
        .api(VIEWER, routes!(change_password))
        .api(VIEWER, routes!(sessions, end_sessions))
        .api(VIEWER, routes!(end_session))
}

/// The caller.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The number of the caller.
    #[schema(example = 1)]
    id: i64,
    /// The name of the caller.
    #[schema(example = "ada")]
    name: String,
    /// The role of this call: the lower one of the token's role and the caller's role.
    role: Role,
    /// The token that was sent, if one was.
    #[schema(example = "nightly export")]
    token: Option<String>,
}

/// A change of the caller's password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedPassword)]
struct Passwords {
    /// The current password.
    #[schema(format = Password, example = "six tins of green paint")]
    current: String,
    /// The new password.
    #[schema(format = Password, example = "seven tins of red paint")]
    new: String,
    /// Whether the caller's tokens stay valid. By default all of them are revoked, including the token of this call.
    #[serde(default)]
    keep_tokens: bool,
}

/// Change the caller's password. All of their sessions end. Their tokens are revoked unless `keep_tokens` is set.
#[utoipa::path(put, path = "/api/v1/me/password", tag = "people", operation_id = "change_password", request_body = Passwords,
    responses((status = 204, description = "Saved."), Problems))]
async fn change_password(
    State(app): State<App>,
    Viewer(who): Viewer,
    Json(body): Json<Passwords>,
) -> Result<StatusCode, Failure> {
    let (current, new) = (SecretString::from(body.current), SecretString::from(body.new));
    let tokens = if body.keep_tokens { Tokens::Keep } else { Tokens::Revoke };
    people::change_password(&app, &who, current, new, tokens).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the caller's open sessions, the latest first.
#[utoipa::path(get, path = "/api/v1/me/sessions", tag = "people", operation_id = "list_own_sessions", params(PageQuery),
    responses((status = 200, description = "One page of the sessions.", body = Listed<people::Open>), Problems))]
async fn sessions(
    State(app): State<App>,
    Viewer(who): Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<people::Open>>, Failure> {
    Ok(Json(Listed::cut(people::sessions_of(&app, &who, who.id).await?, query)?))
}

/// End all sessions of the caller, except the session of this call.
#[utoipa::path(delete, path = "/api/v1/me/sessions", tag = "people", operation_id = "end_own_sessions",
    responses((status = 204, description = "Ended."), Problems))]
async fn end_sessions(State(app): State<App>, Viewer(who): Viewer) -> Result<StatusCode, Failure> {
    people::end_sessions(&app, &who, who.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one session of the caller.
#[utoipa::path(delete, path = "/api/v1/me/sessions/{session}", tag = "people", operation_id = "end_own_session",
    params(("session" = i64, Path, description = "The number of the session.", example = 3)),
    responses((status = 204, description = "Ended."), Problems))]
async fn end_session(
    State(app): State<App>,
    Viewer(who): Viewer,
    Path(session): Path<i64>,
) -> Result<StatusCode, Failure> {
    people::end_session(&app, &who, who.id, SessionId(session)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show the caller and their role.
#[utoipa::path(get, path = "/api/v1/me", tag = "people", operation_id = "get_me",
    responses((status = 200, description = "The caller.", body = Me), Problems))]
async fn me(Viewer(who): Viewer) -> Json<Me> {
    let token = match &who.via {
        Via::Token { name, .. } => Some(name.clone()),
        Via::Session { .. } => None,
    };
    Json(Me { id: who.id.0, name: who.name, role: who.role, token })
}
