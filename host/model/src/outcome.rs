//! What became of one object: its verdict, what was submitted for it, and what the action gives back.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Value, Verdict};

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outcome {
    /// The verdict. It is final, unless it is `pending`.
    pub verdict: Verdict,
    /// Stable code of the reason; none where the object was accepted or planned.
    pub code: Option<String>,
    /// The reason as a sentence. For a duplicate, it names the first object.
    pub message: Option<String>,
    /// What was submitted for it.
    pub submissions: Vec<Submission>,
    /// What the action gives to those who come after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputValue>,
    /// The files that were downloaded for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artefacts: Vec<Artefact>,
}

impl Outcome {
    /// A verdict with its reason, and nothing submitted.
    #[must_use]
    pub fn reasoned(verdict: Verdict, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            verdict,
            code: Some(code.into()),
            message: Some(message.into()),
            submissions: Vec::new(),
            outputs: Vec::new(),
            artefacts: Vec::new(),
        }
    }
}

/// One thing that was, or in a dry run would have been, submitted for an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Submission {
    /// The service's name for what it is.
    pub field: String,
    /// The value as submitted.
    pub value: String,
    /// HTTP status of the service's last answer about it.
    pub status: Option<u16>,
    /// Times that it was sent by the action.
    pub attempts: u32,
    /// Key of the earlier object with the same submission.
    pub duplicate_of: Option<u64>,
    /// What the service has of it, where the run compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
}

/// What the service has of one submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The fields of the existing entry, as the service writes them. Absent if there is no entry.
    pub held: Option<BTreeMap<String, String>>,
    /// What the submission would change of it.
    pub changes: Vec<Change>,
    /// Other lists of the service that have the value too.
    pub also_on: Vec<String>,
    /// Whether the entry carries the mark of this workflow; none where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<bool>,
}

/// One field that a submission would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// The field, by the service's name.
    pub name: String,
    /// What it is now.
    pub before: Option<String>,
    /// What it would be.
    pub after: String,
}

/// One value that an action gives back for an object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OutputValue {
    /// Its name. An object has each name once.
    pub name: String,
    /// The value with its type; none if the manifest declares it as sensitive.
    pub output: Option<Value>,
}

/// A file that was downloaded for an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Artefact {
    /// The name that the action gave to it.
    pub name: String,
    /// Its media type, as the action states it.
    pub media_type: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its content, hexadecimal.
    pub sha256: String,
    /// Where it is.
    pub file: String,
    /// The algorithms whose digests the service stated and that were compared.
    pub verified: Vec<String>,
    /// Whether the action stated a password that opens it. It is in a file beside the artefact.
    #[serde(default)]
    pub has_password: bool,
}
