//! The operator's policy, `palisade.toml`: whose bundles are trusted, which requests are allowed, what bounds a run, how the
//! network is reached, and what must never go to a block list.
//!
//! What a bundle may do is the intersection of two sides: its manifest asks, the policy allows, and neither can widen the
//! other. Denies by default: where a policy names any request, only what it names is allowed; a key that is not known is an
//! error and not a word without effect; a policy that was named and is missing is an error, and no policy is ever looked for
//! in the current directory.
//!
//! ```text
//! palisade.toml ── read ── document ── check ──▶ Policy ── effective   which grants and limits apply
//!                            (shape)    (rules)           ├ explain     which lines would allow a refused request
//!                                                         └ comparison  both sides and the result, as data
//! ```
//!
//! No network, no WebAssembly. Everything but [`Policy::read`] and [`Policy::find`] is pure.

#![warn(missing_docs)]

mod check;
mod comparison;
mod document;
mod effective;
mod explain;
mod fault;
mod limits;
mod network;
mod places;
mod policy;
mod position;
mod protect;
mod read;
mod schema;

pub use comparison::{
    ActionCompared, AllowedShown, Comparison, Extent, GrantCompared, GrantShown, LimitCompared,
};
pub use explain::{ManifestLines, Placement, PolicyLines, Remedy};
pub use fault::{Fault, FaultKind, Place, PolicyError};
pub use limits::{EffectiveLimits, Limit, Limits};
pub use network::{Network, NoProxy, Proxy, ProxySecret};
pub use places::{Candidates, FILE_NAME, NamedBy, Places, VARIABLE};
pub use policy::{Allowed, Policy, TrustedKeyText};
pub use protect::Protect;
pub use schema::policy_schema;
