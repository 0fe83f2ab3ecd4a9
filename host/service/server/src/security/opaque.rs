//! What opens a door: random texts for sessions, links, tokens and forms. The holder has the text, the state has its SHA-256
//! digest. Denied by default: a comparison that stops at the first wrong byte.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::Failure;

/// Bytes of chance: nobody guesses 256 bits.
const BYTES: usize = 32;

/// How the tokens of the API begin: whoever finds one in a log or a repository knows what it is.
pub(crate) const TOKEN_PREFIX: &str = "palisade_";

/// A text that cannot be guessed.
pub(crate) fn random() -> Result<String, Failure> {
    Ok(URL_SAFE_NO_PAD.encode(random_bytes::<BYTES>()?))
}

/// Bytes that cannot be guessed.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Failure::internal("the system has no random numbers".to_owned()))?;
    Ok(bytes)
}

/// What the state holds of a text. One round of SHA-256 is enough for what has 256 bits of chance.
pub(crate) fn digest_of(text: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (to, from) in bytes.iter_mut().zip(digest(&SHA256, text.as_bytes()).as_ref()) {
        *to = *from;
    }
    bytes
}

/// Whether two texts are the same, in a time that does not tell how far they are: digests are compared, whose bytes nobody
/// can steer.
pub(crate) fn same(one: &str, other: &str) -> bool {
    digest_of(one) == digest_of(other)
}

/// The beginning of a digest as text, for names of files.
pub(crate) fn short_digest(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, bytes).as_ref()).chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_differ_and_carry_all_their_chance() {
        let (one, other) = (random().unwrap(), random().unwrap());
        assert_eq!(one.len(), 43);
        assert_ne!(one, other);
    }

    #[test]
    fn a_digest_is_that_of_the_whole_text() {
        assert_eq!(digest_of("abc")[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("", "abd"));
    }
}
