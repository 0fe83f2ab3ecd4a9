//! Bodies of the type `multipart/form-data` (RFC 7578): their parts with name, file name and bytes. What is not one is refused as
//! a whole.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// A part of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// The name of the file, if the part is one.
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Part {
    /// Its bytes as text.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

/// The parts of a form; `None` if the body is not a complete one.
pub(crate) fn parse(headers: &HeaderMap, body: &Bytes) -> Option<Vec<Part>> {
    let boundary = boundary(headers.get(CONTENT_TYPE)?.to_str().ok()?)?;
    let delimiter = format!("\r\n--{boundary}");
    let first = format!("--{boundary}");
    let mut at = if body.starts_with(first.as_bytes()) {
        first.len()
    } else {
        find(body, delimiter.as_bytes())? + delimiter.len()
    };
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        let rest = rest.strip_prefix(b"\r\n")?;
        at += 2;
        let head = find(rest, b"\r\n\r\n")?;
        let content = rest.get(head + 4..)?;
        let length = end_of_part(content, delimiter.as_bytes())?;
        let begin = at + head + 4;
        let disposition = std::str::from_utf8(rest.get(..head)?).ok()?.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition").then_some(value)
        })?;
        parts.push(Part {
            name: parameter(disposition, "name")?,
            file_name: parameter(disposition, "filename"),
            bytes: body.get(begin..begin + length).map(|_| body.slice(begin..begin + length))?,
        });
        at = begin + length + delimiter.len();
    }
}

fn boundary(content_type: &str) -> Option<String> {
    let (media_type, _) = content_type.split_once(';')?;
    if !media_type.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    parameter(content_type, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()))
}

/// A parameter of a header, with or without quotes.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// Where a part ends: before a delimiter that a line break or the last mark follows.
fn end_of_part(content: &[u8], delimiter: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += find(content.get(at..)?, delimiter)?;
        let after = content.get(at + delimiter.len()..)?;
        if after.starts_with(b"\r\n") || after.starts_with(b"--") {
            return Some(at);
        }
        at += delimiter.len();
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(content_type: &str) -> HeaderMap {
        [(CONTENT_TYPE, content_type.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn parts_are_read_with_their_names() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"fileType\"\r\n\r\nbash\r\n--b\r\n\
            content-disposition: form-data; name=\"file\"; filename=\"a b.sh\"\r\nContent-Type: text/plain\r\n\r\n\
            #!/bin/sh\r\n--bad\r\n--b--\r\n";
        let parts = parse(&headers("multipart/form-data; boundary=\"b\""), &Bytes::from(body)).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].name.as_str(), parts[0].text()), ("fileType", Some("bash")));
        assert_eq!(parts[1].file_name.as_deref(), Some("a b.sh"));
        // A line that begins like the delimiter is content.
        assert_eq!(parts[1].text(), Some("#!/bin/sh\r\n--bad"));
    }

    #[test]
    fn what_is_not_a_form_is_refused() {
        for (content_type, body) in [
            ("application/json", "--b\r\n\r\n--b--"),
            ("multipart/form-data", "--b--"),
            ("multipart/form-data; boundary=b", ""),
            ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx"),
            ("multipart/form-data; boundary=b", "--b\r\nno header\r\n\r\nx\r\n--b--"),
        ] {
            assert_eq!(parse(&headers(content_type), &Bytes::from(body)), None, "{body}");
        }
    }
}
