//! From a zip's bytes to files of which each has the digest that `SHA256SUMS` names.
//!
//! Denies by default: a zip has one reading or none. It begins with its first entry, ends with its directory and has nothing
//! between that the directory does not list; entries are plain files with portable names, stored or deflated; sizes are
//! those that come out, not those that are declared. Only a [`VerifiedArchive`] gives out what is in it.

mod directory;
mod fault;
mod name;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use palisade_limits::{BUNDLE_BYTES, BUNDLE_UNPACKED_BYTES};
use zip::read::{ArchiveOffset, Config};
use zip::{CompressionMethod, ZipArchive};

pub use fault::ArchiveFault;

use crate::DIGESTS_FILE;
use crate::digest::{BadLine, Digest, read_sums};

/// Files out of a zip whose digests have not been looked at.
#[derive(Debug)]
pub(crate) struct UnverifiedArchive {
    files: BTreeMap<String, Vec<u8>>,
}

/// Files out of a zip, each with the digest that `SHA256SUMS` names for it.
#[derive(Debug)]
pub(crate) struct VerifiedArchive {
    files: BTreeMap<String, Vec<u8>>,
}

impl UnverifiedArchive {
    /// Unpacks a zip in memory, within the limits for a bundle.
    pub(crate) fn unpack(bytes: &[u8]) -> Result<Self, ArchiveFault> {
        Self::unpack_within(bytes, BUNDLE_UNPACKED_BYTES)
    }

    /// Unpacks a zip to at most `limit` bytes.
    fn unpack_within(bytes: &[u8], limit: u64) -> Result<Self, ArchiveFault> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > BUNDLE_BYTES {
            return Err(ArchiveFault::TooLarge { limit: BUNDLE_BYTES });
        }
        let names = name::checked(&directory::names(bytes)?)?;
        let config = Config { archive_offset: ArchiveOffset::Known(0) };
        let mut archive = ZipArchive::with_config(config, Cursor::new(bytes))
            .map_err(|error| ArchiveFault::Unreadable { message: error.to_string() })?;
        for (index, name) in names.iter().enumerate() {
            plain_file(&archive, index, name)?;
        }
        archive
            .validate_header_consistency()
            .map_err(|error| ArchiveFault::Inconsistent { message: error.to_string() })?;
        let mut files = BTreeMap::new();
        let mut left = limit;
        for (index, name) in names.into_iter().enumerate() {
            let Some(contents) = contents(&mut archive, index, &name, left)? else {
                return Err(ArchiveFault::UnpackedTooLarge { limit });
            };
            left = left.saturating_sub(u64::try_from(contents.len()).unwrap_or(u64::MAX));
            files.insert(name, contents);
        }
        Ok(Self { files })
    }

    /// Compares every file with `SHA256SUMS`, both ways: no file without a digest, no digest without its file.
    pub(crate) fn verify(mut self) -> Result<VerifiedArchive, ArchiveFault> {
        let digests = self.files.remove(DIGESTS_FILE).ok_or(ArchiveFault::DigestsMissing)?;
        let sums = std::str::from_utf8(&digests).map_err(|_| ArchiveFault::DigestsNotText)?;
        let sums =
            read_sums(sums).map_err(|BadLine { line, why }| ArchiveFault::DigestsLine { line, why })?;
        for (name, contents) in &self.files {
            let expected = *sums
                .get(name.as_str())
                .ok_or_else(|| ArchiveFault::FileWithoutDigest { name: name.clone() })?;
            let found = Digest::of(contents);
            if found != expected {
                return Err(ArchiveFault::DigestMismatch { name: name.clone(), expected, found });
            }
        }
        if let Some(name) = sums.keys().find(|name| !self.files.contains_key(**name)) {
            return Err(ArchiveFault::DigestWithoutFile { name: (*name).to_owned() });
        }
        // The digests' own file is part of what the bundle consists of.
        self.files.insert(DIGESTS_FILE.to_owned(), digests);
        Ok(VerifiedArchive { files: self.files })
    }
}

impl VerifiedArchive {
    /// The files by name.
    pub(crate) fn into_files(self) -> BTreeMap<String, Vec<u8>> {
        self.files
    }
}

/// Checks that an entry is a plain file that can be read.
fn plain_file(archive: &ZipArchive<Cursor<&[u8]>>, index: usize, name: &str) -> Result<(), ArchiveFault> {
    let own = || name.to_owned();
    let entry = archive
        .by_index_data(index)
        .map_err(|error| ArchiveFault::EntryUnreadable { name: own(), message: error.to_string() })?;
    // What the reader takes for the name must be what was checked; an extra field can override it.
    if !entry.name().is_ok_and(|read| read == name) {
        return Err(ArchiveFault::NameNotText { name: own() });
    }
    if !name.is_ascii() && entry.flags().as_u16() & UTF_8_NAME == 0 {
        return Err(ArchiveFault::NameNotText { name: own() });
    }
    let attributes = entry.external_attributes();
    match (attributes >> 16) & UNIX_TYPE {
        0 | UNIX_FILE => {}
        UNIX_DIRECTORY => return Err(ArchiveFault::Directory { name: own() }),
        UNIX_LINK => return Err(ArchiveFault::Link { name: own() }),
        kind => return Err(ArchiveFault::SpecialFile { name: own(), kind }),
    }
    if attributes & DOS_DIRECTORY != 0 {
        return Err(ArchiveFault::Directory { name: own() });
    }
    if entry.encrypted() {
        return Err(ArchiveFault::Encrypted { name: own() });
    }
    match entry.compression() {
        CompressionMethod::Stored | CompressionMethod::Deflated => Ok(()),
        other => Err(ArchiveFault::Compression { name: own(), method: other.to_string() }),
    }
}

/// The flag of an entry whose name is UTF-8 (APPNOTE.TXT, appendix D). Without it, readers disagree on other bytes than ASCII.
const UTF_8_NAME: u16 = 1 << 11;
/// The bits of a Unix mode that say what a file is, as stored in the upper half of the external attributes.
const UNIX_TYPE: u32 = 0o170_000;
const UNIX_FILE: u32 = 0o100_000;
const UNIX_DIRECTORY: u32 = 0o040_000;
const UNIX_LINK: u32 = 0o120_000;
/// The bit of DOS attributes that says that an entry is a directory.
const DOS_DIRECTORY: u32 = 0x10;

/// Decompresses one entry and compares its CRC; none if it has more than `left` bytes, of which no more are produced.
fn contents(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    name: &str,
    left: u64,
) -> Result<Option<Vec<u8>>, ArchiveFault> {
    let unreadable = |message: String| ArchiveFault::EntryUnreadable { name: name.to_owned(), message };
    let entry = archive.by_index(index).map_err(|error| unreadable(error.to_string()))?;
    let declared = entry.size();
    let mut contents = Vec::new();
    let read = entry.take(left.saturating_add(1)).read_to_end(&mut contents);
    let size = u64::try_from(contents.len()).unwrap_or(u64::MAX);
    if size > left {
        return Ok(None);
    }
    read.map_err(|error| unreadable(error.to_string()))?;
    if size != declared {
        return Err(unreadable(format!("it declares {declared} bytes and has {size}")));
    }
    Ok(Some(contents))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// Two entries of 1 MiB of noughts each, which deflate to some 2 KB.
    fn bomb() -> Vec<u8> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for name in ["one", "two"] {
            writer.start_file(name, SimpleFileOptions::default()).unwrap();
            writer.write_all(&vec![0; 1024 * 1024]).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_bomb_is_stopped_while_it_unpacks() {
        let bytes = bomb();
        assert!(bytes.len() < 10_000);
        let whole = 2 * 1024 * 1024;
        assert!(UnverifiedArchive::unpack_within(&bytes, whole).is_ok());
        for limit in [whole - 1, 1024 * 1024, 1024, 0] {
            let fault = UnverifiedArchive::unpack_within(&bytes, limit).unwrap_err();
            assert_eq!(fault, ArchiveFault::UnpackedTooLarge { limit });
        }
    }

    #[test]
    fn no_more_than_the_limit_is_produced() {
        let bytes = bomb();
        let mut archive = ZipArchive::new(Cursor::new(bytes.as_slice())).unwrap();
        assert_eq!(contents(&mut archive, 0, "one", 1024), Ok(None));
    }
}
