//! What pages are made of: the frame around each (`Visit`, `Frame`), and parts that every page may use. Everything is escaped
//! unless its type says that it is HTML of our own. Denied by default: a style or a script inside of a page.

mod chart;
mod conflict;
mod field;
mod frame;
mod icon;
mod list;
mod moment;
mod parts;
mod span;
mod text;

pub use chart::{Column, Columns, Meter, Segment, StackedBar, number};
pub use conflict::{Conflict, Difference};
pub use field::{Choice, Field, Kind};
pub use frame::{Frame, Notice, Section, Theme, Visit, page, page_with, see_other};
pub use icon::icon;
pub use list::{ListQuery, Pager};
pub use moment::{Moment, ago, zone_name};
pub use parts::{Badge, Confirm, Crumb, Empty, Tab, Tabs, Tile, TimelineItem, Tone};
pub use span::{Period, Span, Typed, local_moment, typed_moment};
pub use text::{Marked, counted, counted_as, marked, noun, size};
