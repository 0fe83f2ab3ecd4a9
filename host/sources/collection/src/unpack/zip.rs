//! A zip with one file, read from its beginning to its end: from standard input there is no way back. The directory, which
//! stands behind the file, has to agree with it and to name no other file.

use std::io::{self, BufRead, Read, Take};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;

use super::{UnpackFault, damaged};

/// Bytes of the header of an entry, without name and extra fields.
const HEADER: usize = 30;
/// Directories in front of the file that are passed over.
const DIRECTORIES: usize = 16;
/// What may stand behind the file: sizes, a directory of a few entries with names of up to 64 KiB, and a comment.
const BEHIND_BYTES: u64 = 512 * 1024;
const ENTRY: &[u8] = b"PK\x03\x04";
const DIRECTORY_ENTRY: &[u8] = b"PK\x01\x02";
const ENDS: &[&[u8]] = &[b"PK\x05\x06", b"PK\x06\x06"];
/// Flags of encryption: of the entry, strong encryption, encrypted directory.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// The method that stands for another one behind an encryption by AES.
const AES: u16 = 99;
/// The flag of an entry whose sizes follow its content.
const SIZES_BEHIND: u16 = 1 << 3;
/// Where sizes of 64 bits stand, and what stands in the place of each of them then.
const WIDE: u16 = 1;
const IN_EXTRA_FIELD: u32 = u32::MAX;

/// The one file of a zip.
pub(super) struct ZipFile<R> {
    state: State<R>,
    name: Vec<u8>,
    crc: Crc,
    sizes_behind: bool,
}

enum State<R> {
    Stored(Take<R>),
    Deflated(Box<DeflateDecoder<R>>),
    Done,
}

/// What the header of an entry says.
struct Header {
    flags: u16,
    method: u16,
    size: u64,
    name: Vec<u8>,
}

/// Reads up to the content of the file.
pub(super) fn open<R: BufRead>(mut reader: R) -> io::Result<ZipFile<R>> {
    for _ in 0..=DIRECTORIES {
        let Header { flags, method, size, name } = header(&mut reader)?;
        let shown = palisade_model::excerpt(&String::from_utf8_lossy(&name));
        if name == b"[Content_Types].xml" || name == b"mimetype" || name.starts_with(b"_rels/") {
            return Err(UnpackFault::OfficeDocument.into());
        }
        if flags & ENCRYPTED != 0 || method == AES {
            return Err(UnpackFault::Encrypted(shown).into());
        }
        let sizes_behind = flags & SIZES_BEHIND != 0;
        if name.ends_with(b"/") && size == 0 && !sizes_behind {
            continue;
        }
        let state = match method {
            0 if sizes_behind => return Err(damaged("stored without a size")),
            0 => State::Stored(reader.take(size)),
            8 => State::Deflated(Box::new(DeflateDecoder::new(reader))),
            method => return Err(UnpackFault::Method { name: shown, method }.into()),
        };
        return Ok(ZipFile { state, name, crc: Crc::new(), sizes_behind });
    }
    Err(UnpackFault::NoFile.into())
}

fn header(reader: &mut impl Read) -> io::Result<Header> {
    let mut bytes = [0; HEADER];
    let mut signature = [0; 4];
    reader.read_exact(&mut signature).map_err(super::named)?;
    if signature != ENTRY {
        // The directory, or the end: no file stands in front of it.
        return Err(UnpackFault::NoFile.into());
    }
    let (_, rest) = bytes.split_at_mut(signature.len());
    reader.read_exact(rest).map_err(super::named)?;
    let mut name = vec![0; usize::from(u16_at(&bytes, 26))];
    let mut extra = vec![0; usize::from(u16_at(&bytes, 28))];
    reader.read_exact(&mut name).map_err(super::named)?;
    reader.read_exact(&mut extra).map_err(super::named)?;
    let stored = u32_at(&bytes, 18);
    let size = if stored == IN_EXTRA_FIELD {
        // The size before packing stands in front of the size behind it.
        wide(&extra).and_then(|wide| u64_at(wide, 8)).ok_or_else(|| damaged("no size"))?
    } else {
        u64::from(stored)
    };
    Ok(Header { flags: u16_at(&bytes, 6), method: u16_at(&bytes, 8), size, name })
}

/// The extra field with sizes of 64 bits.
fn wide(mut extra: &[u8]) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let content = extra.get(4..)?.get(..length)?;
        if kind == WIDE {
            return Some(content);
        }
        extra = extra.get(4 + length..)?;
    }
    None
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..).and_then(|bytes| bytes.first_chunk()).map(|bytes| u64::from_le_bytes(*bytes))
}

impl<R: BufRead> Read for ZipFile<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match &mut self.state {
            State::Stored(content) => content.read(buffer)?,
            State::Deflated(content) => content.read(buffer)?,
            State::Done => return Ok(0),
        };
        self.crc.update(buffer.get(..read).unwrap_or_default());
        if read == 0 && !buffer.is_empty() {
            self.end()?;
        }
        Ok(read)
    }
}

impl<R: BufRead> ZipFile<R> {
    /// What stands behind the content has to agree with it.
    fn end(&mut self) -> io::Result<()> {
        let (mut reader, is_whole) = match std::mem::replace(&mut self.state, State::Done) {
            State::Stored(content) => {
                let is_whole = content.limit() == 0;
                (content.into_inner(), is_whole)
            }
            State::Deflated(content) => (content.into_inner(), true),
            State::Done => return Ok(()),
        };
        if !is_whole {
            return Err(damaged("the data ends in the middle"));
        }
        let mut behind = Vec::new();
        reader.by_ref().take(BEHIND_BYTES).read_to_end(&mut behind)?;
        self.check(&behind)
    }

    /// Goes through the directory: it names this file, with this checksum, and otherwise nothing but directories.
    fn check(&self, behind: &[u8]) -> io::Result<()> {
        // Sizes behind the content have 12 bytes, 8 more if they are wide, 4 more with a signature.
        let lengths: &[usize] = if self.sizes_behind { &[16, 12, 24, 20] } else { &[0] };
        let starts = |signature: &[u8], length: usize| {
            behind.get(length..).is_some_and(|rest| rest.starts_with(signature))
        };
        let Some(length) = lengths.iter().copied().find(|length| starts(DIRECTORY_ENTRY, *length)) else {
            let another = lengths.iter().any(|length| starts(ENTRY, *length));
            return Err(if another { UnpackFault::SeveralFiles.into() } else { damaged("no directory") });
        };
        let mut rest = behind.get(length..).unwrap_or_default();
        let mut found = false;
        while rest.starts_with(DIRECTORY_ENTRY) {
            let name_length = usize::from(u16_at(rest, 28));
            let more = usize::from(u16_at(rest, 30)) + usize::from(u16_at(rest, 32));
            let name = rest.get(46..46 + name_length).ok_or_else(|| damaged("the directory is cut off"))?;
            if name == self.name.as_slice() && !found {
                found = true;
                if u32_at(rest, 16) != self.crc.sum() {
                    return Err(damaged("the checksum is another one"));
                }
            } else if !name.ends_with(b"/") {
                return Err(UnpackFault::SeveralFiles.into());
            }
            rest = rest.get(46 + name_length + more..).unwrap_or_default();
        }
        if !found || !ENDS.iter().any(|end| rest.starts_with(end)) {
            return Err(damaged("the directory does not fit"));
        }
        Ok(())
    }
}
