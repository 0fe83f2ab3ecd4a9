//! Why a run ended with an issue: the reason of a run of which everything failed, and whether the service or the run's own input is at
//! fault. And finding such runs again, over the API and the command line.

use std::fs;

use palisade_e2e::{Service, Tenant, domains, policy};
use serde_json::{Value, json};
use vision_one_simulator::Fault;

const BLOCK: &str = "/v3.0/threatintel/suspiciousObjects";
/// Objects whose values are not values of their type.
const INVALID: &[u8] = br#"{"data": [
    {"id": 1, "value": "-a-.example", "type": {"id": 8, "name": "FQDN"}, "class": "network"},
    {"id": 2, "value": "b..example", "type": {"id": 8, "name": "FQDN"}, "class": "network"},
    {"id": 3, "value": "c_.-.example", "type": {"id": 8, "name": "FQDN"}, "class": "network"}
]}"#;

fn text<'a>(run: &'a Value, field: &str) -> &'a str {
    run[field].as_str().unwrap_or_default()
}

#[test]
fn a_run_of_which_everything_failed_states_its_own_reason() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let good = service.collection("Good", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Block", integration, good, &json!({}));
    tenant.inject(Fault::status(500).on("POST", BLOCK)).unwrap();
    let run = service.over(service.run(workflow));
    assert_eq!((&run["status"], &run["verdicts"]["failed"]), (&json!("Error Occurred"), &json!(3)), "{run}");
    assert!(text(&run, "reason").starts_with("all 3 objects failed with `service-error`: "), "{run}");
    assert!(text(&run, "hint").contains("retry"), "{run}");
    assert_eq!(run["cause"], "service");
    assert!(tenant.blocked().is_empty(), "as the run says");
    tenant.clear_faults();
    // One that was accepted is enough: then it is not the whole run that failed.
    let refused = domains(3).lines().next().unwrap().to_owned();
    tenant.inject(Fault::items(400, [refused])).unwrap();
    let run = service.over(service.run(workflow));
    assert_eq!((&run["verdicts"]["accepted"], tenant.blocked().len()), (&json!(2), 2), "{run}");
    assert_eq!(text(&run, "reason"), "1 object was rejected or failed");
}

#[test]
fn bad_input_and_a_refusal_by_policy_are_not_an_issue_of_the_service() {
    let tenant = Tenant::start();
    let own = tempfile::NamedTempFile::new().unwrap();
    let trusted = fs::read_to_string(policy()).unwrap();
    fs::write(own.path(), &trusted).unwrap();
    let service = Service::start_with(&tenant, &["--policy", own.path().to_str().unwrap()]);
    let integration = service.install();
    let bad = service.collection("Bad", "bad.json", INVALID);
    let workflow = service.workflow("Bad input", integration, bad, &json!({}));
    let run = service.over(service.run(workflow));
    assert_eq!(run["verdicts"]["rejected"], 3, "{run}");
    assert!(text(&run, "reason").starts_with("all 3 objects were rejected"), "{run}");
    assert_eq!(run["cause"], "input", "{run}");
    assert!(tenant.blocked().is_empty(), "as the run says");

    let good = service.collection("Good", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Refused", integration, good, &json!({}));
    // From now on the operator trusts nobody's signature.
    fs::write(own.path(), "").unwrap();
    let refused = service.over(service.run(workflow));
    assert_eq!(
        (&refused["status"], &refused["cause"]),
        (&json!("Failed to Complete"), &json!("policy")),
        "{refused}"
    );
    fs::write(own.path(), &trusted).unwrap();
    let completed = service.over(service.run(workflow));
    assert_eq!(
        (&completed["status"], &completed["cause"]),
        (&json!("Completed"), &Value::Null),
        "{completed}"
    );

    let list = |query: &str| -> Vec<Value> {
        let page = service.get(&format!("/api/v1/runs?{query}")).expect(200);
        page["items"].as_array().unwrap().iter().map(|run| run["id"].clone()).collect()
    };
    assert_eq!(list("cause=input"), [run["id"].clone()]);
    assert_eq!(list("cause=policy"), [refused["id"].clone()]);
    assert_eq!(list("cause=service"), [] as [Value; 0]);
    assert_eq!(
        list("issue=true&sort=requested&descending=false"),
        [run["id"].clone(), refused["id"].clone()]
    );
    let unknown = service.get("/api/v1/runs?status=Completed&isue=true").expect(400);
    assert_eq!(unknown["code"], "unknown-parameter");

    let command = |words: &[&str]| {
        let output = service.command(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let issues = command(&["runs", "list", "--issue", "--from", "24h"]);
    assert!(issues.contains("Bad input") && !issues.contains("Completed"), "{issues}");
    assert!(command(&["runs", "list", "--to", "24h"]).contains("no runs"));
    assert!(!command(&["runs", "list", "--search", "REFUSED"]).contains("Bad input"));
    let kinds = |text: String| -> Vec<String> {
        let kind =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["what"].as_str().unwrap().to_owned();
        text.lines().map(kind).collect()
    };
    assert_eq!(kinds(command(&["audit", "export", "--what", "run."])), ["run.requested"; 3]);
    assert!(kinds(command(&["audit", "export", "--what", "run.", "--to", "24h"])).is_empty());
    assert!(kinds(command(&["audit", "export", "--search", "Bad input"])).len() >= 2);
}
