//! When an entry of the block list expires: read from the service's text, or worked out from a number of days.
//!
//! How the service writes an expiry that never comes is documented nowhere: no text, an empty one and a date further ahead
//! than any that can be set all mean never. A text that is no date is taken for one that has passed, so that the entry
//! counts among those that go first.

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::limits;

/// When an entry expires; earlier ones are smaller, and never is the largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expiry {
    /// At this time.
    At(OffsetDateTime),
    /// Never, so that the service does not remove it by itself.
    Never,
}

impl Expiry {
    /// From `expiredDateTime` as the service wrote it, at the time `now`.
    pub fn read(text: Option<&str>, now: OffsetDateTime) -> Self {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Self::Never };
        match parse(text) {
            Some(at) if at - now > Duration::days(limits::NEVER_AFTER_DAYS) => Self::Never,
            Some(at) => Self::At(at),
            None => Self::At(OffsetDateTime::UNIX_EPOCH),
        }
    }

    /// Of what is sent at `now` with this `daysToExpiration`: −1 is never.
    pub fn after(days: i16, now: OffsetDateTime) -> Self {
        if days < 0 { Self::Never } else { Self::At(now.saturating_add(Duration::days(days.into()))) }
    }

    /// Whether the two are less than a day apart: the service counts from the moment of the submission, so that a
    /// submission that is made again moves it by hours at least.
    pub fn is_about(self, other: Self) -> bool {
        match (self, other) {
            (Self::At(one), Self::At(other)) => (one - other).abs() < Duration::DAY,
            (Self::Never, Self::Never) => true,
            _ => false,
        }
    }

    /// As the service would write it, or `never`.
    pub fn text(self) -> String {
        match self {
            Self::At(at) => {
                let whole = at.replace_nanosecond(0).unwrap_or(at);
                whole.format(&Rfc3339).unwrap_or_default()
            }
            Self::Never => "never".to_owned(),
        }
    }
}

/// A date as the service writes it; UTC where it names no zone, as some clients have seen it.
pub fn parse(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339)
        .or_else(|_| OffsetDateTime::parse(&[text, "Z"].concat(), &Rfc3339))
        .ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    #[test]
    fn every_way_to_write_never_is_never() {
        for text in [None, Some(""), Some("9999-12-31T23:59:59Z"), Some("2099-01-01T00:00:00Z")] {
            assert_eq!(Expiry::read(text, NOW), Expiry::Never, "{text:?}");
        }
    }

    #[test]
    fn a_date_without_a_zone_is_utc_and_no_date_goes_first() {
        let expected = Expiry::At(datetime!(2026-03-02 01:02:03 UTC));
        assert_eq!(Expiry::read(Some("2026-03-02T01:02:03Z"), NOW), expected);
        assert_eq!(Expiry::read(Some("2026-03-02T01:02:03"), NOW), expected);
        let soon = Expiry::At(NOW);
        assert!(Expiry::read(Some("soon"), NOW) < soon && soon < Expiry::Never);
    }

    #[test]
    fn never_is_more_than_ten_years_ahead() {
        let limit = NOW + Duration::days(limits::NEVER_AFTER_DAYS);
        let read = |at| Expiry::read(Some(&Expiry::At(at).text()), NOW);
        assert_eq!(read(limit), Expiry::At(limit));
        assert_eq!(read(limit + Duration::SECOND), Expiry::Never);
        assert_eq!(Expiry::after(0, NOW), Expiry::At(NOW));
    }

    #[test]
    fn a_text_has_whole_seconds() {
        assert_eq!(Expiry::At(NOW + Duration::milliseconds(1_500)).text(), "2026-01-31T12:00:01Z");
    }

    #[test]
    fn less_than_a_day_is_no_difference() {
        let at = |hours| Expiry::At(NOW + Duration::hours(hours));
        assert!(at(0).is_about(at(23)) && at(23).is_about(at(0)));
        assert!(!at(0).is_about(at(24)) && !at(24).is_about(at(0)));
        assert!(!at(0).is_about(Expiry::Never) && Expiry::Never.is_about(Expiry::Never));
    }

    #[test]
    fn days_become_the_dates_of_the_service() {
        assert_eq!(Expiry::after(30, NOW).text(), "2026-03-02T12:00:00Z");
        assert_eq!(Expiry::after(-1, NOW).text(), "never");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(days in 0i16..=365) {
            let expiry = Expiry::after(days, NOW);
            prop_assert_eq!(Expiry::read(Some(&expiry.text()), NOW), expiry);
        }
    }
}
