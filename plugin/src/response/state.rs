//! What is kept of an object whose task has not ended.

use serde::{Deserialize, Serialize};

use super::task::TaskId;

/// The state of an object that waits. Its bytes are JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingState {
    /// The task of the service.
    pub task: TaskId,
}

impl WaitingState {
    /// From bytes that [`Self::bytes`] has written; `None` for others.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The bytes that the host keeps.
    pub fn bytes(&self) -> Vec<u8> {
        // A structure with a text is always writable.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written_and_nothing_else_is() {
        let state = WaitingState { task: TaskId::read("RM-20231124-00001").unwrap() };
        assert_eq!(WaitingState::read(&state.bytes()), Some(state));
        for other in ["", "{}", r#"{"task":"../x"}"#, r#"{"task":""}"#] {
            assert_eq!(WaitingState::read(other.as_bytes()), None, "{other}");
        }
    }
}
