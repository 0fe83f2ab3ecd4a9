//! Schedules before they are saved: what one means, and when it would run.

use axum::extract::State;
use jiff::Timestamp;
use palisade_schedule::Schedule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::{Json, Problems, schemas};
use crate::routes::Routes;
use crate::security::Viewer;
use crate::security::guard::VIEWER;
use crate::{App, Failure};

pub(super) fn routes(routes: Routes) -> Routes {
    routes.api(VIEWER, routes!(preview))
}

/// A schedule to look at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleBody)]
struct Wanted {
    /// When something is to run by itself.
    #[schema(value_type = schemas::Schedule)]
    schedule: Schedule,
}

/// What it means.
#[derive(Serialize, ToSchema)]
#[schema(as = SchedulePreview)]
struct Meant {
    /// In words.
    #[schema(example = "Daily at 02:30 (Europe/Berlin)")]
    in_words: String,
    /// The next three times, if it were saved now.
    upcoming: Vec<Timestamp>,
}

/// Says what a schedule means and when it would run. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/schedules/preview", tag = "workflows", operation_id = "preview_schedule",
    request_body = Wanted, responses((status = 200, description = "What it means.", body = Meant), Problems))]
async fn preview(
    State(app): State<App>,
    Viewer(_): Viewer,
    Json(body): Json<Wanted>,
) -> Result<Json<Meant>, Failure> {
    let now = app.now();
    Ok(Json(Meant { in_words: body.schedule.describe(), upcoming: body.schedule.upcoming(now, now, 3) }))
}
