//! Which names the service answers to. A page of somebody else's can make a browser look its own name up again and find our
//! address (DNS rebinding); the name in the request then is not ours. Denied by default: a name that nobody listed, a request
//! without one, two names.

use std::net::IpAddr;

use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{StatusCode, Version};

use crate::Failure;

/// The names.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    /// The loopback's own names are always there: nobody else can make a browser use them as their own.
    pub(crate) fn new(names: &[String]) -> Self {
        let own = ["localhost", "127.0.0.1", "[::1]"].into_iter().map(str::to_owned);
        Self(own.chain(names.iter().map(|name| spelled(name))).collect())
    }

    /// Whether the request is for one of them, and for which authority.
    pub(crate) fn check(&self, parts: &Parts) -> Result<Authority, Failure> {
        let mut given: Vec<Authority> = Vec::new();
        for value in parts.headers.get_all(HOST) {
            let parsed = value.to_str().ok().and_then(|text| text.parse::<Authority>().ok());
            given.push(parsed.ok_or_else(|| refused("the request names no host that can be read"))?);
        }
        given.extend(parts.uri.authority().cloned());
        let Some((first, rest)) = given.split_first() else {
            return Err(refused("the request names no host"));
        };
        let repeated = parts.version < Version::HTTP_2 && parts.headers.get_all(HOST).iter().count() > 1;
        if repeated || rest.iter().any(|other| other != first) || first.as_str().contains('@') {
            return Err(refused("the request names more than one host"));
        }
        let host = first.host();
        if self.0.contains(&spelled(host)) {
            return Ok(first.clone());
        }
        Err(Failure::new(
            StatusCode::MISDIRECTED_REQUEST,
            "host-not-served",
            format!("this service does not answer for the host `{host}`"),
        )
        .with_hint("use a name that the service was started with, or start it with this one"))
    }
}

/// A name as it is compared: an IPv6 address in brackets, no dot at the end.
fn spelled(name: &str) -> String {
    let name = name.trim().trim_end_matches('.').to_ascii_lowercase();
    match name.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => format!("[{address}]"),
        Ok(IpAddr::V4(_)) => name,
        // Ports are not compared: whoever answers at another port of ours is on this machine too.
        Err(_) => name.parse::<Authority>().map_or(name, |authority| authority.host().to_owned()),
    }
}

fn refused(message: &str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, "host-missing", message)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn judged(names: &[&str], hosts: &[&str]) -> Result<(), String> {
        let names = Names::new(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let mut request = Request::builder().uri("/");
        for host in hosts {
            request = request.header(HOST, *host);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        names.check(&parts).map(|_| ()).map_err(|failure| failure.code().to_owned())
    }

    #[test]
    fn own_names_are_answered_with_any_port_and_spelling() {
        for host in
            ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8443", "palisade.example.", "[2001:db8::1]"]
        {
            assert_eq!(judged(&["Palisade.example:8443", "2001:DB8::1"], &[host]), Ok(()), "{host}");
        }
    }

    #[test]
    fn any_other_name_is_refused() {
        for host in
            ["attacker.example", "localhost.attacker.example", "xlocalhost", "127.0.0.2", "192.0.2.1:80"]
        {
            assert_eq!(judged(&[], &[host]), Err("host-not-served".to_owned()), "{host}");
        }
    }

    #[test]
    fn no_name_and_two_names_are_refused() {
        for hosts in [
            &[][..],
            &["localhost", "localhost"],
            &["localhost", "attacker.example"],
            &["a b"],
            &["u@localhost"],
        ] {
            assert_eq!(judged(&[], hosts), Err("host-missing".to_owned()), "{hosts:?}");
        }
    }
}
