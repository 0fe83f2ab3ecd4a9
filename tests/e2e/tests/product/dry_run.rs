//! A dry run shows what would be submitted and sends nothing at all.

use std::collections::BTreeSet;

use palisade_e2e::{Outcome, Palisade, Tenant, shared_data, threatq};

fn planned(outcome: &Outcome) -> BTreeSet<(String, String)> {
    let planned = outcome.objects().into_iter().filter(|object| object.verdict == "planned");
    planned.flat_map(|object| object.submitted).collect()
}

/// The dry run and the real one on the same collection.
fn assert_same(action: &str, prepare: impl Fn(Palisade) -> Palisade) {
    let tenant = Tenant::start();
    let dry = prepare(Palisade::run(&tenant, action).configured("")).argument("--dry-run").go();
    assert!(tenant.received().is_empty(), "{:?}", tenant.received());
    assert_eq!(dry.report()["run"]["dry_run"], true);
    assert_eq!(dry.total("accepted"), 0);
    assert_eq!(dry.traffic("requests"), 0.0);
    assert!(dry.stderr.contains("dry run: nothing was sent"), "{}", dry.stderr);

    let real = prepare(Palisade::run(&tenant, action).configured("")).go();
    assert_eq!(real.report()["run"]["dry_run"], false);
    assert_eq!(real.total("planned"), 0);
    assert_eq!(dry.total("planned"), real.total("accepted"));
    for total in ["offered", "skipped", "rejected", "failed"] {
        assert_eq!(dry.total(total), real.total(total), "{total}");
    }
    assert_eq!(dry.report()["reasons"], real.report()["reasons"]);
    assert_eq!(dry.status, real.status);
    assert_eq!(planned(&dry), real.accepted_submissions());
    for (dry, real) in dry.objects().iter().zip(real.objects()) {
        assert_eq!((&dry.value, &dry.submitted, &dry.code), (&real.value, &real.submitted, &real.code));
        let expected = if real.verdict == "accepted" { "planned" } else { &real.verdict };
        assert_eq!(dry.verdict, expected);
    }
}

#[test]
fn a_dry_run_comes_to_the_same_as_the_real_one_but_sends_nothing() {
    let page = threatq([
        ("FQDN", "evil.example.com"),
        ("FQDN", "EVIL.example.com"),
        ("FQDN", "not a domain"),
        ("MD5", "d41d8cd98f00b204e9800998ecf8427e"),
        ("URL", "evil.example.com/a"),
    ]);
    for action in ["add-to-blocklist", "add-to-exception-list"] {
        for scheme in ["http", "both", "skip"] {
            assert_same(action, |call| call.collection_of("page.json", &page).set("url_scheme", scheme));
        }
    }
}

#[test]
fn the_real_collection_comes_to_the_same() {
    let Some(file) = shared_data("threatq/known-good.json") else { return };
    assert_same("add-to-exception-list", |call| call.collection(&file));
}

#[test]
fn a_dry_run_without_a_comparison_needs_no_key_and_one_with_it_does() {
    let tenant = Tenant::start();
    for configuration in [
        "api_region: United States\n",
        "api_region: United States\napi_key: {env: NOT_SET}\n",
        "api_region: United States\napi_key: {file: missing}\n",
    ] {
        let run = || {
            let call = Palisade::run(&tenant, "add-to-blocklist").configuration(configuration);
            call.collection_of("list.txt", "evil.example.com\n").argument("--dry-run")
        };
        let dry = run().go();
        assert_eq!((dry.status, dry.total("planned")), (0, 1), "{configuration}: {}", dry.stderr);
        let compared = run().argument("--compare").go();
        assert_eq!(compared.status, 1, "{configuration}");
        let codes = ["parameter-missing", "secret-missing"];
        assert!(codes.iter().any(|code| compared.stderr.contains(code)), "{}", compared.stderr);
    }
    assert!(tenant.received().is_empty());
}

#[test]
fn a_dry_run_needs_no_service() {
    let tenant = Tenant::start();
    let nowhere = Palisade::run(&tenant, "add-to-blocklist").configured("").argument("--dry-run");
    // Without the mapping, and without a service at its end.
    tenant.change_settings(|settings| settings.keys.clear());
    let outcome = nowhere.collection_of("list.txt", "evil.example.com\n").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("planned"), 1);
    assert!(tenant.received().is_empty());
}
