//! What can go wrong with the state.

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened, read or written.
    #[error("the state `{place}` cannot be used: {cause}")]
    Database {
        /// The file, or what was done.
        place: String,
        /// What the database said.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file is of another version of the product.
    #[error("the state `{place}` cannot be brought up to date: {cause}")]
    Migration {
        /// The file.
        place: String,
        /// What is wrong.
        cause: String,
    },
    /// A name is taken.
    #[error("there is a {what} named `{name}` already")]
    Taken {
        /// Of what kind.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// No such row.
    #[error("there is no {what} `{id}`")]
    Missing {
        /// Of what kind.
        what: &'static str,
        /// Identifier or name.
        id: String,
    },
    /// An edit began with an earlier version: nothing was written.
    #[error("the {what} has changed since it was read: expected version {expected}, found version {found}")]
    Changed {
        /// Of what kind.
        what: &'static str,
        /// The version that the edit began with.
        expected: crate::Version,
        /// The version that the state has; 0 if there is nothing.
        found: crate::Version,
    },
    /// A later activation has taken over: nothing was written.
    #[error("run {0} has been taken over by another activation")]
    Fenced(crate::RunId),
    /// A column holds what this version does not write.
    #[error("the state holds a `{column}` that this version does not understand: {cause}")]
    Content {
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// A file operation around the database.
    #[error("`{place}` cannot be used: {cause}")]
    File {
        /// The file.
        place: String,
        /// What the system said.
        cause: std::io::Error,
    },
}

impl StoreError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Database { .. } => "state-unusable",
            Self::Migration { .. } => "state-version",
            Self::Taken { .. } => "name-taken",
            Self::Missing { .. } => "not-found",
            Self::Changed { .. } => "version-mismatch",
            Self::Fenced(_) => "run-taken-over",
            Self::Content { .. } => "state-content",
            Self::File { .. } => "state-file",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Database { .. } | Self::File { .. } => {
                Some("check that the data directory exists, belongs to this user and has room")
            }
            Self::Changed { .. } => Some("read it again and repeat the change"),
            Self::Migration { .. } => Some("run the version of palisade that wrote it, or a newer one"),
            _ => None,
        }
    }

    /// No such row.
    #[must_use]
    pub fn missing(what: &'static str, id: impl ToString) -> Self {
        Self::Missing { what, id: id.to_string() }
    }
}
