//! What holds of every schedule at every moment.

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::{Cron, Day, Due, Period, Schedule, TimeOfDay, Zone};

/// Any schedule that has ticks.
fn any_schedule() -> impl Strategy<Value = Schedule> {
    const ZONES: &[&str] = &[
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/Santiago",
        "UTC",
    ];
    let zone = proptest::sample::select(ZONES).prop_map(|zone| Zone::parse(zone).unwrap());
    let at =
        (0..24, 0..60).prop_map(|(hour, minute)| TimeOfDay::parse(&format!("{hour}:{minute:02}")).unwrap());
    const EXPRESSIONS: &[&str] = &[
        "* * * * *",
        "*/7 * * * *",
        "30 2 * * *",
        "0 0-3 * * SUN",
        "15 1,2 L,15W * *",
        "0 0 29 2 *",
        "59 23 * 12 5L",
    ];
    prop_oneof![
        proptest::sample::select(&Period::ALL).prop_map(|period| Schedule::Every { period }),
        (at.clone(), zone.clone()).prop_map(|(at, zone)| Schedule::Daily { at, zone }),
        (proptest::sample::select(&Day::ALL), at, zone.clone())
            .prop_map(|(day, at, zone)| Schedule::Weekly { day, at, zone }),
        (proptest::sample::select(EXPRESSIONS), zone)
            .prop_map(|(expression, zone)| Schedule::Cron(Cron::parse(expression, zone).unwrap())),
    ]
}

/// Any moment of the years from 2000 to 2045, to the millisecond.
fn any_moment() -> impl Strategy<Value = Timestamp> {
    (946_684_800_000..2_366_841_600_000_i64).prop_map(|millis| Timestamp::from_millisecond(millis).unwrap())
}

proptest! {
    #[test]
    fn ticks_only_go_on(schedule in any_schedule(), anchor in any_moment(), after in any_moment()) {
        let mut last = after.max(anchor);
        for tick in schedule.upcoming(anchor, after, 20) {
            prop_assert!(tick > last);
            last = tick;
        }
        prop_assert!(last > after, "every schedule goes on");
    }

    #[test]
    fn nothing_lies_between_a_moment_and_its_next_tick(
        schedule in any_schedule(), after in any_moment(), part in 0.0..1.0_f64,
    ) {
        let next = schedule.next(after, after).unwrap();
        let between = after.as_millisecond() + ((next - after).get_seconds() as f64 * 1000.0 * part) as i64;
        let between = Timestamp::from_millisecond(between.min(next.as_millisecond() - 1)).unwrap();
        prop_assert_eq!(schedule.next(after, between.max(after)), Some(next));
    }

    #[test]
    fn what_is_due_is_the_last_of_the_ticks_up_to_now(
        schedule in any_schedule(), anchor in any_moment(), count in 1..40_usize,
    ) {
        let ticks = schedule.upcoming(anchor, anchor, count + 1);
        let now = ticks[count] - SignedDuration::from_nanos(1);
        let due = schedule.due(anchor, ticks[0], now);
        prop_assert_eq!(due, Some(Due { tick: ticks[count - 1], missed: count as u64 - 1 }));
    }

    #[test]
    fn any_schedule_comes_back_from_json(schedule in any_schedule()) {
        let json = serde_json::to_string(&schedule).unwrap();
        prop_assert_eq!(serde_json::from_str::<Schedule>(&json).unwrap(), schedule);
    }

    #[test]
    fn no_text_breaks_the_reader_of_cron_expressions(text in "[0-9*,/#LWHJANSU \\-]{0,30}|.{0,30}") {
        let _ = Cron::parse(&text, Zone::utc());
    }
}
