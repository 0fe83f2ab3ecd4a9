//! The operator's side: what runs is the intersection of what the manifest asks for and what the policy allows; a refused
//! request says which lines would allow it.

use palisade_e2e::{Palisade, Tenant, bundle};
use serde_json::Value;

const LIST: &str = "/v3.0/threatintel/suspiciousObjects";

fn run(tenant: &Tenant) -> Palisade {
    Palisade::run(tenant, "add-to-blocklist").configured("").collection_of("list.txt", "evil.example.com\n")
}

fn egress(bundle: &str, method: &str, path: &str) -> String {
    format!(
        "[[egress]]\nbundle = \"{bundle}\"\norigin = \"https://api.xdr.trendmicro.com\"\nmethods = [\"{method}\"]\npaths = [\"{path}\"]\n"
    )
}

#[test]
fn a_policy_that_allows_the_request_lets_it_through() {
    let tenant = Tenant::start();
    let outcome = run(&tenant).policy(&egress("trend-vision-one", "POST", "/v3.0/threatintel/*")).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(tenant.blocked().len(), 1);
}

#[test]
fn what_the_policy_does_not_allow_is_refused_with_the_lines_that_would() {
    for policy in [
        "egress = []".to_owned(),
        egress("trend-vision-one", "GET", LIST),
        egress("trend-vision-one", "POST", "/v3.0/threatintel/other"),
        egress("another-bundle", "POST", LIST),
        egress("trend-vision-one", "POST", LIST).replace("api.xdr", "api.eu.xdr"),
    ] {
        let tenant = Tenant::start();
        let refused = run(&tenant).policy(&policy).go();
        assert_eq!(refused.status, 4, "{policy}\n{}", refused.stderr);
        assert_eq!(refused.ended_with(), "request-not-granted");
        assert!(tenant.received().is_empty(), "{policy}");
        let hint = refused.of_run("hint");
        for words in ["palisade.toml", "trend-vision-one", "https://api.xdr.trendmicro.com", LIST, "POST"] {
            assert!(hint.contains(words), "`{words}` is missing in: {hint}");
        }
    }
}

/// The lines that a refusal prints do allow the request once they are in the file.
#[test]
fn the_lines_of_a_refusal_can_be_pasted() {
    let tenant = Tenant::start();
    let other = egress("another-bundle", "POST", LIST);
    let hint = run(&tenant).policy(&other).go().of_run("hint");
    let start = hint.find("[[egress]]").unwrap_or_else(|| panic!("no lines in: {hint}"));
    let lines: Vec<&str> = hint[start..].lines().take_while(|line| !line.starts_with('(')).collect();
    let outcome = run(&tenant).policy(&format!("{other}\n{}\n", lines.join("\n"))).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
}

#[test]
fn a_ceiling_holds_whatever_is_asked_for() {
    let tenant = Tenant::start();
    let outcome = run(&tenant).policy("[ceilings]\nrequest-body-bytes = 10\n").go();
    assert_eq!(outcome.count("rejected", "too-large"), 1, "{}", outcome.stderr);
    assert!(tenant.posts().is_empty());
    let outcome = run(&tenant).policy("[ceilings]\nmemory-mib = 1\n").go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("it asked for more than 1 MiB of memory"), "{}", outcome.stderr);
}

#[test]
fn both_sides_and_the_result_are_shown() {
    let shown = |lines: &str, output: &str| {
        Palisade::verb("policy")
            .argument("show")
            .policy(lines)
            .argument("--bundle")
            .argument(bundle())
            .argument("--output")
            .argument(output)
            .go()
    };
    let outcome = shown(&egress("trend-vision-one", "POST", "/v3.0/threatintel/*"), "json");
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let said: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let grants = said["actions"][0]["grants"].as_array().unwrap();
    let united_states = |grant: &&Value| grant["asked"]["origin"] == "https://api.xdr.trendmicro.com";
    let japan = |grant: &&Value| grant["asked"]["origin"] == "https://api.xdr.trendmicro.co.jp";
    assert!(grants.iter().filter(united_states).any(|grant| grant["extent"] == "whole"));
    assert!(grants.iter().filter(japan).all(|grant| grant["extent"] == "nothing"));
    let text = shown("[protect]\ndomains = [\"contoso.com\"]\n", "text").stdout;
    for words in ["add-to-blocklist", "granted", "limits", "Local build", "contoso.com"] {
        assert!(text.contains(words), "`{words}` is missing in:\n{text}");
    }
}

#[test]
fn the_first_run_without_a_policys_egress_says_what_is_granted() {
    let tenant = Tenant::start();
    let first = run(&tenant).first_run().go();
    assert!(first.stderr.contains("first run of trend-vision-one 0.1.0"), "{}", first.stderr);
    assert!(first.stderr.contains(LIST), "{}", first.stderr);
    let again = run(&tenant).go();
    assert!(!again.stderr.contains("first run"), "{}", again.stderr);
    let narrowed = run(&tenant).first_run().policy(&egress("trend-vision-one", "POST", LIST)).go();
    assert!(!narrowed.stderr.contains("first run"), "{}", narrowed.stderr);
}

#[test]
fn a_mistake_in_the_policy_stops_everything_and_names_its_place() {
    let tenant = Tenant::start();
    let outcome = run(&tenant).policy("[cielings]\nrequests = 1\n").go();
    assert_eq!(outcome.status, 1);
    assert!(outcome.stderr.contains("palisade.toml:1"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("ceilings"), "{}", outcome.stderr);
    assert!(tenant.received().is_empty());
    let missing = run(&tenant).argument("--policy").argument("not-there.toml").go();
    assert_eq!(missing.status, 1, "{}", missing.stderr);
}

/// A push looks at the list before it changes it: a policy that forgets that is told so.
#[test]
fn a_policy_without_the_look_before_the_push_says_which_lines_are_missing() {
    let tenant = Tenant::start();
    let refused = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("list.txt", "evil.example.com\n")
        .policy(&egress("trend-vision-one", "POST", LIST))
        .go();
    assert_eq!(refused.ended_with(), "request-not-granted", "{}", refused.stderr);
    assert!(refused.of_run("hint").contains("methods = [\"GET\"]"), "{}", refused.of_run("hint"));
    assert!(tenant.blocked().is_empty());
}
