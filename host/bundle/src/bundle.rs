//! A bundle: a zip that has been checked from its first byte to the last rule of its manifest.
//!
//! Denies by default: there is no way to a [`Bundle`] but through its archive's digests, and none to its component but through
//! a `Bundle`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use palisade_limits::BUNDLE_BYTES;
use serde::Serialize;

use crate::archive::{ArchiveFault, UnverifiedArchive, VerifiedArchive};
use crate::component::{self, ComponentFault};
use crate::digest::Digest;
use crate::manifest::{Manifest, ManifestError};
use crate::printable::printable;
use crate::{COMPONENT_FILE, MANIFEST_FILE};

/// A bundle whose files have the digests that it names and whose manifest keeps every rule.
#[derive(Debug)]
pub struct Bundle {
    manifest: Manifest,
    digest: Digest,
    entries: Vec<FileEntry>,
    files: BTreeMap<String, Vec<u8>>,
    component: Vec<u8>,
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
    /// The entry of a file with these contents.
    pub(crate) fn of(name: &str, contents: &[u8]) -> Self {
        let size = u64::try_from(contents.len()).unwrap_or(u64::MAX);
        Self { name: name.to_owned(), size, sha256: Digest::of(contents) }
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
        let bytes = read(path)
            .map_err(|error| BundleError { bundle: name.clone(), fault: BundleFault::Read(error) })?;
        Self::from_bytes(&bytes, &name)
    }

    /// Checks a bundle in memory. `name` is what errors call it.
    pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Self, BundleError> {
        let fail = |fault| BundleError { bundle: name.to_owned(), fault };
        let archive = UnverifiedArchive::unpack(bytes)
            .and_then(UnverifiedArchive::verify)
            .map_err(|fault| fail(BundleFault::Archive(fault)))?;
        Self::from_archive(archive, Digest::of(bytes)).map_err(fail)
    }

    fn from_archive(archive: VerifiedArchive, digest: Digest) -> Result<Self, BundleFault> {
        let mut files = archive.into_files();
        let entries = files.iter().map(|(name, contents)| FileEntry::of(name, contents)).collect();
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

    /// The component, as bytes.
    pub fn component(&self) -> &[u8] {
        &self.component
    }

    /// The digest of the zip.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// All files, `SHA256SUMS` included, sorted by name.
    pub fn files(&self) -> &[FileEntry] {
        &self.entries
    }

    /// The contents of the file of this name.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        if name == COMPONENT_FILE { Some(&self.component) } else { self.files.get(name).map(Vec::as_slice) }
    }
}

/// Reads a file up to one byte more than a bundle can have, which is then refused by its size.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BUNDLE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
