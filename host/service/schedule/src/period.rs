//! Periods that a schedule may have: the six of the orchestrator, and no other.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ScheduleError;
use crate::error::shown;

/// One hour.
const HOUR: u64 = 60 * 60;
/// One day of 24 hours, also where a clock change makes it 23 or 25.
const DAY: u64 = 24 * HOUR;

/// How long it is from one tick to the next, exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// Hourly.
    Hour,
    /// Every 6 hours.
    #[serde(rename = "6-hours")]
    SixHours,
    /// Every 24 hours.
    #[serde(rename = "24-hours")]
    TwentyFourHours,
    /// Every 2 days.
    #[serde(rename = "2-days")]
    TwoDays,
    /// Every 14 days.
    #[serde(rename = "14-days")]
    FourteenDays,
    /// Every 30 days.
    #[serde(rename = "30-days")]
    ThirtyDays,
}

impl Period {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 6] = [
        Self::Hour,
        Self::SixHours,
        Self::TwentyFourHours,
        Self::TwoDays,
        Self::FourteenDays,
        Self::ThirtyDays,
    ];

    /// As it stands in JSON and in a form.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::SixHours => "6-hours",
            Self::TwentyFourHours => "24-hours",
            Self::TwoDays => "2-days",
            Self::FourteenDays => "14-days",
            Self::ThirtyDays => "30-days",
        }
    }

    /// As it is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "Hourly",
            Self::SixHours => "Every 6 Hours",
            Self::TwentyFourHours => "Every 24 Hours",
            Self::TwoDays => "Every 2 Days",
            Self::FourteenDays => "Every 14 Days",
            Self::ThirtyDays => "Every 30 Days",
        }
    }

    /// How long it is.
    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_secs(match self {
            Self::Hour => HOUR,
            Self::SixHours => 6 * HOUR,
            Self::TwentyFourHours => DAY,
            Self::TwoDays => 2 * DAY,
            Self::FourteenDays => 14 * DAY,
            Self::ThirtyDays => 30 * DAY,
        })
    }

    /// The period of this key.
    ///
    /// # Errors
    /// Where there is none.
    pub fn parse(key: &str) -> Result<Self, ScheduleError> {
        Self::ALL
            .into_iter()
            .find(|period| period.key() == key.trim())
            .ok_or_else(|| ScheduleError::Period { found: shown(key) })
    }
}
