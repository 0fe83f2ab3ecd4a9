//! What machines ask: whether the process lives, whether it can do its work, and its numbers. Denied by default: the numbers for
//! whoever is not on this machine and has no token.

use std::net::SocketAddr;

use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use crate::routes::Routes;
use crate::security::guard::Access;
use crate::security::{Anybody, Role};
use crate::{App, Failure};

/// From where the request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(
    /// The other end of the connection.
    pub SocketAddr,
);

pub(crate) fn routes(routes: Routes) -> Routes {
    routes.get("/healthz", Access::Anybody, async || "ok\n").get("/readyz", Access::Anybody, ready).get(
        "/metrics",
        Access::Anybody,
        metrics,
    )
}

/// Whether a path is asked by machines without a name for the service.
pub(crate) fn is_probe(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz")
}

/// Whether an answer at a path is read by machines.
pub(crate) fn is_for_machines(path: &str) -> bool {
    is_probe(path) || path == "/metrics"
}

async fn ready(State(app): State<App>) -> Result<&'static str, Failure> {
    app.store(palisade_store::Store::users).await?;
    Ok("ready\n")
}

async fn metrics(
    State(app): State<App>,
    Anybody(who): Anybody,
    peer: Option<Extension<Peer>>,
) -> Result<Response, Failure> {
    let here = peer.is_some_and(|Extension(Peer(address))| address.ip().to_canonical().is_loopback());
    if !here && !who.is_some_and(|who| who.may(Role::Viewer)) {
        return Err(Failure::log_in_needed());
    }
    let text = app.metrics().text().map_err(|error| Failure::internal(error.to_string()))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}
