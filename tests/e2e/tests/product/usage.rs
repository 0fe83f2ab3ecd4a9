//! Command lines that contradict themselves, and variables in the place of options: refused with a code before anything is sent.

use palisade_e2e::{Palisade, Tenant, domains};
use serde_json::Value;

#[test]
fn applying_a_plan_and_writing_one_exclude_each_other_before_anything_is_sent() {
    let tenant = Tenant::start();
    let made = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", domains(3))
        .argument("--dry-run")
        .argument("--compare")
        .argument("--plan")
        .argument("plan.json")
        .go();
    assert_eq!(made.status, 0, "{}", made.stderr);
    let before = tenant.received().len();
    let plan = made.directory().join("plan.json");
    let outcome =
        Palisade::apply(&tenant, &plan).configured("").argument("--plan").argument("other.json").go();
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("error[command-line]"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("--plan") && outcome.stderr.contains("--apply"), "{}", outcome.stderr);
    assert_eq!(tenant.received().len(), before);
    assert!(tenant.blocked().is_empty());
}

#[test]
fn a_command_line_that_is_not_understood_is_an_error_in_json_as_well() {
    let outcome = Palisade::verb("run").argument("--output").argument("json").argument("--nothing").go();
    assert_eq!(outcome.status, 2);
    let error: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(error["error"]["code"], "command-line");
    assert!(error["error"]["message"].as_str().unwrap().contains("--nothing"));
}

#[test]
fn a_variable_that_is_set_to_nothing_is_an_error_with_a_code() {
    for (verb, words, name, code) in [
        ("inspect", &["x.zip"][..], "PALISADE_POLICY", "policy-missing"),
        ("verify", &["x.zip"], "PALISADE_POLICY", "policy-missing"),
        ("backup", &["--to", "x"], "PALISADE_DATA", "variable-invalid"),
        ("runs", &["list"], "PALISADE_SERVER", "variable-invalid"),
    ] {
        let call = words.iter().fold(Palisade::verb(verb), |call, word| call.argument(word));
        let outcome = call.environment(name, "").go();
        assert_eq!(outcome.status, 1, "{verb}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(&format!("error[{code}]")), "{verb}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(name), "{verb}: {}", outcome.stderr);
    }
    let tenant = Tenant::start();
    let run = || {
        let call = Palisade::run(&tenant, "add-to-blocklist").configured("");
        call.collection_of("domains.txt", domains(1)).argument("--dry-run")
    };
    let outcome = run().environment("PALISADE_CACHE_DIR", "").go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("error[variable-invalid]"), "{}", outcome.stderr);
    // What is typed goes before the variable, and does not exclude it.
    let outcome = run().environment("PALISADE_CACHE_DIR", "").argument("--no-cache").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
}

#[test]
fn standard_input_is_read_once() {
    let outcome = Palisade::verb("collection").argument("-").argument("-").input("evil.example.com\n").go();
    assert_eq!(outcome.status, 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("error[input-twice]"), "{}", outcome.stderr);
}
