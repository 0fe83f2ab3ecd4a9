//! A bundle of which it is known who made it, or whose operator has said that this need not be known.
//!
//! Denies by default: the only way to a [`TrustedBundle`] is a signature that a trusted key verifies, before anything but the
//! signature and the list of digests that it is over has been unpacked, or [`Trust::allow_unsigned`].

use std::ops::Deref;
use std::path::Path;

use crate::bundle::{Bundle, BundleError, BundleFault, listed, read};
use crate::digest::Digest;
use crate::trust::{Authenticity, Trust};

/// A bundle that may be run.
#[derive(Debug)]
pub struct TrustedBundle {
    bundle: Bundle,
    authenticity: Authenticity,
}

impl TrustedBundle {
    /// Reads and checks the bundle in a file.
    pub fn open(path: &Path, trust: &Trust) -> Result<Self, BundleError> {
        let name = path.display().to_string();
        let bytes = read(path, &name)?;
        Self::from_bytes(&bytes, &name, trust)
    }

    /// Checks a bundle in memory. `name` is what errors call it.
    pub fn from_bytes(bytes: &[u8], name: &str, trust: &Trust) -> Result<Self, BundleError> {
        let checked = || {
            let admitted = trust.admit(listed(bytes)?).map_err(BundleFault::Signature)?;
            let (archive, authenticity) = admitted.unpack().map_err(BundleFault::Archive)?;
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
