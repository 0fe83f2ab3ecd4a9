//! Response actions against the simulator: what the report says of each object, and what the tenant received and became.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use palisade_e2e::{Outcome, Palisade, Tenant};
use serde_json::{Value, json};
use vision_one_simulator::{Fault, MessageState};

const GUID: &str = "35fa11da-a24e-40cf-8b56-baf8828cc1";

fn tenant(seed: Value) -> Tenant {
    let tenant = Tenant::start();
    tenant.seed(serde_json::from_value(seed).expect("a seed")).expect("the seed is good");
    tenant
}

fn endpoints(names: &[&str]) -> Value {
    let endpoints = names
        .iter()
        .zip(10..)
        .map(|(name, number)| json!({ "agentGuid": format!("{GUID}{number}"), "endpointName": name }));
    json!({ "endpoints": endpoints.collect::<Vec<_>>() })
}

fn act(tenant: &Tenant, action: &str, list: &str) -> Palisade {
    Palisade::run_guarded(tenant, action).configured("").collection_of("list.csv", list)
}

/// Each object's verdict, with the reason's code.
fn verdicts(outcome: &Outcome) -> BTreeMap<String, String> {
    let verdict = |object: palisade_e2e::Object| {
        let code = if object.code.is_empty() { String::new() } else { format!(" {}", object.code) };
        (object.value, format!("{}{code}", object.verdict))
    };
    outcome.objects().into_iter().map(verdict).collect()
}

fn isolated(tenant: &Tenant) -> Vec<String> {
    let endpoints = tenant.endpoints().into_iter().map(|endpoint| json!(endpoint));
    let isolated = endpoints.filter(|endpoint| endpoint["isolationStatus"] == "on");
    let mut names: Vec<_> =
        isolated.map(|endpoint| endpoint["endpointName"].as_str().expect("a name").to_owned()).collect();
    names.sort();
    names
}

#[test]
fn endpoints_are_isolated_and_restored_by_name_and_by_agent() {
    let tenant = tenant(endpoints(&["client1", "client2", "client3"]));
    let list = format!("CLIENT1\n{GUID}11\n");
    let outcome = act(&tenant, "isolate-endpoint", &list).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(isolated(&tenant), ["client1", "client2"]);
    assert!(outcome.objects().iter().all(|object| object.verdict == "accepted"), "{:?}", outcome.objects());
    let submitted = outcome.objects().remove(0).submitted;
    assert_eq!(submitted, [("agentGuid".to_owned(), format!("{GUID}10"))]);
    let outcome = act(&tenant, "restore-endpoint", "value\nclient1\n").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(isolated(&tenant), ["client2"]);
    assert_eq!(tenant.commands().len(), 3);
}

#[test]
fn a_name_that_is_ambiguous_or_unknown_is_never_isolated() {
    let tenant = tenant(endpoints(&["twice", "twice", "once"]));
    let outcome = act(&tenant, "isolate-endpoint", "twice\nnobody\nonce\n").go();
    let expected =
        [("nobody", "rejected target-not-found"), ("once", "accepted"), ("twice", "rejected ambiguous")];
    assert_eq!(
        verdicts(&outcome),
        expected.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())).into()
    );
    assert_eq!(isolated(&tenant), ["once"]);
}

#[test]
fn a_dry_run_isolates_nothing() {
    let tenant = tenant(endpoints(&["client1"]));
    let outcome = act(&tenant, "isolate-endpoint", "client1\n").argument("--dry-run").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(verdicts(&outcome)["client1"], "planned");
    assert!(tenant.commands().is_empty() && tenant.posts().is_empty());
}

#[test]
fn a_task_that_does_not_succeed_is_never_accepted() {
    let names = ["fails", "times-out", "rejected", "canceled", "works"];
    let mut seed = endpoints(&names);
    let plan = |target: &str, end: &str| json!({ "target": target, "end": end });
    seed["plans"] = json!([
        plan("fails", "failed"),
        plan("times-out", "timed-out"),
        plan("rejected", "rejected"),
        plan("canceled", "canceled")
    ]);
    let tenant = tenant(seed);
    let outcome = act(&tenant, "isolate-endpoint", &names.join("\n")).go();
    let expected = [
        ("fails", "failed task-failed"),
        ("times-out", "failed task-failed"),
        ("rejected", "rejected approval-denied"),
        ("canceled", "failed task-canceled"),
        ("works", "accepted"),
    ];
    assert_eq!(
        verdicts(&outcome),
        expected.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())).into()
    );
    assert_eq!(isolated(&tenant), ["works"]);
}

#[test]
fn every_refusal_of_a_command_is_a_verdict() {
    let refusals = [
        ("not-supported", "rejected action-not-supported"),
        ("target-not-found", "rejected target-not-found"),
        ("insufficient-permissions", "rejected service-access-denied"),
        ("feature-disabled", "rejected service-access-denied"),
        ("promotion", "rejected service-access-denied"),
        ("out-of-scope", "rejected service-access-denied"),
        ("not-found", "rejected service-not-found"),
        ("internal-error", "failed service-error"),
    ];
    let names: Vec<_> = refusals.iter().map(|(refusal, _)| *refusal).collect();
    let mut seed = endpoints(&names);
    let plans = names.iter().map(|name| json!({ "target": name, "refusal": name }));
    seed["plans"] = plans.collect();
    let tenant = tenant(seed);
    let outcome = act(&tenant, "isolate-endpoint", &names.join("\n")).go();
    let expected = refusals.map(|(name, verdict)| (name.to_owned(), verdict.to_owned()));
    assert_eq!(verdicts(&outcome), expected.into());
    assert!(isolated(&tenant).is_empty());
}

#[test]
fn a_queued_task_is_pending_until_it_is_done_and_another_process_finishes_it() {
    let mut seed = endpoints(&["client1"]);
    seed["plans"] = json!([{ "target": "client1", "approval_seconds": 600, "queued_seconds": 3_600 }]);
    let tenant = tenant(seed);
    tenant.freeze_clock(true);
    let first = act(&tenant, "isolate-endpoint", "client1\n")
        .argument("--no-wait")
        .argument("--pending")
        .argument("p");
    let outcome = first.go();
    assert_eq!(outcome.status, 5, "{}", outcome.stderr);
    assert_eq!(verdicts(&outcome)["client1"].split(' ').next(), Some("pending"));
    let pending = outcome.directory().join("p");
    let resume = |wait: bool| {
        let call = Palisade::resume_on(&tenant, &pending);
        if wait { call } else { call.argument("--no-wait") }.go()
    };
    tenant.advance_clock(60);
    std::thread::sleep(Duration::from_secs(3));
    let outcome = resume(false);
    assert_eq!((outcome.status, isolated(&tenant).len()), (5, 0), "{}", outcome.stderr);
    tenant.advance_clock(7_200);
    let outcome = resume(true);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(verdicts(&outcome)["client1"], "accepted");
    assert_eq!(isolated(&tenant), ["client1"]);
    assert_eq!(tenant.commands().len(), 1);
}

#[test]
fn a_command_whose_answer_is_lost_is_found_and_not_sent_again() {
    let tenant = tenant(endpoints(&["client1", "client2"]));
    let lost = json!({
        "method": "POST", "path": "/v3.0/response/*", "times": 1, "applied": true,
        "effect": { "kind": "truncated", "bytes": 3 }
    });
    tenant.inject(serde_json::from_value::<Fault>(lost).expect("a fault")).expect("a good fault");
    let outcome = act(&tenant, "isolate-endpoint", "client1\nclient2\n").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(isolated(&tenant), ["client1", "client2"]);
    assert_eq!(tenant.commands().len(), 2);
}

#[test]
fn messages_are_found_by_id_and_mailbox_or_by_unique_id() {
    let message = |mailbox: &str, id: &str, unique: &str| json!({ "mailBox": mailbox, "messageId": id, "uniqueId": unique });
    let messages = [
        message("a@example.com", "<1@example.net>", "u1"),
        message("b@example.com", "<1@example.net>", "u2"),
        message("c@example.com", "<3@example.net>", "u3"),
    ];
    let tenant = tenant(json!({ "messages": messages }));
    let list = "subject,messageId,mailBox,uniqueId\nfirst,<1@example.net>,b@example.com,\nthird,,,u3\n";
    let outcome = act(&tenant, "quarantine-message", list).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let quarantined: Vec<_> = tenant
        .messages()
        .into_iter()
        .filter(|message| message.state == MessageState::Quarantined)
        .map(|message| message.unique_id)
        .collect();
    assert_eq!(quarantined, ["u2", "u3"]);
}

#[test]
fn accounts_are_disabled_and_enabled() {
    let tenant = tenant(json!({ "accounts": [{ "accountName": "mallory" }, { "accountName": "alice" }] }));
    let enabled = |name: &str| {
        let account = tenant.accounts().into_iter().map(|account| json!(account));
        account.filter(|account| account["accountName"] == name).all(|account| account["enabled"] == true)
    };
    assert_eq!(act(&tenant, "disable-account", "mallory\n").go().status, 0);
    assert!(!enabled("mallory") && enabled("alice"));
    assert_eq!(act(&tenant, "enable-account", "mallory\n").go().status, 0);
    assert!(enabled("mallory"));
}

#[test]
fn a_collected_file_is_kept_by_its_digest_and_its_password_is_not_shown() {
    let mut seed = endpoints(&["client1"]);
    seed["plans"] = json!([{ "action": "collectFile", "archive": { "bytes": 100_000, "password": "a-password-of-the-archive" } }]);
    let tenant = tenant(seed);
    let list = "filePath,endpointName\n/tmp/lsass.dmp,client1\n";
    let outcome = act(&tenant, "collect-file", list).argument("--artefacts").argument("kept").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let command = tenant.commands().remove(0);
    assert_eq!((command.item["filePath"].as_str(), command.status), (Some("/tmp/lsass.dmp"), 202));
    let mut kept: Vec<_> = std::fs::read_dir(outcome.directory().join("kept"))
        .expect("the directory is there")
        .map(|file| file.expect("a file").path())
        .collect();
    kept.sort();
    // Beside the archive is its password.
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(kept[0].metadata().expect("its size").len(), 100_000);
    let digest = kept[0].file_name().expect("a name").to_string_lossy().into_owned();
    let report = outcome.report().to_string();
    assert!(report.contains(&digest), "{report}");
    let password = "a-password-of-the-archive";
    assert_eq!(std::fs::read_to_string(&kept[1]).expect("a text").trim(), password);
    assert!(!report.contains(password) && !outcome.stderr.contains(password));
}

#[test]
fn a_file_that_would_have_no_place_is_not_collected() {
    let tenant = tenant(endpoints(&["client1"]));
    let list = "filePath,endpointName\n/tmp/lsass.dmp,client1\n";
    let outcome = act(&tenant, "collect-file", list).go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("artefacts-without-place"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--artefacts DIRECTORY"), "{}", outcome.stderr);
    assert!(tenant.commands().is_empty());
    assert_eq!(act(&tenant, "collect-file", list).argument("--dry-run").go().status, 0);
}

#[test]
fn processes_scripts_sessions_passwords_and_the_block_list_are_acted_on() {
    let mut seed = endpoints(&["client1"]);
    seed["accounts"] = json!([{ "accountName": "mallory", "iam": ["AAD"] }]);
    seed["scripts"] = json!([{
        "id": "a8f1a0f0-3c0b-4f0e-9e3f-0a3f5f6a7b8c", "fileName": "clean.ps1", "fileType": "powershell", "content": "exit"
    }]);
    let tenant = tenant(seed);
    let process = "name,endpointName,processId,fileSha1\nevil.exe,client1,4711,";
    let process = format!("{process}{}\n", "a".repeat(40));
    for (action, list, settings) in [
        ("terminate-process", process.as_str(), &[][..]),
        (
            "run-custom-script",
            "client1\n",
            &[("script_name", "clean.ps1"), ("script_parameters", "-All")][..],
        ),
        ("sign-out-account", "mallory\n", &[][..]),
        ("reset-password", "mallory\n", &[][..]),
        ("add-to-response-blocklist", "evil.example.com\n", &[][..]),
        ("remove-from-response-blocklist", "evil.example.com\n", &[][..]),
    ] {
        let call = act(&tenant, action, list);
        let call =
            if action == "run-custom-script" { call.argument("--artefacts").argument("kept") } else { call };
        let outcome = settings.iter().fold(call, |call, (name, value)| call.set(name, value)).go();
        assert_eq!(outcome.status, 0, "{action}: {} {:?}", outcome.stderr, outcome.objects());
        if action == "add-to-response-blocklist" {
            assert_eq!(tenant.blocked().len(), 1);
        }
    }
    let commands: Vec<_> =
        tenant.commands().into_iter().map(|command| (command.path, command.item)).collect();
    assert_eq!(commands.len(), 6, "{commands:?}");
    assert_eq!(commands[0].1["processId"], 4_711);
    assert_eq!(commands[1].1["parameter"], "-All");
    assert!(tenant.blocked().is_empty());
}

#[test]
fn a_key_without_the_permission_is_told_which_one_it_needs() {
    let tenant = tenant(endpoints(&["client1"]));
    let denied = json!({
        "method": "POST", "path": "/v3.0/response/*",
        "effect": { "kind": "status", "status": 403 }
    });
    tenant.inject(serde_json::from_value::<Fault>(denied).expect("a fault")).expect("a good fault");
    let outcome = act(&tenant, "isolate-endpoint", "client1\n").go();
    assert_ne!(outcome.status, 0);
    assert!(outcome.stderr.contains("Isolate endpoint"), "{}", outcome.stderr);
}

/// Kills the process at several moments. Whatever it was doing, each command arrives once.
#[test]
fn a_killed_run_is_resumed_and_each_command_was_sent_once() {
    for milliseconds in [5, 150, 300, 450, 600, 800, 1_200] {
        let names: Vec<_> = (0..40).map(|number| format!("client{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let tenant = tenant(endpoints(&names));
        let slow = json!({ "path": "/v3.0/response/*", "effect": { "kind": "slow", "milliseconds": 200 } });
        tenant.inject(serde_json::from_value::<Fault>(slow).expect("a fault")).expect("a good fault");
        let call = act(&tenant, "isolate-endpoint", &names.join("\n")).argument("--pending").argument("p");
        let begun = Instant::now();
        let mut running = call.without_report().start();
        std::thread::sleep(Duration::from_millis(milliseconds).saturating_sub(begun.elapsed()));
        if running.has_ended() {
            // The machine is fast: there is nothing left to kill.
            continue;
        }
        running.kill();
        let killed = running.finish();
        let pending = killed.directory().join("p");
        if !pending.exists() {
            assert!(tenant.commands().is_empty(), "a command was sent before it was recorded");
            continue;
        }
        let outcome = Palisade::resume_on(&tenant, &pending).go();
        assert_eq!(outcome.status, 0, "after {milliseconds} ms: {}", outcome.stderr);
        assert_eq!(isolated(&tenant).len(), 40);
        assert_eq!(tenant.commands().len(), 40, "after {milliseconds} ms");
        assert!(
            outcome.objects().iter().all(|object| object.verdict == "accepted"),
            "{:?}",
            outcome.objects()
        );
    }
}
