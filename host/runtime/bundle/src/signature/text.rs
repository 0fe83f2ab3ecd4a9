//! The text of a signature file.
//!
//! Denies by default: four lines of minisign's form and nothing else, with signatures of the exact length. A signature that was
//! read proves nothing until [`Signature::is_of`] says so.

use std::io::Cursor;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use minisign::SignatureBox;

use super::{
    ALGORITHM, ALGORITHM_PREHASHED, ED25519_BYTES, KeyId, PublicKey, TRUSTED_COMMENT, UNTRUSTED_COMMENT,
};

/// A signature that has the form of one.
#[derive(Clone)]
pub(crate) struct Signature {
    key_id: KeyId,
    trusted_comment: String,
    signature: SignatureBox,
}

/// What a text lacks for being a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Signature {
    /// Reads a signature file.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Malformed> {
        let text = std::str::from_utf8(text).map_err(|_| Malformed("it is not UTF-8"))?;
        let mut lines = text.lines();
        let [Some(comment), Some(signature), Some(trusted), Some(of_comment), None] =
            std::array::from_fn(|_| lines.next())
        else {
            return Err(Malformed("it has not four lines"));
        };
        let trusted = trusted.strip_prefix(TRUSTED_COMMENT);
        let Some(trusted) = trusted.filter(|_| comment.starts_with(UNTRUSTED_COMMENT)) else {
            return Err(Malformed(
                "its comments do not begin with `untrusted comment: ` and `trusted comment: `",
            ));
        };
        let decoded = |line: &str| {
            BASE64_STANDARD.decode(line).map_err(|_| Malformed("one of its signatures is not Base64"))
        };
        let bytes = decoded(signature)?;
        let (algorithm, rest) = bytes.split_first_chunk().ok_or(Malformed("its signature is empty"))?;
        if ![ALGORITHM, ALGORITHM_PREHASHED].contains(&algorithm) {
            return Err(Malformed("its algorithm is not Ed25519"));
        }
        let (key_id, rest) = rest.split_first_chunk().ok_or(Malformed("it names no key"))?;
        // The crate takes these lengths for granted.
        if rest.len() != ED25519_BYTES || decoded(of_comment)?.len() != ED25519_BYTES {
            return Err(Malformed("one of its signatures has another length"));
        }
        let signature = SignatureBox::from_string(text).map_err(|_| Malformed("minisign cannot read it"))?;
        // The crate verifies the comment without the space around it.
        let trusted_comment = trusted.trim().to_owned();
        Ok(Self { key_id: KeyId::from_bytes(*key_id), trusted_comment, signature })
    }

    /// The id of the key that it says to be of.
    pub(crate) fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The comment that is signed together with the message.
    pub(crate) fn trusted_comment(&self) -> &str {
        &self.trusted_comment
    }

    /// Whether it is this key's signature of this message, and its trusted comment's. Both of minisign's forms count, over the
    /// message's digest and, as versions before 0.10 made them, over the message.
    pub(crate) fn is_of(&self, message: &[u8], key: &PublicKey) -> bool {
        let (quiet, output, both_forms) = (true, false, true);
        key.to_minisign().is_ok_and(|key| {
            minisign::verify(&key, &self.signature, Cursor::new(message), quiet, output, both_forms).is_ok()
        })
    }
}
