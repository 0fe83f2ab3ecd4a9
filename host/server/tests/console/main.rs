//! The console's pages of integrations and collections, with a real listener and forms as a browser posts them.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test"
)]

#[allow(
    dead_code,
    unreachable_pub,
    reason = "these tests use its client, and serve a service with options of their own"
)]
#[path = "../server/harness.rs"]
mod harness;

mod collections;
mod edits;
mod integrations;
mod listing;
mod origins;
mod support;
