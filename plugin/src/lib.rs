//! The component of the Trend Vision One bundle: *Add to Blocklist*, *Add to Exception List*, and the response actions
//! ([`response`]).
//!
//! Everything that decides is a pure function or a state machine without I/O and compiles for any target; only `edge`
//! knows WebAssembly interfaces, HTTP and clocks. What is not understood is never sent: an unknown type is skipped, a
//! value that is not well-formed is rejected, an answer that cannot be matched to its request counts as a failure.
//!
//! The way of one object: [`map`] (with [`normalise`]) says what it becomes, [`deduplicate`] whether that is new,
//! [`ledger`] remembers who waits for it, [`schedule`] when it is sent, [`batch`] with which others, [`answer`] what the
//! service said about it.
//!
//! Where the tenant's lists are looked at first: [`survey`] walks through them page by page, [`listing`] reads a page,
//! [`inventory`] keeps what matters of it, [`compare`] says what a submission would change, [`exceptions`] what overrides
//! it, [`evict`] what the list would lose, [`expiry`] when things end, [`holdings`] how much there is. [`session`] drives
//! them all.

pub mod answer;
pub mod batch;
pub mod compare;
pub mod configuration;
pub mod contract;
pub mod deduplicate;
pub mod evict;
pub mod exceptions;
pub mod expiry;
pub mod holdings;
pub mod inventory;
pub mod item;
pub mod ledger;
pub mod limits;
pub mod listing;
pub mod map;
pub mod normalise;
pub mod repeated;
pub mod response;
pub mod schedule;
pub mod session;
pub mod survey;
pub mod tally;

#[cfg(target_family = "wasm")]
mod edge;
