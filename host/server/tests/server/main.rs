//! The service as its clients meet it: a real listener on the loopback, a plain client that does what it is told.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

mod api;
mod harness;
mod listening;
mod operations;
mod pages;
mod people;
mod roles;
mod sessions;
mod uploads;
