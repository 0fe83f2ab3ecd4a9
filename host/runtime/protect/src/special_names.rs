//! Names that belong to nobody, or to everybody's own network: IANA's *Special-Use Domain Names* (RFC 6761), and what is
//! set aside in the same way elsewhere.
//!
//! `.onion` is left out: it is special to resolvers only, and a service below it is a common indicator.

/// One name, with everything below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SpecialName {
    /// Lower-case A-labels.
    pub(crate) name: &'static str,
    /// Whether the name is only ever an example in a text.
    pub(crate) example: bool,
}

const fn used(name: &'static str) -> SpecialName {
    SpecialName { name, example: false }
}

const fn example(name: &'static str) -> SpecialName {
    SpecialName { name, example: true }
}

static SPECIAL_NAMES: [SpecialName; 34] = [
    used("localhost"),
    used("localdomain"),
    used("local"),
    used("internal"),
    used("home.arpa"),
    used("test"),
    used("invalid"),
    used("alt"),
    used("ipv4only.arpa"),
    used("resolver.arpa"),
    used("service.arpa"),
    example("example"),
    example("example.com"),
    example("example.net"),
    example("example.org"),
    // The reverse zones of private addresses (RFC 6303).
    used("10.in-addr.arpa"),
    used("168.192.in-addr.arpa"),
    used("254.169.in-addr.arpa"),
    used("16.172.in-addr.arpa"),
    used("17.172.in-addr.arpa"),
    used("18.172.in-addr.arpa"),
    used("19.172.in-addr.arpa"),
    used("20.172.in-addr.arpa"),
    used("21.172.in-addr.arpa"),
    used("22.172.in-addr.arpa"),
    used("23.172.in-addr.arpa"),
    used("24.172.in-addr.arpa"),
    used("25.172.in-addr.arpa"),
    used("26.172.in-addr.arpa"),
    used("27.172.in-addr.arpa"),
    used("28.172.in-addr.arpa"),
    used("29.172.in-addr.arpa"),
    used("30.172.in-addr.arpa"),
    used("31.172.in-addr.arpa"),
];

/// The special name that `suffix` is; suffixes come from [`crate::canonical::name::suffixes`].
pub(crate) fn find(suffix: &str) -> Option<&'static SpecialName> {
    SPECIAL_NAMES.iter().find(|special| special.name == suffix)
}
