//! Containers that may be withdrawn as a whole, with all that they hold: a deleted MISP object. The mark may follow the
//! records, so they are held, up to a limit, until their container ends.

use palisade_limits::HELD_RECORDS_BYTES;

use crate::do_not_block::Mark;
use palisade_model::{LeftOut, Record};

/// The containers around the present place, the outermost first.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    open: Vec<Scope>,
    /// Rough size of what is held.
    bytes: u64,
}

/// One container.
#[derive(Debug, Default)]
struct Scope {
    withdrawn: Option<Mark>,
    held: Vec<Record>,
    /// Records were handed on before its end.
    handed_on: bool,
}

/// The mark follows records that were handed on.
#[derive(Debug)]
pub(super) struct TooLate;

impl Scopes {
    /// A container begins.
    pub(super) fn enter(&mut self) {
        self.open.push(Scope::default());
    }

    /// The innermost container is withdrawn.
    pub(super) fn withdraw(&mut self, mark: Mark) -> Result<(), TooLate> {
        let Some(scope) = self.open.last_mut() else { return Ok(()) };
        if scope.handed_on {
            return Err(TooLate);
        }
        scope.withdrawn = Some(mark);
        Ok(())
    }

    /// Takes a record; what can be handed on now comes back.
    pub(super) fn add(&mut self, record: Record) -> Vec<Record> {
        let Some(scope) = self.open.last_mut() else { return vec![record] };
        self.bytes = self.bytes.saturating_add(size(&record));
        scope.held.push(record);
        if self.bytes <= HELD_RECORDS_BYTES { Vec::new() } else { self.flush() }
    }

    /// The innermost container ends; what can be handed on now comes back.
    pub(super) fn leave(&mut self) -> Vec<Record> {
        let Some(scope) = self.open.pop() else { return Vec::new() };
        let settled = settled(scope.held, scope.withdrawn.as_ref());
        match self.open.last_mut() {
            Some(around) => {
                around.held.extend(settled);
                Vec::new()
            }
            None => {
                self.bytes = 0;
                settled
            }
        }
    }

    /// Gives everything back that is held: nobody knows yet whether a mark follows.
    fn flush(&mut self) -> Vec<Record> {
        self.bytes = 0;
        let mut ready: Vec<Record> = Vec::new();
        let marks: Vec<Option<Mark>> = self.open.iter().map(|scope| scope.withdrawn.clone()).collect();
        for (depth, scope) in self.open.iter_mut().enumerate() {
            scope.handed_on = true;
            let held = std::mem::take(&mut scope.held);
            // A mark of any container around it counts.
            let mark = marks.iter().take(depth.saturating_add(1)).flatten().next();
            ready.extend(settled(held, mark));
        }
        ready
    }
}

/// Records of a container, left out where it was withdrawn.
fn settled(held: Vec<Record>, withdrawn: Option<&Mark>) -> Vec<Record> {
    let Some(mark) = withdrawn else { return held };
    let leave_out = |record| match record {
        Record::Object(object) => Record::LeftOut(LeftOut {
            location: object.location,
            platform_id: object.platform_id,
            code: mark.reason.code(),
            message: mark.message(),
            excerpt: palisade_model::excerpt(&object.value),
        }),
        other => other,
    };
    held.into_iter().map(leave_out).collect()
}

/// Rough size of a record in memory.
fn size(record: &Record) -> u64 {
    let bytes = match record {
        Record::Object(object) => {
            let attributes: usize =
                object.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
            let tags: usize = object.tags.iter().map(String::len).sum();
            object.value.len() + object.description.as_ref().map_or(0, String::len) + attributes + tags
        }
        Record::Unreadable(unreadable) => unreadable.message.len() + unreadable.excerpt.len(),
        Record::LeftOut(left_out) => left_out.message.len() + left_out.excerpt.len(),
    };
    u64::try_from(bytes).unwrap_or(u64::MAX).saturating_add(RECORD_ITSELF)
}

/// What a record has beside its texts.
const RECORD_ITSELF: u64 = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::do_not_block::Reason;
    use palisade_model::{Location, Object};

    fn object(value: &str) -> Record {
        Record::Object(Object::indicator("FQDN", value, Location::Line(1)))
    }

    fn codes(records: &[Record]) -> Vec<&str> {
        records
            .iter()
            .map(|record| match record {
                Record::LeftOut(left_out) => left_out.code,
                _ => "object",
            })
            .collect()
    }

    #[test]
    fn a_mark_counts_for_all_that_its_container_holds_wherever_it_stands() {
        let mut scopes = Scopes::default();
        scopes.enter();
        assert_eq!(scopes.add(object("a")), []);
        scopes.enter();
        assert_eq!(scopes.add(object("b")), []);
        scopes.withdraw(Mark::new(Reason::Deleted, "deleted")).unwrap();
        assert_eq!(scopes.add(object("c")), []);
        assert_eq!(scopes.leave(), []);
        assert_eq!(scopes.add(object("d")), []);
        assert_eq!(codes(&scopes.leave()), ["object", "deleted", "deleted", "object"]);
        assert_eq!(codes(&scopes.add(object("e"))), ["object"]);
    }

    #[test]
    fn what_is_held_is_bounded_and_a_mark_behind_it_is_a_fault() {
        let mut scopes = Scopes::default();
        scopes.enter();
        scopes.enter();
        scopes.withdraw(Mark::new(Reason::Deleted, "deleted")).unwrap();
        let large = "x".repeat(usize::try_from(HELD_RECORDS_BYTES).unwrap() / 2);
        assert_eq!(scopes.add(object(&large)), []);
        assert_eq!(codes(&scopes.add(object(&large))), ["deleted", "deleted"]);
        assert_eq!(scopes.leave(), []);
        assert!(scopes.withdraw(Mark::new(Reason::Deleted, "deleted")).is_err());
    }
}
