//! Schedules as texts: JSON, forms, words, messages.

use jiff::civil::Weekday;

use super::{cron, daily, weekly};
use crate::{Cron, Day, Form, Period, Schedule, Zone};

#[test]
fn json_is_flat_and_comes_back_as_it_was() {
    for (schedule, json) in [
        (Schedule::None, r#"{"kind":"none"}"#),
        (Schedule::Every { period: Period::Hour }, r#"{"kind":"every","period":"hour"}"#),
        (Schedule::Every { period: Period::SixHours }, r#"{"kind":"every","period":"6-hours"}"#),
        (daily("02:30", "Europe/Berlin"), r#"{"kind":"daily","at":"02:30","zone":"Europe/Berlin"}"#),
        (
            weekly(Day::Monday, "02:30", "Europe/Berlin"),
            r#"{"kind":"weekly","day":"monday","at":"02:30","zone":"Europe/Berlin"}"#,
        ),
        (cron(" 0  */4 * * *", "utc"), r#"{"kind":"cron","expression":"0 */4 * * *","zone":"UTC"}"#),
    ] {
        assert_eq!(serde_json::to_string(&schedule).unwrap(), json);
        assert_eq!(serde_json::from_str::<Schedule>(json).unwrap(), schedule);
        // As the state and the API hand it on.
        let value = serde_json::to_value(&schedule).unwrap();
        assert_eq!(serde_json::from_value::<Schedule>(value).unwrap(), schedule);
    }
}

#[test]
fn every_period_and_every_day_has_one_key() {
    for period in Period::ALL {
        assert_eq!(serde_json::to_value(period).unwrap(), period.key());
        assert_eq!(Period::parse(period.key()), Ok(period));
    }
    for day in Day::ALL {
        assert_eq!(serde_json::to_value(day).unwrap(), day.key());
        assert_eq!(Day::parse(day.name()), Ok(day));
    }
    assert_eq!(Day::Sunday.weekday(), Weekday::Sunday);
}

#[test]
fn json_that_means_nothing_is_refused() {
    for json in [
        "{}",
        r#"{"kind":"sometimes"}"#,
        r#"{"kind":"none","at":"02:30"}"#,
        r#"{"kind":"every"}"#,
        r#"{"kind":"every","period":"7-days"}"#,
        r#"{"kind":"every","period":"hour","zone":"UTC"}"#,
        r#"{"kind":"daily","at":"02:30"}"#,
        r#"{"kind":"daily","at":"02:30:00","zone":"UTC"}"#,
        r#"{"kind":"daily","at":"02:30","zone":"Europe/Atlantis"}"#,
        r#"{"kind":"daily","at":"02:30","zone":"UTC","day":"monday"}"#,
        r#"{"kind":"weekly","at":"02:30","zone":"UTC"}"#,
        r#"{"kind":"cron","expression":"* * * * *"}"#,
        r#"{"kind":"cron","expression":"0 0 31 2 *","zone":"UTC"}"#,
        r#"{"kind":"cron","expression":"0 0 1 2 *","zone":"UTC","at":"02:30"}"#,
    ] {
        assert!(serde_json::from_str::<Schedule>(json).is_err(), "{json}");
    }
}

#[test]
fn words_are_those_of_the_orchestrator() {
    let described: Vec<String> =
        Period::ALL.into_iter().map(|period| Schedule::Every { period }.describe()).collect();
    assert_eq!(
        described,
        ["Hourly", "Every 6 Hours", "Every 24 Hours", "Every 2 Days", "Every 14 Days", "Every 30 Days"]
    );
    assert_eq!(daily("2:30", "europe/berlin").describe(), "Daily at 02:30 (Europe/Berlin)");
    assert_eq!(
        weekly(Day::Monday, "02:30", "Europe/Berlin").describe(),
        "Weekly on Monday at 02:30 (Europe/Berlin)"
    );
    assert_eq!(cron("0 */4 * * *", "UTC").describe(), "Cron 0 */4 * * * (UTC)");
    assert_eq!(Schedule::None.describe(), "No Schedule");
}

#[test]
fn a_form_gives_what_its_kind_says_and_ignores_the_rest() {
    let form = Form {
        kind: "daily",
        period: "hour",
        day: "monday",
        at: "02:30",
        zone: "Europe/Berlin",
        expression: "nonsense",
    };
    assert_eq!(Schedule::from_form(&form).unwrap(), daily("02:30", "Europe/Berlin"));
    let of_kind = |kind| Schedule::from_form(&Form { kind, ..form });
    assert_eq!(of_kind("none").unwrap(), Schedule::None);
    assert_eq!(of_kind("every").unwrap(), Schedule::Every { period: Period::Hour });
    assert_eq!(of_kind("weekly").unwrap(), weekly(Day::Monday, "02:30", "Europe/Berlin"));
    let expression = "0 */4 * * *";
    let form = Form { kind: "cron", expression, ..form };
    assert_eq!(Schedule::from_form(&form).unwrap(), cron(expression, "Europe/Berlin"));
}

#[test]
fn a_form_that_means_nothing_names_its_field() {
    let good = Form {
        kind: "weekly",
        period: "hour",
        day: "monday",
        at: "02:30",
        zone: "UTC",
        expression: "* * * * *",
    };
    for (form, field, code) in [
        (Form::default(), "kind", "schedule-kind-invalid"),
        (Form { kind: "yearly", ..good }, "kind", "schedule-kind-invalid"),
        (Form { kind: "every", period: "", ..good }, "period", "schedule-period-invalid"),
        (Form { day: "someday", ..good }, "day", "schedule-day-invalid"),
        (Form { at: "25:00", ..good }, "at", "schedule-time-invalid"),
        (Form { zone: "", ..good }, "zone", "schedule-zone-unknown"),
        (Form { kind: "cron", expression: "@daily", ..good }, "expression", "schedule-cron-invalid"),
        (Form { kind: "cron", zone: "Moon", ..good }, "zone", "schedule-zone-unknown"),
    ] {
        let error = Schedule::from_form(&form).unwrap_err();
        assert_eq!((error.field(), error.code()), (field, code), "{form:?}");
        assert!(!error.to_string().is_empty() && !error.hint().is_empty());
    }
}

#[test]
fn a_bad_cron_expression_says_which_field_and_what_is_wrong_with_it() {
    for (expression, message) in [
        ("", "a cron expression has five fields, `` has 0"),
        ("* * * *", "a cron expression has five fields, `* * * *` has 4"),
        ("0 0 * * * UTC", "a cron expression has five fields, `0 0 * * * UTC` has 6"),
        (
            "0 25 * * *",
            "the hour `25` of the cron expression cannot be read: a value from 0 to 23 is expected, and found is 25",
        ),
        (
            "0 0 * * FRI-MON",
            "the day of week `FRI-MON` of the cron expression cannot be read: range must be in ascending order; found 5-1",
        ),
        ("é 0 * * *", "the minute `é` of the cron expression cannot be read: malformed expression"),
        ("0 0 30 2 *", "the cron expression `0 0 30 2 *` never comes: no date fits its days and months"),
        (
            "0 0 31 4,6,9,11 *",
            "the cron expression `0 0 31 4,6,9,11 *` never comes: no date fits its days and months",
        ),
    ] {
        let error = Cron::parse(expression, Zone::utc()).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.field()), (message, "expression"));
    }
    let long = vec!["0"; 300].join(",");
    let error = Cron::parse(&format!("{long} * * * *"), Zone::utc()).unwrap_err();
    assert_eq!(error.to_string(), "the cron expression has 607 bytes, 512 are allowed");
}
