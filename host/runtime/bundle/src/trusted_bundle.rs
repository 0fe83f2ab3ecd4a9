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
    zip: Bytes,
    archive: VerifiedArchive,
    authenticity: Authenticity,
}

impl TrustedFiles {
    /// Reads a bundle from a file and checks its signature and digests.
    pub fn open(path: &Path, trust: &Trust) -> Result<Self, BundleError> {
        let name = path.display().to_string();
        let zip = Bytes::from(read(path, &name)?);
        match verified(&zip, Some(&zip), trust) {
            Ok((archive, authenticity)) => Ok(Self { name, zip, archive, authenticity }),
            Err(fault) => Err(BundleError { bundle: name, fault }),
        }
    }

    /// The component, where there is one; a clone shares its bytes.
    pub fn component(&self) -> Option<&Bytes> {
        self.archive.file(COMPONENT_FILE).filter(|bytes| component::check(bytes).is_ok())
    }

    /// Reads the manifest and checks what the files are.
    pub fn bundle(self) -> Result<TrustedBundle, BundleError> {
        let Self { name, zip, archive, authenticity } = self;
        let bundle = Bundle::from_archive(archive, Digest::of(&zip))
            .map_err(|fault| BundleError { bundle: name, fault })?;
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
        let checked = || {
            let (archive, authenticity) = verified(bytes, None, trust)?;
            Ok(Self { bundle: Bundle::from_archive(archive, Digest::of(bytes))?, authenticity })
        };
        checked().map_err(|fault| BundleError { bundle: name.to_owned(), fault })
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

/// Checks the signature, and then the digests of what it is over.
fn verified(
    bytes: &[u8],
    zip: Option<&Bytes>,
    trust: &Trust,
) -> Result<(VerifiedArchive, Authenticity), BundleFault> {
    let admitted = trust.admit(listed(bytes)?).map_err(BundleFault::Signature)?;
    admitted.unpack(zip).map_err(BundleFault::Archive)
}
