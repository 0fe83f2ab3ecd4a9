//! Workflows: the list, the builder, one workflow with what may be done with it, and workflows as files. A form is shown again with
//! what was entered until it is right; nothing half is saved.

mod act;
mod build;
mod builder;
mod import;
mod list;
mod scheduling;
mod show;
mod step;

use palisade_limits as limits;

use crate::routes::Routes;
use crate::security::guard::{OPERATOR, VIEWER};
use crate::view::ListQuery;

pub(super) use scheduling::{read_schedule, tick};
pub(super) use step::Tested;

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .list::<ListQuery, _, _>("/workflows", VIEWER, list::list)
        .get("/workflows/new", OPERATOR, build::begin)
        .post("/workflows/new", OPERATOR, build::create)
        .get("/workflows/import", OPERATOR, import::form)
        .upload("/workflows/import", OPERATOR, limits::WORKFLOW_FILE_BYTES, import::import)
        .get("/workflows/{id}", VIEWER, show::show)
        .get("/workflows/{id}/edit", OPERATOR, build::edit)
        .post("/workflows/{id}/edit", OPERATOR, build::change)
        .get("/workflows/{id}/run", OPERATOR, act::ask_to_run)
        .post("/workflows/{id}/run", OPERATOR, act::run)
        .large_post("/workflows/{id}/selected", OPERATOR, limits::SELECTION_BYTES, act::run_selected)
        .post("/workflows/{id}/switch", OPERATOR, act::switch)
        .post("/workflows/{id}/duplicate", OPERATOR, act::duplicate)
        .get("/workflows/{id}/delete", OPERATOR, act::ask_to_delete)
        .post("/workflows/{id}/delete", OPERATOR, act::delete)
}
