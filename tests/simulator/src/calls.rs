//! The calls that the service has: method, path, the permissions that each asks for, and the code that answers it. A test holds
//! the table of the README against this one.

use http::{Method, StatusCode};
use serde_json::json;

use crate::answer::Answer;
use crate::identifier::List;
use crate::permission::Permission::{self, *};
use crate::routes::{Context, Judged};
use crate::{
    accounts, actions, endpoints, inventory, listing, mail, notes, queries, response_block_list, sandbox,
    scripts, searches, tasks, workbench, writing,
};

/// How large a body a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// The service's limit for all requests.
    Small,
    /// A file for the sandbox.
    File,
}

/// A call.
pub(crate) struct Definition {
    method: &'static str,
    /// Below `/v3.0/`; `{}` is one part of the path.
    pattern: &'static str,
    pub(crate) permissions: &'static [Permission],
    pub(crate) body: Body,
    pub(crate) answer: fn(&Context<'_>) -> Judged,
}

const fn call(
    method: &'static str,
    pattern: &'static str,
    permissions: &'static [Permission],
    answer: fn(&Context<'_>) -> Judged,
) -> Definition {
    Definition { method, pattern, permissions, body: Body::Small, answer }
}

/// A call whose body holds a file.
const fn file_call(
    method: &'static str,
    pattern: &'static str,
    permissions: &'static [Permission],
    answer: fn(&Context<'_>) -> Judged,
) -> Definition {
    Definition { body: Body::File, ..call(method, pattern, permissions, answer) }
}

/// Every call.
const CALLS: &[Definition] = &[
    call("GET", "healthcheck/connectivity", &[], |_| {
        Answer::json(StatusCode::OK, &json!({"status": "available"})).into()
    }),
    call("GET", "threatintel/suspiciousObjects", &[ViewSuspiciousObjects], |context| {
        listing::answer(context, List::SuspiciousObjects)
    }),
    call(
        "POST",
        "threatintel/suspiciousObjects",
        &[ViewSuspiciousObjects, ManageSuspiciousObjects],
        |context| writing::add(context, List::SuspiciousObjects),
    ),
    call(
        "POST",
        "threatintel/suspiciousObjects/delete",
        &[ViewSuspiciousObjects, ManageSuspiciousObjects],
        |context| writing::delete(context, List::SuspiciousObjects),
    ),
    call("GET", "threatintel/suspiciousObjectExceptions", &[ViewSuspiciousObjects], |context| {
        listing::answer(context, List::Exceptions)
    }),
    call(
        "POST",
        "threatintel/suspiciousObjectExceptions",
        &[ViewSuspiciousObjects, ManageSuspiciousObjects],
        |context| writing::add(context, List::Exceptions),
    ),
    call(
        "POST",
        "threatintel/suspiciousObjectExceptions/delete",
        &[ViewSuspiciousObjects, ManageSuspiciousObjects],
        |context| writing::delete(context, List::Exceptions),
    ),
    call("POST", "response/endpoints/isolate", &[ViewTasks, IsolateEndpoint], |context| {
        actions::answer(context, endpoints::isolate)
    }),
    call("POST", "response/endpoints/restore", &[ViewTasks, IsolateEndpoint], |context| {
        actions::answer(context, endpoints::restore)
    }),
    call("POST", "response/endpoints/collectFile", &[ViewTasks, CollectFile], |context| {
        actions::answer(context, endpoints::collect_file)
    }),
    call("POST", "response/endpoints/terminateProcess", &[ViewTasks, TerminateProcess], |context| {
        actions::answer(context, endpoints::terminate_process)
    }),
    call(
        "POST",
        "response/endpoints/runScript",
        &[ViewTasks, ViewCustomScripts, RunCustomScript],
        |context| actions::answer(context, endpoints::run_script),
    ),
    call("POST", "response/endpoints/runOsquery", &[ViewTasks, ViewCustomScripts, RunOsquery], |context| {
        actions::answer(context, endpoints::run_osquery)
    }),
    call(
        "POST",
        "response/endpoints/runYaraRules",
        &[ViewTasks, ViewCustomScripts, RunYaraRules],
        |context| actions::answer(context, endpoints::run_yara),
    ),
    call(
        "POST",
        "response/endpoints/startMalwareScan",
        &[ViewTasks, ScanForMalware],
        endpoints::scan_for_malware,
    ),
    call("POST", "response/emails/quarantine", &[ViewTasks, QuarantineMessages], |context| {
        actions::answer(context, mail::quarantine)
    }),
    call("POST", "response/emails/restore", &[ViewTasks, QuarantineMessages], |context| {
        actions::answer(context, mail::restore)
    }),
    call("POST", "response/emails/delete", &[ViewTasks, DeleteMessages], |context| {
        actions::answer(context, mail::delete)
    }),
    call("POST", "response/domainAccounts/disable", &[ViewTasks, ManageAccounts], |context| {
        actions::answer(context, accounts::disable)
    }),
    call("POST", "response/domainAccounts/enable", &[ViewTasks, ManageAccounts], |context| {
        actions::answer(context, accounts::enable)
    }),
    call("POST", "response/domainAccounts/signOut", &[ViewTasks, ManageAccounts], |context| {
        actions::answer(context, accounts::sign_out)
    }),
    call("POST", "response/domainAccounts/resetPassword", &[ViewTasks, ManageAccounts], |context| {
        actions::answer(context, accounts::reset_password)
    }),
    call(
        "POST",
        "response/suspiciousObjects",
        &[ViewTasks, AddToBlockList, ViewSuspiciousObjects, ManageSuspiciousObjects],
        |context| actions::answer(context, response_block_list::add),
    ),
    call(
        "POST",
        "response/suspiciousObjects/delete",
        &[ViewTasks, AddToBlockList, ViewSuspiciousObjects, ManageSuspiciousObjects],
        |context| actions::answer(context, response_block_list::remove),
    ),
    call("GET", "response/tasks", &[ViewTasks], tasks::list),
    call("GET", "response/tasks/{}", &[ViewTasks, DownloadTaskResult], tasks::get),
    call("POST", "response/tasks/cancel", &[ViewTasks, ScanForMalware], tasks::cancel),
    call("GET", "response/customScripts", &[ViewCustomScripts], scripts::list),
    call("POST", "response/customScripts", &[ViewCustomScripts, ManageCustomScripts], scripts::add),
    call("GET", "response/customScripts/{}", &[ViewCustomScripts, DownloadCustomScript], scripts::get),
    call(
        "POST",
        "response/customScripts/{}/update",
        &[ViewCustomScripts, ManageCustomScripts],
        scripts::update,
    ),
    call("DELETE", "response/customScripts/{}", &[ViewCustomScripts, ManageCustomScripts], scripts::delete),
    call("GET", "response/osqueryStatements", &[ViewCustomScripts], queries::statements),
    call("GET", "response/yaraRuleFiles", &[ViewCustomScripts], queries::rules),
    call("GET", "eiqs/endpoints", &[ViewEndpoints], inventory::query),
    call("GET", "endpointSecurity/endpoints", &[ViewEndpoints], inventory::list),
    call("GET", "endpointSecurity/endpoints/{}", &[ViewEndpoints], inventory::get),
    file_call("POST", "sandbox/files/analyze", &[ViewSandbox, SubmitToSandbox], sandbox::submit_file),
    call("POST", "sandbox/urls/analyze", &[ViewSandbox, SubmitToSandbox], sandbox::submit_urls),
    call("GET", "sandbox/tasks", &[ViewSandbox, SubmitToSandbox], sandbox::list_tasks),
    call("GET", "sandbox/tasks/{}", &[ViewSandbox, SubmitToSandbox], sandbox::get_task),
    call("GET", "sandbox/analysisResults", &[ViewSandbox, SubmitToSandbox], sandbox::list_results),
    call("GET", "sandbox/analysisResults/{}", &[ViewSandbox, SubmitToSandbox], sandbox::get_result),
    call("GET", "sandbox/analysisResults/{}/report", &[ViewSandbox, SubmitToSandbox], sandbox::report),
    call(
        "GET",
        "sandbox/analysisResults/{}/investigationPackage",
        &[ViewSandbox, SubmitToSandbox],
        sandbox::package,
    ),
    call(
        "GET",
        "sandbox/analysisResults/{}/suspiciousObjects",
        &[ViewSandbox, SubmitToSandbox],
        sandbox::suspicious_objects,
    ),
    call("GET", "sandbox/submissionUsage", &[ViewSandbox, SubmitToSandbox], sandbox::usage),
    call("GET", "workbench/alerts", &[ViewWorkbench], workbench::list),
    call("GET", "workbench/alerts/{}", &[ViewWorkbench], workbench::get),
    call("PATCH", "workbench/alerts/{}", &[ViewWorkbench, ModifyAlerts], workbench::update),
    call("GET", "workbench/alerts/{}/notes", &[ViewWorkbench], notes::list),
    call("POST", "workbench/alerts/{}/notes", &[ViewWorkbench, ModifyAlerts], notes::add),
    call("POST", "workbench/alerts/{}/notes/delete", &[ViewWorkbench, ModifyAlerts], notes::delete),
    call("GET", "workbench/alerts/{}/notes/{}", &[ViewWorkbench], notes::get),
    call("PATCH", "workbench/alerts/{}/notes/{}", &[ViewWorkbench, ModifyAlerts], notes::update),
    call("GET", "search/endpointActivities", &[Search], searches::endpoint_activities),
    call("GET", "search/emailActivities", &[Search], searches::email_activities),
    call("GET", "oat/detections", &[ViewTechniques], searches::detections),
];

/// The call of a method and a path, with what stands for its parameters. `/v3.0/xdr/` means `/v3.0/` for tasks, to which the
/// specification's own links lead, and for all calls if `stale_path` is set.
pub(crate) fn find<'a>(
    method: &Method,
    path: &'a str,
    stale_path: bool,
) -> Option<(&'static Definition, Vec<&'a str>)> {
    let path = path.strip_prefix("/v3.0/")?;
    let alias = path.strip_prefix("xdr/").filter(|rest| stale_path || rest.starts_with("response/tasks/"));
    let path = alias.unwrap_or(path);
    CALLS.iter().filter(|call| call.method == method.as_str()).find_map(|call| {
        let mut parameters = Vec::new();
        let mut parts = path.split('/');
        for expected in call.pattern.split('/') {
            let part = parts.next()?;
            if expected == "{}" && !part.is_empty() {
                parameters.push(part);
            } else if expected != part {
                return None;
            }
        }
        parts.next().is_none().then_some((call, parameters))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_exists() {
        let found = |method: Method, path| {
            find(&method, path, false).map(|(call, parameters)| (call.method, call.pattern, parameters))
        };
        assert_eq!(
            found(Method::POST, "/v3.0/threatintel/suspiciousObjects"),
            Some(("POST", "threatintel/suspiciousObjects", Vec::new()))
        );
        for (method, path) in [
            (Method::DELETE, "/v3.0/threatintel/suspiciousObjects"),
            (Method::GET, "/v3.0/threatintel/suspiciousObjects/delete"),
            (Method::POST, "/v3.0/threatintel/suspiciousObjects/"),
            (Method::POST, "//v3.0/threatintel/suspiciousObjects"),
            (Method::POST, "/v2.0/threatintel/suspiciousObjects"),
            (Method::GET, "/v3.0/xdr/threatintel/suspiciousObjects"),
        ] {
            assert_eq!(found(method, path), None, "{path}");
        }
        let stale = find(&Method::GET, "/v3.0/xdr/threatintel/suspiciousObjects", true);
        assert_eq!(stale.map(|(call, _)| call.pattern), Some("threatintel/suspiciousObjects"));
    }

    #[test]
    fn the_readme_lists_every_call_with_its_permissions() {
        let readme = include_str!("../README.md");
        for call in CALLS {
            let permissions: Vec<String> = call
                .permissions
                .iter()
                .map(|permission| serde_json::to_value(permission).unwrap().as_str().unwrap().to_owned())
                .collect();
            let permissions = if permissions.is_empty() {
                "any usable key".to_owned()
            } else {
                format!("`{}`", permissions.join("`, `"))
            };
            let row = format!("| `{} /v3.0/{}` | {permissions} |", call.method, call.pattern);
            assert!(readme.contains(&row), "the README lacks: {row}");
        }
    }
}
