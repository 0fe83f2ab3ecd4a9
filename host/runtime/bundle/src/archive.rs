//! From a zip's bytes to files of which each has the digest that `SHA256SUMS` names.
//!
//! Denies by default: a zip has one reading or none. It begins with its first entry, ends with its directory and has nothing
//! between that the directory does not list; entries are plain files with portable names, stored or deflated; sizes are
//! those that come out, not those that are declared. The work is done in three steps, each of which gives the only way to the
//! next: [`SealedArchive`] has been looked at and nothing of it unpacked, [`ListedArchive`] has its list of digests and that
//! list's signature unpacked and nothing else, and only a [`VerifiedArchive`] gives out what is in it.

mod directory;
mod end;
mod entry;
mod extra;
mod fault;
mod fields;
mod local;
mod name;

use std::borrow::Cow;
use std::collections::BTreeMap;

use bytes::Bytes;
use palisade_limits::{BUNDLE_BYTES, BUNDLE_UNPACKED_BYTES, DIGEST_LIST_BYTES, SIGNATURE_BYTES};

use entry::Entry;
pub use fault::ArchiveFault;

use crate::digest::{BadLine, Digest, read_sums};
use crate::{DIGESTS_FILE, SIGNATURE_FILE};

/// A zip whose layout, directory, names and headers are in order. Nothing of it has been unpacked.
#[derive(Debug)]
pub(crate) struct SealedArchive<'bytes> {
    entries: BTreeMap<String, Entry<'bytes>>,
}

/// A zip of which the list of digests and that list's signature have been unpacked, and nothing else.
#[derive(Debug)]
pub(crate) struct ListedArchive<'bytes> {
    entries: BTreeMap<String, Entry<'bytes>>,
    digests: Vec<u8>,
    signature: Option<Vec<u8>>,
}

/// Files out of a zip, each with the digest that `SHA256SUMS` names for it.
#[derive(Debug)]
pub(crate) struct VerifiedArchive {
    files: BTreeMap<String, VerifiedFile>,
}

/// A file out of a zip and its digest, which was compared.
#[derive(Debug)]
pub(crate) struct VerifiedFile {
    /// Its bytes; a clone shares them.
    pub(crate) contents: Bytes,
    /// Their digest.
    pub(crate) digest: Digest,
}

impl<'bytes> SealedArchive<'bytes> {
    /// Checks all of a zip that can be checked without unpacking anything.
    pub(crate) fn check(bytes: &'bytes [u8]) -> Result<Self, ArchiveFault> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BUNDLE_BYTES {
            return Err(ArchiveFault::TooLarge { limit: BUNDLE_BYTES });
        }
        let frame = end::frame(bytes)?;
        let records = directory::records(&frame)?;
        let names = name::checked(records.iter().map(|record| record.name))?;
        for (record, name) in records.iter().zip(&names) {
            entry::check(record, name)?;
        }
        if records.iter().map(|record| u64::from(record.size)).sum::<u64>() > BUNDLE_UNPACKED_BYTES {
            return Err(ArchiveFault::UnpackedTooLarge { limit: BUNDLE_UNPACKED_BYTES });
        }
        let contents = local::contents(bytes, frame.body, &records)?;
        let entries = records.iter().zip(contents).map(|(record, contents)| Entry::of(record, contents));
        Ok(Self { entries: names.into_iter().zip(entries).collect() })
    }

    /// Unpacks the list of digests and its signature.
    pub(crate) fn list(mut self) -> Result<ListedArchive<'bytes>, ArchiveFault> {
        let mut small = |name: &str, limit: u64| {
            let entry = self.entries.remove(name);
            if entry.is_some_and(|entry| entry.size() > limit) {
                return Err(ArchiveFault::EntryTooLarge { name: name.to_owned(), limit });
            }
            entry.map(|entry| entry.unpack(name).map(Cow::into_owned)).transpose()
        };
        let digests = small(DIGESTS_FILE, DIGEST_LIST_BYTES)?.ok_or(ArchiveFault::DigestsMissing)?;
        let signature = small(SIGNATURE_FILE, SIGNATURE_BYTES)?;
        Ok(ListedArchive { entries: self.entries, digests, signature })
    }
}

impl ListedArchive<'_> {
    /// The list of digests, as bytes: what a signature is over.
    pub(crate) fn digests(&self) -> &[u8] {
        &self.digests
    }

    /// The contents of the signature's file.
    pub(crate) fn signature(&self) -> Option<&[u8]> {
        self.signature.as_deref()
    }

    /// Unpacks everything else and compares it with the list, both ways: no file without a digest, no digest without its
    /// file. `zip` is what was checked, where it can be shared: what is stored in it is not copied then.
    pub(crate) fn unpack(self, zip: Option<&Bytes>) -> Result<VerifiedArchive, ArchiveFault> {
        let sums = std::str::from_utf8(&self.digests).map_err(|_| ArchiveFault::DigestsNotText)?;
        let sums =
            read_sums(sums).map_err(|BadLine { line, why }| ArchiveFault::DigestsLine { line, why })?;
        if let Some(name) = sums.keys().find(|name| !self.entries.contains_key(**name)) {
            return Err(ArchiveFault::DigestWithoutFile { name: (*name).to_owned() });
        }
        let mut files = BTreeMap::new();
        for (name, entry) in self.entries {
            let expected = *sums
                .get(name.as_str())
                .ok_or_else(|| ArchiveFault::FileWithoutDigest { name: name.clone() })?;
            let contents = match entry.unpack(&name)? {
                Cow::Borrowed(part) => {
                    zip.map_or_else(|| Bytes::copy_from_slice(part), |zip| zip.slice_ref(part))
                }
                Cow::Owned(contents) => contents.into(),
            };
            let found = Digest::of(&contents);
            if found != expected {
                return Err(ArchiveFault::DigestMismatch { name, expected, found });
            }
            files.insert(name, VerifiedFile { contents, digest: found });
        }
        // The list and its signature are part of what the bundle consists of.
        let own = [(DIGESTS_FILE, Some(self.digests)), (SIGNATURE_FILE, self.signature)];
        for (name, contents) in own {
            let file = contents
                .map(|contents| VerifiedFile { digest: Digest::of(&contents), contents: contents.into() });
            files.extend(file.map(|file| (name.to_owned(), file)));
        }
        Ok(VerifiedArchive { files })
    }
}

impl VerifiedArchive {
    /// The file of this name.
    pub(crate) fn file(&self, name: &str) -> Option<&Bytes> {
        self.files.get(name).map(|file| &file.contents)
    }

    /// The files by name.
    pub(crate) fn into_files(self) -> BTreeMap<String, VerifiedFile> {
        self.files
    }
}
