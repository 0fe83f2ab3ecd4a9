//! A bundle of which it is known who made it, or whose operator has said that this need not be known.
//!
//! Denies by default: the only way to a [`TrustedBundle`] is a signature that a trusted key verifies, before anything but the
//! signature and the list of digests that it is over has been unpacked, or [`Trust::allow_unsigned`]. On that way stands
//! [`TrustedFiles`], so that a component can be compiled while the manifest is read.

use std::ops::Deref;
use std::path::Path;

use bytes::Bytes;

use crate::COMPONENT_FILE;
use crate::archive::VerifiedArchive;
use crate::bundle::{Bundle, BundleError, BundleFault, listed, read};
use crate::component;
use crate::digest::Digest;
use crate::trust::{Authenticity, Trust};

/// A bundle that may be run.
#[derive(Debug)]
pub struct TrustedBundle {
    bundle: Bundle,
    authenticity: Authenticity,
}

/// A bundle's files: their signature suffices and each has its digest, but nothing has been read of what is in them.
#[derive(Debug)]
pub struct TrustedFiles {
    name: String,
    archive: VerifiedArchive,
    digest: Digest,
    authenticity: Authenticity,
}

impl TrustedFiles {
    /// Reads a bundle from a file and checks its signature and digests.
    pub fn open(path: &Path, trust: &Trust) -> Result<Self, BundleError> {
        let name = path.display().to_string();
        let bytes = read(path, &name)?;
        Self::from_bytes(&bytes, &name, trust)
    }

    /// Checks the signature and the digests of a bundle in memory. `name` is what errors call it.
    pub fn from_bytes(bytes: &[u8], name: &str, trust: &Trust) -> Result<Self, BundleError> {
        let checked = || {
            let admitted = trust.admit(listed(bytes)?).map_err(BundleFault::Signature)?;
            let (archive, authenticity) = admitted.unpack().map_err(BundleFault::Archive)?;
            Ok(Self { name: name.to_owned(), archive, digest: Digest::of(bytes), authenticity })
        };
        checked().map_err(|fault| BundleError { bundle: name.to_owned(), fault })
    }

    /// The component, where there is one; a clone shares its bytes.
    pub fn component(&self) -> Option<&Bytes> {
        self.archive.file(COMPONENT_FILE).filter(|bytes| component::check(bytes).is_ok())
    }

    /// Reads the manifest and checks what the files are.
    pub fn bundle(self) -> Result<TrustedBundle, BundleError> {
        let Self { name, archive, digest, authenticity } = self;
        let bundle =
            Bundle::from_archive(archive, digest).map_err(|fault| BundleError { bundle: name, fault })?;
        Ok(TrustedBundle { bundle, authenticity })
    }
}

impl TrustedBundle {
    /// Reads and checks the bundle in a file.
    pub fn open(path: &Path, trust: &Trust) -> Result<Self, BundleError> {
        TrustedFiles::open(path, trust)?.bundle()
    }

    /// Checks a bundle in memory. `name` is what errors call it.
    pub fn from_bytes(bytes: &[u8], name: &str, trust: &Trust) -> Result<Self, BundleError> {
        TrustedFiles::from_bytes(bytes, name, trust)?.bundle()
    }

    /// The bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// What is known of where it comes from.
    pub fn authenticity(&self) -> &Authenticity {
        &self.authenticity
    }
}

impl Deref for TrustedBundle {
    type Target = Bundle;

    fn deref(&self) -> &Bundle {
        &self.bundle
    }
}
