//! A key: 32 random bytes that are overwritten when they are dropped, and are never shown. What stands for it in public is
//! its name, the beginning of a digest.

use std::ffi::OsString;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, ExposeSecretMut as _, SecretBox};
use sha2::{Digest as _, Sha256};

use crate::VaultError;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

/// Letters of a key as Base64.
const KEY_LETTERS: usize = 44;

/// Digested before the key, so that its name is a digest of nothing else.
const NAMING: &[u8] = b"palisade vault: name of a key\0";

/// Bytes of the digest that make the name: enough to tell a few keys apart, too few to say anything about them.
const NAME_BYTES: usize = 4;

/// A key of the vault.
pub struct Key {
    bytes: SecretBox<[u8; KEY_BYTES]>,
    id: String,
}

impl Key {
    /// A new key, of random bytes from the system.
    ///
    /// # Errors
    /// Where the system gives none.
    pub fn generate() -> Result<Self, VaultError> {
        let mut bytes = SecretBox::<[u8; KEY_BYTES]>::default();
        getrandom::fill(bytes.expose_secret_mut()).map_err(VaultError::Random)?;
        Ok(Self::of(bytes))
    }

    /// The key that an environment variable holds.
    ///
    /// # Errors
    /// Where it is not set or holds no key.
    pub fn from_environment(variable: &str) -> Result<Self, VaultError> {
        let value = std::env::var_os(variable)
            .ok_or_else(|| VaultError::KeyVariableMissing { variable: variable.to_owned() })?;
        Self::from_variable(variable, value)
    }

    /// The key that is the value of an environment variable.
    pub(crate) fn from_variable(variable: &str, value: OsString) -> Result<Self, VaultError> {
        let value = Zeroizing::new(value.into_encoded_bytes());
        Self::parse(&value, || format!("the environment variable `{variable}`"))
    }

    /// Reads the text form.
    pub(crate) fn parse(text: &[u8], place: impl FnOnce() -> String) -> Result<Self, VaultError> {
        let text = text.trim_ascii();
        let mut bytes = SecretBox::<[u8; KEY_BYTES]>::default();
        let decoded = Zeroizing::new(if text.len() == KEY_LETTERS {
            STANDARD.decode(text).unwrap_or_default()
        } else {
            Vec::new()
        });
        if decoded.len() != KEY_BYTES {
            return Err(VaultError::KeyInvalid { place: place() });
        }
        bytes.expose_secret_mut().copy_from_slice(&decoded);
        Ok(Self::of(bytes))
    }

    /// The text form, one line.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(KEY_LETTERS + 1));
        STANDARD.encode_string(self.bytes(), &mut text);
        text.push('\n');
        text
    }

    fn of(bytes: SecretBox<[u8; KEY_BYTES]>) -> Self {
        let digest = Sha256::new().chain_update(NAMING).chain_update(bytes.expose_secret()).finalize();
        let id = digest.iter().take(NAME_BYTES).map(|byte| format!("{byte:02x}")).collect();
        Self { bytes, id }
    }

    /// Its public name, which stands beside what it has sealed.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        self.bytes.expose_secret()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Key").field("id", &self.id).finish_non_exhaustive()
    }
}
