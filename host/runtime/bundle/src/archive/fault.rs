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
    /// A zip without its last part.
    #[error("it is a zip that breaks off before its end")]
    Truncated,
    /// Bytes before the first entry.
    #[error("there are bytes before the first entry")]
    LeadingBytes,
    /// Bytes after the directory.
    #[error("there are bytes after the end of the directory")]
    TrailingBytes,
    /// A comment on the whole archive.
    #[error("it carries a comment, which a bundle has no use for")]
    Comment,
    /// An archive in the comment of another one.
    #[error("its comment holds a second archive")]
    ArchiveInComment,
    /// Two ends, hence two directories to choose from.
    #[error("it holds a second archive, so that readers differ in what they find")]
    SecondArchive,
    /// One of several files that belong together.
    #[error("it is one of several volumes")]
    SeveralVolumes,
    /// 64-bit extensions.
    #[error("it uses the 64-bit extensions, which no zip of this size needs")]
    Zip64,
    /// A directory that does not fit the file.
    #[error("its layout is not that of a plain zip: {message}")]
    Layout { message: &'static str },
    /// More entries than a bundle can have.
    #[error("it has {entries} entries, at most {limit} are allowed")]
    TooManyEntries { entries: u64, limit: u64 },
    /// An entry in the directory that is not where the directory says.
    #[error("the directory lists `{name}`, and no entry begins at the place that it gives")]
    LocalHeaderMissing { name: String },
    /// An entry that names itself otherwise.
    #[error("the entry `{name}` calls itself `{local}`")]
    LocalName { name: String, local: String },
    /// An entry that gives other sizes for itself.
    #[error("the entry `{name}` gives other sizes for itself than the directory does")]
    LocalSizes { name: String },
    /// An entry that gives another checksum for itself.
    #[error("the entry `{name}` gives another checksum for itself than the directory does")]
    LocalChecksum { name: String },
    /// An entry that gives other flags or another compression for itself.
    #[error("the entry `{name}` gives other flags or another compression for itself than the directory does")]
    LocalMethod { name: String },
    /// What follows an entry's contents is missing or says otherwise.
    #[error("the record after the contents of the entry `{name}` contradicts the directory")]
    DataDescriptor { name: String },
    /// Two entries of the same bytes.
    #[error("the entry `{name}` overlaps with the one after it")]
    OverlappingEntries { name: String },
    /// Bytes, or whole entries, that the directory does not list.
    #[error("{bytes} bytes after the entry `{name}` belong to nothing that the directory lists")]
    UnlistedBytes { name: String, bytes: usize },
    /// An extra field that can change what an entry is.
    #[error("the entry `{name}` has an extra field that is not known to be harmless: {what}")]
    ExtraField { name: String, what: String },
    /// A second name in an extra field.
    #[error("the entry `{name}` has a second name in an extra field")]
    UnicodePath { name: String },
    /// A comment on an entry.
    #[error("the entry `{name}` carries a comment, which a bundle has no use for")]
    EntryComment { name: String },
    /// Flags with a meaning that this host does not read.
    #[error("the entry `{name}` has flags that are not read here: {flags:#06x}")]
    EntryFlags { name: String, flags: u16 },
    /// An entry without a name.
    #[error("an entry has no name")]
    EmptyName,
    /// A name that is not UTF-8.
    #[error("the name of the entry `{name}` is not UTF-8")]
    NameNotText { name: String },
    /// A name with characters on which systems disagree.
    #[error("the name of the entry `{name}` has characters outside ASCII")]
    NameNotAscii { name: String },
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
    /// A name under which Windows opens a device.
    #[error("the entry `{name}` has the name of a device on Windows")]
    ReservedName { name: String },
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
    #[error("the entry `{name}` is compressed by method {method}, only stored and deflated entries are read")]
    Compression { name: String, method: u16 },
    /// An entry that is made to exhaust its reader.
    #[error("the entry `{name}` unpacks to more than {limit} times its size")]
    CompressionRatio { name: String, limit: u64 },
    /// More bytes than a bundle can unpack to.
    #[error("it unpacks to more than {limit} bytes")]
    UnpackedTooLarge { limit: u64 },
    /// The list of digests or its signature, larger than they can be.
    #[error("`{name}` has more than {limit} bytes")]
    EntryTooLarge { name: String, limit: u64 },
    /// An entry whose contents are damaged.
    #[error("the entry `{name}` cannot be unpacked: {message}")]
    EntryUnreadable { name: String, message: String },
    /// An entry with other contents than declared, by their size.
    #[error("the entry `{name}` declares {declared} bytes and has {}", size_found(*declared, *found))]
    EntrySize { name: String, declared: u64, found: u64 },
    /// An entry with other contents than declared, by their checksum.
    #[error("the contents of the entry `{name}` do not have the checksum that the directory gives")]
    EntryChecksum { name: String },
    /// An archive inside of the archive.
    #[error("the entry `{name}` is a zip itself, which a bundle has no use for")]
    NestedArchive { name: String },
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
    #[error("`{name}` has the digest {found}, `SHA256SUMS` expects {expected}")]
    DigestMismatch { name: String, expected: Digest, found: Digest },
}

impl ArchiveFault {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "bundle-too-large",
            Self::NotAZip => "not-a-zip",
            Self::Truncated => "truncated",
            Self::LeadingBytes => "leading-bytes",
            Self::TrailingBytes => "trailing-bytes",
            Self::Comment => "archive-comment",
            Self::ArchiveInComment => "archive-in-comment",
            Self::SecondArchive => "second-archive",
            Self::SeveralVolumes => "several-volumes",
            Self::Zip64 => "zip64",
            Self::Layout { .. } => "zip-layout",
            Self::TooManyEntries { .. } => "too-many-entries",
            Self::LocalHeaderMissing { .. } => "local-header-missing",
            Self::LocalName { .. } => "local-name",
            Self::LocalSizes { .. } => "local-sizes",
            Self::LocalChecksum { .. } => "local-checksum",
            Self::LocalMethod { .. } => "local-method",
            Self::DataDescriptor { .. } => "data-descriptor",
            Self::OverlappingEntries { .. } => "overlapping-entries",
            Self::UnlistedBytes { .. } => "unlisted-bytes",
            Self::ExtraField { .. } => "extra-field",
            Self::UnicodePath { .. } => "unicode-path",
            Self::EntryComment { .. } => "entry-comment",
            Self::EntryFlags { .. } => "entry-flags",
            Self::EmptyName => "empty-name",
            Self::NameNotText { .. } => "name-not-text",
            Self::NameNotAscii { .. } => "name-not-ascii",
            Self::UnprintableName { .. } => "unprintable-name",
            Self::AbsolutePath { .. } => "absolute-path",
            Self::ClimbingPath { .. } => "climbing-path",
            Self::AmbiguousPath { .. } => "ambiguous-path",
            Self::ReservedName { .. } => "reserved-name",
            Self::DuplicateName { .. } => "duplicate-name",
            Self::DuplicateIgnoringCase { .. } => "duplicate-ignoring-case",
            Self::Directory { .. } => "directory",
            Self::Link { .. } => "link",
            Self::SpecialFile { .. } => "special-file",
            Self::Encrypted { .. } => "encrypted",
            Self::Compression { .. } => "compression",
            Self::CompressionRatio { .. } => "compression-ratio",
            Self::UnpackedTooLarge { .. } => "unpacked-too-large",
            Self::EntryTooLarge { .. } => "entry-too-large",
            Self::EntryUnreadable { .. } => "entry-unreadable",
            Self::EntrySize { .. } => "entry-size",
            Self::EntryChecksum { .. } => "entry-checksum",
            Self::NestedArchive { .. } => "nested-archive",
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
            Self::NotAZip
            | Self::Truncated
            | Self::EntryUnreadable { .. }
            | Self::EntryChecksum { .. }
            | Self::DigestMismatch { .. } => {
                "get the bundle again from its publisher; it is damaged or was changed"
            }
            Self::TooLarge { .. } | Self::UnpackedTooLarge { .. } => "make the component smaller",
            Self::FileWithoutDigest { .. } | Self::DigestWithoutFile { .. } | Self::DigestsMissing => {
                "make bundles with `palisade pack`; files cannot be added or removed afterwards"
            }
            _ => "make bundles with `palisade pack`; other tools and other zips are not accepted",
        };
        Some(hint.to_owned())
    }
}

/// The size that was found. Unpacking stops one byte past what is declared, so that this one says no more than that.
fn size_found(declared: u64, found: u64) -> String {
    if found > declared { "more".to_owned() } else { found.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hint_says_who_can_do_something() {
        let name = || "a".to_owned();
        let again = "get the bundle again from its publisher";
        let digest = Digest::of(b"");
        for (fault, words) in [
            (ArchiveFault::NotAZip, again),
            (ArchiveFault::Truncated, again),
            (ArchiveFault::EntryUnreadable { name: name(), message: name() }, again),
            (ArchiveFault::EntryChecksum { name: name() }, again),
            (ArchiveFault::DigestMismatch { name: name(), expected: digest, found: digest }, again),
            (ArchiveFault::TooLarge { limit: 1 }, "make the component smaller"),
            (ArchiveFault::UnpackedTooLarge { limit: 1 }, "make the component smaller"),
            (ArchiveFault::FileWithoutDigest { name: name() }, "cannot be added or removed afterwards"),
            (ArchiveFault::DigestWithoutFile { name: name() }, "cannot be added or removed afterwards"),
            (ArchiveFault::DigestsMissing, "cannot be added or removed afterwards"),
            (ArchiveFault::Zip64, "other tools and other zips are not accepted"),
        ] {
            let hint = fault.hint().unwrap();
            assert!(hint.contains(words), "{fault}: {hint}");
        }
    }

    #[test]
    fn a_size_past_what_is_declared_is_told_as_more() {
        let message =
            |found| ArchiveFault::EntrySize { name: "a".to_owned(), declared: 7, found }.to_string();
        assert_eq!(message(6), "the entry `a` declares 7 bytes and has 6");
        assert_eq!(message(8), "the entry `a` declares 7 bytes and has more");
    }
}
