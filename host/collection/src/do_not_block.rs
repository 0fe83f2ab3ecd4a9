//! The words with which a source says that a value must not be blocked. One vocabulary for every format, so that a column
//! of a CSV file and a key of a JSON record mean the same.
//!
//! A record that its source has withdrawn (deleted, revoked, expired, inactive, not for detection) is
//! [left out](crate::Record::LeftOut) of every run. A value that its source calls harmless (benign, allowed, false
//! positive) stays an object with a [`DoNotBlock`]: an action that blocks does not get it, but an exception list is where it
//! belongs.

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

use crate::type_name::letters_and_digits;
use crate::{LeftOut, Object, Record};

/// Why the source of an object does not want it blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoNotBlock {
    /// Stable: `allowed`, `benign`, `false-positive`, or one of the codes of [`LeftOut`].
    pub code: &'static str,
    /// One sentence, lower case, without a full stop.
    pub message: String,
}

/// What a mark says about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The source allows it, or has it on an allow list.
    Allowed,
    /// The source found it harmless.
    Benign,
    /// The source took it for malicious and was wrong.
    FalsePositive,
    /// The record was deleted.
    Deleted,
    /// The record was withdrawn.
    Revoked,
    /// Its time is over.
    Expired,
    /// The source does not use it at present.
    Inactive,
    /// It is context, not something to look for.
    NotForDetection,
}

impl Reason {
    /// The stable code.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Benign => "benign",
            Self::FalsePositive => "false-positive",
            Self::Deleted => "deleted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Inactive => "inactive",
            Self::NotForDetection => "not-for-detection",
        }
    }

    /// Whether no action is to get the object, not only those that block.
    pub(crate) fn is_withdrawn(self) -> bool {
        !matches!(self, Self::Allowed | Self::Benign | Self::FalsePositive)
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Benign => "benign",
            Self::FalsePositive => "a false positive",
            Self::Deleted => "deleted",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Inactive => "inactive",
            Self::NotForDetection => "not for detection",
        }
    }
}

/// A mark with the field that holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) reason: Reason,
    field: String,
}

impl Mark {
    /// A mark that a field holds.
    pub(crate) fn new(reason: Reason, field: &str) -> Self {
        Self { reason, field: crate::excerpt(field) }
    }

    /// The sentence for people.
    pub(crate) fn message(&self) -> String {
        format!("the source marks it as {} (`{}`)", self.reason.in_words(), self.field)
    }

    /// The record of an object that is marked in this way.
    pub(crate) fn apply(self, mut object: Object) -> Record {
        let message = self.message();
        let code = self.reason.code();
        if self.reason.is_withdrawn() {
            return Record::LeftOut(LeftOut {
                location: object.location,
                platform_id: object.platform_id,
                code,
                message,
                excerpt: crate::excerpt(&object.value),
            });
        }
        object.do_not_block = Some(DoNotBlock { code, message });
        Record::Object(object)
    }
}

/// What a field says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Nothing against blocking.
    Nothing,
    /// Not to be blocked.
    Mark(Mark),
    /// The field is an expiry, and its value is not a time that can be read.
    NotATime,
}

/// What the field `name` with this value says about its record at the time `now`.
pub(crate) fn judge(name: &str, value: &str, now: OffsetDateTime) -> Judgement {
    let value = value.trim();
    let marked = |reason| Judgement::Mark(Mark::new(reason, name));
    match field(name) {
        _ if value.is_empty() => Judgement::Nothing,
        Field::None => Judgement::Nothing,
        Field::IfTrue(reason) if truth(value) == Some(true) => marked(reason),
        Field::IfFalse(reason) if truth(value) == Some(false) => marked(reason),
        Field::IfTrue(_) | Field::IfFalse(_) => Judgement::Nothing,
        Field::Word => word(value).map_or(Judgement::Nothing, marked),
        Field::Until => match truth(value) {
            // `expired` is written as a flag as well.
            Some(true) if letters_and_digits(name).ends_with("expired") => marked(Reason::Expired),
            Some(_) => Judgement::Nothing,
            None if NEVER.contains(&letters_and_digits(value).as_str()) => Judgement::Nothing,
            None => match time_of(value) {
                Some(until) if until <= now => marked(Reason::Expired),
                Some(_) => Judgement::Nothing,
                None => Judgement::NotATime,
            },
        },
    }
}

/// Whether a field of this name can say that a value must not be blocked.
pub(crate) fn is_mark(name: &str) -> bool {
    field(name) != Field::None
}

/// What kind of mark a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    None,
    /// A flag that speaks against blocking where it is set.
    IfTrue(Reason),
    /// A flag that speaks against blocking where it is not set.
    IfFalse(Reason),
    /// A status, verdict or action in words.
    Word,
    /// A time after which the record does not count.
    Until,
}

/// Values of an expiry that mean that there is none.
const NEVER: &[&str] =
    &["", "never", "none", "null", "na", "nil", "unlimited", "neverexpires", "noexpiration"];

fn field(name: &str) -> Field {
    match letters_and_digits(name).as_str() {
        "deleted" | "isdeleted" => Field::IfTrue(Reason::Deleted),
        "revoked" | "isrevoked" | "withdrawn" | "retracted" => Field::IfTrue(Reason::Revoked),
        "falsepositive" | "isfalsepositive" | "fp" | "isfp" => Field::IfTrue(Reason::FalsePositive),
        "benign" | "isbenign" | "knowngood" | "isknowngood" | "isclean" | "isharmless" => {
            Field::IfTrue(Reason::Benign)
        }
        "whitelisted" | "iswhitelisted" | "whitelist" | "allowlisted" | "isallowlisted" | "allowlist"
        | "safelisted" | "safelist" | "donotblock" | "isallowed" => Field::IfTrue(Reason::Allowed),
        "inactive" | "isinactive" | "deprecated" | "disabled" | "retired" => Field::IfTrue(Reason::Inactive),
        "active" | "isactive" | "enabled" | "isenabled" => Field::IfFalse(Reason::Inactive),
        "toids" | "fordetection" => Field::IfFalse(Reason::NotForDetection),
        "malicious" | "ismalicious" => Field::IfFalse(Reason::Benign),
        "block" | "shouldblock" => Field::IfFalse(Reason::Allowed),
        "status" | "state" | "indicatorstatus" | "indicatorstate" | "iocstatus" | "iocstate" | "action"
        | "indicatoraction" | "iocaction" | "recommendedaction" | "verdict" | "analystverdict"
        | "finalverdict" | "disposition" | "classification" | "reputation" | "assessment" | "decision"
        | "determination" | "conclusion" => Field::Word,
        "validuntil" | "validto" | "validtill" | "activeuntil" | "blockuntil" => Field::Until,
        name if name.contains("expir") && !name.contains("days") && !name.contains("policy") => Field::Until,
        _ => Field::None,
    }
}

/// A flag as people write it.
pub(crate) fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "y" | "t" | "x" | "on" => Some(true),
        "0" | "false" | "no" | "n" | "f" | "off" => Some(false),
        _ => None,
    }
}

/// What a word for a status, a verdict or an action means.
pub(crate) fn word(value: &str) -> Option<Reason> {
    let word = letters_and_digits(value);
    match word.as_str() {
        "allow" | "allowed" | "allowlist" | "allowlisted" | "whitelist" | "whitelisted" | "safelist"
        | "safelisted" | "permit" | "permitted" | "donotblock" | "neverblock" | "exempt" | "exempted"
        | "ignore" | "ignored" => Some(Reason::Allowed),
        "benign" | "clean" | "harmless" | "legitimate" | "legit" | "safe" | "trusted" | "good"
        | "knowngood" | "goodware" | "notmalicious" | "nonmalicious" => Some(Reason::Benign),
        "fp" | "falsealarm" => Some(Reason::FalsePositive),
        "revoked" | "withdrawn" | "retracted" => Some(Reason::Revoked),
        "expired" => Some(Reason::Expired),
        "inactive" | "retired" | "disabled" | "deactivated" | "deprecated" | "archived" | "obsolete" => {
            Some(Reason::Inactive)
        }
        "deleted" | "removed" => Some(Reason::Deleted),
        word if word.contains("falsepositive") && !word.starts_with("not") => Some(Reason::FalsePositive),
        _ => None,
    }
}

/// Whether a tag or a label says that the value is not to be blocked: MISP's taxonomy of false positives, and the plain
/// words for allow lists.
pub(crate) fn label(name: &str) -> Option<Reason> {
    let name = name.trim();
    if name.eq_ignore_ascii_case("false-positive:confirmed=\"true\"") {
        return Some(Reason::FalsePositive);
    }
    match letters_and_digits(name).as_str() {
        "falsepositive" => Some(Reason::FalsePositive),
        "whitelist" | "whitelisted" | "allowlist" | "allowlisted" | "safelist" | "safelisted"
        | "donotblock" => Some(Reason::Allowed),
        _ => None,
    }
}

/// Times without a zone, which are in UTC.
const TIMES: &[&[BorrowedFormatItem<'_>]] = &[
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]"),
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond]"),
    format_description!("[year]-[month]-[day] [hour]:[minute]"),
];
/// A time with an offset behind it.
const WITH_OFFSET: &[&[BorrowedFormatItem<'_>]] = &[
    format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second] [offset_hour sign:mandatory]:[offset_minute]"
    ),
    format_description!(
        "[year]-[month]-[day] [hour]:[minute]:[second][offset_hour sign:mandatory][offset_minute]"
    ),
];
/// A day.
const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
/// Numbers from here on are milliseconds: as seconds, they would be in the year 5138.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// Numbers below are not times: as seconds, they are in 1973 or before, and more likely a number of days.
const SECONDS_FROM: i64 = 100_000_000;

/// A time as files write it: RFC 3339, the same with a blank or without a zone (which is UTC then), a day, or seconds or
/// milliseconds since 1970. A day lasts until its end. `03/04/2026` is not read: it has two meanings.
pub(crate) fn time_of(value: &str) -> Option<OffsetDateTime> {
    let value = value.trim();
    if let Ok(time) = OffsetDateTime::parse(value, &Rfc3339) {
        return Some(time);
    }
    if let Ok(number) = value.parse::<i64>() {
        let seconds = if number >= MILLISECONDS_FROM { number / 1_000 } else { number };
        return (number >= SECONDS_FROM).then(|| OffsetDateTime::from_unix_timestamp(seconds).ok()).flatten();
    }
    let plain = value.replace('/', "-").replacen('T', " ", 1);
    let plain = plain.trim_end_matches("UTC").trim_end_matches("GMT").trim_end_matches('Z').trim_end();
    if let Ok(day) = Date::parse(plain, DAY) {
        return day.midnight().assume_utc().checked_add(Duration::DAY);
    }
    let local = TIMES.iter().find_map(|format| PrimitiveDateTime::parse(plain, format).ok());
    local
        .map(PrimitiveDateTime::assume_utc)
        .or_else(|| WITH_OFFSET.iter().find_map(|format| OffsetDateTime::parse(plain, format).ok()))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-06-01 12:00 UTC);

    #[test]
    fn fields_that_say_do_not_block_are_understood() {
        for (name, value, expected) in [
            ("Action", "Allowed", "allowed"),
            ("verdict", "benign", "benign"),
            ("Status", "False Positive", "false-positive"),
            ("status", "Resolved - false positive", "false-positive"),
            ("status", "Revoked", "revoked"),
            ("Indicator Status", "Whitelisted", "allowed"),
            ("status", "Expired", "expired"),
            ("state", "inactive", "inactive"),
            ("revoked", "true", "revoked"),
            ("is_deleted", "1", "deleted"),
            ("deleted", "Y", "deleted"),
            ("false_positive", "yes", "false-positive"),
            ("to_ids", "FALSE", "not-for-detection"),
            ("is_active", "0", "inactive"),
            ("malicious", "false", "benign"),
            ("valid_until", "2026-06-01T11:59:59Z", "expired"),
            ("ExpirationTime", "2026-05-01T00:00:00.0Z", "expired"),
            ("expires", "2026-05-31", "expired"),
            ("expires_at", "2026-05-31 10:00:00", "expired"),
            ("expiry", "1700000000", "expired"),
            ("expiry", "1700000000000", "expired"),
            ("expired", "true", "expired"),
            ("expired_at", "2026/05/30", "expired"),
        ] {
            let Judgement::Mark(mark) = judge(name, value, NOW) else { panic!("{name} {value}") };
            assert_eq!(mark.reason.code(), expected, "{name} {value}");
        }
    }

    #[test]
    fn fields_that_say_nothing_against_blocking_are_passed_over() {
        for (name, value) in [
            ("Action", "Block"),
            ("Action", "Audit"),
            ("verdict", "malicious"),
            ("status", "Active"),
            ("status", "Not a false positive"),
            ("url_status", "offline"),
            ("revoked", "false"),
            ("revoked", ""),
            ("deleted", "N"),
            ("to_ids", "1"),
            ("to_ids", ""),
            ("is_active", "true"),
            ("valid_until", "2026-06-01"),
            ("valid_until", "2031-01-01T00:00:00Z"),
            ("expires", "never"),
            ("expires", ""),
            ("expired", "false"),
            ("expiration_days", "30"),
            ("last_seen", "2020-01-01"),
            ("comment", "benign"),
        ] {
            assert_eq!(judge(name, value, NOW), Judgement::Nothing, "{name} {value}");
        }
        for (name, value) in [("valid_until", "soon"), ("expires", "03/04/2026"), ("expires", "30")] {
            assert_eq!(judge(name, value, NOW), Judgement::NotATime, "{name} {value}");
        }
    }

    #[test]
    fn a_withdrawn_object_is_left_out_and_a_harmless_one_keeps_its_mark() {
        let object = Object::indicator("FQDN", "a.example", crate::Location::Line(1));
        let withdrawn = Mark::new(Reason::Revoked, "revoked").apply(object.clone());
        assert!(
            matches!(withdrawn, Record::LeftOut(left) if left.code == "revoked" && left.excerpt == "a.example")
        );
        let Record::Object(harmless) = Mark::new(Reason::Allowed, "Action").apply(object) else { panic!() };
        let mark = harmless.do_not_block.unwrap();
        assert_eq!(
            (mark.code, mark.message.as_str()),
            ("allowed", "the source marks it as allowed (`Action`)")
        );
    }
}
