//! A component that would take gigabytes and minutes to compile is refused within limits, and by a process that is gone then.

use std::time::{Duration, Instant};

use palisade_e2e::{Palisade, Tenant, bundle_of, compile_bomb, guest_bundle};
use tempfile::TempDir;

/// More than this process ever needs to refuse a bundle; the bomb takes twenty times as much.
const MEMORY: u64 = 256 * 1024 * 1024;

#[test]
fn a_compile_bomb_is_refused_by_every_verb_that_compiles() {
    let (tenant, directory) = (Tenant::start(), TempDir::new().unwrap());
    let zip = bundle_of(directory.path(), "bomb", &compile_bomb(2_000, 9_000));
    let run =
        Palisade::run_bundle(&tenant, &zip, "act").configured("").collection_of("list.txt", "a.example\n");
    for call in [Palisade::verb("validate").argument(&zip), run] {
        let begun = Instant::now();
        let (outcome, memory) = call.start().finish_with_memory();
        assert_eq!(outcome.status, 1, "{}", outcome.stderr);
        assert!(outcome.stderr.contains("error[component-too-complex]"), "{}", outcome.stderr);
        assert!(memory < MEMORY, "{memory} bytes");
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }
    assert!(tenant.received().is_empty());
}

#[test]
fn a_component_is_compiled_by_another_process_into_a_directory_of_its_own() {
    let directory = TempDir::new().unwrap();
    let cache = directory.path().join("cache");
    let zip = guest_bundle(directory.path(), "loops-for-ever");
    let validate = || Palisade::verb("validate").argument(&zip).argument("--cache-dir").argument(&cache).go();
    assert_eq!(validate().status, 0);
    let names = |path: &std::path::Path| -> Vec<_> {
        std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    };
    assert_eq!(names(&cache), ["compiled"], "what the compiler wrote was taken over");
    assert_eq!(validate().status, 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let compiled = cache.join("compiled");
        std::fs::set_permissions(&compiled, std::fs::Permissions::from_mode(0o777)).unwrap();
        let outcome = validate();
        assert_eq!(outcome.status, 1);
        assert!(outcome.stderr.contains("error[cache-unusable]"), "{}", outcome.stderr);
    }
}
