//! The service from end to end: `palisade serve`, its API and its command line against a simulator over TLS. One module for
//! each behaviour.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test"
)]

mod access;
mod backup;
mod cancels;
mod certificate;
mod collections;
mod command_line;
mod concurrent_pushes;
mod connection;
mod connections;
mod demo;
mod deploy;
mod holdings;
mod integrations;
mod kills;
mod operations;
mod reasons;
mod retries;
mod runs;
mod schedule;
mod secrets;
mod timeline;
mod traces;
mod uploads;
mod workflows;
