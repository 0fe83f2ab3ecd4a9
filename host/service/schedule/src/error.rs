//! Why texts make no schedule. Each error names the field of the form that it is about; values are quoted on one line.

use palisade_limits as limits;

/// Characters of a value that a message repeats: more than any time, zone or usual cron expression has.
const SHOWN_CHARACTERS: usize = 80;

/// Why texts make no schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// Not a kind of schedule.
    #[error("`{found}` is not a kind of schedule")]
    Kind {
        /// The beginning of what was given.
        found: String,
    },
    /// Not a period.
    #[error("`{found}` is not a period of a schedule")]
    Period {
        /// The beginning of what was given.
        found: String,
    },
    /// Not a day of the week.
    #[error("`{found}` is not a day of the week")]
    Day {
        /// The beginning of what was given.
        found: String,
    },
    /// Not a time of day.
    #[error("`{found}` is not a time of day")]
    Time {
        /// The beginning of what was given.
        found: String,
    },
    /// Not a time zone.
    #[error("`{found}` is not a known time zone")]
    Zone {
        /// The beginning of what was given.
        found: String,
    },
    /// Not five fields.
    #[error("a cron expression has five fields, `{found}` has {fields}")]
    CronFields {
        /// The beginning of what was given.
        found: String,
        /// How many fields it has.
        fields: usize,
    },
    /// A cron expression past the limit.
    #[error("the cron expression has {size} bytes, {} are allowed", limits::CRON_EXPRESSION_BYTES)]
    CronTooLong {
        /// Its size.
        size: usize,
    },
    /// A field of a cron expression that the parser refuses.
    #[error("the {part} `{found}` of the cron expression cannot be read: {cause}")]
    Cron {
        /// Which field of the five.
        part: &'static str,
        /// The beginning of it.
        found: String,
        /// What the parser says.
        cause: String,
    },
    /// A cron expression that no date fits.
    #[error("the cron expression `{found}` never comes: no date fits its days and months")]
    CronNever {
        /// The beginning of it.
        found: String,
    },
}

impl ScheduleError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Kind { .. } => "schedule-kind-invalid",
            Self::Period { .. } => "schedule-period-invalid",
            Self::Day { .. } => "schedule-day-invalid",
            Self::Time { .. } => "schedule-time-invalid",
            Self::Zone { .. } => "schedule-zone-unknown",
            Self::CronFields { .. } | Self::CronTooLong { .. } | Self::Cron { .. } => "schedule-cron-invalid",
            Self::CronNever { .. } => "schedule-cron-never",
        }
    }

    /// Name of the field that it is about, in [`Form`](crate::Form) and in JSON.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Kind { .. } => "kind",
            Self::Period { .. } => "period",
            Self::Day { .. } => "day",
            Self::Time { .. } => "at",
            Self::Zone { .. } => "zone",
            Self::CronFields { .. }
            | Self::CronTooLong { .. }
            | Self::Cron { .. }
            | Self::CronNever { .. } => "expression",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Kind { .. } => "take `none`, `every`, `daily`, `weekly` or `cron`",
            Self::Period { .. } => "take `hour`, `6-hours`, `24-hours`, `2-days`, `14-days` or `30-days`",
            Self::Day { .. } => "take a day from `monday` to `sunday`",
            Self::Time { .. } => "give hours and minutes from `00:00` to `23:59`",
            Self::Zone { .. } => {
                "give a name of the IANA time zone database, such as `Europe/Berlin`, or `UTC`"
            }
            Self::CronFields { .. } => {
                "give minute, hour, day of month, month and day of week, such as `0 */4 * * *`; the time zone is not part of \
                 the expression"
            }
            Self::CronTooLong { .. } => "write ranges and steps, such as `9-17` and `*/5`, in place of lists",
            Self::Cron { .. } => {
                "a field is `*`, a number, a range such as `1-5`, a step such as `*/4`, or a list of these such as `0,30`"
            }
            Self::CronNever { .. } => "take a day that the month has",
        }
    }
}

/// The beginning of a text, on one line: what could disguise the rest is written out.
pub(crate) fn shown(text: &str) -> String {
    let mut characters = text.chars();
    let mut shown = String::new();
    for character in characters.by_ref().take(SHOWN_CHARACTERS) {
        if character.is_alphanumeric() || character.is_ascii_graphic() || character == ' ' {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    if characters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_repeats_is_short_and_on_one_line() {
        assert_eq!(shown("Europe/Bêrlin"), "Europe/Bêrlin");
        assert_eq!(shown("a\n\u{1b}b\u{202e}c"), "a\\u{a}\\u{1b}b\\u{202e}c");
        assert_eq!(shown(&"x".repeat(SHOWN_CHARACTERS + 1)), format!("{}…", "x".repeat(SHOWN_CHARACTERS)));
    }
}
