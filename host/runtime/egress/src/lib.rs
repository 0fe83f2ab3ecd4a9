//! Whether a byte may leave, and how it does.
//!
//! Nothing leaves by default. A request is sent only if a [`Grant`] covers its origin, method and path, over https, to
//! an address that passed [`address::check`] after resolution and that is exactly the one dialled. Redirects are not
//! followed. The credential of a grant is put into its one header here, after that check: the component that asked for
//! the request has never seen it, and an answer that repeats it is redacted before the component sees it.
//!
//! ```text
//! Session::send ── grant::decide ── credential ── gate ── Client (pool, TLS) ── connector ── address::check
//!                                       ▲                        │                  └─ proxy, tunnel
//!                                       └───── retry::decide ◀───┘
//! ```
//!
//! No wasmtime here, and no decision about what a service should be told.

#![warn(missing_docs)]

pub mod address;
mod client;
mod connect_to;
mod connector;
mod download;
mod error;
mod exchange;
mod gate;
mod headers;
mod held;
mod moment;
mod proxy;
mod resolver;
mod retry;
mod roots;
mod session;
mod traffic;
mod tunnel;

pub use client::{Client, ClientError, ClientOptions};
pub use connect_to::{ConnectTo, ConnectToError};
pub use download::Download;
pub use error::SendError;
pub use gate::{Closed, Gate};
pub use headers::{FOR_COMPONENTS, belongs_to_host};
pub use moment::after;
pub use palisade_grant::{
    Credential, CredentialError, Denial, ExposeSecret, Grant, METHODS, Missing, Origin, OriginError,
    PathError, PathRule, ReadOnly, SecretString, TokenSource,
};
pub use palisade_recording::ABANDONED;
pub use proxy::ProxyChoice;
pub use resolver::{Resolve, Resolving, SystemResolver};
pub use session::{Notice, Session, SessionLimits, Wire};
pub use traffic::Traffic;
