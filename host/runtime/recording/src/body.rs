//! A body as text in a JSON document, and back: UTF-8 as it is, anything else as Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

/// What the format calls Base64.
pub(crate) const BASE64: &str = "base64";

/// The body as text, and the name of its encoding where it has one.
pub(crate) fn encode(body: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (STANDARD.encode(body), Some(BASE64.to_owned())),
    }
}

/// The body of a text in a recording; the sentence says what is wrong with it.
pub(crate) fn decode(text: String, encoding: Option<&str>) -> Result<Bytes, String> {
    match encoding {
        None | Some("") => Ok(Bytes::from(text)),
        Some(BASE64) => {
            STANDARD.decode(text).map(Bytes::from).map_err(|error| format!("not Base64: {error}"))
        }
        Some(other) => Err(format!("the encoding `{other}` is unknown, expected `{BASE64}` or none")),
    }
}
