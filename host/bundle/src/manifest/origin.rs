//! What an origin is, in a manifest and in a configuration.
//!
//! Denies by default: everything but `https`, a host and a port in their canonical form. What has two spellings could be
//! granted in one and asked for in the other.

use url::{Origin, Url};

/// Whether this is an `https` origin, written as the URL standard writes it: scheme, host, and the port where it is not 443.
///
/// # Errors
/// The reason as a phrase, where it is none.
pub fn check_origin(text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if url.scheme() != "https" {
        return Err("only `https` is allowed".to_owned());
    }
    let canonical = match url.origin() {
        origin @ Origin::Tuple(..) => origin.ascii_serialization(),
        Origin::Opaque(_) => return Err("it has no host".to_owned()),
    };
    if canonical != text {
        return Err(format!("an origin is a scheme, a host and a port only, here `{canonical}`"));
    }
    if url.host_str().is_some_and(|host| host.ends_with('.')) {
        return Err("the host ends with a dot".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_origin;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for good in [
            "https://api.example.com",
            "https://api.example.com:8443",
            "https://xn--bcher-kva.example",
            "https://[2001:db8::1]",
        ] {
            assert_eq!(check_origin(good), Ok(()), "{good}");
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
            "https://",
            "https://0x7f.1",
            "file:///etc/passwd",
            "data:text/plain,x",
            "api.example.com",
            " https://api.example.com",
            "https://api.example.com\\@evil.example",
            "https://api.ex\tample.com",
        ] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }
}
