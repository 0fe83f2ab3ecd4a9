//! The readers on real files: how many objects of which type each of them gives.
//!
//! The files are not part of this repository. Where they are missing the tests say so and pass, unless
//! `PALISADE_REQUIRE_SHARED_DATA=1` asks for them.

// In a test, a panic is the answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use palisade_collection::{ReadError, Source, read};
use palisade_model::{Format, Record, Summary};

/// The folder of the files, if it is there.
#[allow(clippy::print_stderr)]
fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
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

/// Everything that a file gave.
#[derive(Default)]
struct Found {
    objects: BTreeMap<String, u64>,
    left_out: BTreeMap<&'static str, u64>,
    unreadable: Vec<String>,
    scores: u64,
    ids: u64,
}

fn found(folder: &Path, file: &str, format: Option<Format>) -> (Found, Result<Summary, ReadError>) {
    let mut found = Found::default();
    let result = read(Source::path(folder.join(file)), format, &mut |record| match record {
        Record::Object(object) => {
            assert!(!object.value.is_empty());
            found.scores += u64::from(object.score.is_some());
            found.ids += u64::from(object.platform_id.is_some());
            *found.objects.entry(object.subtype).or_default() += 1;
        }
        Record::LeftOut(left_out) => *found.left_out.entry(left_out.code).or_default() += 1,
        Record::Unreadable(bad) => found.unreadable.push(format!("{}: {}", bad.location, bad.message)),
    });
    (found, result)
}

fn counts(pairs: &[(&str, u64)]) -> BTreeMap<String, u64> {
    pairs.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

/// Reads a file whose format has to be found, and compares what it gave.
#[track_caller]
fn assert_found(file: &str, format: Format, objects: &[(&str, u64)], left_out: &[(&'static str, u64)]) {
    let Some(folder) = data() else { return };
    let (found, result) = found(&folder, file, None);
    let summary = result.unwrap();
    assert_eq!(summary.format, format);
    assert_eq!(found.unreadable, [""; 0]);
    assert_eq!(found.objects, counts(objects));
    assert_eq!(found.left_out, left_out.iter().copied().collect());
    assert_eq!(summary.objects, objects.iter().map(|(_, count)| count).sum::<u64>());
    assert_eq!(summary.seen(), summary.objects + left_out.iter().map(|(_, count)| count).sum::<u64>());
}

#[test]
fn threatq_collections() {
    assert_found(
        "threatq/prioritised-iocs.json",
        Format::ThreatQ,
        &[
            ("SHA-1", 1742),
            ("SHA-256", 1742),
            ("IP Address", 1400),
            ("FQDN", 1400),
            ("URL", 487),
            ("MD5", 42),
            ("Email Address", 29),
            ("CIDR Block", 2),
            ("Filename", 2),
            ("IPv6 Address", 1),
        ],
        &[],
    );
    let Some(folder) = data() else { return };
    for (file, count) in [("threatq/prioritised-iocs.json", 6847), ("threatq/known-good.json", 1853)] {
        let (found, result) = found(&folder, file, None);
        let summary = result.unwrap();
        assert_eq!((summary.total_announced, summary.objects, summary.missing()), (Some(count), count, 0));
        assert_eq!((found.scores, found.ids), (count, count));
    }
}

#[test]
fn a_stix_bundle() {
    assert_found(
        "amnesty/pegasus.stix2.json",
        Format::Stix,
        &[("FQDN", 1438), ("STIX process:name", 81), ("Email Address", 29), ("Filename", 1)],
        &[("not-an-indicator", 1550)],
    );
}

#[test]
fn misp_events() {
    assert_found(
        "stalkerware/misp_event.json",
        Format::Misp,
        &[("SHA-256", 3262), ("FQDN", 1000), ("SHA-1", 490)],
        &[("not-for-detection", 2343)],
    );
    assert_found(
        "eset/glupteba.misp-event.json",
        Format::Misp,
        &[("FQDN", 274), ("IP Address", 44), ("SHA-1", 6), ("MISP regkey", 1)],
        &[],
    );
    assert_found(
        "eset/stantinko.misp-event.json",
        Format::Misp,
        &[("SHA-1", 126), ("FQDN", 87), ("IP Address", 81), ("MISP regkey", 13)],
        &[("not-for-detection", 33)],
    );
}

#[test]
fn csv_and_text() {
    assert_found("stalkerware/network.csv", Format::Csv, &[("FQDN", 969), ("IP Address", 65)], &[]);
    assert_found("ipsum/3.txt", Format::Text, &[("IP Address", 14217)], &[]);
    assert_found("ipsum/4.txt", Format::Text, &[("IP Address", 5354)], &[]);
    assert_found("ipsum/5.txt", Format::Text, &[("IP Address", 1413)], &[]);
    assert_found("unit42/conti.txt", Format::Text, &[("FQDN", 3), ("IP Address", 8), ("SHA-256", 44)], &[]);
}

#[test]
fn hosts_and_urls_without_a_scheme() {
    let Some(folder) = data() else { return };
    let (found, result) = found(&folder, "unit42/coin-mining-urls.txt", None);
    assert_eq!(result.unwrap().seen(), 6908);
    // One of them was cut off, and ends in three full stops.
    assert_eq!(found.objects.values().sum::<u64>(), 6907, "{:?} {:#?}", found.objects, found.unreadable);
    assert_eq!(found.unreadable.len(), 1);
}

#[test]
fn a_fault_of_syntax_is_named_by_its_line() {
    let Some(folder) = data() else { return };
    let (_, result) = found(&folder, "eset/invalid-trailing-comma.misp-event.json", None);
    let error = result.unwrap_err();
    let message = error.to_string();
    assert!(message.contains("invalid-trailing-comma.misp-event.json` line 37374, column 9"), "{message}");
    assert!(message.contains("after the comma"), "{message}");
    assert!(error.hint().unwrap().contains("comma"));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let Some(folder) = data() else { return };
    let (_, result) = found(&folder, "eset/windigo.openioc.xml", None);
    assert!(result.unwrap_err().to_string().contains("OpenIOC"));
    let (_, result) = found(&folder, "warninglists/sinkholes.json", None);
    assert_eq!(result.unwrap_err().code(), "collection-json-unknown");
    let (_, result) = found(&folder, "eset", None);
    assert_eq!(result.unwrap_err().code(), "collection-is-directory");
    let (_, result) = found(&folder, "eset/sednit.defanged.adoc", None);
    assert_eq!(result.unwrap_err().code(), "collection-not-a-list");
}
