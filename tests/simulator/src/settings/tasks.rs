//! How tasks are carried out and shown.

use serde::{Deserialize, Serialize};

use crate::tasks::{Status, TaskPlan};

/// How tasks are carried out and shown (response actions, section 7).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TaskSettings {
    /// What becomes of a task for which there is no other plan.
    pub plan: TaskPlan,
    /// What is said about who started a task.
    pub account: String,
    /// Whether ids have the form `RM-20231124-00001`; otherwise `00000001`. Malware scans always have the first.
    pub dated_ids: bool,
    /// Whether `Operation-Location` has the stale path with `/xdr` of the specification's examples.
    pub stale_links: bool,
    /// Whether the action `terminateProcess` is shown as `teminateProcess`, as the specification's schema spells it.
    pub misspelled_terminate: bool,
    /// What a task is of which some parts succeeded and some did not. Not stated anywhere.
    pub partial: Partial,
    /// For how many seconds the link to an archive is good. Not stated anywhere.
    pub link_seconds: u64,
    /// Scheme and authority of links to archives, if not those of the request. Where they lead is not known.
    pub link_origin: Option<String>,
    /// Whether archives can be read in ranges. Not stated anywhere.
    pub ranges: bool,
    /// For how many days a task is shown.
    pub retention_days: u64,
}

impl Default for TaskSettings {
    fn default() -> Self {
        Self {
            plan: TaskPlan::default(),
            account: "API key".to_owned(),
            dated_ids: false,
            stale_links: false,
            misspelled_terminate: false,
            partial: Partial::Failed,
            link_seconds: 3600,
            link_origin: None,
            ranges: true,
            retention_days: 180,
        }
    }
}

/// What a task is of which some parts succeeded and some did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Partial {
    /// `failed`
    Failed,
    /// `succeeded`
    Succeeded,
}

impl Partial {
    pub(crate) fn status(self) -> Status {
        match self {
            Self::Failed => Status::Failed,
            Self::Succeeded => Status::Succeeded,
        }
    }
}
