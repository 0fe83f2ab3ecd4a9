//! The suspicious object list: adding, updating, expiring and deleting, with a capacity for each type (API reference,
//! section 3.5). Where a type is full, the object that is closest to expiry gives way without a word; objects that never
//! expire never do, and when there is nothing else, the new object has no room. The clock is passed in.

use std::collections::{BTreeMap, HashMap};

use time::{Duration, OffsetDateTime};

use crate::identifier::Kind;
use crate::settings::{Omitted, RiskLevel, ScanAction, Tenant};
use crate::submission::{NEVER, Submission};

/// An object that the suspicious object list holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspiciousObject {
    /// Its kind.
    pub kind: Kind,
    /// Its value, as it was sent last.
    pub value: String,
    /// Its description, if it was sent with one.
    pub description: Option<String>,
    /// What is done when it is found.
    pub scan_action: ScanAction,
    /// How dangerous it is.
    pub risk_level: RiskLevel,
    /// When it was added or updated last.
    pub last_modified: OffsetDateTime,
    /// When it expires; `None` never.
    pub expires: Option<OffsetDateTime>,
    /// The number of the change that made it what it is: unique, and rising.
    pub(crate) change: u64,
}

/// There is no room: all that the type holds never expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

/// How a list takes an object.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    pub(crate) tenant: &'a Tenant,
    pub(crate) omitted: Omitted,
    /// How many objects of one type there may be; `None` any number.
    pub(crate) capacity: Option<usize>,
}

#[derive(Clone, Debug, Default)]
struct OfKind {
    objects: HashMap<String, SuspiciousObject>,
    /// The objects that expire, the first to expire first.
    expiring: BTreeMap<(OffsetDateTime, u64), String>,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub(crate) struct SuspiciousList {
    kinds: BTreeMap<Kind, OfKind>,
    changes: u64,
}

impl OfKind {
    fn remove(&mut self, key: &str) -> Option<SuspiciousObject> {
        let object = self.objects.remove(key)?;
        if let Some(expires) = object.expires {
            self.expiring.remove(&(expires, object.change));
        }
        Some(object)
    }

    fn expire(&mut self, now: OffsetDateTime) {
        while let Some(entry) = self.expiring.first_entry().filter(|entry| entry.key().0 <= now) {
            let key = entry.remove();
            self.objects.remove(&key);
        }
    }

    fn make_room(&mut self, capacity: usize) -> Result<(), Full> {
        while self.objects.len() >= capacity {
            let (_, key) = self.expiring.pop_first().ok_or(Full)?;
            self.objects.remove(&key);
        }
        Ok(())
    }
}

impl SuspiciousList {
    /// Adds or updates an object.
    pub(crate) fn add(
        &mut self,
        submission: Submission,
        now: OffsetDateTime,
        terms: Terms<'_>,
    ) -> Result<(), Full> {
        let Submission { kind, value, description, scan_action, risk_level, days } = submission;
        let key = kind.key(&value);
        let of_kind = self.kinds.entry(kind).or_default();
        of_kind.expire(now);
        let earlier = of_kind.remove(&key);
        if earlier.is_none()
            && let Some(capacity) = terms.capacity
        {
            of_kind.make_room(capacity)?;
        }
        let kept = earlier.filter(|_| terms.omitted == Omitted::Keep);
        let expires = match (days, &kept) {
            (None, Some(kept)) => kept.expires,
            (days, _) => expiry(days.unwrap_or(terms.tenant.days_to_expiration), now),
        };
        self.changes += 1;
        let object = SuspiciousObject {
            kind,
            value,
            description: description.or_else(|| kept.as_ref()?.description.clone()),
            scan_action: scan_action
                .or(kept.as_ref().map(|kept| kept.scan_action))
                .unwrap_or(terms.tenant.scan_action),
            risk_level: risk_level
                .or(kept.as_ref().map(|kept| kept.risk_level))
                .unwrap_or(terms.tenant.risk_level),
            last_modified: now,
            expires,
            change: self.changes,
        };
        if let Some(expires) = object.expires {
            of_kind.expiring.insert((expires, object.change), key.clone());
        }
        of_kind.objects.insert(key, object);
        Ok(())
    }

    /// Deletes an object; says whether there was one.
    pub(crate) fn delete(&mut self, kind: Kind, value: &str, now: OffsetDateTime) -> bool {
        self.kinds.get_mut(&kind).is_some_and(|of_kind| {
            of_kind.expire(now);
            of_kind.remove(&kind.key(value)).is_some()
        })
    }

    /// An object.
    pub(crate) fn find(&self, kind: Kind, value: &str) -> Option<&SuspiciousObject> {
        self.kinds.get(&kind)?.objects.get(&kind.key(value))
    }

    /// Removes what has expired.
    pub(crate) fn expire(&mut self, now: OffsetDateTime) {
        for of_kind in self.kinds.values_mut() {
            of_kind.expire(now);
        }
    }

    /// What the list holds, in no order.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &SuspiciousObject> {
        self.kinds.values().flat_map(|of_kind| of_kind.objects.values())
    }
}

fn expiry(days: i64, now: OffsetDateTime) -> Option<OffsetDateTime> {
    (days != NEVER).then(|| now.saturating_add(Duration::days(days)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn domain(value: &str, days: Option<i64>) -> Submission {
        Submission {
            kind: Kind::Domain,
            value: value.to_owned(),
            description: None,
            scan_action: None,
            risk_level: None,
            days,
        }
    }

    fn terms(tenant: &Tenant, capacity: usize) -> Terms<'_> {
        Terms { tenant, omitted: Omitted::TenantSetting, capacity: Some(capacity) }
    }

    fn values(list: &SuspiciousList) -> Vec<&str> {
        let mut values: Vec<_> = list.objects().map(|object| object.value.as_str()).collect();
        values.sort_unstable();
        values
    }

    #[test]
    fn the_object_closest_to_expiry_gives_way() {
        let tenant = Tenant::default();
        let mut list = SuspiciousList::default();
        for (value, days) in [("never.e", Some(-1)), ("late.e", Some(9)), ("soon.e", Some(2))] {
            list.add(domain(value, days), NOW, terms(&tenant, 3)).unwrap();
        }
        // An object closer to expiry than all others still comes in, and makes the closest of the earlier ones leave.
        list.add(domain("now.e", Some(1)), NOW, terms(&tenant, 3)).unwrap();
        assert_eq!(values(&list), ["late.e", "never.e", "now.e"]);
        // Another type has a capacity of its own.
        let other = Submission { kind: Kind::Ip, ..domain("192.0.2.1", None) };
        list.add(other, NOW, terms(&tenant, 3)).unwrap();
        assert_eq!(values(&list).len(), 4);
    }

    #[test]
    fn objects_that_never_expire_never_give_way() {
        let tenant = Tenant::default();
        let mut list = SuspiciousList::default();
        list.add(domain("a.e", Some(-1)), NOW, terms(&tenant, 1)).unwrap();
        assert_eq!(list.add(domain("b.e", Some(3)), NOW, terms(&tenant, 1)), Err(Full));
        list.add(domain("A.e", Some(-1)), NOW, terms(&tenant, 1)).unwrap();
        assert_eq!(values(&list), ["A.e"]);
    }

    #[test]
    fn adding_again_replaces_or_keeps() {
        let tenant = Tenant::default();
        for (omitted, expires, scan_action) in [
            (Omitted::Keep, None, ScanAction::Log),
            (Omitted::TenantSetting, expiry(30, NOW), ScanAction::Block),
        ] {
            let mut list = SuspiciousList::default();
            let terms = Terms { omitted, ..terms(&tenant, 5) };
            let first = Submission { scan_action: Some(ScanAction::Log), ..domain("a.e", Some(-1)) };
            list.add(first, NOW, terms).unwrap();
            list.add(domain("a.e", None), NOW, terms).unwrap();
            let object = list.objects().next().unwrap();
            assert_eq!((object.expires, object.scan_action), (expires, scan_action));
        }
    }

    #[test]
    fn objects_expire_and_are_deleted() {
        let tenant = Tenant::default();
        let mut list = SuspiciousList::default();
        list.add(domain("a.e", Some(1)), NOW, terms(&tenant, 5)).unwrap();
        list.add(domain("b.e", Some(0)), NOW, terms(&tenant, 5)).unwrap();
        list.add(domain("c.e", None), NOW, terms(&tenant, 5)).unwrap();
        list.expire(NOW);
        assert_eq!(values(&list), ["a.e", "c.e"]);
        assert!(list.delete(Kind::Domain, "C.E", NOW));
        assert!(!list.delete(Kind::Domain, "c.e", NOW));
        assert!(!list.delete(Kind::Domain, "a.e", NOW + Duration::days(2)));
    }

    proptest::proptest! {
        #[test]
        fn no_type_exceeds_its_capacity_and_nothing_permanent_is_lost(
            changes in proptest::collection::vec((0..30_u32, -1..5_i64, 0..3_i64), 0..80),
            capacity in 1..10_usize,
        ) {
            let tenant = Tenant::default();
            let mut list = SuspiciousList::default();
            let mut now = NOW;
            let mut permanent = std::collections::BTreeSet::new();
            for (name, days, later) in changes {
                now += Duration::days(later);
                let value = format!("{name}.example");
                if list.add(domain(&value, Some(days)), now, terms(&tenant, capacity)).is_ok() {
                    // Adding again with an end makes an object one that may leave.
                    if days == NEVER { permanent.insert(value) } else { permanent.remove(&value) };
                }
                let held = values(&list);
                proptest::prop_assert!(held.len() <= capacity);
                proptest::prop_assert!(permanent.iter().all(|value| held.contains(&value.as_str())));
                let expiring: usize = list.kinds.values().map(|of_kind| of_kind.expiring.len()).sum();
                let with_end = list.objects().filter(|object| object.expires.is_some()).count();
                proptest::prop_assert_eq!(expiring, with_end);
            }
        }
    }
}
