//! The console, with forms as a browser posts them.

mod collections;
mod connections;
mod edits;
mod integrations;
mod listing;
mod lists;
mod origins;
mod runs;
mod selection;
mod story;
mod support;
mod told;
mod workflows;
