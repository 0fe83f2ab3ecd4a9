//! The tables of the templates: where each file goes in a project, and its content, which is part of the binary. All files are in
//! the directory of this crate, `LICENSE` and `wit` as links, so that its package contains them.

use super::Language;

/// A file's path in a project, and its content.
type Template = (&'static str, &'static str);

macro_rules! templates {
    ($($path:literal from $file:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $file)))),+]
    };
}

/// What is the same in every language.
pub(super) const COMMON: &[Template] = templates![
    "CHANGELOG.md" from "templates/common/CHANGELOG.md",
    "LICENSE" from "LICENSE",
    "collection.txt" from "templates/common/collection.txt",
    "icon.svg" from "templates/common/icon.svg",
    "manifest.yaml" from "templates/common/manifest.yaml",
];

/// What is a language's own.
pub(super) fn of(language: Language) -> &'static [Template] {
    match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::Javascript => JAVASCRIPT,
        Language::Go => GO,
        Language::C => C,
    }
}

const RUST: &[Template] = templates![
    ".gitignore" from "templates/rust/gitignore",
    ".github/workflows/check.yml" from "templates/rust/github-workflow.yml",
    "Cargo.toml" from "templates/rust/manifest.toml",
    "README.md" from "templates/rust/README.md",
    "palisade.dev.toml" from "templates/rust/palisade.dev.toml",
    "sbom.cdx.json" from "templates/rust/sbom.cdx.json",
    "src/action.rs" from "templates/rust/src/action.rs",
    "src/delivery.rs" from "templates/rust/src/delivery.rs",
    "src/lib.rs" from "templates/rust/src/lib.rs",
    "src/post.rs" from "templates/rust/src/post.rs",
    "tests/action.rs" from "templates/rust/tests/action.rs",
];

const PYTHON: &[Template] = templates![
    ".gitignore" from "templates/python/gitignore",
    ".github/workflows/check.yml" from "templates/python/github-workflow.yml",
    "README.md" from "templates/python/README.md",
    "requirements.txt" from "templates/python/requirements.txt",
    "palisade.dev.toml" from "templates/python/palisade.dev.toml",
    "sbom.cdx.json" from "templates/python/sbom.cdx.json",
    "source/app.py" from "templates/python/source/app.py",
    "source/delivery.py" from "templates/python/source/delivery.py",
    "source/post.py" from "templates/python/source/post.py",
    "tests/test_action.py" from "templates/python/tests/test_action.py",
    "tests/test_delivery.py" from "templates/python/tests/test_delivery.py",
];

const JAVASCRIPT: &[Template] = templates![
    ".gitignore" from "templates/javascript/gitignore",
    ".github/workflows/check.yml" from "templates/javascript/github-workflow.yml",
    "README.md" from "templates/javascript/README.md",
    "build.js" from "templates/javascript/build.js",
    "package.json" from "templates/javascript/package.json",
    "palisade.dev.toml" from "templates/javascript/palisade.dev.toml",
    "sbom.cdx.json" from "templates/javascript/sbom.cdx.json",
    "source/action.js" from "templates/javascript/source/action.js",
    "source/delivery.js" from "templates/javascript/source/delivery.js",
    "tests/action.test.js" from "templates/javascript/tests/action.test.js",
    "tests/delivery.test.js" from "templates/javascript/tests/delivery.test.js",
];

const GO: &[Template] = templates![
    ".gitignore" from "templates/go/gitignore",
    ".github/workflows/check.yml" from "templates/go/github-workflow.yml",
    "README.md" from "templates/go/README.md",
    "build.sh" from "templates/go/build.sh",
    "delivery/delivery.go" from "templates/go/delivery/delivery.go",
    "delivery/delivery_test.go" from "templates/go/delivery/delivery_test.go",
    "bindings/export_palisade_action_action/action.go" from "templates/go/bindings/export_palisade_action_action/action.go",
    "go.mod" from "templates/go/go.mod",
    "main.go" from "templates/go/main.go",
    "palisade.dev.toml" from "templates/go/palisade.dev.toml",
    "post/post.go" from "templates/go/post/post.go",
    "sbom.cdx.json" from "templates/go/sbom.cdx.json",
    "tests/action_test.go" from "templates/go/tests/action_test.go",
];

const C: &[Template] = templates![
    ".gitignore" from "templates/c/gitignore",
    ".github/workflows/check.yml" from "templates/c/github-workflow.yml",
    "Makefile" from "templates/c/Makefile",
    "README.md" from "templates/c/README.md",
    "palisade.dev.toml" from "templates/c/palisade.dev.toml",
    "sbom.cdx.json" from "templates/c/sbom.cdx.json",
    "source/action.c" from "templates/c/source/action.c",
    "source/delivery.c" from "templates/c/source/delivery.c",
    "source/delivery.h" from "templates/c/source/delivery.h",
    "source/post.c" from "templates/c/source/post.c",
    "source/post.h" from "templates/c/source/post.h",
    "tests/delivery_test.c" from "templates/c/tests/delivery_test.c",
    "tests/test_action.py" from "templates/python/tests/test_action.py",
];

/// The contract, as this host implements it.
pub(super) const CONTRACT: &[Template] = templates![
    "action.wit" from "wit/action.wit",
    "deps/cli.wit" from "wit/deps/cli.wit",
    "deps/clocks.wit" from "wit/deps/clocks.wit",
    "deps/filesystem.wit" from "wit/deps/filesystem.wit",
    "deps/http.wit" from "wit/deps/http.wit",
    "deps/io.wit" from "wit/deps/io.wit",
    "deps/random.wit" from "wit/deps/random.wit",
    "deps/sockets.wit" from "wit/deps/sockets.wit",
    "host.wit" from "wit/host.wit",
    "model.wit" from "wit/model.wit",
    "world.wit" from "wit/world.wit",
];
