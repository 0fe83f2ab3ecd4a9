//! What the overview and the API say of the tenant's lists is what the tenant holds.

use std::collections::BTreeMap;

use palisade_e2e::{Service, Tenant, domains};
use serde_json::{Value, json};

/// Entries of each type on the block list, as the simulator counts them.
fn held(tenant: &Tenant) -> BTreeMap<String, u64> {
    tenant.blocked().into_iter().fold(BTreeMap::new(), |mut counts, (field, _)| {
        *counts.entry(field).or_default() += 1;
        counts
    })
}

/// The same as the service tells it, with the list's name before the type.
fn told(service: &Service) -> BTreeMap<String, (u64, u64, i64)> {
    let listed = service.get("/api/v1/holdings").expect(200);
    let number = |item: &Value, name: &str| item[name].as_u64().unwrap();
    let line = |item: &Value| {
        let name = format!("{} {}", item["list"].as_str().unwrap(), item["field"].as_str().unwrap_or("all"));
        (name, (number(item, "entries"), number(item, "limit"), item["run"].as_i64().unwrap()))
    };
    listed["items"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn the_overview_tells_what_the_tenant_holds_of_each_type() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let mut objects = domains(1_500);
    objects.push_str("45.83.0.1\n45.83.0.2\nhttp://evil.example/x\n");
    let collection = service.collection("All", "list.txt", objects.as_bytes());
    // What is not read is not told.
    let unread = service.workflow("Any", integration, collection, &json!({ "max_evictions": null }));
    let run = service.over(service.run(unread));
    assert_eq!(run["status"], "Completed", "{run}");
    assert_eq!(told(&service), BTreeMap::new());

    let careful = service.workflow("Careful", integration, collection, &json!({ "max_evictions": 0 }));
    let more = service.collection("More", "more.txt", b"one-more.example\n45.83.0.3\n");
    let second = service.workflow("Second", integration, more, &json!({ "max_evictions": 0 }));
    let all = service.run(careful);
    assert_eq!(service.over(all)["status"], "Completed");
    let later = service.run(second);
    assert_eq!(service.over(later)["status"], "Completed");

    let (held, told) = (held(&tenant), told(&service));
    assert_eq!(held["domain"], 1_501);
    let expected: BTreeMap<String, (u64, u64, i64)> = held
        .into_iter()
        .map(|(field, entries)| {
            let run = if field == "url" { all } else { later };
            (format!("block list {field}"), (entries, 10_000, run))
        })
        .collect();
    assert_eq!(told, expected);
    let page = service.get(&format!("/api/v1/runs/{later}")).expect(200);
    let step = &page["steps"][0]["warnings"]["holdings"];
    assert_eq!(step.as_array().map(Vec::len), Some(2), "the run keeps its own word: {step}");
}

#[test]
fn exceptions_count_together_and_a_dry_run_tells_what_it_found() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", b"good.example\n192.0.2.1\n");
    let settings = json!({ "actions": [{
        "integration": integration, "action": "add-to-exception-list",
        "connection": service.connection(),
    }]});
    let workflow = service.workflow("Exempt", integration, collection, &settings);
    assert_eq!(service.over(service.run(workflow))["status"], "Completed");
    assert_eq!(told(&service), BTreeMap::new(), "a push does not read the exception list");
    let dry =
        service.post(&format!("/api/v1/workflows/{workflow}/run"), &json!({ "dry_run": true })).expect(201);
    let dry = service.over(dry["id"].as_i64().unwrap());
    assert_eq!(dry["status"], "Completed", "{dry}");
    let count = tenant.exempted().len() as u64;
    let run = dry["id"].as_i64().unwrap();
    assert_eq!(told(&service), BTreeMap::from([("exception list all".to_owned(), (count, 5_000, run))]));
}
