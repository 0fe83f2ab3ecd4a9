//! Why a key cannot be had, and why a secret cannot be sealed or opened. No message holds a part of a key or of a secret.

use std::io;
use std::path::PathBuf;

use palisade_limits as limits;

/// Why a key cannot be had, or a secret not sealed or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// A key file that cannot be read.
    #[error("the vault's key file `{}` cannot be read: {cause}", path.display())]
    KeyUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// A key file that others can read or change.
    #[error("the vault's key file `{}` is open to others: its mode is {mode:04o}", path.display())]
    KeyOpenToOthers {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What should be a key and is not.
    #[error("{place} does not hold a key of the vault")]
    KeyInvalid {
        /// Where it was looked for.
        place: String,
    },
    /// No such environment variable.
    #[error("the environment variable `{variable}`, which should hold the vault's key, is not set")]
    KeyVariableMissing {
        /// Its name.
        variable: String,
    },
    /// No key anywhere, and none may be made.
    #[error("there is no key for the secrets that are kept: `{}` does not exist", path.display())]
    KeyMissing {
        /// Where it was looked for last.
        path: PathBuf,
    },
    /// A key file must not be replaced.
    #[error("there is a file `{}` already; a key is never written over another", path.display())]
    KeyFileExists {
        /// The file.
        path: PathBuf,
    },
    /// A key file that cannot be written.
    #[error("the vault's key cannot be written to `{}`: {cause}", path.display())]
    KeyNotWritten {
        /// The file.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
    /// A secret past the limit.
    #[error("the secret has {size} bytes, {} are allowed", limits::SECRET_BYTES)]
    SecretTooLarge {
        /// Its size.
        size: usize,
    },
    /// Sealed under a key that is not given.
    #[error("the secret `{label}` is sealed with the key `{key}`, which is not given")]
    UnknownKey {
        /// What the secret is for.
        label: String,
        /// Public name of the key.
        key: String,
    },
    /// Changed since it was sealed, or sealed under another label.
    #[error(
        "the sealed secret `{label}` is damaged: its bytes are not those that were sealed under this name"
    )]
    Damaged {
        /// What the secret should be for.
        label: String,
    },
}

impl VaultError {
    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::KeyUnreadable { .. } => "vault-key-unreadable",
            Self::KeyOpenToOthers { .. } => "vault-key-open-to-others",
            Self::KeyInvalid { .. } => "vault-key-invalid",
            Self::KeyVariableMissing { .. } | Self::KeyMissing { .. } => "vault-key-missing",
            Self::KeyFileExists { .. } => "vault-key-exists",
            Self::KeyNotWritten { .. } => "vault-key-not-written",
            Self::Random(_) => "random-unavailable",
            Self::SecretTooLarge { .. } => "secret-too-large",
            Self::UnknownKey { .. } => "vault-key-unknown",
            Self::Damaged { .. } => "vault-secret-damaged",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::KeyUnreadable { .. } => "check that the file exists and belongs to the service's user",
            Self::KeyOpenToOthers { .. } => "let its owner alone read it: `chmod 600 FILE`",
            Self::KeyInvalid { .. } => {
                "a key is 32 random bytes as Base64 on one line, as `openssl rand -base64 32` writes it"
            }
            Self::KeyVariableMissing { .. } => "set it, or give the key as a file",
            Self::KeyMissing { .. } => {
                "bring the key back from its backup; without it the secrets have to be entered again"
            }
            Self::KeyFileExists { .. } => "take another file, or move this one away and keep it",
            Self::KeyNotWritten { .. } => {
                "check that the directory exists, belongs to the service's user and has room"
            }
            Self::Random(_) | Self::SecretTooLarge { .. } => return None,
            Self::UnknownKey { .. } => {
                "give the previous key too, until all secrets are sealed with the new one"
            }
            Self::Damaged { .. } => "bring the state back from its backup, or enter the secret again",
        })
    }
}
