//! Data collections: the list, new ones of files or of a live connection, what one holds with its filter, and its settings. Denied
//! by default: a page that fails because a collection does; a secret in a page.

mod connection;
mod filter;
mod list;
mod new;
mod preview;
mod reading;
mod settings;
mod show;
mod types;

use palisade_limits as limits;

use super::wording::{hint, sentence};
use crate::routes::Routes;
use crate::security::guard::{OPERATOR, VIEWER};
use crate::{Failure, Fault};

const PATH: &str = "/collections";
const TITLE: &str = "Collections";

pub(super) fn routes(routes: Routes) -> Routes {
    routes
        .get("/collections", VIEWER, list::list)
        .get("/collections/new", OPERATOR, new::of_files)
        .upload("/collections/new", OPERATOR, limits::COLLECTION_UPLOAD_BYTES, new::upload)
        .get("/collections/new/threatq", OPERATOR, new::of_threatq)
        .post("/collections/new/threatq", OPERATOR, new::connect)
        .list::<preview::Listing, _, _>("/collections/{id}", VIEWER, show::show)
        .list::<preview::Listing, _, _>("/collections/{id}/preview", VIEWER, show::part)
        .post("/collections/{id}/filter", OPERATOR, show::narrow)
        .post("/collections/{id}/reading", OPERATOR, reading::choose)
        .post("/collections/{id}/test", OPERATOR, settings::test)
        .get("/collections/{id}/settings", VIEWER, settings::show)
        .post("/collections/{id}/settings", OPERATOR, settings::rename)
        .post("/collections/{id}/connection", OPERATOR, settings::connect)
        .upload("/collections/{id}/files", OPERATOR, limits::COLLECTION_UPLOAD_BYTES, settings::replace)
        .get("/collections/{id}/delete", OPERATOR, settings::ask)
        .post("/collections/{id}/delete", OPERATOR, settings::remove)
}

/// What a form shows beside its fields. What names no field is about `field`; what is not about the form at all is the page's.
fn faults_of(failure: Failure, field: &str) -> Result<Vec<Fault>, Failure> {
    if !failure.faults().is_empty() {
        let capital =
            |fault: &Fault| Fault::new(fault.field.clone(), sentence(fault.message.trim_end_matches('.')));
        return Ok(failure.faults().iter().map(capital).collect());
    }
    if !matches!(failure.status().as_u16(), 409 | 422) {
        return Err(failure);
    }
    let hint = hint(&failure).map(|hint| format!(" {hint}")).unwrap_or_default();
    let field = if failure.code() == "name-taken" { "name" } else { field };
    Ok(vec![Fault::new(field, format!("{}{hint}", sentence(&failure.to_string())))])
}
