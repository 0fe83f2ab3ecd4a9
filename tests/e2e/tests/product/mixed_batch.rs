//! A batch in which some objects are refused and some are throttled: each has the verdict of its own answer, and the throttled
//! ones are sent again, alone.

use palisade_e2e::{Palisade, Tenant, domains};
use vision_one_simulator::{Effect, Fault};

fn refuse(tenant: &Tenant, value: &str, status: u16, code: &str, message: &str) {
    let effect = Effect::Items {
        values: vec![value.to_owned()],
        indices: Vec::new(),
        status,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
    };
    tenant.inject(Fault::new(effect)).expect("a fault");
}

#[test]
fn three_are_rejected_two_are_sent_again_and_the_rest_is_accepted() {
    let tenant = Tenant::start();
    refuse(&tenant, "d0003.example", 400, "InvalidDomain", "Not on our watch");
    refuse(&tenant, "d0005.example", 403, "AccessDenied", "Not with this key");
    refuse(&tenant, "d0007.example", 404, "NotFound", "Nowhere to be found");
    let throttled = ["d0002.example", "d0009.example"];
    tenant.inject(Fault::items(429, throttled).times(1)).expect("a fault");

    let outcome =
        Palisade::run(&tenant, "add-to-blocklist").configured("").collection_of("list.txt", domains(10)).go();

    assert_eq!(outcome.status, 3);
    assert_eq!((outcome.total("accepted"), outcome.total("rejected"), outcome.total("failed")), (7, 3, 0));
    for (value, code, words) in [
        ("d0003.example", "service-bad-request", ["400", "InvalidDomain", "Not on our watch"]),
        ("d0005.example", "service-access-denied", ["403", "AccessDenied", "Not with this key"]),
        ("d0007.example", "service-not-found", ["404", "NotFound", "Nowhere to be found"]),
    ] {
        let object = outcome.object(value);
        assert_eq!((object.verdict.as_str(), object.code.as_str()), ("rejected", code));
        assert!(words.iter().all(|word| object.message.contains(word)), "{}", object.message);
        assert_eq!(object.entry["submissions"][0]["status"].to_string(), words[0]);
    }
    for object in outcome.objects().iter().filter(|object| object.verdict == "accepted") {
        let attempts = if throttled.contains(&object.value.as_str()) { 2 } else { 1 };
        assert_eq!(object.entry["submissions"][0]["attempts"], attempts, "{}", object.value);
        assert_eq!(object.entry["submissions"][0]["status"], 201, "{}", object.value);
    }

    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
    let sent: Vec<Vec<String>> = tenant.posts().iter().map(values).collect();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].len(), 10);
    assert_eq!(sent[1], throttled, "only what was throttled is sent again");

    insta::with_settings!({filters => vec![(r" in [0-9.]+ m?s", " in TIME")]}, {
        insta::assert_snapshot!(outcome.stable_stderr(), @r"
        Trend Micro Vision One - Add to Blocklist (trend-vision-one 0.1.0, run RUN)
          from  DIRECTORY/list.txt  10 objects (text)

          offered   10
          accepted   7
          skipped    0
          rejected   3  service-access-denied 1, service-bad-request 1, service-not-found 1
          failed     0

          2 requests, 842 bytes sent, 609 bytes received

        rejected service-access-denied (1)
          d0005.example  line 5  the service answered the object with status 403 `AccessDenied` `Not with this key`

        rejected service-bad-request (1)
          d0003.example  line 3  the service answered the object with status 400 `InvalidDomain` `Not on our watch`

        rejected service-not-found (1)
          d0007.example  line 7  the service answered the object with status 404 `NotFound` `Nowhere to be found`

        finished with problems in TIME: see above, or --report for every object
        ");
    });
}

#[test]
fn what_is_throttled_for_good_is_failed_and_the_rest_is_accepted() {
    let tenant = Tenant::start();
    tenant.inject(Fault::items(429, ["d0002.example"])).expect("a fault");
    tenant.inject(Fault::items(500, ["d0004.example"])).expect("a fault");

    // Too little time for all the attempts that there could be: none is begun that the run could not see the end of.
    let outcome = Palisade::run(&tenant, "add-to-blocklist")
        .configured("")
        .collection_of("list.txt", domains(5))
        .argument("--deadline")
        .argument("4")
        .go();

    assert_eq!(outcome.status, 3);
    assert_eq!((outcome.total("accepted"), outcome.total("failed")), (3, 2));
    assert_eq!(outcome.object("d0002.example").code, "throttled");
    assert_eq!(outcome.object("d0004.example").code, "service-error");
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
    let attempts = outcome.object("d0002.example").entry["submissions"][0]["attempts"].clone();
    assert_eq!(
        attempts,
        tenant.posts().iter().filter(|post| values(post).contains(&"d0002.example".into())).count()
    );
}

/// The domains of a request.
fn values(request: &vision_one_simulator::Received) -> Vec<String> {
    let items = request.json().expect("JSON");
    let items = items.as_array().expect("an array");
    items.iter().map(|item| item["domain"].as_str().expect("a domain").to_owned()).collect()
}
