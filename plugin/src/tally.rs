//! Counts over the whole run that become warnings for the operator, one for each matter.

use std::net::IpAddr;

use crate::configuration::List;
use crate::contract::{Level, Message, Object};
use crate::limits;

/// Statuses of the platform that speak against blocking an object, each with its name there.
const DOUBTFUL_STATUSES: [&str; 2] = ["Whitelisted", "Expired"];

/// What is counted.
#[derive(Debug, Default)]
pub struct Tally {
    doubtful: [u64; DOUBTFUL_STATUSES.len()],
    not_public: u64,
    beyond_list_limit: u64,
}

impl Tally {
    /// Counts an object that is submitted.
    pub fn submitted(&mut self, object: &Object, list: &List) {
        if !matches!(list, List::Block { .. }) {
            return;
        }
        if object.value.parse().is_ok_and(|address| !is_public(address)) {
            self.not_public += 1;
        }
        let Some(status) = &object.status else { return };
        for (name, count) in DOUBTFUL_STATUSES.iter().zip(&mut self.doubtful) {
            if status.eq_ignore_ascii_case(name) {
                *count += 1;
            }
        }
    }

    /// Counts an object that is left out because the list takes no more in one run.
    pub fn beyond_list_limit(&mut self) {
        self.beyond_list_limit += 1;
    }

    /// The warnings, where there is something to warn of; whether something `was_sent` changes their tense.
    pub fn warnings(&self, was_sent: bool) -> Vec<Message> {
        let verb = if was_sent { "were submitted" } else { "would be submitted" };
        let doubtful = DOUBTFUL_STATUSES.iter().zip(&self.doubtful).filter(|(_, count)| **count > 0);
        let mut warnings: Vec<Message> = doubtful
            .map(|(status, count)| Message {
                level: Level::Warn,
                text: format!("objects with the status `{status}` {verb} to the block list: {count}"),
                fields: vec![("status", (*status).to_owned()), ("objects", count.to_string())],
            })
            .collect();
        if self.not_public > 0 {
            warnings.push(Message {
                level: Level::Warn,
                text: format!(
                    "addresses that belong to no public network {verb} to the block list: {}",
                    self.not_public
                ),
                fields: vec![("objects", self.not_public.to_string())],
            });
        }
        if self.beyond_list_limit > 0 {
            warnings.push(Message {
                level: Level::Warn,
                text: format!(
                    "{} objects were left out: a run adds at most {} to the block list; narrow the collection",
                    self.beyond_list_limit,
                    limits::BLOCK_LIST_SUBMISSIONS
                ),
                fields: vec![
                    ("code", "list-limit".to_owned()),
                    ("objects", self.beyond_list_limit.to_string()),
                ],
            });
        }
        warnings
    }
}

/// Whether an address can be that of a host on the public internet. To block one that cannot may cut off the operator's own
/// network: this very machine, a printer, everything.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            !(address.is_unspecified()
                || address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_multicast()
                || address.is_broadcast())
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(inner) => is_public(IpAddr::V4(inner)),
            None => {
                !(address.is_unspecified()
                    || address.is_loopback()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
                    || address.is_multicast())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::configuration::RiskRule;

    #[test]
    fn what_is_pushed_to_the_block_list_is_counted_and_told_in_its_tense() {
        let block = List::Block { scan_action: None, risk: RiskRule::Score, days_to_expiration: None };
        let object = |value: &str, status: Option<&str>| Object {
            value: value.to_owned(),
            status: status.map(str::to_owned),
            ..Object::default()
        };
        let objects = [
            object("10.0.0.1", Some("EXPIRED")),
            object("fe80::1", None),
            object("8.8.8.8", Some("whitelisted")),
            object("a.example", Some("expired")),
            object("b.example", Some("Active")),
        ];
        let mut tally = Tally::default();
        objects.iter().for_each(|object| tally.submitted(object, &List::Exceptions));
        assert_eq!(tally.warnings(true), []);
        objects.iter().for_each(|object| tally.submitted(object, &block));
        tally.beyond_list_limit();
        tally.beyond_list_limit();
        let texts = |was_sent| -> Vec<String> {
            tally.warnings(was_sent).into_iter().map(|message| message.text).collect()
        };
        assert_eq!(
            texts(true),
            [
                "objects with the status `Whitelisted` were submitted to the block list: 1",
                "objects with the status `Expired` were submitted to the block list: 2",
                "addresses that belong to no public network were submitted to the block list: 2",
                "2 objects were left out: a run adds at most 10000 to the block list; narrow the collection",
            ]
        );
        assert!(
            texts(false).iter().take(3).all(|text| text.contains(" would be submitted to the block list: "))
        );
    }

    #[test]
    fn addresses_of_no_public_network_are_told_apart() {
        for address in
            ["0.0.0.0", "127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.0.1", "224.0.0.1", "255.255.255.255"]
        {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["::", "::1", "fd00::1", "fe80::1", "ff02::1", "::ffff:10.0.0.1"] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["::ffff:8.8.8.8", "8.8.8.8", "172.32.0.1", "2606:4700::1111"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
