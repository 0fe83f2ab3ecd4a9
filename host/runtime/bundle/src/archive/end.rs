//! The record at the end of a zip, and with it where the directory stands.
//!
//! Denies by default: the file's last bytes are that record and no others could be taken for it. Anything after it, a
//! comment, a second archive anywhere in the frame, several volumes and the 64-bit extensions, which no file below 4 GiB
//! needs, are refused: zip readers differ in what they make of those.
//!
//! Layout of the record: PKWARE's APPNOTE.TXT 6.3.10, section 4.3.16.

use palisade_limits::BUNDLE_ENTRIES;

use super::fault::ArchiveFault;
use super::fields::Fields;

/// What a local file header begins with.
pub(super) const LOCAL: &[u8] = b"PK\x03\x04";
/// What the record at the end begins with.
pub(super) const END: &[u8] = b"PK\x05\x06";
/// What the locator of the 64-bit extensions begins with; it stands directly before the record at the end.
const LOCATOR_64: &[u8] = b"PK\x06\x07";
/// Bytes of that locator.
const LOCATOR_64_BYTES: usize = 20;
/// Bytes of the record at the end, without its comment.
const END_BYTES: usize = 22;
/// Longest comment, hence how far from the end of the file that record can begin.
const COMMENT_BYTES: usize = 65_535;

/// The two parts of a zip before its end.
#[derive(Debug)]
pub(super) struct Frame<'bytes> {
    /// From the first byte to the directory: what should be entries.
    pub(super) body: &'bytes [u8],
    /// The directory, as its end says where it is.
    pub(super) directory: &'bytes [u8],
    /// How many entries the end counts; within the limit.
    pub(super) entries: u64,
}

/// What the record at the end says.
struct End {
    /// Number of this volume, of the directory's first volume, and the entries of the directory on this volume.
    volume: [u16; 3],
    entries: u16,
    /// Bytes of the directory.
    size: u32,
    /// Where the directory begins.
    offset: u32,
    /// Bytes of the comment that follows.
    comment: usize,
}

/// Finds directory and entries.
pub(super) fn frame(bytes: &[u8]) -> Result<Frame<'_>, ArchiveFault> {
    let whole = bytes.len().checked_sub(END_BYTES).and_then(|place| bytes.split_at_checked(place));
    let Some((before, end)) =
        whole.and_then(|(before, end)| Some((before, read(end).filter(|end| end.comment == 0)?)))
    else {
        return Err(unusual_end(bytes));
    };
    let locator = before.len().checked_sub(LOCATOR_64_BYTES).and_then(|place| before.get(place..));
    if locator.is_some_and(|locator| locator.starts_with(LOCATOR_64))
        || end.entries == u16::MAX
        || end.size == u32::MAX
        || end.offset == u32::MAX
    {
        return Err(ArchiveFault::Zip64);
    }
    let [this, first, here] = end.volume;
    if this != 0 || first != 0 || here != end.entries {
        return Err(ArchiveFault::SeveralVolumes);
    }
    let entries = u64::from(end.entries);
    if entries > BUNDLE_ENTRIES {
        return Err(ArchiveFault::TooManyEntries { entries, limit: BUNDLE_ENTRIES });
    }
    let split = || {
        let (body, directory) = before.split_at_checked(usize::try_from(end.offset).ok()?)?;
        (directory.len() == usize::try_from(end.size).ok()?).then_some((body, directory))
    };
    let Some((body, directory)) = split() else { return Err(displaced(bytes, before)) };
    // A second record inside of the directory would be the end for a reader that searches from there.
    if contains(directory, END) {
        return Err(ArchiveFault::SecondArchive);
    }
    Ok(Frame { body, directory, entries })
}

/// The fault of bytes that the directory does not account for at the beginning: `before` stands there.
pub(super) fn leading(bytes: &[u8], before: &[u8]) -> ArchiveFault {
    if contains(before, END) { second_archive(bytes) } else { ArchiveFault::LeadingBytes }
}

/// Whether these bytes hold a signature anywhere.
fn contains(bytes: &[u8], signature: &[u8]) -> bool {
    bytes.windows(signature.len()).any(|window| window == signature)
}

/// Reads a record at the end, if there is a whole one.
fn read(bytes: &[u8]) -> Option<End> {
    let mut fields = Fields::of(bytes);
    fields.signature(END)?;
    Some(End {
        volume: [fields.u16()?, fields.u16()?, fields.u16()?],
        entries: fields.u16()?,
        size: fields.u32()?,
        offset: fields.u32()?,
        comment: usize::from(fields.u16()?),
    })
}

/// The fault of a file that does not end with the record: what is there instead.
fn unusual_end(bytes: &[u8]) -> ArchiveFault {
    let tail = tail(bytes);
    let Some(place) = tail.windows(END.len()).rposition(|window| window == END) else {
        // A download that broke off has a beginning and no end.
        let begun = bytes.strip_prefix(LOCAL).is_some_and(|rest| !rest.is_empty());
        return if begun { ArchiveFault::Truncated } else { ArchiveFault::NotAZip };
    };
    let (before, end) = tail.split_at(place);
    let Some((End { comment, .. }, after)) = read(end).zip(end.get(END_BYTES..)) else {
        return ArchiveFault::Truncated;
    };
    if after.len() < comment {
        return ArchiveFault::Truncated;
    }
    match (after.len() == comment, contains(after, LOCAL) || contains(before, END)) {
        (true, false) => ArchiveFault::Comment,
        (true, true) => ArchiveFault::ArchiveInComment,
        (false, false) => ArchiveFault::TrailingBytes,
        (false, true) => ArchiveFault::SecondArchive,
    }
}

/// The fault of a directory that is not directly before the record at the end. `before` is the file up to that record.
fn displaced(bytes: &[u8], before: &[u8]) -> ArchiveFault {
    if contains(before, END) {
        second_archive(bytes)
    } else if !before.starts_with(LOCAL) {
        ArchiveFault::LeadingBytes
    } else {
        ArchiveFault::Layout { message: "the directory is not at the place that its end record names" }
    }
}

/// The fault of a file with a second record at the end: whether it hides in the comment of the first.
fn second_archive(bytes: &[u8]) -> ArchiveFault {
    let tail = tail(bytes);
    let comment_to_the_end = |place: usize| {
        let end = tail.get(place..).unwrap_or_default();
        read(end).is_some_and(|read| read.comment > 0 && END_BYTES + read.comment == end.len())
    };
    if (0..tail.len()).any(comment_to_the_end) {
        ArchiveFault::ArchiveInComment
    } else {
        ArchiveFault::SecondArchive
    }
}

/// The part of the file in which a reader that tolerates comments looks for the record at the end.
fn tail(bytes: &[u8]) -> &[u8] {
    bytes.split_at(bytes.len().saturating_sub(END_BYTES + COMMENT_BYTES)).1
}
