//! What an analysis finds: tests plan it by the name of the file, by the URL or by a digest. Without a plan nothing is found.

use serde::{Deserialize, Serialize};

use crate::identifier::Kind;

/// What an analysis finds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Analysis {
    /// The name of the file, the URL, or a SHA-1 or SHA-256; any object if missing.
    pub target: Option<String>,
    /// For how many submissions it is good; any number if missing.
    pub times: Option<u64>,
    /// How many seconds it takes.
    pub running_seconds: u64,
    /// The error with which it ends, if it fails.
    pub error: Option<SandboxError>,
    /// How dangerous the object is.
    pub risk_level: SandboxRisk,
    /// The names of what was detected.
    pub detection_names: Vec<String>,
    /// The kinds of threat.
    pub threat_types: Vec<String>,
    /// What the file really is.
    pub true_file_type: Option<String>,
    /// What else is suspicious; shown only if the risk is high.
    pub suspicious_objects: Vec<SuspiciousFinding>,
    /// The size of the report in bytes, which is then not a real PDF; a page if missing.
    pub report_bytes: Option<u64>,
    /// The size of the investigation package in bytes, which is then not a real ZIP; one with the result if missing.
    pub package_bytes: Option<u64>,
    /// Whether the result is that of an earlier submission.
    pub is_cached: bool,
    /// Whether the submission does not count.
    pub is_exempt: bool,
}

/// Why an analysis fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxError {
    /// `InternalServerError` or `Unsupported`.
    pub code: String,
    /// In words.
    pub message: String,
}

/// How dangerous an object is, as the sandbox has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SandboxRisk {
    /// Not at all.
    #[default]
    NoRisk,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
}

/// A suspicious object that an analysis finds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SuspiciousFinding {
    /// `ip`, `url`, `domain` or `fileSha1`.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Its value.
    pub value: String,
    /// How dangerous it is.
    #[serde(default = "high")]
    pub risk_level: SandboxRisk,
}

fn high() -> SandboxRisk {
    SandboxRisk::High
}
