//! What a policy file may say, and what is told of one that says it wrongly: file, line, column, what was expected.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use palisade_policy::{Limits, NoProxy, Policy, PolicyError, ProxySecret};

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(text, "palisade.toml", Path::new("/etc/palisade"))
}

/// The message, the code and the hint of a policy with a fault.
fn fault(text: &str) -> (String, &'static str, Option<String>) {
    let error = parse(text).expect_err(text);
    (error.to_string(), error.code(), error.hint())
}

#[test]
fn without_a_file_bundles_may_send_what_they_ask_for_and_private_addresses_are_protected() {
    for policy in [Policy::default(), parse("").unwrap()] {
        assert!(policy.egress().is_none() && policy.trusted_keys().is_empty());
        assert_eq!(policy.ceilings(), &Limits::default());
        assert!(policy.protect().private_addresses);
        assert!(!policy.network().system_certificates && policy.network().private_networks.is_empty());
    }
}

#[test]
fn a_table_with_other_keys_leaves_private_addresses_protected() {
    assert!(parse("[protect]\nvalues = ['x']").unwrap().protect().private_addresses);
    assert!(!parse("[protect]\nprivate-addresses = false").unwrap().protect().private_addresses);
}

#[test]
fn everything_is_read_and_relative_paths_are_those_of_the_policys_directory() {
    let policy = parse(
        r#"
[[trusted-keys]]
name = "Palisade"
key = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"

[network]
proxy = "http://proxy.example:3128"
proxy-credentials = { file = "proxy.secret" }
no-proxy = ["*", ".internal.example", "10.0.0.0/8"]
ca-certificates = ["corporate-ca.pem", "/opt/ca.pem"]
system-certificates = true
private-networks = ["10.20.0.0/16"]

[protect]
domains = ["Example.com"]
networks = ["203.0.113.0/24", "2001:db8::1"]
lists = "protected.palisade"
"#,
    )
    .unwrap();
    let key = &policy.trusted_keys()[0];
    assert_eq!((key.name.as_str(), key.place.line, key.place.column), ("Palisade", 4, 7));
    let network = policy.network();
    let proxy = network.proxy.as_ref().unwrap();
    assert_eq!(proxy.to_string(), "http://proxy.example:3128");
    assert_eq!(proxy.credentials, Some(ProxySecret::File("/etc/palisade/proxy.secret".into())));
    assert_eq!(network.no_proxy[0], NoProxy::All);
    assert_eq!(network.no_proxy[1], NoProxy::Domain("internal.example".to_owned()));
    let expected = ["/etc/palisade/corporate-ca.pem", "/opt/ca.pem"].map(PathBuf::from);
    assert_eq!(network.ca_certificates, expected);
    assert!(network.system_certificates);
    assert_eq!(network.private_networks[0].to_string(), "10.20.0.0/16");
    let protect = policy.protect();
    assert_eq!(protect.domains, ["example.com"]);
    assert_eq!(protect.networks[1].to_string(), "2001:db8::1/128");
    assert_eq!(protect.lists.as_deref(), Some(Path::new("/etc/palisade/protected.palisade")));
}

#[test]
fn each_fault_has_its_place_its_code_and_says_what_was_expected() {
    for (text, message, code) in [
        ("requests = ", "palisade.toml:1:12: not readable as TOML: ", "policy-syntax"),
        (
            "[ceilings]\nrequests = 1\nrequests = 2",
            "3:1: not readable as TOML: duplicate key",
            "policy-syntax",
        ),
        ("\negres = []", "2:1: unknown key `egres`", "policy-unknown-key"),
        ("[ceilings]\nrun_seconds = 5", "2:1: unknown key `run_seconds`", "policy-unknown-key"),
        (
            "[[egress]]\norigin = 'https://a.example'\npaths = ['/']",
            "1:1: the key `methods` is missing",
            "policy-missing-key",
        ),
        (
            "ceilings = [64, 100]",
            "1:12: `ceilings`: expected a table, `[ceilings]`, with keys",
            "policy-shape",
        ),
        ("[[network]]\nsystem-certificates = true", "1:1: `network`: expected a table", "policy-shape"),
        (
            "[egress]\norigin = 'https://a.example'",
            "1:1: `egress`: expected tables with keys, each under `[[egress]]`",
            "policy-shape",
        ),
        ("egress = [['x']]", "1:11: `egress[0]`: expected tables", "policy-shape"),
        (
            "[ceilings]\nrequests = -1",
            "2:12: invalid value: integer `-1`, expected a whole number that is not negative",
            "policy-shape",
        ),
        (
            "[ceilings]\nrequests = '7'",
            "2:12: invalid type: string \"7\", expected a whole number that is not negative",
            "policy-shape",
        ),
        ("[ceilings]\nrequests = 0", "2:12: `ceilings.requests`: 0 would stop every run", "policy-ceiling"),
        (
            "[ceilings]\nmemory-mib = 1024",
            "`ceilings.memory-mib`: 1024 is beyond the host's own ceiling of 512 MiB",
            "policy-ceiling",
        ),
        (
            "[[trusted-keys]]\nname = ' '\nkey = 'RW'",
            "2:8: `trusted-keys[0].name`: nothing is given",
            "policy-empty",
        ),
        (
            "[[trusted-keys]]\nname = 'a'\nkey = ''",
            "3:7: `trusted-keys[0].key`: nothing is given, expected a minisign public key",
            "policy-empty",
        ),
        (
            "[[trusted-keys]]\nname = \"a\\u202e\"\nkey = 'x'",
            "`trusted-keys[0].name`: the text has control characters",
            "policy-unprintable",
        ),
        (
            "[[trusted-keys]]\nname = 'a'\nkey = 'x'\n[[trusted-keys]]\nname = 'a'\nkey = 'y'",
            "5:8: `trusted-keys[1].name`: the name of a key `a` is given twice",
            "policy-duplicate",
        ),
        (
            "[protect]\ndomains = ['*.example.com']",
            "2:12: `protect.domains[0]`: `*.example.com` is not a domain",
            "policy-domain",
        ),
        (
            "[protect]\nnetworks = ['10.0.0.1/8']",
            "2:13: `protect.networks[0]`: `10.0.0.1/8` is not a network",
            "policy-network",
        ),
        (
            "[network]\nprivate-networks = ['0.0.0.0/0']",
            "2:21: `network.private-networks[0]`",
            "policy-network",
        ),
        (
            "[network]\nproxy-credentials = { env = 'A' }",
            "`proxy-credentials` are given without a `proxy`",
            "policy-proxy",
        ),
        (
            "[network]\nproxy-credentials = { env = 'A', file = 'b' }",
            "expected either `{ env = \"NAME\" }` or `{ file = \"PATH\" }`",
            "policy-shape",
        ),
        (
            "[network]\nca-certificates = ['']",
            "2:20: `network.ca-certificates[0]`: nothing is given",
            "policy-empty",
        ),
    ] {
        let (told, told_code, _) = fault(text);
        assert!(told.contains(message), "{text}\n  told     {told}\n  expected {message}");
        assert!(told.starts_with("palisade.toml:"), "{told}");
        assert_eq!(told_code, code, "{text}");
    }
}

#[test]
fn each_fault_of_an_allowed_request_is_told_where_it_stands() {
    let entry = |bundle: &str, origin: &str, method: &str, path: &str| {
        format!(
            "[[egress]]\nbundle = '{bundle}'\norigin = '{origin}'\nmethods = [{method}]\npaths = [{path}]"
        )
    };
    for (text, message, code) in [
        (
            entry("Trend Vision One", "https://a.example", "'GET'", "'/'"),
            "2:10: `egress[0].bundle`: ",
            "policy-malformed",
        ),
        (entry("b", "http://a.example", "'GET'", "'/'"), "3:10: `egress[0].origin`: ", "policy-origin"),
        (entry("b", "https://a.example/", "'GET'", "'/'"), "3:10: `egress[0].origin`: ", "policy-origin"),
        (entry("b", "https://*.example", "'GET'", "'/'"), "3:10: `egress[0].origin`: ", "policy-origin"),
        (
            entry("b", "https://a.example", "'GET', 'get'", "'/'"),
            "4:19: `egress[0].methods[1]`: `get`",
            "policy-method",
        ),
        (entry("b", "https://a.example", "'*'", "'/'"), "4:12: `egress[0].methods[0]`: `*`", "policy-method"),
        (
            entry("b", "https://a.example", "", "'/'"),
            "4:11: `egress[0].methods`: nothing is given",
            "policy-empty",
        ),
        (
            entry("b", "https://a.example", "'GET'", "'/a', '/b/../c'"),
            "5:16: `egress[0].paths[1]`: ",
            "policy-path",
        ),
        (entry("b", "https://a.example", "'GET'", "'/a*'"), "5:10: `egress[0].paths[0]`: ", "policy-path"),
        (
            entry("b", "https://a.example", "'GET'", ""),
            "5:9: `egress[0].paths`: nothing is given",
            "policy-empty",
        ),
    ] {
        let (told, told_code, _) = fault(&text);
        assert!(told.contains(message), "{text}\n  told     {told}\n  expected {message}");
        assert_eq!(told_code, code, "{text}");
    }
}

#[test]
fn a_slip_of_the_pen_is_told_with_the_name_that_was_meant() {
    for (text, meant) in [
        ("egres = []", "egress"),
        ("[ceilings]\nrun_seconds = 5", "run-seconds"),
        ("[[trusted-keys]]\nname = 'a'\nkeys = 'b'", "key"),
        ("[protect]\ndomain = []", "domains"),
        ("[network]\nproxy-credentials = { enw = 'A' }", "env"),
        ("[[egress]]\norigin = 'https://a.example'\nmethods = ['post']\npaths = ['/']", "POST"),
        ("[protect]\nnetworks = ['10.1.2.3/8']", "10.0.0.0/8"),
    ] {
        assert_eq!(fault(text).2, Some(format!("did you mean `{meant}`?")), "{text}");
    }
    assert_eq!(
        fault("[network]\nxyz = 1").2.unwrap(),
        "known here: `proxy`, `proxy-credentials`, `no-proxy`, `ca-certificates`, `system-certificates`, `private-networks`"
    );
}

#[test]
fn all_broken_rules_are_told_at_once() {
    let error = parse("[ceilings]\nrequests = 0\n[protect]\ndomains = ['', 'a b']\n").unwrap_err();
    assert_eq!(error.faults().len(), 3);
    assert_eq!(error.to_string().lines().count(), 3);
}

#[test]
fn no_message_repeats_what_may_be_a_password() {
    for text in [
        "[network]\nproxy = 'http://user:pass-word@proxy.example:3128'",
        "[network]\nproxy = 'http://user:pass-word@'",
        "[network]\nproxy = 'pass-word'",
        "[network]\nproxy-credentials = 'user:pass-word'",
        "[network]\nproxy-credentials = ['user:pass-word']",
        "[network]\nproxy-credentials = { env = 'PROXY=pass-word' }",
        "[network]\nproxy-credentials = { user = 'user', password = 'pass-word' }",
        "[[egress]]\norigin = 'https://user:pass-word@a.example'\nmethods = ['GET']\npaths = ['/']",
    ] {
        let (told, _, hint) = fault(text);
        assert!(!told.contains("pass-word") && !hint.unwrap_or_default().contains("pass-word"), "{told}");
    }
}

#[test]
fn a_file_that_is_no_text_or_too_large_is_told_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("palisade.toml");
    std::fs::write(&path, b"# a\n# \xc3\xbc \xff\n").unwrap();
    let error = Policy::read(&path).unwrap_err();
    assert_eq!(error.code(), "policy-not-text");
    assert!(error.to_string().contains("palisade.toml:2:5: "), "{error}");
    let long = usize::try_from(palisade_limits::POLICY_BYTES).unwrap() + 1;
    std::fs::write(&path, vec![b'#'; long]).unwrap();
    assert_eq!(Policy::read(&path).unwrap_err().code(), "policy-too-large");
    std::fs::write(&path, vec![b'#'; long - 1]).unwrap();
    assert!(Policy::read(&path).is_ok());
    assert_eq!(Policy::read(directory.path()).unwrap_err().code(), "policy-unreadable");
}

#[test]
fn a_fault_cannot_rewrite_the_terminal() {
    let (told, ..) = fault("[protect]\ndomains = [\"a\\u001b[2Jb\"]");
    assert!(!told.contains('\u{1b}') && told.contains("\\u{1b}"), "{told}");
}
