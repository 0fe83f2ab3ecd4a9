//! What an answer is that was not expected, in words: its shape and never its content, which may be a token or the objects
//! of a collection.

use std::collections::BTreeMap;

use palisade_model::excerpt;
use palisade_redaction::Redactor;
use serde::de::IgnoredAny;
use serde_json::error::Category;

/// Keys of an object that are named.
const KEYS: usize = 5;

/// How far into a page its title is looked for, in bytes.
const TITLE_WITHIN: usize = 4096;

/// The shape of a body. Redacted before anything of it is shortened, so that no half of a secret is left.
pub(crate) fn found(body: &[u8], redactor: &Redactor) -> String {
    match redactor.redacted(body) {
        Some(redacted) => shape(&redacted),
        None => shape(body),
    }
}

fn shape(body: &[u8]) -> String {
    let text = body.trim_ascii();
    if text.is_empty() {
        return "an empty answer".to_owned();
    }
    if text.starts_with(b"<") {
        return match title(text) {
            Some(title) => format!("an HTML page with the title `{title}`"),
            None => "an HTML page".to_owned(),
        };
    }
    match serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(text) {
        Ok(keys) if keys.is_empty() => return "an empty JSON object".to_owned(),
        Ok(keys) => {
            let shown: Vec<String> =
                keys.keys().take(KEYS).map(|key| format!("`{}`", excerpt(key))).collect();
            let more = if keys.len() > KEYS { " and more" } else { "" };
            return format!("a JSON object with {}{more}", shown.join(", "));
        }
        Err(error) if error.classify() == Category::Eof => {
            return format!("JSON that ends in the middle, after {} bytes", text.len());
        }
        Err(_) => {}
    }
    match (serde_json::from_slice::<IgnoredAny>(text), text.first()) {
        (Ok(_), Some(b'[')) => "a JSON list".to_owned(),
        (Ok(_), _) => "a single JSON value".to_owned(),
        (Err(error), _) if error.classify() == Category::Eof => {
            format!("JSON that ends in the middle, after {} bytes", text.len())
        }
        (Err(_), _) => format!("{} bytes that are not JSON", text.len()),
    }
}

/// The title of an HTML page: it says more than anything else about who answered.
fn title(page: &[u8]) -> Option<String> {
    let start = page.get(..page.len().min(TITLE_WITHIN))?;
    let start = String::from_utf8_lossy(start);
    let lower = start.to_ascii_lowercase();
    let from = lower.find("<title")?;
    let from = from + lower.get(from..)?.find('>')? + 1;
    let length = lower.get(from..)?.find("</title")?;
    let title = excerpt(start.get(from..from + length)?);
    (!title.is_empty()).then_some(title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shape_is_told_and_the_content_is_not() {
        for (body, expected) in [
            ("", "an empty answer"),
            (" \r\n", "an empty answer"),
            (
                "<!DOCTYPE html><html><head><TITLE lang=en>\n Log in </TITLE>",
                "an HTML page with the title `Log in`",
            ),
            ("<html><title></title>", "an HTML page"),
            ("<html><title>never closed", "an HTML page"),
            ("{}", "an empty JSON object"),
            (r#"{"token":"s3cret","b":[1]}"#, "a JSON object with `b`, `token`"),
            (
                r#"{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1}"#,
                "a JSON object with `a`, `b`, `c`, `d`, `e` and more",
            ),
            (r#"["s3cret"]"#, "a JSON list"),
            (r#""s3cret""#, "a single JSON value"),
            (r#"{"token":"s3c"#, "JSON that ends in the middle, after 13 bytes"),
            (r#"["s3c"#, "JSON that ends in the middle, after 5 bytes"),
            ("s3cret", "6 bytes that are not JSON"),
            ("{s3cret}", "8 bytes that are not JSON"),
        ] {
            assert_eq!(shape(body.as_bytes()), expected, "{body}");
        }
    }

    #[test]
    fn any_bytes_have_a_shape() {
        for body in [&b"\xff\xfe{"[..], b"<\xff<title>\xff</title>", b"{\"\xff\":1}", b"<title>\xc4"] {
            assert!(!shape(body).is_empty());
        }
    }
}
