//! What people call types in CSV files, and what ThreatQ calls them.

use crate::guess::{address, hash, subtype};

/// ThreatQ's name for a type as a file gives it, in view of the value: `ip` is said of both families and of blocks, and
/// `hash` and `file` of every length. A name that is not known stays as it is.
#[must_use]
pub(crate) fn threatq_name(given: &str, value: &str) -> String {
    type_by_name(given, value).map_or_else(|| given.trim().to_owned(), str::to_owned)
}

/// The same, for names that are known only.
#[must_use]
pub(crate) fn type_by_name(given: &str, value: &str) -> Option<&'static str> {
    let name = letters_and_digits(given);
    by_name(&name, value).or_else(|| by_name(name.strip_suffix('s')?, value))
}

fn by_name(name: &str, value: &str) -> Option<&'static str> {
    // Zeek's `Intel::ADDR`.
    let name = name.strip_prefix("intel").unwrap_or(name);
    match name {
        "domain" | "domainname" | "domainnamevalue" | "fqdn" | "hostnamevalue" | "xopenctihostname"
        | "networkdomain" | "maliciousdomain" | "c2domain" => Some(subtype::FQDN),
        "host" | "hostname" | "hostdomain" => Some(address(value).unwrap_or(subtype::FQDN)),
        "ip" | "ipaddr" | "ipaddress" | "ipdst" | "ipsrc" | "ipv4" | "ipv4addr" | "ipv4address"
        | "ipv4addrvalue" | "dstip" | "srcip" | "destip" | "destinationip" | "sourceip" | "ipport"
        | "ipv4port" | "ipdstport" | "ipsrcport" | "ipaddressv4" | "networkip" | "maliciousip" | "c2ip"
        | "addr" | "address" | "ipv4v6" | "ipaddressport" => {
            Some(address(value).unwrap_or(subtype::IP_ADDRESS))
        }
        "ipv6" | "ipv6addr" | "ipv6address" | "ipv6addrvalue" | "ipaddressv6" | "ipv6port" => {
            Some(address(value).unwrap_or(subtype::IPV6_ADDRESS))
        }
        "cidr" | "cidrblock" | "ipv4cidr" | "ipv6cidr" | "network" | "subnet" | "ipcidr" | "netblock"
        | "iprange" | "cidrrange" => Some(address(value).unwrap_or(subtype::CIDR_BLOCK)),
        "uri" | "url" | "urlvalue" | "urladdress" | "maliciousurl" | "c2url" => Some(subtype::URL),
        // Not `email-dst`: a recipient is no sender.
        "email" | "emailaddr" | "emailaddress" | "emailaddrvalue" | "emailsender" | "emailsrc" | "mail"
        | "mailaddress" | "mailto" | "sender" | "senderaddress" | "senderemail" | "sendermailaddress"
        | "emailfrom" | "mailfrom" => Some(subtype::EMAIL_ADDRESS),
        "hash" | "filehash" | "samplehash" | "malwarehash" | "hashe" | "filehashe" | "checksum" => {
            hash(value)
        }
        "filename" => Some(subtype::FILENAME),
        "file" | "stixfile" | "sample" => Some(hash(value).unwrap_or(subtype::FILENAME)),
        _ => hash_by_name(name),
    }
}

/// The type of a hash by its name, with or without the words that people put around it: `FileHash-SHA256`, `sha256sum`.
fn hash_by_name(name: &str) -> Option<&'static str> {
    const AROUND: &[&str] =
        &["file", "filehash", "filehashes", "hash", "hashes", "sample", "malware", "payload", "sum", "value"];
    for (algorithm, kind) in [
        ("sha256", subtype::SHA_256),
        ("sha384", subtype::SHA_384),
        ("sha512", subtype::SHA_512),
        ("sha1", subtype::SHA_1),
        ("md5", subtype::MD5),
    ] {
        if let Some((before, behind)) = name.split_once(algorithm) {
            let is_plain = |part: &str| part.is_empty() || AROUND.contains(&part);
            return (is_plain(before) && is_plain(behind)).then_some(kind);
        }
    }
    None
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
            ("file", "d41d8cd98f00b204e9800998ecf8427e", "MD5"),
            ("file", "setup.exe", "Filename"),
            ("ip:port", "192.0.2.1:443", "IP Address"),
            ("Host", "192.0.2.1", "IP Address"),
            ("sha256sum", "x", "SHA-256"),
            ("sha256_hash", "x", "SHA-256"),
            ("domains", "x", "FQDN"),
            ("Intel::ADDR", "192.0.2.1", "IP Address"),
            ("Intel::FILE_HASH", "d41d8cd98f00b204e9800998ecf8427e", "MD5"),
            ("Intel::CERT_HASH", "d41d8cd98f00b204e9800998ecf8427e", "Intel::CERT_HASH"),
            ("CertificateSha1", "x", "CertificateSha1"),
            ("imphash", "d41d8cd98f00b204e9800998ecf8427e", "imphash"),
            (" Mutex ", "x", "Mutex"),
        ] {
            assert_eq!(threatq_name(given, value), expected, "{given} {value}");
        }
    }
}
