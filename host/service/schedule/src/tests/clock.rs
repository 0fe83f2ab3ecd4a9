//! Ticks beside the calendar and the clocks of the zones.

use jiff::SignedDuration;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::TimeZone;

use super::{cron, daily, moment, shown, weekly};
use crate::{Day, Period, Schedule};

#[test]
fn a_time_that_daylight_saving_skips_runs_when_the_clock_goes_on() {
    let after = "2027-03-27T00:00:00Z";
    let expected = ["2027-03-27 02:30 +01:00", "2027-03-28 03:00 +02:00", "2027-03-29 02:30 +02:00"];
    for schedule in [daily("02:30", "Europe/Berlin"), cron("30 2 * * *", "Europe/Berlin")] {
        assert_eq!(shown(&schedule, "Europe/Berlin", after, 3), expected, "{schedule:?}");
    }
    let expected = ["2027-03-28 03:00 +02:00", "2027-04-04 02:30 +02:00"];
    for schedule in [weekly(Day::Sunday, "02:30", "Europe/Berlin"), cron("30 2 * * SUN", "Europe/Berlin")] {
        assert_eq!(shown(&schedule, "Europe/Berlin", after, 2), expected, "{schedule:?}");
    }
    let expected = ["2027-03-14 03:00 -04:00", "2027-03-15 02:00 -04:00"];
    for schedule in [daily("02:00", "America/New_York"), cron("0 2 * * *", "America/New_York")] {
        assert_eq!(shown(&schedule, "America/New_York", "2027-03-13T12:00:00Z", 2), expected, "{schedule:?}");
    }
}

#[test]
fn a_time_that_the_clock_shows_twice_runs_the_first_time_only() {
    let after = "2027-10-30T12:00:00Z";
    let expected = ["2027-10-31 02:30 +02:00", "2027-11-01 02:30 +01:00"];
    for schedule in [daily("02:30", "Europe/Berlin"), cron("30 2 * * *", "Europe/Berlin")] {
        assert_eq!(shown(&schedule, "Europe/Berlin", after, 2), expected, "{schedule:?}");
    }
    let expected = ["2027-10-31 02:30 +02:00", "2027-11-07 02:30 +01:00"];
    for schedule in [weekly(Day::Sunday, "02:30", "Europe/Berlin"), cron("30 2 * * SUN", "Europe/Berlin")] {
        assert_eq!(shown(&schedule, "Europe/Berlin", after, 2), expected, "{schedule:?}");
    }
    let expected = ["2027-11-07 01:30 -04:00", "2027-11-08 01:30 -05:00"];
    for schedule in [daily("01:30", "America/New_York"), cron("30 1 * * *", "America/New_York")] {
        assert_eq!(shown(&schedule, "America/New_York", "2027-11-06T12:00:00Z", 2), expected, "{schedule:?}");
    }
}

#[test]
fn a_schedule_that_is_set_while_the_clock_shows_an_hour_for_the_second_time_begins_tomorrow() {
    // 02:15 in Berlin, for the second time.
    let after = "2027-10-31T01:15:00Z";
    for schedule in [daily("02:30", "Europe/Berlin"), cron("30 2 * * *", "Europe/Berlin")] {
        assert_eq!(shown(&schedule, "Europe/Berlin", after, 1), ["2027-11-01 02:30 +01:00"], "{schedule:?}");
    }
}

#[test]
fn a_cron_expression_that_comes_often_does_not_run_twice_where_the_clock_jumps() {
    let ticks = shown(&cron("*/30 * * * *", "Europe/Berlin"), "Europe/Berlin", "2027-03-28T00:15:00Z", 4);
    assert_eq!(
        ticks,
        [
            "2027-03-28 01:30 +01:00",
            "2027-03-28 03:00 +02:00",
            "2027-03-28 03:30 +02:00",
            "2027-03-28 04:00 +02:00"
        ]
    );
    let ticks = shown(&cron("*/30 * * * *", "Europe/Berlin"), "Europe/Berlin", "2027-10-30T23:45:00Z", 4);
    assert_eq!(
        ticks,
        [
            "2027-10-31 02:00 +02:00",
            "2027-10-31 02:30 +02:00",
            "2027-10-31 03:00 +01:00",
            "2027-10-31 03:30 +01:00"
        ]
    );
}

#[test]
fn a_clock_that_changes_by_half_an_hour_loses_and_doubles_nothing() {
    let zone = "Australia/Lord_Howe";
    // On 2027-10-03 at 02:00 the clock goes to 02:30; on 2027-04-04 at 02:00 it goes back to 01:30.
    for schedule in [daily("02:15", zone), cron("15 2 * * *", zone)] {
        let expected = ["2027-10-03 02:30 +11:00", "2027-10-04 02:15 +11:00"];
        assert_eq!(shown(&schedule, zone, "2027-10-02T12:00:00Z", 2), expected, "{schedule:?}");
    }
    for schedule in [daily("01:45", zone), cron("45 1 * * *", zone)] {
        let expected = ["2027-04-04 01:45 +11:00", "2027-04-05 01:45 +10:30"];
        assert_eq!(shown(&schedule, zone, "2027-04-03T12:00:00Z", 2), expected, "{schedule:?}");
    }
}

#[test]
fn periods_are_exact_and_counted_from_when_the_schedule_was_set() {
    let anchor = moment("2027-03-27T10:20:30.4Z");
    for (period, first, second) in [
        (Period::Hour, "2027-03-27T11:20:30.4Z", "2027-03-27T12:20:30.4Z"),
        (Period::SixHours, "2027-03-27T16:20:30.4Z", "2027-03-27T22:20:30.4Z"),
        (Period::TwentyFourHours, "2027-03-28T10:20:30.4Z", "2027-03-29T10:20:30.4Z"),
        (Period::TwoDays, "2027-03-29T10:20:30.4Z", "2027-03-31T10:20:30.4Z"),
        (Period::FourteenDays, "2027-04-10T10:20:30.4Z", "2027-04-24T10:20:30.4Z"),
        (Period::ThirtyDays, "2027-04-26T10:20:30.4Z", "2027-05-26T10:20:30.4Z"),
    ] {
        let schedule = Schedule::Every { period };
        let expected = [moment(first), moment(second)];
        assert_eq!(schedule.upcoming(anchor, anchor, 2), expected, "{period:?}");
        let before = anchor - SignedDuration::from_hours(1000);
        assert_eq!(schedule.upcoming(anchor, before, 2), expected, "{period:?}: no tick before it was set");
        assert_eq!(schedule.next(anchor, moment(first)), Some(moment(second)), "{period:?}");
    }
}

#[test]
fn a_leap_day_comes_when_there_is_one() {
    let ticks = shown(&cron("0 12 29 2 *", "UTC"), "UTC", "2027-01-01T00:00:00Z", 2);
    assert_eq!(ticks, ["2028-02-29 12:00 +00:00", "2032-02-29 12:00 +00:00"]);
    let ticks = shown(&cron("0 12 29 2 *", "UTC"), "UTC", "2096-03-01T00:00:00Z", 1);
    assert_eq!(ticks, ["2104-02-29 12:00 +00:00"], "2100 has none");
    let ticks = shown(&cron("0 12 29 2 */7", "UTC"), "UTC", "2088-03-01T00:00:00Z", 1);
    assert_eq!(ticks, ["2128-02-29 12:00 +00:00"], "the longest wait for a leap day that is a Sunday");
    let ticks = shown(&daily("12:00", "Europe/Berlin"), "Europe/Berlin", "2028-02-28T12:00:00Z", 2);
    assert_eq!(ticks, ["2028-02-29 12:00 +01:00", "2028-03-01 12:00 +01:00"]);
}

#[test]
fn the_last_day_of_a_month_comes_in_december_too() {
    let ticks = shown(&cron("0 9 L * *", "UTC"), "UTC", "2027-10-31T10:00:00Z", 4);
    let expected =
        ["2027-11-30", "2027-12-31", "2028-01-31", "2028-02-29"].map(|day| format!("{day} 09:00 +00:00"));
    assert_eq!(ticks, expected);
    let ticks = shown(&cron("0 9 * 11,12 FRIL", "UTC"), "UTC", "2027-10-31T10:00:00Z", 4);
    let expected =
        ["2027-11-26", "2027-12-31", "2028-11-24", "2028-12-29"].map(|day| format!("{day} 09:00 +00:00"));
    assert_eq!(ticks, expected);
    let ticks = shown(&cron("0,30 9 L 12 *", "UTC"), "UTC", "2027-12-31T09:00:00Z", 2);
    assert_eq!(ticks, ["2027-12-31 09:30 +00:00", "2028-12-31 09:00 +00:00"]);
    let ticks = shown(&cron("0 9 L 6 *", "UTC"), "UTC", "2027-10-31T10:00:00Z", 2);
    assert_eq!(ticks, ["2028-06-30 09:00 +00:00", "2029-06-30 09:00 +00:00"], "only where it is asked for");
}

/// Each day of twelve years against the plain words of `L`, `15W`, `5L` and `5#3`, which have edges in the calendar.
#[test]
fn days_of_cron_expressions_are_those_of_the_calendar() {
    let last = |day: jiff::civil::Date| day.day() == day.days_in_month();
    let last_friday =
        |day: jiff::civil::Date| day.weekday() == Weekday::Friday && day.day() + 7 > day.days_in_month();
    let third_friday =
        |day: jiff::civil::Date| day.weekday() == Weekday::Friday && (15..=21).contains(&day.day());
    let nearest_weekday = |day: jiff::civil::Date| {
        let middle = day.with().day(15).build().unwrap();
        let nearest = match middle.weekday() {
            Weekday::Saturday => 14,
            Weekday::Sunday => 16,
            _ => 15,
        };
        day.day() == nearest
    };
    let days: [(&str, &dyn Fn(Date) -> bool); 4] = [
        ("0 0 L * *", &last),
        ("0 0 * * 5L", &last_friday),
        ("0 0 * * 5#3", &third_friday),
        ("0 0 15W * *", &nearest_weekday),
    ];
    for (expression, fits) in days {
        let expected: Vec<_> =
            date(2024, 1, 1).series(jiff::Span::new().days(1)).take(4383).filter(|day| fits(*day)).collect();
        let start = moment("2023-12-31T23:59:59Z");
        let found: Vec<_> = cron(expression, "UTC")
            .upcoming(start, start, expected.len())
            .into_iter()
            .map(|tick| tick.to_zoned(TimeZone::UTC).date())
            .collect();
        assert_eq!(found, expected, "{expression}");
    }
}
