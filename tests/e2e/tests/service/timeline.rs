//! What a run tells of itself afterwards: what each request was for, what was sent with a value, and that the service was killed
//! in between. Compared with what the tenant received.

use std::thread;
use std::time::Duration;

use palisade_e2e::{Service, Tenant, domains};
use serde_json::{Value, json};
use vision_one_simulator::Settings;

const OBJECTS: usize = 4_000;
/// What the tenant takes for each answer, in milliseconds: a kill falls between two answers.
const LATENCY: u64 = 500;

fn all(service: &Service, path: &str) -> Vec<Value> {
    let (mut items, mut page) = (Vec::new(), 1);
    loop {
        let value = service.get(&format!("{path}?per_page=500&page={page}")).expect(200);
        let found = value["items"].as_array().expect("items");
        items.extend(found.iter().cloned());
        if found.is_empty() || items.len() as u64 >= value["total"].as_u64().expect("a total") {
            return items;
        }
        page += 1;
    }
}

#[test]
fn a_run_that_was_killed_names_the_restart_and_what_each_request_was_for() {
    let tenant = Tenant::with(Settings { latency_milliseconds: LATENCY, ..Settings::default() });
    let mut service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(OBJECTS).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({ "max_evictions": 0 }));
    let run = service.run(workflow);
    service.until(run, "it has verdicts", |run| run["verdicts"]["accepted"].as_u64() > Some(0));
    service.kill();
    // What was on its way arrives.
    thread::sleep(Duration::from_millis(2 * LATENCY));
    let before = tenant.items().len();
    service.restart();
    let report = service.over(run);
    assert_eq!(report["verdicts"]["accepted"], OBJECTS, "{report}");

    let events = all(&service, &format!("/api/v1/runs/{run}/events"));
    let kinds: Vec<&str> = events.iter().map(|event| event["kind"].as_str().unwrap()).collect();
    let expected =
        ["requested", "objects-taken", "step-begun", "restarted", "step-continued", "step-ended", "ended"];
    assert_eq!(kinds, expected, "{events:?}");

    // The requests of the activation that was killed went with it; those of the other one are all there.
    let requests = all(&service, &format!("/api/v1/runs/{run}/requests"));
    let sent: u64 = requests
        .iter()
        .filter(|request| request["method"] == "POST")
        .map(|request| {
            let purpose = request["purpose"].as_str().unwrap();
            let (what, count) = purpose.rsplit_once(": ").unwrap();
            assert_eq!(what, "Adds the objects of the collection to the suspicious object list");
            count.split(' ').next().unwrap().replace(',', "").parse::<u64>().unwrap()
        })
        .sum();
    assert_eq!(sent as usize, tenant.items().len() - before, "{requests:?}");
    let reads = requests.iter().filter(|request| request["method"] == "GET");
    for request in reads {
        let purpose = request["purpose"].as_str().unwrap();
        assert!(purpose.starts_with("Compares with the suspicious object list"), "{purpose}");
    }

    // An object of the last batch was sent by the activation that has a recording.
    let items = tenant.items();
    let item = items.last().unwrap();
    let value = item["domain"].as_str().unwrap();
    let objects = service.objects(run, 1);
    let place = &objects.iter().find(|object| object["value"] == value).unwrap()["place"];
    let story = service.get(&format!("/api/v1/runs/{run}/objects/{place}")).expect(200);
    let properties = story["steps"][0]["sent"][0]["properties"].as_object().unwrap();
    assert!(["scanAction", "daysToExpiration"].iter().all(|name| properties.contains_key(*name)), "{story}");
    for (name, property) in properties {
        assert_eq!(property, &item[name], "{name} of {value}");
    }
}
