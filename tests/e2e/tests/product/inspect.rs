//! `palisade inspect`: what a bundle is and what it may do, before it is run.

use palisade_e2e::{Palisade, bundle};
use serde_json::Value;

use crate::archive::{sha256, unzipped};

#[test]
fn the_text_says_what_it_is_and_what_each_action_may_do() {
    let outcome = Palisade::verb("inspect").argument(bundle()).go();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    let text = outcome.stdout;
    for expected in [
        "Trend Micro Vision One",
        "palisade:action@0.2.0",
        &sha256(&std::fs::read(bundle()).unwrap()),
        "Trend Micro Vision One - Add to Blocklist",
        "(--action add-to-blocklist)",
        "Trend Micro Vision One - Add to Exception List",
        "(--action add-to-exception-list)",
        "FQDN, IP Address, URL, Email Address, SHA-1, SHA-256, IPv6 Address",
        "secret, required",
        "http               Apply http:// (default)",
        "api.xdr.trendmicro.co.jp      Japan",
        "use 128 MiB of memory, 3,600 s, 5,000 requests",
        "send POST requests to https://<API Region>/v3.0/threatintel/suspiciousObjects with the API Key in the header Authorization",
        "send POST requests to https://<API Region>/v3.0/threatintel/suspiciousObjectExceptions with the API Key in the header Authorization",
    ] {
        assert!(text.contains(expected), "`{expected}` is missing in\n{text}");
    }
}

#[test]
fn as_json_it_has_the_digests_the_manifest_and_the_grants() {
    let outcome = Palisade::verb("inspect").argument(bundle()).argument("--output").argument("json").go();
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    let inspection: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let zip = std::fs::read(bundle()).unwrap();
    assert_eq!(inspection["digest"], sha256(&zip));
    let listed: Vec<(&str, u64, &str)> = inspection["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let text = |name: &str| file[name].as_str().unwrap();
            (text("name"), file["size"].as_u64().unwrap(), text("sha256"))
        })
        .collect();
    let files = unzipped(&zip);
    let digests: Vec<String> = files.values().map(|content| sha256(content)).collect();
    let expected: Vec<(&str, u64, &str)> = files
        .iter()
        .zip(&digests)
        .map(|((name, content), digest)| (name.as_str(), content.len() as u64, digest.as_str()))
        .collect();
    assert_eq!(listed, expected);
    assert_eq!(inspection["manifest"]["id"], "trend-vision-one");
    let may: Vec<&str> =
        inspection["may"].as_array().unwrap().iter().map(|grant| grant["action"].as_str().unwrap()).collect();
    // One request that writes, one for each list that is read, and one that tests the connection.
    let [block, exempt] = ["add-to-blocklist", "add-to-exception-list"];
    assert_eq!(may.get(..7), Some(&[block, block, block, block, exempt, exempt, exempt][..]));
    // One request that sends commands, one that reads tasks, one that finds agents by name, and one that tests the connection.
    assert_eq!(may.iter().filter(|action| **action == "isolate-endpoint").count(), 4);
    assert_eq!(inspection["authenticity"]["status"], "signed");
}

#[test]
fn what_is_no_bundle_is_refused() {
    let call = Palisade::verb("inspect");
    let file = call.file("bundle.zip", "text");
    let outcome = call.argument(file).go();
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    assert!(outcome.stderr.starts_with("error[not-a-zip]"), "{}", outcome.stderr);
}
