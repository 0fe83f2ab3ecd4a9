//! What a value says, whatever its spelling: the form in which a service gets it, and everything that it may be compared
//! by. Pure.
//!
//! Where a value can be read in several ways all of them are kept: a URL has the host that a browser sees and the one
//! that a simpler reader sees.

pub(crate) mod host;
pub(crate) mod identity;
pub(crate) mod name;
pub(crate) mod url;

use crate::kind::Kind;
use host::{Hosts, address, network};

/// One value, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The value in canonical form; the same for every spelling of it.
    pub(crate) text: String,
    /// What it is equal to, folded by [`fold`].
    pub(crate) keys: Vec<String>,
    /// What patterns are compared with.
    pub(crate) texts: Vec<String>,
    /// The hosts that it leads to.
    pub(crate) hosts: Hosts,
}

/// Reads the value of an object.
pub(crate) fn read(kind: Kind, value: &str) -> Reading {
    let given = trim(value);
    let text = canonical(given);
    let mut keys = vec![fold(&text)];
    let mut texts = vec![text.clone()];
    add(&mut keys, fold(given));
    add(&mut texts, text.to_lowercase());
    add(&mut texts, given.to_owned());
    let mut hosts = Hosts::default();
    match kind {
        // An address with a port, or a URL that is called a domain: no service takes it, but its host is plain.
        Kind::Domain | Kind::Address
            if given.contains(['/', ':', '@', '\\', '?', '#']) && address(given).is_none() =>
        {
            hosts = url::hosts(given);
            hosts.read(given);
            identity::identities(given).into_iter().for_each(|identity| add(&mut keys, identity));
        }
        Kind::Domain | Kind::Address => hosts.read(given),
        Kind::Network => match network(given) {
            Some(network) => hosts.add_network(network),
            None => hosts.read(given.split_once('/').map_or(given, |(address, _)| address)),
        },
        Kind::Url => {
            hosts = url::hosts(given);
            read_url(given, &text, &mut keys, &mut texts);
        }
        Kind::Mail => {
            if let Some((_, domain)) = given.rsplit_once('@') {
                hosts.read(domain.trim_end_matches(['>', ')', ';', ',', ' ']));
            }
            mailbox(given).into_iter().for_each(|mailbox| add(&mut keys, mailbox));
        }
        Kind::Md5 | Kind::Sha1 | Kind::Sha256 | Kind::Other => {}
    }
    for name in &hosts.names {
        if kind == Kind::Domain {
            add(&mut keys, name.clone());
            add(&mut texts, name.clone());
        }
    }
    for network in &hosts.networks {
        if kind == Kind::Address {
            add(&mut keys, network.addr().to_string());
        }
    }
    Reading { text, keys, texts, hosts }
}

/// Every key under which a protected value is found: its folded canonical form, a mailbox's own key and, for a URL, its
/// identities.
pub(crate) fn keys_of_own(given: &str, canonical: &str) -> Vec<String> {
    let mut keys = vec![fold(canonical)];
    mailbox(trim(given)).into_iter().for_each(|mailbox| add(&mut keys, mailbox));
    if is_url(canonical) {
        identity::identities(canonical).into_iter().for_each(|identity| add(&mut keys, identity));
    }
    keys
}

/// Whether a canonical value is a URL, and not a name, an address, a network, a mail address or a digest.
fn is_url(canonical: &str) -> bool {
    canonical.contains(['/', '?', '#', '\\', ':'])
        && network(canonical).is_none()
        && address(canonical).is_none()
}

/// The key of a mail address. Apart from [`canonical`], because a local part may have characters that make a URL of the whole.
fn mailbox(given: &str) -> Option<String> {
    let (local, domain) = given.rsplit_once('@')?;
    Some(fold(&[local, "@", &name::name(domain)].concat()))
}

/// A URL is the same with and without its scheme, because lists hold both; and as a browser writes it. What is left out of its
/// identity makes no difference.
fn read_url(given: &str, text: &str, keys: &mut Vec<String>, texts: &mut Vec<String>) {
    for written in [text, &url::canonical(given)] {
        add(keys, fold(written));
        match url::without_scheme(written) {
            Some(rest) => add(keys, fold(rest)),
            None => {
                for scheme in ["http://", "https://"] {
                    let complete = [scheme, written].concat();
                    add(keys, fold(&complete));
                    add(texts, complete);
                }
            }
        }
    }
    for url in url::browsers_readings(given) {
        let written = url.as_str();
        add(keys, fold(written));
        if let Some(rest) = url::without_scheme(written) {
            add(keys, fold(rest));
        }
        add(texts, written.to_owned());
    }
    identity::identities(given).into_iter().for_each(|identity| add(keys, identity));
}

fn add(all: &mut Vec<String>, one: String) {
    if !one.is_empty() && !all.contains(&one) {
        all.push(one);
    }
}

fn trim(value: &str) -> &str {
    value.trim_matches(|character: char| {
        character.is_whitespace() || character.is_control() || matches!(character, '\u{feff}' | '\u{200b}')
    })
}

/// A value of whatever kind in canonical form. What is not understood stays as it is.
pub(crate) fn canonical(value: &str) -> String {
    let value = trim(value);
    if let Some(address) = address(value) {
        return address.to_string();
    }
    if let Some(network) = network(value) {
        return network.to_string();
    }
    if !value.contains(['/', '@', ':', '\\', '?', '#']) {
        let (wildcard, rest) = value.strip_prefix("*.").map_or(("", value), |rest| ("*.", rest));
        let name = name::name(rest);
        if name.contains('.') && name::ends_in_number(&name) {
            return url::canonical(&name);
        }
        return if name::is_name(&name) { [wildcard, &name].concat() } else { value.to_owned() };
    }
    if !value.contains("://")
        && !value.contains('/')
        && let Some((local, domain)) = value.rsplit_once('@')
    {
        return [local, "@", &name::name(domain)].concat();
    }
    url::canonical(value)
}

/// What makes two canonical values the same to a list: letters of any case, and slashes at the end, count for nothing.
pub(crate) fn fold(canonical: &str) -> String {
    canonical.trim_end_matches('/').to_lowercase()
}

#[cfg(test)]
mod tests;
