//! The catalogue of hostile zips: each case is refused with a code of its own, in little memory and little time.
//!
//! The cases are those that uv's `uv-extract` and its zip reader guard against, and those that this reader's own rules add.
//! The table of codes is in `docs/error-codes.md`.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail"
)]

mod contents;
mod frame;
mod headers;
mod kinds;
mod names;
#[path = "../support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use palisade_bundle::{Bundle, BundleError};

use support::builder::{Entry, bundle_with, zip};

/// Most memory that a refusal may take: whatever a zip declares, that of some small files.
const MEMORY: u64 = 4 * 1024 * 1024;
/// Longest that a refusal may take, in a build without optimisation on a machine that does other things besides.
const TIME: Duration = Duration::from_secs(20);

/// The error of a zip that is refused, within the bounds for a refusal.
fn refusal(bytes: &[u8]) -> BundleError {
    let (start, mut result) = (Instant::now(), None);
    let memory = allocation_counter::measure(|| result = Some(Bundle::from_bytes(bytes, "test.zip")));
    assert!(start.elapsed() < TIME, "refused after {:?}", start.elapsed());
    assert!(memory.bytes_max < MEMORY, "{} bytes were allocated at once", memory.bytes_max);
    match result.unwrap() {
        Ok(_) => panic!("taken for a bundle"),
        Err(error) => error,
    }
}

/// Asserts that a zip is refused with this code, and that the message is fit for a terminal.
#[track_caller]
fn assert_refused(bytes: &[u8], code: &str) {
    let error = refusal(bytes);
    assert_eq!(error.code(), code, "{error}");
    assert!(!error.to_string().contains(char::is_control), "{error}");
    assert!(error.hint().is_some(), "{code} has no hint");
}

/// Asserts that a good bundle with one more entry is refused with this code.
#[track_caller]
fn assert_entry_refused(entry: Entry, code: &str) {
    assert_refused(&zip(&bundle_with([entry])), code);
}

#[test]
fn the_builder_makes_bundles_that_are_not_refused() {
    let entries = bundle_with([
        Entry::stored("stored.txt", b"text"),
        Entry::deflated("docs/deflated.txt", &[b'x'; 10_000]),
        Entry::stored("empty", b""),
    ]);
    let bundle = Bundle::from_bytes(&zip(&entries), "test.zip").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bundle.file("docs/deflated.txt"), Some([b'x'; 10_000].as_slice()));
}
