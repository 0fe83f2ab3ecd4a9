//! Where the built product is, and the real data.

use std::path::{Path, PathBuf};

/// The target directory: tests run from `<target>/<profile>/deps`.
fn target() -> PathBuf {
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

/// A built guest.
#[must_use]
pub fn guest(name: &str) -> PathBuf {
    built(target().join(format!("palisade/guests/{name}.wasm")))
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
    eprintln_skipped(name);
    None
}

#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn eprintln_skipped(name: &str) {
    eprintln!("skipped: there is no ../shared/data/{name}");
}
