//! What machines ask: whether the process lives, whether it can do its work, and its numbers. Denied by default: the numbers for
//! whoever is not on this machine, or is asked for by a proxy on it, and has no token.

use palisade_store::Wait as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use crate::metrics::Work;
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

/// What a proxy writes into a request that it passes on for somebody else.
const FORWARDED: [&str; 6] =
    ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/// Whether somebody on this machine asks for themselves. A proxy on this machine asks for whoever is behind it.
fn is_here(peer: Option<Peer>, headers: &HeaderMap) -> bool {
    peer.is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback())
        && !FORWARDED.iter().any(|name| headers.contains_key(*name))
}

/// Whether the state could be written, and when that was found out.
#[derive(Default)]
pub(crate) struct Readiness(tokio::sync::Mutex<Option<(Instant, Result<(), Failure>)>>);

/// The state is written for it, at most once in a while, however many ask: a full disk lets everything be read.
async fn ready(State(app): State<App>) -> Result<&'static str, Failure> {
    let mut known = app.readiness().0.lock().await;
    let stands = Duration::from_secs(palisade_limits::READY_SECONDS);
    let judged = match &*known {
        Some((at, judged)) if at.elapsed() < stands => judged.clone(),
        _ => {
            let now = app.now();
            let judged =
                app.store(move |store| store.check_writable(now).wait()).await.map_err(Failure::from);
            *known = Some((Instant::now(), judged.clone()));
            judged
        }
    };
    judged.map(|()| "ready\n")
}

async fn metrics(
    State(app): State<App>,
    Anybody(who): Anybody,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    if !is_here(peer.map(|Extension(peer)| peer), &headers) && !who.is_some_and(|who| who.may(Role::Viewer)) {
        return Err(Failure::log_in_needed());
    }
    let work = app.ask(Work::of).await?;
    let text = app.metrics().text(&work).map_err(|error| Failure::internal(error.to_string()))?;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind)], text).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_asks_from_this_machine_for_themselves_is_here() {
        let peer = |address: &str| Some(Peer(address.parse().unwrap()));
        let none = HeaderMap::new();
        for address in ["127.0.0.1:5000", "[::1]:5000", "[::ffff:127.0.0.1]:5000"] {
            assert!(is_here(peer(address), &none), "{address}");
            for name in FORWARDED {
                let mut headers = HeaderMap::new();
                headers.insert(name, "".parse().unwrap());
                assert!(!is_here(peer(address), &headers), "{address} {name}");
            }
        }
        assert!(!is_here(peer("192.0.2.1:5000"), &none));
        assert!(!is_here(None, &none));
    }
}
