//! Bytes as text. What is not UTF-8 is most often Windows-1252, in which spreadsheets save; a comment may be read so, but a
//! value must not be guessed.

use std::borrow::Cow;

/// A line as text.
#[derive(Debug)]
pub(crate) struct Decoded<'bytes> {
    pub(crate) text: Cow<'bytes, str>,
    /// The bytes are not UTF-8, and were taken for Windows-1252.
    pub(crate) is_guessed: bool,
}

/// The characters of Windows-1252 from 0x80 to 0x9F; five are not assigned.
const WINDOWS_1252: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}',
    '\u{2019}', '\u{201C}', '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}',
    '\u{203A}', '\u{153}', '\u{9D}', '\u{17E}', '\u{178}',
];

/// The text of some bytes.
pub(crate) fn decoded(bytes: &[u8]) -> Decoded<'_> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), is_guessed: false };
    }
    let character = |byte: &u8| {
        let index = usize::from(byte.wrapping_sub(0x80));
        WINDOWS_1252.get(index).copied().unwrap_or(char::from(*byte))
    };
    Decoded { text: Cow::Owned(bytes.iter().map(character).collect()), is_guessed: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf_8_is_windows_1252() {
        assert_eq!(decoded("GÉ".as_bytes()).text, "GÉ");
        let guessed = decoded(b"G\xE9n\x80 a");
        assert_eq!((guessed.text.as_ref(), guessed.is_guessed), ("Gén€ a", true));
    }
}
