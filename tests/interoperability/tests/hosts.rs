//! The hosts of `examples/hosts` run the Vision One component on the simulator, without any code of the product.

use std::collections::BTreeSet;
use std::path::PathBuf;

use palisade_e2e::{Tenant, root};
use palisade_interoperability::{Host, run_host};

const HOSTS: [Host; 2] = [Host::Node, Host::Python];

/// The lines of a run, each as verdict, value and code. `None` if the host is skipped.
fn run(host: Host, tenant: &Tenant, variables: &[(&str, &str)]) -> Option<Vec<(String, String, String)>> {
    let printed = run_host(host, tenant, &objects(), variables)?;
    let line = |line: &str| {
        let mut parts = line.split('\t').map(str::to_owned);
        let mut part = || parts.next().unwrap_or_default();
        (part(), part(), part())
    };
    Some(printed.lines().map(line).collect())
}

fn objects() -> PathBuf {
    root().join("examples/hosts/objects.json")
}

fn expected(lines: [(&str, &str, &str); 5]) -> Vec<(String, String, String)> {
    lines.map(|(verdict, value, code)| (verdict.to_owned(), value.to_owned(), code.to_owned())).to_vec()
}

#[test]
fn each_object_gets_its_verdict_and_the_tenant_has_what_was_accepted() {
    for host in HOSTS {
        let tenant = Tenant::start();
        let Some(lines) = run(host, &tenant, &[]) else { continue };
        let verdicts = expected([
            ("accepted", "malware.example", ""),
            ("accepted", "198.51.100.23", ""),
            ("accepted", "https://phishing.example/login", ""),
            ("skipped", "d41d8cd98f00b204e9800998ecf8427e", "type-not-accepted"),
            ("rejected", "198.51.100.300", "invalid-address"),
        ]);
        assert_eq!(lines, verdicts, "{host:?}");
        let blocked = [
            ("domain", "malware.example"),
            ("ip", "198.51.100.23"),
            ("url", "https://phishing.example/login"),
        ];
        let blocked: BTreeSet<_> =
            blocked.map(|(field, value)| (field.to_owned(), value.to_owned())).into_iter().collect();
        assert_eq!(tenant.blocked(), blocked, "{host:?}");
        assert_eq!(tenant.received().len(), 1, "{host:?}");
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    for host in HOSTS {
        let tenant = Tenant::start();
        let Some(lines) = run(host, &tenant, &[("DRY_RUN", "1")]) else { continue };
        let verdicts: Vec<&str> = lines.iter().map(|(verdict, ..)| verdict.as_str()).collect();
        assert_eq!(verdicts, ["planned", "planned", "planned", "skipped", "rejected"], "{host:?}");
        assert!(tenant.received().is_empty(), "{host:?}");
    }
}

#[test]
fn a_key_that_the_tenant_does_not_know_ends_the_run() {
    for host in HOSTS {
        let tenant = Tenant::start();
        let Some(lines) = run(host, &tenant, &[("API_KEY", "unknown")]) else { continue };
        for (verdict, value, code) in lines.iter().take(3) {
            assert_eq!(
                (verdict.as_str(), code.as_str()),
                ("failed", "credential-refused"),
                "{host:?}: {value}"
            );
        }
        assert!(tenant.blocked().is_empty(), "{host:?}");
    }
}

#[test]
fn the_host_in_node_has_under_100_lines() {
    let source = std::fs::read_to_string(root().join("examples/hosts/node/host.js")).unwrap();
    assert!(source.lines().count() < 100);
}

#[test]
fn the_lock_file_does_not_name_a_registry() {
    let lock = std::fs::read_to_string(root().join("examples/hosts/node/package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\""));
    assert!(lock.contains("\"integrity\""));
}
