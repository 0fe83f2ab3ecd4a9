//! `cargo xtask demo --serve`: no signal that ends it leaves a process behind.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use palisade_e2e::target;

/// Demonstrations on the same address have one directory.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A service that has nothing to wait for ends in a second; the machine may be busy.
const LONGEST: Duration = Duration::from_secs(60);

/// A demonstration whose standard output has said these words, and the processes that it has started.
fn demonstration(words: &str) -> (Child, Vec<String>) {
    let mut demonstration = Command::new(target().join("debug/xtask"))
        .args(["demo", "--serve", "--no-build", "--listen", "127.0.0.1:0"])
        .env("CARGO_TARGET_DIR", target())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("xtask starts");
    let mut said = BufReader::new(demonstration.stdout.take().expect("standard output")).lines();
    assert!(said.by_ref().map_while(Result::ok).any(|line| line.contains(words)), "ended without `{words}`");
    thread::spawn(move || said.for_each(drop));
    let children = Command::new("ps")
        .args(["-o", "pid=", "--ppid", &demonstration.id().to_string()])
        .output()
        .expect("ps starts");
    let children = String::from_utf8(children.stdout).expect("ids");
    (demonstration, children.split_whitespace().map(str::to_owned).collect())
}

/// What still runs of these processes.
fn running(ids: &[String]) -> Vec<String> {
    let output = Command::new("ps")
        .args(["-o", "pid=,stat=,args=", "-p", &ids.join(",")])
        .output()
        .expect("ps starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    // One that has ended and whose parent is gone may wait for the system to collect it.
    text.lines().filter(|line| line.split_whitespace().nth(1) != Some("Z")).map(str::to_owned).collect()
}

fn a_signal_leaves_nothing_behind(signal: &str, words: &str) {
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut demonstration, children) = demonstration(words);
    assert_eq!(running(&children).len(), 2, "a simulator and a service: {children:?}");
    let status =
        Command::new("kill").args([signal, &demonstration.id().to_string()]).status().expect("kill starts");
    assert!(status.success());
    let begun = Instant::now();
    while demonstration.try_wait().expect("it is our own").is_none() && begun.elapsed() < LONGEST {
        thread::sleep(Duration::from_millis(50));
    }
    // It has ended, or it never will.
    let _ = demonstration.kill();
    let ended = demonstration.wait().expect("it ends");
    assert!(ended.code().is_some(), "{signal}: it ran on; its children: {:?}", running(&children));
    assert_eq!(running(&children), Vec::<String>::new(), "{signal}");
}

#[test]
fn a_signal_to_the_demonstration_ends_its_service_and_its_simulator() {
    for signal in ["-TERM", "-INT", "-HUP"] {
        a_signal_leaves_nothing_behind(signal, "The service is at");
    }
}

#[test]
fn a_signal_while_the_demonstration_is_set_up_ends_what_runs_already() {
    a_signal_leaves_nothing_behind("-TERM", "palisade is at");
}
