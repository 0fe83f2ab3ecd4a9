//! One's own tokens; administrators see and revoke everybody's.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use palisade_store::{TokenId, TokenRow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::idempotency::KeptAs;
use super::integrations::created;
use super::{Json, Listed, PageQuery, Params, Problems, schemas};
use crate::people::{self, NewToken};
use crate::routes::Routes;
use crate::security::guard::VIEWER;
use crate::security::{Role, Viewer};
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(list, create)).api(VIEWER, routes!(show, revoke))
}

/// An API token.
#[derive(Serialize, ToSchema)]
struct Token {
    /// The number of the token.
    #[schema(example = 1)]
    id: i64,
    /// The purpose of the token.
    #[schema(example = "nightly export")]
    name: String,
    /// The owner of the token.
    #[schema(example = "ada")]
    owner: String,
    /// The role of the token, limited by the role of its owner.
    #[schema(value_type = Role)]
    role: String,
    /// When the token was created.
    created_at: Timestamp,
    /// When the token expires.
    expires_at: Timestamp,
    /// When the token was last used, to the minute.
    used_at: Option<Timestamp>,
    /// The token that it was created with. It expires with that token at the latest, and is revoked with it.
    parent: Option<i64>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id.0,
            name: row.name,
            owner: row.user.name,
            role: row.role,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            parent: row.parent.map(|id| id.0),
        }
    }
}

/// A new token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
struct Wanted {
    /// The purpose of the token.
    #[schema(schema_with = schemas::name)]
    name: String,
    /// The role of the token, which cannot exceed the role of the caller.
    role: Role,
    /// The number of days until the token expires.
    #[schema(example = 90, minimum = 1, maximum = 366)]
    days: u64,
}

/// A created token.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeToken)]
struct Made {
    /// The properties of the token.
    token: Token,
    /// The token itself. Only this response contains it. A repeated call does not.
    #[schema(example = "palisade_3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    secret: Option<String>,
}

/// List the caller's tokens, the latest first. An administrator gets the tokens of all users.
#[utoipa::path(get, path = "/api/v1/tokens", tag = "people", operation_id = "list_tokens", params(PageQuery),
    responses((status = 200, description = "One page of the tokens.", body = Listed<Token>), Problems))]
async fn list(
    State(app): State<App>,
    Viewer(who): Viewer,
    Params(query): Params<PageQuery>,
) -> Result<Json<Listed<Token>>, Failure> {
    let user = if who.may(Role::Administrator) { None } else { Some(who.id) };
    let rows = people::tokens_of(&app, user).await?;
    Ok(Json(Listed::cut(rows.into_iter().map(Token::from).collect(), query)?))
}

/// Create a token for the caller. A token that is created with another token expires with it at the latest, and is revoked with it.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "people", operation_id = "create_token", request_body = Wanted,
    params(schemas::Once),
    responses((status = 201, description = "Token created.", body = Made), Problems))]
async fn create(
    State(app): State<App>,
    Viewer(who): Viewer,
    Json(body): Json<Wanted>,
) -> Result<Response, Failure> {
    let new = NewToken { name: body.name, role: body.role, days: body.days };
    let (row, secret) = people::create_token(&app, &who, new).await?;
    let made = Made { token: row.into(), secret: Some(secret) };
    let kept = KeptAs(json!({"token": made.token, "secret": null}));
    let mut response = created(&format!("/api/v1/tokens/{}", made.token.id), Json(made));
    response.extensions_mut().insert(kept);
    Ok(response)
}

/// Show a token of the caller. An administrator can show any token.
#[utoipa::path(get, path = "/api/v1/tokens/{id}", tag = "people", operation_id = "show_token",
    params(("id" = i64, Path, description = "The number of the token.", example = 1)),
    responses((status = 200, description = "The token.", body = Token), Problems))]
async fn show(
    State(app): State<App>,
    Viewer(who): Viewer,
    Path(id): Path<i64>,
) -> Result<Json<Token>, Failure> {
    Ok(Json(people::token(&app, &who, TokenId(id)).await?.into()))
}

/// Revoke a token of the caller, and every token that was created with it. An administrator can revoke any token.
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "people", operation_id = "revoke_token",
    params(("id" = i64, Path, description = "The number of the token.", example = 1)),
    responses((status = 204, description = "Token revoked."), Problems))]
async fn revoke(
    State(app): State<App>,
    Viewer(who): Viewer,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    people::revoke_token(&app, &who, TokenId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
