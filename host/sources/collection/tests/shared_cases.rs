//! The readers on small files of forms that people have: what each of their records becomes.
//!
//! The files are not part of this repository. Where they are missing the tests say so and pass, unless
//! `PALISADE_REQUIRE_SHARED_DATA=1` asks for them.

// In a test, a panic is the answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use palisade_collection::{Source, read};
use palisade_model::{Record, Summary, warnings};

/// The folder of the files, if it is there.
#[allow(clippy::print_stderr)]
fn cases() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/cases");
    if folder.is_dir() {
        return Some(folder);
    }
    assert_ne!(
        std::env::var("PALISADE_REQUIRE_SHARED_DATA").as_deref(),
        Ok("1"),
        "{} is missing",
        folder.display()
    );
    eprintln!("skipped: {} is missing", folder.display());
    None
}

/// What each record became: `FQDN a.example`, the same with `!allowed` behind it for a mark, `- deleted` for one that is left
/// out, and `?` for an unreadable one.
fn became(record: Record) -> String {
    match record {
        Record::Object(object) => {
            let beside: Vec<_> = object.attributes.iter().filter(|(name, _)| name == "port").collect();
            let port = beside.first().map_or_else(String::new, |(_, port)| format!(" port {port}"));
            let mark = object.do_not_block.map_or_else(String::new, |mark| format!(" !{}", mark.code));
            let value: String = object.value.chars().take(40).collect();
            format!("{} {value}{port}{mark}", object.subtype)
        }
        Record::LeftOut(left_out) => format!("- {}", left_out.code),
        Record::Unreadable(_) => "?".to_owned(),
    }
}

fn found(file: &str) -> Option<(Vec<String>, Result<Summary, String>)> {
    let path = cases()?.join(file);
    let mut records = Vec::new();
    let result = read(Source::path(path), None, &mut |record| records.push(became(record)));
    let result =
        result.map_err(|error| format!("{}: {error}; {}", error.code(), error.hint().unwrap_or_default()));
    Some((records, result))
}

/// Compares what each record of a file became.
#[track_caller]
fn assert_became(file: &str, expected: &[&str]) {
    let Some((records, result)) = found(file) else { return };
    result.unwrap();
    assert_eq!(records, expected, "{file}");
}

/// A file that cannot be read: its error names what it is and what to do.
#[track_caller]
fn assert_refused(file: &str, named: &[&str]) {
    let Some((records, result)) = found(file) else { return };
    let error = result.unwrap_err();
    assert_eq!(records, [""; 0], "{file}");
    for named in named {
        assert!(error.contains(named), "{file}: {error}");
    }
}

#[test]
fn stix_patterns_give_what_they_mean_and_nothing_else() {
    assert_became(
        "01-domain-pattern-holds-address.stix.json",
        &["FQDN 198.51.100.7", "FQDN 2001:db8::7", "FQDN bad.example"],
    );
    assert_became(
        "02-hash-key-spellings.stix.json",
        &[
            "SHA-256 ca978112ca1bbdcafac231b39a23dc4da786eff8",
            "SHA-256 CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8",
            "?",
            "SHA-1 86f7e437faa5a7fce15d1ddcb9eaeaea377667b8",
            "MD5 0cc175b9c0f1b6a831c399e269772661",
            "SHA-256 3e23e8160039594a33894f6564e1b1348bbd7a00",
            "SHA-1 e9d71f5ee7c92d6dc9e92ffdad17b8bd49418f98",
            "SHA-256 2e7d2c03a9507ae265ecf5b5356885a53393a202",
            "?",
        ],
    );
    let not_read = ["?"; 6];
    let between =
        ["IP Address 198.51.100.8", "IP Address 198.51.100.9 port 443", "?", "?", "?", "?", "?", "?", "?"];
    let behind = [
        "CIDR Block 198.51.100.0/24",
        "IP Address 198.51.100.15",
        "IP Address 198.51.100.16",
        "IP Address 198.51.100.17",
        "?",
        "?",
    ];
    assert_became("04-combined-patterns.stix.json", &[&not_read[..], &between, &behind].concat());
    assert_became(
        "05-escapes.stix.json",
        &[
            "URL http://example.com/evil.txt')",
            "?",
            "?",
            r"URL http://example.com/a\b",
            "?",
            "?",
            "?",
            "URL http://example.com/?q=[x] OR y",
            "URL http://example.com/sp",
        ],
    );
    assert_became(
        "07-pattern-kinds.stix.json",
        &[
            "FQDN nopt.example",
            "?",
            "?",
            "?",
            "STIX sha256:value ca978112ca1bbdcafac231b39a23dc4da786eff8",
            "FQDN host.bad.example",
            "IPv6 Address 2001:db8::5",
            "IP Address 198.51.100.31",
            "Email Address s@bad.example",
            "Email Address f@bad.example",
            "STIX email-message:to_refs.[*].value victim@corp.example",
            "Email Address v@bad.example",
            "?",
            "STIX artifact:hashes.SHA-256 8e35c2cd3bf6641bdb0e2050b76932cbb2e6034a",
            "STIX x509-certificate:hashes.SHA-1 cd1b5069963d9878f92f1cfbe77f8912cdd5b2ed",
            "URL hxxp://defang[.]example/x",
            "STIX process:image_ref.hashes.SHA-256 148de9c5a7a44d19e56cd9ae1a554bf67847afb0",
            "STIX windows-registry-key:values.[*].data http://reg.example/",
            "?",
            "FQDN mvix.온라인.한국",
        ],
    );
    assert_became(
        "112-stix-cidr32.stix.json",
        &["IP Address 198.51.100.1", "IP Address 203.0.113.33", "IPv6 Address 2001:db8::1"],
    );
    assert_became(
        "113-misp-ip-patterns.stix.json",
        &[
            "IP Address 198.51.100.20",
            "IPv6 Address 2001:db8::20",
            "?",
            "SHA-256 ca978112ca1bbdcafac231b39a23dc4da786eff8",
            "FQDN plain.example",
        ],
    );
    assert_became(
        "more/stix-misp-and.json",
        &["IP Address 198.51.100.3", "SHA-256 7fa3abc229fd3cb9a0a6f07d9da15e35528c630d", "?"],
    );
}

#[test]
fn stix_that_is_not_for_use_is_left_out() {
    assert_became(
        "06-lifetime.stix.json",
        &[
            "- revoked",
            "- expired",
            "FQDN future.example",
            "- benign",
            "FQDN mixed.example",
            "FQDN anon.example",
            "FQDN nodetect.example",
            "FQDN unknown.example",
            "FQDN lowconf.example",
            "- allowed",
        ],
    );
    assert_became("10-observables-only.stix.json", &["- not-an-indicator"; 3]);
    if let Some((_, result)) = found("10-observables-only.stix.json") {
        let warnings = warnings(&[result.unwrap()]);
        assert!(warnings[0].contains("holds nothing to use"), "{warnings:?}");
    }
}

#[test]
fn misp_events_give_what_is_for_detection() {
    assert_became(
        "11-deleted.misp.json",
        &[
            "- deleted",
            "- deleted",
            "FQDN live.example",
            "- deleted",
            "- deleted",
            "FQDN obj.example",
            "- not-for-detection",
        ],
    );
    assert_became(
        "12-composite.misp.json",
        &[
            "FQDN dip.example",
            "IP Address 198.51.100.42",
            "IP Address 198.51.100.43 port 443",
            "IP Address 198.51.100.44 port 8080",
            "FQDN hp.example port 8443",
            "SHA-256 252f10c83610ebca1a059c0bae8255eba2f95be4",
            "SHA-1 4a0a19218e082a343a1b17e5333409af9d98f0f5",
            "MD5 8fa14cdd754f91cc6554c9e71929cce7",
            "MD5 b2f5ff47436671b6e533d8dc3614845d",
            "IPv6 Address 2001:db8::9 port 443",
            "IP Address 198.51.100.45 port 443",
            "FQDN www.dip2.example",
            "IPv6 Address 2001:db8::a",
            "MISP authentihash 632cd2fea71dcde005af4e07f14b8bc1f68b63d9",
            "MISP authentihash 43c0ff8a7a70cb83261d38a657b29a829ff51288",
            "MISP imphash 865c0c0b4ab0e063e5caa3387c1a8741",
            "MISP x509-fingerprint-sha1 d31e12a38bccc4ce61b2fe8e6fd3160ec5191274",
            "MISP x509-fingerprint-sha256 793ff64f83b41b5d467a0d017c4cb99bc56e969a",
            "SHA-512 abababababababababababababababababababab",
            "MISP vhash abc",
        ],
    );
    assert_became(
        "14-restsearch-attributes.misp.json",
        &["FQDN rs.example", "- not-for-detection", "URL http://rs.example/x", "- not-for-detection"],
    );
    assert_became("15-restsearch-events.misp.json", &["FQDN unpublished.example", "FQDN published.example"]);
    assert_became(
        "120-context.misp.json",
        &[
            "FQDN warned.example",
            "FQDN fpsight.example",
            "- false-positive",
            "FQDN old.example",
            "FQDN host.example",
        ],
    );
}

#[test]
fn csv_that_its_source_does_not_want_blocked_is_marked_and_utf_16_is_read() {
    assert_became("57-excel-utf16.csv", &["FQDN mal.example", "IP Address 198.51.100.116"]);
    let Some((records, _)) = found("51-defender-export.csv") else { return };
    assert_eq!(records.iter().filter(|record| record.as_str() == "- detect-only").count(), 1, "{records:?}");
    let Some((records, _)) = found("53-threatconnect.csv") else { return };
    let marked = "IP Address 198.51.100.113 !false-positive";
    assert!(records.iter().any(|record| record == marked), "{records:?}");
}

#[test]
fn compressed_files_are_read_like_what_is_in_them() {
    assert_became("99-gzip.csv", &["FQDN mal.example"]);
    assert_became("100-zip.csv", &["FQDN mal.example"]);
}

#[test]
fn threatq_collections_keep_their_objects() {
    assert_became("74-threatq-single.json", &["FQDN one.example"]);
    assert_refused("75-threatq-type-id-only.json", &["without the names of their types", "data collection"]);
    assert_refused("76-threatq-search.json", &["search in ThreatQ", "data collection"]);
    let scored: Vec<String> = (1..=6).map(|number| format!("FQDN s{number}.example")).collect();
    assert_became("77-threatq-scores.json", &scored.iter().map(String::as_str).collect::<Vec<_>>());
    assert_became(
        "78-threatq-status.json",
        &[
            "FQDN act.example",
            "FQDN wl.example !allowed",
            "FQDN ex.example",
            "FQDN rv.example",
            "FQDN ind.example",
            "- deleted",
        ],
    );
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    assert_refused("16-manifest.misp.json", &["MISP manifest", "UUID.json"]);
    assert_refused("80-ecs.ndjson", &["Elastic", "`value,type`"]);
    assert_refused("81-urlhaus.json", &["URLhaus", "CSV"]);
    assert_refused("82-threatfox.json", &["ThreatFox", "CSV"]);
    assert_refused("83-plain-list.json", &["plain values", "one value on each line"]);
    assert_refused("84-generic-objects.json", &["neither ThreatQ", "`value` and `type`"]);
    assert_refused("85-stix1.json", &["STIX 1", "STIX 2.1"]);
    assert_refused("25-spamhaus-drop.jsonl", &["Spamhaus", "drop.txt"]);
    assert_refused("86-openioc.xml", &["OpenIOC", "STIX"]);
    assert_refused("87-html-error.txt", &["HTML page", "fetch the file again"]);
    assert_refused("97-empty.txt", &["is empty"]);
}
