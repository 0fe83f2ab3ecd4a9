//! The component of the Trend Vision One bundle: *Add to Blocklist* and *Add to Exception List*.
//!
//! Everything that decides is a pure function or a state machine without I/O and compiles for any target; only `edge`
//! knows WebAssembly interfaces, HTTP and clocks. What is not understood is never sent: an unknown type is skipped, a
//! value that is not well-formed is rejected, an answer that cannot be matched to its request counts as a failure.
//!
//! The way of one object: [`map`] (with [`normalise`]) says what it becomes, [`deduplicate`] whether that is new,
//! [`ledger`] remembers who waits for it, [`schedule`] when it is sent, [`batch`] with which others, [`answer`] what the
//! service said about it. [`session`] drives them all.

pub mod answer;
pub mod batch;
pub mod configuration;
pub mod contract;
pub mod deduplicate;
pub mod item;
pub mod ledger;
pub mod limits;
pub mod map;
pub mod normalise;
pub mod schedule;
pub mod session;
pub mod tally;

#[cfg(target_family = "wasm")]
mod edge;
