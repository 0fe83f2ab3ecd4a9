//! Moments as people read them: how long ago, and in full for who points at it. The full one is always in the page.

use askama::filters::HtmlSafe;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment.
#[derive(Debug, Clone)]
pub struct Moment {
    short: String,
    full: String,
    machine: String,
}

impl Moment {
    /// A moment as it looks from `now`, in a zone.
    #[must_use]
    pub fn new(at: Timestamp, now: Timestamp, zone: &TimeZone) -> Self {
        let (there, here) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
        let short = if there.date() == here.date() {
            there.strftime("%H:%M:%S").to_string()
        } else if there.year() == here.year() {
            there.strftime("%-d %b %H:%M").to_string()
        } else {
            there.strftime("%-d %b %Y %H:%M").to_string()
        };
        Self { short, full: there.strftime("%A %-d %B %Y, %H:%M:%S %Z").to_string(), machine: at.to_string() }
    }
}

impl Moment {
    /// In full, with its zone, as text.
    #[must_use]
    pub fn full(&self) -> &str {
        &self.full
    }
}

impl std::fmt::Display for Moment {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { short, full, machine } = self;
        write!(formatter, r#"<time datetime="{machine}" title="{full}">{short}</time>"#)
    }
}

// Digits, names of days and months, and an abbreviation of a zone: none of them has a character that HTML knows.
impl HtmlSafe for Moment {}

/// How a page calls the zone of its times.
#[must_use]
pub fn zone_name(zone: &TimeZone, now: Timestamp) -> String {
    match zone.iana_name() {
        Some("UTC" | "Etc/UTC" | "Etc/UCT" | "Zulu") => "UTC".to_owned(),
        Some(name) => name.replace('_', " "),
        None => format!("UTC{}", now.to_zoned(zone.clone()).strftime("%:z")),
    }
}

/// How long ago, or in how long, in one unit.
#[must_use]
pub fn ago(at: &Timestamp, now: &Timestamp) -> String {
    let seconds = now.duration_since(*at).as_secs();
    let past = seconds >= 0;
    let seconds = seconds.unsigned_abs();
    let (count, unit) = match seconds {
        0..45 => return if past { "just now".to_owned() } else { "in a moment".to_owned() },
        45..3_600 => (seconds.div_ceil(60), "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if past { format!("{count} {unit}{plural} ago") } else { format!("in {count} {unit}{plural}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_as_much_as_is_needed() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let shown = |at: &str| Moment::new(at.parse().unwrap(), now, &TimeZone::UTC).short;
        assert_eq!(shown("2026-11-22T01:02:03Z"), "01:02:03");
        assert_eq!(shown("2026-11-21T01:02:03Z"), "21 Nov 01:02");
        assert_eq!(shown("2025-11-21T01:02:03Z"), "21 Nov 2025 01:02");
    }

    #[test]
    fn a_zone_is_called_by_a_name_that_people_know() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let named = |name: &str| zone_name(&TimeZone::get(name).unwrap(), now);
        assert_eq!(
            [named("America/New_York"), named("Etc/UTC"), zone_name(&TimeZone::UTC, now)],
            ["America/New York", "UTC", "UTC"]
        );
        assert_eq!(zone_name(&TimeZone::fixed(jiff::tz::offset(2)), now), "UTC+02:00");
    }

    #[test]
    fn how_long_ago_is_said_in_one_unit() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        for (at, said) in [
            ("2026-11-22T11:59:40Z", "just now"),
            ("2026-11-22T11:58:00Z", "2 minutes ago"),
            ("2026-11-22T10:59:00Z", "1 hour ago"),
            ("2026-11-25T12:00:00Z", "in 3 days"),
        ] {
            assert_eq!(ago(&at.parse().unwrap(), &now), said);
        }
    }
}
