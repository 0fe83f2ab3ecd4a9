//! The frame of a zip: where its directory stands and which names are in it.
//!
//! Denies by default: anything before the first entry or after the directory's end, a comment, several volumes and the 64-bit
//! extensions, which no file below 4 GiB needs. Zip readers differ in what they make of those.
//!
//! Layout of the records: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.12 (directory) and 4.3.16 (its end).

use palisade_limits::BUNDLE_ENTRIES;

use super::fault::ArchiveFault;

/// What a local file header begins with.
const LOCAL: &[u8] = b"PK\x03\x04";
/// What the record at the end begins with.
const END: &[u8] = b"PK\x05\x06";
/// Bytes of the record at the end, without its comment.
const END_BYTES: usize = 22;
/// Longest comment, hence how far from the end of the file that record can begin.
const COMMENT_BYTES: usize = 65_535;
/// Bytes of a directory record, without name, extra field and comment.
const RECORD_BYTES: usize = 46;

/// The names in a zip's directory, in its order, as they are stored.
pub(super) fn names(bytes: &[u8]) -> Result<Vec<&[u8]>, ArchiveFault> {
    let end = end(bytes)?;
    if end.entries > BUNDLE_ENTRIES {
        return Err(ArchiveFault::TooManyEntries { entries: end.entries, limit: BUNDLE_ENTRIES });
    }
    let layout = |message: &'static str| ArchiveFault::Layout { message };
    let offset = usize::try_from(end.offset).map_err(|_| layout("the directory is out of reach"))?;
    let size = usize::try_from(end.size).map_err(|_| layout("the directory is out of reach"))?;
    let directory = bytes.get(offset..).and_then(|rest| rest.split_at_checked(size));
    let (mut directory, after) = directory.ok_or(layout("the directory goes past the end of the file"))?;
    if after.len() != END_BYTES {
        return Err(layout("something stands between the directory and its end"));
    }
    let mut names = Vec::new();
    for _ in 0..end.entries {
        let (name, rest) = record(directory).ok_or(layout("the directory is broken"))?;
        names.push(name);
        directory = rest;
    }
    if !directory.is_empty() {
        return Err(layout("the directory has more entries than it counts"));
    }
    Ok(names)
}

/// What the record at the end of a zip says.
struct End {
    entries: u64,
    /// Bytes of the directory.
    size: u32,
    /// Where the directory begins.
    offset: u32,
}

/// Reads the record at the end.
fn end(bytes: &[u8]) -> Result<End, ArchiveFault> {
    let Some(&[b'P', b'K', 5, 6, d0, d1, s0, s1, h0, h1, e0, e1, z0, z1, z2, z3, o0, o1, o2, o3, 0, 0]) =
        bytes.last_chunk::<END_BYTES>()
    else {
        let tail = bytes.split_at(bytes.len().saturating_sub(END_BYTES + COMMENT_BYTES)).1;
        let found = tail.windows(END.len()).any(|window| window == END);
        return Err(if found { ArchiveFault::TrailingBytes } else { ArchiveFault::NotAZip });
    };
    if !bytes.starts_with(LOCAL) && !bytes.starts_with(END) {
        return Err(ArchiveFault::LeadingBytes);
    }
    let [disk, start, here, entries] = [[d0, d1], [s0, s1], [h0, h1], [e0, e1]].map(u16::from_le_bytes);
    if disk != 0 || start != 0 || here != entries {
        return Err(ArchiveFault::Layout { message: "it is one of several volumes" });
    }
    Ok(End {
        entries: entries.into(),
        size: u32::from_le_bytes([z0, z1, z2, z3]),
        offset: u32::from_le_bytes([o0, o1, o2, o3]),
    })
}

/// The name in the first record of a directory, and what follows that record.
fn record(directory: &[u8]) -> Option<(&[u8], &[u8])> {
    let (record, rest) = directory.split_at_checked(RECORD_BYTES)?;
    if !record.starts_with(b"PK\x01\x02") {
        return None;
    }
    let length = |at: usize| {
        let bytes: [u8; 2] = record.get(at..at + 2)?.try_into().ok()?;
        Some(usize::from(u16::from_le_bytes(bytes)))
    };
    let (name, rest) = rest.split_at_checked(length(28)?)?;
    let (_, rest) = rest.split_at_checked(length(30)? + length(32)?)?;
    Some((name, rest))
}
