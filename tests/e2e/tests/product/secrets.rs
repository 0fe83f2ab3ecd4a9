//! The API key goes into one header of the granted requests, and nowhere else: not into the component, not into what is printed,
//! written, logged or cached, even where the service itself repeats it.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use palisade_e2e::{Outcome, Palisade, Tenant, domains, threatq};
use tempfile::TempDir;
use vision_one_simulator::{ApiKey, Effect, Fault, Settings};

/// With characters that JSON and Rust's byte strings write in another way.
const KEY: &str = "sesame-0pen\"me\\now/eyJhbGciOiJIUzI1NiJ9.c2VjcmV0";

/// A piece of the key of this length is a leak too.
const PIECE: usize = 12;

/// What stands in the collection where the key must not stand: shows that what is searched for would be found.
const CANARY: &str = "Bearer canary-of-the-collection";

fn tenant() -> Tenant {
    Tenant::with(Settings { keys: vec![ApiKey::new(KEY)], ..Settings::default() })
}

/// A tenant that repeats the key in its answers, in a header and in the body.
fn echoing_tenant(status: u16) -> Tenant {
    let tenant = tenant();
    let headers = BTreeMap::from([
        ("x-echo".to_owned(), format!("Bearer {KEY}")),
        ("set-cookie".to_owned(), format!("session={KEY}; Secure")),
    ]);
    let message = format!("you sent Authorization: Bearer {KEY}");
    let body = serde_json::json!({"error": {"code": KEY, "message": message}});
    tenant.inject(Fault::new(Effect::Status { status, headers, body: Some(body) })).expect("a fault");
    tenant
}

/// Every file below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory").flatten();
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.map(|entry| entry.path()).flat_map(below).collect()
}

/// The piece of the key that stands in these bytes, if one does.
fn leak(bytes: &[u8]) -> Option<String> {
    let pieces: HashSet<&[u8]> = KEY.as_bytes().windows(PIECE).collect();
    let found = bytes.windows(PIECE).find(|window| pieces.contains(window))?;
    Some(String::from_utf8_lossy(found).into_owned())
}

#[test]
fn a_piece_of_the_key_is_found_wherever_it_stands() {
    assert!(leak(format!("before{KEY}after").as_bytes()).is_some());
    assert!(leak(serde_json::json!([KEY]).to_string().as_bytes()).is_some(), "as JSON escapes it");
    assert!(leak(KEY.as_bytes().escape_ascii().to_string().as_bytes()).is_some(), "as Rust escapes it");
    assert!(leak(&KEY.as_bytes()[..PIECE]).is_some() && leak(&KEY.as_bytes()[KEY.len() - PIECE..]).is_some());
    assert!(leak(b"Bearer [redacted]").is_none());
}

/// Nothing that the call printed or left holds a piece of the key, and the service got it whole.
fn assert_kept(tenant: &Tenant, outcome: &Outcome) {
    assert_eq!(leak(outcome.stdout.as_bytes()), None, "standard output");
    assert_eq!(leak(outcome.stderr.as_bytes()), None, "standard error");
    let files = files(outcome.directory());
    assert!(files.iter().any(|path| path.ends_with("report.json")));
    for path in files {
        assert_eq!(leak(&std::fs::read(&path).expect("a file")), None, "{}", path.display());
    }
    assert!(!tenant.received().is_empty());
    for request in tenant.received() {
        let values: Vec<_> = request.headers.get_all("authorization").iter().collect();
        assert_eq!(values, [&format!("Bearer {KEY}")]);
        let elsewhere = request.headers.iter().filter(|(name, _)| *name != "authorization");
        assert!(elsewhere.into_iter().all(|(_, value)| leak(value.as_bytes()).is_none()));
        assert_eq!(leak(&request.body), None);
        assert_eq!(leak(request.query.as_bytes()), None);
    }
}

/// The loudest way to run a guest that searches everywhere.
fn dump(tenant: &Tenant) -> Palisade {
    let collection = threatq([("FQDN", CANARY), ("FQDN", "d0001.example")]);
    Palisade::run_guest(tenant, "dumps-all-it-can-reach")
        .collection_of("collection.json", collection)
        .argument("-vvv")
}

/// What the guest told: it searched everywhere, saw the answer and the collection, and found nothing of the key.
fn assert_dumped(outcome: &Outcome) {
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("rejected", "dumped"), 2);
    let warnings = outcome.report()["warnings"].to_string();
    for found in
        ["[configuration]", "[answer's status]", "[memory]", "bytes searched", "canary-of-the-collection"]
    {
        assert!(warnings.contains(found), "the guest did not find `{found}`: {warnings}");
    }
    assert!(!warnings.contains("[environment]"), "the guest has an environment: {warnings}");
    assert!(!warnings.contains("[preopened directory]"), "the guest has a directory: {warnings}");
}

#[test]
fn a_component_that_dumps_all_that_it_can_reach_has_no_key() {
    for output in ["text", "json"] {
        let tenant = tenant();
        let outcome = dump(&tenant).configured("").argument("--output").argument(output).go();
        assert_dumped(&outcome);
        assert_kept(&tenant, &outcome);
    }
}

#[test]
fn a_cache_of_compiled_components_has_no_key() {
    let tenant = tenant();
    let outcome = dump(&tenant).configured("").argument("--cache-dir").argument("cache").go();
    assert!(!files(&outcome.directory().join("cache")).is_empty(), "nothing was kept");
    assert_dumped(&outcome);
    assert_kept(&tenant, &outcome);
}

#[test]
fn an_answer_that_repeats_the_key_reaches_the_component_without_it() {
    for status in [207, 401] {
        let tenant = echoing_tenant(status);
        let outcome = dump(&tenant).configured("").go();
        assert_dumped(&outcome);
        let warnings = outcome.report()["warnings"].to_string();
        assert!(warnings.contains("[answer's header x-echo] Bearer [redacted]"), "{warnings}");
        assert!(warnings.contains("Authorization: Bearer [redacted]"), "{warnings}");
        assert_kept(&tenant, &outcome);
    }
}

#[test]
fn a_key_from_a_file_is_kept_as_well() {
    let elsewhere = TempDir::new().expect("a directory");
    let file = elsewhere.path().join("key.txt");
    std::fs::write(&file, format!("{KEY}\n")).expect("the key is written");
    let tenant = echoing_tenant(207);
    let outcome = dump(&tenant).configuration(&format!("api_key: {{file: {}}}", file.display())).go();
    assert_dumped(&outcome);
    assert_kept(&tenant, &outcome);
}

#[test]
fn what_the_service_says_is_quoted_without_the_key() {
    for (status, exit) in [(400, 3), (401, 4), (500, 3)] {
        let tenant = echoing_tenant(status);
        let outcome = Palisade::run(&tenant, "add-to-blocklist")
            .configured("")
            .collection_of("domains.txt", domains(2))
            .argument("-vvv")
            .go();
        assert_eq!(outcome.status, exit, "{}", outcome.stderr);
        assert!(outcome.objects()[0].message.contains("[redacted]"), "{}", outcome.objects()[0].message);
        assert_kept(&tenant, &outcome);
    }
}

/// The key as a service may repeat it: with one character escaped, as PHP and Gson write it, and in other encodings.
fn encodings() -> Vec<String> {
    let json = serde_json::Value::from(KEY).to_string();
    let json = json.trim_matches('"').to_owned();
    let each = |encode: fn(u8) -> String| KEY.bytes().map(encode).collect::<String>();
    vec![
        json.replacen('s', "\\u0073", 1),
        json.replace('/', "\\/"),
        json.replace('=', "\\u003d"),
        each(|byte| format!("\\u{byte:04X}")),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("&#{byte};")),
        each(|byte| format!("{byte:02x}")),
        each(|byte| format!("={byte:02X}")),
        STANDARD.encode(KEY),
        STANDARD.encode(format!("user:{KEY}")),
        URL_SAFE_NO_PAD.encode(format!("ab{KEY}")),
    ]
}

#[test]
fn the_key_is_redacted_in_whatever_encoding_a_multi_status_repeats_it() {
    for encoded in encodings() {
        let tenant = tenant();
        // Long enough for two pieces of the response.
        let body = format!(
            r#"[{{"status":400,"body":{{"error":{{"code":"BadRequest","message":"{} you sent {encoded}"}}}}}}]"#,
            " ".repeat(40)
        );
        let effect = Effect::Status { status: 207, headers: BTreeMap::new(), body: Some(body.into()) };
        tenant.inject(Fault::new(effect)).expect("a fault");
        let outcome = Palisade::run(&tenant, "add-to-blocklist")
            .configured("")
            .collection_of("domains.txt", domains(1))
            .argument("-vvv")
            .argument("--record")
            .argument("run.har")
            .go();
        let message = &outcome.objects()[0].message;
        assert!(message.contains("[redacted]") && message.contains("you sent"), "{encoded}: {message}");
        assert_kept(&tenant, &outcome);
        let middle = encoded.get(encoded.len() / 3..encoded.len() / 3 + 16).expect("a piece");
        for path in files(outcome.directory()) {
            let bytes = std::fs::read(&path).expect("a file");
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(middle), "{encoded} in {}", path.display());
        }
        assert!(!outcome.stderr.contains(middle), "{encoded}: {}", outcome.stderr);
    }
}

/// The libraries below log as well, if they are asked to.
#[test]
fn the_most_talkative_log_does_not_have_it() {
    for http2 in [true, false] {
        let tenant = Tenant::with(Settings { keys: vec![ApiKey::new(KEY)], http2, ..Settings::default() });
        let outcome = Palisade::run(&tenant, "add-to-blocklist")
            .configured("")
            .environment("PALISADE_LOG", "trace")
            .collection_of("domains.txt", domains(2))
            .go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert!(outcome.stderr.contains("TRACE"), "nothing was logged");
        assert_kept(&tenant, &outcome);
    }
}

/// Everything at once: every action, a service that repeats the key wherever it can, the loudest log, a report and a recording.
#[test]
fn the_key_is_swept_out_of_every_action_with_a_recording_and_all_logging() {
    for action in ["add-to-blocklist", "add-to-exception-list"] {
        for (status, options) in [
            (207, &[][..]),
            (400, &[]),
            (401, &[]),
            (500, &["--max-evictions", "any"]),
            (200, &["--dry-run", "--compare", "--plan", "plan.json"]),
        ] {
            let tenant = echoing_tenant(status);
            let call = Palisade::run_guarded(&tenant, action)
                .configured("")
                .collection_of("domains.txt", domains(2))
                .environment("PALISADE_LOG", "trace")
                .argument("-vvv")
                .argument("--record")
                .argument("run.har");
            let outcome = options.iter().fold(call, |call, option| call.argument(option)).go();
            let recording =
                std::fs::read_to_string(outcome.directory().join("run.har")).expect("a recording");
            assert!(recording.contains("[redacted]"), "{action} {status}: nothing was redacted");
            assert_kept(&tenant, &outcome);
        }
    }
}

#[test]
fn a_crash_does_not_spill_the_key() {
    let tenant = echoing_tenant(207);
    let outcome = Palisade::run_guest(&tenant, "traps-in-the-middle")
        .configured("")
        .collection_of("domains.txt", domains(2_500))
        .environment("PALISADE_LOG", "trace")
        .environment("RUST_BACKTRACE", "full")
        .argument("-vvv")
        .argument("--record")
        .argument("run.har")
        .go();
    assert_eq!(outcome.ended_with(), "trap", "{}", outcome.stderr);
    assert!(outcome.directory().join("run.har").exists());
    assert_eq!(leak(outcome.stderr.as_bytes()), None);
    for path in files(outcome.directory()) {
        assert_eq!(leak(&std::fs::read(&path).expect("a file")), None, "{}", path.display());
    }
}
