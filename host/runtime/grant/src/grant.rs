//! Grants: which requests may leave. Pure; nothing is granted by default.
//!
//! | part   | matches |
//! |--------|---------|
//! | origin | scheme https, host equal without regard to case, port equal (443 where none is given) |
//! | method | one of the listed |
//! | path   | equal to a listed path, or below a listed prefix that ends in `/*`; the query does not matter |
//!
//! A path that a server could read differently from us is never matched: dot segments in any spelling, empty segments,
//! backslashes, encoded slashes and control characters. So is an authority with user information, and a host that is an
//! address to some and a name to others.

use http::{HeaderName, Method, Uri, uri::Scheme};

use crate::{Credential, Origin, PathRule, is_unambiguous};

/// The methods that can be granted. `CONNECT` and `TRACE` concern the connection and not the service.
pub const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Requests that may leave.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Where to.
    pub origin: Origin,
    /// With which methods.
    pub methods: Vec<Method>,
    /// To which paths.
    pub paths: Vec<PathRule>,
    /// The headers that they may have in addition to those that the HTTP client allows every component.
    pub headers: Vec<HeaderName>,
    /// What the host adds to each of them.
    pub credential: Option<Credential>,
    /// Whether such a request changes something at the service. In a dry run only requests that change nothing are sent. The
    /// method does not decide: some services add and delete with GET.
    pub changes: bool,
    /// Sending the same request twice has the effect of sending it once, so that the transport may repeat it after a
    /// 5xx or a connection that was lost in the middle.
    pub idempotent: bool,
    /// What the requests are for, as a sentence for people. Recordings have it beside each of them.
    pub reason: String,
}

impl Grant {
    /// Whether a request may leave by this grant alone, outside of a dry run.
    #[must_use]
    pub fn covers(&self, method: &Method, uri: &Uri) -> bool {
        decide(std::slice::from_ref(self), None, method, uri).is_ok()
    }
}

/// Why only requests that change nothing are sent, whatever is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadOnly {
    /// A dry run.
    DryRun,
    /// The component asks what became of objects that wait: asking again must not do anything again.
    Resume,
}

/// Which part of the rule no grant fulfilled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// Not https.
    Scheme,
    /// The authority is not a plain host with an optional port.
    Authority,
    /// No grant for the origin.
    Origin,
    /// The origin is granted, the method is not.
    Method,
    /// Origin and method are granted, the path is not.
    Path,
    /// The path could be read in more than one way.
    AmbiguousPath,
    /// It is granted, but this is a dry run, and the grant says that the request changes something.
    DryRun,
    /// It is granted, but the component asks about objects that wait, and the grant says that the request changes something.
    Resume,
}

/// A request that no grant covers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the component asked for `{method} {url}`, which is not granted: {}", self.missing.in_words())]
pub struct Denial {
    /// The method asked for.
    pub method: String,
    /// Scheme, authority and path asked for; the query is left out, it may hold data.
    pub url: String,
    /// What was missing.
    pub missing: Missing,
}

impl Missing {
    fn in_words(self) -> &'static str {
        match self {
            Self::Scheme => "only https is",
            Self::Authority => "the authority must be a host name and an optional port",
            Self::Origin => "no grant names this origin",
            Self::Method => "no grant for this origin names this method",
            Self::Path => "no grant for this origin and method names this path",
            Self::AmbiguousPath => "the path has dot segments, empty segments or encoded separators",
            Self::DryRun => "in a dry run only requests that change nothing are",
            Self::Resume => {
                "while an action asks about waiting objects only requests that change nothing are"
            }
        }
    }
}

impl Denial {
    /// The narrowest origin, method and path that a grant of the request could name; none where nothing could grant it.
    /// The path is wider than the request where [`PathRule::narrowest`] says so.
    #[must_use]
    pub fn grantable(&self) -> Option<(Origin, Method, PathRule)> {
        if !matches!(self.missing, Missing::Origin | Missing::Method | Missing::Path) {
            return None;
        }
        let uri: Uri = self.url.parse().ok()?;
        let method = METHODS.contains(&self.method.as_str()).then(|| self.method.parse().ok())??;
        Some((Origin::of(&uri)?, method, PathRule::narrowest(uri.path())?))
    }

    /// The lines that would grant the request, as they stand in a manifest's `egress`; none where nothing could.
    #[must_use]
    pub fn would_be_granted_by(&self) -> Option<String> {
        let (origin, method, path) = self.grantable()?;
        let path = path.to_string();
        // The path is the component's: no comma or bracket in it may become another grant where the lines are pasted.
        let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._~-*".contains(&byte));
        let path = if plain { path } else { format!("\"{path}\"") };
        // Whether it changes something is for the author to say; what is not known may.
        let changes = ![Method::GET, Method::HEAD].contains(&method);
        Some(format!(
            "egress:\n  - origin: {origin}\n    methods: [{method}]\n    changes: {changes}\n    paths: [{path}]"
        ))
    }
}

/// The grant that covers a request. With `read_only`, no request is covered that one of the grants describes as a change.
///
/// # Errors
/// [`Denial`] with the first part that no grant fulfilled, in the order scheme, authority, origin, method, path.
pub fn decide<'grants>(
    grants: &'grants [Grant],
    read_only: Option<ReadOnly>,
    method: &Method,
    uri: &Uri,
) -> Result<&'grants Grant, Denial> {
    let deny = |missing| Denial {
        method: method.to_string(),
        url: format!(
            "{}://{}{}",
            uri.scheme_str().unwrap_or_default(),
            // User information may be a secret.
            uri.authority()
                .map(|authority| authority.as_str().rsplit('@').next().unwrap_or_default())
                .unwrap_or_default(),
            uri.path()
        ),
        missing,
    };
    if uri.scheme() != Some(&Scheme::HTTPS) {
        return Err(deny(Missing::Scheme));
    }
    let origin = Origin::of(uri).ok_or_else(|| deny(Missing::Authority))?;
    if !is_unambiguous(uri.path()) {
        return Err(deny(Missing::AmbiguousPath));
    }
    let covers = |grant: &&Grant| {
        grant.origin == origin
            && grant.methods.contains(method)
            && grant.paths.iter().any(|rule| rule.matches(uri.path()))
            && grant.credential.as_ref().is_none_or(|credential| credential.has_place_in(uri.path()))
    };
    let mut covering = grants.iter().filter(covers);
    if let Some(first) = covering.next() {
        let changes = first.changes || covering.any(|grant| grant.changes);
        return match read_only {
            Some(ReadOnly::DryRun) if changes => Err(deny(Missing::DryRun)),
            Some(ReadOnly::Resume) if changes => Err(deny(Missing::Resume)),
            _ => Ok(first),
        };
    }
    let mut missing = Missing::Origin;
    for grant in grants.iter().filter(|grant| grant.origin == origin) {
        if !grant.methods.contains(method) {
            if missing == Missing::Origin {
                missing = Missing::Method;
            }
        } else {
            missing = Missing::Path;
        }
    }
    Err(deny(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants() -> Vec<Grant> {
        vec![Grant {
            origin: Origin::parse("https://api.example.com").unwrap(),
            methods: vec![Method::POST],
            paths: vec![PathRule::parse("/v3.0/list"), PathRule::parse("/v3.0/tasks/*")],
            headers: Vec::new(),
            credential: None,
            changes: true,
            idempotent: true,
            reason: String::new(),
        }]
    }

    fn missing(method: Method, url: &str) -> Option<Missing> {
        decide(&grants(), None, &method, &url.parse().unwrap()).err().map(|denial| denial.missing)
    }

    #[test]
    fn what_is_granted_is_granted() {
        for url in [
            "https://api.example.com/v3.0/list",
            "https://API.example.com:443/v3.0/list?top=50",
            "https://api.example.com/v3.0/tasks/7",
        ] {
            assert_eq!(missing(Method::POST, url), None, "{url}");
        }
    }

    #[test]
    fn everything_else_is_denied_with_the_first_missing_part() {
        for (method, url, expected) in [
            (Method::POST, "http://api.example.com/v3.0/list", Missing::Scheme),
            (Method::POST, "https://api.example.com.evil.example/v3.0/list", Missing::Origin),
            (Method::POST, "https://api.example.com:8443/v3.0/list", Missing::Origin),
            (Method::POST, "https://api.example.com.:443/v3.0/list", Missing::Authority),
            (Method::POST, "https://user:word@api.example.com/v3.0/list", Missing::Authority),
            (Method::GET, "https://api.example.com/v3.0/list", Missing::Method),
            (Method::POST, "https://api.example.com/v3.0/list/", Missing::Path),
            (Method::POST, "https://api.example.com/v3.0/tasks/", Missing::Path),
            (Method::POST, "https://api.example.com/v3.0/tasks/../list", Missing::AmbiguousPath),
            (Method::POST, "https://api.example.com/v3.0/tasks/%2E%2e/list", Missing::AmbiguousPath),
            (Method::POST, "https://api.example.com//v3.0/list", Missing::AmbiguousPath),
            (Method::POST, "https://api.example.com/v3.0/tasks/a%2fb", Missing::AmbiguousPath),
        ] {
            assert_eq!(missing(method, url), Some(expected), "{url}");
        }
    }

    #[test]
    fn of_several_grants_the_nearest_one_says_what_is_missing() {
        let grant = |method, path| Grant {
            methods: vec![method],
            paths: vec![PathRule::parse(path)],
            ..grants().remove(0)
        };
        let [first, second] = [grant(Method::GET, "/a"), grant(Method::POST, "/b")];
        let uri = "https://api.example.com/b".parse().unwrap();
        for grants in [vec![first.clone(), second.clone()], vec![second, first]] {
            let denial = decide(&grants, None, &Method::GET, &uri).unwrap_err();
            assert_eq!(denial.missing, Missing::Path);
            let denial = decide(&grants, None, &Method::PUT, &uri).unwrap_err();
            assert_eq!(denial.missing, Missing::Method);
            assert!(decide(&grants, None, &Method::POST, &uri).is_ok());
        }
    }

    #[test]
    fn a_denial_says_which_part_is_missing() {
        for (missing, words) in [
            (Missing::Scheme, "only https is"),
            (Missing::Authority, "a host name and an optional port"),
            (Missing::Origin, "no grant names this origin"),
            (Missing::Method, "names this method"),
            (Missing::Path, "names this path"),
            (Missing::AmbiguousPath, "dot segments"),
            (Missing::DryRun, "in a dry run"),
            (Missing::Resume, "waiting objects"),
        ] {
            let denial = Denial { method: "GET".to_owned(), url: "https://a.example/v1".to_owned(), missing };
            let message = denial.to_string();
            assert!(message.contains("`GET https://a.example/v1`") && message.contains(words), "{message}");
            let could_be = matches!(missing, Missing::Origin | Missing::Method | Missing::Path);
            assert_eq!(denial.would_be_granted_by().is_some(), could_be, "{missing:?}");
        }
    }

    #[test]
    fn nothing_is_granted_without_grants() {
        let uri = "https://api.example.com/v3.0/list".parse().unwrap();
        assert_eq!(decide(&[], None, &Method::POST, &uri).unwrap_err().missing, Missing::Origin);
    }

    #[test]
    fn in_a_dry_run_nothing_that_changes_something_is_granted() {
        let uri = "https://api.example.com/v3.0/list".parse().unwrap();
        let denial = decide(&grants(), Some(ReadOnly::DryRun), &Method::POST, &uri).unwrap_err();
        assert_eq!(denial.missing, Missing::DryRun);
        assert_eq!(denial.would_be_granted_by(), None);
        let reading = vec![Grant { changes: false, ..grants().remove(0) }];
        assert!(decide(&reading, Some(ReadOnly::DryRun), &Method::POST, &uri).is_ok());
        // A GET that changes something, and a request that one of two grants describes as a change.
        let deleting = Grant { methods: vec![Method::GET], ..grants().remove(0) };
        let reading = Grant { changes: false, ..deleting.clone() };
        for grants in
            [vec![deleting.clone()], vec![reading.clone(), deleting.clone()], vec![deleting, reading]]
        {
            assert!(decide(&grants, None, &Method::GET, &uri).is_ok());
            for (read_only, missing) in
                [(ReadOnly::DryRun, Missing::DryRun), (ReadOnly::Resume, Missing::Resume)]
            {
                let denial = decide(&grants, Some(read_only), &Method::GET, &uri).unwrap_err();
                assert_eq!((denial.missing, denial.would_be_granted_by()), (missing, None));
            }
        }
    }

    #[test]
    fn a_denial_prints_the_lines_that_would_grant_it() {
        let uri = "https://other.example/v1/x?key=1".parse().unwrap();
        let denial = decide(&grants(), None, &Method::GET, &uri).unwrap_err();
        assert_eq!(
            denial.would_be_granted_by().unwrap(),
            "egress:\n  - origin: https://other.example\n    methods: [GET]\n    changes: false\n    paths: [/v1/x]"
        );
        assert!(!denial.to_string().contains("key=1"));
    }

    #[test]
    fn the_lines_of_a_denial_grant_nothing_that_the_component_hid_in_its_request() {
        let lines = |method: &str, url: &str| {
            let method = method.parse().unwrap();
            decide(&grants(), None, &method, &url.parse().unwrap()).unwrap_err().would_be_granted_by()
        };
        assert!(lines("GET", "https://a.example/v1/a,/v1/b").unwrap().ends_with("paths: [\"/v1/a,/v1/b\"]"));
        assert!(lines("GET", "https://a.example/v1/a%20b").unwrap().ends_with("paths: [/v1/*]"));
        assert_eq!(lines("GET", "https://a.example/*"), None);
        assert_eq!(lines("PROPFIND", "https://a.example/v1"), None);
        assert_eq!(lines("TRACE", "https://a.example/v1"), None);
    }
}
