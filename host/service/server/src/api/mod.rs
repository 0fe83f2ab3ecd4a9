//! The API: what the console does, for programs. One file for each resource; its document, OpenAPI 3.1, is made of the handlers.
//! Denied by default: fields that nobody knows, pages without an end.

mod audit;
mod collections;
mod connections;
mod holdings;
pub(crate) mod idempotency;
mod integrations;
mod json;
mod me;
mod paging;
mod problem;
mod runs;
mod schedules;
mod schemas;
mod search;
mod tokens;
mod users;
pub(crate) mod version;
mod workflows;

use axum::Extension;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi as _};

use crate::routes::Routes;
use crate::security::guard::VIEWER;

pub(crate) use json::{Json, Params, ReadOnly};
pub(crate) use paging::{Listed, PageQuery};
pub(crate) use problem::{Problem, Problems};

/// All calls. One line for each resource.
pub(crate) fn routes(routes: Routes) -> Routes {
    let routes = me::routes(routes);
    let routes = users::routes(routes);
    let routes = tokens::routes(routes);
    let routes = audit::routes(routes);
    let routes = integrations::routes(routes);
    let routes = connections::routes(routes);
    let routes = collections::routes(routes);
    let routes = workflows::routes(routes);
    let routes = schedules::routes(routes);
    let routes = runs::routes(routes);
    let routes = holdings::routes(routes);
    let routes = search::routes(routes);
    routes.get("/api/v1/openapi.json", VIEWER, openapi)
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Palisade",
        version = env!("CARGO_PKG_VERSION"),
        description = "Everything that the console does. Send a token as `Authorization: Bearer palisade_…`; create one on \
            the page *Your account*. Failures are problem details (RFC 9457) with a stable `code`. Lists take `page` and \
            `per_page` and say the `total`. A query parameter that a call does not describe is refused with 400 and the code \
            `unknown-parameter`. A `POST` with an `Idempotency-Key` is done once: sent again within a day, it \
            gets the same answer. A resource has its version as `ETag`: a change that sends it as `If-Match` is refused with \
            412 if somebody has changed the resource since.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(Problem)),
    security(("token" = []), ("session" = [])),
    modifiers(&Schemes),
)]
struct Description;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_default();
        let mut token = Http::new(HttpAuthScheme::Bearer);
        token.description = Some(
            "An API token. It has the permissions that both its role and its owner's role allow.".to_owned(),
        );
        components.add_security_scheme("token", SecurityScheme::Http(token));
        let session = "The session of a browser that is logged in to the console. A call that changes something also sends \
             `X-CSRF-Token`.";
        let cookie = ApiKeyValue::with_description("__Host-palisade", session);
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// The document before any call is in it.
pub(crate) fn document() -> OpenApi {
    Description::openapi()
}

/// The document as it is served.
#[derive(Clone)]
pub(crate) struct Document(Bytes);

impl Document {
    pub(crate) fn new(document: &OpenApi) -> Self {
        // A document of our own types is always JSON.
        Self(serde_json::to_vec_pretty(document).unwrap_or_default().into())
    }
}

async fn openapi(Extension(Document(document)): Extension<Document>) -> Response {
    ([(CONTENT_TYPE, "application/json")], document).into_response()
}
