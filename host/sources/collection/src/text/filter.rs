//! Lines in the languages of programs that block: hosts files, advertisement filters, dnsmasq, unbound, response policy
//! zones. Only what blocks a name or an address without a condition is a value; what allows one is marked as allowed, and
//! anything else in these languages is unreadable, never a value with a comment.

use std::net::{IpAddr, Ipv4Addr};

use super::line::{Content, Value, comment, is_host};
use super::punctuation::bare;
use crate::guess::{address, subtype};
use crate::refang::refang;

/// What a line in one of these languages is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// It blocks these.
    Blocks(Content),
    /// It allows these, which something else may block.
    Allows(Content),
    /// It says something about the machine or the file itself.
    Own(&'static str),
    /// It cannot be said with values alone.
    Unreadable(String),
}

/// Names that hosts files give to their own machine.
const MACHINE: &[&str] = &[
    "0.0.0.0",
    "broadcasthost",
    "ip6-allhosts",
    "ip6-allnodes",
    "ip6-allrouters",
    "ip6-localhost",
    "ip6-localnet",
    "ip6-loopback",
    "ip6-mcastprefix",
    "kubernetes.docker.internal",
    "local",
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost4.localdomain4",
    "localhost6",
    "localhost6.localdomain6",
];
const OWN_NAME: &str = "a name that a hosts file gives to its own machine";
const OWN_RECORD: &str = "a record of the zone itself";
const MAPPING: &str = "an address with its names, as in a hosts file, expected a null address such as \
    `0.0.0.0` in front of names to block";

/// Reads a line if it is in one of these languages.
pub(super) fn read(line: &str) -> Option<Rule> {
    hosts(line)
        .or_else(|| advertisement_filter(line))
        .or_else(|| dnsmasq(line))
        .or_else(|| unbound(line))
        .or_else(|| policy_zone(line))
}

fn unreadable(message: impl Into<String>) -> Option<Rule> {
    Some(Rule::Unreadable(message.into()))
}

fn content(values: Vec<Value>, text: &str) -> Content {
    Content { values, comment: comment(text) }
}

/// A name or an address.
fn name_or_address(text: &str) -> Option<Value> {
    let value = refang(text);
    match address(&value) {
        Some(kind) if kind != subtype::CIDR_BLOCK => Some((kind, value)),
        Some(_) => None,
        None => is_host(&value).then_some((subtype::FQDN, value)),
    }
}

/// `0.0.0.0 evil.example`: blocking the address would block this very machine. All words behind a null address are names.
fn hosts(line: &str) -> Option<Rule> {
    let (listed, said) = line.split_once('#').unwrap_or((line, ""));
    let mut words = listed.split_whitespace();
    let first = refang(words.next()?);
    let names: Vec<&str> = words.collect();
    if names.is_empty() || names.iter().any(|name| name.contains([',', ';', '|'])) {
        return None;
    }
    let (plain, is_zoned) = first.split_once('%').map_or((first.as_str(), false), |(plain, _)| (plain, true));
    let address = if plain == "0" { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { plain.parse().ok()? };
    let is_machine = |name: &&str| MACHINE.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_null = address.is_unspecified() || address.is_loopback();
    if names.iter().all(is_machine) && (is_null || is_zoned || is_for_all(address)) {
        return Some(Rule::Own(OWN_NAME));
    }
    if !is_null {
        let is_label =
            |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        let is_mapping = names.first().is_some_and(|name| is_host(name)) && names.iter().all(is_label);
        return if is_mapping { unreadable(MAPPING) } else { None };
    }
    let mut values = Vec::new();
    for name in names.iter().filter(|name| !is_machine(name)) {
        let name = refang(bare(name));
        if !is_host(&name) {
            let found = palisade_model::excerpt(&name);
            return unreadable(format!(
                "expected names behind a null address, as in a hosts file, found `{found}`"
            ));
        }
        values.push((subtype::FQDN, name));
    }
    Some(Rule::Blocks(content(values, said)))
}

/// Whether an address is not that of one machine: broadcast, multicast.
fn is_for_all(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_broadcast() || address.is_multicast(),
        IpAddr::V6(address) => {
            address.is_multicast() || address.segments().first().is_some_and(|first| *first >= 0xfe00)
        }
    }
}

/// Options with which a filter still blocks a name everywhere.
const UNCONDITIONAL: &[&str] = &["all", "doc", "document", "important", "popup"];

/// `||evil.example^` and what looks like it.
fn advertisement_filter(line: &str) -> Option<Rule> {
    const NOT_A_NAME: &str =
        "a rule of an advertisement filter that does not block one name or address as a whole";
    if line.starts_with('[')
        && ["[adblock", "[adguard", "[ublock"].iter().any(|start| starts_with(line, start))
    {
        return Some(Rule::Own("the title of an advertisement filter"));
    }
    if ["##", "#@#", "#?#", "#$#", "#%#", "$$"]
        .iter()
        .any(|mark| line.contains(mark) && !line.contains("://"))
        && !line.contains(char::is_whitespace)
    {
        return unreadable(NOT_A_NAME);
    }
    let (rule, is_exception) = line.strip_prefix("@@").map_or((line, false), |rule| (rule, true));
    let Some(anchored) = rule.strip_prefix("||") else {
        let is_start = rule.starts_with('|') && !rule.ends_with('|') && !rule.contains(char::is_whitespace);
        return if is_exception || is_start { unreadable(NOT_A_NAME) } else { None };
    };
    let Some((name, options)) = anchored.split_once('^') else { return unreadable(NOT_A_NAME) };
    let Some(value) = name_or_address(name).filter(|_| !name.starts_with("*.")) else {
        return unreadable(NOT_A_NAME);
    };
    let is_plain = options.is_empty()
        || options.strip_prefix('$').is_some_and(|options| {
            options.split(',').all(|option| {
                UNCONDITIONAL.contains(&option.trim_start_matches('~')) && !option.starts_with('~')
            })
        });
    match (is_exception, is_plain) {
        (true, _) => Some(Rule::Allows(content(vec![value], ""))),
        (false, true) => Some(Rule::Blocks(content(vec![value], ""))),
        (false, false) => {
            let found = palisade_model::excerpt(options);
            unreadable(format!(
                "a rule of an advertisement filter that blocks under a condition, found `{found}`"
            ))
        }
    }
}

fn starts_with(line: &str, start: &str) -> bool {
    line.get(..start.len()).is_some_and(|found| found.eq_ignore_ascii_case(start))
}

/// Whether a text is an address to which unwanted names are sent.
fn is_null(text: &str) -> bool {
    text == "#"
        || text.parse::<IpAddr>().is_ok_and(|address| address.is_unspecified() || address.is_loopback())
}

/// `address=/evil.example/0.0.0.0`.
fn dnsmasq(line: &str) -> Option<Rule> {
    let (key, rest) = line.split_once("=/")?;
    let is_address = key.trim() == "address";
    if !is_address && !["server", "local"].contains(&key.trim()) {
        return None;
    }
    let (listed, said) = rest.split_once(" #").unwrap_or((rest, ""));
    let (names, target) = listed.trim_end().rsplit_once('/')?;
    // `server=/a.example/` without an address answers that there is no such name, as `address=/a.example/` does.
    if !(target.is_empty() || is_address && is_null(target)) {
        return unreadable(
            "a rule of dnsmasq that sends a name to a certain address, expected a null address",
        );
    }
    let values: Vec<Option<Value>> = names.split('/').map(name_or_address).collect();
    match values.into_iter().collect::<Option<Vec<Value>>>() {
        Some(values) if values.iter().all(|(kind, _)| *kind == subtype::FQDN) => {
            Some(Rule::Blocks(content(values, said)))
        }
        _ => unreadable("a rule of dnsmasq for something that is not a domain name"),
    }
}

/// `local-zone: "evil.example" always_nxdomain`, `local-data: "evil.example A 0.0.0.0"`.
fn unbound(line: &str) -> Option<Rule> {
    let (key, rest) = line.split_once(':')?;
    let rest = rest.split_once(" #").map_or(rest, |(rest, _)| rest).trim();
    match key.trim() {
        "local-zone" => {
            let (name, kind) = rest.rsplit_once(char::is_whitespace)?;
            let name = name.trim().trim_matches(['"', '\'']);
            let Some(value) = name_or_address(name) else {
                return unreadable("a zone of unbound without a domain name");
            };
            match kind {
                "always_nxdomain" | "always_null" | "always_nodata" | "always_deny" | "always_refuse"
                | "deny" | "refuse" | "static" | "inform_deny" => {
                    Some(Rule::Blocks(content(vec![value], "")))
                }
                "transparent" | "typetransparent" | "always_transparent" | "inform" | "nodefault" => {
                    Some(Rule::Allows(content(vec![value], "")))
                }
                _ => {
                    let found = palisade_model::excerpt(kind);
                    unreadable(format!("a zone of unbound that may answer with anything, found `{found}`"))
                }
            }
        }
        "local-data" => {
            let words: Vec<&str> = rest.trim_matches(['"', '\'']).split_whitespace().collect();
            let (Some(name), Some(target)) = (words.first(), words.last()) else { return None };
            match name_or_address(name) {
                Some(value) if is_null(target) => Some(Rule::Blocks(content(vec![value], ""))),
                _ => unreadable(
                    "data of unbound that sends a name to a certain address, expected a null address",
                ),
            }
        }
        "server" if rest.is_empty() => Some(Rule::Own("a section of the configuration of unbound")),
        _ => None,
    }
}

/// `evil.example CNAME .`, a line of a response policy zone.
fn policy_zone(line: &str) -> Option<Rule> {
    if line.starts_with("$TTL") || line.starts_with("$ORIGIN") {
        return Some(Rule::Own(OWN_RECORD));
    }
    let (listed, said) = line.split_once(';').unwrap_or((line, ""));
    let words: Vec<&str> = listed.split_whitespace().collect();
    let (name, rest) = words.split_first()?;
    let is_class_or_ttl = |word: &&&str| **word == "IN" || word.bytes().all(|byte| byte.is_ascii_digit());
    let skipped = rest.iter().take_while(is_class_or_ttl).count();
    let (kind, targets) = rest.get(skipped..)?.split_first()?;
    match (*kind, targets) {
        ("SOA" | "NS", [_, ..]) => Some(Rule::Own(OWN_RECORD)),
        ("CNAME", [target]) => policy(name, target, said),
        ("A" | "AAAA", [target]) if is_null(target) => policy(name, ".", said),
        _ => None,
    }
}

fn policy(name: &str, target: &str, said: &str) -> Option<Rule> {
    let Some(value) = policy_address(name).or_else(|| name_or_address(name)) else {
        return unreadable(
            "a rule of a response policy zone for something other than a domain name or one IPv4 address",
        );
    };
    match target {
        "." | "*." | "rpz-drop." => Some(Rule::Blocks(content(vec![value], said))),
        "rpz-passthru." => Some(Rule::Allows(content(vec![value], said))),
        _ => {
            unreadable("a rule of a response policy zone that neither blocks nor allows, expected `CNAME .`")
        }
    }
}

/// `32.1.2.0.192.rpz-ip` is 192.0.2.1.
fn policy_address(name: &str) -> Option<Value> {
    let reversed = name.strip_suffix(".rpz-ip")?;
    let octets: Vec<&str> = reversed.strip_prefix("32.")?.rsplit('.').collect();
    let address = octets.join(".").parse::<Ipv4Addr>().ok()?;
    Some((subtype::IP_ADDRESS, address.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocked(line: &str) -> Vec<String> {
        match read(line) {
            Some(Rule::Blocks(content)) => content.values.into_iter().map(|(_, value)| value).collect(),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn what_blocks_a_name_or_an_address_is_a_value() {
        for (line, expected) in [
            ("0.0.0.0 a.example", &["a.example"][..]),
            ("127.0.0.1\ta.example b.example # both", &["a.example", "b.example"]),
            (":: a.example", &["a.example"]),
            ("0:0:0:0:0:0:0:0 a.example", &["a.example"]),
            ("0 a.example", &["a.example"]),
            ("0.0.0.0 invoice.zip", &["invoice.zip"]),
            ("::1 a.example localhost", &["a.example"]),
            ("||a.example^", &["a.example"]),
            ("||a.example^$important", &["a.example"]),
            ("||192.0.2.1^", &["192.0.2.1"]),
            ("address=/a.example/0.0.0.0", &["a.example"]),
            ("address=/a.example/b.example/#", &["a.example", "b.example"]),
            ("server=/a.example/", &["a.example"]),
            ("local-zone: \"a.example\" always_nxdomain", &["a.example"]),
            ("local-data: \"a.example A 0.0.0.0\"", &["a.example"]),
            ("a.example CNAME .", &["a.example"]),
            ("a.example 60 IN CNAME *.", &["a.example"]),
            ("a.example IN A 0.0.0.0", &["a.example"]),
            ("32.1.2.0.192.rpz-ip CNAME .", &["192.0.2.1"]),
        ] {
            assert_eq!(blocked(line), expected, "{line}");
        }
    }

    #[test]
    fn what_allows_a_name_is_marked() {
        for line in [
            "@@||a.example^",
            "@@||a.example^$document",
            "a.example CNAME rpz-passthru.",
            "local-zone: \"a.example\" transparent",
        ] {
            assert!(
                matches!(read(line), Some(Rule::Allows(content)) if content.values[0].1 == "a.example"),
                "{line}"
            );
        }
    }

    #[test]
    fn what_the_file_says_about_itself_is_not_a_value() {
        for line in [
            "127.0.0.1 localhost",
            "127.0.0.1 localhost.localdomain",
            "255.255.255.255 broadcasthost",
            "::1 ip6-localhost ip6-loopback",
            "fe80::1%lo0 localhost",
            "ff00::0 ip6-localnet",
            "0.0.0.0 0.0.0.0",
            "$TTL 60",
            "@ IN SOA localhost. root.localhost. (1 3600 600 86400 60)",
            "@ IN NS localhost.",
            "[Adblock Plus 2.0]",
        ] {
            assert!(matches!(read(line), Some(Rule::Own(_))), "{line}");
        }
    }

    #[test]
    fn conditions_and_mappings_are_unreadable() {
        for line in [
            "198.51.100.10 mail.corp.example mail",
            "198.51.100.11 intranet.corp.example",
            "0.0.0.0 198.51.100.80",
            "a.example##.ad",
            "a.example#@#x",
            "||a.example^$third-party",
            "||a.example^$denyallow=b.example",
            "||a.example/evil.js",
            "||*.a.example^",
            "|https://a.example/",
            "address=/a.example/198.51.100.1",
            "local-zone: \"a.example\" redirect",
            "a.example CNAME walled.garden.example.",
        ] {
            assert!(matches!(read(line), Some(Rule::Unreadable(_))), "{line}");
        }
    }

    #[test]
    fn other_lines_are_left_to_others() {
        for line in [
            "a.example",
            "192.0.2.1 10",
            "192.0.2.1 # a.example",
            "http://a.example/##x",
            "Domain: a.example",
            "127.0.0.1",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
