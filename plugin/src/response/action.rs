//! The table of the response actions: where their commands go, and what the service calls them.

/// What the commands of an action are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A computer with an agent.
    Endpoint,
    /// A message in one or several mailboxes.
    Message,
    /// An account of a directory.
    Account,
    /// An entry of the block list.
    ListedValue,
}

/// What a command needs beside its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// Nothing.
    None,
    /// The path of a file.
    FilePath,
    /// A process by its number, with a name or a digest of its file.
    Process,
    /// The name of a custom script, and its parameters.
    Script,
}

/// One response action.
#[derive(Debug, PartialEq, Eq)]
pub struct ResponseAction {
    /// Its id in the manifest.
    pub id: &'static str,
    /// The API's path for its commands.
    pub path: &'static str,
    /// What the service's tasks call it. The second name is for commands to several subjects.
    pub task_actions: &'static [&'static str],
    /// The permissions that the role of the API key needs beside *View, filter, and search (Task List tab)*.
    pub permission: &'static str,
    /// What its commands are for.
    pub subject: Subject,
    /// What they need beside that.
    pub details: Details,
    /// Whether a task that succeeded must bring a file.
    pub brings_file: bool,
}

/// All response actions. Paths, names and permissions are those of the API (v3.0, `/response`).
pub const RESPONSE_ACTIONS: &[ResponseAction] = &[
    ResponseAction {
        id: "isolate-endpoint",
        path: "/v3.0/response/endpoints/isolate",
        task_actions: &["isolate", "isolateForMultiple"],
        permission: "Isolate endpoint",
        subject: Subject::Endpoint,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "restore-endpoint",
        path: "/v3.0/response/endpoints/restore",
        task_actions: &["restoreIsolate", "restoreIsolateForMultiple"],
        permission: "Isolate endpoint",
        subject: Subject::Endpoint,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "collect-file",
        path: "/v3.0/response/endpoints/collectFile",
        task_actions: &["collectFile"],
        permission: "Collect file",
        subject: Subject::Endpoint,
        details: Details::FilePath,
        brings_file: true,
    },
    ResponseAction {
        id: "terminate-process",
        path: "/v3.0/response/endpoints/terminateProcess",
        // The API's schema of tasks spells it without its first `r`.
        task_actions: &["terminateProcess", "teminateProcess"],
        permission: "Terminate process",
        subject: Subject::Endpoint,
        details: Details::Process,
        brings_file: false,
    },
    ResponseAction {
        id: "run-custom-script",
        path: "/v3.0/response/endpoints/runScript",
        task_actions: &["runCustomScript", "runCustomScriptForMultiple"],
        permission: "View, filter, and search (Custom Scripts tab)` and `Run custom script",
        subject: Subject::Endpoint,
        details: Details::Script,
        brings_file: false,
    },
    ResponseAction {
        id: "quarantine-message",
        path: "/v3.0/response/emails/quarantine",
        task_actions: &["quarantineMessage"],
        permission: "Quarantine/Restore messages",
        subject: Subject::Message,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "restore-message",
        path: "/v3.0/response/emails/restore",
        task_actions: &["restoreMessage"],
        permission: "Quarantine/Restore messages",
        subject: Subject::Message,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "delete-message",
        path: "/v3.0/response/emails/delete",
        task_actions: &["deleteMessage"],
        permission: "Delete messages",
        subject: Subject::Message,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "disable-account",
        path: "/v3.0/response/domainAccounts/disable",
        task_actions: &["disableAccount"],
        permission: ACCOUNTS,
        subject: Subject::Account,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "enable-account",
        path: "/v3.0/response/domainAccounts/enable",
        task_actions: &["enableAccount"],
        permission: ACCOUNTS,
        subject: Subject::Account,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "sign-out-account",
        path: "/v3.0/response/domainAccounts/signOut",
        task_actions: &["forceSignOut"],
        permission: ACCOUNTS,
        subject: Subject::Account,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "reset-password",
        path: "/v3.0/response/domainAccounts/resetPassword",
        task_actions: &["resetPassword"],
        permission: ACCOUNTS,
        subject: Subject::Account,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "add-to-response-blocklist",
        path: "/v3.0/response/suspiciousObjects",
        task_actions: &["block"],
        permission: "Add to block list` and `Suspicious Object Management",
        subject: Subject::ListedValue,
        details: Details::None,
        brings_file: false,
    },
    ResponseAction {
        id: "remove-from-response-blocklist",
        path: "/v3.0/response/suspiciousObjects/delete",
        task_actions: &["restoreBlock"],
        permission: "Add to block list` and `Suspicious Object Management",
        subject: Subject::ListedValue,
        details: Details::None,
        brings_file: false,
    },
];

const ACCOUNTS: &str = "Enable/Disable user account, force sign out, force password reset";

impl ResponseAction {
    /// The action with this id.
    pub fn find(id: &str) -> Option<&'static Self> {
        RESPONSE_ACTIONS.iter().find(|action| action.id == id)
    }
}
