//! A cron expression and its time zone. The crate `cronexpr` reads it and knows its calendar; what a clock change does is
//! decided here, as for every other schedule. What the parser does not know is refused, and so is what never comes.

use cronexpr::{Crontab, FallbackTimezoneOption, ParseOptions};
use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use palisade_limits as limits;
use serde::{Deserialize, Serialize};

use crate::error::shown;
use crate::{ScheduleError, Zone};

/// The five fields, as messages call them.
const PARTS: [&str; 5] = ["minute", "hour", "day of month", "month", "day of week"];

/// One search of `cronexpr` ends after these many years.
const YEARS_OF_A_SEARCH: i16 = 4;

/// No search begins later: `cronexpr` reckons with the years behind it, and the calendar ends with 9999.
const LAST_YEAR: i16 = 9_990;

/// A cron expression with its time zone, which comes at least once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Cron {
    expression: String,
    zone: Zone,
    /// The expression on a calendar without clock changes.
    table: Crontab,
    /// The same in any month, where it is needed for December.
    december: Option<Crontab>,
}

/// A cron expression as it stands in JSON.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    expression: String,
    zone: Zone,
}

impl Cron {
    /// Reads minute, hour, day of month, month and day of week.
    ///
    /// # Errors
    /// Where there are not five fields, one of them cannot be read, or no date fits them.
    pub fn parse(expression: &str, zone: Zone) -> Result<Self, ScheduleError> {
        if expression.len() as u64 > limits::CRON_EXPRESSION_BYTES {
            return Err(ScheduleError::CronTooLong { size: expression.len() });
        }
        let fields: Vec<&str> = expression.split_ascii_whitespace().collect();
        let &[minute, hour, day, month, weekday] = fields.as_slice() else {
            return Err(ScheduleError::CronFields { found: shown(expression), fields: fields.len() });
        };
        let expression = fields.join(" ");
        let table = read(&expression).map_err(|error| refused(&fields, &error))?;
        let months = read(&format!("0 0 1 {month} *")).map_err(|error| refused(&fields, &error))?;
        let last_days = day.contains('L') || weekday.contains('L');
        let first_of_december = date(2000, 12, 1).at(0, 0, 0, 0);
        let december =
            if last_days && find_next(&months, date(2000, 11, 1).at(0, 0, 0, 0)) == Some(first_of_december) {
                let any_month = format!("{minute} {hour} {day} * {weekday}");
                Some(read(&any_month).map_err(|error| refused(&fields, &error))?)
            } else {
                None
            };
        let cron = Self { expression, zone, table, december };
        // The years from 2000 on have every date on every day of the week.
        match cron.next_shown(date(2000, 1, 1).at(0, 0, 0, 0)) {
            Some(_) => Ok(cron),
            None => Err(ScheduleError::CronNever { found: shown(&cron.expression) }),
        }
    }

    /// The five fields, with one space between them.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The time zone.
    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The first tick after a moment.
    pub(crate) fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.zone.next(after, |shown| self.next_shown(shown))
    }

    /// The first time after `shown` that the expression names, whether a clock shows it or not.
    fn next_shown(&self, shown: DateTime) -> Option<DateTime> {
        let usual = self.next_usual(shown);
        let years = i16::try_from(limits::CRON_YEARS).unwrap_or(i16::MAX);
        let last_year = usual.map_or(shown.year().saturating_add(years), |usual| usual.year());
        let december = self.december.as_ref().and_then(|table| {
            (shown.year()..=last_year).find_map(|year| next_in_december(table, year, shown))
        });
        usual.into_iter().chain(december).min()
    }

    /// The same, without the last days of December.
    fn next_usual(&self, shown: DateTime) -> Option<DateTime> {
        let searches = usize::try_from(limits::CRON_YEARS).unwrap_or(usize::MAX) / YEARS_OF_A_SEARCH as usize;
        let later = |from: &DateTime| from.checked_add(Span::new().years(YEARS_OF_A_SEARCH)).ok();
        std::iter::successors(Some(shown), later)
            .take(searches)
            .take_while(|from| from.year() <= LAST_YEAR)
            .find_map(|from| find_next(&self.table, from))
    }
}

/// The first time after `shown` in December of a year. `cronexpr` takes a day for the last of its month if tomorrow's month
/// has a higher number, which never happens in December. So a January is asked that begins on the same day of the week.
fn next_in_december(table: &Crontab, year: i16, shown: DateTime) -> Option<DateTime> {
    let december = Date::new(year, 12, 1).ok()?;
    let january = (2001..2012)
        .filter_map(|year| Date::new(year, 1, 1).ok())
        .find(|january| january.weekday() == december.weekday())?;
    let from = if shown.date() >= december {
        january.with().day(shown.day()).build().ok()?.to_datetime(shown.time())
    } else {
        january.to_datetime(Time::midnight()).checked_sub(Span::new().minutes(1)).ok()?
    };
    let found = find_next(table, from).filter(|found| found.date() <= january.last_of_month())?;
    found.with().year(year).month(12).build().ok()
}

/// The first time after `from` that a table names, if it comes soon enough.
fn find_next(table: &Crontab, from: DateTime) -> Option<DateTime> {
    let from = Offset::UTC.to_timestamp(from).ok()?;
    table.find_next(from).ok().map(|found| found.datetime())
}

/// Reads five fields on a calendar without clock changes.
fn read(expression: &str) -> Result<Crontab, cronexpr::Error> {
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::UTC;
    cronexpr::parse_crontab_with(expression, options)
}

/// Which of the fields the parser refuses, and what it says: each is read by itself.
fn refused(fields: &[&str], error: &cronexpr::Error) -> ScheduleError {
    let by_itself = fields.iter().zip(PARTS).enumerate().find_map(|(place, (field, part))| {
        let mut alone = ["*"; PARTS.len()];
        *alone.get_mut(place)? = field;
        let error = read(&alone.join(" ")).err()?;
        Some((part, *field, error))
    });
    let (part, found, error) = match &by_itself {
        Some((part, found, error)) => (*part, shown(found), error),
        None => ("text", shown(&fields.join(" ")), error),
    };
    // The parser repeats the expression, points at a place in it, and then says what is wrong.
    let text = error.to_string();
    let cause = text.rsplit_once("^ ").map_or(text.as_str(), |(_, cause)| cause);
    ScheduleError::Cron { part, found, cause: shown(&in_words(cause)) }
}

/// What the parser says, without the notation that only its authors read: `value must be in range 0..=59; found 61`.
fn in_words(cause: &str) -> String {
    let range = cause.split_once("must be in range ").and_then(|(what, rest)| {
        let (range, found) = rest.split_once("; found ")?;
        let (least, most) = range.split_once("..=")?;
        Some(format!("a {} from {least} to {most} is expected, and found is {found}", what.trim()))
    });
    range.unwrap_or_else(|| cause.to_owned())
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.expression == other.expression && self.zone == other.zone
    }
}

impl Eq for Cron {}

impl TryFrom<Written> for Cron {
    type Error = ScheduleError;

    fn try_from(written: Written) -> Result<Self, ScheduleError> {
        Self::parse(&written.expression, written.zone)
    }
}

impl From<Cron> for Written {
    fn from(cron: Cron) -> Self {
        Self { expression: cron.expression, zone: cron.zone }
    }
}
