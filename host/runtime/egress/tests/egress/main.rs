//! Egress over real sockets and real TLS on loopback: one module for each thing that could go wrong between a request and
//! its answer.

#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests: what goes wrong here is a failed test"
)]

mod addresses;
mod answers;
mod credentials;
mod http2;
mod proxy;
mod repeats;
mod requests;
mod roots;
mod support;
mod tinyproxy;
