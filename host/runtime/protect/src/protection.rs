//! The judgement of one value: is it protected, by which list and which entry of it. Pure, but for remembering which of
//! the spelled-out exemptions were needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipnet::IpNet;
use palisade_address::overlapping;
use palisade_model::excerpt;

use crate::canonical::{self, Reading, name};
use crate::kind::Kind;
use crate::lists::CompiledLists;
use crate::own::Own;
use crate::{OwnError, special_names};

/// What caught a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// `own domains`, `own networks`, `own values`, `private and reserved addresses`, `special-use domain names`, or the
    /// name of a warning list as the list has it.
    pub list: String,
    /// The entry: a domain, a network or a value in canonical form, a substring or a regular expression as it is listed.
    pub entry: String,
}

impl Hit {
    fn new(list: &str, entry: impl Into<String>) -> Self {
        Self { list: list.to_owned(), entry: entry.into() }
    }
}

impl fmt::Display for Hit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{}` of `{}`", excerpt(&self.entry), excerpt(&self.list))
    }
}

/// Everything that must not be blocked. A clone is the same protection and costs nothing.
#[derive(Debug, Clone)]
pub struct Protection(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Canonical names.
    domains: BTreeSet<String>,
    /// Every name above an own domain, and the domain.
    above_domains: BTreeMap<String, String>,
    networks: Vec<IpNet>,
    /// The keys of each value, and the value as the operator wrote it.
    values: BTreeMap<String, String>,
    private_addresses: bool,
    special_use_names: bool,
    example_names: bool,
    lists: Option<CompiledLists>,
    allowed: BTreeMap<String, Allowed>,
}

/// One value that the operator has spelled out.
#[derive(Debug)]
struct Allowed {
    as_given: String,
    used: AtomicBool,
}

impl Protection {
    /// Puts together what is the operator's own, what the lists hold, and what may go through all the same.
    ///
    /// # Errors
    /// [`OwnError`] for a domain that is none and for an empty value: either would protect nothing, and say nothing.
    pub fn new(own: Own, lists: Option<CompiledLists>, allowed: BTreeSet<String>) -> Result<Self, OwnError> {
        let domains =
            own.domains.iter().map(|given| own_domain(given)).collect::<Result<BTreeSet<_>, _>>()?;
        let above_domains = domains
            .iter()
            .flat_map(|domain| name::suffixes(domain).map(|above| (above.to_owned(), domain.clone())))
            .collect();
        let mut values = BTreeMap::new();
        for given in &own.values {
            let canonical = own_value(given)?;
            values.extend(
                canonical::keys_of_own(given, &canonical).into_iter().map(|key| (key, canonical.clone())),
            );
        }
        let allowed = allowed
            .into_iter()
            .map(|as_given| {
                (canonical::canonical(&as_given), Allowed { as_given, used: AtomicBool::new(false) })
            })
            .collect();
        Ok(Self(Arc::new(Inner {
            domains,
            above_domains,
            networks: own
                .networks
                .into_iter()
                .map(|network| palisade_address::carried_network(network.trunc()))
                .collect(),
            values,
            private_addresses: own.private_addresses,
            special_use_names: own.special_use_names,
            example_names: own.example_names,
            lists,
            allowed,
        })))
    }

    /// What protects the value of an object of this type (ThreatQ's name, for example `FQDN`); `None` where nothing does,
    /// or where the operator has spelled it out.
    #[must_use]
    pub fn check(&self, subtype: &str, value: &str) -> Option<Hit> {
        let kind = Kind::of(subtype);
        let reading = canonical::read(kind, value);
        let hit = self.0.find(kind, &reading)?;
        match self.0.allowed.get(&reading.text) {
            Some(allowed) => {
                allowed.used.store(true, Ordering::Relaxed);
                None
            }
            None => Some(hit),
        }
    }

    /// The spelled-out values that have let nothing through so far, as they were given: most likely they are misspelled.
    #[must_use]
    pub fn unused_allowed(&self) -> Vec<String> {
        self.0
            .allowed
            .values()
            .filter(|allowed| !allowed.used.load(Ordering::Relaxed))
            .map(|allowed| allowed.as_given.clone())
            .collect()
    }
}

fn own_domain(given: &str) -> Result<String, OwnError> {
    let name = name::name(given.trim());
    if name::is_name(&name) && !name::ends_in_number(&name) {
        Ok(name)
    } else {
        Err(OwnError::Domain { found: excerpt(given) })
    }
}

fn own_value(given: &str) -> Result<String, OwnError> {
    let canonical = canonical::canonical(given);
    if canonical.is_empty() { Err(OwnError::EmptyValue) } else { Ok(canonical) }
}

impl Inner {
    fn find(&self, kind: Kind, reading: &Reading) -> Option<Hit> {
        self.own_domain(kind, reading)
            .or_else(|| self.own_network(reading))
            .or_else(|| self.own_value(reading))
            .or_else(|| self.reserved_address(kind, reading))
            .or_else(|| self.special_name(kind, reading))
            .or_else(|| self.lists.as_ref()?.find(kind, reading).map(|(list, entry)| Hit { list, entry }))
    }

    /// An own domain that the value is, stands below or covers: an entry for `example.com` blocks all below it.
    fn own_domain(&self, kind: Kind, reading: &Reading) -> Option<Hit> {
        let names = &reading.hosts.names;
        let own =
            || names.iter().flat_map(|name| name::suffixes(name)).find_map(|name| self.domains.get(name));
        let covered =
            || names.iter().filter(|_| kind == Kind::Domain).find_map(|name| self.above_domains.get(name));
        own().or_else(covered).map(|domain| Hit::new("own domains", domain))
    }

    fn own_network(&self, reading: &Reading) -> Option<Hit> {
        self.networks
            .iter()
            .find(|own| {
                reading.hosts.networks.iter().any(|found| own.contains(found) || found.contains(*own))
            })
            .map(|own| Hit::new("own networks", own.to_string()))
    }

    fn own_value(&self, reading: &Reading) -> Option<Hit> {
        reading.keys.iter().find_map(|key| self.values.get(key)).map(|value| Hit::new("own values", value))
    }

    fn reserved_address(&self, kind: Kind, reading: &Reading) -> Option<Hit> {
        if kind == Kind::Mail || !self.private_addresses {
            return None;
        }
        reading
            .hosts
            .networks
            .iter()
            .find_map(|network| overlapping(*network))
            .map(|special| Hit::new("private and reserved addresses", special.network.to_string()))
    }

    fn special_name(&self, kind: Kind, reading: &Reading) -> Option<Hit> {
        if kind == Kind::Mail {
            return None;
        }
        reading
            .hosts
            .names
            .iter()
            .flat_map(|name| name::suffixes(name))
            .filter_map(special_names::find)
            .find(|special| if special.example { self.example_names } else { self.special_use_names })
            .map(|special| Hit::new("special-use domain names", special.name))
    }
}

#[cfg(test)]
mod tests;
