//! Digests of what is stored and offered, and identifiers that follow from a number.

use std::borrow::Borrow;

use md5::{Digest as _, Md5};
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use crate::page::hexadecimal;

/// The digests of a file, in hexadecimal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Digests {
    pub(crate) md5: String,
    pub(crate) sha1: String,
    pub(crate) sha256: String,
}

impl Digests {
    /// The digests of these pieces, one after the other.
    pub(crate) fn of<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        let (mut md5, mut sha1, mut sha256) =
            (Md5::new(), Context::new(&SHA1_FOR_LEGACY_USE_ONLY), Context::new(&SHA256));
        for piece in pieces {
            let piece: &[u8] = piece.as_ref();
            md5.update(piece);
            sha1.update(piece);
            sha256.update(piece);
        }
        Self {
            md5: hexadecimal(md5.finalize().as_slice()),
            sha1: hexadecimal(sha1.finish().as_ref()),
            sha256: hexadecimal(sha256.finish().as_ref()),
        }
    }
}

/// An identifier in the form of a UUID that follows from a name and a number.
pub(crate) fn uuid(name: &str, number: u64) -> String {
    let digits = hexadecimal(Md5::digest(format!("{name} {number}")).as_slice());
    let part = |begin: usize, end: usize| digits.get(begin..end).unwrap_or_default().to_owned();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// A number that follows from a text.
pub(crate) fn number(text: impl Borrow<str>) -> u64 {
    Md5::digest(text.borrow()).iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_whole() {
        let digests = Digests::of(["ab", "c"]);
        assert_eq!(digests.md5, "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(digests.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(digests.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(digests, Digests::of(["abc"]));
        assert_eq!(uuid("a", 1).len(), 36);
        assert_ne!(uuid("a", 1), uuid("a", 2));
        assert_eq!(number("a"), number("a".to_owned()));
    }
}
