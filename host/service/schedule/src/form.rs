//! A schedule as a form gives it: six texts, of which the kind says which ones count.

use crate::error::shown;
use crate::{Cron, Day, Period, Schedule, ScheduleError, TimeOfDay, Zone};

/// The fields of a form. Those that the kind does not need may hold anything: a form without script sends them all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form<'a> {
    /// `none`, `every`, `daily`, `weekly` or `cron`.
    pub kind: &'a str,
    /// Of `every`: the key of a [`Period`].
    pub period: &'a str,
    /// Of `weekly`: the key of a [`Day`].
    pub day: &'a str,
    /// Of `daily` and `weekly`: the time, as `02:30`.
    pub at: &'a str,
    /// Of `daily`, `weekly` and `cron`: the time zone.
    pub zone: &'a str,
    /// Of `cron`: the five fields.
    pub expression: &'a str,
}

impl Schedule {
    /// The schedule that a form means.
    ///
    /// # Errors
    /// Where a field that counts means nothing; the error names it.
    pub fn from_form(form: &Form<'_>) -> Result<Self, ScheduleError> {
        Ok(match form.kind.trim() {
            "none" => Self::None,
            "every" => Self::Every { period: Period::parse(form.period)? },
            "daily" => Self::Daily { at: TimeOfDay::parse(form.at)?, zone: Zone::parse(form.zone)? },
            "weekly" => Self::Weekly {
                day: Day::parse(form.day)?,
                at: TimeOfDay::parse(form.at)?,
                zone: Zone::parse(form.zone)?,
            },
            "cron" => Self::Cron(Cron::parse(form.expression, Zone::parse(form.zone)?)?),
            _ => return Err(ScheduleError::Kind { found: shown(form.kind) }),
        })
    }
}
