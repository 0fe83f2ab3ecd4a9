//! Actions in other languages than Rust: the two Webhook export bundles do the same as any other, and the same as each other.

use std::collections::BTreeMap;

use palisade_e2e::{Outcome, Palisade, Receiver, WEBHOOK_HOST, in_language, root, threatq_page};
use serde_json::{Value, json};

const LANGUAGES: [&str; 2] = ["python", "javascript"];
const TOKEN: &str = "d2ViaG9vay10b2tlbi1vZi10aGUtdGVzdA";
const TOKEN_VARIABLE: &str = "PALISADE_TEST_TOKEN";

/// A collection with everything that an object can have.
fn collection() -> String {
    let plain =
        (1..=250).map(|number| json!({"type": {"name": "FQDN"}, "value": format!("d{number:03}.example")}));
    let full = json!({
        "type": {"name": "URL"},
        "value": "https://bücher.example/ \"quoted\"\\",
        "score": {"generated_score": "7.50"},
        "status": {"name": "Active"},
        "description": "A sentence.\nAnother.",
        "attributes": [{"name": "Source", "value": "hönig 🐝"}, {"name": "Source", "value": "other"}],
        "tags": [{"name": "phishing"}],
    });
    threatq_page(plain.chain([full]))
}

/// A run of the bundle in one language: `None` where its tools are not to be had.
fn run(receiver: &Receiver, language: &str) -> Option<Palisade> {
    let call = Palisade::run_webhook(receiver, &in_language(language)?).environment(TOKEN_VARIABLE, TOKEN);
    let configuration = format!(
        "webhook_origin: https://{WEBHOOK_HOST}\nwebhook_path: /in/?from=palisade\ntoken: {{env: {TOKEN_VARIABLE}}}\n"
    );
    Some(call.configuration(&configuration))
}

/// The same with one object.
fn run_one(receiver: &Receiver, language: &str) -> Option<Palisade> {
    Some(run(receiver, language)?.collection_of("list.txt", "one.example\n"))
}

fn values(objects: &[Value]) -> Vec<&str> {
    objects.iter().map(|object| object["value"].as_str().expect("a value")).collect()
}

fn totals(outcome: &Outcome) -> BTreeMap<String, u64> {
    outcome.totals()
}

fn expected<'a>(totals: impl IntoIterator<Item = (&'a str, u64)>) -> BTreeMap<String, u64> {
    totals.into_iter().map(|(name, number)| (name.to_owned(), number)).collect()
}

#[test]
fn each_object_has_one_verdict_and_arrives_once() {
    for language in LANGUAGES {
        let receiver = Receiver::start();
        let Some(call) = run(&receiver, language) else { continue };
        let outcome = call.collection_of("page.json", collection()).go();
        assert_eq!(outcome.status, 0, "{language}: {}", outcome.stderr);
        assert_eq!(totals(&outcome), expected([("offered", 251), ("accepted", 251)]), "{language}");
        let reported: Vec<String> = outcome.objects().into_iter().map(|object| object.value).collect();
        assert_eq!(values(&receiver.objects()), reported, "{language}");
        let deliveries = receiver.deliveries();
        let sizes: Vec<usize> =
            deliveries.iter().map(|one| one.body["objects"].as_array().unwrap().len()).collect();
        assert_eq!(sizes, [100, 100, 51], "{language}");
        for delivery in &deliveries {
            assert_eq!(delivery.target, "POST /in/?from=palisade", "{language}");
            assert_eq!(delivery.header("content-type"), ["application/json"], "{language}");
        }
    }
}

#[test]
fn the_same_collection_becomes_the_same_objects_in_every_language() {
    let mut sent = Vec::new();
    for language in LANGUAGES {
        let receiver = Receiver::start();
        let Some(call) = run(&receiver, language) else { return };
        assert_eq!(call.collection_of("page.json", collection()).go().status, 0, "{language}");
        let mut objects = receiver.objects();
        for object in &mut objects {
            // JavaScript writes 7 where Python writes 7.0; both are the same number.
            let score = object["score"].as_f64();
            object["score"] = json!(score);
        }
        sent.push(objects);
    }
    assert_eq!(sent[0], sent[1]);
    let full = &sent[0][250];
    assert_eq!(full["value"], "https://bücher.example/ \"quoted\"\\");
    assert_eq!(full["score"], 7.5);
    assert_eq!(full["status"], "Active");
    assert_eq!(full["attributes"][0], json!({"name": "Source", "value": "hönig 🐝"}));
    assert_eq!(full["tags"], json!(["phishing"]));
    assert_eq!(sent[0][0]["score"], Value::Null);
}

#[test]
fn the_token_arrives_and_the_guest_never_sees_it() {
    for language in LANGUAGES {
        let receiver = Receiver::start();
        let Some(call) = run_one(&receiver, language) else { continue };
        let outcome = call.argument("-vvv").go();
        assert_eq!(outcome.status, 0, "{language}: {}", outcome.stderr);
        let deliveries = receiver.deliveries();
        assert_eq!(deliveries[0].header("authorization"), [format!("Bearer {TOKEN}")], "{language}");
        // All that the guest got or could have passed on.
        assert!(!deliveries[0].body.to_string().contains(TOKEN), "{language}");
        assert!(!outcome.report().to_string().contains(TOKEN), "{language}");
        assert!(!outcome.stderr.contains(TOKEN) && !outcome.stdout.contains(TOKEN), "{language}");
    }
}

#[test]
fn without_a_token_no_credential_is_sent() {
    for language in LANGUAGES {
        let receiver = Receiver::start();
        let Some(bundle) = in_language(language) else { continue };
        let outcome = Palisade::run_webhook(&receiver, &bundle)
            .set("webhook_origin", &format!("https://{WEBHOOK_HOST}"))
            .collection_of("list.txt", "one.example\n")
            .go();
        assert_eq!(outcome.status, 0, "{language}: {}", outcome.stderr);
        let deliveries = receiver.deliveries();
        assert!(deliveries[0].header("authorization").is_empty(), "{language}");
        assert_eq!(deliveries[0].target, "POST /", "{language}");
    }
}

#[test]
fn what_the_receiver_does_not_take_is_not_accepted() {
    for language in LANGUAGES {
        for (status, verdict, code) in [
            (400, "rejected", "receiver-refused"),
            (302, "failed", "receiver-error"),
            (500, "failed", "receiver-error"),
            (401, "failed", "credential-refused"),
        ] {
            let receiver = Receiver::answering(move |_| status);
            let Some(call) = run_one(&receiver, language) else { continue };
            let object = call.go().object("one.example");
            assert_eq!(
                (object.verdict.as_str(), object.code.as_str()),
                (verdict, code),
                "{language}: {status}"
            );
            assert_eq!(receiver.deliveries().len(), 1, "{language}: {status}");
        }
    }
}

#[test]
fn a_request_that_fails_does_not_spoil_the_others() {
    for language in LANGUAGES {
        let receiver =
            Receiver::answering(
                |delivery| if delivery.body.to_string().contains("d0003") { 400 } else { 200 },
            );
        let Some(call) = run(&receiver, language) else { continue };
        let outcome =
            call.set("objects_per_request", "2").collection_of("list.txt", palisade_e2e::domains(5)).go();
        assert_eq!(
            totals(&outcome),
            expected([("offered", 5), ("accepted", 3), ("rejected", 2)]),
            "{language}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn a_dry_run_sends_nothing() {
    for language in LANGUAGES {
        let receiver = Receiver::start();
        let Some(call) = run_one(&receiver, language) else { continue };
        let outcome = call.argument("--dry-run").go();
        assert_eq!(
            totals(&outcome),
            expected([("offered", 1), ("planned", 1)]),
            "{language}: {}",
            outcome.stderr
        );
        assert!(receiver.deliveries().is_empty(), "{language}");
    }
}

#[test]
fn an_origin_is_what_the_operator_entered_or_nothing() {
    for language in LANGUAGES {
        let Some(bundle) = in_language(language) else { continue };
        for origin in [
            "http://hooks.example.com",
            "https://hooks.example.com/in",
            "https://hooks.example.com:443",
            "https://user@hooks.example.com",
            "hooks.example.com",
            "https://*",
        ] {
            let receiver = Receiver::start();
            let outcome = Palisade::run_webhook(&receiver, &bundle)
                .set("webhook_origin", origin)
                .collection_of("list.txt", "one.example\n")
                .go();
            assert_eq!(outcome.status, 1, "{language}: {origin}");
            assert!(outcome.stderr.contains("webhook_origin"), "{language}: {}", outcome.stderr);
            assert!(receiver.deliveries().is_empty(), "{language}: {origin}");
        }
    }
}

#[test]
fn a_path_that_is_none_ends_the_run_before_anything_is_sent() {
    for language in LANGUAGES {
        let receiver = Receiver::start();
        let Some(call) = run_one(&receiver, language) else { continue };
        let outcome = call.set("webhook_path", "in").go();
        assert_ne!(outcome.status, 0, "{language}");
        assert!(outcome.stderr.contains("does not begin with `/`"), "{language}: {}", outcome.stderr);
        assert!(receiver.deliveries().is_empty(), "{language}");
    }
}

#[test]
fn the_bundles_differ_by_their_language_alone() {
    let read = |language: &str, file: &str| {
        std::fs::read_to_string(root().join("examples/webhook-export").join(language).join(file)).unwrap()
    };
    for file in ["manifest.yaml", "icon.svg", "CHANGELOG.md"] {
        assert_eq!(read("python", file), read("javascript", file), "{file}");
    }
}

#[test]
fn the_lock_file_names_no_registry() {
    let lock =
        std::fs::read_to_string(root().join("examples/webhook-export/javascript/package-lock.json")).unwrap();
    assert!(!lock.contains("\"resolved\""));
    assert!(lock.contains("\"integrity\""));
}
