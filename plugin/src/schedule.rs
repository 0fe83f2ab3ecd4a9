//! What is sent next: parts of divided batches first, then everything else in order; what is to be repeated waits until
//! it is due and then goes to the front.

use std::collections::VecDeque;
use std::time::Duration;

use crate::ledger::SubmissionNumber;
use crate::limits;

/// Submissions that are to be sent, now or later.
#[derive(Debug, Default)]
pub struct Schedule {
    ready: VecDeque<SubmissionNumber>,
    portions: VecDeque<Vec<SubmissionNumber>>,
    delayed: Vec<(Duration, Vec<SubmissionNumber>)>,
}

impl Schedule {
    /// Adds a submission at the end.
    pub fn push(&mut self, number: SubmissionNumber) {
        self.ready.push_back(number);
    }

    /// Puts submissions back to the front, in their order, to be packed anew.
    pub fn put_back(&mut self, numbers: impl DoubleEndedIterator<Item = SubmissionNumber>) {
        for number in numbers.rev() {
            self.ready.push_front(number);
        }
    }

    /// Adds a part of a divided batch, to be sent by itself.
    pub fn push_portion(&mut self, portion: Vec<SubmissionNumber>) {
        self.portions.push_back(portion);
    }

    /// Takes the next part of a divided batch.
    pub fn next_portion(&mut self) -> Option<Vec<SubmissionNumber>> {
        self.portions.pop_front()
    }

    /// Has submissions wait until `due`.
    pub fn delay(&mut self, due: Duration, numbers: Vec<SubmissionNumber>) {
        self.delayed.push((due, numbers));
    }

    /// Moves what is due at `now` to the front.
    pub fn wake(&mut self, now: Duration) {
        if self.delayed.iter().all(|(due, _)| *due > now) {
            return;
        }
        let (due, later) = std::mem::take(&mut self.delayed).into_iter().partition(|(due, _)| *due <= now);
        self.delayed = later;
        let due: Vec<(Duration, Vec<SubmissionNumber>)> = due;
        for (_, numbers) in due.into_iter().rev() {
            self.put_back(numbers.into_iter());
        }
    }

    /// When the next waiting submissions are due.
    pub fn next_due(&self) -> Option<Duration> {
        self.delayed.iter().map(|(due, _)| *due).min()
    }

    /// Submissions that can be sent now, apart from divided batches.
    pub fn ready(&self) -> usize {
        self.ready.len()
    }

    /// The submissions that can be sent now, in the order in which they are sent.
    pub fn in_order(&self) -> impl Iterator<Item = SubmissionNumber> {
        self.ready.iter().copied()
    }

    /// The submissions that are sent next, at most `most` of them: those of the first divided batch, if there is one.
    pub fn next(&self, most: usize) -> impl Iterator<Item = SubmissionNumber> {
        let portion = self.portions.front();
        let ready = self.ready.iter().take(if portion.is_some() { 0 } else { most });
        portion.into_iter().flatten().chain(ready).copied()
    }

    /// The submission at the front.
    pub fn front(&self) -> Option<SubmissionNumber> {
        self.ready.front().copied()
    }

    /// Takes the submission at the front.
    pub fn pop(&mut self) -> Option<SubmissionNumber> {
        self.ready.pop_front()
    }

    /// Whether nothing is left, now or later.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.portions.is_empty() && self.delayed.is_empty()
    }

    /// Takes everything.
    pub fn drain(&mut self) -> Vec<SubmissionNumber> {
        let portions = std::mem::take(&mut self.portions).into_iter().flatten();
        let delayed = std::mem::take(&mut self.delayed).into_iter().flat_map(|(_, numbers)| numbers);
        portions.chain(std::mem::take(&mut self.ready)).chain(delayed).collect()
    }
}

/// How long a submission waits before it is sent again; `None` after the last attempt.
pub fn wait_after(attempts: u32) -> Option<Duration> {
    if attempts >= limits::ITEM_ATTEMPTS {
        return None;
    }
    Some(limits::ITEM_FIRST_WAIT * 2u32.saturating_pow(attempts.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::{BlockFields, Field, Identifier, Item};
    use crate::ledger::Ledger;

    /// So many different submissions.
    fn numbers(count: usize) -> Vec<SubmissionNumber> {
        let mut ledger = Ledger::default();
        let mut numbers = Vec::new();
        for key in 0..count {
            let identifier = Identifier { field: Field::Domain, value: format!("n{key}.example").into() };
            let item = Item { identifier, description: None, block: BlockFields::default() };
            ledger.admit(key as u64, item, None, |number| numbers.push(number));
        }
        numbers
    }

    #[test]
    fn what_is_due_comes_first_in_the_order_in_which_it_was_delayed() {
        let [a, b, c, d, e] = numbers(5)[..] else { panic!() };
        let mut schedule = Schedule::default();
        let second = Duration::from_secs(1);
        schedule.push(a);
        schedule.delay(second, vec![b, c]);
        schedule.delay(2 * second, vec![d]);
        schedule.delay(second, vec![e]);
        assert_eq!((schedule.ready(), schedule.next_due()), (1, Some(second)));
        schedule.wake(second / 2);
        assert_eq!(schedule.in_order().collect::<Vec<_>>(), [a]);
        schedule.wake(second);
        assert_eq!(schedule.in_order().collect::<Vec<_>>(), [b, c, e, a]);
        assert_eq!((schedule.front(), schedule.next_due()), (Some(b), Some(2 * second)));
        assert_eq!(schedule.pop(), Some(b));
        schedule.put_back([a, b].into_iter());
        assert_eq!(schedule.in_order().collect::<Vec<_>>(), [a, b, c, e, a]);
    }

    #[test]
    fn a_divided_batch_is_next_by_itself() {
        let [a, b, c, d] = numbers(4)[..] else { panic!() };
        let mut schedule = Schedule::default();
        schedule.push(a);
        schedule.push(b);
        assert_eq!(schedule.next(1).collect::<Vec<_>>(), [a]);
        assert_eq!(schedule.next(9).collect::<Vec<_>>(), [a, b]);
        schedule.push_portion(vec![c, d]);
        assert_eq!(schedule.next(1).collect::<Vec<_>>(), [c, d]);
        assert_eq!(schedule.next_portion(), Some(vec![c, d]));
        assert_eq!(schedule.next_portion(), None);
    }

    #[test]
    fn it_is_empty_when_nothing_is_left_now_or_later() {
        let [a, b, c] = numbers(3)[..] else { panic!() };
        let adds: [fn(&mut Schedule, SubmissionNumber); 3] = [
            |schedule, number| schedule.push(number),
            |schedule, number| schedule.push_portion(vec![number]),
            |schedule, number| schedule.delay(Duration::ZERO, vec![number]),
        ];
        let mut all = Schedule::default();
        for (add, number) in adds.into_iter().zip([a, b, c]) {
            let mut schedule = Schedule::default();
            assert!(schedule.is_empty());
            add(&mut schedule, number);
            assert!(!schedule.is_empty());
            assert_eq!(schedule.drain(), [number]);
            assert!(schedule.is_empty());
            add(&mut all, number);
        }
        assert_eq!(all.drain(), [b, a, c]);
    }

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<u128> = (1..).map_while(wait_after).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000]);
    }
}
