//! *Scan Action*, *Risk Level* and *IOC Expiration*: every option, given in every way that there is, seen in what the tenant
//! received: the field with its JSON type, or no field.

use palisade_e2e::{Outcome, Palisade, Tenant, threatq, threatq_page};
use serde_json::{Value, json};

/// One option: what is configured by value and by label, and what the tenant receives; null where the field is left out.
struct Choice {
    parameter: &'static str,
    field: &'static str,
    value: &'static str,
    label: &'static str,
    received: Value,
}

fn choices() -> Vec<Choice> {
    let choice = |parameter, field| {
        move |(value, label, received): (&'static str, &'static str, Value)| Choice {
            parameter,
            field,
            value,
            label,
            received,
        }
    };
    let scan_actions = [
        ("block", "Block", json!("block")),
        ("log", "Log", json!("log")),
        ("customer-settings", "Based on Customer Settings", Value::Null),
    ];
    let risk_levels = [
        ("threatq-score", "Based on ThreatQ Score", json!("medium")),
        ("high", "High", json!("high")),
        ("medium", "Medium", json!("medium")),
        ("low", "Low", json!("low")),
        ("customer-settings", "Based on Customer Settings", Value::Null),
    ];
    let expirations = [
        ("7", "After 7 Days", json!(7)),
        ("15", "After 15 Days", json!(15)),
        ("30", "After 30 Days", json!(30)),
        ("45", "After 45 Days", json!(45)),
        ("60", "After 60 Days", json!(60)),
        ("75", "After 75 Days", json!(75)),
        ("90", "After 90 Days", json!(90)),
        ("never", "Never", json!(-1)),
        ("customer-settings", "Based on Customer Settings", Value::Null),
    ];
    let scan_actions = scan_actions.into_iter().map(choice("scan_action", "scanAction"));
    let risk_levels = risk_levels.into_iter().map(choice("risk_level", "riskLevel"));
    let expirations = expirations.into_iter().map(choice("ioc_expiration", "daysToExpiration"));
    scan_actions.chain(risk_levels).chain(expirations).collect()
}

/// How a parameter reaches the product.
#[derive(Debug, Clone, Copy)]
enum Way {
    Yaml,
    Json,
    Set,
}

fn run(tenant: &Tenant, way: Way, parameter: &str, given: &str) -> Outcome {
    let page = threatq_page([json!({"type": {"name": "FQDN"}, "value": "evil.example.com", "score": 7})]);
    let call = Palisade::run(tenant, "add-to-blocklist").collection_of("page.json", page);
    match way {
        Way::Yaml => call.configured(&format!("{parameter}: {}\n", json!(given))).go(),
        Way::Json => {
            let key = json!({"env": "PALISADE_TEST_API_KEY"});
            call.configuration(&json!({"api_key": key, parameter: given}).to_string()).go()
        }
        Way::Set => call.configured("").set(parameter, given).go(),
    }
}

fn assert_received(choice: &Choice, way: Way, given: &str) {
    let tenant = Tenant::start();
    let outcome = run(&tenant, way, choice.parameter, given);
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let mut expected = json!({
        "domain": "evil.example.com", "scanAction": "block", "riskLevel": "medium", "daysToExpiration": 30,
    });
    match &choice.received {
        Value::Null => drop(expected.as_object_mut().unwrap().remove(choice.field)),
        value => expected[choice.field] = value.clone(),
    }
    assert_eq!(tenant.items(), [expected], "{} = {given}, by {way:?}", choice.parameter);
    assert_eq!(outcome.report()["configuration"][choice.parameter], choice.value);
}

#[test]
fn every_option_by_value() {
    for (choice, way) in choices().iter().zip([Way::Yaml, Way::Json, Way::Set].into_iter().cycle()) {
        assert_received(choice, way, choice.value);
    }
}

#[test]
fn every_option_by_label() {
    for (choice, way) in choices().iter().zip([Way::Json, Way::Set, Way::Yaml].into_iter().cycle()) {
        assert_received(choice, way, choice.label);
    }
}

#[test]
fn a_label_is_understood_in_any_case_and_days_as_a_number() {
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("risk_level: MEDIUM\nscan_action: LOG\nioc_expiration: 7\n")
        .collection_of("page.json", threatq([("FQDN", "evil.example.com")]))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let expected = json!({"domain": "evil.example.com", "scanAction": "log", "riskLevel": "medium", "daysToExpiration": 7});
    assert_eq!(tenant.items(), [expected]);
}

#[test]
fn the_command_line_goes_before_the_file() {
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("risk_level: low\nscan_action: log\n")
        .set("risk_level", "high")
        .collection_of("page.json", threatq([("FQDN", "evil.example.com")]))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let item = tenant.item("evil.example.com");
    assert_eq!((&item["riskLevel"], &item["scanAction"]), (&json!("high"), &json!("log")));
}

#[test]
fn the_risk_level_follows_the_score_in_both_of_its_shapes() {
    let cases = [
        (json!(10), json!("high")),
        (json!(9), json!("high")),
        (json!("9.00"), json!("high")),
        (json!(8.9), json!("medium")),
        (json!(7), json!("medium")),
        (json!(6.9), json!("low")),
        (json!(0), json!("low")),
        (json!(null), Value::Null),
        (json!({"generated_score": "10.00", "manual_score": null}), json!("high")),
        (json!({"generated_score": "9.00", "manual_score": null}), json!("high")),
        (json!({"generated_score": "8.99", "manual_score": null}), json!("medium")),
        (json!({"generated_score": 7.0}), json!("medium")),
        (json!({"generated_score": "6.99", "manual_score": null}), json!("low")),
        (json!({"generated_score": "0.00", "manual_score": null}), json!("low")),
        (json!({"generated_score": "3.00", "manual_score": 9}), json!("high")),
        (json!({"generated_score": "10.00", "manual_score": "6"}), json!("low")),
        (json!({"generated_score": null, "manual_score": null}), Value::Null),
    ];
    let value = |index: usize| format!("score-{index}.example.com");
    let object = |(index, (score, _)): (usize, &(Value, Value))| json!({"type": {"name": "FQDN"}, "value": value(index), "score": score});
    let mut page: Vec<Value> = cases.iter().enumerate().map(object).collect();
    page.push(json!({"type": {"name": "FQDN"}, "value": "without.example.com"}));

    let tenant = Tenant::start();
    let call = Palisade::run(&tenant, "add-to-blocklist").configured("");
    let outcome = call.collection_of("page.json", threatq_page(page)).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    for (index, (score, expected)) in cases.iter().enumerate() {
        let item = tenant.item(&value(index));
        assert_eq!(item.get("riskLevel").unwrap_or(&Value::Null), expected, "score {score}");
    }
    assert_eq!(tenant.item("without.example.com").get("riskLevel"), None);
}

#[test]
fn where_no_field_is_sent_the_tenant_decides() {
    let tenant = Tenant::start();
    tenant.change_settings(|settings| {
        settings.tenant.scan_action = vision_one_simulator::ScanAction::Log;
        settings.tenant.risk_level = vision_one_simulator::RiskLevel::Low;
        settings.tenant.days_to_expiration = -1;
    });
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("scan_action: customer-settings\nrisk_level: customer-settings\nioc_expiration: customer-settings\n")
        .collection_of("page.json", threatq([("FQDN", "evil.example.com")]))
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.items(), [json!({"domain": "evil.example.com"})]);
    let held = &tenant.suspicious_objects()[0];
    assert_eq!((held.scan_action.name(), held.risk_level.name(), held.expires), ("log", "low", None));
}
