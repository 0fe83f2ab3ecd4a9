//! A zip's directory: the records that say which entries there are.
//!
//! Denies by default: every record is one of an entry on this volume, without a comment, with extra fields that change
//! nothing, and the directory has as many as its end counts.
//!
//! Layout of the records: PKWARE's APPNOTE.TXT 6.3.10, section 4.3.12.

use super::end::Frame;
use super::extra;
use super::fault::ArchiveFault;
use super::fields::Fields;

/// One record of the directory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'bytes> {
    /// The name as it is stored.
    pub(super) name: &'bytes [u8],
    /// The general purpose flags.
    pub(super) flags: u16,
    /// The compression's number.
    pub(super) method: u16,
    /// CRC-32 of the contents.
    pub(super) crc: u32,
    /// Bytes of the contents as they are stored.
    pub(super) stored: u32,
    /// Bytes of the contents, unpacked.
    pub(super) size: u32,
    /// The external attributes: a Unix mode in the upper half, DOS attributes in the lowest byte.
    pub(super) attributes: u32,
    /// Where the local header begins.
    pub(super) offset: u32,
    /// Number of the volume on which the local header is.
    volume: u16,
    /// The extra fields.
    extra: &'bytes [u8],
    /// Bytes of the comment.
    comment: u16,
}

impl Record<'_> {
    /// The name for messages, whatever it consists of.
    pub(super) fn shown_name(&self) -> String {
        String::from_utf8_lossy(self.name).into_owned()
    }
}

/// The records of a zip's directory, in its order.
pub(super) fn records<'bytes>(frame: &Frame<'bytes>) -> Result<Vec<Record<'bytes>>, ArchiveFault> {
    let mut fields = Fields::of(frame.directory);
    let mut records = Vec::new();
    for _ in 0..frame.entries {
        let record =
            record(&mut fields).ok_or(ArchiveFault::Layout { message: "the directory is broken" })?;
        if record.volume != 0 {
            return Err(ArchiveFault::SeveralVolumes);
        }
        if [record.stored, record.size, record.offset].contains(&u32::MAX) {
            return Err(ArchiveFault::Zip64);
        }
        extra::check(record.extra, || record.shown_name())?;
        if record.comment > 0 {
            return Err(ArchiveFault::EntryComment { name: record.shown_name() });
        }
        records.push(record);
    }
    if fields.rest().is_empty() {
        Ok(records)
    } else {
        Err(ArchiveFault::Layout { message: "the directory has more entries than its end counts" })
    }
}

/// Reads one record.
fn record<'bytes>(fields: &mut Fields<'bytes>) -> Option<Record<'bytes>> {
    fields.signature(b"PK\x01\x02")?;
    // The versions that made it and that are needed to read it.
    fields.bytes(4)?;
    let flags = fields.u16()?;
    let method = fields.u16()?;
    // Time and date.
    fields.bytes(4)?;
    let crc = fields.u32()?;
    let stored = fields.u32()?;
    let size = fields.u32()?;
    let name = fields.u16()?;
    let extra = fields.u16()?;
    let comment = fields.u16()?;
    let volume = fields.u16()?;
    // The internal attributes: whether the contents are taken for text.
    fields.bytes(2)?;
    let attributes = fields.u32()?;
    let offset = fields.u32()?;
    let name = fields.bytes(name.into())?;
    let extra = fields.bytes(extra.into())?;
    fields.bytes(comment.into())?;
    Some(Record { name, flags, method, crc, stored, size, attributes, offset, volume, extra, comment })
}
