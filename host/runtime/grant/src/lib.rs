//! Grants: which requests may leave, and the credential that the host adds to them. A manifest asks for grants, a policy limits
//! them, and the HTTP client enforces them; all three read origins and paths here, in the same way. Pure.
//!
//! A text with more than one reading is refused. If the manifest accepted a text that the client refuses, a bundle could be
//! packed that cannot run; if two parts read it differently, a grant could cover a request that nobody allowed.

#![warn(missing_docs)]

mod credential;
mod grant;
mod host;
mod origin;
mod path;
mod token;

pub use credential::{CREDENTIAL_SEGMENT, Credential, CredentialError};
pub use grant::{Denial, Grant, METHODS, Missing, ReadOnly, decide};
pub use host::Host;
pub use origin::{Origin, OriginError};
pub use path::{PathError, PathRule, is_unambiguous};
pub use secrecy::{ExposeSecret, SecretString};
pub use token::TokenSource;
