//! Installed bundles, version beside version, and what their forms hold for future workflows.

use async_trait::async_trait;
use jiff::Timestamp;

use crate::{ActionDefaults, BundleId, ConnectionWrite, StoreError, Version};

/// What is known of an installed version without its zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleRow {
    /// Identifies this version.
    pub id: BundleId,
    /// The manifest's id.
    pub bundle: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the zip, hexadecimal.
    pub digest: String,
    /// Title of the bundle.
    pub title: String,
    /// Who publishes it, by its own word.
    pub publisher: String,
    /// Name of the trusted key that signed it.
    pub signed_by: Option<String>,
    /// Whether new workflows get this version.
    pub current: bool,
    /// When.
    pub installed_at: Timestamp,
    /// By whom.
    pub installed_by: String,
}

/// A version to install.
#[derive(Debug, Clone)]
pub struct NewBundle {
    /// The manifest's id.
    pub bundle: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 of the zip, hexadecimal.
    pub digest: String,
    /// Title of the bundle.
    pub title: String,
    /// Who publishes it.
    pub publisher: String,
    /// Name of the trusted key that signed it.
    pub signed_by: Option<String>,
    /// The zip.
    pub zip: Vec<u8>,
}

/// Installed bundles and the defaults of their actions.
#[async_trait]
pub trait Bundles: Send + Sync {
    /// Installs a version and makes it the current one. `defaults` are what its actions' forms hold from now on; where a
    /// zip is installed that is there already, only that changes.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn install_bundle(
        &self,
        new: &NewBundle,
        defaults: &[(String, ActionDefaults)],
        who: &str,
        now: Timestamp,
    ) -> Result<BundleId, StoreError>;

    /// All installed versions, by bundle, the newest first.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn bundles(&self) -> Result<Vec<BundleRow>, StoreError>;

    /// One version.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn bundle(&self, id: BundleId) -> Result<BundleRow, StoreError>;

    /// The version that new workflows get.
    ///
    /// # Errors
    /// Where the state cannot be read.
    async fn current_bundle(&self, bundle: &str) -> Result<Option<BundleRow>, StoreError>;

    /// The zip of one version.
    ///
    /// # Errors
    /// Where there is none of this id.
    async fn bundle_zip(&self, id: BundleId) -> Result<Vec<u8>, StoreError>;

    /// Removes one version, or all of a bundle with their forms' defaults where none is left. Where workflows use it, or runs that are
    /// not over, nothing is removed and they are named.
    ///
    /// # Errors
    /// Where the state cannot be written.
    async fn remove_bundle(&self, id: BundleId) -> Result<Vec<String>, StoreError>;

    /// The defaults of an action for future workflows; empty if none were saved.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn action_defaults(&self, bundle: &str, action: &str) -> Result<ActionDefaults, StoreError>;

    /// The version of an action's defaults; 0 if nothing was saved.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn action_defaults_version(&self, bundle: &str, action: &str) -> Result<Version, StoreError>;

    /// Saves the defaults of an action and, in the same transaction, its connection, if the defaults have the expected version or
    /// none is expected. A connection that is created here also becomes the default of those `others` that have none.
    ///
    /// # Errors
    /// If the state cannot be written. [`StoreError::Changed`] if the defaults have another version.
    async fn save_action_defaults(
        &self,
        bundle: &str,
        action: &str,
        defaults: &ActionDefaults,
        expected: Option<Version>,
        connection: Option<&ConnectionWrite>,
    ) -> Result<(), StoreError>;
}
