//! More than the block list takes: 14,217 addresses, of which a run sends 10,000, and the others are accounted for one by one,
//! whichever of the two limits keeps them back.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;

use palisade_e2e::{Palisade, Tenant, shared_data};

const FILE: &str = "ipsum/3.txt";
const ALL: usize = 14_217;
const SENT: usize = 10_000;

/// The addresses of the file, in its order, each once.
fn addresses(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let first = |line: &str| line.split_whitespace().next().unwrap().parse::<Ipv4Addr>().unwrap().to_string();
    let addresses: Vec<String> = text.lines().map(first).collect();
    assert_eq!(addresses.len(), ALL);
    assert_eq!(addresses.iter().collect::<BTreeSet<_>>().len(), ALL);
    addresses
}

fn entries<'a>(addresses: impl IntoIterator<Item = &'a String>) -> BTreeSet<(String, String)> {
    addresses.into_iter().map(|address| ("ip".to_owned(), address.clone())).collect()
}

#[test]
fn objects_per_run_lets_exactly_ten_thousand_out_and_names_the_others() {
    let Some(file) = shared_data(FILE) else { return };
    let addresses = addresses(&file);
    let (first, beyond) = addresses.split_at(SENT);
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist").configured("").collection(&file).go();

    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.items().len(), SENT);
    assert_eq!(tenant.blocked(), entries(first));
    assert_eq!(outcome.total("offered"), SENT as u64);
    assert_eq!(outcome.total("accepted"), SENT as u64);

    let collection = &outcome.report()["collection"];
    assert_eq!(collection["objects_per_run"], SENT);
    assert_eq!(collection["files"][0]["objects"], ALL);
    let not_offered = &collection["not_offered"];
    assert_eq!(not_offered["count"], ALL - SENT);
    assert_eq!(not_offered["by_subtype"]["IP Address"], ALL - SENT);
    let named: Vec<&str> = not_offered["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|object| object["value"].as_str().unwrap())
        .collect();
    assert_eq!(named, beyond);
    let line = outcome.stderr.lines().find(|line| line.contains("not offered")).unwrap_or_default();
    assert!(
        line.contains("4,217 objects") && line.contains("Objects Per Run (10,000)"),
        "{}",
        outcome.stderr
    );
}

#[test]
fn a_larger_run_skips_what_the_list_has_no_room_for() {
    let Some(file) = shared_data(FILE) else { return };
    let addresses = addresses(&file);
    let (first, beyond) = addresses.split_at(SENT);
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("objects_per_run: 20000\n")
        .collection(&file)
        .go();

    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.items().len(), SENT);
    assert_eq!(tenant.blocked(), entries(first));
    assert_eq!(outcome.total("offered"), ALL as u64);
    assert_eq!(outcome.total("accepted"), SENT as u64);
    assert_eq!(outcome.count("skipped", "list-limit"), ALL - SENT);
    assert_eq!(outcome.report()["collection"]["not_offered"]["count"], 0);
    let skipped: Vec<String> = outcome
        .objects()
        .into_iter()
        .filter(|object| object.verdict == "skipped")
        .map(|object| object.value)
        .collect();
    assert_eq!(skipped, beyond);
    assert!(outcome.stderr.contains("list-limit 4,217"), "{}", outcome.stderr);
}

#[test]
fn objects_per_run_counts_over_all_files_in_their_order() {
    let tenant = Tenant::start();
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("objects_per_run: 3\n")
        .collection_of("first.txt", "192.31.196.1\n192.31.196.2\n")
        .collection_of("second.txt", "192.31.196.3\nevil.example.com\n192.31.196.4\n")
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let addresses = ["192.31.196.1", "192.31.196.2", "192.31.196.3"].map(str::to_owned);
    assert_eq!(tenant.blocked(), entries(&addresses));
    let not_offered = &outcome.report()["collection"]["not_offered"];
    assert_eq!(not_offered["count"], 2);
    assert_eq!(not_offered["objects"][0]["value"], "evil.example.com");
    assert_eq!(not_offered["objects"][0]["location"], "line 2");
    assert!(not_offered["objects"][0]["file"].as_str().unwrap().ends_with("second.txt"));
    assert!(outcome.stderr.contains("not offered  2 objects"), "{}", outcome.stderr);
}
