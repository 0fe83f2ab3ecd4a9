//! The columns of a CSV file.

/// What a column of a CSV file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// Values of indicators.
    Value,
    /// The type.
    Type,
    /// The status.
    Status,
    /// The score.
    Score,
    /// The description.
    Description,
    /// Tags.
    Tags,
    /// The identifier in the platform.
    Identifier,
}

impl ColumnRole {
    /// Its name: stable.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Type => "type",
            Self::Status => "status",
            Self::Score => "score",
            Self::Description => "description",
            Self::Tags => "tags",
            Self::Identifier => "identifier",
        }
    }
}

/// A column that a CSV file has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// What it is read as; none for a column whose cells become attributes.
    pub role: Option<ColumnRole>,
    /// Values of indicators in it that were not read as such.
    pub unread: u64,
}
