//! A span of time in the address of a list: one that goes back from now, or two moments. Moments are typed in the viewer's zone,
//! which the page's script adds to the form, else in the zone of the service. Links have them with their zone.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::{Choice, Field, Kind};
use crate::Fault;

/// A span that goes back from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Period {
    /// 24 hours.
    #[default]
    Day,
    /// 7 days.
    Week,
    /// 30 days.
    Month,
}

impl Period {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Its name in an address.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Day => "Last 24 hours",
            Self::Week => "Last 7 days",
            Self::Month => "Last 30 days",
        }
    }

    /// The one of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == name)
    }

    /// When it began.
    #[must_use]
    pub fn begin(self, now: Timestamp) -> Timestamp {
        let hours = match self {
            Self::Day => 24,
            Self::Week => 7 * 24,
            Self::Month => 30 * 24,
        };
        now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(now)
    }
}

/// A moment as people type it: with a zone of its own, or in this one. A day alone is its beginning.
#[must_use]
pub fn typed_moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let there = || text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    text.parse::<Timestamp>().ok().or_else(there)
}

/// A moment as a field of HTML has it; whole minutes have no seconds.
#[must_use]
pub fn local_moment(at: Timestamp, zone: &TimeZone) -> String {
    let there = at.to_zoned(zone.clone());
    let format = if there.second() == 0 { "%Y-%m-%dT%H:%M" } else { "%Y-%m-%dT%H:%M:%S" };
    there.strftime(format).to_string()
}

/// What an address says about time: texts as they came.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a> {
    /// The name of a period.
    pub period: &'a str,
    /// A moment.
    pub from: &'a str,
    /// A moment.
    pub to: &'a str,
    /// The name of a zone.
    pub zone: &'a str,
}

/// A span of time.
#[derive(Debug, Clone, Default)]
pub struct Span {
    /// Goes back from now.
    pub period: Option<Period>,
    /// Its typed beginning.
    typed_from: Option<Timestamp>,
    /// Its beginning: the later one of both.
    pub from: Option<Timestamp>,
    /// Its end.
    pub to: Option<Timestamp>,
    /// What cannot be read, by field.
    pub faults: Vec<Fault>,
    /// The fields as they are filled in again.
    shown: [String; 2],
}

impl Span {
    /// What an address says.
    #[must_use]
    pub fn of(typed: Typed<'_>, now: Timestamp, zone: &TimeZone) -> Self {
        let zone = TimeZone::get(typed.zone).unwrap_or_else(|_| zone.clone());
        let mut span = Self::default();
        let period = typed.period.trim();
        if !period.is_empty() {
            span.period = Period::named(period);
            if span.period.is_none() {
                let known: Vec<&str> = Period::ALL.iter().map(|one| one.name()).collect();
                let message = format!("Expected one of {}, found “{period}”.", known.join(", "));
                span.faults.push(Fault::new("period", message));
            }
        }
        let mut moment = |name: &str, text: &str| {
            let text = text.trim();
            if text.is_empty() {
                return (None, String::new());
            }
            let at = typed_moment(text, &zone);
            if at.is_none() {
                let message = format!("Expected a date and a time such as 2026-11-22T08:00, found “{text}”.");
                span.faults.push(Fault::new(name, message));
            }
            (at, at.map_or_else(|| text.to_owned(), |at| local_moment(at, &zone)))
        };
        let (from, shown_from) = moment("from", typed.from);
        let (to, shown_to) = moment("to", typed.to);
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            span.faults.push(Fault::new("to", "Expected a time after the start."));
        }
        span.shown = [shown_from, shown_to];
        span.typed_from = from;
        span.from = from.max(span.period.map(|period| period.begin(now)));
        span.to = to;
        span
    }

    /// Whether it leaves something out.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    /// Whether moments were typed.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.shown.iter().any(|text| !text.is_empty())
    }

    /// What the address of another page of the list says: moments with their zone.
    #[must_use]
    pub fn parameters(&self) -> [(&'static str, String); 3] {
        let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
        [
            ("period", self.period.map(|period| period.name().to_owned()).unwrap_or_default()),
            ("from", at(self.typed_from)),
            ("to", at(self.to)),
        ]
    }

    /// The choice of a period. `label` says what happened within it.
    #[must_use]
    pub fn period_field(&self, label: &str) -> Field {
        let any = Choice::new("", "Any time");
        let periods = Period::ALL.iter().map(|period| Choice::new(period.name(), period.title()));
        Field::select("period", label, std::iter::once(any).chain(periods).collect())
            .value(self.period.map(Period::name).unwrap_or_default())
            .unmarked()
            .faults(&self.faults)
    }

    /// The fields of the two moments.
    #[must_use]
    pub fn moment_fields(&self) -> [Field; 2] {
        let [from, to] = &self.shown;
        let field = |name: &str, label: &str, shown: &str, at: Option<Timestamp>| {
            let field = Field::new(Kind::Line("datetime-local"), name, label).value(shown);
            let field =
                if shown.len() > "2026-11-22T08:00".len() { field.attribute("step", "1") } else { field };
            // The page's script shows it in the viewer's zone.
            let field = match at {
                Some(at) => field.attribute("data-at", at.to_string()),
                None => field,
            };
            field.unmarked().faults(&self.faults)
        };
        [field("from", "From", from, self.typed_from), field("to", "Before", to, self.to)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn span(period: &str, from: &str, to: &str, zone: &str) -> Span {
        Span::of(Typed { period, from, to, zone }, now(), &TimeZone::UTC)
    }

    #[test]
    fn a_period_goes_back_from_now_and_moments_narrow_it() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(span("24h", "", "", "").from, Some(at("2026-11-21T12:00:00Z")));
        assert_eq!(span("30d", "2026-11-20T00:00", "", "").from, Some(at("2026-11-20T00:00:00Z")));
        assert_eq!(span("7d", "2020-01-01", "", "").from, Some(at("2026-11-15T12:00:00Z")));
        let typed = span("", "2026-11-20T08:00", "2026-11-20T09:00:30", "Europe/Berlin");
        assert_eq!(
            (typed.from, typed.to),
            (Some(at("2026-11-20T07:00:00Z")), Some(at("2026-11-20T08:00:30Z")))
        );
        assert_eq!(typed.shown, ["2026-11-20T08:00", "2026-11-20T09:00:30"]);
        assert!(typed.moment_fields()[1].to_string().contains("step=\"1\""));
        // Another page of the list needs no zone.
        let [_, (_, from), (_, to)] = typed.parameters();
        let again = span("", &from, &to, "");
        assert_eq!((again.from, again.to), (typed.from, typed.to));
        assert!(!span("", " ", "", "nowhere").is_narrow());
    }

    #[test]
    fn what_cannot_be_read_is_said_by_field_and_filters_nothing() {
        for (period, from, to, field) in [
            ("1y", "", "", "period"),
            ("", "yesterday", "", "from"),
            ("", "", "2026-13-01", "to"),
            ("", "2026-11-22", "2026-11-20", "to"),
        ] {
            let span = span(period, from, to, "");
            assert_eq!(span.faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), [field]);
        }
        assert!(!span("1y", "yesterday", "", "").is_narrow());
    }
}
