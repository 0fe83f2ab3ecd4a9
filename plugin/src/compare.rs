//! What a submission would change of the entry that the tenant's list has already.
//!
//! Only what the submission says counts: a field that it leaves to the customer's settings changes nothing that could be
//! named here. When the entry was modified last is not part of it, because every submission changes that.

use time::OffsetDateTime;

use crate::configuration::ListName;
use crate::contract::{Change, Comparison};
use crate::expiry::Expiry;
use crate::item::Item;
use crate::listing::Entry;

const SCAN_ACTION: &str = "scanAction";
const RISK_LEVEL: &str = "riskLevel";
const EXPIRES: &str = "expiredDateTime";
const DESCRIPTION: &str = "description";

/// Compares a submission, if it were made at `now`, with the list's entry of the same object; `is_excepted` says whether
/// the exception list covers it.
pub fn compare(item: &Item, held: Option<&Entry>, is_excepted: bool, now: OffsetDateTime) -> Comparison {
    let is_excepted = is_excepted || held.is_some_and(|entry| entry.in_exception_list);
    Comparison {
        held: held.map(fields),
        changes: held.map(|entry| changes(item, entry, now)).unwrap_or_default(),
        also_on: if is_excepted { vec![ListName::Exceptions.text()] } else { Vec::new() },
    }
}

fn fields(entry: &Entry) -> Vec<(&'static str, String)> {
    [
        (SCAN_ACTION, &entry.scan_action),
        (RISK_LEVEL, &entry.risk_level),
        (EXPIRES, &entry.expires),
        (DESCRIPTION, &entry.description),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.clone()?)))
    .collect()
}

fn changes(item: &Item, entry: &Entry, now: OffsetDateTime) -> Vec<Change> {
    let differing = |name, before: &Option<String>, after: Option<&str>| {
        after.filter(|after| before.as_deref() != Some(*after)).map(|after| Change {
            name,
            before: before.clone(),
            after: after.to_owned(),
        })
    };
    let expiry = item.block.days_to_expiration.map(|days| Expiry::after(days, now));
    let expiry = expiry.filter(|after| !after.is_about(Expiry::read(entry.expires.as_deref(), now)));
    [
        differing(SCAN_ACTION, &entry.scan_action, item.block.scan_action.map(|action| action.name())),
        differing(RISK_LEVEL, &entry.risk_level, item.block.risk_level.map(|level| level.name())),
        expiry.map(|after| Change { name: EXPIRES, before: entry.expires.clone(), after: after.text() }),
        differing(DESCRIPTION, &entry.description, item.description.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::item::{BlockFields, Field, Identifier, RiskLevel, ScanAction};

    const NOW: OffsetDateTime = datetime!(2026-01-31 12:00 UTC);

    fn item(block: BlockFields, description: Option<&str>) -> Item {
        Item {
            identifier: Identifier { field: Field::Domain, value: "bad.example".into() },
            description: description.map(Into::into),
            block,
        }
    }

    fn full(days: i16) -> Item {
        let block = BlockFields {
            scan_action: Some(ScanAction::Block),
            risk_level: Some(RiskLevel::High),
            days_to_expiration: Some(days),
        };
        item(block, Some("seen in March"))
    }

    fn entry(expires: Option<&str>) -> Entry {
        Entry {
            value: "bad.example".to_owned(),
            scan_action: Some("block".to_owned()),
            risk_level: Some("high".to_owned()),
            expires: expires.map(str::to_owned),
            description: Some("seen in March".to_owned()),
            in_exception_list: false,
            last_modified: None,
        }
    }

    fn changed(item: &Item, entry: &Entry) -> Vec<(&'static str, Option<String>, String)> {
        let comparison = compare(item, Some(entry), false, NOW);
        comparison.changes.into_iter().map(|change| (change.name, change.before, change.after)).collect()
    }

    #[test]
    fn what_is_not_there_is_added_and_changes_nothing() {
        assert_eq!(compare(&full(30), None, false, NOW), Comparison::default());
    }

    #[test]
    fn what_is_there_as_it_would_be_sent_has_no_changes() {
        assert_eq!(changed(&full(30), &entry(Some("2026-03-02T00:00:00Z"))), []);
        assert_eq!(changed(&full(-1), &entry(Some("9999-12-31T23:59:59Z"))), []);
        assert_eq!(changed(&full(-1), &entry(None)), []);
    }

    #[test]
    fn each_field_that_would_change_is_named_with_both_values() {
        let mut other = entry(Some("2026-02-10T00:00:00Z"));
        other.scan_action = Some("log".to_owned());
        other.risk_level = None;
        other.description = Some("older".to_owned());
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            changed(&full(30), &other),
            [
                ("scanAction", text("log"), "block".to_owned()),
                ("riskLevel", None, "high".to_owned()),
                ("expiredDateTime", text("2026-02-10T00:00:00Z"), "2026-03-02T12:00:00Z".to_owned()),
                ("description", text("older"), "seen in March".to_owned()),
            ]
        );
        assert_eq!(
            changed(&full(-1), &entry(Some("2026-02-10T00:00:00Z"))),
            [("expiredDateTime", text("2026-02-10T00:00:00Z"), "never".to_owned())]
        );
        assert_eq!(
            changed(&full(7), &entry(None)),
            [("expiredDateTime", None, "2026-02-07T12:00:00Z".to_owned())]
        );
    }

    #[test]
    fn what_is_left_to_the_customers_settings_is_no_change() {
        let left_out = item(BlockFields::default(), None);
        assert_eq!(changed(&left_out, &entry(Some("2026-02-10T00:00:00Z"))), []);
    }

    #[test]
    fn what_the_list_has_is_told_as_the_service_writes_it() {
        let held = compare(&full(30), Some(&entry(None)), false, NOW).held.unwrap();
        let expected = [("scanAction", "block"), ("riskLevel", "high"), ("description", "seen in March")];
        assert_eq!(held, expected.map(|(name, value)| (name, value.to_owned())));
        assert_eq!(compare(&full(30), Some(&Entry::default()), false, NOW).held, Some(Vec::new()));
    }

    #[test]
    fn an_exception_is_told_whoever_says_so() {
        let excepted = Entry { in_exception_list: true, ..Entry::default() };
        for (held, is_excepted) in [(Some(&excepted), false), (None, true), (Some(&Entry::default()), true)] {
            assert_eq!(compare(&full(30), held, is_excepted, NOW).also_on, ["exception list"]);
        }
        assert!(compare(&full(30), Some(&Entry::default()), false, NOW).also_on.is_empty());
    }
}
