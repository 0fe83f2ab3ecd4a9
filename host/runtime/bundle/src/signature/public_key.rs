//! Public keys and their ids.
//!
//! Denies by default: a text of any other form than minisign's is no key, and what is wrong with it is told without
//! repeating it, since it may have been meant to be kept secret.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ALGORITHM, KeyError, PUBLIC_KEY_BYTES, SECRET_KEY_BYTES, UNTRUSTED_COMMENT};

/// The id of a key: a random number that tells keys apart and proves nothing. Shown and serialised as minisign prints it, 16
/// hexadecimal digits in upper case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, JsonSchema)]
#[schemars(with = "String")]
pub struct KeyId(u64);

impl KeyId {
    /// The id in its bytes' order in keys and signatures.
    pub(super) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// The bytes of the id, in their order in keys and signatures.
    pub(super) fn to_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016X}", self.0)
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeyId({self})")
    }
}

impl Serialize for KeyId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The key by which a signature is verified. Shown and serialised as the line of Base64 in minisign's public key files;
/// read from that line or from the whole file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct PublicKey {
    id: KeyId,
    bytes: [u8; PUBLIC_KEY_BYTES],
}

impl PublicKey {
    /// The key of these bytes: algorithm, id, Ed25519 key.
    pub(super) fn from_bytes(bytes: [u8; PUBLIC_KEY_BYTES]) -> Option<Self> {
        let id = *bytes.strip_prefix(ALGORITHM)?.first_chunk::<8>()?;
        Some(Self { id: KeyId::from_bytes(id), bytes })
    }

    /// The key's id.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// The text of a public key file, as minisign writes it.
    pub fn file_text(&self) -> String {
        format!("{UNTRUSTED_COMMENT}minisign public key {}\n{self}\n", self.id)
    }

    /// The key as the crate wants it.
    pub(super) fn to_minisign(self) -> Result<minisign::PublicKey, minisign::PError> {
        minisign::PublicKey::from_bytes(&self.bytes)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let malformed = |why| KeyError::PublicKeyMalformed { why };
        let mut lines = text.trim().lines();
        let line = match (lines.next(), lines.next(), lines.next()) {
            (Some(line), None, _) => line,
            (Some(comment), Some(line), None) if comment.starts_with(UNTRUSTED_COMMENT.trim_end()) => line,
            _ => return Err(malformed("expected a comment and one line of Base64, or that line alone")),
        };
        let bytes = BASE64_STANDARD.decode(line.trim()).map_err(|_| malformed("it is not Base64"))?;
        if bytes.len() == SECRET_KEY_BYTES {
            return Err(malformed("it is as long as a secret key, which nobody else should be given"));
        }
        let bytes = bytes.try_into().map_err(|_| malformed("it has another length"))?;
        Self::from_bytes(bytes).ok_or_else(|| malformed("it is of another algorithm than Ed25519"))
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&BASE64_STANDARD.encode(self.bytes))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({self})")
    }
}

impl Serialize for PublicKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
