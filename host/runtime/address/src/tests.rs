//! Tests of the table: which address is of which class, and that networks agree with their addresses.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

fn class(text: &str) -> Option<Class> {
    special(text.parse().unwrap()).map(|special| special.class)
}

fn overlap(text: &str) -> Option<String> {
    overlapping(text.parse().unwrap()).map(|special| special.network.to_string())
}

#[test]
fn public_addresses_are_in_no_network_of_the_table() {
    for text in [
        "8.8.8.8",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "2606:4700:4700::1111",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ] {
        assert_eq!(class(text), None, "{text}");
    }
}

#[test]
fn each_class_is_told_by_its_name() {
    for (text, expected) in [
        ("0.0.0.0", Class::Unspecified),
        ("127.0.0.1", Class::Loopback),
        ("127.255.255.254", Class::Loopback),
        ("10.1.2.3", Class::Private),
        ("172.31.255.255", Class::Private),
        ("192.168.0.1", Class::Private),
        ("169.254.169.254", Class::LinkLocal),
        ("100.100.100.200", Class::CarrierGrade),
        ("224.0.0.1", Class::Multicast),
        ("239.255.255.250", Class::Multicast),
        ("255.255.255.255", Class::Reserved),
        ("192.0.2.1", Class::Documentation),
        ("203.0.113.9", Class::Documentation),
        ("198.19.255.255", Class::Benchmarking),
        ("192.0.0.8", Class::Special),
        ("::", Class::Unspecified),
        ("::1", Class::Loopback),
        ("::2", Class::Unspecified),
        ("::ffff:127.0.0.1", Class::Loopback),
        ("::ffff:10.0.0.1", Class::Private),
        ("::7f00:1", Class::Loopback),
        ("64:ff9b::a00:1", Class::Private),
        ("64:ff9b:1::1", Class::Special),
        ("2002:7f00:1::", Class::Loopback),
        ("fd00:ec2::254", Class::Metadata),
        ("fd12::1", Class::Private),
        ("fe80::1", Class::LinkLocal),
        ("fec0::1", Class::Private),
        ("ff02::1", Class::Multicast),
        ("2001::1", Class::Special),
        ("2001:2::1", Class::Benchmarking),
        ("2001:db8::1", Class::Documentation),
        ("3fff::1", Class::Documentation),
        ("1::1", Class::Reserved),
        ("4000::1", Class::Reserved),
        ("9000::1", Class::Reserved),
    ] {
        assert_eq!(class(text), Some(expected), "{text}");
    }
}

#[test]
fn a_network_overlaps_what_holds_it_and_what_it_holds() {
    for (text, expected) in [
        ("10.1.0.0/16", Some("10.0.0.0/8")),
        ("8.0.0.0/6", Some("10.0.0.0/8")),
        ("0.0.0.0/0", Some("224.0.0.0/4")),
        ("::ffff:10.0.0.0/104", Some("10.0.0.0/8")),
        ("2002:a00::/24", Some("10.0.0.0/8")),
        ("2001:db8:1::/48", Some("2001:db8::/32")),
        ("::/0", Some("8000::/1")),
        ("8.8.8.0/24", None),
        ("2606:4700::/32", None),
    ] {
        assert_eq!(overlap(text).as_deref(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn an_address_inside_ipv6_is_judged_as_itself(bits: u32) {
        let inner = Ipv4Addr::from(bits);
        prop_assert_eq!(special(IpAddr::V6(inner.to_ipv6_mapped())), special(IpAddr::V4(inner)));
    }

    #[test]
    fn an_address_is_judged_as_the_network_of_this_one_address(bits: u128, four: u32) {
        for address in [IpAddr::from(bits.to_be_bytes()), IpAddr::from(four.to_be_bytes())] {
            prop_assert_eq!(special(address), overlapping(IpNet::from(address)));
        }
    }
}
