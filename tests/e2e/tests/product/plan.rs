//! Plan before push: what a comparison shows, what a plan does, when it is refused, and that nobody's entries are pushed
//! out unless the operator said how many.

use palisade_e2e::{Outcome, Palisade, Tenant, threatq};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vision_one_simulator::{Effect, Fault};

/// Three domains, of which the tenant has one as it would be submitted, one with another risk, and one not at all.
const VALUES: [&str; 3] = ["held.example.com", "risky.example.com", "new.example.com"];

/// Puts values on the tenant's block list as an earlier push of this product does.
fn push(tenant: &Tenant, values: &[&str], configuration: &str) {
    let outcome = Palisade::run(tenant, "add-to-blocklist")
        .configured(configuration)
        .collection_of("earlier.txt", values.join("\n"))
        .go();
    assert_eq!(outcome.total("accepted"), values.len() as u64, "{}", outcome.stderr);
}

fn prepared() -> Tenant {
    let tenant = Tenant::start();
    push(&tenant, &["held.example.com"], "risk_level: high\n");
    push(&tenant, &["risky.example.com"], "risk_level: low\nioc_expiration: 7\n");
    let exceptions = Palisade::run(&tenant, "add-to-exception-list")
        .configured("")
        .collection_of("exceptions.txt", "new.example.com\n")
        .go();
    assert_eq!(exceptions.total("accepted"), 1);
    tenant
}

fn compare(tenant: &Tenant) -> Palisade {
    Palisade::run_guarded(tenant, "add-to-blocklist")
        .configured("risk_level: high\n")
        .collection_of("page.json", threatq(VALUES.map(|value| ("FQDN", value))))
        .argument("--dry-run")
        .argument("--compare")
}

fn comparison(outcome: &Outcome, value: &str) -> Value {
    let report = outcome.report();
    let objects = report["objects"].as_array().unwrap().clone();
    let object = objects.into_iter().find(|object| object["value"] == value).unwrap();
    object["submissions"][0]["comparison"].clone()
}

fn changes(tenant: &Tenant) -> usize {
    tenant.posts().len()
}

#[test]
fn a_comparison_tells_what_would_be_added_and_refreshed_and_changes_nothing() {
    let tenant = prepared();
    let before = (tenant.blocked(), changes(&tenant));
    let outcome = compare(&tenant).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!((tenant.blocked(), changes(&tenant)), before);
    assert_eq!(outcome.total("planned"), 3);
    assert_eq!(outcome.report()["run"]["compared"], true);

    let held = comparison(&outcome, "held.example.com");
    assert_eq!(held["held"]["riskLevel"], "high");
    assert_eq!(held["changes"], json!([]));
    let risky = comparison(&outcome, "risky.example.com");
    let names: Vec<&str> =
        risky["changes"].as_array().unwrap().iter().map(|change| change["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["riskLevel", "expiredDateTime"]);
    assert_eq!(
        (&risky["changes"][0]["before"], &risky["changes"][0]["after"]),
        (&json!("low"), &json!("high"))
    );
    let new = comparison(&outcome, "new.example.com");
    assert_eq!(new["held"], Value::Null);
    assert_eq!(new["also_on"], json!(["exception list"]));
    insta::with_settings!({filters => vec![
        (r"in \d+ m?s", "in TIME"), (r"\d{4}-\d\d-\d\dT[0-9:]+Z", "DATE"), (r"\d+ bytes received", "BYTES received"),
    ]}, {
        insta::assert_snapshot!(outcome.stable_stderr(), @"
        Trend Micro Vision One - Add to Blocklist (trend-vision-one 0.1.0, run RUN, dry run: the service was only read)
          from  DIRECTORY/page.json  3 objects (threatq)

          offered   3
          planned   3
          skipped   0
          rejected  0
          failed    0

        plan
          to add          1
          to refresh      1  expiredDateTime 1, riskLevel 1
          already there   1
          also elsewhere  1  exception list 1: new.example.com
          risky.example.com  riskLevel low → high, expiredDateTime DATE → DATE

          2 requests, 0 bytes sent, BYTES received
          block list holds domain 2 of 10,000

        finished in TIME
        ");
    });
}

#[test]
fn every_page_of_the_list_is_read_with_the_filter() {
    let tenant = Tenant::start();
    let values: Vec<String> = (0..450).map(|number| format!("d{number:04}.example.com")).collect();
    push(&tenant, &values.iter().map(String::as_str).collect::<Vec<_>>(), "");
    let outcome = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("domains.txt", values.join("\n"))
        .argument("--dry-run")
        .argument("--compare")
        .go();
    assert_eq!(outcome.total("planned"), 450, "{}", outcome.stderr);
    assert!(values.iter().all(|value| comparison(&outcome, value)["changes"] == json!([])));
    let list = "/v3.0/threatintel/suspiciousObjects";
    let pages: Vec<_> = tenant
        .received()
        .into_iter()
        .filter(|request| request.method == "GET" && request.path == list)
        .collect();
    assert!(pages.len() >= 3, "{} pages", pages.len());
    assert!(pages.iter().all(|page| page.headers.get("tmv1-filter").unwrap() == "type eq 'domain'"));
}

#[test]
fn a_plan_is_done_exactly() {
    let tenant = prepared();
    let made = compare(&tenant).argument("--plan").argument("plan.json").go();
    assert_eq!(made.status, 0, "{}", made.stderr);
    let plan = made.directory().join("plan.json");
    let (before, received) = (changes(&tenant), tenant.received().len());
    let done = Palisade::apply(&tenant, &plan).configured("risk_level: high\n").go();
    assert_eq!(done.status, 0, "{}", done.stderr);
    assert_eq!(done.total("accepted"), 3);
    // The comparison before the push counts as well, and is told apart.
    assert_eq!(done.traffic("requests"), (tenant.received().len() - received) as f64);
    assert_eq!(done.traffic("comparison_requests"), 2.0);
    assert!(done.stderr.contains("2 of them for the comparison"), "{}", done.stderr);
    assert_eq!(changes(&tenant), before + 1);
    let planned: std::collections::BTreeSet<_> =
        made.objects().into_iter().flat_map(|object| object.submitted).collect();
    assert_eq!(done.accepted_submissions(), planned);
    assert!(planned.iter().all(|entry| tenant.blocked().contains(entry)));
}

#[test]
fn a_plan_is_refused_when_the_tenant_has_changed() {
    let tenant = prepared();
    let made = compare(&tenant).argument("--plan").argument("plan.json").go();
    let plan = made.directory().join("plan.json");
    push(&tenant, &["new.example.com"], "");
    let before = changes(&tenant);
    let refused = Palisade::apply(&tenant, &plan).configured("risk_level: high\n").go();
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("plan-outdated"), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("the entry of `new.example.com` is there, it was not there"),
        "{}",
        refused.stderr
    );
    assert_eq!(changes(&tenant), before);
}

#[test]
fn a_plan_is_for_one_configuration_and_one_bundle() {
    let tenant = prepared();
    let made = compare(&tenant).argument("--plan").argument("plan.json").go();
    let plan = made.directory().join("plan.json");
    let before = tenant.received().len();
    let other = Palisade::apply(&tenant, &plan).configured("risk_level: low\n").go();
    assert!(other.stderr.contains("plan-made-with-another"), "{}", other.stderr);
    assert!(
        other.stderr.contains("another `risk_level`: expected `\"high\"`, found `\"low\"`"),
        "{}",
        other.stderr
    );

    let mut text: Value = serde_json::from_slice(&std::fs::read(&plan).unwrap()).unwrap();
    text["bundle"]["digest"] = json!("0".repeat(64));
    let forged = made.directory().join("forged.json");
    std::fs::write(&forged, sealed(text)).unwrap();
    let other = Palisade::apply(&tenant, &forged).configured("risk_level: high\n").go();
    assert!(other.stderr.contains("created with another bundle"), "{}", other.stderr);
    assert_eq!(tenant.received().len(), before, "nothing was even read");
}

/// A plan with the digest that belongs to it. The digest comes first, and white space between tokens does not count.
fn sealed(mut plan: Value) -> String {
    plan.as_object_mut().unwrap().remove("digest");
    let rest = plan.to_string();
    let rest = format!("\",{}", rest.strip_prefix('{').unwrap());
    format!("{{\"digest\":\"{:x}{rest}", Sha256::digest(&rest))
}

#[test]
fn a_plan_that_was_edited_is_refused_before_anything_is_asked() {
    let tenant = prepared();
    let made = compare(&tenant).argument("--plan").argument("plan.json").go();
    let text = std::fs::read_to_string(made.directory().join("plan.json")).unwrap();
    let before = tenant.received().len();
    let apply = |text: &str| {
        let plan = made.directory().join("edited.json");
        std::fs::write(&plan, text).unwrap();
        Palisade::apply(&tenant, &plan).configured("risk_level: high\n").go()
    };
    let plan: Value = serde_json::from_str(&text).unwrap();
    let edits: [&dyn Fn(&mut Value); 6] = [
        &|plan| plan["objects"][0]["value"] = json!("other.example.com"),
        &|plan| drop(plan["objects"].as_array_mut().unwrap().pop()),
        &|plan| plan["objects"][2]["score"] = json!(10),
        &|plan| plan["evictions"]["count"] = json!(7),
        &|plan| plan["made_at"] = json!("2000-01-01T00:00:00Z"),
        &|plan| plan["digest"] = json!("0".repeat(64)),
    ];
    for edit in edits {
        let mut edited = plan.clone();
        edit(&mut edited);
        let refused = apply(&edited.to_string());
        assert_eq!(refused.status, 1, "{}", refused.stderr);
        assert!(refused.stderr.contains("error[plan-changed]"), "{}", refused.stderr);
    }
    let refused = apply(&text.replacen("new.example.com", "old.example.com", 1));
    assert!(refused.stderr.contains("error[plan-changed]"), "{}", refused.stderr);
    assert_eq!(tenant.received().len(), before, "nothing was even read");
    let applied = apply(&text.replace("    ", "\t").replace('\n', "\r\n"));
    assert_eq!(applied.status, 0, "another layout is no change: {}", applied.stderr);
}

#[test]
fn the_hint_of_an_outdated_plan_leads_with_a_new_comparison() {
    let tenant = prepared();
    let made = compare(&tenant).argument("--plan").argument("plan.json").go();
    push(&tenant, &["new.example.com"], "");
    let apply =
        || Palisade::apply(&tenant, &made.directory().join("plan.json")).configured("risk_level: high\n");
    let refused = apply().go();
    let hint = refused.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap().to_owned();
    assert!(hint.starts_with("hint: compare again") && hint.contains("--dry-run --compare"), "{hint}");
    assert!(!hint.contains("--allow-protected"), "{hint}");
    // Only where something is protected now that was not.
    let refused = apply().policy("[protect]\ndomains = [\"held.example.com\"]\n").go();
    assert!(refused.stderr.contains("plan-outdated"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--allow-protected"), "{}", refused.stderr);
}

#[test]
fn a_push_that_would_push_out_others_stops_before_it_sends_anything() {
    let tenant = Tenant::start();
    let many: Vec<String> = (0..10_000).map(|number| format!("d{number:05}.example.com")).collect();
    push(&tenant, &many.iter().map(String::as_str).collect::<Vec<_>>(), "ioc_expiration: 7\n");
    let before = (tenant.blocked(), changes(&tenant));
    let run = || {
        Palisade::run_guarded(&tenant, "add-to-blocklist")
            .configured("")
            .collection_of("new.txt", "new-1.example.com\nnew-2.example.com\n")
    };
    let stopped = run().go();
    assert_eq!(stopped.status, 4, "{}", stopped.stderr);
    assert_eq!(stopped.ended_with(), "would-evict");
    assert_eq!((tenant.blocked(), changes(&tenant)), before);
    assert_eq!(stopped.count("failed", "would-evict"), 2);
    assert_eq!(stopped.report()["evictions"]["count"], 2);
    assert!(stopped.of_run("hint").contains("the setting `max-evictions "), "{}", stopped.of_run("hint"));

    let planned = run().argument("--dry-run").argument("--compare").go();
    let named: Vec<String> = planned.report()["evictions"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["value"].as_str().unwrap().to_owned())
        .collect();
    assert!(planned.stderr.contains("would remove 2 entries"), "{}", planned.stderr);

    let allowed = run().argument("--max-evictions").argument("2").go();
    assert_eq!(allowed.status, 0, "{}", allowed.stderr);
    let now = tenant.blocked();
    let gone: Vec<String> =
        before.0.iter().filter(|entry| !now.contains(*entry)).map(|(_, value)| value.clone()).collect();
    let sorted = |mut values: Vec<String>| {
        values.sort();
        values
    };
    assert_eq!(sorted(named), sorted(gone), "what was named is what went");
}

#[test]
fn a_list_that_cannot_be_read_stops_the_push() {
    let tenant = Tenant::start();
    tenant
        .inject(Fault::new(Effect::Status {
            status: 404,
            headers: std::collections::BTreeMap::new(),
            body: None,
        }))
        .unwrap();
    let outcome = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("new.txt", "new-1.example.com\n")
        .go();
    assert_eq!(outcome.status, 4, "{}", outcome.stderr);
    assert_eq!(changes(&tenant), 0);
}
