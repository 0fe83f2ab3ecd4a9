//! The service as its clients meet it: a real listener on the loopback, a plain client that does what it is told.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test"
)]

mod access;
mod api;
mod console;
mod harness;
mod kept_forms;
mod listening;
mod load;
mod operations;
mod pages;
mod people;
mod roles;
mod sessions;
mod syslog;
mod uploads;
