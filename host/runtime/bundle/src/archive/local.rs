//! The entries themselves: that their local headers say what the directory says, and that they fill the file without a gap
//! and without an overlap.
//!
//! Denies by default: of two readers, one that follows the directory and one that goes from header to header, both find the
//! same entries with the same contents, or the zip is refused.
//!
//! Layout of the records: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7 (local header) and 4.3.9 (data descriptor).

use super::directory::Record;
use super::end::{LOCAL, leading};
use super::extra;
use super::fault::ArchiveFault;
use super::fields::Fields;

/// The flag of an entry whose sizes follow its contents.
const DESCRIPTOR_FLAG: u16 = 1 << 3;
/// What a data descriptor may begin with.
const DESCRIPTOR: &[u8] = b"PK\x07\x08";

/// A local header.
struct Header<'bytes> {
    flags: u16,
    method: u16,
    crc: u32,
    stored: u32,
    size: u32,
    name: &'bytes [u8],
    extra: &'bytes [u8],
    /// What follows the header, up to the next entry.
    rest: &'bytes [u8],
}

/// The stored contents of each entry, in the order of `records`. `body` is the file up to its directory, `bytes` all of it.
pub(super) fn contents<'bytes>(
    bytes: &[u8],
    body: &'bytes [u8],
    records: &[Record<'bytes>],
) -> Result<Vec<&'bytes [u8]>, ArchiveFault> {
    let offset = |record: &Record<'_>| usize::try_from(record.offset).unwrap_or(usize::MAX);
    let mut in_file: Vec<(usize, &Record<'bytes>)> = records.iter().enumerate().collect();
    in_file.sort_by_key(|(_, record)| offset(record));
    let starts = in_file.iter().map(|(_, record)| offset(record));
    let first = starts.clone().next().unwrap_or(body.len());
    let ends = starts.skip(1).chain([body.len()]);
    if first > 0 {
        return Err(leading(bytes, body.get(..first).unwrap_or(body)));
    }
    let mut found: Vec<(usize, &'bytes [u8])> = Vec::new();
    for ((index, record), end) in in_file.iter().copied().zip(ends) {
        // An entry may lie past the directory, or end where a second one with the same place begins.
        let part = body.get(offset(record)..end).ok_or_else(|| missing(record))?;
        found.push((index, entry(record, part)?));
    }
    found.sort_by_key(|(index, _)| *index);
    Ok(found.into_iter().map(|(_, contents)| contents).collect())
}

fn missing(record: &Record<'_>) -> ArchiveFault {
    ArchiveFault::LocalHeaderMissing { name: record.shown_name() }
}

/// The stored contents of one entry, which is all that there is in `part`.
fn entry<'bytes>(record: &Record<'_>, part: &'bytes [u8]) -> Result<&'bytes [u8], ArchiveFault> {
    let name = || record.shown_name();
    if part.is_empty() {
        // Another entry begins at the same place.
        return Err(ArchiveFault::OverlappingEntries { name: name() });
    }
    let header = header(part).ok_or_else(|| missing(record))?;
    agree(record, &header)?;
    let stored = usize::try_from(record.stored).unwrap_or(usize::MAX);
    let (contents, after) = header
        .rest
        .split_at_checked(stored)
        .ok_or_else(|| ArchiveFault::OverlappingEntries { name: name() })?;
    if record.flags & DESCRIPTOR_FLAG != 0 {
        let same = descriptor(after) == Some([record.crc, record.stored, record.size]);
        return if same { Ok(contents) } else { Err(ArchiveFault::DataDescriptor { name: name() }) };
    }
    if after.is_empty() {
        Ok(contents)
    } else {
        Err(ArchiveFault::UnlistedBytes { name: name(), bytes: after.len() })
    }
}

/// Compares a local header with its record.
fn agree(record: &Record<'_>, header: &Header<'_>) -> Result<(), ArchiveFault> {
    let name = || record.shown_name();
    if header.name != record.name {
        let local = String::from_utf8_lossy(header.name).into_owned();
        return Err(ArchiveFault::LocalName { name: name(), local });
    }
    extra::check(header.extra, name)?;
    if (header.flags, header.method) != (record.flags, record.method) {
        return Err(ArchiveFault::LocalMethod { name: name() });
    }
    // Where a descriptor follows, the header may say nothing yet.
    let deferred = record.flags & DESCRIPTOR_FLAG != 0;
    let same = |local: u32, listed: u32| local == listed || (deferred && local == 0);
    if !(same(header.stored, record.stored) && same(header.size, record.size)) {
        return Err(ArchiveFault::LocalSizes { name: name() });
    }
    if !same(header.crc, record.crc) {
        return Err(ArchiveFault::LocalChecksum { name: name() });
    }
    Ok(())
}

/// Reads a local header.
fn header(bytes: &[u8]) -> Option<Header<'_>> {
    let mut fields = Fields::of(bytes);
    fields.signature(LOCAL)?;
    // The version that is needed to read it.
    fields.bytes(2)?;
    let flags = fields.u16()?;
    let method = fields.u16()?;
    // Time and date.
    fields.bytes(4)?;
    let crc = fields.u32()?;
    let stored = fields.u32()?;
    let size = fields.u32()?;
    let name = fields.u16()?;
    let extra = fields.u16()?;
    let name = fields.bytes(name.into())?;
    let extra = fields.bytes(extra.into())?;
    Some(Header { flags, method, crc, stored, size, name, extra, rest: fields.rest() })
}

/// Reads a data descriptor, with or without its signature, of which these bytes consist: CRC-32, stored size, size.
fn descriptor(bytes: &[u8]) -> Option<[u32; 3]> {
    let mut fields = Fields::of(bytes);
    if bytes.len() == 16 {
        fields.signature(DESCRIPTOR)?;
    }
    let read = [fields.u32()?, fields.u32()?, fields.u32()?];
    fields.rest().is_empty().then_some(read)
}
