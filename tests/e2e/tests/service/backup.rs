//! A copy of the state while the service goes on, and the way back.

use std::process::Command;

use palisade_e2e::{Service, Tenant, binary, domains};
use serde_json::json;

fn palisade(arguments: &[&str]) -> std::process::Output {
    Command::new(binary()).args(arguments).output().unwrap()
}

#[test]
fn a_backup_is_made_and_restored_while_the_service_runs() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let integration = service.install();
    let collection = service.collection("All", "list.txt", domains(3).as_bytes());
    let workflow = service.workflow("Block", integration, collection, &json!({}));
    let (data, copy) = (service.data(), service.data().join("copy.db"));
    let (data, copy) = (data.to_str().unwrap(), copy.to_str().unwrap());
    let made = palisade(&["backup", "--data", data, "--to", copy]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(copy).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "hashes and recordings are for their owner alone");
    let again = palisade(&["backup", "--data", data, "--to", copy]);
    assert_eq!(again.status.code(), Some(1), "a backup is never overwritten");
    let run = service.over(service.run(workflow));
    assert_eq!(run["status"], "Completed");
    let restored = palisade(&["restore", "--data", data, "--from", copy]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    assert_eq!(service.get("/api/v1/runs").expect(200)["total"], 0, "as it was before the run");
    let log = service.get("/api/v1/audit").expect(200);
    assert_eq!(
        (&log["items"][0]["what"], &log["items"][0]["subject"]),
        (&json!("state.restored"), &json!(copy))
    );
    let run = service.over(service.run(workflow));
    assert_eq!((&run["status"], tenant.blocked().len()), (&json!("Completed"), 3));
}

#[test]
fn what_is_no_backup_is_not_restored() {
    let tenant = Tenant::start();
    let service = Service::start(&tenant);
    let data = service.data();
    let wrong = data.join("wrong.db");
    std::fs::write(&wrong, "no database at all, and long enough to be looked at").unwrap();
    let refused = palisade(&["restore", "--data", data.to_str().unwrap(), "--from", wrong.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(service.get("/api/v1/me").status, 200, "nothing was touched");
}
