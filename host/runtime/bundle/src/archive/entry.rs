//! One entry of a zip: whether it is a plain file that can be read, and its contents.
//!
//! Denies by default: entries that are links, directories or special files, encrypted, compressed otherwise than by Deflate,
//! or that would unpack to much more than they are; contents that have another size or another checksum than the directory
//! says, and contents that are a zip themselves. Never more bytes are produced than the directory declares, plus one.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::DeflateDecoder;
use palisade_limits::{BUNDLE_RATIO, BUNDLE_RATIO_FREE_BYTES};

use super::directory::Record;
use super::end::{END, LOCAL};
use super::fault::ArchiveFault;

/// The flags of encryption: of the entry, strong encryption, encrypted directory.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// The flags that an entry may have: two of Deflate's effort, sizes after the contents, and a name in UTF-8.
const ALLOWED: u16 = 0b110 | 1 << 3 | UTF_8_NAME;
/// The flag of an entry whose name is UTF-8 (APPNOTE.TXT, appendix D), of which ASCII is a part.
const UTF_8_NAME: u16 = 1 << 11;
/// The bits of a Unix mode that say what a file is, as stored in the upper half of the external attributes.
const UNIX_TYPE: u32 = 0o170_000;
const UNIX_FILE: u32 = 0o100_000;
const UNIX_DIRECTORY: u32 = 0o040_000;
const UNIX_LINK: u32 = 0o120_000;
/// The bit of DOS attributes that says that an entry is a directory.
const DOS_DIRECTORY: u32 = 0x10;
/// The numbers of the two compressions that are read.
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// A plain file in a zip that has not been unpacked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'bytes> {
    contents: &'bytes [u8],
    deflated: bool,
    crc: u32,
    size: u64,
}

/// Checks that a record of the directory is one of a plain file that can be read. `name` is its name as text.
pub(super) fn check(record: &Record<'_>, name: &str) -> Result<(), ArchiveFault> {
    let own = || name.to_owned();
    match (record.attributes >> 16) & UNIX_TYPE {
        0 | UNIX_FILE => {}
        UNIX_DIRECTORY => return Err(ArchiveFault::Directory { name: own() }),
        UNIX_LINK => return Err(ArchiveFault::Link { name: own() }),
        kind => return Err(ArchiveFault::SpecialFile { name: own(), kind }),
    }
    if record.attributes & DOS_DIRECTORY != 0 {
        return Err(ArchiveFault::Directory { name: own() });
    }
    if record.flags & ENCRYPTED != 0 {
        return Err(ArchiveFault::Encrypted { name: own() });
    }
    if ![STORED, DEFLATED].contains(&record.method) {
        return Err(ArchiveFault::Compression { name: own(), method: record.method });
    }
    if record.flags & !ALLOWED != 0 {
        return Err(ArchiveFault::EntryFlags { name: own(), flags: record.flags });
    }
    let (size, stored) = (u64::from(record.size), u64::from(record.stored));
    if record.method == STORED && size != stored {
        return Err(ArchiveFault::EntrySize { name: own(), declared: size, found: stored });
    }
    if size > BUNDLE_RATIO_FREE_BYTES && size > stored.saturating_mul(BUNDLE_RATIO) {
        return Err(ArchiveFault::CompressionRatio { name: own(), limit: BUNDLE_RATIO });
    }
    Ok(())
}

impl<'bytes> Entry<'bytes> {
    /// The entry of a record that passed [`check`], with its contents as they are stored.
    pub(super) fn of(record: &Record<'_>, contents: &'bytes [u8]) -> Self {
        Self { contents, deflated: record.method == DEFLATED, crc: record.crc, size: u64::from(record.size) }
    }

    /// The bytes to which it declares to unpack.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Unpacks it; what is stored is not copied.
    pub(super) fn unpack(&self, name: &str) -> Result<Cow<'bytes, [u8]>, ArchiveFault> {
        let own = || name.to_owned();
        let contents =
            if self.deflated { Cow::Owned(self.inflate(name)?) } else { Cow::Borrowed(self.contents) };
        let found = u64::try_from(contents.len()).unwrap_or(u64::MAX);
        if found != self.size {
            return Err(ArchiveFault::EntrySize { name: own(), declared: self.size, found });
        }
        if crc32fast::hash(&contents) != self.crc {
            return Err(ArchiveFault::EntryChecksum { name: own() });
        }
        // Nothing in a bundle is an archive, and nobody who handles one should be led to unpack another.
        if contents.starts_with(LOCAL) || contents.starts_with(END) {
            return Err(ArchiveFault::NestedArchive { name: own() });
        }
        Ok(contents)
    }

    /// Unpacks Deflate, to one byte more than is declared at most.
    fn inflate(&self, name: &str) -> Result<Vec<u8>, ArchiveFault> {
        let unreadable = |message: String| ArchiveFault::EntryUnreadable { name: name.to_owned(), message };
        let mut decoder = DeflateDecoder::new(self.contents);
        // What is declared keeps the bounds of size and ratio, and the kernel gives memory only where it is written to.
        let mut contents = Vec::with_capacity(usize::try_from(self.size.saturating_add(1)).unwrap_or(0));
        decoder
            .by_ref()
            .take(self.size.saturating_add(1))
            .read_to_end(&mut contents)
            .map_err(|error| unreadable(error.to_string()))?;
        let found = u64::try_from(contents.len()).unwrap_or(u64::MAX);
        if found == self.size && decoder.total_in() != u64::try_from(self.contents.len()).unwrap_or(u64::MAX)
        {
            return Err(unreadable("something follows the end of its compressed contents".to_owned()));
        }
        Ok(contents)
    }
}
