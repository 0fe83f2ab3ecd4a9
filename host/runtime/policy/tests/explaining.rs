//! A refused request: which side lacks it, and that the lines that are told do allow it where they are pasted, and nothing
//! that the component hid in its request.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used)]

use std::path::Path;

use http::{Method, Uri};
use palisade_grant::{Denial, Grant, Missing, Origin, PathRule};
use palisade_policy::{Placement, Policy, Remedy};
use proptest::prelude::*;

const BUNDLE: &str = "trend-vision-one";

fn parse(text: &str) -> Policy {
    Policy::parse(text, "palisade.toml", Path::new("")).unwrap_or_else(|error| panic!("{text}\n{error}"))
}

fn asked() -> Vec<Grant> {
    vec![Grant {
        origin: Origin::parse("https://api.example.com").unwrap(),
        methods: vec![Method::POST],
        paths: vec![PathRule::parse("/v3.0/*")],
        headers: Vec::new(),
        credential: None,
        changes: true,
        idempotent: true,
        reason: String::new(),
    }]
}

fn denial(method: &str, url: &str, missing: Missing) -> Denial {
    Denial { method: method.to_owned(), url: url.to_owned(), missing }
}

fn post(path: &str) -> Denial {
    denial("POST", &format!("https://api.example.com{path}"), Missing::Origin)
}

#[test]
fn what_only_the_policy_lacks_is_told_with_the_lines_of_the_policy() {
    let remedy = parse("egress = []\n").explain(BUNDLE, &asked(), &post("/v3.0/list"));
    let Remedy::Policy { policy } = &remedy else { panic!("{remedy:?}") };
    assert_eq!(policy.file, "palisade.toml");
    assert!(!policy.wider);
    let policy = parse(
        "[[egress]]\nbundle = 'other'\norigin = 'https://api.example.com'\nmethods = ['POST']\npaths = ['/*']",
    );
    let remedy = policy.explain(BUNDLE, &asked(), &post("/v3.0/list"));
    assert_eq!(
        remedy.to_string(),
        "the bundle asks for this request, the policy does not allow it; palisade.toml:1:1 allows it, but to the bundle \
         `other` only; if the request is wanted, add at the end of `palisade.toml`:\n[[egress]]\n\
         bundle = \"trend-vision-one\"\norigin = \"https://api.example.com\"\nmethods = [\"POST\"]\npaths = [\"/v3.0/list\"]"
    );
}

#[test]
fn what_only_the_bundle_lacks_is_told_with_the_lines_of_the_manifest_and_none_of_the_policy() {
    let allowing = "[[egress]]\norigin = 'https://api.example.com'\nmethods = ['POST']\npaths = ['/*']";
    for policy in [Policy::default(), parse(allowing)] {
        let remedy = policy.explain(BUNDLE, &asked(), &post("/v2/list"));
        let Remedy::Manifest { manifest } = &remedy else { panic!("{remedy:?}") };
        assert_eq!(
            manifest.text,
            "egress:\n  - origin: https://api.example.com\n    methods: [POST]\n    changes: true\n    paths: [/v2/list]"
        );
        assert!(
            remedy.to_string().starts_with("the bundle itself does not ask for this request"),
            "{remedy}"
        );
        assert!(remedy.policy().is_none());
    }
}

#[test]
fn what_both_lack_is_told_with_the_lines_of_both() {
    let remedy = parse("egress = []").explain(BUNDLE, &asked(), &post("/v2/list"));
    assert!(
        matches!(remedy, Remedy::Both { .. }) && remedy.policy().is_some() && remedy.manifest().is_some()
    );
}

#[test]
fn what_nothing_could_grant_is_told_without_lines() {
    let policy = parse("egress = []");
    for denial in [
        denial("POST", "http://api.example.com/v3.0/list", Missing::Scheme),
        denial("POST", "https://api.example.com./v3.0/list", Missing::Authority),
        denial("POST", "https://api.example.com/v3.0/../list", Missing::AmbiguousPath),
        denial("PROPFIND", "https://api.example.com/v3.0/list", Missing::Method),
        denial("POST", "https://api.example.com/*", Missing::Path),
        denial("POST", "https://api.example.com/v3.0/list", Missing::DryRun),
        denial("POST", "https://api.example.com/v3.0/list", Missing::Resume),
    ] {
        assert!(matches!(policy.explain(BUNDLE, &asked(), &denial), Remedy::Nothing { .. }), "{denial}");
    }
}

#[test]
fn lines_that_allow_more_than_the_request_say_so() {
    let policy = parse("egress = []");
    for path in ["/v3.0/a%20b", "/v3.0/*", "/v3.0/a\"],b=["] {
        let remedy = policy.explain(BUNDLE, &asked(), &post(path));
        assert!(remedy.policy().unwrap().wider, "{path}");
        assert!(remedy.to_string().contains("they grant more than this request"), "{remedy}");
    }
}

/// The policy's text with the lines where the remedy says that they belong.
fn pasted(text: &str, remedy: &Remedy) -> String {
    let lines = remedy.policy().unwrap();
    match &lines.placement {
        Placement::End => format!("{text}\n{}\n", lines.text),
        Placement::InPlaceOf(place) => {
            let line = usize::try_from(place.line).unwrap() - 1;
            let each = text.lines().enumerate();
            let each = each.map(|(index, old)| if index == line { lines.text.as_str() } else { old });
            each.collect::<Vec<_>>().join("\n")
        }
        Placement::IntoList(place) => {
            let line = usize::try_from(place.line).unwrap() - 1;
            let column = usize::try_from(place.column).unwrap();
            let mut each: Vec<String> = text.lines().map(str::to_owned).collect();
            each[line].insert_str(column, &lines.text);
            each.join("\n")
        }
    }
}

const ENTRY: &str = "{ origin = 'https://b.example', methods = ['GET'], paths = ['/x'] }";

fn policies() -> impl Strategy<Value = String> {
    let other = "[[egress]]\norigin = 'https://b.example'\nmethods = ['GET']\npaths = ['/x']\n";
    proptest::sample::select(vec![
        "# none\n\negress = []\n\n[ceilings]\nrequests = 5\n".to_owned(),
        format!("# in a line\negress = [{ENTRY}]\n[protect]\nvalues = ['a']"),
        format!("egress = [\n  {ENTRY},\n]\n"),
        format!("{other}[protect]\nvalues = ['a']\n"),
        format!("[ceilings]\nrequests = 5\n{other}"),
    ])
}

/// Paths with whatever TOML and YAML read as something else than text.
fn path() -> impl Strategy<Value = String> {
    let pieces = ["a", "b", "c.d", "-", "'", "\"", ",", "]", "=", "*", "%20", "[["];
    let segment = proptest::collection::vec(proptest::sample::select(pieces.to_vec()), 1..4);
    let segments = proptest::collection::vec(segment.prop_map(|pieces| pieces.concat()), 0..3);
    segments.prop_map(|segments| format!("/v3.0/{}", [vec!["x".to_owned()], segments].concat().join("/")))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_lines_allow_the_request_where_they_are_pasted_and_no_other(
        text in policies(),
        path in path(),
        other in "(/[a-c]{1,2}){1,3}",
    ) {
        let denial = post(&path);
        prop_assert!(denial.url.parse::<Uri>().is_ok_and(|uri| uri.path() == path));
        let before = parse(&text);
        let remedy = before.explain(BUNDLE, &asked(), &denial);
        prop_assert!(matches!(remedy, Remedy::Policy { .. }), "{:?}", remedy);
        let after = parse(&pasted(&text, &remedy));
        let uri: Uri = denial.url.parse().unwrap();
        prop_assert!(after.allows(BUNDLE, &Method::POST, &uri));
        prop_assert_eq!(after.egress().unwrap().len(), before.egress().unwrap().len() + 1);
        prop_assert!(!after.allows("another", &Method::POST, &uri));
        prop_assert!(!after.allows(BUNDLE, &Method::GET, &uri));
        let elsewhere: Uri = format!("https://api.example.com{other}").parse().unwrap();
        if other != path && !remedy.policy().unwrap().wider {
            prop_assert!(!after.allows(BUNDLE, &Method::POST, &elsewhere));
        }
    }
}
