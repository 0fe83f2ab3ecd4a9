//! Passwords: argon2id with the parameters that OWASP recommends, a few at a time, beside the threads that answer. Denied by
//! default: an account without a password, and a difference in time between a wrong password and a wrong name.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use palisade_limits as limits;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::opaque;
use crate::Failure;

/// Hashes and verifies passwords. Clones share the places.
#[derive(Clone)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    /// The hash of nothing that anybody knows: what the password of an unknown name is compared with.
    nobody: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, Failure> {
        let nobody = hash(opaque::random()?.as_bytes())?;
        Ok(Self { places: Arc::new(Semaphore::new(limits::PASSWORD_PLACES as usize)), nobody: nobody.into() })
    }

    /// A place at the work. Held while the attempt is judged, so that no more attempts than places pass the throttle at once.
    pub(crate) async fn place(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let wait = Duration::from_secs(limits::PASSWORD_WAIT_SECONDS);
        match tokio::time::timeout(wait, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Failure::busy("too many people log in at the moment")),
        }
    }

    /// The hash of a password, in PHC form.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, Failure> {
        let _place = self.place().await?;
        blocking(move || hash(password.expose_secret().as_bytes())).await
    }

    /// Whether the password is the one of the hash. Without a hash the work is the same and the answer is no.
    pub(crate) async fn verify(
        &self,
        _place: &OwnedSemaphorePermit,
        password: SecretString,
        known: Option<String>,
    ) -> Result<bool, Failure> {
        let nobody = Arc::clone(&self.nobody);
        blocking(move || {
            let against = known.as_deref().unwrap_or(&nobody);
            let same = method()?.verify_password(password.expose_secret().as_bytes(), against).is_ok();
            Ok(same && known.is_some())
        })
        .await
    }
}

fn method() -> Result<Argon2<'static>, Failure> {
    let memory = u32::try_from(limits::PASSWORD_MEMORY_KIB).unwrap_or(u32::MAX);
    let passes = u32::try_from(limits::PASSWORD_PASSES).unwrap_or(u32::MAX);
    let parameters =
        Params::new(memory, passes, 1, None).map_err(|error| Failure::internal(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

fn hash(password: &[u8]) -> Result<String, Failure> {
    let salt = opaque::random_bytes::<16>()?;
    let hash = method()?.hash_password_with_salt(password, &salt);
    hash.map(|hash| hash.to_string()).map_err(|error| Failure::internal(error.to_string()))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|_| Err(Failure::internal("a password could not be worked on".to_owned())))
}

/// What is wrong with a new password, for whoever chooses it.
pub(crate) fn fault(password: &SecretString, name: &str) -> Option<String> {
    let text = password.expose_secret();
    let least = limits::PASSWORD_CHARACTERS;
    if (text.chars().count() as u64) < least {
        return Some(format!("Use at least {least} characters. A few words in a row are easy to remember."));
    }
    if text.len() as u64 > limits::PASSWORD_BYTES {
        return Some(format!("Use at most {} bytes.", limits::PASSWORD_BYTES));
    }
    let name = name.trim().to_lowercase();
    if name.chars().count() > 3 && text.to_lowercase().contains(&name) {
        return Some("Leave your name out of it.".to_owned());
    }
    let words: Vec<&str> = name.split(|character: char| !character.is_alphanumeric()).collect();
    let known: Vec<&str> = words.into_iter().chain(["palisade", name.as_str()]).collect();
    let estimate = zxcvbn::zxcvbn(text, &known);
    if estimate.score() >= zxcvbn::Score::Three {
        return None;
    }
    let feedback = estimate.feedback();
    let warning = feedback.and_then(zxcvbn::feedback::Feedback::warning).map(|warning| warning.to_string());
    let warning = warning.map(|warning| format!(" {}", warning.trim())).unwrap_or_default();
    Some(format!("This is too easy to guess.{warning} Use several words that do not belong together."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_verified_and_another_is_not() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("correct horse battery".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let place = passwords.place().await.unwrap();
        assert!(passwords.verify(&place, "correct horse battery".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&place, "correct horse batterz".into(), Some(hash)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password() {
        let passwords = Passwords::new().unwrap();
        let place = passwords.place().await.unwrap();
        assert!(!passwords.verify(&place, "".into(), None).await.unwrap());
    }

    #[test]
    fn weak_passwords_are_refused_with_a_reason() {
        for weak in [
            "short",
            "aaaaaaaaaaaaaaaaaaaa",
            "xx-margaret-xx-2026",
            &"ab".repeat(5000),
            "passwordpassword",
            "password12345678",
            "qwertyuiop123456",
            "palisadepalisade",
            "abcdefghijklmnop",
            "P@ssw0rdP@ssw0rd",
            "abcabcabcabcabcabc",
        ] {
            assert!(fault(&weak.into(), "Margaret").is_some(), "{weak}");
        }
        for strong in
            ["six tins of green paint", "seven tins of red paint", "kT9#vLq2!xWz", "übergroße Gänse zählen"]
        {
            assert_eq!(fault(&strong.into(), "Margaret"), None, "{strong}");
        }
    }
}
