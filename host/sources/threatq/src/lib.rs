//! A live data collection of a ThreatQ appliance: what a saved search finds now, read page by page and handed over object
//! by object.
//!
//! ```text
//! Connection ──▶ log-in ──▶ token ──▶ page, page, … ──▶ palisade_collection::read ──▶ sink, each object once
//!                   ▲                  │ 401
//!                   └──────────────────┘
//! ```
//!
//! Reads only: a log-in and one list are all that is ever asked for, and the grants of its sessions cover nothing else.
//! Everything goes through [`palisade_egress`], so that addresses, certificates, repeats and limits are those of any other
//! request. An answer that is not what the API documents ends the collection; it is never guessed at, and an object that
//! cannot be read is reported as such.

#![warn(missing_docs)]

mod answer;
mod appliance;
mod connection;
mod error;
mod fetch;
mod found;
mod log;
mod paging;

pub use connection::{CollectionHash, CollectionHashError, Connection, LogIn};
pub use error::ThreatQError;
pub use fetch::{Fetched, check, fetch, fetch_logged};
pub use log::{LoggedRequest, RequestLog};
