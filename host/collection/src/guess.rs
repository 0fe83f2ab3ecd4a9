//! The type of a bare value: for text, and for CSV without a type. Nothing is guessed that is not plainly of its type;
//! a name counts as a domain only where its top level is on the public suffix list.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use idna::AsciiDenyList;
use psl::{List, Psl};

/// ThreatQ's type names for what the formats hold.
pub(crate) mod subtype {
    pub(crate) const FQDN: &str = "FQDN";
    pub(crate) const IP_ADDRESS: &str = "IP Address";
    pub(crate) const IPV6_ADDRESS: &str = "IPv6 Address";
    pub(crate) const CIDR_BLOCK: &str = "CIDR Block";
    pub(crate) const URL: &str = "URL";
    pub(crate) const EMAIL_ADDRESS: &str = "Email Address";
    pub(crate) const MD5: &str = "MD5";
    pub(crate) const SHA_1: &str = "SHA-1";
    pub(crate) const SHA_256: &str = "SHA-256";
    pub(crate) const SHA_384: &str = "SHA-384";
    pub(crate) const SHA_512: &str = "SHA-512";
    pub(crate) const FILENAME: &str = "Filename";
}

/// Longest domain name in text form, RFC 1035.
const DOMAIN_CHARACTERS: usize = 253;
/// Longest label of a domain name, RFC 1035.
const LABEL_CHARACTERS: usize = 63;
/// Longest local part of an e-mail address, RFC 5321.
const LOCAL_PART_CHARACTERS: usize = 64;

/// Endings that are no top-level domain and that lists of indicators name files with.
const FILE_EXTENSIONS: &[&str] = &[
    "7z", "apk", "bat", "bin", "cmd", "dat", "dll", "dmg", "doc", "docm", "docx", "elf", "exe", "gz", "hta",
    "htm", "html", "img", "iso", "jar", "js", "jse", "jsp", "lnk", "log", "msi", "ocx", "pdf", "php", "png",
    "ppt", "pptx", "ps1", "rar", "rtf", "scr", "sys", "tar", "tmp", "txt", "vbe", "vbs", "vhd", "wsf", "xls",
    "xlsm", "xlsx", "xml",
];

/// Top-level domains that are endings of files as well. `app`, `pl`, `rs` and `so` are not among them: in published lists
/// (71 of 6,908 entries of one) they end names of hosts, and no file.
const AMBIGUOUS_EXTENSIONS: &[&str] = &["cab", "java", "map", "md", "mov", "ps", "py", "sh", "zip"];

/// First labels of the names that scanners give to malware, written with a capital: `Trojan.Win32.Agent.ms`.
const DETECTION_PREFIXES: &[&str] = &[
    "adware",
    "android",
    "backdoor",
    "downloader",
    "dropper",
    "exploit",
    "gen",
    "hacktool",
    "heur",
    "html",
    "js",
    "linux",
    "msil",
    "osx",
    "pua",
    "pup",
    "ransom",
    "riskware",
    "spyware",
    "trojan",
    "vbs",
    "virtool",
    "virus",
    "w32",
    "w64",
    "win",
    "win32",
    "win64",
    "worm",
];

/// What is expected where nothing is known about a value but itself.
pub(crate) const NOT_A_VALUE: &str = "expected a domain, address, URL, e-mail address or hash";

/// Why a name is not guessed, and what to do about it.
pub(crate) const AMBIGUOUS_NAME: &str = "a name that may be a file or a domain, expected its type beside it: \
    a CSV with the columns `value,type`, or a URL with its scheme";

/// Why a name is not guessed that is under no top-level domain that anybody can register.
pub(crate) const UNLISTED_NAME: &str = "a name under a top level that is not on the public suffix list, expected its type \
    beside it: a CSV with the columns `value,type`";

/// Why something that would be a value is none without its type beside it.
pub(crate) fn reason_against(value: &str) -> Option<&'static str> {
    if is_ambiguous_name(value) {
        return Some(AMBIGUOUS_NAME);
    }
    is_unlisted_name(value).then_some(UNLISTED_NAME)
}

/// Whether a name, or the host of a URL without a scheme, may be a file, a program or the name of malware just as well:
/// `invoice.zip`, `setup.v2.py`, `com.evil.app`, `Trojan.Win32.Agent.ms`. Behind `www.` it is a host.
pub(crate) fn is_ambiguous_name(value: &str) -> bool {
    let (authority, _) = split_authority(value);
    let host = split_port(authority).map_or(authority, |(host, _)| host);
    let Some((stem, extension)) = host.strip_suffix('.').unwrap_or(host).rsplit_once('.') else {
        return false;
    };
    let (first, is_long) = stem.split_once('.').map_or((stem, false), |(first, _)| (first, true));
    let is_one_of = |known: &[&str], label: &str| known.iter().any(|known| known.eq_ignore_ascii_case(label));
    let is_package =
        is_long && is_one_of(&["com", "net", "org"], first) && is_one_of(&["app", "apk"], extension);
    // Parts of programs, written so: `System.IO`, `ASP.NET`.
    let is_program = ["System", "Microsoft", "ASP"].contains(&first)
        && extension.starts_with(|next: char| next.is_ascii_uppercase());
    let is_detection = is_long
        && first.starts_with(|first: char| first.is_ascii_uppercase())
        && is_one_of(DETECTION_PREFIXES, first);
    !has_scheme(value)
        && !value.contains('@')
        && !stem.is_empty()
        && !is_one_of(&["www", "*"], first)
        && (is_one_of(AMBIGUOUS_EXTENSIONS, extension) || is_package || is_program || is_detection)
}

/// Whether it is a name in all respects but that its last label is not a top-level domain: `evil.bit`.
fn is_unlisted_name(value: &str) -> bool {
    let name = value.strip_suffix('.').unwrap_or(value);
    let is_top_level = |last: &str| last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic());
    !name.starts_with('-')
        && !name.contains(is_typographic)
        && ascii(name).is_some_and(|name| {
            name.contains('.')
                && is_name(&name)
                && name.rsplit('.').next().is_some_and(is_top_level)
                && !is_domain(&name)
                && !is_filename(&name)
        })
}

/// Whether `://` stands behind a scheme, not in a path or a query.
pub(crate) fn has_scheme(value: &str) -> bool {
    let scheme = value.find("://");
    scheme.is_some_and(|at| value.find(['/', '?', '#']).is_none_or(|mark| mark > at))
}

/// ThreatQ's name for the type of a value without white space, if it is plainly of one.
#[must_use]
pub fn guess(value: &str) -> Option<&'static str> {
    if value.is_empty() || value.chars().any(|character| character.is_whitespace() || character.is_control())
    {
        return None;
    }
    if has_scheme(value) {
        return is_url_with_scheme(value).then_some(subtype::URL);
    }
    if is_ambiguous_name(value) {
        return None;
    }
    hash(value)
        .or_else(|| address(value))
        .or_else(|| (is_email_address(value)).then_some(subtype::EMAIL_ADDRESS))
        .or_else(|| is_domain(value).then_some(subtype::FQDN))
        .or_else(|| is_url_without_scheme(value).then_some(subtype::URL))
        .or_else(|| is_filename(value).then_some(subtype::FILENAME))
}

/// The type of an address: one of IPv4, one of IPv6, or a block of either. A port, brackets and a zone change nothing: what
/// becomes of them is the same for every format, and decided elsewhere.
#[must_use]
pub(crate) fn address(value: &str) -> Option<&'static str> {
    if value.parse::<Ipv4Addr>().is_ok() {
        return Some(subtype::IP_ADDRESS);
    }
    if let Ok(address) = value.parse::<Ipv6Addr>() {
        // `::` is an address, and in prose it is a mark.
        return (!address.is_unspecified()).then_some(subtype::IPV6_ADDRESS);
    }
    if let Some((address, zone)) = value.split_once('%') {
        let is_zoned = address.parse::<Ipv6Addr>().is_ok()
            && !zone.is_empty()
            && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.');
        return is_zoned.then_some(subtype::IPV6_ADDRESS);
    }
    let Some((network, prefix)) = value.split_once('/') else {
        let (host, _) = split_port(value).filter(|(host, _)| is_address(host))?;
        return Some(if host.starts_with('[') { subtype::IPV6_ADDRESS } else { subtype::IP_ADDRESS });
    };
    let longest = if network.parse::<IpAddr>().ok()?.is_ipv4() { 32 } else { 128 };
    let digits = !prefix.is_empty() && prefix.bytes().all(|byte| byte.is_ascii_digit());
    (digits && prefix.parse::<u8>().is_ok_and(|prefix| prefix <= longest)).then_some(subtype::CIDR_BLOCK)
}

/// The type of a hash, by its length.
#[must_use]
pub(crate) fn hash(value: &str) -> Option<&'static str> {
    if !value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match value.len() {
        32 => Some(subtype::MD5),
        40 => Some(subtype::SHA_1),
        64 => Some(subtype::SHA_256),
        96 => Some(subtype::SHA_384),
        128 => Some(subtype::SHA_512),
        _ => None,
    }
}

/// Top-level domains that no registry gives out and that real names end in all the same: those of RFC 2606, RFC 6762
/// (section 3 and appendix G), RFC 7686 and the one that ICANN reserves for private use.
pub(crate) const SPECIAL_USE: &[&str] = &[
    "corp",
    "example",
    "home",
    "internal",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "onion",
    "private",
    "test",
];

/// A name of at least two labels under a known top-level domain, with or without `*.` in front and a dot behind.
pub(crate) fn is_domain(value: &str) -> bool {
    let name = value.strip_prefix("*.").unwrap_or(value);
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.starts_with('-') || name.contains(is_typographic) {
        return false;
    }
    let Some(name) = ascii(name) else { return false };
    let name = name.to_ascii_lowercase();
    let is_known = List.suffix(name.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let is_special = name.rsplit('.').next().is_some_and(|last| SPECIAL_USE.contains(&last));
    is_name(&name) && name.contains('.') && (is_known || is_special)
}

/// The name in ASCII; none for what cannot be a name. Underscores are let through: they occur in real names.
fn ascii(name: &str) -> Option<Cow<'_, str>> {
    if name.is_ascii() {
        return Some(Cow::Borrowed(name));
    }
    idna::domain_to_ascii_cow(name.as_bytes(), AsciiDenyList::EMPTY).ok()
}

/// Quotes, dashes, ellipses and other marks that programs for text put in; IDNA would make part of a name of some of them.
pub(crate) fn is_typographic(character: char) -> bool {
    matches!(
        character,
        '\u{00A1}'..='\u{00A9}' | '\u{00AB}' | '\u{00AC}' | '\u{00AE}'..='\u{00B1}' | '\u{00B4}' | '\u{00B6}' | '\u{00B8}'
        | '\u{00BB}' | '\u{00BF}' | '\u{2010}'..='\u{205E}' | '\u{2190}'..='\u{21FF}' | '\u{2E00}'..='\u{2E7F}'
        | '\u{3001}' | '\u{3008}'..='\u{3020}' | '\u{FF01}'..='\u{FF0D}' | '\u{FF0F}' | '\u{FF1A}'..='\u{FF20}'
        | '\u{FF3B}'..='\u{FF40}' | '\u{FF5B}'..='\u{FF60}' | '\u{FF62}'..='\u{FF64}'
    )
}

/// Labels of letters, digits, `-` and `_`, the last one not a number. Hyphens at the ends of a label are let through: the DNS
/// resolves such names.
fn is_name(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_CHARACTERS
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= DOMAIN_CHARACTERS
        && name.split('.').all(is_label)
        && name.rsplit('.').next().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()))
}

/// One `@` between a local part without a slash and a domain.
fn is_email_address(value: &str) -> bool {
    let Some((local, domain)) = value.split_once('@') else { return false };
    let is_local = |character: char| character.is_alphanumeric() || "!#$%&'*+-=?^_`{|}~.".contains(character);
    !local.is_empty()
        && local.chars().count() <= LOCAL_PART_CHARACTERS
        && local.chars().all(is_local)
        && !domain.starts_with("*.")
        && !domain.ends_with('.')
        && is_domain(domain)
}

/// Characters that no URL has, and that quotes, markup and two values that ran together leave in it.
fn is_foreign_to_urls(character: char) -> bool {
    matches!(
        character,
        '"' | '`' | '<' | '>' | '\u{2018}'
            ..='\u{201F}' | '\u{2026}' | '\u{2039}' | '\u{203A}' | '\u{00AB}' | '\u{00BB}'
    )
}

/// A scheme, `://` and a host: a name of any kind, or an address, which may be a number (`http://0x7f.0.0.1/`).
fn is_url_with_scheme(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let (authority, path) = split_authority(rest);
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let is_number = |host: &str| host.split('.').all(is_numeric) && host.split('.').count() <= 4;
    is_scheme
        && !path.starts_with("//")
        && !value.contains(is_foreign_to_urls)
        && has_balanced_brackets(path)
        && split_port(host.strip_suffix(':').unwrap_or(host)).is_some_and(|(host, _)| {
            let name = host.strip_suffix('.').unwrap_or(host);
            is_address(host)
                || is_number(host)
                || !name.contains(is_typographic) && ascii(name).is_some_and(|name| is_name(&name))
        })
}

/// A number in decimal, or in hexadecimal behind `0x`.
fn is_numeric(part: &str) -> bool {
    let hexadecimal = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    match hexadecimal {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// A host with a path, a port or a query: `host.example/x`, `192.0.2.1:8080`, `host:8080/x`. A name of one label needs
/// both port and path, or every `and/or` of a text would be one.
fn is_url_without_scheme(value: &str) -> bool {
    let (authority, path) = split_authority(value);
    let Some((host, port)) = split_port(authority).filter(|_| !path.starts_with('#')) else { return false };
    let is_bad_block =
        path.strip_prefix('/').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    let is_host = is_address(host) && (port.is_some() || !is_bad_block)
        || !host.starts_with("*.") && is_domain(host)
        || port.is_some() && !path.is_empty() && is_name(host);
    is_host
        && (port.is_some() || !path.is_empty())
        && !value.contains(is_foreign_to_urls)
        && has_balanced_brackets(path)
}

/// What stands before the first `/`, `?` or `#`, and the rest from there on.
fn split_authority(rest: &str) -> (&str, &str) {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest.split_at_checked(end).unwrap_or((rest, ""))
}

/// Host and port; none where the port is no number. The brackets around an IPv6 address are part of the host.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    if authority.ends_with(']') {
        return Some((authority, None));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((authority, None)),
    }
}

/// An IPv4 address, or an IPv6 address in brackets.
fn is_address(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok()
        || host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
}

/// Links in markup, `http://host.example/[its title]`, break in the middle of the bracket; queries such as `a[]=1` do not.
fn has_balanced_brackets(path: &str) -> bool {
    path.matches('[').count() == path.matches(']').count()
}

/// A name with one of the endings that files have and domains have not.
fn is_filename(value: &str) -> bool {
    value.rsplit_once('.').is_some_and(|(stem, extension)| {
        !stem.is_empty()
            && !stem.contains(['/', ':', '[', ']', '<', '>', '"', '|', '*', '?', '@'])
            && FILE_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_told_apart() {
        for (value, expected) in [
            ("192.0.2.1", Some("IP Address")),
            ("2001:db8::1", Some("IPv6 Address")),
            ("192.0.2.0/24", Some("CIDR Block")),
            ("2001:db8::/32", Some("CIDR Block")),
            ("evil.example.com", Some("FQDN")),
            ("evil.example", Some("FQDN")),
            ("printer.corp", Some("FQDN")),
            ("*.evil.com", Some("FQDN")),
            ("evil.com.", Some("FQDN")),
            ("EVIL.COM", Some("FQDN")),
            ("_dmarc.evil.com", Some("FQDN")),
            ("пример.рф", Some("FQDN")),
            ("xn--e1afmkfd.xn--p1ai", Some("FQDN")),
            ("user.name+tag@evil.com", Some("Email Address")),
            ("http://evil.example/a?b=c#d", Some("URL")),
            ("https://user:pw@evil.com:8443/x", Some("URL")),
            ("ftp://localhost/x", Some("URL")),
            ("http://[2001:db8::1]:80/", Some("URL")),
            ("evil.com/path", Some("URL")),
            ("evil.com:8080", Some("URL")),
            ("host:8080/x", Some("URL")),
            ("192.0.2.1:8080", Some("IP Address")),
            ("[2001:db8::1]:443", Some("IPv6 Address")),
            ("[2001:db8::1]", Some("IPv6 Address")),
            ("fe80::1%eth0", Some("IPv6 Address")),
            ("evil.com/x?u=http://a.example/b", Some("URL")),
            ("http://emptyport.example:/x", Some("URL")),
            ("http://0x7f.0.0.1/", Some("URL")),
            ("http://3325256704/x", Some("URL")),
            ("http://trail.example./x", Some("URL")),
            ("dash-.evil.com", Some("FQDN")),
            ("[2001:db8::1]:443/x", Some("URL")),
            ("d41d8cd98f00b204e9800998ecf8427e", Some("MD5")),
            ("DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", Some("SHA-1")),
            ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Some("SHA-256")),
            ("setup.exe", Some("Filename")),
        ] {
            assert_eq!(guess(value), expected, "{value}");
        }
    }

    #[test]
    fn what_is_of_no_type_is_not_guessed() {
        for value in [
            "",
            "::",
            "word",
            "and/or",
            "12:30",
            "11/22/2026",
            "e.g.",
            "host.nonsense",
            "evil..com",
            "-evil.com",
            "evil.bit",
            "\u{201c}evil.com",
            "evil.com\u{2026}",
            "http://evil.com/\u{201d}",
            "http://evil.com/a<http://b.com/",
            "192.0.2.1:99999",
            "192.0.2.1:",
            "http://http://evil.com/",
            "999.1.2.3",
            "192.0.2.0/33",
            "a@b",
            "a@b@evil.com",
            "user@host/evil.com",
            "http://",
            "http:///x",
            "://evil.com",
            "http://evil.com[Title]",
            "http://evil.com/a/[Title",
            "link:part1.adoc[Part",
            "abcdef",
            "two words.com",
        ] {
            assert_eq!(guess(value), None, "{value}");
        }
    }

    #[test]
    fn a_name_that_may_be_a_file_or_a_domain_is_not_guessed() {
        for value in [
            "invoice.zip",
            "script.py",
            "readme.md",
            "README.MD",
            "script.py:12",
            "a.zip/b",
            "holiday.final.mov",
            "video_002.mp4.zip",
            "install.linux.x86.sh",
            "com.evil.app",
            "Trojan.Win32.Agent.ms",
            "System.IO",
            "ASP.NET",
        ] {
            assert_eq!((guess(value), is_ambiguous_name(value)), (None, true), "{value}");
        }
        for (value, expected) in [
            ("http://invoice.zip/x", "URL"),
            ("www.invoice.zip", "FQDN"),
            ("*.invoice.zip", "FQDN"),
            ("trojan.win32.com", "FQDN"),
            ("system.io", "FQDN"),
            ("a@invoice.zip", "Email Address"),
            ("onet.pl", "FQDN"),
        ] {
            assert_eq!((guess(value), is_ambiguous_name(value)), (Some(expected), false), "{value}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(value in r"\PC{0,60}|[a-f0-9:./@\[\]*]{0,45}") {
            let _ = guess(&value);
        }

        #[test]
        fn every_address_is_an_address(v4: u32, v6 in 1_u128..) {
            prop_assert_eq!(guess(&Ipv4Addr::from(v4).to_string()), Some("IP Address"));
            prop_assert_eq!(guess(&Ipv6Addr::from(v6).to_string()), Some("IPv6 Address"));
        }
    }
}
