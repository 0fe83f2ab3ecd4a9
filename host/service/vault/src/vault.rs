//! Sealing and opening. What does not open says whether the key or the bytes are to blame, and nothing else.

use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use palisade_limits as limits;
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use secrecy::{ExposeSecret as _, SecretString};

use crate::{Key, VaultError};

/// Bytes of a nonce: random ones of this length do not repeat.
const NONCE_BYTES: usize = 24;

/// Bytes that prove that nothing was changed.
const TAG_BYTES: usize = 16;

/// Stands before the label in what the bytes are bound to, so that they open as nothing but a secret of this vault.
const PURPOSE: &[u8] = b"palisade vault: secret\0";

/// The current key, with which secrets are sealed, and those before it, with which they can still be opened.
#[derive(Debug)]
pub struct Vault {
    current: Key,
    previous: Vec<Key>,
}

/// A sealed secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Public name of the key.
    pub key: String,
    /// Nonce, cipher text and tag.
    pub bytes: Vec<u8>,
}

impl Vault {
    /// A vault of these keys.
    #[must_use]
    pub const fn new(current: Key, previous: Vec<Key>) -> Self {
        Self { current, previous }
    }

    /// Public name of the key that seals. What was sealed with another is to be sealed anew.
    #[must_use]
    pub fn current(&self) -> &str {
        self.current.id()
    }

    /// Whether it has the key of this name, current or earlier.
    #[must_use]
    pub fn has(&self, key_id: &str) -> bool {
        std::iter::once(&self.current).chain(&self.previous).any(|key| key.id() == key_id)
    }

    /// Seals a secret under a label.
    ///
    /// # Errors
    /// Where it is too large, or the system gives no random bytes.
    pub fn seal(&self, label: &str, secret: &SecretString) -> Result<Sealed, VaultError> {
        let plain = secret.expose_secret().as_bytes();
        let too_large = || VaultError::SecretTooLarge { size: plain.len() };
        if plain.len() as u64 > limits::SECRET_BYTES {
            return Err(too_large());
        }
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(VaultError::Random)?;
        let mut text = Zeroizing::new(plain.to_vec());
        let tag = cipher(&self.current)
            .encrypt_inout_detached(&XNonce::from(nonce), &bound_to(label), text.as_mut_slice().into())
            .map_err(|_| too_large())?;
        let bytes = [nonce.as_slice(), text.as_slice(), tag.as_slice()].concat();
        Ok(Sealed { key: self.current.id().to_owned(), bytes })
    }

    /// Opens what the key of this name has sealed under a label.
    ///
    /// # Errors
    /// Where the key is not given, or the bytes are not those that were sealed under this label.
    pub fn open(&self, label: &str, key_id: &str, bytes: &[u8]) -> Result<SecretString, VaultError> {
        let mut keys =
            std::iter::once(&self.current).chain(&self.previous).filter(|key| key.id() == key_id).peekable();
        if keys.peek().is_none() {
            return Err(VaultError::UnknownKey { label: label.to_owned(), key: key_id.to_owned() });
        }
        // Names are short: two keys may share one.
        keys.find_map(|key| open_with(key, label, bytes))
            .ok_or_else(|| VaultError::Damaged { label: label.to_owned() })
    }
}

fn open_with(key: &Key, label: &str, bytes: &[u8]) -> Option<SecretString> {
    let (nonce, rest) = bytes.split_first_chunk::<NONCE_BYTES>()?;
    let (text, tag) = rest.split_last_chunk::<TAG_BYTES>()?;
    let mut text = text.to_vec();
    let opened = cipher(key).decrypt_inout_detached(
        &XNonce::from(*nonce),
        &bound_to(label),
        text.as_mut_slice().into(),
        &Tag::from(*tag),
    );
    opened.ok()?;
    // The text moves from here on; a copy would stay behind.
    match String::from_utf8(text) {
        Ok(secret) => Some(SecretString::from(secret)),
        Err(error) => {
            error.into_bytes().zeroize();
            None
        }
    }
}

fn cipher(key: &Key) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(key.bytes().into())
}

fn bound_to(label: &str) -> Vec<u8> {
    [PURPOSE, label.as_bytes()].concat()
}
