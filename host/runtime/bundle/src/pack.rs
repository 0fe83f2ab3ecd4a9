//! Makes a bundle's zip: the same bytes for the same input, signature included, on every machine and at every time.
//!
//! Denies by default: what is packed has passed every check that a host makes when it opens the zip.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};
use std::path::{Path, PathBuf};

use palisade_limits::{BUNDLE_BYTES, COMPONENT_STORED_BYTES};
use serde::Serialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use crate::bundle::{BundleError, FileEntry};
use crate::component::{self, ComponentFault};
use crate::digest::{Digest, write_sums};
use crate::manifest::{Manifest, ManifestError};
use crate::signature::{KeyError, KeyId, SigningKey};
use crate::software_bill::{self, SoftwareBillFault};
use crate::trust::{Trust, TrustedKey};
use crate::trusted_bundle::TrustedBundle;
use crate::{
    CHANGELOG_FILE, COMPONENT_FILE, DIGESTS_FILE, ICON_FILE, LICENCE_FILE, MANIFEST_FILE, README_FILE,
    SIGNATURE_FILE, SOFTWARE_BILL_FILE,
};

/// The files that go into a bundle, and the key that signs it. The files' own names do not matter; in the zip they have fixed
/// ones.
#[derive(Clone)]
pub struct PackInputs<'key> {
    /// The manifest, as YAML.
    pub manifest: PathBuf,
    /// The WebAssembly component.
    pub component: PathBuf,
    /// The user's documentation, as Markdown.
    pub readme: PathBuf,
    /// What changed from version to version, as Markdown.
    pub changelog: PathBuf,
    /// The licence, as text.
    pub licence: PathBuf,
    /// The icon, as SVG.
    pub icon: PathBuf,
    /// The software bill of materials: CycloneDX 1.x, as JSON.
    pub software_bill: PathBuf,
    /// The key that signs the list of digests; no signature where there is none.
    pub sign: Option<&'key SigningKey>,
}

/// A zip that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Packed {
    /// Where it is.
    pub path: PathBuf,
    /// Its bytes.
    pub size: u64,
    /// Its digest.
    pub sha256: Digest,
    /// What is in it, sorted by name.
    pub files: Vec<FileEntry>,
    /// The id of the key that signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<KeyId>,
}

/// Why no zip was made. Nothing has been written then.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// An input cannot be read.
    #[error("the {role} `{}` cannot be read: {source}", path.display())]
    Read {
        /// What the file is to be in the zip.
        role: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An input is empty.
    #[error("the {role} `{}` is empty", path.display())]
    Empty {
        /// What the file is to be in the zip.
        role: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// An input that people read is no text.
    #[error("the {role} `{}` is not UTF-8", path.display())]
    NotText {
        /// What the file is to be in the zip.
        role: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// The icon is no SVG.
    #[error("the icon `{}` is not an SVG", path.display())]
    NotAnIcon {
        /// The file.
        path: PathBuf,
    },
    /// The manifest breaks a rule.
    #[error("{0}")]
    Manifest(ManifestError),
    /// The component is none.
    #[error("`{}`: {fault}", path.display())]
    Component {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: ComponentFault,
    },
    /// The software bill of materials is none.
    #[error("`{}`: {fault}", path.display())]
    SoftwareBill {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: SoftwareBillFault,
    },
    /// The list of digests cannot be signed.
    #[error("the bundle cannot be signed: {0}")]
    Sign(#[source] KeyError),
    /// The zip could not be put together.
    #[error("the zip cannot be made: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// The zip would be refused by a host.
    #[error("the zip would be refused: {0}")]
    Refused(#[source] BundleError),
    /// The zip cannot be written.
    #[error("`{}` cannot be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl PackError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "input-unreadable",
            Self::Empty { .. } => "input-empty",
            Self::NotText { .. } => "input-not-text",
            Self::NotAnIcon { .. } => "not-an-icon",
            Self::Manifest(error) => error.code(),
            Self::Component { fault, .. } => fault.code(),
            Self::SoftwareBill { fault, .. } => fault.code(),
            Self::Sign(error) => error.code(),
            Self::Zip(_) => "zip-not-made",
            Self::Refused(error) => error.code(),
            Self::Write { .. } => "bundle-not-written",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Manifest(error) => error.hint(),
            Self::Component { fault, .. } => fault.hint(),
            Self::Sign(error) => error.hint(),
            Self::Refused(error) => error.hint(),
            _ => None,
        }
    }
}

/// Checks the inputs, packs and signs them and writes the zip to `out`, which is replaced as a whole or not at all. The
/// signature's trusted comment is the bundle's id and version.
pub fn pack(inputs: &PackInputs<'_>, out: &Path) -> Result<Packed, PackError> {
    let mut files = BTreeMap::new();
    for (role, name, path) in inputs.roles() {
        files.insert(name, read(role, path)?);
    }
    let manifest = check(inputs, &files)?;
    let sums = write_sums(files.iter().map(|(name, contents)| (*name, Digest::of(contents))));
    if let Some(key) = inputs.sign {
        let comment = format!("{} {}", manifest.id, manifest.version);
        let signature = key.sign(sums.as_bytes(), &comment).map_err(PackError::Sign)?;
        files.insert(SIGNATURE_FILE, signature.into_bytes());
    }
    files.insert(DIGESTS_FILE, sums.into_bytes());
    let zip = assemble(&files)?;
    let bundle = opened(&zip, inputs.sign, &out.display().to_string()).map_err(PackError::Refused)?;
    write(out, &zip).map_err(|source| PackError::Write { path: out.to_owned(), source })?;
    let size = u64::try_from(zip.len()).unwrap_or(u64::MAX);
    let (files, key_id) = (bundle.files().to_vec(), bundle.signature());
    Ok(Packed { path: out.to_owned(), size, sha256: bundle.digest(), files, key_id })
}

/// Opens what was packed as a host would that trusts the key, or allows that there is none.
fn opened(zip: &[u8], key: Option<&SigningKey>, name: &str) -> Result<TrustedBundle, BundleError> {
    let trust = match key {
        Some(key) => Trust::keys(vec![TrustedKey { name: "signer".to_owned(), key: key.public_key() }]),
        None => Trust::default().allow_unsigned(),
    };
    TrustedBundle::from_bytes(zip, name, &trust)
}

impl PackInputs<'_> {
    /// Each input with what people call it and its name in the zip.
    fn roles(&self) -> [(&'static str, &'static str, &Path); 7] {
        [
            ("manifest", MANIFEST_FILE, &self.manifest),
            ("component", COMPONENT_FILE, &self.component),
            ("documentation", README_FILE, &self.readme),
            ("changelog", CHANGELOG_FILE, &self.changelog),
            ("licence", LICENCE_FILE, &self.licence),
            ("icon", ICON_FILE, &self.icon),
            ("software bill of materials", SOFTWARE_BILL_FILE, &self.software_bill),
        ]
    }
}

fn read(role: &'static str, path: &Path) -> Result<Vec<u8>, PackError> {
    let contents = palisade_files::read(path, BUNDLE_BYTES).map_err(|fault| PackError::Read {
        role,
        path: path.to_owned(),
        source: fault.into(),
    })?;
    if contents.is_empty() {
        return Err(PackError::Empty { role, path: path.to_owned() });
    }
    Ok(contents)
}

/// Checks each input for what it is to be, and gives the manifest.
fn check(inputs: &PackInputs<'_>, files: &BTreeMap<&'static str, Vec<u8>>) -> Result<Manifest, PackError> {
    let text = |role, name: &str, path: &Path| {
        let contents = files.get(name).map(Vec::as_slice).unwrap_or_default();
        std::str::from_utf8(contents).map_err(|_| PackError::NotText { role, path: path.to_owned() })
    };
    let path = &inputs.manifest;
    let manifest = Manifest::parse(text("manifest", MANIFEST_FILE, path)?, &path.display().to_string())
        .map_err(PackError::Manifest)?;
    for (role, name, path) in inputs.roles() {
        let Some(contents) = files.get(name) else { continue };
        let own = || path.to_owned();
        if name == COMPONENT_FILE {
            component::check(contents).map_err(|fault| PackError::Component { path: own(), fault })?;
            continue;
        }
        let text = text(role, name, path)?;
        match name {
            SOFTWARE_BILL_FILE => {
                software_bill::check(contents)
                    .map_err(|fault| PackError::SoftwareBill { path: own(), fault })?;
            }
            ICON_FILE if !(text.trim_start().starts_with('<') && text.contains("<svg")) => {
                return Err(PackError::NotAnIcon { path: own() });
            }
            _ => {}
        }
    }
    Ok(manifest)
}

/// Puts the zip together: entries sorted by name, with one time and one mode for all. A small component is not compressed: it
/// would be unpacked at every start.
fn assemble(files: &BTreeMap<&'static str, Vec<u8>>) -> Result<Vec<u8>, PackError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(9))
        // The earliest time that a zip can express: no clock takes part.
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .system(System::Unix);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        let stored = *name == COMPONENT_FILE && contents.len() as u64 <= COMPONENT_STORED_BYTES;
        let options = match stored {
            true => options.compression_method(CompressionMethod::Stored).compression_level(None),
            false => options,
        };
        writer.start_file(*name, options)?;
        writer.write_all(contents).map_err(zip::result::ZipError::Io)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Nobody ever sees half a bundle.
fn write(out: &Path, zip: &[u8]) -> io::Result<()> {
    palisade_files::Output::open(out)?.write(|file| file.write_all(zip))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::ArchiveFault;
    use crate::bundle::BundleFault;

    #[test]
    fn the_hint_is_that_of_the_cause() {
        let path = PathBuf::from("a.wasm");
        let manifest = Manifest::parse("unknwon: 1", "manifest.yaml").unwrap_err();
        assert_eq!(PackError::Manifest(manifest.clone()).hint(), manifest.hint());
        let fault = ComponentFault::CoreModule;
        assert_eq!(PackError::Component { path: path.clone(), fault: fault.clone() }.hint(), fault.hint());
        assert_eq!(PackError::Sign(KeyError::PasswordWrong).hint(), KeyError::PasswordWrong.hint());
        let refused =
            BundleError { bundle: "b.zip".to_owned(), fault: BundleFault::Archive(ArchiveFault::NotAZip) };
        assert_eq!(PackError::Refused(refused).hint(), ArchiveFault::NotAZip.hint());
        assert_eq!(PackError::Empty { role: "icon", path }.hint(), None);
    }
}
