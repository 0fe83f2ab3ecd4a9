//! Connections: the list, one connection with its form, and its deletion. Denied by default: deleting what workflows use.

mod delete;
mod list;
mod one;

use crate::routes::Routes;
use crate::security::guard::{OPERATOR, VIEWER};

const PATH: &str = "/connections";
const TITLE: &str = "Connections";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/connections", VIEWER, list::list)
        .list::<one::Begin, _, _>("/connections/new", OPERATOR, one::begin)
        .post("/connections/new", OPERATOR, one::create)
        .get("/connections/{id}", VIEWER, one::show)
        .post("/connections/{id}", OPERATOR, one::change)
        .get("/connections/{id}/delete", OPERATOR, delete::ask)
        .post("/connections/{id}/delete", OPERATOR, delete::delete)
}
