//! The service: its web console and its API, a thin edge around the state and whatever works on it. A handler asks, shows and
//! answers; it decides nothing that is not about HTTP. Denied by default: every route without a named access, every host name
//! that is not ours, every address but the loopback's without TLS.
//!
//! `App` is the service, [`router`] what it answers, [`Listener`] how it is reached.

mod answers;
mod api;
mod app;
mod assets;
mod bodies;
mod client;
mod compress;
mod console;
mod downloads;
mod evictions;
mod failure;
mod kept;
mod listen;
mod metrics;
mod observe;
mod operations;
mod orchestration;
mod parameters;
mod pending;
mod people;
mod properties;
mod purposes;
mod rates;
mod recordings;
mod routes;
mod search;
mod security;
pub mod syslog;
mod uploads;
pub mod view;

pub use app::{App, Clock, JoinTrace, Options, router, router_with, table};
pub use client::{ForwardedHeader, Network, TrustedProxies};
pub use failure::{Failure, Fault};
pub use listen::{Certificate, ListenError, Listener, PublicUrl, ServedCertificate};
pub use operations::Peer;
pub use people::{recovery_link, write_refusals_at_the_end};
pub use routes::{Route, Routes};
pub use security::forgery::Upload;
pub use security::guard::{ADMINISTRATOR, Access, OPERATOR, VIEWER};
pub use security::{Administrator, Anybody, Operator, Role, UnknownRole, Viewer, Who};

/// Under which name the state remembers where the service was reached when it started last, for links that are printed beside it.
pub const URL_SETTING: &str = "url";
