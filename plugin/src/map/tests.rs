//! Tests of the table of types and fields.

use proptest::prelude::*;

use super::*;
use crate::item::ScanAction;

fn configuration(list: List, scheme_handling: SchemeHandling) -> Configuration {
    Configuration { api_host: "api.example.com".to_owned(), scheme_handling, list }
}

fn block(risk: RiskRule) -> List {
    List::Block { scan_action: Some(ScanAction::Block), risk, days_to_expiration: Some(30) }
}

fn indicator(subtype: &str, value: &str) -> Object {
    Object {
        key: 1,
        kind: KIND.to_owned(),
        subtype: subtype.to_owned(),
        value: value.to_owned(),
        score: Some(8.0),
        ..Object::default()
    }
}

fn json(mapping: &Mapping) -> Vec<String> {
    let items = match mapping {
        Mapping::One(item) => std::slice::from_ref(item),
        Mapping::Two(items) => items.as_slice(),
        Mapping::Skipped(problem) | Mapping::Rejected(problem) => return vec![problem.code.to_owned()],
    };
    items.iter().map(|item| serde_json::to_string(item).unwrap()).collect()
}

#[test]
fn what_is_left_out_is_named_with_its_type_or_its_value() {
    let message = |object: &Object, scheme_handling| match map(
        object,
        &configuration(List::Exceptions, scheme_handling),
    ) {
        Mapping::Skipped(problem) => problem.message,
        other => panic!("{other:?}"),
    };
    let md5 = indicator("MD5", "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(message(&md5, SchemeHandling::Http), "the action takes no object of type `MD5`");
    let adversary = Object { kind: "Adversary".to_owned(), ..indicator("FQDN", "a.example") };
    assert_eq!(
        message(&adversary, SchemeHandling::Http),
        "the action takes no object of type `Adversary FQDN`"
    );
    let expected = "`a.example/x` has no scheme, and the configuration excludes such URLs";
    assert_eq!(message(&indicator("URL", "a.example/x"), SchemeHandling::Skip), expected);
}

#[test]
fn each_type_has_its_field() {
    let exceptions = configuration(List::Exceptions, SchemeHandling::Http);
    let sha1 = "A9993E364706816ABA3E25717850C26C9CD0D89D";
    let sha256 = "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD";
    let cases = [
        ("FQDN", " Example.com ", r#"{"domain":"example.com"}"#.to_owned()),
        ("FQDN", "*.example.com", r#"{"domain":"*.example.com"}"#.to_owned()),
        ("IP Address", "192.0.2.1", r#"{"ip":"192.0.2.1"}"#.to_owned()),
        ("IP Address", "2001:DB8::1", r#"{"ip":"2001:db8::1"}"#.to_owned()),
        ("IPv6 Address", "2001:DB8::1", r#"{"ip":"2001:db8::1"}"#.to_owned()),
        ("URL", "example.com/X", r#"{"url":"http://example.com/X"}"#.to_owned()),
        ("Email Address", "a@Example.com", r#"{"senderMailAddress":"a@example.com"}"#.to_owned()),
        ("SHA-1", sha1, format!(r#"{{"fileSha1":"{}"}}"#, sha1.to_ascii_lowercase())),
        ("SHA-256", sha256, format!(r#"{{"fileSha256":"{}"}}"#, sha256.to_ascii_lowercase())),
        ("SHA-256", sha1, "invalid-hash".to_owned()),
        ("MD5", "d41d8cd98f00b204e9800998ecf8427e", "type-not-accepted".to_owned()),
        ("CIDR Block", "192.0.2.0/24", "type-not-accepted".to_owned()),
        ("fqdn", "example.com", "type-not-accepted".to_owned()),
    ];
    for (subtype, value, expected) in cases {
        assert_eq!(json(&map(&indicator(subtype, value), &exceptions)), [expected], "{subtype} {value}");
    }
    let other_kind = Object { kind: "Adversary".to_owned(), ..indicator("FQDN", "example.com") };
    assert_eq!(json(&map(&other_kind, &exceptions)), ["type-not-accepted"]);
}

#[test]
fn all_scheme_options() {
    let url = indicator("URL", "example.com/x");
    let with = |handling| json(&map(&url, &configuration(List::Exceptions, handling)));
    assert_eq!(with(SchemeHandling::Http), [r#"{"url":"http://example.com/x"}"#]);
    assert_eq!(with(SchemeHandling::Https), [r#"{"url":"https://example.com/x"}"#]);
    assert_eq!(
        with(SchemeHandling::Both),
        [r#"{"url":"http://example.com/x"}"#, r#"{"url":"https://example.com/x"}"#]
    );
    assert_eq!(with(SchemeHandling::Skip), ["url-without-scheme"]);
    let complete = indicator("URL", "ftp://example.com/x");
    for handling in [SchemeHandling::Http, SchemeHandling::Https, SchemeHandling::Both, SchemeHandling::Skip]
    {
        let mapping = map(&complete, &configuration(List::Exceptions, handling));
        assert_eq!(json(&mapping), [r#"{"url":"ftp://example.com/x"}"#]);
    }
}

#[test]
fn the_block_list_has_three_more_fields() {
    let object = indicator("FQDN", "example.com");
    let mapping = map(&object, &configuration(block(RiskRule::Score), SchemeHandling::Http));
    assert_eq!(
        json(&mapping),
        [r#"{"domain":"example.com","scanAction":"block","riskLevel":"medium","daysToExpiration":30}"#]
    );
    let left_to_tenant =
        List::Block { scan_action: None, risk: RiskRule::CustomerSettings, days_to_expiration: None };
    let mapping = map(&object, &configuration(left_to_tenant, SchemeHandling::Http));
    assert_eq!(json(&mapping), [r#"{"domain":"example.com"}"#]);
    let never = List::Block {
        scan_action: Some(ScanAction::Log),
        risk: RiskRule::Fixed(RiskLevel::Low),
        days_to_expiration: Some(-1),
    };
    let mapping = map(&object, &configuration(never, SchemeHandling::Http));
    assert_eq!(
        json(&mapping),
        [r#"{"domain":"example.com","scanAction":"log","riskLevel":"low","daysToExpiration":-1}"#]
    );
}

#[test]
fn the_risk_table() {
    let cases = [
        (Some(0.0), Some(RiskLevel::Low)),
        (Some(6.99), Some(RiskLevel::Low)),
        (Some(7.0), Some(RiskLevel::Medium)),
        (Some(8.9), Some(RiskLevel::Medium)),
        (Some(9.0), Some(RiskLevel::High)),
        (Some(12.0), Some(RiskLevel::High)),
        (Some(f64::NAN), None),
        (None, None),
    ];
    for (score, expected) in cases {
        assert_eq!(risk_by_score(score), expected, "{score:?}");
    }
}

#[test]
fn a_description_is_sent_where_there_is_one() {
    let with = |text: &str| {
        let object = Object { description: Some(text.to_owned()), ..indicator("FQDN", "example.com") };
        match map(&object, &configuration(List::Exceptions, SchemeHandling::Http)) {
            Mapping::One(item) => item.description.map(|text| text.to_string()),
            _ => panic!("the domain is in order"),
        }
    };
    assert_eq!(with("seen in March").as_deref(), Some("seen in March"));
    assert_eq!(with("  "), None);
    let long = "ä".repeat(limits::DESCRIPTION_CHARACTERS);
    assert_eq!(with(&format!("{long}ä")), Some(long));
}

proptest! {
    #[test]
    fn no_input_panics_and_nothing_beyond_the_limits_comes_out(
        subtype in "(FQDN|IP Address|IPv6 Address|URL|Email Address|SHA-1|SHA-256|Other)",
        value in "\\PC{0,80}",
        score in proptest::option::of(any::<f64>()),
        exceptions in any::<bool>(),
    ) {
        let list = if exceptions { List::Exceptions } else { block(RiskRule::Score) };
        let object = Object { score, ..indicator(&subtype, &value) };
        let items = match map(&object, &configuration(list, SchemeHandling::Both)) {
            Mapping::One(item) => vec![item],
            Mapping::Two(items) => items.to_vec(),
            Mapping::Skipped(problem) | Mapping::Rejected(problem) => {
                prop_assert!(!problem.message.is_empty() && !problem.message.ends_with('.'));
                vec![]
            }
        };
        for item in items {
            prop_assert!(!item.identifier.value.is_empty());
            prop_assert!(!item.identifier.value.chars().any(|character| character.is_control() || character == ' '));
            prop_assert_eq!(exceptions, item.block == BlockFields::default());
        }
    }
}
