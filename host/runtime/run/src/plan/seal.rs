//! What shows that a plan was changed: a digest over its text, without the digest itself and without the white space between
//! tokens. The text counts, not what a parser makes of it: numbers come out of a parser rounded.

use palisade_bundle::Digest;

/// How the document begins, up to the digest.
const HEAD: &[u8] = b"{\"digest\":\"";

/// The digest of a plan's text, hexadecimal; none if the text does not begin with a member `digest`.
pub(super) fn digest(text: &[u8]) -> Option<String> {
    let text = without_space(text);
    let rest = text.strip_prefix(HEAD)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    Some(Digest::of(rest.get(end..)?).to_string())
}

/// JSON without the white space between its tokens.
fn without_space(text: &[u8]) -> Vec<u8> {
    let (mut in_string, mut escaped) = (false, false);
    let is_kept = |byte: &u8| {
        let is_space = !in_string && byte.is_ascii_whitespace();
        if *byte == b'"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && *byte == b'\\' && !escaped;
        !is_space
    };
    text.iter().copied().filter(is_kept).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_the_same_in_another_layout_and_another_with_any_other_byte() {
        let text = br#"{"digest":"x","value":"a \" b\\","score":6.7,"list":["1 2"]}"#;
        let laid_out = b"{\n  \"digest\" : \"other\",\r\n\t\"value\": \"a \\\" b\\\\\", \"score\": 6.7,\n \"list\": [\"1 2\"]}\n";
        assert_eq!(digest(text), digest(laid_out));
        let start = text.iter().position(|byte| *byte == b'x').unwrap() + 1;
        for place in start..text.len() {
            let mut other = text.to_vec();
            other[place] = if other[place] == b'z' { b'y' } else { b'z' };
            assert_ne!(digest(&other), digest(text), "{}", String::from_utf8_lossy(&other));
        }
        let spaced = br#"{"digest":"x","value":"a  \" b\\","score":6.7,"list":["1 2"]}"#;
        assert_ne!(digest(spaced), digest(text));
        for none in [&b""[..], b"{}", br#"{"schema":1,"digest":"x"}"#, br#"{"digest":1}"#] {
            assert_eq!(digest(none), None);
        }
    }
}
