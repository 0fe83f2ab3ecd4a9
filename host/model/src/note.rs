//! What a reader of CSV or text noticed about a file beyond its records: counted, and said in warnings.

/// One thing that was noticed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Note {
    /// A column whose cells hold values that were not read, with the type of most of them.
    Column {
        /// The column as the file names it.
        name: String,
    },
    /// A cell holds a value of another type than its column is named after, and was read by what it is.
    OtherType {
        /// The column as the file names it.
        name: String,
    },
    /// A cell of an expiry that is not a date that can be read.
    NotATime {
        /// The column as the file names it.
        name: String,
    },
    /// A score that is not a number.
    NotANumber,
    /// A score beyond ThreatQ's scale of 0 to 10.
    OtherScale,
    /// A line that is not UTF-8, and was read as Windows-1252.
    Encoding,
}

impl Note {
    /// The sentence for `count` occurrences, lower case, without a full stop and the file's name.
    pub(crate) fn sentence(&self, count: u64) -> String {
        let counted =
            |one: &str, several: &str| format!("{count} {}", if count == 1 { one } else { several });
        match self {
            Self::Column { name } => format!(
                "the column `{name}` holds {} that {} not read; name the columns to read to include {}",
                counted("value", "values"),
                if count == 1 { "was" } else { "were" },
                if count == 1 { "it" } else { "them" },
            ),
            Self::OtherType { name } => format!(
                "the column `{name}` holds {} of another type, read by {} content",
                counted("value", "values"),
                if count == 1 { "its" } else { "their" },
            ),
            Self::NotATime { name } => format!(
                "{} a `{name}` that is not a date; expected a date such as `2026-01-31`, read as not expired",
                counted("record has", "records have")
            ),
            Self::NotANumber => {
                format!("{} not a number; read without a score", counted("score is", "scores are"))
            }
            Self::OtherScale => format!(
                "{} outside the scale from 0 to 10; read without a score",
                counted("score is", "scores are")
            ),
            Self::Encoding => {
                format!("{} not valid UTF-8; read as Windows-1252", counted("line is", "lines are"))
            }
        }
    }
}
