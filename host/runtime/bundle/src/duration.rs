//! Durations as ISO 8601 writes them, without years and months: their length is not known.

use jiff::{Span, SpanRelativeTo};

/// What a duration has to be.
pub(crate) const EXPECTED: &str =
    "a duration in weeks, days, hours, minutes and seconds, for example `P30D` or `PT90M`";

/// The seconds of a duration; `None` if the text is not one, is negative, or contains years, months or parts of a second.
pub fn seconds(text: &str) -> Option<u64> {
    if !text.starts_with('P') {
        return None;
    }
    let span: Span = text.parse().ok()?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (duration.subsec_nanos() == 0).then(|| u64::try_from(duration.as_secs()).ok())?
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_duration_has_a_known_length() {
        for (text, expected) in [
            ("PT1S", Some(1)),
            ("PT90M", Some(5_400)),
            ("P1DT1H", Some(90_000)),
            ("P2W", Some(1_209_600)),
            ("P30D", Some(2_592_000)),
            ("P1M", None),
            ("P1Y", None),
            ("PT0.5S", None),
            ("-PT1S", None),
            ("30d", None),
            ("P", None),
            ("", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
