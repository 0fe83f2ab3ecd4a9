//! What can be wrong with a key.

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A text that is no public key.
    #[error("this is not a public key of minisign: {why}")]
    PublicKeyMalformed {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A text that is no secret key.
    #[error("this is not a secret key of minisign: {why}")]
    SecretKeyMalformed {
        /// What is wrong with it.
        why: &'static str,
    },
    /// A secret key that is protected by a password, and none was given.
    #[error("the secret key is protected by a password")]
    PasswordMissing,
    /// A secret key that is protected by another password.
    #[error("the password is not that of the secret key")]
    PasswordWrong,
    /// The system gave no random bytes, or too little memory for a password.
    #[error("no key was generated: {message}")]
    NotGenerated {
        /// Why.
        message: String,
    },
    /// A comment that has several lines, or characters that could disguise what is shown.
    #[error("the trusted comment of a signature is one line without control characters")]
    TrustedComment,
}

impl KeyError {
    /// The stable code of the error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PublicKeyMalformed { .. } => "public-key-malformed",
            Self::SecretKeyMalformed { .. } => "secret-key-malformed",
            Self::PasswordMissing => "secret-key-password-missing",
            Self::PasswordWrong => "secret-key-password-wrong",
            Self::NotGenerated { .. } => "key-not-generated",
            Self::TrustedComment => "trusted-comment",
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::PublicKeyMalformed { .. } => {
                "give the file that `palisade keygen` or `minisign -G` wrote beside the secret key, or its second line, which begins with `RW`"
            }
            Self::SecretKeyMalformed { .. } => {
                "give the file that `palisade keygen` or `minisign -G` wrote, whole and unchanged"
            }
            Self::PasswordMissing | Self::PasswordWrong => {
                "enter the password that was set when the key was created; it cannot be recovered"
            }
            Self::NotGenerated { .. } | Self::TrustedComment => return None,
        };
        Some(hint.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hint_names_what_to_give() {
        let hint = |error: KeyError| error.hint().unwrap_or_default();
        assert!(hint(KeyError::PublicKeyMalformed { why: "" }).contains("begins with `RW`"));
        assert!(hint(KeyError::SecretKeyMalformed { why: "" }).contains("whole and unchanged"));
        for error in [KeyError::PasswordMissing, KeyError::PasswordWrong] {
            assert!(hint(error).contains("the password that was set"));
        }
        for error in [KeyError::NotGenerated { message: String::new() }, KeyError::TrustedComment] {
            assert_eq!(error.hint(), None);
        }
    }
}
