//! A time of day, to the minute. Seconds are refused: no schedule promises them.

use std::fmt;

use jiff::civil::Time;
use serde::{Deserialize, Serialize};

use crate::ScheduleError;
use crate::error::shown;

/// A time of day, to the minute, on the clock of some time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay(Time);

impl TimeOfDay {
    /// Reads `02:30`.
    ///
    /// # Errors
    /// Where it is no time of day, or has seconds.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let bad = || ScheduleError::Time { found: shown(text) };
        let (hour, minute) = text.trim().split_once(':').ok_or_else(bad)?;
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if !(1..=2).contains(&hour.len()) || minute.len() != 2 || !digits(hour) || !digits(minute) {
            return Err(bad());
        }
        let (hour, minute) = (hour.parse().map_err(|_| bad())?, minute.parse().map_err(|_| bad())?);
        Time::new(hour, minute, 0, 0).map(Self).map_err(|_| bad())
    }

    /// As the calendar calls it.
    pub(crate) const fn time(self) -> Time {
        self.0
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = ScheduleError;

    fn try_from(text: String) -> Result<Self, ScheduleError> {
        Self::parse(&text)
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> Self {
        time.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_day_are_read_to_the_minute() {
        for (text, shown) in [("02:30", "02:30"), ("2:30", "02:30"), (" 00:00 ", "00:00"), ("23:59", "23:59")]
        {
            assert_eq!(TimeOfDay::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn what_is_no_time_of_day_is_refused() {
        for text in [
            "", ":", "24:00", "12:60", "12", "12:5", "012:00", "1:2:3", "12:30:00", "+1:00", "-1:00", "½:00",
            "noon", "2:30 pm",
        ] {
            let error = TimeOfDay::parse(text).unwrap_err();
            assert_eq!((error.code(), error.field()), ("schedule-time-invalid", "at"), "{text}");
        }
    }
}
