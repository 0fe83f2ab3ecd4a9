//! What is kept of an object whose task has not ended.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::task::TaskId;
use crate::limits;

/// The state of an object that waits. Its bytes are JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingState {
    /// The task of the service.
    pub task: TaskId,
    /// How many times its status was read.
    pub polls: u32,
}

impl WaitingState {
    /// The state right after the service has accepted the command.
    pub const fn new(task: TaskId) -> Self {
        Self { task, polls: 0 }
    }

    /// The state after one more look.
    #[must_use]
    pub fn polled(self) -> Self {
        Self { polls: self.polls.saturating_add(1), ..self }
    }

    /// From bytes that [`Self::bytes`] has written; `None` for others.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The bytes that the host keeps.
    pub fn bytes(&self) -> Vec<u8> {
        // A structure of a text and a number is always writable.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// When to look again: the first time soon, because most commands end within seconds, then less and less often.
    pub fn pause(&self) -> Duration {
        let doubled = limits::TASK_FIRST_POLL.saturating_mul(2_u32.saturating_pow(self.polls.min(16)));
        doubled.min(limits::TASK_LONGEST_POLL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written_and_nothing_else_is() {
        let state = WaitingState::new(TaskId::read("RM-20231124-00001").unwrap()).polled();
        assert_eq!(WaitingState::read(&state.bytes()), Some(state));
        for other in ["", "{}", r#"{"task":"../x","polls":0}"#, r#"{"task":"","polls":0}"#] {
            assert_eq!(WaitingState::read(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn pauses_grow_up_to_the_longest() {
        let mut state = WaitingState::new(TaskId::read("1").unwrap());
        let mut last = Duration::ZERO;
        for _ in 0..40 {
            assert!(state.pause() >= last && state.pause() <= limits::TASK_LONGEST_POLL);
            last = state.pause();
            state = state.polled();
        }
        assert_eq!(last, limits::TASK_LONGEST_POLL);
    }
}
