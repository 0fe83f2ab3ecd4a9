//! Installed bundles: the list, an upload and its review, a version, and the defaults of an action. Denied by default: an install
//! without the confirmations that it needs.

pub(super) mod action;
mod list;
pub(super) mod refusal;
mod review;
pub(super) mod using;
mod version;

use palisade_limits as limits;

use crate::routes::Routes;
use crate::security::guard::{ADMINISTRATOR, VIEWER};

const PATH: &str = "/integrations";
const TITLE: &str = "Integrations";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/integrations", VIEWER, list::list)
        .get("/integrations/new", ADMINISTRATOR, review::form)
        .upload("/integrations/new", ADMINISTRATOR, limits::BUNDLE_BYTES, review::upload)
        .get("/integrations/review/{token}", ADMINISTRATOR, review::show)
        .post("/integrations/review/{token}", ADMINISTRATOR, review::answer)
        .get("/integrations/{id}", VIEWER, version::show)
        .get("/integrations/{id}/uninstall", ADMINISTRATOR, version::ask)
        .post("/integrations/{id}/uninstall", ADMINISTRATOR, version::uninstall)
        .get("/integrations/{id}/actions/{action}", VIEWER, action::show)
        .post("/integrations/{id}/actions/{action}", ADMINISTRATOR, action::save)
}
