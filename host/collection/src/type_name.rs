//! What people call types in CSV files, and what ThreatQ calls them.

use crate::guess::{address, hash, subtype};

/// ThreatQ's name for a type as a file gives it, in view of the value: `ip` is said of both families and of blocks, and
/// `hash` of every length. A name that is not known stays as it is.
#[must_use]
pub(crate) fn threatq_name(given: &str, value: &str) -> String {
    let known = match letters_and_digits(given).as_str() {
        "domain" | "domainname" | "domainnamevalue" | "fqdn" | "host" | "hostname" => Some(subtype::FQDN),
        "ip" | "ipaddr" | "ipaddress" | "ipdst" | "ipsrc" | "ipv4" | "ipv4addr" | "ipv4address"
        | "ipv4addrvalue" | "dstip" | "srcip" => Some(address(value).unwrap_or(subtype::IP_ADDRESS)),
        "ipv6" | "ipv6addr" | "ipv6address" | "ipv6addrvalue" => {
            Some(address(value).unwrap_or(subtype::IPV6_ADDRESS))
        }
        "cidr" | "cidrblock" | "ipv4cidr" | "ipv6cidr" | "network" | "subnet" => Some(subtype::CIDR_BLOCK),
        "uri" | "url" | "urlvalue" => Some(subtype::URL),
        // Not `email-dst`: a recipient is no sender.
        "email" | "emailaddr" | "emailaddress" | "emailaddrvalue" | "emailsender" | "emailsrc" | "mail"
        | "sender" | "sendermailaddress" => Some(subtype::EMAIL_ADDRESS),
        "md5" | "filemd5" | "filehashmd5" | "filehashesmd5" | "hashmd5" => Some(subtype::MD5),
        "sha1" | "filesha1" | "filehashsha1" | "filehashessha1" | "hashsha1" => Some(subtype::SHA_1),
        "sha256" | "filesha256" | "filehashsha256" | "filehashessha256" | "hashsha256" => {
            Some(subtype::SHA_256)
        }
        "sha384" => Some(subtype::SHA_384),
        "sha512" | "filehashsha512" | "filehashessha512" => Some(subtype::SHA_512),
        "filename" => Some(subtype::FILENAME),
        "hash" | "filehash" => hash(value),
        _ => None,
    };
    known.map_or_else(|| given.trim().to_owned(), str::to_owned)
}

/// The type of a value in a column that is named after what it holds; hosts go by name or by address.
#[must_use]
pub(crate) fn type_of_column(name: &str, value: &str) -> String {
    match letters_and_digits(name).as_str() {
        "host" | "hostname" => address(value).unwrap_or(subtype::FQDN).to_owned(),
        _ => threatq_name(name, value),
    }
}

/// A name without the marks by which its spellings differ, in lower case: `SHA-256`, `sha_256` and `Sha 256` are one.
#[must_use]
pub(crate) fn letters_and_digits(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_other_platforms_become_those_of_threatq() {
        for (given, value, expected) in [
            ("domain", "evil.example", "FQDN"),
            ("HostName", "evil.example", "FQDN"),
            ("domain-name", "evil.example", "FQDN"),
            ("ip", "192.0.2.1", "IP Address"),
            ("ipv4", "192.0.2.1", "IP Address"),
            ("ip-dst", "2001:db8::1", "IPv6 Address"),
            ("ip", "192.0.2.0/24", "CIDR Block"),
            ("ip", "not an address", "IP Address"),
            ("IP Address", "192.0.2.1", "IP Address"),
            ("uri", "http://evil.example", "URL"),
            ("email-src", "a@evil.example", "Email Address"),
            ("email-dst", "victim@example.com", "email-dst"),
            ("sha-1", "x", "SHA-1"),
            ("FileHash-SHA256", "x", "SHA-256"),
            ("file:hashes.'SHA-256'", "x", "SHA-256"),
            ("hash", "d41d8cd98f00b204e9800998ecf8427e", "MD5"),
            ("hash", "x", "hash"),
            (" Mutex ", "x", "Mutex"),
        ] {
            assert_eq!(threatq_name(given, value), expected, "{given} {value}");
        }
    }
}
