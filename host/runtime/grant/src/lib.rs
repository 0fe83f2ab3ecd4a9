//! The parts of a grant that a manifest, a policy and the HTTP client must read in the same way: the host of a URL, an
//! `https` origin, and the path of a request. Pure.
//!
//! A text with more than one reading is refused. If the manifest accepted a text that the client refuses, a bundle could be
//! packed that cannot run; if two parts read it differently, a grant could cover a request that nobody allowed.

#![warn(missing_docs)]

mod host;
mod origin;
mod path;

pub use host::Host;
pub use origin::{Origin, OriginError};
pub use path::{PathError, PathRule, is_unambiguous};
