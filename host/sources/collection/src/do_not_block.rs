//! The words with which a source says that a value must not be blocked. One vocabulary for every format, so that a column
//! of a CSV file and a key of a JSON record mean the same.
//!
//! A record that its source has withdrawn (deleted, revoked, expired, inactive, not for detection) is
//! [left out](palisade_model::Record::LeftOut) of every run. A value that its source calls harmless (benign, allowed, false
//! positive) stays an object with a [`DoNotBlock`]: an action that blocks does not get it, but an exception list is where it
//! belongs.

use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, Duration, OffsetDateTime, PrimitiveDateTime};

use crate::type_name::letters_and_digits;
use palisade_model::{DoNotBlock, LeftOut, Object, Record};

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
    /// It is to be looked for, and not blocked.
    DetectOnly,
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
            Self::DetectOnly => "detect-only",
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
            Self::DetectOnly => "for detection only, not for blocking",
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
        Self { reason, field: palisade_model::excerpt(field) }
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
                excerpt: palisade_model::excerpt(&object.value),
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
        // ThreatConnect counts them.
        Field::IfTrue(Reason::FalsePositive) if value.parse::<f64>().is_ok_and(|count| count > 0.0) => {
            marked(Reason::FalsePositive)
        }
        Field::IfFalse(reason) if truth(value) == Some(false) => marked(reason),
        Field::IfTrue(_) | Field::IfFalse(_) => Judgement::Nothing,
        Field::Word => word(value).map_or(Judgement::Nothing, marked),
        Field::Action => action(value).map_or(Judgement::Nothing, marked),
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
    /// A status or verdict in words.
    Word,
    /// What is to be done with the value, in words.
    Action,
    /// A time after which the record does not count.
    Until,
}

/// Values of an expiry that mean that there is none.
const NEVER: &[&str] =
    &["", "never", "none", "null", "na", "nil", "unlimited", "neverexpires", "noexpiration"];

fn field(name: &str) -> Field {
    let name = letters_and_digits(name);
    match name.strip_suffix("utc").unwrap_or(&name) {
        "deleted" | "isdeleted" => Field::IfTrue(Reason::Deleted),
        "revoked" | "isrevoked" | "withdrawn" | "retracted" => Field::IfTrue(Reason::Revoked),
        "falsepositive"
        | "falsepositives"
        | "isfalsepositive"
        | "falsepositivecount"
        | "falsepositivescount"
        | "numfalsepositives"
        | "falsepositivesightings"
        | "falsepositivereports"
        | "fp"
        | "fps"
        | "isfp"
        | "fpcount" => Field::IfTrue(Reason::FalsePositive),
        // Not `harmless`: VirusTotal counts the engines that say so.
        "benign" | "isbenign" | "knowngood" | "isknowngood" | "clean" | "isclean" | "isharmless" | "safe"
        | "issafe" | "trusted" | "istrusted" | "legitimate" | "islegitimate" => Field::IfTrue(Reason::Benign),
        "whitelisted" | "iswhitelisted" | "whitelist" | "allowlisted" | "isallowlisted" | "allowlist"
        | "safelisted" | "safelist" | "donotblock" | "isallowed" | "allow" | "allowed" | "permitted"
        | "exclude" | "excluded" | "isexcluded" | "exempt" | "exempted" | "isexempt" | "ignore"
        | "ignored" | "suppressed" | "inallowlist" | "inwhitelist" | "onallowlist" | "onwhitelist" => {
            Field::IfTrue(Reason::Allowed)
        }
        "detectonly" | "monitoronly" | "auditonly" | "alertonly" | "logonly" => {
            Field::IfTrue(Reason::DetectOnly)
        }
        "inactive" | "isinactive" | "deprecated" | "disabled" | "retired" => Field::IfTrue(Reason::Inactive),
        "active" | "isactive" | "enabled" | "isenabled" => Field::IfFalse(Reason::Inactive),
        "toids" | "fordetection" => Field::IfFalse(Reason::NotForDetection),
        "malicious" | "ismalicious" => Field::IfFalse(Reason::Benign),
        "block" | "shouldblock" => Field::IfFalse(Reason::Allowed),
        "action" | "actions" | "indicatoraction" | "iocaction" | "recommendedaction" | "scanaction"
        | "policyaction" | "responseaction" | "enforcement" | "enforcementmode" => Field::Action,
        "status" | "state" | "indicatorstatus" | "indicatorstate" | "iocstatus" | "iocstate" | "verdict"
        | "verdicts" | "analystverdict" | "finalverdict" | "disposition" | "classification"
        | "reputation" | "assessment" | "decision" | "determination" | "conclusion" | "label" | "class"
        | "result" | "analysisresult" | "threatlevel" | "risklevel" | "threatverdict" | "maliciousness"
        | "judgement" | "judgment" => Field::Word,
        "validuntil" | "validto" | "validtill" | "activeuntil" | "blockuntil" => Field::Until,
        name if name.contains("expir") && !name.contains("days") && !name.contains("policy") => Field::Until,
        _ => Field::None,
    }
}

/// A flag as people write it.
pub(crate) fn truth(value: &str) -> Option<bool> {
    match value.to_lowercase().as_str() {
        "1" | "1.0" | "true" | "yes" | "y" | "t" | "x" | "on" | "✓" | "✔" => Some(true),
        "0" | "0.0" | "false" | "no" | "n" | "f" | "off" => Some(false),
        // As spreadsheets of other languages write them: German, French, Spanish, Italian, Portuguese, Dutch, Polish, Swedish,
        // Danish, Czech, Russian.
        "wahr" | "ja" | "vrai" | "oui" | "verdadero" | "sí" | "si" | "vero" | "sì" | "verdadeiro" | "sim"
        | "waar" | "prawda" | "tak" | "sant" | "sand" | "pravda" | "ano" | "истина" | "да" => {
            Some(true)
        }
        "falsch" | "nein" | "faux" | "non" | "falso" | "não" | "nao" | "onwaar" | "nee" | "fałsz" | "nie"
        | "falskt" | "falsk" | "nej" | "nepravda" | "ne" | "ложь" | "нет" => Some(false),
        _ => None,
    }
}

/// What a word for an action means: what is only to be detected is as little to be blocked as what is allowed.
fn action(value: &str) -> Option<Reason> {
    match letters_and_digits(value).as_str() {
        "audit" | "alert" | "detect" | "detection" | "monitor" | "log" | "observe" | "watch" | "warn"
        | "notify" | "track" | "none" | "noaction" | "nothing" => Some(Reason::DetectOnly),
        _ => word(value),
    }
}

/// What a description or comment beside a value says against blocking it, in its first words. Words that a description may
/// begin with for other reasons are not among them.
pub(crate) fn description(text: &str) -> Option<Reason> {
    label(first_words(text))
}

/// A comment up to its first mark: `False positive - do not block`.
fn first_words(text: &str) -> &str {
    let text = text.split([',', ';', ':', '(', '.', '!']).next().unwrap_or_default();
    [" - ", " – ", " — "]
        .iter()
        .filter_map(|dash| text.find(dash))
        .min()
        .map_or(text, |end| text.get(..end).unwrap_or(text))
}

/// What a comment behind a value says against blocking it, in its first words: `false positive, see 4711`, or the result
/// of an access list.
pub(crate) fn comment(text: &str) -> Option<Reason> {
    let first = first_words(text);
    match letters_and_digits(first).as_str() {
        "ok" | "pass" | "accept" | "dunno" | "direct" | "bypass" | "passthru" | "rpzpassthru" => {
            Some(Reason::Allowed)
        }
        // A name or a note of two words says nothing about the value: `good`, `safe`.
        "good" | "safe" | "removed" | "archived" | "disabled" => None,
        _ => label(first).or_else(|| word(first)),
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
        "fp" | "falsealarm" | "fehlalarm" | "fauxpositif" | "falsopositivo" => Some(Reason::FalsePositive),
        "detectonly" | "monitoronly" | "auditonly" | "alertonly" | "logonly" => Some(Reason::DetectOnly),
        "revoked" | "withdrawn" | "retracted" => Some(Reason::Revoked),
        "expired" | "abgelaufen" | "expiré" | "caducado" | "scaduto" => Some(Reason::Expired),
        "inaktiv" | "inactif" | "inactivo" | "inattivo" => Some(Reason::Inactive),
        "gelöscht" | "supprimé" | "eliminado" => Some(Reason::Deleted),
        "erlaubt" | "autorisé" | "permitido" => Some(Reason::Allowed),
        "gutartig" | "harmlos" | "unbedenklich" | "bénin" | "benigno" | "inoffensif" => Some(Reason::Benign),
        "inactive" | "retired" | "disabled" | "deactivated" | "deprecated" | "archived" | "obsolete" => {
            Some(Reason::Inactive)
        }
        "deleted" | "removed" => Some(Reason::Deleted),
        word if word.contains("falsepos") && !word.starts_with("no") => Some(Reason::FalsePositive),
        // McAfee's reputations: `Known Trusted`, `Might Be Trusted`.
        word if word.ends_with("trusted") && !word.contains("untrusted") && !word.contains("nottrusted") => {
            Some(Reason::Benign)
        }
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
        "falsepositive" | "falsepositives" => Some(Reason::FalsePositive),
        "benign" | "knowngood" | "goodware" | "notmalicious" => Some(Reason::Benign),
        "detectonly" | "monitoronly" => Some(Reason::DetectOnly),
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
            ("Action", "Audit", "detect-only"),
            ("Action", "AlertOnly", "detect-only"),
            ("action", "detect", "detect-only"),
            ("action", "no_action", "detect-only"),
            ("False Positives", "3", "false-positive"),
            ("falsePositiveCount", "1", "false-positive"),
            ("active", "FALSCH", "inactive"),
            ("deleted", "VRAI", "deleted"),
            ("revoked", "Sí", "revoked"),
            ("active", "Нет", "inactive"),
            ("status", "abgelaufen", "expired"),
            ("status", "falsepos", "false-positive"),
            ("Reputation", "Might be Trusted", "benign"),
            ("label", "benign", "benign"),
            ("exclude", "yes", "allowed"),
            ("Valid until (UTC)", "2021-01-01", "expired"),
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
            ("verdict", "malicious"),
            ("status", "Active"),
            ("Action", "AlertAndBlock"),
            ("False Positives", "0"),
            ("harmless", "1"),
            ("reputation", "Not trusted"),
            ("deleted", "FAUX"),
            ("label", "phishing"),
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
        for (text, expected) in [
            ("FALSE POSITIVE - do not block", Some(Reason::FalsePositive)),
            ("whitelisted, see 4711", Some(Reason::Allowed)),
            ("OK", Some(Reason::Allowed)),
            ("REJECT", None),
            ("good for nothing", None),
            ("C2 (was taken for a false positive)", None),
        ] {
            assert_eq!(comment(text), expected, "{text}");
        }
        for (name, value) in [("valid_until", "soon"), ("expires", "03/04/2026"), ("expires", "30")] {
            assert_eq!(judge(name, value, NOW), Judgement::NotATime, "{name} {value}");
        }
    }

    #[test]
    fn a_withdrawn_object_is_left_out_and_a_harmless_one_keeps_its_mark() {
        let object = Object::indicator("FQDN", "a.example", palisade_model::Location::Line(1));
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
