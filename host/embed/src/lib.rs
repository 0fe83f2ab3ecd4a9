//! The host of security actions as a library.
//!
//! One run goes from a bundle and its objects to a report with one verdict for every object:
//!
//! ```text
//! TrustedBundle ─┐
//! Policy ────────┼─▶ Preparation ─▶ Prepared ─▶ execute ─▶ Report
//! configuration ─┤     checks everything;        one verdict
//! sources ───────┘     nothing is sent           for every object
//! ```
//!
//! The modules are the crates that the types come from, and each crate documents its own part.

#![warn(missing_docs)]

#[doc(inline)]
pub use palisade_bundle as bundle;
#[doc(inline)]
pub use palisade_collection as collection;
#[doc(inline)]
pub use palisade_egress as egress;
#[doc(inline)]
pub use palisade_engine as engine;
#[doc(inline)]
pub use palisade_model as model;
#[doc(inline)]
pub use palisade_policy as policy;
#[doc(inline)]
pub use palisade_protect as protect;
#[doc(inline)]
pub use palisade_recording as recording;
#[doc(inline)]
pub use palisade_run as run;
