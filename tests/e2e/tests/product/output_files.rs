//! Where reports, plans, recordings, bundles and compiled lists go: a file is replaced, anything else is written through, and no
//! output is lost to another one.

use std::fs::OpenOptions;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use palisade_e2e::{Outcome, Palisade, Tenant, domains};
use serde_json::Value;

const OPTIONS: [&str; 3] = ["--report", "--plan", "--record"];

fn compare(tenant: &Tenant) -> Palisade {
    let call = Palisade::run_guarded(tenant, "add-to-blocklist").configured("");
    let call = call.collection_of("domains.txt", domains(3)).argument("--dry-run").argument("--compare");
    // Instead of the report that the harness asks for.
    call.without_report()
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("`mkfifo` starts").success());
}

fn is_document(option: &str, text: &[u8]) {
    let document: Value = serde_json::from_slice(text).unwrap_or_else(|error| panic!("{option}: {error}"));
    let member = match option {
        "--report" => "totals",
        "--plan" => "made_at",
        _ => "log",
    };
    assert!(document.get(member).is_some(), "{option}");
}

/// Nothing that begins with a dot is left beside the outputs.
fn assert_tidy(outcome: &Outcome) {
    for entry in std::fs::read_dir(outcome.directory()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(!name.ends_with(".part") && !name.starts_with(".palisade-"), "{name}");
    }
}

#[test]
fn a_named_pipe_is_written_through() {
    let tenant = Tenant::start();
    for option in OPTIONS {
        let call = compare(&tenant);
        let pipe = call.directory().join("pipe");
        fifo(&pipe);
        let reading = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).unwrap()
        });
        let outcome = call.argument(option).argument(&pipe).go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        is_document(option, &reading.join().unwrap());
        assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo(), "{option}");
        assert_tidy(&outcome);
    }
}

#[test]
fn standard_output_is_a_dash_and_its_own_name() {
    let tenant = Tenant::start();
    for option in OPTIONS {
        for path in ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
            let outcome = compare(&tenant).argument(option).argument(path).go();
            assert_eq!(outcome.status, 0, "{path}: {}", outcome.stderr);
            is_document(option, outcome.stdout.as_bytes());
            assert!(!outcome.directory().join("-").exists());
        }
    }
    assert!(std::fs::metadata("/dev/stdout").is_ok());
}

#[test]
fn a_device_stays_what_it_is() {
    let tenant = Tenant::start();
    let null = || std::fs::metadata("/dev/null").unwrap();
    let before = (null().ino(), null().rdev(), null().mode());
    for option in OPTIONS {
        let outcome = compare(&tenant).argument(option).argument("/dev/null").go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        assert_eq!((null().ino(), null().rdev(), null().mode()), before);
    }
    let full = compare(&tenant).argument("--report").argument("/dev/full").go();
    assert_eq!(full.status, 4, "{}", full.stderr);
    assert!(full.stderr.contains("error[report-not-written]"), "{}", full.stderr);
    assert!(std::fs::metadata("/dev/full").unwrap().file_type().is_char_device());
}

#[test]
fn a_link_stays_a_link_and_a_file_keeps_its_mode() {
    let tenant = Tenant::start();
    for option in OPTIONS {
        let call = compare(&tenant);
        let at = |name: &str| call.directory().join(name);
        std::fs::create_dir(at("below")).unwrap();
        std::fs::write(at("below/file.json"), "an old one").unwrap();
        std::fs::set_permissions(at("below/file.json"), std::fs::Permissions::from_mode(0o640)).unwrap();
        symlink("below/file.json", at("link.json")).unwrap();
        let outcome = call.argument(option).argument("link.json").go();
        assert_eq!(outcome.status, 0, "{}", outcome.stderr);
        let at = |name: &str| outcome.directory().join(name);
        assert!(std::fs::symlink_metadata(at("link.json")).unwrap().is_symlink(), "{option}");
        assert_eq!(std::fs::metadata(at("below/file.json")).unwrap().permissions().mode() & 0o7777, 0o640);
        is_document(option, &std::fs::read(at("below/file.json")).unwrap());
        assert_tidy(&outcome);
    }
}

#[test]
fn two_outputs_on_one_path_and_an_output_on_an_input_are_refused_before_anything_is_sent() {
    let tenant = Tenant::start();
    for (words, code) in [
        (&["--report", "a.json", "--plan", "a.json"][..], "output-twice"),
        (&["--report", "a.json", "--record", "./a.json"], "output-twice"),
        (&["--plan", "a.json", "--record", "link.json"], "output-twice"),
        (&["--report", "-", "--plan", "-"], "output-twice"),
        (&["--report", "-", "--record", "/dev/stdout"], "output-twice"),
        (&["--report", "-", "--output", "json"], "output-twice"),
        (&["--plan", "/dev/stdout", "--output", "json"], "output-twice"),
        (&["--report", "domains.txt"], "output-is-input"),
        (&["--record", "configuration.yaml"], "output-is-input"),
    ] {
        let call = compare(&tenant);
        symlink("a.json", call.directory().join("link.json")).unwrap();
        let before = std::fs::read(call.directory().join("domains.txt")).unwrap();
        let outcome = words.iter().fold(call, |call, word| call.argument(word)).go();
        assert_eq!(outcome.status, 2, "{words:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains(&format!("error[{code}]")), "{words:?}: {}", outcome.stderr);
        assert_eq!(std::fs::read(outcome.directory().join("domains.txt")).unwrap(), before);
        assert!(!outcome.directory().join("a.json").exists());
    }
    assert!(tenant.received().is_empty());
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let tenant = Tenant::start();
    for (option, code) in OPTIONS.into_iter().zip(["report", "plan", "recording"]) {
        for path in ["missing/file.json", "new/", ".", "domains.txt/below"] {
            let outcome = compare(&tenant).argument(option).argument(path).go();
            assert_eq!(outcome.status, 1, "{option} {path}: {}", outcome.stderr);
            let code = format!("error[{code}-not-written]");
            assert!(outcome.stderr.contains(&code), "{option} {path}: {}", outcome.stderr);
        }
    }
    assert!(tenant.received().is_empty());
}

#[test]
fn compiled_lists_are_written_through_as_well() {
    let list = r#"{"name": "a list", "version": 1, "type": "hostname", "matching_attributes": ["domain"], "list": ["a.example"]}"#;
    let call = Palisade::verb("protect").argument("build");
    call.file("list.json", list);
    let pipe = call.directory().join("pipe");
    fifo(&pipe);
    let reading = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::read(pipe).unwrap()
    });
    let outcome = call.argument("--out").argument(&pipe).argument("list.json").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert!(reading.join().unwrap().starts_with(b"palisade-protect"));
    assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    let call = Palisade::verb("protect").argument("build");
    call.file("list.json", list);
    let outcome = call.argument("--out").argument("list.json").argument("list.json").go();
    assert!(outcome.stderr.contains("error[output-is-input]"), "{}", outcome.stderr);
}

#[test]
fn an_interrupt_while_a_collection_is_read_leaves_no_unfinished_file() {
    let tenant = Tenant::start();
    for terminates in [false, true] {
        let call = Palisade::run_guarded(&tenant, "add-to-blocklist").configured("").without_report();
        let pipe = call.directory().join("pipe");
        fifo(&pipe);
        let directory = call.directory().to_owned();
        // Both ends are open, and nothing comes.
        let open = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        let running =
            call.argument("--collection").argument(&pipe).argument("--report").argument("r.json").start();
        let unfinished = || {
            let entries = std::fs::read_dir(&directory).unwrap();
            let names = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
            names.filter(|name| name.ends_with(".part")).count()
        };
        while unfinished() == 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        // The report is opened before the collection is read, and the signals are listened to from then on.
        std::thread::sleep(Duration::from_secs(1));
        if terminates {
            running.terminate()
        } else {
            running.interrupt()
        }
        let outcome = running.finish();
        drop(open);
        assert_eq!(outcome.status, 130, "{}", outcome.stderr);
        assert!(outcome.stderr.contains("nothing was sent"), "{}", outcome.stderr);
        assert_tidy(&outcome);
    }
    assert!(tenant.received().is_empty());
}
