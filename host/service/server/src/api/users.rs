//! People, for administrators.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use palisade_store::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::idempotency::KeptAs;
use super::integrations::created;
use super::version::{Expected, IfMatch, etag};
use super::{Json, Listed, PageQuery, Params, Problems, ReadOnly, schemas};
use crate::people::{self, Changed, Person};
use crate::routes::Routes;
use crate::security::guard::ADMINISTRATOR;
use crate::security::{Administrator, Role};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .api(ADMINISTRATOR, routes!(list, invite))
        .api(ADMINISTRATOR, routes!(one, change, delete))
        .api(ADMINISTRATOR, routes!(link))
        .api(ADMINISTRATOR, routes!(sessions, end_sessions))
        .api(ADMINISTRATOR, routes!(end_session))
}

/// An invitation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Invitation {
    /// The unique name for logging in.
    #[schema(schema_with = schemas::name)]
    name: String,
    /// The role of the user.
    role: Role,
}

/// A user, and the link to choose a password.
#[derive(Serialize, ToSchema)]
struct Invited {
    /// The user.
    user: Person,
    /// Path of the link. It works once and expires after three days. Only this response contains it.
    #[schema(example = "/welcome/3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    link: Option<String>,
}

/// A change of a user. Missing fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedUser)]
struct Change {
    /// The role of the user.
    #[serde(default)]
    role: Option<Role>,
    /// Whether the user can log in.
    #[serde(default)]
    enabled: Option<bool>,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    id: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    name: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    state: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    created_at: ReadOnly,
    #[serde(default)]
    #[expect(dead_code, reason = "shown, and never set")]
    last_log_in: ReadOnly,
}

/// List users by name.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", operation_id = "list_users", params(PageQuery),
    responses((status = 200, description = "One page of the users.", body = Listed<Person>), Problems))]
async fn list(
    State(app): State<App>,
    Administrator(_): Administrator,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Person>>, Failure> {
    Ok(Json(Listed::cut(people::list(&app).await?, query)?))
}

/// Invite a user.
#[utoipa::path(post, path = "/api/v1/users", tag = "people", operation_id = "invite_user", request_body = Invitation,
    params(schemas::Once),
    responses((status = 201, description = "Invited.", body = Invited), Problems))]
async fn invite(
    State(app): State<App>,
    Administrator(who): Administrator,
    Json(body): Json<Invitation>,
) -> Result<Response, Failure> {
    let (user, link) = people::invite(&app, &who, &body.name, body.role).await?;
    Ok(with_link(user, link))
}

fn with_link(user: Person, link: String) -> Response {
    let kept = KeptAs(json!({"user": user, "link": null}));
    let location = format!("/api/v1/users/{}", user.id);
    let mut response = created(&location, Json(Invited { user, link: Some(link) }));
    response.extensions_mut().insert(kept);
    response
}

/// Show a user.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "people", operation_id = "get_user",
    params(("id" = i64, Path, description = "The number of the user.", example = 1)),
    responses((status = 200, description = "The user, with the version as `ETag`.", body = Person), Problems))]
async fn one(
    State(app): State<App>,
    Administrator(_): Administrator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let person = people::one(&app, UserId(id)).await?;
    Ok((etag(person.version()), Json(person)).into_response())
}

/// Change the role of a user, or whether they can log in. Their sessions end.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "people", operation_id = "change_user", request_body = Change,
    params(("id" = i64, Path, description = "The number of the user.", example = 1), IfMatch),
    responses((status = 200, description = "The changed user. The new version is the `ETag`.", body = Person), Problems))]
async fn change(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    expected: Expected,
    Json(body): Json<Change>,
) -> Result<Response, Failure> {
    let to = Changed { role: body.role, enabled: body.enabled };
    let person = people::change(&app, &who, UserId(id), to, expected.text()).await?;
    Ok((etag(person.version()), Json(person)).into_response())
}

/// Delete a user. Their sessions, tokens and links end. What they created stays, and so do their entries in the audit log. The last
/// administrator who can log in cannot be deleted. A new user of the same name has another `id`, and gets nothing of theirs.
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "people", operation_id = "delete_user",
    params(("id" = i64, Path, description = "The number of the user.", example = 1), IfMatch),
    responses((status = 204, description = "Deleted."), Problems))]
async fn delete(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    expected: Expected,
) -> Result<StatusCode, Failure> {
    people::delete(&app, &who, UserId(id), expected.text()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the open sessions of a user, the latest first.
#[utoipa::path(get, path = "/api/v1/users/{id}/sessions", tag = "people", operation_id = "list_sessions",
    params(("id" = i64, Path, description = "The number of the user.", example = 1), PageQuery),
    responses((status = 200, description = "One page of the sessions.", body = Listed<people::Open>), Problems))]
async fn sessions(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<people::Open>>, Failure> {
    Ok(Json(Listed::cut(people::sessions_of(&app, &who, UserId(id)).await?, query)?))
}

/// End all sessions of a user, except the session of this call.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions", tag = "people", operation_id = "end_sessions",
    params(("id" = i64, Path, description = "The number of the user.", example = 1)),
    responses((status = 204, description = "Ended."), Problems))]
async fn end_sessions(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    people::end_sessions(&app, &who, UserId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// End one session of a user.
#[utoipa::path(delete, path = "/api/v1/users/{id}/sessions/{session}", tag = "people", operation_id = "end_session",
    params(("id" = i64, Path, description = "The number of the user.", example = 1),
        ("session" = i64, Path, description = "The number of the session.", example = 3)),
    responses((status = 204, description = "Ended."), Problems))]
async fn end_session(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path((id, session)): Path<(i64, i64)>,
) -> Result<StatusCode, Failure> {
    people::end_session(&app, &who, UserId(id), SessionId(session)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Create a link to choose a new password. Earlier links stop working.
#[utoipa::path(post, path = "/api/v1/users/{id}/link", tag = "people", operation_id = "make_link",
    params(("id" = i64, Path, description = "The number of the user.", example = 1),
        schemas::Once),
    responses((status = 201, description = "Link created.", body = Invited), Problems))]
async fn link(
    State(app): State<App>,
    Administrator(who): Administrator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let (user, link) = people::new_link(&app, &who, UserId(id)).await?;
    Ok(with_link(user, link))
}
