//! A moment as HTTP Archive writes it.

use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

const ISO_8601: &[BorrowedFormatItem<'static>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");

/// ISO 8601 with milliseconds, in UTC.
pub(crate) fn iso_8601(moment: SystemTime) -> String {
    let moment = OffsetDateTime::from(moment);
    moment.format(ISO_8601).unwrap_or_else(|_| "1970-01-01T00:00:00.000Z".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_moment_has_milliseconds_and_a_zone() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_micros(1_763_823_360_007_900);
        assert_eq!(iso_8601(moment), "2025-11-22T14:56:00.007Z");
        assert_eq!(iso_8601(SystemTime::UNIX_EPOCH), "1970-01-01T00:00:00.000Z");
    }
}
