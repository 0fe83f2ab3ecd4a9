//! A schedule in a form: the choices that ThreatQ's orchestrator offers in one list, and beside them the fields that some of them
//! need. What the kind does not need is kept and has no part.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use palisade_schedule::{Day, Form, Period, Schedule, Zone};
use serde_json::Value;

use crate::Fault;
use crate::console::wording::sentence;
use crate::view::{Choice, Field, Frame, Moment};

/// What stands before the key of a period.
const EVERY: &str = "every:";

/// What the state holds as a schedule; it was one when it was written.
pub(in crate::console) fn read_schedule(value: &Value) -> Schedule {
    serde_json::from_value(value.clone()).unwrap_or_default()
}

/// A tick on the clock that its schedule goes by.
pub(in crate::console) fn tick(frame: &Frame, schedule: &Schedule, at: Timestamp) -> Moment {
    let named = match schedule {
        Schedule::None | Schedule::Every { .. } => None,
        Schedule::Daily { zone, .. } | Schedule::Weekly { zone, .. } => Some(zone),
        Schedule::Cron(cron) => Some(cron.zone()),
    };
    let zone = named.and_then(|zone| TimeZone::get(zone.name()).ok());
    Moment::new(at, frame.now, zone.as_ref().unwrap_or(&frame.zone))
}

/// The fields as they were entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scheduling {
    pub(super) kind: String,
    pub(super) day: String,
    pub(super) at: String,
    pub(super) zone: String,
    pub(super) expression: String,
}

impl Scheduling {
    /// What a new workflow begins with.
    pub(super) fn new(zone: &TimeZone) -> Self {
        Self {
            kind: "none".to_owned(),
            day: Day::Monday.key().to_owned(),
            at: "02:30".to_owned(),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            expression: "30 2 * * 1-5".to_owned(),
        }
    }

    /// The fields of a schedule that there is.
    pub(super) fn of(schedule: &Schedule, zone: &TimeZone) -> Self {
        let new = Self::new(zone);
        match schedule {
            Schedule::None => new,
            Schedule::Every { period } => Self { kind: format!("{EVERY}{}", period.key()), ..new },
            Schedule::Daily { at, zone } => {
                Self { kind: "daily".to_owned(), at: at.to_string(), zone: zone.to_string(), ..new }
            }
            Schedule::Weekly { day, at, zone } => Self {
                kind: "weekly".to_owned(),
                day: day.key().to_owned(),
                at: at.to_string(),
                zone: zone.to_string(),
                ..new
            },
            Schedule::Cron(cron) => Self {
                kind: "cron".to_owned(),
                expression: cron.expression().to_owned(),
                zone: cron.zone().to_string(),
                ..new
            },
        }
    }

    /// The schedule that is meant.
    pub(super) fn schedule(&self) -> Result<Schedule, Fault> {
        let (kind, period) = match self.kind.strip_prefix(EVERY) {
            Some(period) => ("every", period),
            None => (self.kind.as_str(), ""),
        };
        let form = Form {
            kind,
            period,
            day: &self.day,
            at: &self.at,
            zone: &self.zone,
            expression: &self.expression,
        };
        if kind == "cron" && self.expression.trim().is_empty() {
            let wanted =
                "Enter an expression of five fields, such as `30 2 * * 1-5` for 02:30 from Monday to Friday.";
            return Err(Fault::new("expression", wanted));
        }
        Schedule::from_form(&form).map_err(|error| {
            let field = if error.field() == "period" { "kind" } else { error.field() };
            Fault::new(field, format!("{} {}", sentence(&error.to_string()), sentence(error.hint())))
        })
    }

    /// The list of choices.
    pub(super) fn choice(&self, faults: &[Fault]) -> Field {
        let mut kinds = vec![Choice::new("none", "No Schedule")];
        let period = |period: &Period| Choice::new(format!("{EVERY}{}", period.key()), period.name());
        kinds.extend(Period::ALL.iter().map(period));
        kinds.push(Choice::new("daily", "Daily at a time"));
        kinds.push(Choice::new("weekly", "Weekly on a day"));
        kinds.push(Choice::new("cron", "Cron expression"));
        Field::select("kind", "Run Schedule", kinds)
            .value(&self.kind)
            .required()
            .help("Periods start when the schedule is saved. Without a schedule, it runs on request only.")
            .faults(faults)
    }

    /// What some of the choices need besides, each with the class that says which.
    pub(super) fn details(&self, faults: &[Fault]) -> Vec<(&'static str, Field)> {
        let days = Day::ALL.iter().map(|day| Choice::new(day.key(), day.name())).collect();
        let fields = [
            ("for-weekly", Field::select("day", "Day", days).value(&self.day)),
            (
                "for-daily for-weekly",
                Field::new(crate::view::Kind::Line("time"), "at", "Time").value(&self.at),
            ),
            (
                "for-cron",
                Field::text("expression", "Cron expression")
                    .value(&self.expression)
                    .help("Minute, hour, day of the month, month, day of the week.")
                    .attribute("autocomplete", "off"),
            ),
            (
                "for-daily for-weekly for-cron",
                Field::text("zone", "Time zone")
                    .value(&self.zone)
                    .help("Such as Europe/Berlin. Follows clock changes.")
                    .attribute("list", "zones")
                    .attribute("autocomplete", "off"),
            ),
        ];
        fields.into_iter().map(|(class, field)| (class, field.required().faults(faults))).collect()
    }

    /// The names that the field of the zone offers.
    pub(super) fn zones() -> Vec<String> {
        Zone::names()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schedule_comes_back_from_its_fields() {
        for text in [
            r#"{"kind":"none"}"#,
            r#"{"kind":"every","period":"6-hours"}"#,
            r#"{"kind":"daily","at":"02:30","zone":"Europe/Berlin"}"#,
            r#"{"kind":"weekly","day":"friday","at":"23:00","zone":"UTC"}"#,
            r#"{"kind":"cron","expression":"*/15 * * * *","zone":"Asia/Tokyo"}"#,
        ] {
            let schedule: Schedule = serde_json::from_str(text).unwrap();
            let fields = Scheduling::of(&schedule, &TimeZone::UTC);
            assert_eq!(fields.schedule().unwrap(), schedule, "{text}");
        }
    }

    #[test]
    fn a_number_beyond_its_field_is_told_in_words() {
        let said = |expression: &str| {
            let new = Scheduling::new(&TimeZone::UTC);
            let fields = Scheduling { kind: "cron".to_owned(), expression: expression.to_owned(), ..new };
            fields.schedule().unwrap_err().message
        };
        let minute = "The minute `61` of the cron expression cannot be read: a value from 0 to 59 is expected, and found is 61. ";
        assert!(said("61 * * * *").starts_with(minute), "{}", said("61 * * * *"));
        assert!(said(" ").starts_with("Enter an expression"));
        for expression in ["61 * * * *", "*/90 * * * *", "1-x * * * *"] {
            assert!(!said(expression).contains("..="), "{}", said(expression));
        }
    }

    #[test]
    fn what_means_nothing_names_its_field() {
        let new = Scheduling::new(&TimeZone::UTC);
        for (kind, at, zone, expression, field) in [
            ("every:fortnight", "", "", "", "kind"),
            ("sometimes", "", "", "", "kind"),
            ("daily", "25:00", "UTC", "", "at"),
            ("daily", "02:30", "Mars", "", "zone"),
            ("cron", "", "UTC", "nonsense", "expression"),
        ] {
            let [kind, at, zone, expression] = [kind, at, zone, expression].map(str::to_owned);
            let fields = Scheduling { kind, at, zone, expression, ..new.clone() };
            assert_eq!(fields.schedule().unwrap_err().field, field);
        }
    }
}
