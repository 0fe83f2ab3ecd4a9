//! Single values that the service remembers, by name, and whether anything can be written at all.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::StoreError;

/// Single values that the service remembers.
#[async_trait]
pub trait Settings: Send + Sync {
    /// A remembered value.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Remembers a value.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn remember(&self, name: &str, value: &str) -> Result<(), StoreError>;

    /// Writes something, and so finds out whether the state can be written: a full disk and a state that cannot be read any more
    /// answer reads from memory for a long time.
    ///
    /// # Errors
    /// Where it cannot.
    async fn check_writable(&self, now: Timestamp) -> Result<(), StoreError>;
}
