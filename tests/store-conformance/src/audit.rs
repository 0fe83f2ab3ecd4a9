//! The audit log: its filters, its export and its pages.

use palisade_store::{AuditFilter, NewAuditEntry, Page, Wait as _};

use crate::Place;
use crate::given::now;

pub fn audit_entries_are_found_by_time_person_kind_and_address(place: &dyn Place) {
    let store = &*place.open();
    let at = |minute: i64| now() + jiff::SignedDuration::from_mins(minute);
    let entry = |minute, who: &str, what: &str, address: Option<&str>| {
        let address = address.map(|address| address.parse().unwrap());
        let entry = NewAuditEntry {
            who: who.to_string(),
            what: what.to_string(),
            subject: "Größe".to_owned(),
            before: None,
            after: None,
            address,
            user: None,
            subject_user: None,
        };
        store.audit(&entry, at(minute)).wait().unwrap();
    };
    entry(0, "ada", "user.invited", Some("192.0.2.1"));
    entry(1, "ada (token nightly)", "run.requested", Some("::ffff:192.0.2.11"));
    entry(2, "adam", "user.changed", Some("2001:db8::1"));
    entry(3, "schedule", "run.requested", None);
    let text = |text: &str| Some(text.to_owned());
    let all = AuditFilter::default();
    for (filter, ids) in [
        (all.clone(), vec![4, 3, 2, 1]),
        (AuditFilter { who: text("ada"), ..all.clone() }, vec![2, 1]),
        (AuditFilter { who: text("ad"), ..all.clone() }, vec![]),
        (AuditFilter { what: text("run.requested"), ..all.clone() }, vec![4, 2]),
        (AuditFilter { what: text("user."), ..all.clone() }, vec![3, 1]),
        (AuditFilter { what: text("user"), ..all.clone() }, vec![]),
        (AuditFilter { address: text("192.0.2.1"), ..all.clone() }, vec![1]),
        (AuditFilter { address: text("192.0.2."), ..all.clone() }, vec![2, 1]),
        (AuditFilter { address: text("2001:DB8:0::1"), ..all.clone() }, vec![3]),
        (AuditFilter { from: Some(at(1)), to: Some(at(3)), ..all.clone() }, vec![3, 2]),
        (AuditFilter { text: text("GRÖSSE"), ..all.clone() }, vec![]),
        (AuditFilter { text: text("GRÖ"), who: text("schedule"), ..all.clone() }, vec![4]),
    ] {
        let (rows, total) = store.audit_log(&filter, Page::ALL).wait().unwrap();
        assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), ids, "{filter:?}");
        assert_eq!(total, ids.len() as u64);
        let mut exported: Vec<i64> =
            store.audit_after(&filter, 0, 100).wait().unwrap().into_iter().map(|row| row.id).collect();
        exported.reverse();
        assert_eq!(exported, ids, "the export has what the page has");
        let page = store.audit_log(&filter, Page { offset: 1, limit: 1 }).wait().unwrap();
        assert_eq!((page.0.first().map(|row| row.id), page.1), (ids.get(1).copied(), ids.len() as u64));
    }
    let (kinds, people) = store.audit_names().wait().unwrap();
    assert_eq!(kinds, ["run.requested", "user.changed", "user.invited"]);
    assert_eq!(people, ["ada", "adam", "schedule"]);
}
