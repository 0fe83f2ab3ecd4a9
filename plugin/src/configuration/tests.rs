//! Tests of the configuration.

use super::*;

fn choice(name: &str, value: &str) -> Setting {
    Setting { name: name.to_owned(), value: Value::Text(value.to_owned()) }
}

fn block_settings() -> Vec<Setting> {
    vec![
        choice("api_region", "api.xdr.trendmicro.com"),
        choice("url_scheme", "http"),
        Setting { name: "objects_per_run".to_owned(), value: Value::Integer(10_000) },
        choice("scan_action", "block"),
        choice("risk_level", "threatq-score"),
        choice("ioc_expiration", "30"),
    ]
}

fn codes(result: Result<Configuration, Unusable>) -> Vec<&'static str> {
    match result {
        Ok(_) => Vec::new(),
        Err(Unusable::UnknownAction) => vec!["unknown-action"],
        Err(Unusable::Problems(problems)) => problems.iter().map(|problem| problem.code).collect(),
    }
}

#[test]
fn a_complete_configuration_is_read() {
    let expected = Configuration {
        api_host: "api.xdr.trendmicro.com".to_owned(),
        scheme_handling: SchemeHandling::Http,
        list: List::Block {
            scan_action: Some(ScanAction::Block),
            risk: RiskRule::Score,
            days_to_expiration: Some(30),
        },
    };
    assert_eq!(read(ADD_TO_BLOCKLIST, &block_settings()), Ok(expected));
    let exceptions = read(ADD_TO_EXCEPTION_LIST, &block_settings()[..3]).map(|read| read.list);
    assert_eq!(exceptions, Ok(List::Exceptions));
}

#[test]
fn every_option_has_its_meaning() {
    let with = |name: &str, value: &str| {
        let mut settings = block_settings();
        settings.iter_mut().find(|setting| setting.name == name).unwrap().value =
            Value::Text(value.to_owned());
        read(ADD_TO_BLOCKLIST, &settings).unwrap()
    };
    for (value, expected) in [
        ("7", Some(7)),
        ("15", Some(15)),
        ("30", Some(30)),
        ("45", Some(45)),
        ("60", Some(60)),
        ("75", Some(75)),
        ("90", Some(90)),
        ("never", Some(-1)),
        ("customer-settings", None),
    ] {
        let List::Block { days_to_expiration, .. } = with("ioc_expiration", value).list else { panic!() };
        assert_eq!(days_to_expiration, expected, "{value}");
    }
    for (value, expected) in
        [("block", Some(ScanAction::Block)), ("log", Some(ScanAction::Log)), ("customer-settings", None)]
    {
        let List::Block { scan_action, .. } = with("scan_action", value).list else { panic!() };
        assert_eq!(scan_action, expected, "{value}");
    }
    for (value, expected) in [
        ("threatq-score", RiskRule::Score),
        ("high", RiskRule::Fixed(RiskLevel::High)),
        ("medium", RiskRule::Fixed(RiskLevel::Medium)),
        ("low", RiskRule::Fixed(RiskLevel::Low)),
        ("customer-settings", RiskRule::CustomerSettings),
    ] {
        let List::Block { risk, .. } = with("risk_level", value).list else { panic!() };
        assert_eq!(risk, expected, "{value}");
    }
    for (value, expected) in [
        ("http", SchemeHandling::Http),
        ("https", SchemeHandling::Https),
        ("both", SchemeHandling::Both),
        ("skip", SchemeHandling::Skip),
    ] {
        assert_eq!(with("url_scheme", value).scheme_handling, expected, "{value}");
    }
}

#[test]
fn all_problems_are_told_at_once() {
    let settings = [
        choice("api_region", "https://api.xdr.trendmicro.com"),
        choice("scan_action", "Block"),
        Setting { name: "risk_level".to_owned(), value: Value::Flag(true) },
        choice("ioc_expiration", "8"),
        choice("ioc_expiration", "7"),
    ];
    assert_eq!(
        codes(read(ADD_TO_BLOCKLIST, &settings)),
        [
            "unknown-option",
            "missing-parameter",
            "unknown-option",
            "wrong-type",
            "duplicate-parameter",
            "unknown-option"
        ]
    );
}

#[test]
fn nothing_is_filled_in() {
    for left_out in ["api_region", "url_scheme", "scan_action", "risk_level", "ioc_expiration"] {
        let settings: Vec<Setting> =
            block_settings().into_iter().filter(|setting| setting.name != left_out).collect();
        let Err(Unusable::Problems(problems)) = read(ADD_TO_BLOCKLIST, &settings) else { panic!() };
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].code, "missing-parameter");
        assert!(problems[0].message.contains(left_out));
    }
}

#[test]
fn block_list_parameters_do_not_belong_to_the_exception_list() {
    assert_eq!(
        codes(read(ADD_TO_EXCEPTION_LIST, &block_settings())),
        ["unknown-parameter", "unknown-parameter", "unknown-parameter"]
    );
}

#[test]
fn an_unknown_parameter_is_named_without_its_value() {
    let mut settings = block_settings();
    settings.push(Setting { name: "api_key".to_owned(), value: Value::Text("a-secret".to_owned()) });
    let Err(Unusable::Problems(problems)) = read(ADD_TO_BLOCKLIST, &settings) else { panic!() };
    assert_eq!(problems[0].code, "unknown-parameter");
    assert!(problems[0].message.contains("api_key") && !problems[0].message.contains("a-secret"));
}

#[test]
fn a_region_is_a_host_name_and_nothing_else() {
    for value in [
        "",
        "localhost",
        "api.example.com:8443",
        "api.example.com/x",
        "user@api.example.com",
        "-a.example",
        "a..b",
    ] {
        assert!(!is_host_name(value), "{value}");
    }
    assert!(is_host_name("api.xdr.trendmicro.co.jp"));
}

#[test]
fn labels_have_letters_digits_and_inner_hyphens() {
    for value in ["a.example", "a-b.example", "1.example", "A.EXAMPLE"] {
        assert!(is_host_name(value), "{value}");
    }
    for value in
        ["a-.example", "-a.example", "a_b.example", "ä.example", ".example", "example.", "a b.example"]
    {
        assert!(!is_host_name(value), "{value}");
    }
    let longest = ["a.".repeat(126), "a".to_owned()].concat();
    assert_eq!(longest.len(), crate::limits::DOMAIN_CHARACTERS);
    assert!(is_host_name(&longest) && !is_host_name(&[&longest, "a"].concat()));
}

#[test]
fn each_list_has_its_path_and_its_name() {
    let block = read(ADD_TO_BLOCKLIST, &block_settings()).unwrap().list;
    for (list, path, text) in [
        (block, "/v3.0/threatintel/suspiciousObjects", "block list"),
        (List::Exceptions, "/v3.0/threatintel/suspiciousObjectExceptions", "exception list"),
    ] {
        assert_eq!((list.path(), list.name().text()), (path, text));
    }
}

#[test]
fn a_problem_names_what_was_found_and_what_is_expected() {
    let message = |name: &str, value: Value| {
        let mut settings = block_settings();
        settings.iter_mut().find(|setting| setting.name == name).unwrap().value = value;
        let Err(Unusable::Problems(problems)) = read(ADD_TO_BLOCKLIST, &settings) else { panic!() };
        assert_eq!(problems.len(), 1);
        (problems[0].code, problems[0].message.clone())
    };
    for (value, found) in [
        (Value::Other("a list of texts"), "a list of texts"),
        (Value::Integer(-3), "the whole number `-3`"),
        (Value::Flag(true), "the flag `true`"),
    ] {
        let expected = format!("parameter `scan_action` is {found}; it takes one of its options");
        assert_eq!(message("scan_action", value), ("wrong-type", expected));
    }
    let expected = "parameter `objects_per_run` is the text `7`; it takes a whole number".to_owned();
    assert_eq!(message("objects_per_run", Value::Text("7".to_owned())), ("wrong-type", expected));
}

#[test]
fn the_parameter_of_the_host_may_be_missing() {
    let settings: Vec<Setting> =
        block_settings().into_iter().filter(|setting| setting.name != "objects_per_run").collect();
    assert!(read(ADD_TO_BLOCKLIST, &settings).is_ok());
}

#[test]
fn other_actions_are_unknown() {
    assert_eq!(codes(read("isolate", &block_settings())), ["unknown-action"]);
}
