//! Where the key is looked for. The first place that has one counts; a place that the operator names and that has none is an
//! error, never a reason to look further. A key is made at the first start only: later it would hide that the old one is lost.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::{Key, Vault, VaultError};

/// The environment variable that may hold the key.
pub const KEY_VARIABLE: &str = "PALISADE_VAULT_KEY";

/// Name of the system credential that may hold the key (`LoadCredential=` of systemd).
pub const KEY_CREDENTIAL: &str = "palisade-key";

/// Name of the key's file in the data directory.
pub const KEY_FILE: &str = "palisade.key";

/// The environment variable that says where system credentials are.
const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";

/// Where keys may be.
#[derive(Clone, Copy)]
pub struct KeyPlaces<'a> {
    /// A file that the operator names: before everything else.
    pub file: Option<&'a Path>,
    /// The environment: [`std::env::var_os`]. Its variable [`KEY_VARIABLE`] comes second, the system credential
    /// [`KEY_CREDENTIAL`] third.
    pub environment: &'a dyn Fn(&str) -> Option<OsString>,
    /// The data directory, whose [`KEY_FILE`] comes last.
    pub data: &'a Path,
    /// Files of keys before the current one.
    pub previous: &'a [PathBuf],
    /// Whether nothing is sealed yet, so that a key may be made.
    pub first_start: bool,
}

/// A vault, and where its key was.
#[derive(Debug)]
pub struct Located {
    /// The vault.
    pub vault: Vault,
    /// Where its current key was.
    pub origin: Origin,
}

/// Where the current key was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the file that the operator named, or in that of the data directory.
    File(PathBuf),
    /// In [`KEY_VARIABLE`].
    Environment,
    /// In the system credential.
    Credential(PathBuf),
    /// Nowhere: it was made and written to this file, which has to be kept.
    Made(PathBuf),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "file `{}`", path.display()),
            Self::Environment => write!(formatter, "environment variable `{KEY_VARIABLE}`"),
            Self::Credential(path) => write!(formatter, "system credential `{}`", path.display()),
            Self::Made(path) => write!(formatter, "new file `{}`", path.display()),
        }
    }
}

impl Vault {
    /// The vault of the first key that is found.
    ///
    /// # Errors
    /// Where a place that should have a key has none, or there is none and none may be made.
    pub fn locate(places: &KeyPlaces<'_>) -> Result<Located, VaultError> {
        let (current, origin) = current(places)?;
        let previous = places.previous.iter().map(|path| Key::from_file(path)).collect::<Result<_, _>>()?;
        Ok(Located { vault: Self::new(current, previous), origin })
    }
}

fn current(places: &KeyPlaces<'_>) -> Result<(Key, Origin), VaultError> {
    if let Some(path) = places.file {
        return Ok((Key::from_file(path)?, Origin::File(path.to_owned())));
    }
    if let Some(value) = (places.environment)(KEY_VARIABLE) {
        return Ok((Key::from_variable(KEY_VARIABLE, value)?, Origin::Environment));
    }
    if let Some(directory) = (places.environment)(CREDENTIALS_VARIABLE) {
        let path = Path::new(&directory).join(KEY_CREDENTIAL);
        // The directory may hold other credentials alone.
        if let Some(key) = if_there(Key::from_credential(&path))? {
            return Ok((key, Origin::Credential(path)));
        }
    }
    let path = places.data.join(KEY_FILE);
    if let Some(key) = if_there(Key::from_file(&path))? {
        return Ok((key, Origin::File(path)));
    }
    if !places.first_start {
        return Err(VaultError::KeyMissing { path });
    }
    let key = Key::generate()?;
    match key.write_new(&path) {
        Ok(()) => Ok((key, Origin::Made(path))),
        // Another start was faster.
        Err(VaultError::KeyFileExists { path }) => Ok((Key::from_file(&path)?, Origin::File(path))),
        Err(error) => Err(error),
    }
}

/// A key, or none where there is no such file.
fn if_there(key: Result<Key, VaultError>) -> Result<Option<Key>, VaultError> {
    match key {
        Err(VaultError::KeyUnreadable { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
        key => key.map(Some),
    }
}
