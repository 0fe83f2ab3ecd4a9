//! Sealed secrets. What seals and opens them is not here.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{SecretId, StoreError};

/// A sealed secret.
#[derive(Debug, Clone)]
pub struct SecretRow {
    /// Identifies it.
    pub id: SecretId,
    /// What it is for, bound to the sealed bytes.
    pub label: String,
    /// Which key sealed it.
    pub key: String,
    /// Nonce and cipher text.
    pub sealed: Vec<u8>,
    /// When.
    pub created_at: Timestamp,
}

/// Sealed secrets.
#[async_trait]
pub trait Secrets: Send + Sync {
    /// Keeps a sealed secret.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn add_secret(
        &self,
        label: &str,
        key: &str,
        sealed: &[u8],
        now: Timestamp,
    ) -> Result<SecretId, StoreError>;

    /// Whether anything is sealed.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn has_secrets(&self) -> Result<bool, StoreError>;

    /// The keys that seal secrets, and how many each.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn sealing_keys(&self) -> Result<Vec<(String, u64)>, StoreError>;

    /// One sealed secret.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn secret(&self, id: SecretId) -> Result<SecretRow, StoreError>;

    /// Removes secrets that were replaced or taken away: those that nothing names and that were sealed before this moment, so
    /// that one whose configuration is just being written stays. How many.
    ///
    /// # Errors
    /// Where the state cannot be read or written.
    async fn remove_unused_secrets(&self, sealed_before: Timestamp) -> Result<u64, StoreError>;

    /// All sealed secrets, by id.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn secrets(&self) -> Result<Vec<SecretRow>, StoreError>;

    /// Replaces key and sealed bytes of every secret, all or none. Returns how many there are.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if `resealed` lacks a secret, because it was added meanwhile. If the state cannot be written.
    async fn reseal_secrets(&self, resealed: &[SecretRow]) -> Result<u64, StoreError>;
}
