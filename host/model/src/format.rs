//! The formats by name.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A format that files of indicators come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// ThreatQ JSON: pages of `query/hash`, lists of them, lists of objects, JSON Lines.
    ThreatQ,
    /// STIX 2.0 and 2.1 bundles.
    Stix,
    /// MISP events.
    Misp,
    /// Comma, semicolon or tab separated values with a header.
    Csv,
    /// One value on each line.
    Text,
}

impl Format {
    /// All formats, in the order in which they are documented.
    pub const ALL: [Self; 5] = [Self::ThreatQ, Self::Stix, Self::Misp, Self::Csv, Self::Text];

    /// The name on the command line and in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ThreatQ => "threatq",
            Self::Stix => "stix",
            Self::Misp => "misp",
            Self::Csv => "csv",
            Self::Text => "text",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The name is not that of a format.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown format `{0}`, expected one of threatq, stix, misp, csv, text")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name().eq_ignore_ascii_case(name))
            .ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_found_by_its_name() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert_eq!("STIX".parse(), Ok(Format::Stix));
        assert!("xml".parse::<Format>().is_err());
    }
}
