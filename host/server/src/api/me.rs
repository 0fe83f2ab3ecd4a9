//! Who the caller is.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Json, Problems};
use crate::routes::Routes;
use crate::security::guard::VIEWER;
use crate::security::who::Via;
use crate::security::{Role, Viewer};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(me))
}

/// Who the caller is.
#[derive(Serialize, ToSchema)]
struct Me {
    /// Identifies them.
    #[schema(example = 1)]
    id: i64,
    /// Their name.
    #[schema(example = "ada")]
    name: String,
    /// What this call may do: of the token's role and theirs the lower one.
    role: Role,
    /// The token that was sent, if one was.
    #[schema(example = "nightly export")]
    token: Option<String>,
}

/// Who the caller is, and what they may do.
#[utoipa::path(get, path = "/api/v1/me", tag = "people", operation_id = "get_me",
    responses((status = 200, description = "Who the caller is.", body = Me), Problems))]
async fn me(Viewer(who): Viewer) -> Json<Me> {
    let token = match &who.via {
        Via::Token { name, .. } => Some(name.clone()),
        Via::Session { .. } => None,
    };
    Json(Me { id: who.id.0, name: who.name, role: who.role, token })
}
