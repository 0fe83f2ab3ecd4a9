//! What a network that is not plainly public is for, in one or two words.

use std::fmt;

/// The purpose of a special network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 0.0.0.0/8, ::
    Unspecified,
    /// 127.0.0.0/8, ::1
    Loopback,
    /// RFC 1918, fc00::/7, fec0::/10
    Private,
    /// 169.254.0.0/16, fe80::/10: also where cloud metadata services live
    LinkLocal,
    /// 100.64.0.0/10 (RFC 6598): also where some cloud metadata services live
    CarrierGrade,
    /// 224.0.0.0/4, ff00::/8
    Multicast,
    /// RFC 5737, RFC 3849, RFC 9637: examples in texts, never in use
    Documentation,
    /// RFC 2544, RFC 5180: networks of test laboratories
    Benchmarking,
    /// 255.255.255.255, 240.0.0.0/4, and IPv6 outside of 2000::/3
    Reserved,
    /// What belongs to a protocol: 192.0.0.0/24, 192.88.99.0/24, Teredo, ORCHID
    Special,
    /// fd00:ec2::254
    Metadata,
}

impl fmt::Display for Class {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Unspecified => "unspecified",
            Self::Loopback => "loopback",
            Self::Private => "private",
            Self::LinkLocal => "link-local",
            Self::CarrierGrade => "carrier-grade NAT",
            Self::Multicast => "multicast",
            Self::Documentation => "documentation",
            Self::Benchmarking => "benchmarking",
            Self::Reserved => "reserved",
            Self::Special => "special-purpose",
            Self::Metadata => "cloud metadata",
        })
    }
}
