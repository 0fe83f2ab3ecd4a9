//! MISP warning lists: read once, compiled into one file, and looked up from there.

mod build;
mod compiled;
mod entry;
mod file;
mod networks;
mod patterns;
mod regular_expression;
mod table;
mod warning_list;

pub use build::{BuildWarning, Builder, Built};
pub use compiled::{CompiledLists, ListSummary};
