//! Ed25519 signatures in minisign's format: keys, signing, and the text of a signature.
//!
//! Denies by default: text that has not minisign's exact form is no key and no signature; a secret key cannot be shown.
//! Whether a key is trusted is not known here, see [`Trust`](crate::Trust).
//!
//! Keys are generated, passwords are applied and signatures verified by the crate `minisign`. Two things it does otherwise than
//! the tool of that name, and so they are done here: its signatures are drawn with random numbers, those of RFC 8032 and of
//! the tool are the same for the same input, on which reproducible packing depends (made with *ring*); and it refuses
//! secret keys without a password that the tool wrote, which carry no checksum.
//!
//! The format: <https://jedisct1.github.io/minisign/#signature-format>.

mod error;
mod public_key;
mod signing_key;
mod text;

pub use error::KeyError;
pub use public_key::{KeyId, PublicKey};
pub use signing_key::SigningKey;
pub(crate) use text::{Malformed, Signature};

/// What the first line of each of minisign's files begins with.
const UNTRUSTED_COMMENT: &str = "untrusted comment: ";
/// What the third line of a signature begins with.
const TRUSTED_COMMENT: &str = "trusted comment: ";
/// The algorithm of keys: Ed25519.
const ALGORITHM: &[u8; 2] = b"Ed";
/// The algorithm of signatures that are over the BLAKE2b digest of what is signed: the default since minisign 0.10.
const ALGORITHM_PREHASHED: &[u8; 2] = b"ED";
/// Bytes of a public key: algorithm, key id, key.
const PUBLIC_KEY_BYTES: usize = 42;
/// Bytes of an Ed25519 signature.
const ED25519_BYTES: usize = 64;
/// Bytes of a secret key: algorithms, salt and cost of the password, key id, key, checksum.
const SECRET_KEY_BYTES: usize = 158;
