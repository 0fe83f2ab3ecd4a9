//! The compiled file: a header that is checked before anything else is looked at, and five sections. Only here are
//! files read and written.
//!
//! ```text
//! "palisade-protect" │ version: u32 │ bytes of the sections: u64 │ SHA-256 of the sections │ sections
//! section: bytes: u64 │ contents
//! ```

use std::io;
use std::ops::Range;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::LoadError;

/// The first bytes of every compiled file.
const MAGIC: &[u8; 16] = b"palisade-protect";
/// The only version that is written and read.
pub(crate) const VERSION: u32 = 1;
/// Catalogue, names, whole values, IPv4 networks, IPv6 networks.
pub(crate) const SECTIONS: usize = 5;
const DIGEST_BYTES: usize = 32;
const HEADER_BYTES: usize = MAGIC.len() + 4 + 8 + DIGEST_BYTES;

/// The whole file with these sections.
pub(crate) fn write(sections: [&[u8]; SECTIONS]) -> Vec<u8> {
    let length: usize = sections.iter().map(|section| section.len().saturating_add(8)).sum();
    let mut file = Vec::with_capacity(HEADER_BYTES + length);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&as_u64(length).to_le_bytes());
    let mut digest = Sha256::new();
    for section in sections {
        digest.update(as_u64(section.len()).to_le_bytes());
        digest.update(section);
    }
    file.extend_from_slice(&digest.finalize());
    for section in sections {
        file.extend_from_slice(&as_u64(section.len()).to_le_bytes());
        file.extend_from_slice(section);
    }
    file
}

/// Where the sections are in a file whose header and checksum hold.
///
/// # Errors
/// [`LoadError`] for anything else than a whole file of this version.
pub(crate) fn sections(name: &str, file: &[u8]) -> Result<[Range<usize>; SECTIONS], LoadError> {
    let damaged = |what| LoadError::Damaged { file: name.to_owned(), what };
    let cut = || damaged("it is cut off");
    let rest = file
        .strip_prefix(MAGIC.as_slice())
        .ok_or_else(|| LoadError::NotCompiledLists { file: name.to_owned() })?;
    let (version, rest) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
    let found = u32::from_le_bytes(*version);
    if found != VERSION {
        return Err(LoadError::Version { file: name.to_owned(), found, expected: VERSION });
    }
    let (length, rest) = rest.split_first_chunk::<8>().ok_or_else(cut)?;
    let (digest, contents) = rest.split_first_chunk::<DIGEST_BYTES>().ok_or_else(cut)?;
    match as_u64(contents.len()).cmp(&u64::from_le_bytes(*length)) {
        std::cmp::Ordering::Less => return Err(cut()),
        std::cmp::Ordering::Greater => return Err(damaged("there are bytes after its end")),
        std::cmp::Ordering::Equal => {}
    }
    if Sha256::digest(contents).as_slice() != digest {
        return Err(damaged("its checksum is another"));
    }
    let mut start = HEADER_BYTES;
    let mut found = [const { 0..0 }; SECTIONS];
    for section in &mut found {
        let length = file
            .get(start..)
            .and_then(|rest| rest.first_chunk::<8>())
            .and_then(|length| usize::try_from(u64::from_le_bytes(*length)).ok())
            .ok_or_else(|| damaged("a section is missing"))?;
        let first = start.saturating_add(8);
        let end = first.checked_add(length).filter(|end| *end <= file.len());
        start = end.ok_or_else(|| damaged("a section is cut off"))?;
        *section = first..start;
    }
    if start == file.len() { Ok(found) } else { Err(damaged("it has more sections than are known")) }
}

fn as_u64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Writes a file whole or not at all: a run that starts meanwhile finds the old lists or the new ones.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    palisade_files::Output::open(path)?.write(|out| out.write_all(bytes))
}
