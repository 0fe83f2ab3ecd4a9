//! What the tests of bundles share: the files of a good bundle, and zips of any kind.
#![allow(dead_code, reason = "each test file uses its part")]

pub(crate) mod builder;

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};

use palisade_bundle::{Digest, PackInputs};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The smallest component: its header and nothing else.
pub(crate) const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// The project's own manifest.
pub(crate) fn manifest() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../manifest.yaml")).unwrap()
}

/// A directory with the files of a good bundle.
pub(crate) struct Workspace {
    directory: tempfile::TempDir,
    pub(crate) inputs: PackInputs<'static>,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, contents: &[u8]| -> PathBuf {
            let path = directory.path().join(name);
            fs::write(&path, contents).unwrap();
            path
        };
        let bill = br#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"type":"library","name":"serde"}]}"#;
        let inputs = PackInputs {
            manifest: file("any.yaml", manifest().as_bytes()),
            component: file("plugin.wasm", COMPONENT),
            readme: file("readme.md", b"# What it is\n"),
            changelog: file("changes.md", b"# Changes\n"),
            licence: file("licence.txt", b"Apache License\n"),
            icon: file("icon", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n"),
            software_bill: file("bill.json", bill),
            sign: None,
        };
        Self { directory, inputs }
    }

    pub(crate) fn zip(&self) -> PathBuf {
        self.directory.path().join("bundle.zip")
    }
}

/// The files that a bundle cannot do without.
pub(crate) fn good_files() -> Vec<(String, Vec<u8>)> {
    vec![
        ("manifest.yaml".to_owned(), manifest().into_bytes()),
        ("component.wasm".to_owned(), COMPONENT.to_vec()),
    ]
}

/// These files and a `SHA256SUMS` that fits them.
pub(crate) fn with_digests(mut files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let sums: String =
        files.iter().map(|(name, contents)| format!("{}  {name}\n", Digest::of(contents))).collect();
    files.push(("SHA256SUMS".to_owned(), sums.into_bytes()));
    files
}

/// A zip of these files, stored without compression.
pub(crate) fn zip_of(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(contents).unwrap();
    }
    writer.finish().unwrap().into_inner()
}
