//! Where the built product is, and the real data.

use std::path::{Path, PathBuf};

/// The target directory: tests run from `<target>/<profile>/deps`.
#[must_use]
pub fn target() -> PathBuf {
    let executable = std::env::current_exe().expect("a test has a path");
    let directory = executable.ancestors().nth(3).expect("tests run from <target>/<profile>/deps");
    directory.to_owned()
}

/// The repository's root.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate is two levels down")
        .to_owned()
}

fn built(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "`{}` is missing: run `cargo xtask build` first", path.display());
    path
}

/// The built binary `palisade`.
#[must_use]
pub fn binary() -> PathBuf {
    built(target().join("debug/palisade"))
}

/// The built bundle of Trend Vision One.
#[must_use]
pub fn bundle() -> PathBuf {
    built(target().join("palisade/trend-vision-one.zip"))
}

/// The component of that bundle.
#[must_use]
pub fn component() -> PathBuf {
    built(target().join("wasm32-wasip2/component/palisade_vision_one.wasm"))
}

/// The Webhook export bundle in this language: `python` or `javascript`. `None`, said on standard error, where its tools were
/// not to be had when it was to be built. Where `PALISADE_REQUIRE_PEERS` is set it must be there.
#[must_use]
pub fn in_language(language: &str) -> Option<PathBuf> {
    let path = target().join(format!("palisade/webhook-export-{language}.zip"));
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("PALISADE_REQUIRE_PEERS").is_none(),
        "`{}` is required and missing: run `cargo xtask languages`",
        path.display()
    );
    say_skipped(&format!("there is no bundle in {language}"));
    None
}

/// A built guest.
#[must_use]
pub fn guest(name: &str) -> PathBuf {
    built(target().join(format!("palisade/guests/{name}.wasm")))
}

/// The secret key that signs what is built for the tests.
#[must_use]
pub fn signing_key() -> PathBuf {
    built(target().join("palisade/signing/test.key"))
}

/// A policy that trusts that key and says nothing else.
#[must_use]
pub fn policy() -> PathBuf {
    built(target().join("palisade/signing/palisade.toml"))
}

/// Where compiled components are kept between tests: compiling takes seconds in a development build.
#[must_use]
pub(crate) fn cache() -> PathBuf {
    target().join("palisade/cache")
}

/// A file of the real data beside the repository. `None`, said on standard error, where the folder is missing: any other
/// clone has none. Where `PALISADE_REQUIRE_SHARED_DATA` is set it must be there.
#[must_use]
pub fn shared_data(name: &str) -> Option<PathBuf> {
    let folder = root().join("../shared/data");
    if folder.is_dir() {
        let path = folder.join(name);
        assert!(path.exists(), "`{}` is missing", path.display());
        return Some(path);
    }
    assert!(
        std::env::var_os("PALISADE_REQUIRE_SHARED_DATA").is_none(),
        "the real data is required and missing"
    );
    say_skipped(&format!("there is no ../shared/data/{name}"));
    None
}

/// Says that a test is skipped, and why.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub fn say_skipped(why: &str) {
    eprintln!("skipped: {why}");
}
