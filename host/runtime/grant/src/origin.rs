//! An `https` origin: scheme, host and port. Pure.

use std::fmt;

use http::Uri;
use http::uri::Scheme;

use crate::Host;

const HTTPS_PORT: u16 = 443;

/// An `https` origin: no other scheme is ever granted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    host: String,
    port: u16,
}

/// Why a text is not an origin.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is not an https origin: {what}")]
pub struct OriginError {
    text: String,
    what: String,
}

impl OriginError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        "origin-invalid"
    }

    /// The reason alone, as a phrase.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.what
    }
}

impl Origin {
    /// Reads `https://host` or `https://host:port`, with the host in any case and the port also if it is 443.
    ///
    /// # Errors
    /// Anything but a scheme, a host name or address with one reading, and an optional port.
    ///
    /// ```
    /// use palisade_grant::Origin;
    ///
    /// assert_eq!(Origin::parse("https://API.example.com:443")?.to_string(), "https://api.example.com");
    /// assert!(Origin::parse("https://*.example.com").is_err());
    /// # Ok::<(), palisade_grant::OriginError>(())
    /// ```
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let refuse = |what: &str| OriginError { text: text.to_owned(), what: what.to_owned() };
        let uri: Uri =
            text.parse().map_err(|_| refuse("expected `https://` and a host, found something else"))?;
        if uri.scheme() != Some(&Scheme::HTTPS) {
            return Err(refuse("the scheme must be `https`"));
        }
        if uri.path_and_query().is_some_and(|path| path.as_str() != "/") || text.ends_with('/') {
            return Err(refuse("it must end after the host or the port"));
        }
        Self::of(&uri).ok_or_else(|| {
            refuse("expected a host name or an address in its usual form, and at most a port after it")
        })
    }

    /// Reads an origin in its canonical form, the only form that a manifest may use: the host in lower case, an address in its
    /// shortest form, no port if it is 443.
    ///
    /// # Errors
    /// As [`Origin::parse`], and an origin that is written in another form.
    pub fn canonical(text: &str) -> Result<Self, OriginError> {
        let origin = Self::parse(text)?;
        let canonical = origin.to_string();
        if canonical == text {
            return Ok(origin);
        }
        Err(OriginError { text: text.to_owned(), what: format!("its canonical form is `{canonical}`") })
    }

    /// The origin that a request goes to; `None` if the authority has more than a host and a port, or a host with more than one
    /// reading.
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
        let authority = uri.authority()?;
        // User information is dropped when the host is read.
        if authority.as_str().contains('@') {
            return None;
        }
        let host = match Host::read(authority.host())? {
            Host::Name(name) => name.to_ascii_lowercase(),
            // One text for one address: an IPv6 address can be written in many ways.
            Host::Address(std::net::IpAddr::V4(address)) => address.to_string(),
            Host::Address(std::net::IpAddr::V6(address)) => format!("[{address}]"),
        };
        let port = match authority.port() {
            // `+443` and `0443` are other texts for the same number.
            Some(port) if port.as_str() == port.as_u16().to_string() => port.as_u16(),
            Some(_) => return None,
            // `host:` and `host:99999` leave something behind that is not a port.
            None if authority.as_str().len() == authority.host().len() => HTTPS_PORT,
            None => return None,
        };
        Some(Self { host, port })
    }

    /// Host in lower case; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Port; 443 if none was written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "https://{}", self.host)?;
        if self.port == HTTPS_PORT { Ok(()) } else { write!(formatter, ":{}", self.port) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_no_more_than_an_origin() {
        for text in [
            "http://a.example",
            "https://a.example/",
            "https://a.example/x",
            "https://u@a.example",
            "a.example",
            "https://a.example:",
            "https://a.example:+443",
            "https://a.example:0443",
            "https://a.example:65536",
            "https://a.example.",
            "https://2130706433",
            "https://0177.0.0.1",
            "https://0x7f.1",
            "https://127.1",
            "https://*",
            "https://*.example.com",
            "https://api.*",
            "https://a..example",
            "https://a b.example",
            "https://[::1",
            "https://",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
        assert_eq!(Origin::parse("https://A.example:8443").unwrap().to_string(), "https://a.example:8443");
    }

    #[test]
    fn an_address_is_one_origin_however_it_is_written() {
        let long = Origin::parse("https://[2001:0DB8:0:0:0:0:0:1]:8443").unwrap();
        assert_eq!(long, Origin::canonical("https://[2001:db8::1]:8443").unwrap());
    }

    #[test]
    fn a_canonical_origin_has_one_spelling() {
        for good in [
            "https://api.example.com",
            "https://api.example.com:8443",
            "https://xn--bcher-kva.example",
            "https://[2001:db8::1]",
            "https://192.0.2.1",
        ] {
            assert_eq!(Origin::canonical(good).unwrap().to_string(), good);
        }
        for bad in [
            "http://api.example.com",
            "https://api.example.com/",
            "https://api.example.com/v3",
            "https://api.example.com:443",
            "https://API.example.com",
            "https://user@api.example.com",
            "https://api.example.com?x",
            "https://api.example.com#x",
            "https://api.example.com.",
            "https://bücher.example",
            "https://[2001:db8:0:0:0:0:0:1]",
            "file:///etc/passwd",
            "data:text/plain,x",
            "api.example.com",
            " https://api.example.com",
            "https://api.example.com\\@evil.example",
            "https://api.ex\tample.com",
            "https://*.example.com",
            "HTTPS://api.example.com",
        ] {
            assert!(Origin::canonical(bad).is_err(), "{bad}");
        }
    }
}
