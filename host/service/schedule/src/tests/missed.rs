//! Where there is no next tick, and where ticks were missed.

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;

use super::{cron, daily, moment, weekly};
use crate::{Day, Due, Period, Schedule};

#[test]
fn no_schedule_has_no_tick() {
    let now = moment("2027-01-01T00:00:00Z");
    assert_eq!(Schedule::None.next(now, now), None);
    assert_eq!(Schedule::None.due(now, now, now), None);
    assert!(Schedule::None.upcoming(now, now, 3).is_empty());
    assert_eq!(Schedule::default(), Schedule::None);
}

#[test]
fn ticks_missed_while_the_service_was_stopped_give_one() {
    let anchor = moment("2027-01-01T00:00:00Z");
    let schedule = Schedule::Every { period: Period::Hour };
    let planned = moment("2027-01-01T01:00:00Z");
    assert_eq!(schedule.due(anchor, planned, moment("2027-01-01T00:59:59Z")), None);
    assert_eq!(schedule.due(anchor, planned, planned), Some(Due { tick: planned, missed: 0 }));
    assert_eq!(
        schedule.due(anchor, planned, moment("2027-01-01T05:59:59Z")),
        Some(Due { tick: moment("2027-01-01T05:00:00Z"), missed: 4 })
    );
    let second = moment("2027-01-01T02:00:00Z");
    assert_eq!(schedule.due(anchor, planned, second), Some(Due { tick: second, missed: 1 }), "to the moment");
    // Over a change of the clock, the time that it skips among them.
    let schedule = daily("02:30", "Europe/Berlin");
    assert_eq!(
        schedule.due(anchor, moment("2027-03-27T01:30:00Z"), moment("2027-03-30T00:00:00Z")),
        Some(Due { tick: moment("2027-03-29T00:30:00Z"), missed: 2 })
    );
}

#[test]
fn the_latest_tick_is_found_also_after_years_and_the_missed_ones_are_counted_up_to_a_limit() {
    let anchor = moment("2027-01-01T00:00:00Z");
    let every_minute = cron("* * * * *", "Europe/Berlin");
    let due = every_minute.due(anchor, moment("2027-01-01T00:01:00Z"), moment("2037-06-01T12:34:56Z"));
    let tick = moment("2037-06-01T12:34:00Z");
    assert_eq!(due, Some(Due { tick, missed: limits::MISSED_TICKS }));
    let seldom = cron("0 0 29 2 *", "UTC");
    let due = seldom.due(anchor, moment("2028-02-29T00:00:00Z"), moment("2061-01-01T00:00:00Z"));
    assert_eq!(due, Some(Due { tick: moment("2060-02-29T00:00:00Z"), missed: 8 }));
}

#[test]
fn a_planned_tick_is_kept_also_where_the_rules_of_the_zone_have_changed_since() {
    let anchor = moment("2027-01-01T00:00:00Z");
    let planned = moment("2027-01-02T00:00:00Z");
    let schedule = daily("02:30", "UTC");
    let due = schedule.due(anchor, planned, moment("2027-01-02T01:00:00Z"));
    assert_eq!(due, Some(Due { tick: planned, missed: 0 }));
}

#[test]
fn the_end_of_the_calendar_ends_the_ticks() {
    let schedules = [
        Schedule::Every { period: Period::ThirtyDays },
        daily("23:59", "Pacific/Kiritimati"),
        weekly(Day::Friday, "23:59", "America/Adak"),
        cron("59 23 L * *", "Europe/Berlin"),
        cron("* * * * *", "UTC"),
    ];
    for schedule in schedules {
        for after in
            [Timestamp::MAX, Timestamp::MAX - SignedDuration::from_hours(20), moment("9989-12-31T00:00:00Z")]
        {
            let _ = schedule.upcoming(Timestamp::MIN, after, 3);
            let _ = schedule.due(after, after, Timestamp::MAX);
        }
        assert_eq!(schedule.next(Timestamp::MIN, Timestamp::MAX), None, "{schedule:?}");
        assert!(schedule.next(Timestamp::MIN, Timestamp::MIN).is_some(), "{schedule:?}");
    }
}
