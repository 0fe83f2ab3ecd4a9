//! Values that must never go to a block list, and why: the operator's own domains, networks and values, addresses and
//! names that belong to nobody, and MISP warning lists.
//!
//! Denies by default: a value is judged in the form in which a service would get it, whatever its spelling, and where a
//! value can be read in two ways it is caught if either of them is protected. Only a value that the operator has spelled
//! out is let through. What a list holds and cannot be used is told, never dropped in silence.
//!
//! ```text
//!  warning lists ──▶ Builder ──▶ compiled file ──▶ CompiledLists ─┐
//!  policy ─────────────────────────────────────────▶ Own ─────────┼─▶ Protection ──▶ check(subtype, value) ──▶ Hit
//!  --allow-protected ─────────────────────────────────────────────┘
//! ```
//!
//! No WebAssembly, no network, and nothing is printed.

#![warn(missing_docs)]

mod canonical;
mod error;
mod kind;
mod lists;
mod own;
mod protection;
mod special_names;

pub use error::{BuildError, LoadError, OwnError};
pub use lists::{BuildWarning, Builder, Built, CompiledLists, ListSummary};
pub use own::Own;
pub use protection::{Hit, Protection};
