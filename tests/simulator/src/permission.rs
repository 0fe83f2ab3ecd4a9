//! The permissions of a role, as the API reference names them for each call. A key has all of them unless its settings list
//! the ones that it has.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A permission of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Suspicious Object Management: *View, filter, and search*.
    ViewSuspiciousObjects,
    /// Suspicious Object Management: *Manage lists and configure settings*.
    ManageSuspiciousObjects,
    /// Response Management: *View, filter, and search (Task List tab)*.
    ViewTasks,
    /// Response Management: *Download task result*.
    DownloadTaskResult,
    /// Response Management: *Isolate endpoint*.
    IsolateEndpoint,
    /// Response Management: *Collect file*.
    CollectFile,
    /// Response Management: *Terminate process*.
    TerminateProcess,
    /// Response Management: *View, filter, and search (Custom Scripts tab)*.
    ViewCustomScripts,
    /// Response Management: *Manage custom scripts*.
    ManageCustomScripts,
    /// Response Management: *Download custom script*.
    DownloadCustomScript,
    /// Response Management: *Run custom script*.
    RunCustomScript,
    /// Response Management: *Run osquery*.
    RunOsquery,
    /// Response Management: *Run YARA rules*.
    RunYaraRules,
    /// Response Management: *Scan for malware*.
    ScanForMalware,
    /// Response Management: *Quarantine/Restore messages*.
    QuarantineMessages,
    /// Response Management: *Delete messages*.
    DeleteMessages,
    /// Response Management: *Enable/Disable user account, force sign out, force password reset*.
    ManageAccounts,
    /// Response Management: *Add to block list*.
    AddToBlockList,
    /// Sandbox Analysis: *View, filter, and search*.
    ViewSandbox,
    /// Sandbox Analysis: *Submit objects*.
    SubmitToSandbox,
    /// Workbench: *View, filter, and search*.
    ViewWorkbench,
    /// Workbench: *Modify alert details*.
    ModifyAlerts,
    /// Endpoint Inventory: *View*.
    ViewEndpoints,
    /// Search: *View, filter, and search*.
    Search,
    /// Observed Attack Techniques: *View, filter, and search*.
    ViewTechniques,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 25] = [
        Self::ViewSuspiciousObjects,
        Self::ManageSuspiciousObjects,
        Self::ViewTasks,
        Self::DownloadTaskResult,
        Self::IsolateEndpoint,
        Self::CollectFile,
        Self::TerminateProcess,
        Self::ViewCustomScripts,
        Self::ManageCustomScripts,
        Self::DownloadCustomScript,
        Self::RunCustomScript,
        Self::RunOsquery,
        Self::RunYaraRules,
        Self::ScanForMalware,
        Self::QuarantineMessages,
        Self::DeleteMessages,
        Self::ManageAccounts,
        Self::AddToBlockList,
        Self::ViewSandbox,
        Self::SubmitToSandbox,
        Self::ViewWorkbench,
        Self::ModifyAlerts,
        Self::ViewEndpoints,
        Self::Search,
        Self::ViewTechniques,
    ];

    /// All of them, as a key holds them by default.
    pub(crate) fn all() -> BTreeSet<Self> {
        Self::ALL.into_iter().collect()
    }
}
