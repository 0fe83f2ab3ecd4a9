//! Guests that the host has to end, and one that gives up.

use std::time::{Duration, Instant};

use palisade_e2e::{Outcome, Tenant};
use vision_one_simulator::{Effect, Fault};

use super::{FIRST_PAGE, OBJECTS, assert_ended, guest};

/// What a process may hold that runs a guest of at most 128 MiB; a development build was measured with 182 MiB.
const MOST_MEMORY: u64 = 320 * 1024 * 1024;

/// Runs with a deadline of two seconds. However busy the machine is, the end comes soon after it.
fn until_deadline(tenant: &Tenant, name: &str) -> Outcome {
    let begun = Instant::now();
    let outcome = guest(tenant, name).argument("--deadline").argument("2").go();
    assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
    let seconds = outcome.report()["run"]["seconds"].as_f64().expect("seconds");
    assert!((1.9..10.0).contains(&seconds), "the run took {seconds} s");
    outcome
}

#[test]
fn loops_for_ever() {
    let tenant = Tenant::start();
    let outcome = until_deadline(&tenant, "loops-for-ever");
    assert_ended(&outcome, "deadline", 0);
    insta::with_settings!({filters => vec![(r"after [0-9.]+ m?s", "after TIME")]}, {
        insta::assert_snapshot!(outcome.stable_stderr(), @r"
        Act (guest 0.1.0, run RUN)
          from  DIRECTORY/domains.txt  25 objects (text)

          offered   25
          accepted   0
          skipped    0
          rejected   0
          failed    25  deadline 25

        failed deadline (25)
          d0001.example  line 1  not sent: the run ended first
          d0002.example  line 2  not sent: the run ended first
          d0003.example  line 3  not sent: the run ended first
          d0004.example  line 4  not sent: the run ended first
          d0005.example  line 5  not sent: the run ended first
          and 20 more

        ended early[deadline] after TIME: the run did not end within 2 s
        hint: objects that have no verdict are safe to send again; `--deadline` allows more
        ");
    });
}

#[test]
fn waits_for_ever() {
    let tenant = Tenant::start();
    assert_ended(&until_deadline(&tenant, "waits-for-ever"), "deadline", 0);
}

#[test]
fn sends_without_end() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "sends-without-end").argument("--deadline").argument("2").go();
    // Whichever comes first on this machine: two seconds or 5,000 requests.
    let code = outcome.ended_with();
    assert!(["deadline", "too-many-requests"].contains(&code.as_str()), "{code}");
    assert_ended(&outcome, &code, 0);
    assert!((1..=5_000).contains(&tenant.posts().len()));
    assert!(outcome.traffic("requests") <= 5_000.0);
    assert!(tenant.blocked().is_empty());
}

/// Request bodies are in the host's memory, not in the component's: they are bounded as well.
#[test]
fn begins_requests_without_end() {
    let tenant = Tenant::start();
    tenant.inject(Fault::new(Effect::Slow { milliseconds: 60_000 })).expect("a fault");
    let call = guest(&tenant, "begins-requests-without-end").argument("--deadline").argument("10");
    let (outcome, memory) = call.start().finish_with_memory();
    assert_ended(&outcome, "deadline", 0);
    assert!((1..=8).contains(&tenant.posts().len()), "{} requests", tenant.posts().len());
    assert!(memory < MOST_MEMORY, "{memory} bytes");
}

#[test]
fn allocates_without_end() {
    let tenant = Tenant::start();
    let (outcome, memory) = guest(&tenant, "allocates-without-end").start().finish_with_memory();
    assert_ended(&outcome, "limit", 0);
    assert!(outcome.of_run("message").contains("128 MiB"), "{}", outcome.stderr);
    assert!(memory < MOST_MEMORY, "{memory} bytes");
}

#[test]
fn traps_in_the_middle() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "traps-in-the-middle").go();
    assert_ended(&outcome, "trap", FIRST_PAGE);
    assert!(outcome.of_run("message").contains("unreachable"), "{}", outcome.stderr);
}

/// The answer is awaited, so that the recording has it. What left is reported as sent, with its attempts; what the component had may
/// have left in another form; what it never had was not sent.
#[test]
fn traps_with_a_request_in_flight() {
    let tenant = Tenant::start();
    tenant
        .inject(vision_one_simulator::Fault::new(vision_one_simulator::Effect::Slow { milliseconds: 3_000 }))
        .expect("a fault");
    let outcome =
        guest(&tenant, "traps-with-a-request-in-flight").argument("--record").argument("run.har").go();
    assert_eq!(outcome.ended_with(), "trap", "{}", outcome.stderr);
    assert_eq!((outcome.count("failed", "outcome-unknown"), outcome.count("failed", "trap")), (20, 5));
    for (object, place) in outcome.objects().into_iter().zip(0..) {
        let attempts = object.entry["submissions"][0]["attempts"].as_u64();
        let sent = tenant.blocked().contains(&("domain".to_owned(), object.value.clone()));
        assert_eq!(
            (attempts, sent),
            if place < 10 { (Some(1), true) } else { (None, false) },
            "{}",
            object.entry
        );
        assert_eq!(
            object.message.contains("may have been sent"),
            (10..20).contains(&place),
            "{}",
            object.entry
        );
    }
    let har = std::fs::read(outcome.directory().join("run.har")).expect("a recording");
    let har: serde_json::Value = serde_json::from_slice(&har).expect("JSON");
    assert_eq!(har["log"]["entries"][0]["response"]["status"], 207, "{har}");
}

#[test]
fn exits_in_the_middle() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "exits-in-the-middle").go();
    assert_ended(&outcome, "trap", FIRST_PAGE);
    assert!(outcome.of_run("message").contains("ended itself with status 1"), "{}", outcome.stderr);
}

#[test]
fn returns_stopped() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "returns-stopped").go();
    assert_ended(&outcome, "test-stop", FIRST_PAGE);
    assert_eq!(outcome.of_run("ended"), "stopped");
    assert_eq!(outcome.of_run("message"), "the guest stops after its first page");
    assert_eq!(outcome.of_run("hint"), "do not use this guest");
}

/// What the host holds of a component's texts is not in the component's memory: it is bounded in sum.
#[test]
fn what_a_component_reports_has_one_budget() {
    for name in ["reports-evictions-without-end", "logs-many-fields"] {
        let tenant = Tenant::start();
        let (outcome, memory) = guest(&tenant, name).argument("-vv").start().finish_with_memory();
        assert_ended(&outcome, "output-limit", FIRST_PAGE);
        assert!(outcome.of_run("message").contains("MiB"), "{name}: {}", outcome.of_run("message"));
        assert!(memory < MOST_MEMORY, "{name}: {memory} bytes");
        assert!(outcome.stderr.len() < 32 << 20, "{name}: {} bytes", outcome.stderr.len());
    }
}

#[test]
fn a_header_that_no_manifest_names_never_reaches_the_service() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "sets-a-routing-header").go();
    assert_ended(&outcome, "header-not-allowed", 0);
    assert!(outcome.of_run("message").contains("x-waws-unencoded-url"), "{}", outcome.stderr);
    let warnings = outcome.report()["warnings"].to_string();
    assert!(warnings.contains("Forbidden"), "{warnings}");
    assert!(tenant.received().is_empty());
}

#[test]
fn no_text_of_a_component_steers_the_terminal_or_begins_a_line() {
    for format in [&[][..], &["--log-format", "json"], &["--output", "json"]] {
        let tenant = Tenant::start();
        let call = guest(&tenant, "writes-to-the-terminal").argument("-vvv");
        let outcome = format.iter().fold(call, |call, option| call.argument(option)).go();
        assert_eq!(outcome.status, 4, "{}", outcome.stderr);
        for text in [&outcome.stdout, &outcome.stderr] {
            let left = text.chars().find(
                |one| matches!(one, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{202e}'),
            );
            assert_eq!(left, None, "{format:?}: {text:?}");
            assert!(!text.lines().any(|line| line.starts_with("error[forged]")), "{format:?}: {text}");
        }
    }
}

#[test]
fn stops_at_length() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "stops-at-length").go();
    assert_ended(&outcome, "test-stop", 0);
    for text in [outcome.of_run("message"), outcome.of_run("hint"), outcome.objects()[0].message.clone()] {
        // 4 KiB of characters of three bytes.
        assert_eq!(text, "€".repeat(4096 / 3));
    }
}

#[test]
fn reports_a_key_twice() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "reports-a-key-twice").go();
    // What was valid beside the violation is kept.
    assert_ended(&outcome, "contract-second-outcome", 2 * FIRST_PAGE);
    assert!(outcome.of_run("message").contains("the key 1 twice"), "{}", outcome.stderr);
}

#[test]
fn reports_an_unknown_key() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "reports-an-unknown-key").go();
    assert_ended(&outcome, "contract-unknown-key", 2 * FIRST_PAGE);
    assert!(outcome.of_run("message").contains("18446744073709551615"), "{}", outcome.stderr);
}

#[test]
fn lies_about_verdicts() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "lies-about-verdicts").go();
    assert_ended(&outcome, "contract-wrong-verdict", 0);
    assert!(outcome.of_run("message").contains("`planned`"), "{}", outcome.stderr);

    let outcome = guest(&tenant, "lies-about-verdicts").argument("--dry-run").go();
    assert_ended(&outcome, "contract-wrong-verdict", 0);
    assert!(outcome.of_run("message").contains("`accepted`"), "{}", outcome.stderr);
}

#[test]
fn asks_for_a_host_not_granted() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "asks-for-a-host-not-granted").go();
    assert_ended(&outcome, "request-not-granted", FIRST_PAGE);
    assert!(outcome.of_run("message").contains("https://not-granted.example"), "{}", outcome.stderr);
    assert!(tenant.received().is_empty());
    insta::with_settings!({filters => vec![(r"after [0-9.]+ m?s", "after TIME")]}, {
        insta::assert_snapshot!(outcome.stable_stderr(), @r"
        Act (guest 0.1.0, run RUN)
          from  DIRECTORY/domains.txt  25 objects (text)

          offered   25
          accepted  10
          skipped    0
          rejected   0
          failed    15  request-not-granted 15

        failed request-not-granted (15)
          d0011.example  line 11  not sent: the run ended first
          d0012.example  line 12  not sent: the run ended first
          d0013.example  line 13  not sent: the run ended first
          d0014.example  line 14  not sent: the run ended first
          d0015.example  line 15  not sent: the run ended first
          and 10 more

        ended early[request-not-granted] after TIME: the component asked for `GET https://not-granted.example/`, which is not granted: no grant names this origin
        hint: the bundle itself does not ask for this request, so that no line of a policy helps; if it is wanted, the bundle's author has to ask for it in the manifest:
              egress:
                - origin: https://not-granted.example
                  methods: [GET]
                  changes: false
                  paths: [/]
        ");
    });
}

#[test]
fn asks_for_a_path_not_granted() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "asks-for-a-path-not-granted").go();
    assert_ended(&outcome, "request-not-granted", FIRST_PAGE);
    assert!(
        outcome.of_run("message").contains("/v3.0/threatintel/suspiciousObjects/delete"),
        "{}",
        outcome.stderr
    );
    assert!(
        outcome.of_run("hint").contains("/v3.0/threatintel/suspiciousObjects/delete"),
        "{}",
        outcome.stderr
    );
    assert!(tenant.received().is_empty());
}

#[test]
fn asks_with_a_method_not_granted() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "asks-with-a-method-not-granted").go();
    assert_ended(&outcome, "request-not-granted", FIRST_PAGE);
    assert!(outcome.of_run("message").contains("DELETE"), "{}", outcome.stderr);
    assert!(outcome.of_run("hint").contains("DELETE"), "{}", outcome.stderr);
    assert!(tenant.received().is_empty());
}

/// The operator's map leads a host somewhere; it does not grant it.
#[test]
fn a_mapped_host_is_not_a_granted_one() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "asks-for-a-host-not-granted")
        .argument("--connect-to")
        .argument(tenant.connect_to("not-granted.example"))
        .go();
    assert_ended(&outcome, "request-not-granted", FIRST_PAGE);
    assert!(tenant.received().is_empty());
    assert_eq!(outcome.total("offered"), OBJECTS);
}

/// A dry run sends nothing, whatever the component tries.
#[test]
fn a_guest_that_sends_in_a_dry_run_is_ended() {
    let tenant = Tenant::start();
    let outcome = guest(&tenant, "sends-without-end").argument("--dry-run").go();
    assert_ended(&outcome, "request-not-granted", 0);
    assert!(tenant.received().is_empty());
}
