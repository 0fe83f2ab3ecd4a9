//! Why a zip is refused: one kind for each case.

use crate::digest::Digest;

/// Why a zip is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what the fields are")]
pub enum ArchiveFault {
    /// Larger than a bundle can be.
    #[error("it has more than {limit} bytes")]
    TooLarge { limit: u64 },
    /// No zip.
    #[error("it is not a zip")]
    NotAZip,
    /// Bytes before the first entry.
    #[error("something stands before the first entry")]
    LeadingBytes,
    /// Bytes or a comment after the directory.
    #[error("something stands after the end of the directory")]
    TrailingBytes,
    /// A directory that does not fit the file.
    #[error("its layout is not that of a plain zip: {message}")]
    Layout { message: &'static str },
    /// More entries than a bundle can have.
    #[error("it has {entries} entries, at most {limit} are allowed")]
    TooManyEntries { entries: u64, limit: u64 },
    /// A directory that cannot be read.
    #[error("its directory cannot be read: {message}")]
    Unreadable { message: String },
    /// Entries that contradict the directory, overlap, or are not listed.
    #[error("its entries and its directory disagree: {message}")]
    Inconsistent { message: String },
    /// An entry without a name.
    #[error("an entry has no name")]
    EmptyName,
    /// A name that is no UTF-8, or has two readings.
    #[error("the name of the entry `{name}` is not plain UTF-8")]
    NameNotText { name: String },
    /// A name with characters that disguise it.
    #[error("the name of the entry `{name}` contains control characters")]
    UnprintableName { name: String },
    /// A name that begins at the root or with a drive.
    #[error("the entry `{name}` has an absolute path")]
    AbsolutePath { name: String },
    /// A name that leaves the archive.
    #[error("the entry `{name}` climbs out of the archive")]
    ClimbingPath { name: String },
    /// A name that systems read differently.
    #[error("the path of the entry `{name}` does not mean the same on all systems")]
    AmbiguousPath { name: String },
    /// A name twice.
    #[error("the entry `{name}` occurs twice")]
    DuplicateName { name: String },
    /// Two names that differ by case only.
    #[error("the entries `{other}` and `{name}` differ by case only")]
    DuplicateIgnoringCase { name: String, other: String },
    /// A directory.
    #[error("the entry `{name}` is a directory")]
    Directory { name: String },
    /// A symbolic link.
    #[error("the entry `{name}` is a link")]
    Link { name: String },
    /// A device, pipe or socket.
    #[error("the entry `{name}` is a special file of type {kind:o}")]
    SpecialFile { name: String, kind: u32 },
    /// An encrypted entry.
    #[error("the entry `{name}` is encrypted")]
    Encrypted { name: String },
    /// Another compression than the usual.
    #[error("the entry `{name}` is compressed with {method}, only stored and deflated entries are read")]
    Compression { name: String, method: String },
    /// More bytes than a bundle can unpack to.
    #[error("it unpacks to more than {limit} bytes")]
    UnpackedTooLarge { limit: u64 },
    /// An entry whose contents are damaged.
    #[error("the entry `{name}` cannot be read: {message}")]
    EntryUnreadable { name: String, message: String },
    /// No digests.
    #[error("`SHA256SUMS` is missing")]
    DigestsMissing,
    /// Digests that are no text.
    #[error("`SHA256SUMS` is not UTF-8")]
    DigestsNotText,
    /// A line among the digests that is none.
    #[error("line {line} of `SHA256SUMS`: {why}")]
    DigestsLine { line: usize, why: String },
    /// A file that `SHA256SUMS` does not name.
    #[error("`SHA256SUMS` has no digest for `{name}`")]
    FileWithoutDigest { name: String },
    /// A file that only `SHA256SUMS` names.
    #[error("`SHA256SUMS` names `{name}`, which is missing")]
    DigestWithoutFile { name: String },
    /// A file that is not the one that was packed.
    #[error("`{name}` has the digest {found}, `SHA256SUMS` says {expected}")]
    DigestMismatch { name: String, expected: Digest, found: Digest },
}

impl ArchiveFault {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "bundle-too-large",
            Self::NotAZip => "not-a-zip",
            Self::LeadingBytes => "leading-bytes",
            Self::TrailingBytes => "trailing-bytes",
            Self::Layout { .. } => "zip-layout",
            Self::TooManyEntries { .. } => "too-many-entries",
            Self::Unreadable { .. } => "zip-unreadable",
            Self::Inconsistent { .. } => "zip-inconsistent",
            Self::EmptyName => "empty-name",
            Self::NameNotText { .. } => "name-not-text",
            Self::UnprintableName { .. } => "unprintable-name",
            Self::AbsolutePath { .. } => "absolute-path",
            Self::ClimbingPath { .. } => "climbing-path",
            Self::AmbiguousPath { .. } => "ambiguous-path",
            Self::DuplicateName { .. } => "duplicate-name",
            Self::DuplicateIgnoringCase { .. } => "duplicate-ignoring-case",
            Self::Directory { .. } => "directory",
            Self::Link { .. } => "link",
            Self::SpecialFile { .. } => "special-file",
            Self::Encrypted { .. } => "encrypted",
            Self::Compression { .. } => "compression",
            Self::UnpackedTooLarge { .. } => "unpacked-too-large",
            Self::EntryUnreadable { .. } => "entry-unreadable",
            Self::DigestsMissing => "digests-missing",
            Self::DigestsNotText => "digests-not-text",
            Self::DigestsLine { .. } => "digests-line",
            Self::FileWithoutDigest { .. } => "file-without-digest",
            Self::DigestWithoutFile { .. } => "digest-without-file",
            Self::DigestMismatch { .. } => "digest-mismatch",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotAZip | Self::EntryUnreadable { .. } | Self::DigestMismatch { .. } => {
                "get the bundle again from its publisher; it is damaged or was changed"
            }
            Self::FileWithoutDigest { .. } | Self::DigestWithoutFile { .. } | Self::DigestsMissing => {
                "make bundles with `palisade pack`; files cannot be added or removed afterwards"
            }
            Self::Directory { .. } | Self::TrailingBytes | Self::LeadingBytes | Self::Layout { .. } => {
                "make bundles with `palisade pack`"
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}
