//! Measures what a run pays for protected values: 2,500,000 generated host names and, if they are given, real lists.
//!
//! ```text
//! cargo run --release -p palisade-protect --example measure-protection -- build FILE [LIST.json...]
//! cargo run --release -p palisade-protect --example measure-protection -- check FILE
//! ```
//!
//! `check` is a process of its own, so that its peak memory is that of loading and checking alone. It checks 10,000
//! values of all types, half of them protected, and prints times and the peak of the process (Linux).

// A program for measuring: it prints, and stops where something fails.
#![allow(clippy::expect_used, clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use palisade_protect::{Builder, CompiledLists, Own, Protection};

const HOSTS: u64 = 2_500_000;
const LISTS: u64 = 5;
const VALUES: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("build"), Some(file)) => build(Path::new(&file), arguments),
        (Some("check"), Some(file)) => check(Path::new(&file)),
        _ => println!("usage: measure build FILE [LIST.json...] | measure check FILE"),
    }
}

/// A generated host name of two or three labels; 17 characters in the mean.
fn host(number: u64) -> String {
    // A permutation of 64 bits, so that names next to each other have nothing in common.
    let mixed = (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = mixed ^ (mixed >> 29);
    let tld = ["com", "net", "org", "de", "co.uk", "info", "io"];
    let tld = tld.iter().cycle().nth(usize::try_from(mixed % 7).unwrap_or(0)).unwrap_or(&"com");
    if mixed.is_multiple_of(3) {
        format!("www.{:x}.{tld}", mixed >> 20)
    } else {
        format!("{:x}.{tld}", mixed >> 16)
    }
}

fn build(file: &Path, lists: impl Iterator<Item = String>) {
    let start = Instant::now();
    let mut builder = Builder::new();
    for list in 0..LISTS {
        let hosts: Vec<String> = (0..HOSTS).filter(|number| number % LISTS == list).map(host).collect();
        let json = serde_json::json!({
            "name": format!("generated hosts {list}"), "version": 1, "type": "hostname",
            "matching_attributes": ["domain", "hostname", "url"], "list": hosts,
        });
        builder.add("generated", json.to_string().as_bytes()).expect("a generated list");
    }
    for list in lists {
        builder.add_file(Path::new(&list)).expect("a warning list");
    }
    let built = builder.finish().expect("lists to compile");
    built.write(file).expect("a place to write to");
    println!(
        "built {} lists, {:.1} MB, {} warnings in {:.2} s; peak memory {}",
        built.lists.len(),
        megabytes(built.bytes.len()),
        built.warnings.len(),
        start.elapsed().as_secs_f64(),
        peak()
    );
}

fn check(file: &Path) {
    let start = Instant::now();
    let lists = CompiledLists::open(file).expect("compiled lists");
    let entries = lists.entries();
    let own = Own { domains: vec!["contoso.com".to_owned()], ..Own::default() };
    let protection = Protection::new(own, Some(lists), BTreeSet::new()).expect("own domains");
    let loaded = start.elapsed();
    let caught = (0..VALUES)
        .filter(|number| {
            let (subtype, value) = value(*number);
            protection.check(subtype, &value).is_some()
        })
        .count();
    let all = start.elapsed();
    println!(
        "{entries} entries loaded in {:.0} ms; {VALUES} values checked in {:.0} ms, {caught} caught; together {:.0} ms; \
         peak memory {}",
        loaded.as_secs_f64() * 1e3,
        (all - loaded).as_secs_f64() * 1e3,
        all.as_secs_f64() * 1e3,
        peak()
    );
}

fn value(number: u64) -> (&'static str, String) {
    let protected = number.is_multiple_of(2);
    let name =
        if protected { host(number * 211 % HOSTS) } else { format!("evil{number}.badhost{number}.net") };
    match number / 2 % 5 {
        0 => ("FQDN", format!("sub.{}", name.to_uppercase())),
        1 => ("URL", format!("http://{name}:8080/path/{number}?q=x")),
        2 => ("URL", format!("{name}/path/{number}")),
        3 if protected => ("IP Address", format!("10.{}.{}.7", number % 256, number / 256)),
        3 => ("IP Address", format!("45.{}.{}.7", number % 256, number / 256)),
        _ if protected => ("Email Address", "someone@mail.contoso.com".to_owned()),
        _ => ("SHA-256", format!("{number:064x}")),
    }
}

fn megabytes(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::INFINITY, f64::from) / 1e6
}

/// The process's largest resident memory so far, as Linux tells it.
fn peak() -> String {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            status.lines().find_map(|line| Some(line.strip_prefix("VmHWM:")?.trim().to_owned()))
        })
        .unwrap_or_else(|| "unknown".to_owned())
}
