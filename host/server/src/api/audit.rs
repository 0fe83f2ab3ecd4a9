//! The audit log, for administrators.

use axum::extract::State;
use jiff::Timestamp;
use palisade_store::AuditEntry;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Json, Listed, PageQuery, Params, Problems};
use crate::routes::Routes;
use crate::security::Administrator;
use crate::security::guard::ADMINISTRATOR;
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(ADMINISTRATOR, routes!(list))
}

/// One line of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditLine)]
struct Line {
    /// Grows with time.
    #[schema(example = 7)]
    id: i64,
    /// When.
    at: Timestamp,
    /// Who: a name, with the token where there was one.
    #[schema(example = "ada (token nightly export)")]
    who: String,
    /// What: stable.
    #[schema(example = "user.invited")]
    what: String,
    /// To what.
    #[schema(example = "grace")]
    subject: String,
    /// How it was; never a secret.
    before: Option<Value>,
    /// How it is.
    after: Option<Value>,
}

impl From<AuditEntry> for Line {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, at, who, what, subject, before, after } = entry;
        Self { id, at, who, what, subject, before, after }
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Searched {
    /// Only lines with this text in who, what or subject.
    #[serde(default)]
    #[param(example = "user.")]
    search: Option<String>,
}

/// The audit log, the latest line first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", operation_id = "list_audit", params(PageQuery, Searched),
    responses((status = 200, description = "One page of it.", body = Listed<Line>), Problems))]
async fn list(
    State(app): State<App>,
    Administrator(_): Administrator,
    Params(query): Params<PageQuery>,
    Params(searched): Params<Searched>,
) -> Result<Json<Listed<Line>>, Failure> {
    let rows = query.rows()?;
    let text = searched.search.filter(|text| !text.trim().is_empty());
    let found = app.store(move |store| store.audit_log(text.as_deref().map(str::trim), rows)).await;
    let (entries, total) = found.map_err(Failure::from)?;
    Ok(Json(Listed::new(entries.into_iter().map(Line::from).collect(), total, query)))
}
