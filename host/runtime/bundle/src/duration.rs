//! Durations as ISO 8601 writes them, without years and months: their length is not known.

use jiff::{Span, SpanRelativeTo};

/// What a duration has to be.
pub(crate) const EXPECTED: &str =
    "a duration in weeks, days, hours, minutes and seconds, for example `P30D` or `PT90M`";

/// Whether this is a day of the calendar as ISO 8601 writes it.
pub fn is_day(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok_and(|date| date.to_string() == text)
}

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

/// The seconds as a duration in days, hours, minutes and seconds.
pub fn text(seconds: u64) -> String {
    let days = [(seconds / 86_400, "D")];
    let time = [(seconds / 3_600 % 24, "H"), (seconds / 60 % 60, "M"), (seconds % 60, "S")];
    let written = |parts: &[(u64, &str)]| {
        parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count}{unit}"))
            .collect::<String>()
    };
    match (written(&days), written(&time)) {
        (days, time) if time.is_empty() && !days.is_empty() => format!("P{days}"),
        (_, time) if time.is_empty() => "PT0S".to_owned(),
        (days, time) => format!("P{days}T{time}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{seconds, text};

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

    #[test]
    fn a_duration_is_written_in_its_units() {
        for (count, expected) in
            [(0, "PT0S"), (90, "PT1M30S"), (5_400, "PT1H30M"), (2_592_000, "P30D"), (90_000, "P1DT1H")]
        {
            assert_eq!(text(count), expected);
            assert_eq!(seconds(expected), Some(count));
        }
    }
}
