//! The state of the service in one SQLite file.
//!
//! One thread writes and a few threads read beside it (write-ahead log), so that a future of the store never blocks the thread that
//! polls it. A committed transaction survives the end of the process at any moment. This crate is the only one that names a
//! database. Its statements use what PostgreSQL understands as well, except where docs/decisions lists the difference.

mod audit;
mod backup;
mod bundles;
mod collections;
mod compared;
mod connections;
mod database;
mod error;
mod functions;
mod holdings;
mod idempotency;
mod leases;
mod migrations;
mod neighbours;
mod people;
mod recent;
mod rows;
mod run_conditions;
mod run_list;
mod run_objects;
mod run_progress;
mod runs;
mod same_value;
mod search;
mod secrets;
mod sessions;
mod settings;
mod tasks;
mod threads;
mod timeline;
mod verdicts;
mod version;
mod workflows;

pub use database::SqliteStore;
