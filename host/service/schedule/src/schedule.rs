//! A schedule, and the ticks that it means. One without a tick has none: nothing runs unless it is asked to.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{Cron, Day, Period, TimeOfDay, Zone};

/// When a workflow runs by itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Schedule {
    /// Never.
    #[default]
    #[serde(deserialize_with = "nothing_else")]
    None,
    /// Again and again, counted from when the schedule was set.
    Every {
        /// How long it is from one tick to the next.
        period: Period,
    },
    /// Every day.
    Daily {
        /// The time, on the clock of `zone`.
        at: TimeOfDay,
        /// The time zone.
        zone: Zone,
    },
    /// Every week.
    Weekly {
        /// The day.
        day: Day,
        /// The time, on the clock of `zone`.
        at: TimeOfDay,
        /// The time zone.
        zone: Zone,
    },
    /// As a cron expression says.
    Cron(Cron),
}

/// The derived code would let any field pass beside a variant that has none.
fn nothing_else<'input, D: Deserializer<'input>>(deserializer: D) -> Result<(), D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}
    Nothing::deserialize(deserializer).map(|Nothing {}| ())
}

impl Schedule {
    /// The first tick after `after`. Ticks begin after `anchor`, when the schedule was set: periods are counted from it.
    #[must_use]
    pub fn next(&self, anchor: Timestamp, after: Timestamp) -> Option<Timestamp> {
        let after = after.max(anchor);
        match self {
            Self::None => None,
            Self::Every { period } => next_of_period(*period, anchor, after),
            Self::Daily { at, zone } => zone.next(after, |shown| {
                let today = shown.date().to_datetime(at.time());
                if today > shown { Some(today) } else { days_later(shown.date(), 1, *at) }
            }),
            Self::Weekly { day, at, zone } => zone.next(after, |shown| {
                let days = shown.date().weekday().until(day.weekday());
                let this_week = days_later(shown.date(), days, *at)?;
                if this_week > shown { Some(this_week) } else { days_later(shown.date(), days + 7, *at) }
            }),
            Self::Cron(cron) => cron.next(after),
        }
    }

    /// The next `count` ticks after `after`, as they are shown.
    #[must_use]
    pub fn upcoming(&self, anchor: Timestamp, after: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next(anchor, after), |tick| self.next(anchor, *tick)).take(count).collect()
    }

    /// In words, as they are shown.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::None => "No Schedule".to_owned(),
            Self::Every { period } => period.name().to_owned(),
            Self::Daily { at, zone } => format!("Daily at {at} ({zone})"),
            Self::Weekly { day, at, zone } => format!("Weekly on {} at {at} ({zone})", day.name()),
            Self::Cron(cron) => format!("Cron {} ({})", cron.expression(), cron.zone()),
        }
    }
}

/// The first of the moments `anchor` + 1, 2, 3, ... periods that is after `after`, which is not before `anchor`.
fn next_of_period(period: Period, anchor: Timestamp, after: Timestamp) -> Option<Timestamp> {
    let period = i128::try_from(period.duration().as_nanos()).ok()?;
    let anchor = anchor.as_nanosecond();
    let passed = (after.as_nanosecond() - anchor) / period;
    Timestamp::from_nanosecond(anchor + (passed + 1) * period).ok()
}

/// A time some days after a date.
fn days_later(date: Date, days: i8, at: TimeOfDay) -> Option<DateTime> {
    Some(date.checked_add(jiff::Span::new().days(days)).ok()?.to_datetime(at.time()))
}
