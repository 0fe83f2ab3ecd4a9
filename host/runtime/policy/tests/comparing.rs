//! Both sides and the result as data: what `palisade policy show --bundle` shows.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use http::Method;
use palisade_grant::{Grant, Origin, PathRule};
use palisade_policy::{Comparison, Extent, Limits, Policy};

const POLICY: &str = r#"
[[egress]]
bundle = "trend-vision-one"
origin = "https://api.eu.example.com"
methods = ["GET", "POST"]
paths = ["/v3.0/*"]

[[egress]]
origin = "https://api.us.example.com"
methods = ["POST"]
paths = ["/v3.0/list"]

[[egress]]
bundle = "another"
origin = "https://api.jp.example.com"
methods = ["POST"]
paths = ["/*"]

[ceilings]
run-seconds = 600
"#;

fn asked(region: &str) -> Grant {
    Grant {
        origin: Origin::parse(&format!("https://api.{region}.example.com")).unwrap(),
        methods: vec![Method::POST],
        paths: vec![PathRule::parse("/v3.0/list"), PathRule::parse("/v3.0/tasks/*")],
        headers: Vec::new(),
        credential: None,
        changes: true,
        idempotent: true,
        reason: String::new(),
    }
}

fn compare(policy: &Policy) -> Comparison {
    let limits = Limits { run_seconds: Some(3600), ..Limits::default() };
    let actions = [("add".to_owned(), ["eu", "us", "jp"].map(asked))];
    policy.compare("trend-vision-one", actions, &limits)
}

#[test]
fn each_concrete_origin_is_compared_on_its_own() {
    let comparison = compare(&Policy::parse(POLICY, "palisade.toml", Path::new("")).unwrap());
    let grants = &comparison.actions[0].grants;
    let extents: Vec<Extent> = grants.iter().map(|grant| grant.extent).collect();
    assert_eq!(extents, [Extent::Whole, Extent::Part, Extent::Nothing]);
    assert_eq!(grants[0].effective[0].paths, ["/v3.0/list", "/v3.0/tasks/*"]);
    assert_eq!(grants[1].effective[0].paths, ["/v3.0/list"]);
    assert_eq!(grants[1].allowed[0].place.line, 8);
    assert!(grants[2].allowed.is_empty() && grants[2].effective.is_empty());
    assert_eq!(comparison.allowed.unwrap().len(), 2);
}

#[test]
fn without_a_policy_all_that_is_asked_for_applies() {
    let comparison = compare(&Policy::default());
    assert!(comparison.allowed.is_none() && comparison.policy.is_none());
    assert!(comparison.actions[0].grants.iter().all(|grant| grant.extent == Extent::Whole));
}

#[test]
fn limits_are_compared_with_both_ceilings() {
    let comparison = compare(&Policy::parse(POLICY, "palisade.toml", Path::new("")).unwrap());
    let run = comparison.limits.iter().find(|limit| limit.limit == "run-seconds").unwrap();
    assert_eq!((run.asked, run.ceiling, run.effective), (Some(3600), Some(600), 600));
    assert_eq!(run.host_ceiling, palisade_limits::RUN_CEILING_SECONDS);
}

#[test]
fn a_comparison_is_data() {
    let comparison = compare(&Policy::parse(POLICY, "palisade.toml", Path::new("")).unwrap());
    let json = serde_json::to_value(&comparison).unwrap();
    assert_eq!(json["actions"][0]["grants"][1]["extent"], "part");
    assert_eq!(json["allowed"][0]["origin"], "https://api.eu.example.com");
    assert_eq!(json["protect"]["private_addresses"], true);
}
