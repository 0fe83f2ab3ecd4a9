//! Whose signatures are trusted, and what is known of where a bundle comes from.
//!
//! Denies by default: nothing but the list of digests and its signature is unpacked before the signature was verified by a
//! trusted key. [`Trust::allow_unsigned`] lets pass what nobody trusted has signed; a signature that is there and wrong is
//! refused all the same.

use bytes::Bytes;
use palisade_model::Setting;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::archive::{ArchiveFault, ListedArchive, VerifiedArchive};
use crate::signature::{KeyId, Malformed, PublicKey, Signature};
use palisade_printable::printable;

/// A key whose signatures the operator trusts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    /// What the operator calls the key, or its owner.
    pub name: String,
    /// The public key, as the line of Base64 in minisign's public key file.
    pub key: PublicKey,
}

/// What a bundle must be signed with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trust {
    keys: Vec<TrustedKey>,
    unsigned_allowed: bool,
}

/// What is known of where a bundle comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Authenticity {
    /// A trusted key has signed every file.
    Signed {
        /// What the operator calls the key.
        by: String,
        /// The key's id.
        key_id: KeyId,
        /// What the signer says of the bundle, verified with it. Tabs are spaces and control characters written out.
        trusted_comment: String,
    },
    /// It has a signature of a key that is not trusted; whether it is valid cannot be known.
    UnknownKey {
        /// The id that the signature names.
        key_id: KeyId,
    },
    /// It has no signature.
    Unsigned,
}

/// Why a bundle's signature does not suffice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureFault {
    /// There is no signature.
    #[error("it is not signed: `SHA256SUMS.minisig` is missing")]
    Unsigned,
    /// The signature names a key that is not among the trusted ones.
    #[error("it is signed with the key {key_id}, which is not trusted")]
    UnknownKey {
        /// The id that the signature names.
        key_id: KeyId,
        /// The keys that are trusted.
        trusted: Vec<TrustedKey>,
    },
    /// The signature names a trusted key and is not that key's signature of this list.
    #[error("its signature is not that of the trusted key `{name}` ({key_id})")]
    Invalid {
        /// What the operator calls the key.
        name: String,
        /// The id that the signature names.
        key_id: KeyId,
    },
    /// The file of the signature holds something else.
    #[error("`SHA256SUMS.minisig` is not a signature of minisign: {why}")]
    Malformed {
        /// What is wrong with it.
        why: &'static str,
    },
}

/// An archive that may be unpacked, and what is known of where it comes from.
#[derive(Debug)]
pub(crate) struct Admitted<'bytes> {
    archive: ListedArchive<'bytes>,
    authenticity: Authenticity,
}

impl Trust {
    /// Trusts these keys and nobody else.
    #[must_use]
    pub fn keys(keys: Vec<TrustedKey>) -> Self {
        Self { keys, unsigned_allowed: false }
    }

    /// Lets bundles pass that have no signature, or one of a key that is not trusted. This gives up knowing who made a bundle:
    /// anybody could have made or changed it.
    #[must_use]
    pub fn allow_unsigned(self) -> Self {
        Self { unsigned_allowed: true, ..self }
    }

    /// Judges the signature of an archive of which nothing but the signature and what it is over has been unpacked.
    pub(crate) fn admit<'bytes>(
        &self,
        archive: ListedArchive<'bytes>,
    ) -> Result<Admitted<'bytes>, SignatureFault> {
        let authenticity = self.judge(archive.digests(), signature(&archive)?.as_ref())?;
        Ok(Admitted { archive, authenticity })
    }

    fn judge(&self, digests: &[u8], signature: Option<&Signature>) -> Result<Authenticity, SignatureFault> {
        let Some(signature) = signature else {
            let unsigned = Authenticity::Unsigned;
            return if self.unsigned_allowed { Ok(unsigned) } else { Err(SignatureFault::Unsigned) };
        };
        let key_id = signature.key_id();
        // Nothing keeps two keys from having one id.
        let named: Vec<&TrustedKey> = self.keys.iter().filter(|trusted| trusted.key.id() == key_id).collect();
        if let Some(signer) = named.iter().find(|trusted| signature.is_of(digests, &trusted.key)) {
            let trusted_comment = printable(&signature.trusted_comment().replace('\t', " "));
            return Ok(Authenticity::Signed { by: signer.name.clone(), key_id, trusted_comment });
        }
        match named.first() {
            Some(trusted) => Err(SignatureFault::Invalid { name: trusted.name.clone(), key_id }),
            None if self.unsigned_allowed => Ok(Authenticity::UnknownKey { key_id }),
            None => Err(SignatureFault::UnknownKey { key_id, trusted: self.keys.clone() }),
        }
    }
}

impl Admitted<'_> {
    /// Unpacks the archive and compares its digests.
    pub(crate) fn unpack(self, zip: Option<&Bytes>) -> Result<(VerifiedArchive, Authenticity), ArchiveFault> {
        Ok((self.archive.unpack(zip)?, self.authenticity))
    }
}

/// The signature of an archive, if it has one. It has been read and not verified.
pub(crate) fn signature(archive: &ListedArchive<'_>) -> Result<Option<Signature>, SignatureFault> {
    let signature = archive.signature().map(Signature::parse).transpose();
    signature.map_err(|Malformed(why)| SignatureFault::Malformed { why })
}

impl SignatureFault {
    /// The stable code of the fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unsigned => "bundle-unsigned",
            Self::UnknownKey { .. } => "signature-key-unknown",
            Self::Invalid { .. } => "signature-invalid",
            Self::Malformed { .. } => "signature-malformed",
        }
    }

    /// What to do about it; several lines where lines of `palisade.toml` are told.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unsigned => format!("ask the publisher for a signed bundle; {}", authors()),
            Self::UnknownKey { key_id, trusted } => format!(
                "{}; ask the publisher for the public key {key_id} by another way than that by which the bundle came, and \
                 trust it with these lines in `palisade.toml`:\n\
                 [[trusted-keys]]\n\
                 name = \"the publisher\"\n\
                 key = \"the second line of the public key file\"\n\
                 or, {}",
                listed(trusted),
                authors()
            ),
            Self::Invalid { .. } => "do not use the bundle: its list of files was changed after it was signed, or \
                                     somebody else signed it under this key's id; get it again from its publisher"
                .to_owned(),
            Self::Malformed { .. } => "get the bundle again from its publisher; it is damaged or was changed".to_owned(),
        })
    }
}

/// What those do who have made the bundle themselves, and what they give up.
fn authors() -> String {
    format!(
        "while you write a bundle, {} runs it without knowing who made it: anybody could have made or changed what you run",
        Setting::AllowUnsigned
    )
}

/// The trusted keys in words.
fn listed(trusted: &[TrustedKey]) -> String {
    if trusted.is_empty() {
        return "no key is trusted yet".to_owned();
    }
    let keys: Vec<String> = trusted.iter().map(|one| format!("`{}` ({})", one.name, one.key.id())).collect();
    format!("trusted are {}", keys.join(", "))
}

impl Authenticity {
    /// What is known, as a sentence without subject and full stop: signed by `name` (key id).
    pub fn in_words(&self) -> String {
        match self {
            Self::Signed { by, key_id, .. } => format!("signed by `{by}` ({key_id})"),
            Self::UnknownKey { key_id } => {
                format!("signed with the key {key_id}, which is not trusted: anybody could have made it")
            }
            Self::Unsigned => "not signed: anybody could have made it".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::SigningKey;

    fn trusted(name: &str) -> TrustedKey {
        TrustedKey { name: name.to_owned(), key: SigningKey::generate(None).unwrap().public_key() }
    }

    #[test]
    fn the_keys_that_are_trusted_are_named_where_another_one_has_signed() {
        assert_eq!(listed(&[]), "no key is trusted yet");
        let keys = [trusted("a"), trusted("b")];
        let expected = format!("trusted are `a` ({}), `b` ({})", keys[0].key.id(), keys[1].key.id());
        assert_eq!(listed(&keys), expected);
        let key_id = trusted("c").key.id();
        let fault = SignatureFault::UnknownKey { key_id, trusted: keys.to_vec() };
        let hint = fault.hint().unwrap();
        assert!(hint.starts_with(&expected) && hint.contains("[[trusted-keys]]"), "{hint}");
        assert!(hint.contains(&key_id.to_string()) && hint.ends_with(&authors()), "{hint}");
    }

    #[test]
    fn each_fault_of_a_signature_has_its_code_and_its_hint() {
        let key_id = trusted("a").key.id();
        for (fault, code, words) in [
            (SignatureFault::Unsigned, "bundle-unsigned", "the setting `allow-unsigned`"),
            (
                SignatureFault::Invalid { name: "a".to_owned(), key_id },
                "signature-invalid",
                "do not use the bundle",
            ),
            (SignatureFault::Malformed { why: "" }, "signature-malformed", "get the bundle again"),
            (
                SignatureFault::UnknownKey { key_id, trusted: Vec::new() },
                "signature-key-unknown",
                "no key is trusted",
            ),
        ] {
            assert_eq!(fault.code(), code);
            assert!(fault.hint().unwrap().contains(words), "{code}");
        }
    }

    #[test]
    fn what_is_known_of_the_maker_is_told_in_words() {
        let key_id = trusted("a").key.id();
        let signed =
            Authenticity::Signed { by: "a".to_owned(), key_id, trusted_comment: "bundle 1.0.0".to_owned() };
        assert_eq!(signed.in_words(), format!("signed by `a` ({key_id})"));
        assert!(Authenticity::UnknownKey { key_id }.in_words().contains("is not trusted"));
        assert_eq!(Authenticity::Unsigned.in_words(), "not signed: anybody could have made it");
    }
}
