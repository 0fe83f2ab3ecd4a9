//! The committed corpus, without the fuzzer: every property holds for every seed, and no target is without seeds, without a
//! binary, or left over.

#![expect(clippy::unwrap_used, reason = "tests: what goes wrong here is a failed test")]

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use palisade_fuzz_targets::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// What stands in a directory, sorted, without endings.
fn names(directory: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(fuzz().join(directory)).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    entries.map(|entry| stem(entry.unwrap().path())).collect()
}

fn targets() -> BTreeSet<String> {
    TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect()
}

#[test]
fn every_property_holds_for_every_seed_and_every_target_accepts_some_and_refuses_some() {
    for (name, target) in TARGETS {
        let mut seeds: Vec<PathBuf> = std::fs::read_dir(fuzz().join("corpus").join(name))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        seeds.sort();
        let accepts = |seed: &PathBuf| {
            let bytes = std::fs::read(seed).unwrap();
            // The panic has said why; this says where.
            catch_unwind(|| target(&bytes))
                .unwrap_or_else(|_| panic!("`{name}` fails for `{}`", seed.display()))
        };
        let accepted = seeds.iter().filter(|seed| accepts(seed)).count();
        assert!(
            accepted > 0,
            "`{name}` accepts none of its {} seeds: what it reads has changed",
            seeds.len()
        );
        assert!(accepted < seeds.len(), "`{name}` has no seed that it refuses");
    }
}

#[test]
fn targets_binaries_and_corpora_are_the_same() {
    assert_eq!(names("targets"), targets());
    assert_eq!(names("corpus"), targets());
    let manifest = std::fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let binaries = manifest.split("[[bin]]").skip(1);
    let name = |binary: &str| {
        let line = binary.lines().find_map(|line| line.strip_prefix("name = \"")).unwrap();
        line.trim_end_matches('"').to_owned()
    };
    assert_eq!(binaries.map(name).collect::<BTreeSet<_>>(), targets());
    for target in targets() {
        let source = std::fs::read_to_string(fuzz().join(format!("targets/{target}.rs"))).unwrap();
        assert!(source.contains(&format!("run(\"{target}\", bytes)")), "`{target}.rs` runs another target");
    }
}
