//! *URL Scheme Handling*: what becomes of a URL without a scheme, option by option, on both lists.

use std::collections::BTreeSet;

use palisade_e2e::{Outcome, Palisade, Tenant, threatq};
use vision_one_simulator::Fault;

/// Without a scheme, as written: a name, a port that looks like a scheme, an address, a query.
const BARE: &[&str] = &[
    "evil.example.com/a",
    "host.example.com:8080/x",
    "192.31.196.7/login.php",
    "evil.example.com/?u=http://other.example",
];
/// With a scheme, which every option leaves alone.
const COMPLETE: &[(&str, &str)] = &[
    ("https://complete.example.com/A/b?C=d", "https://complete.example.com/A/b?C=d"),
    ("HTTP://Upper.Example.COM/Path", "http://upper.example.com/Path"),
    ("ftp://files.example.com/x", "ftp://files.example.com/x"),
];

fn urls() -> String {
    let complete = COMPLETE.iter().map(|(value, _)| *value);
    threatq(BARE.iter().copied().chain(complete).map(|value| ("URL", value)))
}

fn run(tenant: &Tenant, action: &str, option: Option<&str>) -> Outcome {
    let call = Palisade::run(tenant, action).configured("").collection_of("urls.json", urls());
    match option {
        Some(option) => call.set("url_scheme", option).go(),
        None => call.go(),
    }
}

/// What is held when these schemes are put in front of bare URLs.
fn expected(schemes: &[&str]) -> BTreeSet<(String, String)> {
    let bare = BARE.iter().flat_map(|value| schemes.iter().map(move |scheme| format!("{scheme}://{value}")));
    let complete = COMPLETE.iter().map(|(_, expected)| (*expected).to_owned());
    bare.chain(complete).map(|value| ("url".to_owned(), value)).collect()
}

#[test]
fn http_is_the_default_and_can_be_given_by_value_and_by_label() {
    for option in [None, Some("http"), Some("Apply http://")] {
        let tenant = Tenant::start();
        let outcome = run(&tenant, "add-to-blocklist", option);
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert_eq!(tenant.blocked(), expected(&["http"]));
        assert_eq!(outcome.accepted_submissions(), tenant.blocked());
    }
}

#[test]
fn https_is_put_in_front() {
    for option in ["https", "Apply https://"] {
        let tenant = Tenant::start();
        let outcome = run(&tenant, "add-to-blocklist", Some(option));
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert_eq!(tenant.blocked(), expected(&["https"]));
        assert_eq!(outcome.accepted_submissions(), tenant.blocked());
    }
}

#[test]
fn both_are_two_submissions_and_one_verdict() {
    for option in ["both", "Add 2 IOCs (one with http:// and one with https://)"] {
        let tenant = Tenant::start();
        let outcome = run(&tenant, "add-to-blocklist", Some(option));
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert_eq!(tenant.blocked(), expected(&["http", "https"]));
        assert_eq!(outcome.total("accepted"), (BARE.len() + COMPLETE.len()) as u64);
        for value in BARE {
            let mut submitted = outcome.object(value).submitted;
            submitted.sort();
            let expected = ["http", "https"].map(|scheme| ("url".to_owned(), format!("{scheme}://{value}")));
            assert_eq!(submitted, expected);
        }
        for (value, _) in COMPLETE {
            assert_eq!(outcome.object(value).submitted.len(), 1);
        }
    }
}

#[test]
fn where_one_of_both_is_refused_the_object_is_rejected_and_the_report_says_which_one_is_held() {
    let tenant = Tenant::start();
    tenant.inject(Fault::items(400, [format!("https://{}", BARE[0])])).unwrap();
    let outcome = run(&tenant, "add-to-blocklist", Some("both"));
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    let object = outcome.object(BARE[0]);
    assert_eq!(object.verdict, "rejected");
    let mut statuses: Vec<_> = object.entry["submissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|submission| (submission["value"].as_str().unwrap(), submission["status"].as_u64()))
        .collect();
    statuses.sort_unstable();
    let [http, https] = ["http", "https"].map(|scheme| format!("{scheme}://{}", BARE[0]));
    assert_eq!(statuses, [(http.as_str(), Some(201)), (https.as_str(), Some(400))]);
    assert!(tenant.blocked().contains(&("url".to_owned(), http)));
    assert!(!tenant.blocked().contains(&("url".to_owned(), https)));
}

#[test]
fn nothing_is_sent_for_it_where_it_is_to_be_skipped() {
    for option in ["skip", "Don't Send IOC"] {
        let tenant = Tenant::start();
        let outcome = run(&tenant, "add-to-blocklist", Some(option));
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert_eq!(tenant.blocked(), expected(&[]));
        assert_eq!(outcome.count("skipped", "url-without-scheme"), BARE.len());
        for value in BARE {
            let object = outcome.object(value);
            assert_eq!((object.verdict.as_str(), object.code.as_str()), ("skipped", "url-without-scheme"));
            assert!(object.submitted.is_empty());
        }
    }
}

#[test]
fn the_exception_list_has_the_same_options() {
    for (option, schemes) in
        [("http", &["http"][..]), ("https", &["https"]), ("both", &["http", "https"]), ("skip", &[])]
    {
        let tenant = Tenant::start();
        let outcome = run(&tenant, "add-to-exception-list", Some(option));
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert_eq!(tenant.exempted(), expected(schemes), "{option}");
        assert!(tenant.blocked().is_empty());
    }
}
