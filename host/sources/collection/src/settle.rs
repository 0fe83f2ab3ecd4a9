//! What is done to every object on its way out, whatever its format: one spelling for what means one thing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use psl::{List, Psl};

use crate::guess::{SPECIAL_USE, subtype};
use palisade_model::Object;

/// What settling has found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Invisible characters stood around the value, and were removed.
    pub(crate) stripped: bool,
    /// The top level of the domain name that is not on the public suffix list.
    pub(crate) unlisted_suffix: Option<String>,
}

/// Settles an object; none where nothing is left of its value.
pub(crate) fn settle(object: &mut Object) -> Option<Settled> {
    let mut settled = Settled::default();
    let visible = strip(&object.value);
    if visible.len() < object.value.len() {
        settled.stripped = visible.len() < object.value.trim().len();
        object.value = visible.to_owned();
    }
    if object.value.is_empty() {
        return None;
    }
    match object.subtype.as_str() {
        subtype::IP_ADDRESS | subtype::IPV6_ADDRESS | subtype::CIDR_BLOCK => settle_address(object),
        subtype::FQDN => settled.unlisted_suffix = unlisted_suffix(&object.value),
        _ => {}
    }
    Some(settled)
}

/// A value without blanks and invisible characters around it.
pub(crate) fn strip(value: &str) -> &str {
    value.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// Characters that have no width: they come with a value from a web page or a spreadsheet, and nobody sees them.
pub(crate) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}'                  // soft hyphen
        | '\u{034F}'                // combining grapheme joiner
        | '\u{061C}'                // Arabic letter mark
        | '\u{180E}'                // Mongolian vowel separator
        | '\u{200B}'..='\u{200F}'   // zero width space and joiners, direction marks
        | '\u{202A}'..='\u{202E}'   // embeddings and overrides
        | '\u{2060}'..='\u{206F}'   // word joiner, isolates
        | '\u{FE00}'..='\u{FE0F}'   // variation selectors
        | '\u{FEFF}'                // byte order mark
        | '\u{FFF9}'..='\u{FFFB}'   // interlinear annotation
    )
}

/// The address that a value of a type of addresses stands for: of a block of one address, and of an address with a port.
fn settle_address(object: &mut Object) {
    let value = object.value.as_str();
    let (address, port) = if let Some((network, prefix)) = value.split_once('/') {
        match network.parse::<IpAddr>() {
            Ok(address) if prefix.parse() == Ok(longest(address)) && is_digits(prefix) => (address, None),
            _ => return,
        }
    } else if let Some((address, port)) = address_with_port(value) {
        (address, port)
    } else {
        return;
    };
    let port = port.map(str::to_owned);
    object.value = address.to_string();
    object.subtype = if address.is_ipv4() { subtype::IP_ADDRESS } else { subtype::IPV6_ADDRESS }.to_owned();
    object.attributes.extend(port.map(|port| (PORT.to_owned(), port)));
}

/// The attribute that a port becomes.
pub(crate) const PORT: &str = "port";

/// Bits of an address.
fn longest(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `192.0.2.1:443`, `[2001:db8::1]:443` or `[2001:db8::1]`; none for anything else.
pub(crate) fn address_with_port(value: &str) -> Option<(IpAddr, Option<&str>)> {
    if let Some(rest) = value.strip_prefix('[') {
        let (address, behind) = rest.split_once(']')?;
        let address = address.parse::<Ipv6Addr>().ok()?;
        return match behind.strip_prefix(':') {
            None if behind.is_empty() => Some((address.into(), None)),
            Some(port) if is_port(port) => Some((address.into(), Some(port))),
            _ => None,
        };
    }
    let (address, port) = value.split_once(':')?;
    let address = address.parse::<Ipv4Addr>().ok()?;
    is_port(port).then_some((address.into(), Some(port)))
}

fn is_port(text: &str) -> bool {
    is_digits(text) && text.parse::<u16>().is_ok()
}

/// The last label of a domain name, where it is neither on the public suffix list nor set aside for special use.
fn unlisted_suffix(name: &str) -> Option<String> {
    let name = name.trim_end_matches('.').to_lowercase();
    let (_, last) = name.rsplit_once('.')?;
    if last.parse::<u32>().is_ok() || last.chars().any(|character| !is_label_character(character)) {
        return None;
    }
    // The whole name: of some countries, such as `mm`, only the second level is on the list.
    let ascii = idna::domain_to_ascii_cow(name.as_bytes(), idna::AsciiDenyList::EMPTY).ok()?;
    let listed = List.suffix(ascii.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let is_special = ascii.rsplit('.').next().is_some_and(|last| SPECIAL_USE.contains(&last));
    (!listed && !is_special).then(|| last.to_owned())
}

fn is_label_character(character: char) -> bool {
    character.is_alphanumeric() || character == '-'
}

#[cfg(test)]
mod tests {
    use super::*;
    use palisade_model::Location;

    fn settled(kind: &str, value: &str) -> (Object, Settled) {
        let mut object = Object::indicator(kind, value, Location::Line(1));
        let settled = settle(&mut object).unwrap();
        (object, settled)
    }

    #[test]
    fn a_block_of_one_address_and_an_address_with_a_port_are_the_address() {
        for (kind, value, expected, port) in [
            ("CIDR Block", "192.0.2.1/32", ("IP Address", "192.0.2.1"), None),
            ("IP Address", "192.0.2.1/32", ("IP Address", "192.0.2.1"), None),
            ("CIDR Block", "2001:db8::1/128", ("IPv6 Address", "2001:db8::1"), None),
            ("CIDR Block", "192.0.2.0/24", ("CIDR Block", "192.0.2.0/24"), None),
            ("CIDR Block", "2001:db8::/32", ("CIDR Block", "2001:db8::/32"), None),
            ("CIDR Block", "192.0.2.1/+32", ("CIDR Block", "192.0.2.1/+32"), None),
            ("IP Address", "192.0.2.1:443", ("IP Address", "192.0.2.1"), Some("443")),
            ("IP Address", "[2001:db8::1]:443", ("IPv6 Address", "2001:db8::1"), Some("443")),
            ("IPv6 Address", "[2001:db8::1]", ("IPv6 Address", "2001:db8::1"), None),
            ("IP Address", "192.0.2.1:99999", ("IP Address", "192.0.2.1:99999"), None),
            ("IP Address", "192.0.2.1:", ("IP Address", "192.0.2.1:"), None),
            ("IPv6 Address", "2001:db8::1", ("IPv6 Address", "2001:db8::1"), None),
            ("URL", "192.0.2.1:443", ("URL", "192.0.2.1:443"), None),
        ] {
            let (object, _) = settled(kind, value);
            assert_eq!((object.subtype.as_str(), object.value.as_str()), expected, "{kind} {value}");
            assert_eq!(object.attributes.first().map(|(_, port)| port.as_str()), port, "{kind} {value}");
        }
    }

    #[test]
    fn invisible_characters_around_a_value_are_removed_and_noted() {
        for value in
            ["\u{feff}192.0.2.1", "\u{200b}192.0.2.1\u{200b}", "192.0.2.1\u{2060} ", " \u{200e} 192.0.2.1"]
        {
            let (object, settled) = settled("IP Address", value);
            assert_eq!((object.value.as_str(), settled.stripped), ("192.0.2.1", true), "{value:?}");
        }
        assert!(!settled("IP Address", " 192.0.2.1 ").1.stripped);
        let mut nothing = Object::indicator("FQDN", "\u{feff}\u{200b}", Location::Line(1));
        assert_eq!(settle(&mut nothing), None);
    }

    #[test]
    fn a_top_level_that_nobody_has_registered_is_noted() {
        for (value, expected) in [
            ("evil.bit", Some("bit")),
            ("EVIL.BIT.", Some("bit")),
            ("evil.com", None),
            ("evil.co.uk", None),
            ("evil.com.mm", None),
            ("evil.example", None),
            ("abc.onion", None),
            ("xn--e1afmkfd.xn--p1ai", None),
            ("пример.рф", None),
            ("192.0.2.1", None),
            ("localhost", None),
            ("not a name.x y", None),
        ] {
            assert_eq!(settled("FQDN", value).1.unlisted_suffix.as_deref(), expected, "{value}");
        }
    }
}
