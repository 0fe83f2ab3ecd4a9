//! A form with files as browsers send it (RFC 7578), for whoever asks the service. Denied by default: a name or a content that would
//! be read as another part.

#![warn(missing_docs)]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// A form that is being filled.
#[derive(Debug)]
pub struct Form {
    boundary: String,
    body: Vec<u8>,
}

impl Default for Form {
    fn default() -> Self {
        Self::new()
    }
}

impl Form {
    /// An empty form.
    #[must_use]
    pub fn new() -> Self {
        // It must not occur in what is sent, whoever wrote that: 128 bits from the system.
        let random = || RandomState::new().build_hasher().finish();
        Self { boundary: format!("palisade-{:016x}{:016x}", random(), random()), body: Vec::new() }
    }

    /// With a text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        let name = quoted(name);
        self.part(&format!("name=\"{name}\""), value.as_bytes())
    }

    /// With a file.
    #[must_use]
    pub fn file(self, name: &str, file_name: &str, content: &[u8]) -> Self {
        let (name, file_name) = (quoted(name), quoted(file_name));
        self.part(&format!("name=\"{name}\"; filename=\"{file_name}\""), content)
    }

    /// With a part that may have the name of a file and a media type.
    #[must_use]
    pub fn typed(
        self,
        name: &str,
        file_name: Option<&str>,
        media_type: Option<&str>,
        content: &[u8],
    ) -> Self {
        let mut disposition = format!("name=\"{}\"", quoted(name));
        if let Some(file_name) = file_name {
            disposition.push_str(&format!("; filename=\"{}\"", quoted(file_name)));
        }
        // What could begin a header of its own is left out.
        if let Some(media_type) = media_type.filter(|text| text.bytes().all(|byte| byte.is_ascii_graphic())) {
            disposition.push_str(&format!("\r\nContent-Type: {media_type}"));
        }
        self.part(&disposition, content)
    }

    /// The value of `Content-Type`, and the body.
    #[must_use]
    pub fn finish(mut self) -> (String, Vec<u8>) {
        self.body.extend(format!("--{}--\r\n", self.boundary).into_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.body)
    }

    fn part(mut self, disposition: &str, content: &[u8]) -> Self {
        let head = format!("--{}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n", self.boundary);
        self.body.extend(head.into_bytes());
        self.body.extend(content);
        self.body.extend(b"\r\n");
        self
    }
}

/// A name as browsers write it: what would end it is escaped.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_what_browsers_send() {
        let (kind, body) = Form::new().text("name", "All").file("files", "a.txt", b"evil.example\n").finish();
        let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
        let expected = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nAll\r\n\
             --{boundary}\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\nevil.example\n\r\n\
             --{boundary}--\r\n"
        );
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn the_name_of_a_file_adds_no_part_and_no_header() {
        let name = "a\"; name=\"csrf\"\r\n\r\nx";
        let (_, body) = Form::new().file("files", name, b"").finish();
        let body = String::from_utf8(body).unwrap();
        assert!(body.contains("filename=\"a%22; name=%22csrf%22%0D%0A%0D%0Ax\"\r\n"), "{body}");
        assert_eq!(body.matches("\r\n").count(), 5, "{body}");
    }

    #[test]
    fn nobody_knows_the_boundary_before() {
        assert_ne!(Form::new().finish().0, Form::new().finish().0);
    }
}
