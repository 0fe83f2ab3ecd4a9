//! The audit log, for administrators.

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_store::{AuditEntry, AuditFilter, Wait as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::routes;

use super::{Json, Listed, PageQuery, Params, Problems};
use crate::people::write_refusals;
use crate::routes::Routes;
use crate::security::Administrator;
use crate::security::guard::ADMINISTRATOR;
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(ADMINISTRATOR, routes!(list)).api(ADMINISTRATOR, routes!(export))
}

/// One line of the audit log.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditLine)]
struct Line {
    /// The number of the line; later lines have higher numbers.
    #[schema(example = 7)]
    id: i64,
    /// The time of the entry.
    at: Timestamp,
    /// The user, with the token if one was used.
    #[schema(example = "ada (token nightly export)")]
    who: String,
    /// The kind of the change; stable.
    #[schema(example = "user.invited")]
    what: String,
    /// The changed resource.
    #[schema(example = "grace")]
    subject: String,
    /// The state before; never contains a secret.
    before: Option<Value>,
    /// The state afterwards; never contains a secret.
    after: Option<Value>,
    /// The address of the client; missing for schedules and for the command line on the machine of the service.
    #[schema(example = "192.0.2.1")]
    address: Option<String>,
    /// The number of the user, which distinguishes users who had the same name at different times.
    #[schema(example = 1)]
    user_id: Option<i64>,
    /// The number of the changed user.
    #[schema(example = 2)]
    subject_user_id: Option<i64>,
}

impl From<AuditEntry> for Line {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, at, who, what, subject, before, after, address, user, subject_user } = entry;
        let (user_id, subject_user_id) = (user.map(|id| id.0), subject_user.map(|id| id.0));
        Self { id, at, who, what, subject, before, after, address, user_id, subject_user_id }
    }
}

/// Filters of entries. An empty text filters nothing.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
#[derive(Default)]
struct Wanted {
    /// At or after this moment.
    #[param(example = "2026-11-22T08:00:00Z")]
    from: Option<Timestamp>,
    /// Before this moment.
    #[param(example = "2026-11-23T08:00:00Z")]
    to: Option<Timestamp>,
    /// By this user, with or without a token.
    #[param(example = "ada")]
    who: String,
    /// Of this kind, `user.invited`, or of a group of kinds, `user.`.
    #[param(example = "user.")]
    what: String,
    /// From this address, or from addresses that begin like this: `192.0.2.`.
    #[param(example = "192.0.2.1")]
    address: String,
    /// With this text in user, kind, subject or address.
    #[param(example = "user.")]
    search: String,
}

impl From<Wanted> for AuditFilter {
    fn from(wanted: Wanted) -> Self {
        let Wanted { from, to, who, what, address, search } = wanted;
        let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Self { from, to, who: given(who), what: given(what), address: given(address), text: given(search) }
    }
}

/// The audit log, the latest line first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", operation_id = "list_audit", params(PageQuery, Wanted),
    responses((status = 200, description = "One page of the log.", body = Listed<Line>), Problems))]
async fn list(
    State(app): State<App>,
    Administrator(_): Administrator,
    Params(query): Params<PageQuery>,
    Params(wanted): Params<Wanted>,
) -> Result<Json<Listed<Line>>, Failure> {
    let rows = query.rows()?;
    write_refusals(&app).await?;
    let found = app.store(move |store| store.audit_log(&wanted.into(), rows).wait()).await;
    let (entries, total) = found.map_err(Failure::from)?;
    Ok(Json(Listed::new(entries.into_iter().map(Line::from).collect(), total, query)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Export {
    /// Only lines after the line with this id, to continue the last export.
    #[serde(default)]
    #[param(example = 0)]
    after: Option<i64>,
}

/// The audit log as JSON Lines, in the order in which it was written, at most 10,000 lines. Continue with `after`.
#[utoipa::path(get, path = "/api/v1/audit.jsonl", tag = "audit", operation_id = "export_audit", params(Export, Wanted),
    responses((status = 200, description = "One line for each entry.", body = String, content_type = "application/x-ndjson"),
        Problems))]
async fn export(
    State(app): State<App>,
    Administrator(_): Administrator,
    Params(from): Params<Export>,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Failure> {
    write_refusals(&app).await?;
    let after = from.after.unwrap_or_default();
    let entries = app
        .store(move |store| store.audit_after(&wanted.into(), after, limits::AUDIT_EXPORT_LINES).wait())
        .await;
    let mut lines = Vec::new();
    for entry in entries.map_err(Failure::from)? {
        serde_json::to_writer(&mut lines, &Line::from(entry))
            .map_err(|error| Failure::internal(error.to_string()))?;
        lines.push(b'\n');
    }
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], lines).into_response())
}
