//! *Test connection*: each way in which a connection can fail is named for what it is, and nothing is changed by it.

use palisade_e2e::{REGION, Service, Tenant, guest_bundle_with, policy};
use serde_json::{Value, json};
use tempfile::TempDir;
use vision_one_simulator::{ApiKey, Fault, Settings};

const EUROPE: &str = "api.eu.xdr.trendmicro.com";
const AUSTRALIA: &str = "api.au.xdr.trendmicro.com";
const CONNECTIVITY: &str = "/v3.0/healthcheck/connectivity";

/// A service that reaches three regions of the simulator and may reach no others; a key that is refused here is not shown to
/// the real ones.
struct Reach {
    service: Service,
    integration: i64,
    _policy: TempDir,
}

impl Reach {
    fn of(tenant: &Tenant) -> Self {
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("palisade.toml");
        let mut text = std::fs::read_to_string(policy()).unwrap();
        for region in [REGION, EUROPE, AUSTRALIA] {
            text.push_str(&format!(
                "\n[[egress]]\norigin = \"https://{region}\"\nmethods = [\"GET\", \"POST\"]\npaths = [\"/v3.0/*\"]\n"
            ));
        }
        std::fs::write(&path, text).unwrap();
        let (europe, australia) = (tenant.connect_to(EUROPE), tenant.connect_to(AUSTRALIA));
        let service = Service::start_with(
            tenant,
            &["--policy", path.to_str().unwrap(), "--connect-to", &europe, "--connect-to", &australia],
        );
        let integration = service.install();
        Self { service, integration, _policy: directory }
    }

    fn test(&self, configuration: &Value) -> Value {
        test(&self.service, self.integration, "add-to-blocklist", configuration)
    }
}

fn test(service: &Service, integration: i64, action: &str, configuration: &Value) -> Value {
    let path = format!("/api/v1/integrations/{integration}/actions/{action}/test");
    service.post(&path, &json!({ "configuration": configuration })).expect(200)
}

/// Checks what failed, with its code.
fn assert_failed(test: &Value, failed: &str, code: &str) {
    assert_eq!((&test["works"], &test["failed"]), (&json!(false), &json!(failed)), "{test}");
    assert_eq!(test["code"], code, "{test}");
}

/// The paths that were asked for, in their order.
fn asked(tenant: &Tenant) -> Vec<String> {
    tenant.received().into_iter().map(|request| request.path).collect()
}

#[test]
fn a_connection_that_works_was_asked_for_and_looked_through() {
    let tenant = Tenant::start();
    let reach = Reach::of(&tenant);
    let works = reach.test(&json!({ "api_key": reach.service.key() }));
    assert_eq!((&works["works"], &works["failed"]), (&json!(true), &Value::Null), "{works}");
    let paths = asked(&tenant);
    assert_eq!(paths[0], CONNECTIVITY, "the service is asked first");
    assert!(
        paths[1..].iter().all(|path| path.starts_with("/v3.0/threatintel/")) && paths.len() > 1,
        "{paths:?}"
    );
    assert_eq!(works["requests"], paths.len());
    assert!(tenant.posts().is_empty() && tenant.blocked().is_empty());
    let path = format!("/api/v1/integrations/{}/actions/add-to-blocklist/test", reach.integration);
    let missing = reach.service.post(&path, &json!({ "configuration": {} })).expect(422);
    assert_eq!(missing["errors"][0]["field"], "api_key");
    let other = test(
        &reach.service,
        reach.integration,
        "add-to-exception-list",
        &json!({ "api_key": reach.service.key() }),
    );
    assert_eq!(other["works"], true, "{other}");
}

#[test]
fn a_key_that_no_region_takes_is_the_key() {
    let tenant = Tenant::start();
    let reach = Reach::of(&tenant);
    let wrong = reach.test(&json!({ "api_key": "not-the-key" }));
    assert_failed(&wrong, "key", "credential-refused");
    assert!(
        wrong["hint"].as_str().unwrap().contains("the 2 other choices of API Region refuse it"),
        "{wrong}"
    );
    let mut hosts: Vec<String> = tenant.received().into_iter().map(|request| request.host).collect();
    hosts.sort_unstable();
    assert_eq!(hosts, [AUSTRALIA, EUROPE, REGION], "each region that the policy allows, once");
    assert_eq!((asked(&tenant), &wrong["requests"]), (vec![CONNECTIVITY.to_owned(); 3], &json!(3)));
    assert!(!wrong.to_string().contains("not-the-key"));
}

#[test]
fn a_key_of_another_region_is_the_region() {
    let key = ApiKey { hosts: vec![AUSTRALIA.to_owned()], ..ApiKey::new("of-australia") };
    let tenant = Tenant::with(Settings { keys: vec![key], ..Settings::default() });
    let reach = Reach::of(&tenant);
    let wrong = reach.test(&json!({ "api_key": "of-australia" }));
    assert_failed(&wrong, "region", "region-wrong");
    assert_eq!(wrong["hint"], "choose `Australia` as API Region");
    assert!(wrong["message"].as_str().unwrap().contains("accepted in Australia"), "{wrong}");
    let right = reach.test(&json!({ "api_key": "of-australia", "api_region": AUSTRALIA }));
    assert_eq!(right["works"], true, "{right}");
}

#[test]
fn a_key_that_may_not_read_the_lists_is_the_role() {
    let tenant = Tenant::start();
    let reach = Reach::of(&tenant);
    tenant.change_settings(|settings| settings.keys[0].permissions.clear());
    let role = reach.test(&json!({ "api_key": reach.service.key() }));
    assert_failed(&role, "role", "access-denied");
    assert_eq!(asked(&tenant)[0], CONNECTIVITY, "the connectivity call names no role");
}

#[test]
fn a_service_that_does_not_work_is_the_service() {
    let tenant = Tenant::start();
    let reach = Reach::of(&tenant);
    tenant.inject(Fault::status(503)).unwrap();
    let down = reach.test(&json!({ "api_key": reach.service.key() }));
    assert_failed(&down, "service", "service-unavailable");
    assert!(down["message"].as_str().unwrap().contains("503"), "{down}");
}

#[test]
fn a_proxy_that_nobody_answers_at_is_the_proxy() {
    let tenant = Tenant::start();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("palisade.toml");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = std::fs::read_to_string(policy()).unwrap();
    std::fs::write(&path, format!("{text}\n[network]\nproxy = \"http://{closed}\"\n")).unwrap();
    let service = Service::start_with(&tenant, &["--policy", path.to_str().unwrap()]);
    let integration = service.install();
    let configuration = json!({ "api_key": service.key(), "api_region": EUROPE });
    let proxy = test(&service, integration, "add-to-blocklist", &configuration);
    assert_failed(&proxy, "proxy", "proxy-unreachable");
    assert!(proxy["message"].as_str().unwrap().contains(&closed.to_string()), "{proxy}");
}

#[test]
fn somebody_else_who_answers_is_tls() {
    let tenant = Tenant::start();
    let other = Tenant::start();
    // The authority that is trusted is the other one's.
    let connect_to = tenant.connect_to(EUROPE);
    let service = Service::start_with(&other, &["--connect-to", &connect_to]);
    let integration = service.install();
    let configuration = json!({ "api_key": service.key(), "api_region": EUROPE });
    let tls = test(&service, integration, "add-to-blocklist", &configuration);
    assert_failed(&tls, "tls", "tls-failed");
    assert!(tenant.received().is_empty(), "nothing is sent to whoever it is");
}

#[test]
fn a_name_that_leads_nowhere_is_the_name_and_a_closed_port_the_network() {
    const CREDENTIAL: &str = "format: \"Bearer {api_key}\" }] }\n";
    const TESTS: &str = "    tests:\n      - { method: GET, path: /v3.0/healthcheck/connectivity, expect: [200], proves: key }\n";
    let tenant = Tenant::start();
    let directory = TempDir::new().unwrap();
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let service =
        Service::start_with(&tenant, &["--connect-to", &format!("closed.invalid:443:127.0.0.1:{closed}")]);
    for (host, failed, code) in
        [("nowhere.invalid", "name", "host-unresolvable"), ("closed.invalid", "network", "connection-failed")]
    {
        let with_tests = format!("{CREDENTIAL}{TESTS}");
        let change = |manifest: &str| manifest.replace(REGION, host).replace(CREDENTIAL, &with_tests);
        let zip = std::fs::read(guest_bundle_with(directory.path(), "accepts-all", change)).unwrap();
        let path = "/api/v1/integrations?replace=true&overwrite=true";
        let installed = service.send("POST", path, "application/zip", &zip).expect(201);
        let integration = installed["id"].as_i64().unwrap();
        let test = test(&service, integration, "act", &json!({ "api_key": "any" }));
        assert_failed(&test, failed, code);
        assert!(test["message"].as_str().unwrap().contains(host), "{test}");
    }
}
