//! People, for administrators.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use palisade_store::UserId;
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
        .api(ADMINISTRATOR, routes!(one, change))
        .api(ADMINISTRATOR, routes!(link))
}

/// Somebody to invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Invitation {
    /// With what they log in; nobody else has it.
    #[schema(schema_with = schemas::name)]
    name: String,
    /// What they may do.
    role: Role,
}

/// Somebody, and the link with which they choose a password.
#[derive(Serialize, ToSchema)]
struct Invited {
    /// Who.
    user: Person,
    /// Path of the link. It works once and expires after three days. Only this response contains it.
    #[schema(example = "/welcome/3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    link: Option<String>,
}

/// What is to become of somebody. What is not named stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangedUser)]
struct Change {
    /// What they may do.
    #[serde(default)]
    role: Option<Role>,
    /// Whether they may log in.
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
}

/// Everybody, by name.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", operation_id = "list_users", params(PageQuery),
    responses((status = 200, description = "One page of them.", body = Listed<Person>), Problems))]
async fn list(
    State(app): State<App>,
    Administrator(_): Administrator,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Person>>, Failure> {
    Ok(Json(Listed::cut(people::list(&app).await?, query)?))
}

/// Invites somebody.
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

/// Somebody.
#[utoipa::path(get, path = "/api/v1/users/{id}", tag = "people", operation_id = "get_user",
    params(("id" = i64, Path, description = "Identifies them.", example = 1)),
    responses((status = 200, description = "They, with their version as `ETag`.", body = Person), Problems))]
async fn one(
    State(app): State<App>,
    Administrator(_): Administrator,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let person = people::one(&app, UserId(id)).await?;
    Ok((etag(person.version()), Json(person)).into_response())
}

/// Changes somebody's role, or whether they may log in. Their sessions end.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "people", operation_id = "change_user", request_body = Change,
    params(("id" = i64, Path, description = "Identifies them.", example = 1), IfMatch),
    responses((status = 200, description = "They, as they are now. The new version is the `ETag`.", body = Person), Problems))]
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

/// Creates a link to choose a new password. Earlier links stop working.
#[utoipa::path(post, path = "/api/v1/users/{id}/link", tag = "people", operation_id = "make_link",
    params(("id" = i64, Path, description = "Identifies them.", example = 1),
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
