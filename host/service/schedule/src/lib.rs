//! When a workflow runs by itself: the schedules that an orchestrator offers, and the moments that they mean.
//!
//! Nothing here has a clock: whoever asks gives the moment. A schedule cannot be made, and cannot be read back, with a time,
//! a time zone or a cron expression that means nothing, nor with one that never comes.
//!
//! Ticks of a schedule with a time zone follow the clock on the wall there. A time that daylight saving skips runs at the
//! moment when the clock goes on, and one that the clock shows twice runs the first time. A cron expression is no exception:
//! in the hour that is shown twice, one that comes every five minutes rests for an hour. Where that is not wanted, its time
//! zone is `UTC`.

mod cron;
mod day;
mod due;
mod error;
mod form;
mod period;
mod schedule;
mod time_of_day;
mod zone;

#[cfg(test)]
mod tests;

pub use cron::Cron;
pub use day::Day;
pub use due::Due;
pub use error::ScheduleError;
pub use form::Form;
pub use period::Period;
pub use schedule::Schedule;
pub use time_of_day::TimeOfDay;
pub use zone::Zone;
