//! What an object is to a list: the platform's types on one side, MISP's attribute types on the other.
//!
//! A type that is neither a host, an address, a URL, a sender nor a known hash is compared as a whole and in no other way.

use serde::{Deserialize, Serialize};

/// What the value of an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `FQDN`.
    Domain,
    /// `IP Address`, `IPv6 Address`.
    Address,
    /// `CIDR Block`.
    Network,
    /// `URL`.
    Url,
    /// `Email Address`.
    Mail,
    /// `MD5`.
    Md5,
    /// `SHA-1`.
    Sha1,
    /// `SHA-256`.
    Sha256,
    /// Everything else.
    Other,
}

impl Kind {
    /// The kind of a platform's type; the names are ThreatQ's, as every reader of collections gives them.
    pub(crate) fn of(subtype: &str) -> Self {
        match subtype {
            "FQDN" => Self::Domain,
            "IP Address" | "IPv6 Address" => Self::Address,
            "CIDR Block" => Self::Network,
            "URL" => Self::Url,
            "Email Address" => Self::Mail,
            "MD5" => Self::Md5,
            "SHA-1" => Self::Sha1,
            "SHA-256" => Self::Sha256,
            _ => Self::Other,
        }
    }

    /// What a list must be about to say something of objects of this kind.
    pub(crate) const fn about(self) -> About {
        match self {
            Self::Domain => About::DOMAIN,
            Self::Address | Self::Network => About::ADDRESS,
            Self::Url => About::URL,
            Self::Mail => About::MAIL,
            Self::Md5 => About::MD5,
            Self::Sha1 => About::SHA1,
            Self::Sha256 => About::SHA256,
            Self::Other => About::OTHER,
        }
    }
}

/// The kinds of objects that a list is about, as a set of bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct About(u16);

impl About {
    pub(crate) const NOTHING: Self = Self(0);
    pub(crate) const DOMAIN: Self = Self(1);
    pub(crate) const ADDRESS: Self = Self(1 << 1);
    pub(crate) const URL: Self = Self(1 << 2);
    pub(crate) const MAIL: Self = Self(1 << 3);
    pub(crate) const MD5: Self = Self(1 << 4);
    pub(crate) const SHA1: Self = Self(1 << 5);
    pub(crate) const SHA256: Self = Self(1 << 6);
    pub(crate) const OTHER: Self = Self(1 << 7);
    /// A list without `matching_attributes` is about everything.
    pub(crate) const EVERYTHING: Self = Self((1 << 8) - 1);

    /// What MISP's attribute types stand for; composite ones (`domain|ip`) for each of their parts.
    pub(crate) fn of_attributes<'a>(attributes: impl IntoIterator<Item = &'a str>) -> Self {
        attributes.into_iter().flat_map(|attribute| attribute.split('|')).fold(Self::NOTHING, |all, part| {
            all.and(match part.trim().to_ascii_lowercase().as_str() {
                "all" => Self::EVERYTHING,
                "domain" | "hostname" => Self::DOMAIN,
                "ip" | "ip-src" | "ip-dst" => Self::ADDRESS,
                "url" | "uri" | "link" => Self::URL,
                "email" | "email-src" | "email-dst" | "email-reply-to" | "target-email" => Self::MAIL,
                "md5" | "malware-sample" => Self::MD5,
                "sha1" => Self::SHA1,
                "sha256" => Self::SHA256,
                _ => Self::OTHER,
            })
        })
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn touches(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attribute_types_say_what_a_list_is_about() {
        let about = About::of_attributes(["hostname", "domain|ip", "filename|sha256"]);
        for kind in [Kind::Domain, Kind::Address, Kind::Network, Kind::Sha256, Kind::Other] {
            assert!(about.touches(kind.about()), "{kind:?}");
        }
        for kind in [Kind::Url, Kind::Mail, Kind::Md5, Kind::Sha1] {
            assert!(!about.touches(kind.about()), "{kind:?}");
        }
    }

    /// Every type of a platform, and the attributes of lists that are about it.
    const KINDS: [(&str, Kind, &[&str]); 9] = [
        ("FQDN", Kind::Domain, &["domain", "hostname"]),
        ("IP Address", Kind::Address, &["ip", "ip-src", "ip-dst"]),
        ("CIDR Block", Kind::Network, &["ip", "ip-src", "ip-dst"]),
        ("URL", Kind::Url, &["url", "uri", "link"]),
        ("Email Address", Kind::Mail, &["email", "email-src", "email-dst", "email-reply-to", "target-email"]),
        ("MD5", Kind::Md5, &["md5", "malware-sample"]),
        ("SHA-1", Kind::Sha1, &["sha1"]),
        ("SHA-256", Kind::Sha256, &["sha256"]),
        ("Filename", Kind::Other, &["filename", "x509-fingerprint-sha1"]),
    ];

    #[test]
    fn a_list_is_about_the_kinds_that_its_attributes_name_and_no_others() {
        for (subtype, kind, attributes) in KINDS {
            assert_eq!(Kind::of(subtype), kind);
            for attribute in attributes {
                let about = About::of_attributes([*attribute]);
                for (_, other, of_other) in KINDS {
                    assert_eq!(
                        about.touches(other.about()),
                        of_other.contains(attribute),
                        "{attribute} {other:?}"
                    );
                }
            }
            assert!(!About::NOTHING.touches(kind.about()), "{subtype}");
            assert!(About::EVERYTHING.touches(kind.about()), "{subtype}");
            assert!(About::of_attributes(["ALL"]).touches(kind.about()), "{subtype}");
        }
        assert_eq!(Kind::of("IPv6 Address"), Kind::Address);
        assert_eq!(About::of_attributes([]), About::NOTHING);
    }

    #[test]
    fn what_two_attributes_are_about_is_the_union() {
        let twice = About::of_attributes(["domain", "hostname", "domain|ip"]);
        assert_eq!(twice, About::DOMAIN.and(About::ADDRESS));
    }

    #[test]
    fn a_fingerprint_of_a_certificate_is_not_taken_for_the_hash_of_a_file() {
        assert!(!About::of_attributes(["x509-fingerprint-sha1"]).touches(Kind::Sha1.about()));
    }
}
