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

    /// Whether a divided batch has parts left.
    pub fn has_portion(&self) -> bool {
        !self.portions.is_empty()
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

    #[test]
    fn waits_double_and_end() {
        let waits: Vec<u128> = (1..).map_while(wait_after).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [500, 1_000, 2_000, 4_000]);
    }
}
