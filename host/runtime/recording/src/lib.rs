//! Evidence: what a run sent and what it was answered, as a file, and the same answers out of that file.
//!
//! ```text
//! attempts ──▶ Recorder ──▶ Redactor ──▶ HTTP Archive 1.2 ──▶ Recording ──▶ Replayer ──▶ answers, or a Difference
//! ```
//!
//! The file is HTTP Archive 1.2, which the developer tools of browsers open. What it says beyond that format stands in
//! fields that begin with `_`, as the format allows.
//!
//! Denies by default: a header that carries a credential is written as `[redacted]` without a look at its value, every
//! text is searched for the run's secrets before it is written, and a body that cannot be searched is not written. When
//! a run is replayed, a request gets an answer only if exactly that request was recorded and not yet used.
//!
//! No network and no WebAssembly: data in, data out.

#![warn(missing_docs)]

mod body;
mod differing;
mod exchange;
pub mod har;
mod moment;
mod nearest;
mod provenance;
mod recorder;
mod recording;
mod replayer;

pub use differing::{Difference, How};
pub use exchange::{Recorded, RecordedError};
pub use provenance::Provenance;
pub use recorder::{ABANDONED, Attempt, Recorder, Sent, Timings};
pub use recording::{ReadError, Recording};
pub use replayer::{MATCHED_HEADERS, Replayer};
