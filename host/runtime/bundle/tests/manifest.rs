//! The bundle's own manifest says what the guide says; every bad manifest gives the error that is written beside it; the published
//! schema is the types'.
//!
//! `PALISADE_BLESS=1` rewrites the expected errors and the schema from what the code says now.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use palisade_bundle::{
    ActionChanges, ApprovalAsked, Effect, Fault, Manifest, Parameter, ParameterKind, Purpose, manifest_schema,
};

fn crate_directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn repository() -> PathBuf {
    crate_directory().join("../../..")
}

fn own_manifest() -> Manifest {
    let text = fs::read_to_string(repository().join("manifest.yaml")).unwrap();
    Manifest::parse(&text, "manifest.yaml").unwrap_or_else(|error| panic!("{error}"))
}

/// Compares a file with what it should hold, or writes it where `PALISADE_BLESS` says so.
fn assert_is_current(path: &Path, expected: &str) {
    if std::env::var_os("PALISADE_BLESS").is_some_and(|bless| bless == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, expected).unwrap();
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected, "{} is stale: run the tests with PALISADE_BLESS=1", path.display());
}

#[test]
fn every_bad_manifest_gives_its_error() {
    let directory = crate_directory().join("tests/manifests/invalid");
    let mut manifests: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    manifests.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    manifests.sort();
    assert!(manifests.len() > 60, "only {} bad manifests", manifests.len());
    for path in manifests {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let Err(error) = Manifest::parse(&text, name) else { panic!("{name} is taken for good") };
        let expected: String = error.faults().map(described).collect();
        assert_is_current(&path.with_extension("err"), &expected);
    }
}

fn described(fault: &Fault) -> String {
    let hint = fault.hint().map(|hint| format!("hint: {hint}\n")).unwrap_or_default();
    format!("{fault}\ncode: {}\n{hint}", fault.code())
}

#[test]
fn the_good_example_is_good() {
    let text = fs::read_to_string(crate_directory().join("tests/manifests/valid.yaml")).unwrap();
    let manifest = Manifest::parse(&text, "valid.yaml").unwrap_or_else(|error| panic!("{error}"));
    let written = serde_json::to_string(&manifest).unwrap();
    assert_eq!(serde_json::from_str::<Manifest>(&written).unwrap(), manifest);
    let egress = &manifest.action("send").unwrap().egress[0];
    assert_eq!(
        egress.in_words(&manifest),
        "send GET and POST requests to https://<Region>/v1/items and everything below \
         https://<Region>/v1/lists/ with the Key in the header Authorization"
    );
    let connection = manifest.action("send").unwrap().connection(&manifest).unwrap();
    assert_eq!(
        connection.tests[0].in_words(connection, &manifest),
        "send GET https://<Region>/v1/hello with the Key in the header Authorization to test the connection; it proves: \
         network, TLS, key"
    );
    assert_eq!(
        manifest.action("isolate").unwrap().facts_in_words(&manifest),
        [
            "cuts off objects; protected ones are held back from it",
            "makes changes that can be reversed",
            "can be reversed by “Restore” (restore)",
            "should be approved by a second person",
            "“accepted” means: The server has received the command.",
            "waits for the service: usually 5 min, 1 d at most",
            "returns for each object: taskId, password",
            "returns files: application/zip",
            "downloads from {region}, files.example.com and *.storage.example.com: The log.",
        ]
    );
}

#[test]
fn the_operator_sees_where_an_access_token_comes_from() {
    let text = fs::read_to_string(crate_directory().join("tests/manifests/valid.yaml")).unwrap();
    let headers = r#"{ headers: [{ name: Authorization, format: "Bearer {key}" }] }"#;
    let oauth = "{ oauth2_client_credentials: { token_origin: https://login.example.com, token_path: /token, \
                 client_id: key, client_secret: key } }";
    let manifest = Manifest::parse(&text.replace(headers, oauth), "valid.yaml").unwrap();
    let words = manifest.action("send").unwrap().egress[0].in_words(&manifest);
    let expected =
        "with an access token in the header Authorization, which https://login.example.com/token issues for";
    assert!(words.contains(expected), "{words}");
    let request = manifest.connections[0].token_request().unwrap();
    assert_eq!(
        (request.origin.as_deref(), request.paths[0].as_str()),
        (Some("https://login.example.com"), "/token")
    );
}

#[test]
fn a_manifest_that_is_too_long_is_not_read() {
    let text = "#".repeat(1 + usize::try_from(palisade_limits::MANIFEST_BYTES).unwrap());
    assert_eq!(Manifest::parse(&text, "manifest.yaml").unwrap_err().code(), "manifest-too-large");
}

#[test]
fn a_manifest_that_is_nested_deeply_is_not_read() {
    let text = format!("schema: {}", "[".repeat(100_000));
    assert_eq!(Manifest::parse(&text, "manifest.yaml").unwrap_err().code(), "manifest-syntax");
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    assert_is_current(&repository().join("docs/schema/manifest.schema.json"), &manifest_schema());
}

/// The labels of a parameter's options in order, and the label of the default.
fn options(parameter: &Parameter) -> (Vec<&str>, &str) {
    let ParameterKind::Select { options, default: Some(default) } = &parameter.kind else {
        panic!("{} is no select with a default", parameter.name)
    };
    let chosen = options.iter().find(|option| option.value == *default).unwrap();
    (options.iter().map(|option| option.label.as_str()).collect(), &chosen.label)
}

#[test]
fn the_forms_are_those_of_the_guide() {
    let manifest = own_manifest();
    let form = |id: &str| {
        let action = manifest.action(id).unwrap();
        let labels: Vec<&str> =
            action.parameters(&manifest).map(|parameter| parameter.label.as_str()).collect();
        (action.title.clone(), labels)
    };
    assert_eq!(
        form("add-to-blocklist"),
        (
            "Trend Micro Vision One - Add to Blocklist".to_owned(),
            vec![
                "API Region",
                "API Key",
                "URL Scheme Handling",
                "Scan Action",
                "Risk Level",
                "IOC Expiration",
                "Objects Per Run"
            ]
        )
    );
    assert_eq!(
        form("add-to-exception-list"),
        (
            "Trend Micro Vision One - Add to Exception List".to_owned(),
            vec!["API Region", "API Key", "URL Scheme Handling", "Objects Per Run"]
        )
    );
    let exceptions = manifest.action("add-to-exception-list").unwrap();
    let sections: Vec<&str> = exceptions.sections.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(sections, ["Connection Settings", "Exception Settings", "Workflow Settings"]);
    assert!(manifest.action("add-to-blacklist").is_none());
}

#[test]
fn the_options_are_those_of_the_guide() {
    let manifest = own_manifest();
    let parameter = |name: &str| manifest.parameter(name).unwrap();
    let (regions, region) = options(parameter("api_region"));
    let guide = ["United States", "European Union (EU)", "Australia", "Singapore", "Japan", "India"];
    assert_eq!(regions[..6], guide);
    assert_eq!(region, "United States");
    for (name, labels, default) in [
        (
            "url_scheme",
            &[
                "Apply http://",
                "Apply https://",
                "Add 2 IOCs (one with http:// and one with https://)",
                "Don't Send IOC",
            ][..],
            "Apply http://",
        ),
        ("scan_action", &["Block", "Log", "Based on Customer Settings"], "Block"),
        (
            "risk_level",
            &["Based on ThreatQ Score", "High", "Medium", "Low", "Based on Customer Settings"],
            "Based on ThreatQ Score",
        ),
        (
            "ioc_expiration",
            &[
                "After 7 Days",
                "After 15 Days",
                "After 30 Days",
                "After 45 Days",
                "After 60 Days",
                "After 75 Days",
                "After 90 Days",
                "Never",
                "Based on Customer Settings",
            ],
            "After 30 Days",
        ),
    ] {
        assert_eq!(options(parameter(name)), (labels.to_vec(), default), "{name}");
    }
    assert!(parameter("api_key").is_secret());
    let objects_per_run = ParameterKind::Integer {
        default: Some(10_000),
        minimum: Some(1),
        maximum: None,
        purpose: Some(Purpose::ObjectsPerRun),
    };
    assert_eq!(parameter("objects_per_run").kind, objects_per_run);
}

#[test]
fn the_regions_are_the_official_hosts() {
    let manifest = own_manifest();
    let hosts: Vec<&str> = manifest
        .parameter("api_region")
        .unwrap()
        .options()
        .iter()
        .map(|option| option.value.as_str())
        .collect();
    assert_eq!(
        hosts,
        [
            "api.xdr.trendmicro.com",
            "api.eu.xdr.trendmicro.com",
            "api.au.xdr.trendmicro.com",
            "api.sg.xdr.trendmicro.com",
            "api.xdr.trendmicro.co.jp",
            "api.in.xdr.trendmicro.com",
            "api.mea.xdr.trendmicro.com",
            "api.uk.xdr.trendmicro.com",
            "api.usgov.xdr.trendmicro.com",
        ]
    );
}

#[test]
fn each_action_asks_to_send_to_its_own_list_and_to_read() {
    let manifest = own_manifest();
    let words: BTreeSet<(&str, Vec<String>)> = manifest
        .actions
        .iter()
        .filter(|action| action.waits.is_none())
        .map(|action| {
            assert!(action.accepts("Indicator", "SHA-256") && !action.accepts("Indicator", "MD5"));
            (action.id.as_str(), action.egress.iter().map(|egress| egress.in_words(&manifest)).collect())
        })
        .collect();
    let sentence = |method: &str, list: &str| {
        let nothing = if method == "GET" { " that change nothing" } else { "" };
        format!(
            "send {method} requests{nothing} to https://<API Region>/v3.0/threatintel/{list} with the API Key in the header \
             Authorization"
        )
    };
    let (blocked, exempted) = ("suspiciousObjects", "suspiciousObjectExceptions");
    assert_eq!(
        words,
        BTreeSet::from([
            (
                "add-to-blocklist",
                vec![sentence("POST", blocked), sentence("GET", blocked), sentence("GET", exempted)]
            ),
            ("add-to-exception-list", vec![sentence("POST", exempted), sentence("GET", exempted)]),
        ])
    );
}

#[test]
fn the_host_knows_which_action_blocks_or_contains() {
    let manifest = own_manifest();
    let of_effect = |effect: Effect| {
        let actions = manifest.actions.iter().filter(|action| action.effect == effect);
        actions.map(|action| action.id.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of_effect(Effect::Blocks), ["add-to-blocklist", "add-to-response-blocklist"]);
    assert_eq!(of_effect(Effect::Exempts), ["add-to-exception-list"]);
    let contains = [
        "isolate-endpoint",
        "terminate-process",
        "run-custom-script",
        "quarantine-message",
        "delete-message",
        "disable-account",
        "sign-out-account",
        "reset-password",
    ];
    assert_eq!(of_effect(Effect::Contains), contains);
}

#[test]
fn what_cannot_be_reversed_asks_for_an_approval_and_each_way_back_leads_back() {
    let manifest = own_manifest();
    for action in &manifest.actions {
        if action.changes == ActionChanges::Lasting {
            assert_ne!(action.approval(), ApprovalAsked::Never, "{}", action.id);
        }
        if let Some(reverse) = action.reversible_by.as_deref().and_then(|id| manifest.action(id)) {
            assert_eq!(reverse.reversible_by.as_deref(), Some(action.id.as_str()), "{}", action.id);
        }
    }
}
