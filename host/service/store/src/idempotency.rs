//! Answers to requests that carried an idempotency key: the same request gets the same answer, and nothing is done twice.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::StoreError;

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its HTTP status; 0 while the request is being worked on.
    pub status: u16,
    /// Its body.
    pub answer: String,
    /// Where the created resource is, if one was created.
    pub location: Option<String>,
}

/// What becomes of a request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// It is the first: to be worked on.
    First,
    /// It was answered before.
    Before(Answered),
    /// The first is being worked on.
    Underway,
    /// The key belongs to another request.
    OtherRequest,
}

/// Responses to requests with an idempotency key.
#[async_trait]
pub trait IdempotencyKeys: Send + Sync {
    /// Takes a key for a request, of which `request` is a digest.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn claim_key(
        &self,
        who: &str,
        key: &str,
        request: &[u8],
        now: Timestamp,
    ) -> Result<Claimed, StoreError>;

    /// Keeps the answer for a key; one that failed on our side gives the key back instead.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn answer_key(&self, who: &str, key: &str, answered: Option<&Answered>) -> Result<(), StoreError>;

    /// Forgets keys that were taken before this moment, and at a start those that a crash left without an answer.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn forget_keys(&self, before: Timestamp, unanswered: bool) -> Result<(), StoreError>;
}
