//! Workflows: which objects a run takes, two actions in order, and the file that a workflow is taken away as.

use std::collections::BTreeSet;

use palisade_e2e::{Service, Tenant, domains, form};
use serde_json::json;

#[test]
fn a_collection_larger_than_one_run_is_worked_through() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(25).as_bytes());
    let settings = json!({ "actions": [{
        "integration": integration, "action": "add-to-blocklist",
        "connection": service.connection(), "configuration": { "objects_per_run": 10 },
    }]});
    let workflow = service.workflow("Block", integration, collection, &settings);
    let mut taken = Vec::new();
    for left in [15, 15, 15] {
        let run = service.over(service.run(workflow));
        assert_eq!((&run["objects"], &run["not_offered"]), (&json!(10), &json!(left)), "{run}");
        let objects = service.objects(run["id"].as_i64().unwrap(), 1);
        taken.extend(objects.iter().map(|object| object["value"].as_str().unwrap().to_owned()));
    }
    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 25, "three runs of ten reach all of 25");
    assert_eq!(taken[24], "d0025.example");
    assert_eq!(taken[25], "d0001.example", "and then it begins again");
    assert_eq!(tenant.blocked().len(), 25);
}

#[test]
fn changed_since_the_last_success_means_what_was_not_brought_to_its_end_with_this_content() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({ "takes": "changed" }));
    assert_eq!(service.over(service.run(workflow))["objects"], 3);
    let second = service.over(service.run(workflow));
    assert_eq!((&second["objects"], &second["selection"]["unchanged"]), (&json!(0), &json!(3)), "{second}");
    assert_eq!(second["status"], "Completed");
    let (kind, body) =
        form("All", &[("list.txt", b"d0001.example\nd0002.example # seen again\nd0009.example\n")]);
    let path = format!("/api/v1/collections/{collection}/files");
    assert_eq!(service.send("PUT", &path, &kind, &body).status, 204);
    let third = service.over(service.run(workflow));
    let objects = service.objects(third["id"].as_i64().unwrap(), 1);
    let values: Vec<&str> = objects.iter().map(|object| object["value"].as_str().unwrap()).collect();
    assert_eq!(values, ["d0002.example", "d0009.example"]);
}

#[test]
fn what_sends_nothing_else_is_no_change_and_what_does_is() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({ "takes": "changed" }));
    assert_eq!(service.over(service.run(workflow))["objects"], 3);
    let rotated = json!({
        "name": "Vision One", "kind": "trend-vision-one", "configuration": { "api_key": service.key() },
    });
    let path = format!("/api/v1/connections/{}", service.connection());
    assert_eq!(service.send("PUT", &path, "application/json", rotated.to_string().as_bytes()).status, 204);
    for (configuration, taken) in
        [(json!({}), 0), (json!({ "objects_per_run": 500 }), 0), (json!({ "scan_action": "log" }), 3)]
    {
        let body = json!({
            "name": "Block", "collection": collection, "takes": "changed",
            "actions": [{ "integration": integration, "action": "add-to-blocklist", "was": 1, "configuration": configuration }],
        });
        let path = format!("/api/v1/workflows/{workflow}");
        let changed = service.send("PUT", &path, "application/json", body.to_string().as_bytes());
        assert_eq!(changed.status, 204, "{}", changed.text);
        assert_eq!(service.over(service.run(workflow))["objects"], taken, "{body}");
    }
}

#[test]
fn a_failed_run_does_not_move_the_mark() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({ "takes": "changed" }));
    tenant.change_settings(|settings| settings.keys[0].status = vision_one_simulator::KeyStatus::Disabled);
    assert_eq!(service.over(service.run(workflow))["status"], "Error during run");
    tenant.change_settings(|settings| settings.keys[0].status = vision_one_simulator::KeyStatus::Enabled);
    assert_eq!(service.over(service.run(workflow))["objects"], 3);
    assert_eq!(service.over(service.run(workflow))["objects"], 0);
}

#[test]
fn two_actions_run_in_order_on_the_same_objects() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(4).as_bytes());
    let action =
        |id: &str| json!({ "integration": integration, "action": id, "connection": service.connection() });
    let settings = json!({ "actions": [action("add-to-exception-list"), action("add-to-blocklist")] });
    let workflow = service.workflow("Both", integration, collection, &settings);
    let run = service.over(service.run(workflow));
    assert_eq!(run["status"], "Completed", "{run}");
    assert_eq!((tenant.blocked().len(), tenant.exempted().len()), (4, 4));
    let steps = run["steps"].as_array().unwrap();
    let moment = |step: usize, field: &str| -> jiff::Timestamp {
        steps[step][field].as_str().unwrap().parse().unwrap()
    };
    assert!(moment(0, "ended_at") <= moment(1, "started_at"));
    let story = service.get(&format!("/api/v1/runs/{}/objects/2", run["id"])).expect(200);
    assert_eq!(story["steps"].as_array().unwrap().len(), 2, "{story}");
}

#[test]
fn a_workflow_comes_back_from_its_file_without_its_secrets() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(1).as_bytes());
    let settings = json!({ "schedule": { "kind": "daily", "at": "02:30", "zone": "Europe/Berlin" } });
    let workflow = service.workflow("Block", integration, collection, &settings);
    let yaml = service.get(&format!("/api/v1/workflows/{workflow}/export")).text;
    assert!(
        yaml.contains("Europe/Berlin") && !yaml.contains(service.key()) && !yaml.contains("api_key"),
        "{yaml}"
    );
    let import =
        |text: &str| service.send("POST", "/api/v1/workflows/import", "application/yaml", text.as_bytes());
    let elsewhere = yaml.replace("connection: Vision One", "connection: Elsewhere");
    assert_ne!(elsewhere, yaml, "{yaml}");
    let bare = import(&elsewhere.replace("name: Block", "name: Without a connection")).expect(201);
    for verb in ["enable", "run"] {
        let path = format!("/api/v1/workflows/{}/{verb}", bare["id"]);
        let refused = service.post(&path, &json!({})).expect(422);
        assert_eq!(refused["errors"][0]["field"], "actions[0].connection", "{refused}");
    }
    let other = import(&yaml.replace("0.1.0", "9.9.9")).expect(422);
    assert!(other["errors"][0]["message"].as_str().unwrap().contains("but `0.1.0` is"), "{other}");
    let renamed = yaml.replace("name: Block", "name: Block again");
    let made = import(&renamed).expect(201);
    let made = service.get(&format!("/api/v1/workflows/{}", made["id"])).expect(200);
    assert_eq!(made["actions"][0]["connection"], service.connection(), "the connection of this name");
    assert_eq!((&made["enabled"], &made["schedule"]["at"]), (&json!(false), &json!("02:30")));
    assert_eq!(made["max_evictions"], serde_json::Value::Null, "any number, as it was");
    let lines: Vec<&str> = renamed.lines().filter(|line| !line.starts_with("max_evictions")).collect();
    let careful = lines.join("\n").replace("Block again", "Careful");
    let careful = import(&careful).expect(201);
    let careful = service.get(&format!("/api/v1/workflows/{}", careful["id"])).expect(200);
    assert_eq!(careful["max_evictions"], 0, "nothing of others goes unless somebody says so");
}

#[test]
fn a_deleted_workflow_leaves_its_runs_and_one_that_runs_is_not_deleted() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(2).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let run = service.over(service.run(workflow));
    assert_eq!(service.delete(&format!("/api/v1/workflows/{workflow}")).status, 204);
    let kept = service.get(&format!("/api/v1/runs/{}", run["id"])).expect(200);
    assert_eq!((&kept["workflow"], &kept["workflow_name"]), (&json!(null), &json!("Block")));
}

#[test]
fn an_action_that_waits_is_refused_because_a_restart_could_send_its_command_twice() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    for action in ["isolate-endpoint", "delete-message", "add-to-response-blocklist"] {
        let actions =
            json!([{ "integration": integration, "action": action, "connection": service.connection() }]);
        let body =
            json!({ "name": action, "collection": collection, "max_evictions": null, "actions": actions });
        let refused = service.post("/api/v1/workflows", &body).expect(422);
        let fields = refused["errors"].as_array().unwrap();
        assert!(fields[0]["field"].as_str().unwrap().ends_with("action"), "{refused}");
        assert!(refused.to_string().contains("on the command line"), "{refused}");
    }
    assert!(tenant.commands().is_empty() && tenant.posts().is_empty());
}
