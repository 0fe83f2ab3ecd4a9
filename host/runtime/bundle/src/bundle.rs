//! A bundle: a zip that has been checked from its first byte to the last rule of its manifest.
//!
//! Denies by default: there is no way to a [`Bundle`] but through its archive's digests, and none to its component but through
//! a `Bundle`. Who made it is not known of a `Bundle`, only of a [`TrustedBundle`](crate::TrustedBundle).

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use bytes::Bytes;
use palisade_files::ReadFault;
use palisade_limits::BUNDLE_BYTES;
use serde::Serialize;

use crate::archive::{ArchiveFault, ListedArchive, SealedArchive, VerifiedArchive};
use crate::component::{self, ComponentFault};
use crate::digest::Digest;
use crate::manifest::{Manifest, ManifestError};
use crate::signature::{KeyId, Signature};
use crate::trust::{self, SignatureFault};
use crate::{COMPONENT_FILE, MANIFEST_FILE, SIGNATURE_FILE};
use palisade_printable::printable;

/// A bundle whose files have the digests that it names and whose manifest keeps every rule. Enough to look at it, not to run
/// it: nothing is said of who made it.
#[derive(Debug)]
pub struct Bundle {
    manifest: Manifest,
    digest: Digest,
    entries: Vec<FileEntry>,
    files: BTreeMap<String, Bytes>,
    component: Bytes,
}

/// One file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileEntry {
    /// Its path in the zip.
    pub name: String,
    /// Its bytes, unpacked.
    pub size: u64,
    /// The digest of its contents.
    pub sha256: Digest,
}

impl FileEntry {
    /// The entry of a file with these contents, of which this is the digest.
    pub(crate) fn of(name: &str, contents: &[u8], sha256: Digest) -> Self {
        Self { name: name.to_owned(), size: u64::try_from(contents.len()).unwrap_or(u64::MAX), sha256 }
    }
}

/// Why a file is not a bundle that can be used.
#[derive(Debug, thiserror::Error)]
#[error("bundle `{bundle}`: {fault}")]
pub struct BundleError {
    /// The bundle, as the caller named it.
    pub bundle: String,
    /// What is wrong with it.
    #[source]
    pub fault: BundleFault,
}

/// What is wrong with a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleFault {
    /// The file cannot be read.
    #[error("it cannot be read: {0}")]
    Read(#[source] io::Error),
    /// The zip is refused.
    #[error("{}", printable(&.0.to_string()))]
    Archive(ArchiveFault),
    /// The signature does not suffice.
    #[error("{}", printable(&.0.to_string()))]
    Signature(SignatureFault),
    /// There is no manifest.
    #[error("`manifest.yaml` is missing")]
    ManifestMissing,
    /// The manifest is no text.
    #[error("`manifest.yaml` is not UTF-8")]
    ManifestNotText,
    /// The manifest breaks a rule.
    #[error("{0}")]
    Manifest(ManifestError),
    /// There is no component.
    #[error("`component.wasm`, the component that the manifest names, is missing")]
    ComponentMissing,
    /// The component is none.
    #[error("`component.wasm`: {0}")]
    Component(ComponentFault),
}

impl BundleFault {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "bundle-unreadable",
            Self::Archive(fault) => fault.code(),
            Self::Signature(fault) => fault.code(),
            Self::ManifestMissing => "manifest-missing",
            Self::ManifestNotText => "manifest-not-text",
            Self::Manifest(error) => error.code(),
            Self::ComponentMissing => "component-missing",
            Self::Component(fault) => fault.code(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read(error) if error.kind() == io::ErrorKind::NotFound => {
                Some("a bundle is a zip made by `palisade pack`".to_owned())
            }
            Self::Archive(fault) => fault.hint(),
            Self::Signature(fault) => fault.hint(),
            Self::Manifest(error) => error.hint(),
            Self::Component(fault) => fault.hint(),
            Self::ManifestMissing | Self::ComponentMissing => {
                Some("make bundles with `palisade pack`".to_owned())
            }
            Self::Read(_) | Self::ManifestNotText => None,
        }
    }
}

impl BundleError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        self.fault.hint()
    }
}

impl Bundle {
    /// Reads and checks the bundle in a file.
    pub fn open(path: &Path) -> Result<Self, BundleError> {
        let name = path.display().to_string();
        let bytes = read(path, &name)?;
        Self::from_bytes(&bytes, &name)
    }

    /// Checks a bundle in memory. `name` is what errors call it.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, BundleError> {
        let checked = || {
            let archive = listed(bytes)?;
            trust::signature(&archive).map_err(BundleFault::Signature)?;
            Self::from_archive(archive.unpack(None).map_err(BundleFault::Archive)?, Digest::of(bytes))
        };
        checked().map_err(|fault| BundleError { bundle: name.to_owned(), fault })
    }

    /// The bundle of an archive whose digests were compared and whose signature was at least read.
    pub(crate) fn from_archive(archive: VerifiedArchive, digest: Digest) -> Result<Self, BundleFault> {
        let files = archive.into_files();
        let entries =
            files.iter().map(|(name, file)| FileEntry::of(name, &file.contents, file.digest)).collect();
        let mut files: BTreeMap<_, _> = files.into_iter().map(|(name, file)| (name, file.contents)).collect();
        let manifest = files.get(MANIFEST_FILE).ok_or(BundleFault::ManifestMissing)?;
        let manifest = std::str::from_utf8(manifest).map_err(|_| BundleFault::ManifestNotText)?;
        let manifest = Manifest::parse(manifest, MANIFEST_FILE).map_err(BundleFault::Manifest)?;
        let component = files.remove(COMPONENT_FILE).ok_or(BundleFault::ComponentMissing)?;
        component::check(&component).map_err(BundleFault::Component)?;
        Ok(Self { manifest, digest, entries, files, component })
    }

    /// The bundle's manifest.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The component, as bytes; a clone shares them.
    pub fn component(&self) -> &Bytes {
        &self.component
    }

    /// The digest of the zip.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The id of the key that the signature names, where there is a signature. Nobody has verified it: anybody can write any id.
    pub fn signature(&self) -> Option<KeyId> {
        let signature = Signature::parse(self.file(SIGNATURE_FILE)?).ok()?;
        Some(signature.key_id())
    }

    /// All files, `SHA256SUMS` and its signature included, sorted by name.
    pub fn files(&self) -> &[FileEntry] {
        &self.entries
    }

    /// The contents of the file of this name.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        if name == COMPONENT_FILE { Some(&self.component) } else { self.files.get(name).map(Bytes::as_ref) }
    }
}

/// Unpacks the list of digests and its signature, and nothing else.
pub(crate) fn listed(bytes: &[u8]) -> Result<ListedArchive<'_>, BundleFault> {
    SealedArchive::check(bytes).and_then(SealedArchive::list).map_err(BundleFault::Archive)
}

/// Reads a file that is no larger than a bundle can be. `name` is what errors call it.
pub(crate) fn read(path: &Path, name: &str) -> Result<Vec<u8>, BundleError> {
    palisade_files::read(path, BUNDLE_BYTES).map_err(|fault| {
        let fault = match fault {
            ReadFault::Io(cause) => BundleFault::Read(cause),
            ReadFault::TooLarge { limit } => BundleFault::Archive(ArchiveFault::TooLarge { limit }),
        };
        BundleError { bundle: name.to_owned(), fault }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_is_that_of_the_fault() {
        let hint = |fault: BundleFault| BundleError { bundle: "b.zip".to_owned(), fault }.hint();
        let read = |kind: io::ErrorKind| hint(BundleFault::Read(kind.into()));
        assert!(read(io::ErrorKind::NotFound).unwrap().contains("`palisade pack`"));
        assert_eq!(read(io::ErrorKind::PermissionDenied), None);
        assert_eq!(hint(BundleFault::ManifestNotText), None);
        for fault in [BundleFault::ManifestMissing, BundleFault::ComponentMissing] {
            assert!(hint(fault).unwrap().contains("`palisade pack`"));
        }
        let archive = ArchiveFault::NotAZip;
        assert_eq!(hint(BundleFault::Archive(archive.clone())), archive.hint());
        assert_eq!(hint(BundleFault::Signature(SignatureFault::Unsigned)), SignatureFault::Unsigned.hint());
        let component = ComponentFault::CoreModule;
        assert_eq!(hint(BundleFault::Component(component.clone())), component.hint());
        let manifest = Manifest::parse("unknwon: 1", "manifest.yaml").unwrap_err();
        assert!(manifest.hint().is_some());
        assert_eq!(hint(BundleFault::Manifest(manifest.clone())), manifest.hint());
    }
}
