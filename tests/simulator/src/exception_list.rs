//! The exception list: a capacity for all types together, no expiry, and wildcards that decide whether a suspicious object is
//! covered (API reference, section 4). A full list takes nothing new. The clock is passed in.

use std::collections::HashMap;
use std::net::IpAddr;

use time::OffsetDateTime;

use crate::identifier::{Kind, Network};
use crate::submission::Submission;
use crate::suspicious_list::Full;

/// An object that the exception list holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Its kind.
    pub kind: Kind,
    /// Its value, as it was sent last.
    pub value: String,
    /// Its description, if it was sent with one.
    pub description: Option<String>,
    /// When it was added or updated last.
    pub last_modified: OffsetDateTime,
    /// The number of the change that made it what it is: unique, and rising.
    pub(crate) change: u64,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExceptionList {
    exceptions: HashMap<(Kind, String), Exception>,
    changes: u64,
}

impl ExceptionList {
    /// Adds or updates an exception; `keep` keeps the description of one that is added again without any.
    pub(crate) fn add(
        &mut self,
        submission: Submission,
        now: OffsetDateTime,
        keep: bool,
        capacity: Option<usize>,
    ) -> Result<(), Full> {
        let Submission { kind, value, description, .. } = submission;
        let key = (kind, kind.key(&value));
        let earlier = self.exceptions.get(&key);
        if earlier.is_none() && capacity.is_some_and(|capacity| self.exceptions.len() >= capacity) {
            return Err(Full);
        }
        let kept = earlier.filter(|_| keep).and_then(|earlier| earlier.description.clone());
        self.changes += 1;
        let exception = Exception {
            kind,
            value,
            description: description.or(kept),
            last_modified: now,
            change: self.changes,
        };
        self.exceptions.insert(key, exception);
        Ok(())
    }

    /// Deletes an exception; says whether there was one.
    pub(crate) fn delete(&mut self, kind: Kind, value: &str) -> bool {
        self.exceptions.remove(&(kind, kind.key(value))).is_some()
    }

    /// What the list holds, in no order.
    pub(crate) fn exceptions(&self) -> impl Iterator<Item = &Exception> {
        self.exceptions.values()
    }

    /// The exceptions that cover more than one value, for [`Self::covers`]: collected once for a whole page.
    pub(crate) fn patterns(&self) -> Patterns<'_> {
        let mut patterns = Patterns::default();
        for exception in self.exceptions.values() {
            match exception.kind {
                Kind::Url if exception.value.contains('*') => patterns.urls.push(&exception.value),
                Kind::Domain if exception.value.starts_with("*.") => patterns.domains.push(&exception.value),
                Kind::Ip => patterns.networks.extend(Network::parse(&exception.value)),
                _ => {}
            }
        }
        patterns
    }

    /// Whether an exception covers a suspicious object.
    pub(crate) fn covers(&self, patterns: &Patterns<'_>, kind: Kind, value: &str) -> bool {
        let by_pattern = match kind {
            Kind::Url => patterns.urls.iter().any(|pattern| url_matches(pattern, value)),
            Kind::Domain => patterns.domains.iter().any(|pattern| domain_matches(pattern, value)),
            Kind::Ip => value
                .parse::<IpAddr>()
                .is_ok_and(|address| patterns.networks.iter().any(|network| network.contains(address))),
            _ => false,
        };
        by_pattern || self.exceptions.contains_key(&(kind, kind.key(value)))
    }
}

/// The exceptions that cover more than one value.
#[derive(Debug, Default)]
pub(crate) struct Patterns<'a> {
    urls: Vec<&'a str>,
    domains: Vec<&'a str>,
    networks: Vec<Network>,
}

/// `*.example.com` covers every name below `example.com`, not that name itself.
fn domain_matches(pattern: &str, value: &str) -> bool {
    let pattern = pattern.to_lowercase();
    let value = value.to_lowercase();
    pattern.strip_prefix('*').is_some_and(|suffix| value.len() > suffix.len() && value.ends_with(suffix))
}

/// A pattern's pieces between its wildcards occur in order, the first at the beginning and the last at the end.
fn url_matches(pattern: &str, value: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| value.strip_prefix(first)) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn exception(kind: Kind, value: &str) -> Submission {
        Submission {
            kind,
            value: value.to_owned(),
            description: None,
            scan_action: None,
            risk_level: None,
            days: None,
        }
    }

    #[test]
    fn wildcards_and_ranges_cover() {
        let mut list = ExceptionList::default();
        for (kind, value) in [
            (Kind::Url, "https://*.example.com/path1/*"),
            (Kind::Url, "http://exact.example/"),
            (Kind::Domain, "*.Example.com"),
            (Kind::Domain, "other.example"),
            (Kind::Ip, "192.0.2.0/24"),
        ] {
            list.add(exception(kind, value), NOW, false, None).unwrap();
        }
        let patterns = list.patterns();
        for (kind, value, expected) in [
            (Kind::Url, "https://www.example.com/path1/a", true),
            (Kind::Url, "https://www.example.com/path1/", true),
            (Kind::Url, "https://www.example.com/path2/", false),
            (Kind::Url, "http://www.example.com/path1/", false),
            (Kind::Url, "http://exact.example/", true),
            (Kind::Url, "http://exact.example/a", false),
            (Kind::Domain, "a.b.example.com", true),
            (Kind::Domain, "example.com", false),
            (Kind::Domain, "OTHER.example", true),
            (Kind::Ip, "192.0.2.77", true),
            (Kind::Ip, "192.0.3.1", false),
        ] {
            assert_eq!(list.covers(&patterns, kind, value), expected, "{value}");
        }
    }

    #[test]
    fn a_full_list_takes_only_what_it_has() {
        let mut list = ExceptionList::default();
        list.add(exception(Kind::Domain, "a.example"), NOW, false, Some(1)).unwrap();
        assert_eq!(list.add(exception(Kind::Ip, "192.0.2.1"), NOW, false, Some(1)), Err(Full));
        list.add(exception(Kind::Domain, "A.example"), NOW, false, Some(1)).unwrap();
        assert!(list.delete(Kind::Domain, "a.EXAMPLE"));
        assert!(!list.delete(Kind::Domain, "a.example"));
    }
}
