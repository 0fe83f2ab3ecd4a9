//! The command line as a whole: what it means, and which of its options exclude each other.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Arg, Command, CommandFactory as _};

use super::run::seconds;
use super::*;

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn durations_are_positive_seconds() {
    assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
    for text in ["0", "-1", "NaN", "inf", "1e400", "9.3e18", "5s"] {
        assert!(seconds(text).is_err(), "{text}");
    }
}

/// Options that exclude each other, by verb. Every other pair of options of a verb is accepted: this table and the test
/// below decide about each pair, so that a new option is decided about as well.
const EXCLUSIVE: &[(&str, &str, &[&str])] = &[
    ("run", "apply", &["action", "collection", "format", "column", "dry-run", "compare", "plan"]),
    ("run", "record", &["replay"]),
    // What is not sent is neither waited for nor returned.
    ("run", "dry-run", &["pending", "no-wait", "artefacts"]),
    ("run", "compare", &["pending", "no-wait", "artefacts"]),
    ("run", "plan", &["pending", "no-wait", "artefacts"]),
    ("run", "replay", &["pending", "no-wait", "artefacts"]),
    ("run", "no-cache", &["cache-dir"]),
    ("resume", "no-cache", &["cache-dir"]),
    ("keygen", "no-password", &["password-file"]),
    ("verify", "key", &["policy"]),
    (
        "validate",
        "manifest",
        &[
            "action",
            "config",
            "set",
            "connection",
            "connections",
            "policy",
            "allow-unsigned",
            "cache-dir",
            "no-cache",
        ],
    ),
    ("validate", "no-cache", &["cache-dir"]),
    ("serve", "no-cache", &["cache-dir"]),
];

/// What an option needs beside it.
const COMPANIONS: &[(&str, &str, &[&str])] = &[
    ("run", "compare", &["dry-run"]),
    ("run", "plan", &["dry-run", "compare"]),
    ("run", "connection", &["connections"]),
    ("run", "connections", &["connection"]),
    ("resume", "connection", &["connections"]),
    ("resume", "connections", &["connection"]),
    ("validate", "connection", &["connections"]),
    ("validate", "connections", &["connection"]),
    ("pack", "password-file", &["sign"]),
    ("serve", "tls-certificate", &["tls-key"]),
    ("serve", "tls-key", &["tls-certificate"]),
    ("serve", "trusted-proxy-header", &["trusted-proxy"]),
    ("serve", "audit-syslog-ca", &["audit-syslog"]),
];

fn value(argument: &Arg) -> &'static str {
    match argument.get_long().unwrap_or_default() {
        "format" => "csv",
        "max-evictions" | "workers" | "retention-days" => "2",
        "deadline" | "request-timeout" => "5",
        "connect-to" => "api.example:443:127.0.0.1:8443",
        "column" => "value=name",
        "set" => "name=value",
        "listen" => "127.0.0.1:0",
        "public-url" => "https://palisade.example",
        "trusted-proxy" => "127.0.0.1",
        "trusted-proxy-header" => "forwarded",
        "audit-syslog" => "udp://127.0.0.1",
        "from" | "to" => "24h",
        _ => "1",
    }
}

fn words(argument: &Arg) -> Vec<String> {
    let mut words: Vec<String> = argument.get_long().map(|long| format!("--{long}")).into_iter().collect();
    if argument.get_action().takes_values() {
        let possible = argument.get_possible_values();
        let first = possible.first();
        words.push(first.map_or_else(|| value(argument).to_owned(), |value| value.get_name().to_owned()));
    }
    words
}

/// Every verb that is no group of others, with the words that name it.
fn verbs(command: &Command, path: &[String], found: &mut Vec<(Vec<String>, Command)>) {
    let mut below = command.get_subcommands().filter(|below| below.get_name() != "help").peekable();
    if below.peek().is_none() {
        found.push((path.to_vec(), command.clone()));
    }
    for below in below {
        let path: Vec<String> = path.iter().cloned().chain([below.get_name().to_owned()]).collect();
        verbs(below, &path, found);
    }
}

/// The command line with these options, what they need, and what the verb needs.
fn line(path: &[String], verb: &Command, options: &[&str], with_companions: bool) -> Vec<String> {
    let name = path.join(" ");
    let mut wanted: BTreeSet<&str> = options.iter().copied().collect();
    if with_companions {
        let needed = COMPANIONS.iter().filter(|(verb, option, _)| *verb == name && options.contains(option));
        wanted.extend(needed.flat_map(|(_, _, companions)| companions.iter().copied()));
    }
    // What stands for the other required ones.
    let stands_in =
        (name == "run" && wanted.contains("apply")) || (name == "validate" && wanted.contains("manifest"));
    let is_required = |argument: &&Arg| {
        argument.is_required_set()
            || !stands_in
                && matches!(
                    (name.as_str(), argument.get_id().as_str()),
                    ("run", "action" | "collection") | ("validate", "bundle")
                )
    };
    let is_wanted = |argument: &&Arg| argument.get_long().is_some_and(|long| wanted.contains(long));
    let mut line = vec!["palisade".to_owned()];
    line.extend(path.iter().cloned());
    let (positional, named): (Vec<&Arg>, Vec<&Arg>) = verb
        .get_arguments()
        .filter(|argument| is_required(argument) || is_wanted(argument))
        .partition(|argument| argument.is_positional());
    // Positional ones first: `--collection` takes several values.
    line.extend(positional.into_iter().chain(named).flat_map(words));
    line
}

#[test]
fn every_pair_of_options_is_accepted_or_refused_as_the_table_says() {
    let mut command = Arguments::command();
    command.build();
    let mut found = Vec::new();
    verbs(&command, &[], &mut found);
    assert!(found.len() > 30, "{}", found.len());
    let (mut accepted, mut refused) = (0, 0);
    for (path, verb) in &found {
        let name = path.join(" ");
        let is_option = |argument: &&Arg| !["help", "version"].contains(&argument.get_id().as_str());
        let options: Vec<&str> = verb.get_arguments().filter(is_option).filter_map(Arg::get_long).collect();
        for (index, one) in options.iter().enumerate() {
            for other in options.iter().skip(index + 1) {
                let excludes = |one: &str, other: &str| {
                    EXCLUSIVE.iter().any(|(verb, option, others)| {
                        *verb == name && *option == one && others.contains(&other)
                    })
                };
                if excludes(one, other) || excludes(other, one) {
                    let line = line(path, verb, &[one, other], false);
                    let error = Arguments::try_parse_from(&line).expect_err(&line.join(" "));
                    assert_eq!(error.kind(), ErrorKind::ArgumentConflict, "{line:?}");
                    refused += 1;
                } else {
                    let line = line(path, verb, &[one, other], true);
                    if let Err(error) = Arguments::try_parse_from(&line) {
                        panic!("{line:?}: {error}");
                    }
                    accepted += 1;
                }
            }
        }
    }
    let listed: usize = EXCLUSIVE.iter().map(|(_, _, others)| others.len()).sum();
    assert_eq!(refused, listed, "each pair of the table is one of a verb");
    assert!(accepted > 500, "{accepted}");
}
