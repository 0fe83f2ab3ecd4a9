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

/// A schedule to preview.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleBody)]
struct Wanted {
    /// When a workflow runs automatically.
    #[schema(value_type = schemas::Schedule)]
    schedule: Schedule,
}

/// The meaning of a schedule.
#[derive(Serialize, ToSchema)]
#[schema(as = SchedulePreview)]
struct Meant {
    /// The schedule in words.
    #[schema(example = "Daily at 02:30 (Europe/Berlin)")]
    in_words: String,
    /// The next three times if the schedule is saved now.
    upcoming: Vec<Timestamp>,
}

/// Preview a schedule: its meaning and its next times. Nothing is saved.
#[utoipa::path(post, path = "/api/v1/schedules/preview", tag = "workflows", operation_id = "preview_schedule",
    request_body = Wanted, responses((status = 200, description = "The meaning of the schedule.", body = Meant), Problems))]
async fn preview(
    State(app): State<App>,
    Viewer(_): Viewer,
    Json(body): Json<Wanted>,
) -> Result<Json<Meant>, Failure> {
    let now = app.now();
    Ok(Json(Meant { in_words: body.schedule.describe(), upcoming: body.schedule.upcoming(now, now, 3) }))
}
