//! Input that does not end: a pipe without a writer, and devices. Every file that the command line names ends or is refused.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use palisade_e2e::{Palisade, Tenant, bundle, domains};

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("`mkfifo` starts").success());
}

fn run(tenant: &Tenant) -> Palisade {
    Palisade::run_guarded(tenant, "add-to-blocklist").configured("")
}

#[test]
fn a_pipe_that_nothing_writes_to_does_not_outlast_the_deadline() {
    let tenant = Tenant::start();
    for option in ["--collection", "--config", "--ca-cert", "--policy", "--replay", "--record"] {
        let call = if option == "--collection" {
            run(&tenant)
        } else if option == "--config" {
            Palisade::run_guarded(&tenant, "add-to-blocklist").collection_of("list.txt", domains(2))
        } else {
            run(&tenant).collection_of("list.txt", domains(2))
        };
        let pipe = call.directory().join("pipe");
        fifo(&pipe);
        let begun = Instant::now();
        let outcome = call.argument(option).argument(&pipe).argument("--deadline").argument("2").go();
        assert!(begun.elapsed() < Duration::from_secs(60), "{option}: {:?}", begun.elapsed());
        assert_eq!(outcome.status, 1, "{option}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("error[deadline]"), "{option}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("nothing was sent"), "{option}: {}", outcome.stderr);
    }
    assert!(tenant.received().is_empty());
}

#[test]
fn a_pipe_with_a_writer_is_read_like_a_file() {
    let tenant = Tenant::start();
    let call = run(&tenant);
    let pipe = call.directory().join("pipe");
    fifo(&pipe);
    let writing = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, domains(3)).unwrap()
    });
    let outcome = call.collection(&pipe).argument("--deadline").argument("60").go();
    writing.join().unwrap();
    assert_eq!((outcome.status, outcome.total("accepted")), (0, 3), "{}", outcome.stderr);
}

#[test]
fn endless_devices_are_refused_wherever_a_file_is_read() {
    let tenant = Tenant::start();
    for option in ["--collection", "--config", "--ca-cert", "--policy", "--replay", "--apply", "--bundle"] {
        let mut call = Palisade::verb("run");
        for (name, value) in [
            ("--bundle", bundle().display().to_string()),
            ("--action", "add-to-blocklist".to_owned()),
            ("--collection", "list.txt".to_owned()),
            ("--set", "api_region=United States".to_owned()),
            ("--config", "configuration.yaml".to_owned()),
        ] {
            let replaced =
                name == option || option == "--apply" && ["--action", "--collection"].contains(&name);
            if !replaced {
                call = call.argument(name).argument(value);
            }
        }
        call.file("list.txt", domains(1));
        call.file("configuration.yaml", "api_key: {env: KEY}\n");
        let begun = Instant::now();
        let outcome = call.environment("KEY", "secret").argument(option).argument("/dev/zero").go();
        assert!(begun.elapsed() < Duration::from_secs(60), "{option}: {:?}", begun.elapsed());
        assert_eq!(outcome.status, 1, "{option}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("it is a device"), "{option}: {}", outcome.stderr);
    }
    let key = Palisade::run_guarded(&tenant, "add-to-blocklist")
        .configuration("api_region: United States\napi_key: {file: /dev/zero}\n")
        .collection_of("list.txt", domains(1))
        .go();
    assert!(key.stderr.contains("secret-missing") && key.stderr.contains("it is a device"), "{}", key.stderr);
    for words in [
        &["collection", "/dev/zero"][..],
        &["validate", "--manifest", "/dev/zero"],
        &["verify", "x.zip", "--key", "/dev/zero"],
        &["inspect", "/dev/zero"],
        &["protect", "build", "--out", "lists", "/dev/zero"],
        &["keygen", "new.key", "--password-file", "/dev/zero"],
    ] {
        let (verb, rest) = words.split_first().unwrap();
        let outcome = rest.iter().fold(Palisade::verb(verb), |call, word| call.argument(word)).go();
        assert_eq!(outcome.status, 1, "{words:?}: {}", outcome.stderr);
        assert!(outcome.stderr.contains("it is a device"), "{words:?}: {}", outcome.stderr);
    }
    assert!(tenant.received().is_empty());
}
