//! Live collections over TLS against a simulated appliance: what is handed over and reported is compared with what the
//! simulator was asked for and holds.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests may fail")]

mod failing;
mod logging_in;
mod reading;
mod repeating;
mod secrets;
mod support;
