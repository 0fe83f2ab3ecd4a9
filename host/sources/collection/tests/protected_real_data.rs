//! Real warning lists on real collections: how many objects they catch, and which lists do.
//!
//! The files are not part of this repository. Where they are missing the tests say so and pass, unless
//! `PALISADE_REQUIRE_SHARED_DATA=1` asks for them.

// In a test, a panic is the answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use palisade_collection::{Source, read};
use palisade_model::{Object, Record};
use palisade_protect::{Builder, CompiledLists, Own, Protection};

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

/// All published lists of the folder, compiled.
fn lists(data: &Path) -> CompiledLists {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(data.join("warninglists")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut builder = Builder::new();
    for file in &files {
        builder.add_file(file).unwrap();
    }
    assert_eq!(builder.warnings(), [], "every published entry can be used");
    let lists = builder.finish().unwrap().load().unwrap();
    assert_eq!(lists.lists().len(), 16);
    lists
}

/// Only the lists: what belongs to nobody is left to them.
fn protection(data: &Path) -> Protection {
    let own =
        Own { private_addresses: false, special_use_names: false, example_names: false, ..Own::default() };
    Protection::new(own, Some(lists(data)), BTreeSet::new()).unwrap()
}

fn objects(file: &Path) -> Vec<Object> {
    let mut objects = Vec::new();
    read(Source::path(file), None, &mut |record| {
        if let Record::Object(object) = record {
            objects.push(object);
        }
    })
    .unwrap();
    objects
}

/// What is caught, counted by type and list; and what is not.
fn judged(protection: &Protection, objects: &[Object]) -> (BTreeMap<(String, String), u64>, Vec<String>) {
    let mut caught = BTreeMap::new();
    let mut passed = Vec::new();
    for object in objects {
        match protection.check(&object.subtype, &object.value) {
            Some(hit) => *caught.entry((object.subtype.clone(), hit.list)).or_default() += 1,
            None => passed.push(object.value.clone()),
        }
    }
    (caught, passed)
}

fn counts(rows: &[(&str, &str, u64)]) -> BTreeMap<(String, String), u64> {
    rows.iter().map(|(subtype, list, count)| (((*subtype).to_owned(), (*list).to_owned()), *count)).collect()
}

#[test]
fn every_known_good_object_is_caught() {
    let Some(data) = data() else { return };
    let objects = objects(&data.join("threatq/known-good.json"));
    assert_eq!(objects.len(), 1_853);
    let (caught, passed) = judged(&protection(&data), &objects);
    assert_eq!(passed, Vec::<String>::new());
    assert_eq!(caught.values().sum::<u64>(), 1_853);
    let hashes = "List of known hashes with common false-positives (based on Florian Roth input list)";
    let expected = counts(&[
        ("FQDN", "List of known bank domains", 400),
        ("FQDN", "Top 1000 websites from Cisco Umbrella", 1_000),
        ("IP Address", "List of known IPv4 public DNS resolvers", 300),
        ("MD5", hashes, 1),
        ("SHA-1", hashes, 1),
        ("SHA-256", hashes, 1),
        ("URL", "List of known URL Shorteners domains", 150),
    ]);
    assert_eq!(caught, expected);
}

#[test]
fn few_indicators_are_caught_and_each_for_a_reason() {
    let Some(data) = data() else { return };
    let objects = objects(&data.join("threatq/prioritised-iocs.json"));
    assert_eq!(objects.len(), 6_847);
    let (caught, _) = judged(&protection(&data), &objects);
    // Two short links, which stand for a service of millions, and three examples out of texts.
    let expected = counts(&[
        ("CIDR Block", "List of RFC 5735 CIDR blocks", 2),
        ("IPv6 Address", "List of RFC 3849 CIDR blocks", 1),
        ("URL", "List of known URL Shorteners domains", 2),
    ]);
    assert_eq!(caught, expected);
}

#[test]
fn a_compiled_file_answers_as_the_lists_that_it_was_made_of() {
    let Some(data) = data() else { return };
    let lists = lists(&data);
    for list in lists.lists() {
        assert!(list.entries > 0, "{}", list.name);
    }
    assert_eq!(lists.entries(), 66_398);
}
