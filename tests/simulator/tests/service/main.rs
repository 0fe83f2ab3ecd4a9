//! The simulator as a client sees it: real connections, real TLS, HTTP/1.1 and HTTP/2.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests may fail"
)]

mod actions;
mod administration;
mod client;
mod errors;
mod faults;
mod lists;
mod pages;
mod program;
mod sandbox;
mod tasks;
mod workbench;
