//! Which run a recording is evidence of. Says nothing that a secret could hide in but what the caller puts there, and even
//! that is redacted before it is written.

use serde::{Deserialize, Serialize};

/// The run that was recorded. In the file it is `log._palisade`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Provenance {
    /// Digest of the bundle, as its verification shows it.
    pub bundle_digest: String,
    /// Id of the action.
    pub action: String,
    /// Id of the run.
    pub run_id: String,
    /// Whether the run was one that changes nothing.
    pub dry_run: bool,
}
