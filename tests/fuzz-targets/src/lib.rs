//! What must hold of every reader, whatever it is given: one function for each input that somebody else wrote.
//!
//! A function takes bytes and fails (panics) where a property does not hold; it accepts any bytes and denies none. The
//! fuzzer (`fuzz/`, `cargo xtask fuzz`) calls them with bytes of its own making, and a test calls them with the committed
//! corpus, so that neither the corpus nor the properties can rot.
//!
//! A new target: a function here, a row in [`TARGETS`], a file under `fuzz/targets`, a `[[bin]]` in `fuzz/Cargo.toml`, and
//! seeds under `fuzz/corpus/<name>`. A test compares the four.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what goes wrong here is a failed test"
)]

mod answer;
mod bundle;
mod collection;
mod manifest;
mod url;
mod value;
mod words;

/// Asserts the properties of one reader on some bytes, and says whether the reader accepted them.
pub type Target = fn(&[u8]) -> bool;

/// All targets by name: the name of the fuzzer's binary and of the corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("answer", answer::check),
    ("bundle", bundle::check),
    ("csv", collection::csv),
    ("detection", collection::detection),
    ("manifest", manifest::check),
    ("misp", collection::misp),
    ("stix", collection::stix),
    ("text", collection::text),
    ("threatq", collection::threatq),
    ("url", url::check),
    ("value", value::check),
];

/// Runs the target of this name; for the fuzzer's binaries.
///
/// # Panics
///
/// Where there is no such target, and where a property does not hold.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(known, _)| *known == name).expect("a target of this name");
    target(bytes);
}
