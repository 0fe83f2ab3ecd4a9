//! Zips byte by byte, with every field in the hands of the test: local headers and directory are written independently.
//!
//! Layout of the records: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.

use std::io::Write;

use flate2::Crc;
use flate2::write::DeflateEncoder;

use super::good_files;

/// The fields that local header and directory both have.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) stored: u32,
    pub(crate) size: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) extra: Vec<u8>,
}

/// One entry: what it says of itself, what the directory says of it, and its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) local: Header,
    pub(crate) listed: Header,
    pub(crate) attributes: u32,
    pub(crate) volume: u16,
    pub(crate) comment: Vec<u8>,
    /// The contents as they are in the file.
    pub(crate) contents: Vec<u8>,
    /// What stands between its contents and the next entry: nothing, or a data descriptor.
    pub(crate) after: Vec<u8>,
    /// Whether the directory lists it.
    pub(crate) is_listed: bool,
    /// Where the directory says that it begins, if not where it does.
    pub(crate) offset: Option<u32>,
    /// Whether its bytes are in the file at all.
    pub(crate) is_there: bool,
    /// What `SHA256SUMS` gives the digest of.
    pub(crate) unpacked: Vec<u8>,
}

/// What the record at the end says.
#[derive(Debug, Clone)]
pub(crate) struct End {
    pub(crate) volumes: [u16; 2],
    pub(crate) counts: [u16; 2],
    pub(crate) size: u32,
    pub(crate) offset: u32,
    pub(crate) comment: Vec<u8>,
}

pub(crate) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

impl Entry {
    /// A file that is stored without compression.
    pub(crate) fn stored(name: impl AsRef<[u8]>, contents: &[u8]) -> Self {
        Self::made(name.as_ref(), 0, contents.to_vec(), contents)
    }

    /// A file that is compressed.
    pub(crate) fn deflated(name: impl AsRef<[u8]>, contents: &[u8]) -> Self {
        Self::made(name.as_ref(), 8, deflated(contents), contents)
    }

    fn made(name: &[u8], method: u16, contents: Vec<u8>, unpacked: &[u8]) -> Self {
        let header = Header {
            flags: if name.is_ascii() { 0 } else { 1 << 11 },
            method,
            crc: crc(unpacked),
            stored: contents.len().try_into().unwrap(),
            size: unpacked.len().try_into().unwrap(),
            name: name.to_vec(),
            extra: Vec::new(),
        };
        Self {
            local: header.clone(),
            listed: header,
            attributes: 0o100_644 << 16,
            volume: 0,
            comment: Vec::new(),
            contents,
            after: Vec::new(),
            is_listed: true,
            offset: None,
            is_there: true,
            unpacked: unpacked.to_vec(),
        }
    }

    /// The same change to what it says of itself and to what the directory says of it.
    pub(crate) fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        change(&mut self.listed);
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

/// The files of a good bundle, these entries, and a `SHA256SUMS` that fits them all.
pub(crate) fn bundle_with(entries: impl IntoIterator<Item = Entry>) -> Vec<Entry> {
    let mut all: Vec<Entry> =
        good_files().iter().map(|(name, contents)| Entry::stored(name, contents)).collect();
    all.extend(entries);
    let sums: String = all
        .iter()
        .map(|entry| {
            let digest = palisade_bundle::Digest::of(&entry.unpacked);
            format!("{digest}  {}\n", String::from_utf8_lossy(&entry.listed.name))
        })
        .collect();
    all.push(Entry::stored("SHA256SUMS", sums.as_bytes()));
    all
}

/// The zip of these entries.
pub(crate) fn zip(entries: &[Entry]) -> Vec<u8> {
    zip_with(entries, |_| ())
}

/// The zip of these entries, with changes to the record at the end.
pub(crate) fn zip_with(entries: &[Entry], change: impl FnOnce(&mut End)) -> Vec<u8> {
    let (mut bytes, directory) = parts(entries, 0);
    let listed = entries.iter().filter(|entry| entry.is_listed).count().try_into().unwrap();
    let mut end = End {
        volumes: [0, 0],
        counts: [listed, listed],
        size: directory.len().try_into().unwrap(),
        offset: bytes.len().try_into().unwrap(),
        comment: Vec::new(),
    };
    change(&mut end);
    bytes.extend(directory);
    bytes.extend(end.bytes());
    bytes
}

/// The zip of these entries as it is after `before` other bytes, with places that count from the beginning of the file.
pub(crate) fn zip_at(before: usize, entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, directory) = parts(entries, before);
    let count = entries.len().try_into().unwrap();
    let end = End {
        volumes: [0, 0],
        counts: [count, count],
        size: directory.len().try_into().unwrap(),
        offset: (before + bytes.len()).try_into().unwrap(),
        comment: Vec::new(),
    };
    bytes.extend(directory);
    bytes.extend(end.bytes());
    bytes
}

/// The entries and the directory of a zip that begins after `before` other bytes.
pub(crate) fn parts(entries: &[Entry], before: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = entry.offset.unwrap_or_else(|| (before + bytes.len()).try_into().unwrap());
        if entry.is_there {
            bytes.extend(entry.local.local());
            bytes.extend(&entry.contents);
            bytes.extend(&entry.after);
        }
        if entry.is_listed {
            directory.extend(entry.record(offset));
        }
    }
    (bytes, directory)
}

impl Header {
    fn common(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(20_u16.to_le_bytes());
        bytes.extend(self.flags.to_le_bytes());
        bytes.extend(self.method.to_le_bytes());
        bytes.extend([0, 0, 0x21, 0]);
        for number in [self.crc, self.stored, self.size] {
            bytes.extend(number.to_le_bytes());
        }
        for part in [&self.name, &self.extra] {
            bytes.extend(u16::try_from(part.len()).unwrap().to_le_bytes());
        }
        bytes
    }

    pub(crate) fn local(&self) -> Vec<u8> {
        [b"PK\x03\x04".to_vec(), self.common(), self.name.clone(), self.extra.clone()].concat()
    }
}

impl Entry {
    fn record(&self, offset: u32) -> Vec<u8> {
        let mut bytes = b"PK\x01\x02\x14\x03".to_vec();
        bytes.extend(self.listed.common());
        bytes.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        bytes.extend(self.volume.to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(self.attributes.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes.extend([self.listed.name.as_slice(), &self.listed.extra, &self.comment].concat());
        bytes
    }
}

impl End {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"PK\x05\x06".to_vec();
        for number in self.volumes.into_iter().chain(self.counts) {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(self.size.to_le_bytes());
        bytes.extend(self.offset.to_le_bytes());
        bytes.extend(u16::try_from(self.comment.len()).unwrap().to_le_bytes());
        bytes.extend(&self.comment);
        bytes
    }
}
