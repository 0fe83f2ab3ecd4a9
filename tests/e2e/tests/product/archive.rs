//! Zips taken apart and put together by other means than the product's.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _, Write as _};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// The file of a bundle that names the digests of all others.
pub(crate) const DIGESTS: &str = "SHA256SUMS";

/// Files by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The files of a zip.
pub(crate) fn unzipped(zip: &[u8]) -> Files {
    let mut archive = ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = Files::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.insert(entry.name().unwrap().into_owned(), content);
    }
    files
}

/// A zip of these files, whatever they are.
pub(crate) fn zipped(files: &Files) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A digest in hexadecimal.
pub(crate) fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digests of files, as `sha256sum` writes them.
pub(crate) fn digests(files: &Files) -> Vec<u8> {
    files
        .iter()
        .map(|(name, content)| format!("{}  {name}\n", sha256(content)))
        .collect::<String>()
        .into_bytes()
}
