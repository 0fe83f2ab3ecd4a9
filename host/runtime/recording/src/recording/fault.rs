//! Why a recording cannot be read.

use palisade_model::Setting;

/// Why a recording cannot be read. Every message names the file, and the place in it where there is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// More than is read.
    #[error("the recording `{name}` has {size} {unit}, {limit} are allowed")]
    TooLarge {
        /// The file.
        name: String,
        /// How many it has.
        size: u64,
        /// How many it may have.
        limit: u64,
        /// Of what: bytes or entries.
        unit: &'static str,
    },
    /// Not JSON.
    #[error("the recording `{name}` is not JSON, line {line}, column {column}: {cause}")]
    Syntax {
        /// The file.
        name: String,
        /// From 1 on.
        line: usize,
        /// In bytes, from 1 on; 0 where the line ends the file.
        column: usize,
        /// What the parser said.
        cause: String,
    },
    /// JSON of another form.
    #[error(
        "the recording `{name}` is not an HTTP archive, line {line}, column {column}, at `{path}`: {cause}"
    )]
    Form {
        /// The file.
        name: String,
        /// The place, as in `log.entries[3].request`.
        path: String,
        /// From 1 on.
        line: usize,
        /// In bytes, from 1 on.
        column: usize,
        /// What is missing or of another type.
        cause: String,
    },
    /// A value that makes no sense.
    #[error("the recording `{name}` cannot be replayed, at `{path}`: {cause}")]
    Value {
        /// The file.
        name: String,
        /// The place, as in `log.entries[3].request.url`.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl ReadError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "recording-too-large",
            Self::Syntax { .. } => "recording-syntax",
            Self::Form { .. } => "recording-form",
            Self::Value { .. } => "recording-value",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::TooLarge { .. } => "record fewer objects in one run".to_owned(),
            Self::Syntax { .. } | Self::Value { .. } => {
                format!("correct it there, or record again with {}", Setting::Record.with("FILE"))
            }
            Self::Form { .. } => format!(
                "expected HTTP Archive 1.2, as a run with {} or a browser's developer tools write it",
                Setting::Record.with("FILE")
            ),
        })
    }
}
