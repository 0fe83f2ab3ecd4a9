//! One item of a request's array: which fields it may have, their types and their bounds (API reference, sections 3.1 and
//! 4). Types are strict: `"15"` is no number of days. Whatever is not known is refused unless a rule overlooks it.

use serde_json::{Map, Value};

use crate::identifier::{Kind, List, check};
use crate::settings::{Refusal, RiskLevel, Rules, ScanAction, ZeroDays};

/// The longest description, in characters.
const DESCRIPTION_CHARACTERS: usize = 1000;
/// The longest time to expiration, in days.
const DAYS: i64 = 365;
/// `daysToExpiration` of an object that never expires.
pub(crate) const NEVER: i64 = -1;

/// What an item asks for; `None` is a field that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Submission {
    pub(crate) kind: Kind,
    pub(crate) value: String,
    pub(crate) description: Option<String>,
    pub(crate) scan_action: Option<ScanAction>,
    pub(crate) risk_level: Option<RiskLevel>,
    /// From −1 (never) to 365; 0 is an object that expires at once.
    pub(crate) days: Option<i64>,
}

/// Why an item was refused, and whether the whole request goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) reason: &'static str,
    pub(crate) whole_request: bool,
}

fn item(reason: &'static str) -> Problem {
    Problem { reason, whole_request: false }
}

/// Applies a switch: `Ok` when the fault is overlooked.
fn refuse(refusal: Refusal, reason: &'static str) -> Result<(), Problem> {
    match refusal {
        Refusal::Ignore => Ok(()),
        Refusal::Item => Err(Problem { reason, whole_request: false }),
        Refusal::Request => Err(Problem { reason, whole_request: true }),
    }
}

/// Reads an item of a request to add or update.
pub(crate) fn parse(value: Value, list: List, rules: &Rules) -> Result<Submission, Problem> {
    let Value::Object(mut fields) = value else { return Err(item("the item is no object")) };
    let (kind, value) = take_identifier(&mut fields, list, rules)?;
    let mut submission =
        Submission { kind, value, description: None, scan_action: None, risk_level: None, days: None };
    for (name, field) in fields {
        match (name.as_str(), list) {
            ("description", _) => submission.description = Some(description(field)?),
            ("scanAction" | "riskLevel" | "daysToExpiration", List::Exceptions) => {
                refuse(rules.exception_field, "the exception list does not take this field")?;
            }
            ("scanAction", List::SuspiciousObjects) => submission.scan_action = Some(scan_action(&field)?),
            ("riskLevel", List::SuspiciousObjects) => submission.risk_level = risk_level(&field, rules)?,
            ("daysToExpiration", List::SuspiciousObjects) => submission.days = days(&field, rules)?,
            _ => refuse(rules.unknown_field, "the field is unknown")?,
        }
    }
    Ok(submission)
}

/// Reads an item of a request to delete: its identifier; further fields are overlooked, and a value's syntax is not judged,
/// because an object that cannot exist is simply not found.
pub(crate) fn parse_deletion(value: Value, rules: &Rules) -> Result<(Kind, String), Problem> {
    let Value::Object(mut fields) = value else { return Err(item("the item is no object")) };
    let lenient = Rules {
        value_syntax: false,
        url_scheme: false,
        suspicious_wildcards: true,
        exception_ip_ranges: true,
        ..rules.clone()
    };
    take_identifier(&mut fields, List::Exceptions, &lenient)
}

fn take_identifier(
    fields: &mut Map<String, Value>,
    list: List,
    rules: &Rules,
) -> Result<(Kind, String), Problem> {
    let mut found = None;
    for kind in Kind::ALL {
        if let Some(field) = fields.remove(kind.name()) {
            if found.is_some() {
                return Err(item("the item has more than one identifier"));
            }
            found = Some((kind, field));
        }
    }
    match found {
        None => Err(item("the item has no identifier")),
        Some((kind, Value::String(value))) => {
            check(kind, &value, list, rules).map_err(item)?;
            Ok((kind, value))
        }
        Some(_) => Err(item("the identifier is no string")),
    }
}

fn description(field: Value) -> Result<String, Problem> {
    match field {
        Value::String(text) if text.len() <= DESCRIPTION_CHARACTERS => Ok(text),
        Value::String(text) if text.chars().count() <= DESCRIPTION_CHARACTERS => Ok(text),
        Value::String(_) => Err(item("the description is longer than 1000 characters")),
        _ => Err(item("the description is no string")),
    }
}

fn scan_action(field: &Value) -> Result<ScanAction, Problem> {
    match field.as_str() {
        Some("block") => Ok(ScanAction::Block),
        Some("log") => Ok(ScanAction::Log),
        _ => Err(item("scanAction is neither block nor log")),
    }
}

fn risk_level(field: &Value, rules: &Rules) -> Result<Option<RiskLevel>, Problem> {
    match field.as_str() {
        Some("high") => Ok(Some(RiskLevel::High)),
        Some("medium") => Ok(Some(RiskLevel::Medium)),
        Some("low") => Ok(Some(RiskLevel::Low)),
        Some("") => refuse(rules.empty_risk_level, "riskLevel is empty").map(|()| None),
        _ => Err(item("riskLevel is none of high, medium, low")),
    }
}

fn days(field: &Value, rules: &Rules) -> Result<Option<i64>, Problem> {
    let Some(days) = field.as_i64().filter(|days| (NEVER..=DAYS).contains(days)) else {
        return Err(item("daysToExpiration is no integer from -1 to 365"));
    };
    if days != 0 {
        return Ok(Some(days));
    }
    match rules.zero_days {
        ZeroDays::AtOnce => Ok(Some(0)),
        ZeroDays::TenantSetting => Ok(None),
        ZeroDays::Never => Ok(Some(NEVER)),
        ZeroDays::Refuse => Err(item("daysToExpiration is 0")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn suspicious(value: Value) -> Result<Submission, Problem> {
        parse(value, List::SuspiciousObjects, &Rules::default())
    }

    #[test]
    fn every_field_is_read() {
        let submission = suspicious(json!({"domain": "example.com", "description": "d", "scanAction": "log",
            "riskLevel": "low", "daysToExpiration": 365}))
        .unwrap();
        assert_eq!(submission.kind, Kind::Domain);
        assert_eq!(submission.scan_action, Some(ScanAction::Log));
        assert_eq!(submission.risk_level, Some(RiskLevel::Low));
        assert_eq!(submission.days, Some(365));
    }

    #[test]
    fn faulty_fields_cost_the_item() {
        for value in [
            json!("example.com"),
            json!({}),
            json!({"description": "d"}),
            json!({"domain": "example.com", "ip": "192.0.2.1"}),
            json!({"domain": null}),
            json!({"domain": ["example.com"]}),
            json!({"domain": "example.com", "daysToExpiration": "15"}),
            json!({"domain": "example.com", "daysToExpiration": 1.5}),
            json!({"domain": "example.com", "daysToExpiration": 366}),
            json!({"domain": "example.com", "daysToExpiration": -2}),
            json!({"domain": "example.com", "scanAction": "quarantine"}),
            json!({"domain": "example.com", "riskLevel": ""}),
            json!({"domain": "example.com", "riskLevel": "noRisk"}),
            json!({"domain": "example.com", "riskLevel": "High"}),
            json!({"domain": "example.com", "description": null}),
            json!({"domain": "example.com", "description": "d".repeat(1001)}),
            json!({"domain": "example.com", "type": "domain"}),
            json!({"fileMd5": "d41d8cd98f00b204e9800998ecf8427e"}),
        ] {
            assert!(!suspicious(value.clone()).unwrap_err().whole_request, "{value}");
        }
    }

    #[test]
    fn exceptions_refuse_the_other_lists_fields() {
        for (name, value) in
            [("scanAction", json!("log")), ("riskLevel", json!("")), ("daysToExpiration", json!(3))]
        {
            let fields = json!({"domain": "example.com", name: value});
            let problem = |exception_field| {
                parse(fields.clone(), List::Exceptions, &Rules { exception_field, ..Rules::default() })
                    .map_err(|problem| problem.whole_request)
            };
            assert_eq!(problem(Refusal::Item), Err(false));
            assert_eq!(problem(Refusal::Request), Err(true));
            assert!(problem(Refusal::Ignore).is_ok());
        }
    }

    #[test]
    fn zero_days_mean_what_the_rule_says() {
        for (zero_days, expected) in [
            (ZeroDays::AtOnce, Ok(Some(0))),
            (ZeroDays::TenantSetting, Ok(None)),
            (ZeroDays::Never, Ok(Some(-1))),
            (ZeroDays::Refuse, Err(item("daysToExpiration is 0"))),
        ] {
            assert_eq!(days(&json!(0), &Rules { zero_days, ..Rules::default() }), expected);
        }
    }

    #[test]
    fn deleting_overlooks_further_fields() {
        let value = json!({"url": "no scheme", "description": 3, "scanAction": null});
        assert_eq!(parse_deletion(value, &Rules::default()), Ok((Kind::Url, "no scheme".to_owned())));
        assert!(parse_deletion(json!({"url": "a", "ip": "b"}), &Rules::default()).is_err());
    }
}
