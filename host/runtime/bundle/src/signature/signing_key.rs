//! Secret keys, and signing with them.
//!
//! Denies by default: a secret key cannot be displayed, debug-printed, compared or serialised; its text leaves by
//! [`SigningKey::file_text`] only, as a secret.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use blake2::{Blake2b512, Digest as _};
use minisign::{KeyPair, SecretKey, SecretKeyBox};
use ring::signature::Ed25519KeyPair;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use super::{
    ALGORITHM, ALGORITHM_PREHASHED, KeyError, PUBLIC_KEY_BYTES, PublicKey, SECRET_KEY_BYTES, TRUSTED_COMMENT,
    UNTRUSTED_COMMENT,
};
use palisade_printable::disguises;

/// The key derivation of secret keys that are not protected by a password.
const NO_PASSWORD: &[u8] = &[0, 0];
/// The key derivation of those that are: scrypt.
const SCRYPT: &[u8] = b"Sc";

/// A secret key, ready to sign.
///
/// ```
/// # use palisade_bundle::SigningKey;
/// fn shown(key: &SigningKey) -> String {
///     format!("{:?}", key.public_key())
/// }
/// ```
///
/// The key itself cannot be shown:
///
/// ```compile_fail
/// # use palisade_bundle::SigningKey;
/// fn shown(key: &SigningKey) -> String {
///     format!("{:?}", key)
/// }
/// ```
pub struct SigningKey {
    seed: SecretBox<[u8; 32]>,
    public_key: PublicKey,
    text: SecretString,
}

/// The bytes of a secret key, taken apart (`minisign` calls the format `seckey_struct`).
struct Parts {
    key_id: [u8; 8],
    seed: SecretBox<[u8; 32]>,
    public: [u8; 32],
}

impl SigningKey {
    /// A new key, for which the system's random numbers are used. With a password, [`file_text`](Self::file_text) is encrypted
    /// by it.
    pub fn generate(password: Option<&SecretString>) -> Result<Self, KeyError> {
        let failed = |error: minisign::PError| KeyError::NotGenerated { message: error.to_string() };
        let (pair, comment) = match password {
            None => (KeyPair::generate_unencrypted_keypair(), "minisign secret key, not encrypted"),
            Some(password) => (
                KeyPair::generate_encrypted_keypair(Some(password.expose_secret().to_owned())),
                "minisign encrypted secret key",
            ),
        };
        let text = pair.map_err(failed)?.sk.to_box(Some(comment)).map_err(failed)?;
        Self::read(SecretString::from(text.into_string()), password)
    }

    /// Whether the text is that of a secret key that needs a password.
    pub fn needs_password(text: &SecretString) -> Result<bool, KeyError> {
        let bytes = decoded(text)?;
        match bytes.expose_secret().get(2..4) {
            Some(NO_PASSWORD) => Ok(false),
            Some(SCRYPT) => Ok(true),
            _ => Err(KeyError::SecretKeyMalformed { why: "its protection is neither a password nor none" }),
        }
    }

    /// The key of a secret key file. A password that the key does not need is not looked at.
    pub fn read(text: SecretString, password: Option<&SecretString>) -> Result<Self, KeyError> {
        let malformed = |why| KeyError::SecretKeyMalformed { why };
        let bytes = if Self::needs_password(&text)? {
            let password = password.ok_or(KeyError::PasswordMissing)?.expose_secret().to_owned();
            let boxed = SecretKeyBox::from(text.expose_secret().to_owned());
            let key = SecretKey::from_box(boxed, Some(password)).map_err(|_| KeyError::PasswordWrong)?;
            SecretBox::new(Box::new(key.to_bytes()))
        } else {
            decoded(&text)?
        };
        let Parts { key_id, seed, public } =
            parts(bytes.expose_secret()).ok_or(malformed("it is of another algorithm than Ed25519"))?;
        // A key without a password has no checksum that could be relied on: the tool writes noughts.
        Ed25519KeyPair::from_seed_and_public_key(seed.expose_secret(), &public)
            .map_err(|_| malformed("its two halves do not belong together"))?;
        let public_key = [ALGORITHM.as_slice(), &key_id, &public].concat();
        let public_key = <[u8; PUBLIC_KEY_BYTES]>::try_from(public_key).ok().and_then(PublicKey::from_bytes);
        let public_key = public_key.ok_or(malformed("it has another length"))?;
        Ok(Self { seed, public_key, text })
    }

    /// The key by which its signatures are verified.
    pub fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// The text of its file: encrypted, where it was generated or read with a password.
    pub fn file_text(&self) -> &SecretString {
        &self.text
    }

    /// Signs a message: the text of a signature file. The same message and comment give the same text.
    pub fn sign(&self, message: &[u8], trusted_comment: &str) -> Result<String, KeyError> {
        // minisign takes the line without the space around it.
        if trusted_comment.chars().any(disguises) || trusted_comment.trim() != trusted_comment {
            return Err(KeyError::TrustedComment);
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(self.seed.expose_secret())
            .map_err(|_| KeyError::SecretKeyMalformed { why: "its seed is not valid" })?;
        let signature = pair.sign(&Blake2b512::digest(message));
        // The second signature ties the comment to the first.
        let of_comment = pair.sign(&[signature.as_ref(), trusted_comment.as_bytes()].concat());
        let id = self.public_key.id();
        let signature = [ALGORITHM_PREHASHED, id.to_bytes().as_slice(), signature.as_ref()].concat();
        Ok(format!(
            "{UNTRUSTED_COMMENT}signature of minisign key {id}\n{}\n{TRUSTED_COMMENT}{trusted_comment}\n{}\n",
            BASE64_STANDARD.encode(signature),
            BASE64_STANDARD.encode(of_comment),
        ))
    }
}

/// The bytes of a secret key file's second line.
fn decoded(text: &SecretString) -> Result<SecretBox<Vec<u8>>, KeyError> {
    let malformed = |why| KeyError::SecretKeyMalformed { why };
    let mut lines = text.expose_secret().trim_end().lines();
    let (Some(_), Some(line), None) = (lines.next(), lines.next(), lines.next()) else {
        return Err(malformed("expected a comment and one line of Base64"));
    };
    let bytes = BASE64_STANDARD.decode(line.trim()).map_err(|_| malformed("it is not Base64"))?;
    let bytes = SecretBox::new(Box::new(bytes));
    match bytes.expose_secret().len() {
        SECRET_KEY_BYTES => Ok(bytes),
        PUBLIC_KEY_BYTES => Err(malformed("it is a public key")),
        _ => Err(malformed("it has another length")),
    }
}

/// Takes the bytes of a secret key apart.
fn parts(bytes: &[u8]) -> Option<Parts> {
    // Algorithm; then key derivation, checksum, salt and the two costs, of which nothing is needed any more.
    let (_, rest) = bytes.strip_prefix(ALGORITHM)?.split_at_checked(2 + 2 + 32 + 8 + 8)?;
    let (key_id, rest) = rest.split_first_chunk()?;
    let (seed, rest) = rest.split_first_chunk()?;
    let (public, _) = rest.split_first_chunk()?;
    Some(Parts { key_id: *key_id, seed: SecretBox::new(Box::new(*seed)), public: *public })
}
