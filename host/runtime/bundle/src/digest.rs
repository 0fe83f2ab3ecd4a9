//! SHA-256 digests and the file `SHA256SUMS` that names one for every other file of a bundle but its own signature.
//!
//! Denies by default: a line that does not have the exact form is an error, and so is a name that occurs twice.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::{DIGESTS_FILE, SIGNATURE_FILE};

/// A SHA-256 digest. Shown, parsed and serialised as 64 hexadecimal digits in lower case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

/// A text is not 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a SHA-256 digest: expected 64 hexadecimal digits in lower case")]
pub struct NotADigest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest as 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let wrong = || NotADigest(text.to_owned());
        let digits: Vec<u8> = text
            .chars()
            .map(|digit| match digit {
                '0'..='9' | 'a'..='f' => digit.to_digit(16).and_then(|value| u8::try_from(value).ok()),
                _ => None,
            })
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        let (pairs, rest) = digits.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(wrong());
        }
        let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        bytes.try_into().map(Self).map_err(|_| wrong())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A line of `SHA256SUMS` that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    /// Its number, from 1.
    pub(crate) line: usize,
    /// What is wrong with it.
    pub(crate) why: String,
}

/// The text of `SHA256SUMS` for these files, as `sha256sum -c` reads it.
pub(crate) fn write_sums<'a>(files: impl IntoIterator<Item = (&'a str, Digest)>) -> String {
    let sorted: BTreeMap<&str, Digest> = files.into_iter().collect();
    sorted.iter().fold(String::new(), |mut text, (name, digest)| {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{digest}  {name}");
        text
    })
}

/// The digests in a `SHA256SUMS`, by file name. Each line is a digest, a space, a space or `*`, and a name.
pub(crate) fn read_sums(text: &str) -> Result<BTreeMap<&str, Digest>, BadLine> {
    let mut sums = BTreeMap::new();
    // Not `lines`, which takes a carriage return for part of the line break: `sha256sum` takes it for part of the name.
    for (index, line) in text.strip_suffix('\n').unwrap_or(text).split('\n').enumerate() {
        let bad = |why: String| BadLine { line: index + 1, why };
        if line.contains(|character: char| !character.is_ascii() || character.is_ascii_control()) {
            return Err(bad("expected printable ASCII characters and `\\n` as the line break".to_owned()));
        }
        let (digest, name) = line
            .split_once("  ")
            .or_else(|| line.split_once(" *"))
            .ok_or_else(|| bad("expected a digest, two spaces and a file name".to_owned()))?;
        let digest = digest.parse().map_err(|wrong: NotADigest| bad(wrong.to_string()))?;
        if name == DIGESTS_FILE || name == SIGNATURE_FILE {
            return Err(bad(format!("`{name}` cannot be listed, it is the list itself or made of it")));
        }
        if sums.insert(name, digest).is_some() {
            return Err(bad(format!("`{}` is named a second time", name.escape_debug())));
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        let published = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").to_string(), published);
        assert_eq!(published.parse(), Ok(Digest::of(b"")));
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let good = Digest::of(b"x").to_string();
        for text in [
            "",
            "00",
            &good[1..],
            &format!("{good}0"),
            &format!("{good}00"),
            &good.to_uppercase(),
            &good.replace('a', "g"),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    #[test]
    fn sums_are_sorted_and_read_back() {
        let text = write_sums([("b", Digest::of(b"b")), ("a", Digest::of(b"a"))]);
        assert!(text.lines().next().unwrap().ends_with("  a"));
        let sums = read_sums(&text).unwrap();
        assert_eq!(sums, BTreeMap::from([("a", Digest::of(b"a")), ("b", Digest::of(b"b"))]));
    }

    #[test]
    fn a_bad_line_is_named() {
        let good = write_sums([("a", Digest::of(b"a"))]);
        for (text, line) in [
            ("nonsense\n".to_owned(), 1),
            (format!("{good}{good}"), 2),
            (format!("{good}\n"), 2),
            (format!("{good}{}", good.replace("  a", "  SHA256SUMS")), 2),
            (format!("{good}{}", good.replace("  a", "  SHA256SUMS.minisig")), 2),
            (format!("{good}{}\n", good.trim_end().replace("  ", " ")), 2),
            (good.replace('\n', "\r\n"), 1),
            (good.replace('\n', "\r"), 1),
            (good.replace("  a", "  \u{e4}"), 1),
            (good.replace("  a", "  a\tb"), 1),
            (format!("\u{feff}{good}"), 1),
        ] {
            assert_eq!(read_sums(&text).unwrap_err().line, line, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_digest_reads_as_it_is_written(bytes in any::<[u8; 32]>()) {
            let digest = Digest(bytes);
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        }
    }
}
