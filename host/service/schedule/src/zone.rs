//! A time zone of the IANA database, and what the clock on its wall means. Unknown names are refused where they are read;
//! offsets such as `+02:00` are no zones, for they know no daylight saving.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone};
use serde::{Deserialize, Serialize};

use crate::ScheduleError;
use crate::error::shown;

/// A time zone of the IANA database.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

impl Zone {
    /// The zone of this name. Upper and lower case are the same.
    ///
    /// # Errors
    /// Where there is none.
    pub fn parse(name: &str) -> Result<Self, ScheduleError> {
        let bad = || ScheduleError::Zone { found: shown(name) };
        let rules = TimeZone::get(name.trim()).map_err(|_| bad())?;
        let name = rules.iana_name().ok_or_else(bad)?.to_owned();
        Ok(Self { name, rules })
    }

    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), rules: TimeZone::UTC }
    }

    /// Names of all zones that are known here, sorted.
    #[must_use]
    pub fn names() -> Vec<String> {
        let mut names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        names.sort_unstable();
        names
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first tick after `after` of a schedule that, on the clock of this zone, comes next at `next` of a time.
    pub(crate) fn next(
        &self,
        after: Timestamp,
        next: impl Fn(DateTime) -> Option<DateTime>,
    ) -> Option<Timestamp> {
        let mut shown = self.rules.to_datetime(after);
        loop {
            shown = next(shown)?;
            // Where the clock went back, what it shows for the second time has had its tick.
            let tick = self.moment(shown)?;
            if tick > after {
                return Some(tick);
            }
        }
    }

    /// The first moment at which the clock of this zone shows `time`, or a later one where it skips that.
    fn moment(&self, time: DateTime) -> Option<Timestamp> {
        match self.rules.to_ambiguous_timestamp(time).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(time).ok()
            }
            AmbiguousOffset::Gap { before, after } => {
                let before_gap = after.to_timestamp(time).ok()?;
                let end_of_gap = self.rules.following(before_gap).next().map(|gap| gap.timestamp());
                end_of_gap.or_else(|| before.to_timestamp(time).ok())
            }
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl TryFrom<String> for Zone {
    type Error = ScheduleError;

    fn try_from(name: String) -> Result<Self, ScheduleError> {
        Self::parse(&name)
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.name
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// Zones with clock changes of one hour, of half an hour, at midnight, against the seasons, over the date line, and none.
    const ZONES: [&str; 8] = [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "America/Santiago",
        "Africa/Casablanca",
        "Pacific/Apia",
        "Asia/Kathmandu",
        "UTC",
    ];

    proptest! {
        #[test]
        fn a_moment_is_the_first_at_which_the_clock_shows_the_time_or_more(
            zone in proptest::sample::select(&ZONES),
            minutes in 0..60 * 24 * 366 * 45_i64,
        ) {
            let zone = Zone::parse(zone).unwrap();
            let time = date(2000, 1, 1).at(0, 0, 0, 0) + jiff::SignedDuration::from_mins(minutes);
            let moment = zone.moment(time).unwrap();
            prop_assert!(zone.rules.to_datetime(moment) >= time);
            let just_before = moment - jiff::SignedDuration::from_nanos(1);
            prop_assert!(zone.rules.to_datetime(just_before) < time);
        }
    }

    #[test]
    fn a_day_that_the_date_line_swallowed_has_its_moment_when_the_next_begins() {
        let zone = Zone::parse("Pacific/Apia").unwrap();
        let moment = zone.moment(date(2011, 12, 30).at(10, 0, 0, 0)).unwrap();
        assert_eq!(zone.rules.to_datetime(moment), date(2011, 12, 31).at(0, 0, 0, 0));
    }

    #[test]
    fn names_are_those_of_the_database() {
        assert_eq!(Zone::parse("europe/BERLIN").unwrap().name(), "Europe/Berlin");
        assert_eq!(Zone::parse(" utc ").unwrap(), Zone::utc());
        for name in
            ["", "+02:00", "Europe/Berln", "CET-1CEST", "../../etc/passwd", "Etc/Unknown", "local", "\u{0}"]
        {
            let error = Zone::parse(name).unwrap_err();
            assert_eq!((error.code(), error.field()), ("schedule-zone-unknown", "zone"), "{name}");
        }
    }

    #[test]
    fn every_name_that_is_offered_is_a_zone() {
        let names = Zone::names();
        assert!(names.len() > 300 && names.iter().any(|name| name == "Europe/Berlin"));
        for name in names {
            assert_eq!(Zone::parse(&name).unwrap().name(), name);
        }
    }
}
