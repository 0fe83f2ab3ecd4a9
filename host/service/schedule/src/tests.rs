//! What must hold of ticks, whatever the schedule: above all where clocks change and where the service was stopped.

mod clock;
mod missed;
mod properties;
mod text;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::{Cron, Day, Schedule, TimeOfDay, Zone};

fn daily(at: &str, zone: &str) -> Schedule {
    Schedule::Daily { at: TimeOfDay::parse(at).unwrap(), zone: Zone::parse(zone).unwrap() }
}

fn weekly(day: Day, at: &str, zone: &str) -> Schedule {
    Schedule::Weekly { day, at: TimeOfDay::parse(at).unwrap(), zone: Zone::parse(zone).unwrap() }
}

fn cron(expression: &str, zone: &str) -> Schedule {
    Schedule::Cron(Cron::parse(expression, Zone::parse(zone).unwrap()).unwrap())
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The next ticks after a moment, as the clock of a zone shows them, with its offset.
fn shown(schedule: &Schedule, zone: &str, after: &str, count: usize) -> Vec<String> {
    let (zone, after) = (TimeZone::get(zone).unwrap(), moment(after));
    let show = |tick: Timestamp| tick.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string();
    schedule.upcoming(after, after, count).into_iter().map(show).collect()
}
