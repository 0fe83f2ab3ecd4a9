//! Finds a run's secrets in any text that comes from outside, in the usual encodings, and replaces them.
//!
//! ```text
//! text ──▶ spelling: literal, JSON, URL, HTML, quoted-printable, mixed and nested ──────▶ matches
//!   ├────▶ fragment: parts of a secret that is split over several texts ─────────────────────▶ matches
//!   └────▶ encoded: Base64, Base32, hexadecimal, UTF-16, numbers; decoded, searched again ────▶ matches
//! ```
//!
//! There is one [`Redactor`] for everything: responses before a component reads them, texts of a component before the
//! host keeps them, recordings before they are written.
//!
//! Denies by default: an ambiguous place is redacted, and a text that exceeds the search budget is withheld as a whole.
//!
//! No network, no files, no WebAssembly.

#![warn(missing_docs)]

mod encoded;
mod fragment;
mod matcher;
mod redactor;
mod spelling;

pub use redactor::{REDACTED, Redactor};
