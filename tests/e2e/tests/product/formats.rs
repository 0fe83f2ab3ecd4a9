//! Every input format on its way to the block list: what is held equals what the file says, read here by other means.

use std::collections::BTreeSet;

use palisade_e2e::{Outcome, Palisade, Tenant, shared_data};
use serde_json::Value;

type Entries = BTreeSet<(String, String)>;

fn entries<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str)>) -> Entries {
    entries.into_iter().map(|(field, value)| (field.to_owned(), value.to_owned())).collect()
}

fn blocklist(tenant: &Tenant) -> Palisade {
    Palisade::run(tenant, "add-to-blocklist").configured("")
}

/// Everything that was to be sent is held, and the report says so.
fn assert_held(tenant: &Tenant, outcome: &Outcome, expected: &Entries) {
    let held = tenant.blocked();
    let missing: Vec<_> = expected.difference(&held).collect();
    let surplus: Vec<_> = held.difference(expected).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "missing: {missing:?}\nsurplus: {surplus:?}");
    assert_eq!(&outcome.accepted_submissions(), expected);
}

fn format_of(outcome: &Outcome) -> &str {
    outcome.report()["collection"]["files"][0]["format"].as_str().unwrap()
}

#[test]
fn a_stix_bundle() {
    let bundle = r#"{"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "identity", "id": "identity--1", "name": "nobody"},
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--1", "pattern_type": "stix",
         "pattern": "[domain-name:value = 'Evil.example.com']"},
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--2", "pattern_type": "stix",
         "pattern": "[ipv4-addr:value = '192.31.196.1' OR ipv4-addr:value = '192.31.196.2']"},
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--3", "pattern_type": "stix",
         "pattern": "[file:hashes.'SHA-256' = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855']"},
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--4", "pattern_type": "stix",
         "pattern": "[url:value = 'http://evil.example.com/a?b=c']"},
        {"type": "indicator", "spec_version": "2.1", "id": "indicator--5", "pattern_type": "stix", "revoked": true,
         "pattern": "[domain-name:value = 'revoked.example.com']"}
    ]}"#;
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("bundle.json", bundle).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(format_of(&outcome), "stix");
    let expected = entries([
        ("domain", "evil.example.com"),
        ("ip", "192.31.196.1"),
        ("ip", "192.31.196.2"),
        ("fileSha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("url", "http://evil.example.com/a?b=c"),
    ]);
    assert_held(&tenant, &outcome, &expected);
    // What is revoked is left out and counted.
    let left_out = outcome.report()["collection"]["left_out"].to_string();
    assert!(left_out.contains("revoked"), "{left_out}");
}

#[test]
fn the_real_stix_bundle() {
    let Some(file) = shared_data("amnesty/pegasus.stix2.json") else { return };
    let bundle: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let mut expected = Entries::new();
    let mut others = 0;
    for object in bundle["objects"].as_array().unwrap() {
        let Some(pattern) = object["pattern"].as_str() else { continue };
        let (left, right) = pattern.split_once('=').unwrap();
        let value = right.trim_matches(['\'', ']', ' ']).to_ascii_lowercase();
        let field = match left {
            "[domain-name:value" => "domain",
            "[email-addr:value" => "senderMailAddress",
            _ => {
                others += 1;
                continue;
            }
        };
        expected.insert((field.to_owned(), value));
    }
    assert_eq!((expected.len(), others), (1_438 + 29, 82));
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection(&file).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("offered"), 1_549);
    assert_eq!(outcome.count("skipped", "type-not-accepted"), others);
    assert_held(&tenant, &outcome, &expected);
}

#[test]
fn a_misp_event() {
    let event = r#"{"Event": {"info": "small", "Attribute": [
        {"type": "domain", "value": "evil.example.com", "to_ids": true, "comment": "c2"},
        {"type": "ip-dst|port", "value": "192.31.196.1|443", "to_ids": true},
        {"type": "filename|sha1", "value": "a.exe|DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "to_ids": true},
        {"type": "domain", "value": "context.example.com", "to_ids": false},
        {"type": "domain", "value": "deleted.example.com", "to_ids": true, "deleted": true},
        {"type": "regkey", "value": "HKLM\\Software\\Evil", "to_ids": true}
    ], "Object": [{"name": "file", "Attribute": [
        {"type": "url", "value": "evil.example.com/drop", "to_ids": true}
    ]}]}}"#;
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("event.json", event).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(format_of(&outcome), "misp");
    let expected = entries([
        ("domain", "evil.example.com"),
        ("ip", "192.31.196.1"),
        ("fileSha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("url", "http://evil.example.com/drop"),
    ]);
    assert_held(&tenant, &outcome, &expected);
    assert_eq!(tenant.item("evil.example.com")["description"], "c2");
    assert_eq!(outcome.count("skipped", "type-not-accepted"), 1);
    assert_eq!(outcome.report()["collection"]["files"][0]["left_out"], 2);
}

/// What a MISP file marks for detection and the block list takes; all attributes wherever they stand.
fn misp_entries(value: &Value, entries: &mut Entries) {
    if let Value::Array(values) = value {
        values.iter().for_each(|value| misp_entries(value, entries));
    }
    let Value::Object(fields) = value else { return };
    if fields.get("to_ids") == Some(&Value::Bool(true)) {
        let text = |name: &str| fields[name].as_str().unwrap();
        // A composite type has its values in the order of its name.
        for (kind, value) in text("type").split('|').zip(text("value").split('|')) {
            let field = match kind {
                "domain" | "hostname" => "domain",
                "ip" | "ip-dst" | "ip-src" => "ip",
                "sha1" => "fileSha1",
                "sha256" => "fileSha256",
                _ => continue,
            };
            entries.insert((field.to_owned(), value.to_ascii_lowercase()));
        }
    }
    fields.values().for_each(|value| misp_entries(value, entries));
}

#[test]
fn the_real_misp_events() {
    for (name, objects) in [("stalkerware/misp_event.json", 4_752), ("eset/glupteba.misp-event.json", 325)] {
        let Some(file) = shared_data(name) else { return };
        let mut expected = Entries::new();
        misp_entries(&serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap(), &mut expected);
        assert!(expected.len() > objects / 2, "{name}: {}", expected.len());
        let tenant = Tenant::start();
        let outcome = blocklist(&tenant).collection(&file).go();
        assert_eq!(outcome.status, 0, "{name}: {}", outcome.stderr);
        assert_eq!(outcome.total("offered"), objects as u64);
        assert_held(&tenant, &outcome, &expected);
    }
}

#[test]
fn csv_with_commas_semicolons_tabs_and_a_byte_order_mark() {
    let expected = entries([
        ("domain", "evil.example.com"),
        ("ip", "192.31.196.1"),
        ("url", "http://evil.example.com/a,b;c"),
        ("senderMailAddress", "bad@evil.example.com"),
    ]);
    let rows = [
        ["indicator", "type", "comment"],
        ["Evil.example.com", "FQDN", "first; and, last"],
        ["192.31.196.1", "IP Address", ""],
        ["evil.example.com/a,b;c", "URL", "a \"quoted\" word"],
        ["bad@evil.example.com", "Email Address", ""],
    ];
    let cell = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
    for (mark, separator) in
        [("", ","), ("\u{feff}", ","), ("", ";"), ("\u{feff}", ";"), ("", "\t"), ("\u{feff}", "\t")]
    {
        for line_end in ["\n", "\r\n"] {
            let lines = rows.map(|row| row.map(cell).join(separator));
            let text = format!("{mark}{}{line_end}", lines.join(line_end));
            let tenant = Tenant::start();
            let outcome = blocklist(&tenant).collection_of("list.csv", text).go();
            assert_eq!(outcome.status, 0, "{separator:?} {mark:?}: {}", outcome.stderr);
            assert_eq!(format_of(&outcome), "csv");
            assert_held(&tenant, &outcome, &expected);
        }
    }
}

#[test]
fn the_real_csv() {
    let Some(file) = shared_data("stalkerware/network.csv") else { return };
    let text = std::fs::read_to_string(&file).unwrap();
    let mut expected = Entries::new();
    // In three rows that are published like this the value is not of the type beside it: nothing is guessed.
    let mut contradicting = Vec::new();
    for row in text.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        let value = cells[1].to_ascii_lowercase();
        let is_address = value.parse::<std::net::Ipv4Addr>().is_ok();
        let field = match cells[0] {
            "ipv4" if is_address => "ip",
            "domain" if !is_address && !value.contains('/') => "domain",
            _ => {
                contradicting.push(cells[1].to_owned());
                continue;
            }
        };
        expected.insert((field.to_owned(), value));
    }
    assert_eq!(contradicting.len(), 3);
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection(&file).go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.total("offered"), 1_034);
    let rejected: Vec<String> = outcome
        .objects()
        .into_iter()
        .filter(|object| (object.verdict.as_str(), object.code.as_str()) == ("rejected", "invalid-domain"))
        .map(|object| object.value)
        .collect();
    assert_eq!(rejected, contradicting);
    assert_held(&tenant, &outcome, &expected);
}

#[test]
fn text_defanged_and_with_comments() {
    let text = "# a report\n\
        evil[.]example[.]com\tCobalt Strike C2\n\
        hxxps://drop[.]example[.]com/a.exe # second stage\n\
        192[.]31[.]196[.]1\n\
        \n\
        bad[at]evil[.]example[.]com\n\
        DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\n";
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("report.txt", text).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(format_of(&outcome), "text");
    let expected = entries([
        ("domain", "evil.example.com"),
        ("url", "https://drop.example.com/a.exe"),
        ("ip", "192.31.196.1"),
        ("senderMailAddress", "bad@evil.example.com"),
        ("fileSha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ]);
    assert_held(&tenant, &outcome, &expected);
    assert_eq!(tenant.item("evil.example.com")["description"], "Cobalt Strike C2");
}

#[test]
fn every_value_of_a_line_is_held_and_prose_puts_none_on_the_list() {
    let text = "0.0.0.0 one.example.com two.example.com\n\
        three.example.com, four.example.com\n\
        192.31.196.1 192.31.196.2\n\
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  setup.exe\n\
        google.com was visited before the infection\n\
        http://evil.example.com/a,2024-01-01,malware\n\
        invoice.zip\n\
        192.52.193.1 - 192.52.193.9\n";
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("report.txt", text).go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("rejected", "unreadable"), 4);
    let expected = entries([
        ("domain", "one.example.com"),
        ("domain", "two.example.com"),
        ("domain", "three.example.com"),
        ("domain", "four.example.com"),
        ("ip", "192.31.196.1"),
        ("ip", "192.31.196.2"),
        ("fileSha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ]);
    assert_held(&tenant, &outcome, &expected);
}

#[test]
fn csv_with_a_column_named_after_a_type() {
    let csv =
        "id,url,type\n1,http://evil.example.com/a,malware\n2,\"http://evil.example.com/b,c\",phishing\n";
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("urls.csv", csv).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(format_of(&outcome), "csv");
    let expected = entries([("url", "http://evil.example.com/a"), ("url", "http://evil.example.com/b,c")]);
    assert_held(&tenant, &outcome, &expected);
}

#[test]
fn csv_whose_value_column_is_not_certain_is_refused_before_anything_is_sent() {
    for (csv, code) in [
        ("http://evil.example.com/a,2024-01-01,malware\n", "collection-csv-without-header"),
        ("seen,where\n2024,http://evil.example.com/a\n", "collection-csv-without-header"),
        ("url,domain\nhttp://evil.example.com/a,other.example.com\n", "collection-csv-several-values"),
    ] {
        let tenant = Tenant::start();
        let outcome = blocklist(&tenant).collection_of("list.csv", csv).go();
        assert_eq!(outcome.status, 1, "{csv}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with(&format!("error[{code}]")), "{}", outcome.stderr);
        assert!(tenant.received().is_empty() && !outcome.has_report());
    }
}

#[test]
fn a_bad_secondary_field_is_a_warning_and_the_indicator_is_held() {
    let bundle = r#"{"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "indicator", "pattern": "[domain-name:value = 'one.example.com']", "confidence": 101},
        {"type": "indicator", "pattern": "[domain-name:value = 'two.example.com']", "valid_until": "in the year 2999"},
        {"type": "indicator", "pattern": "[domain-name:value = 'three.example.com']", "indicator_types": ["benign"]}
    ]}"#;
    let page = r#"{"total": 1, "data": [{"id": 1, "type": {"name": "FQDN"}, "value": "four.example.com", "score": "high"}]}"#;
    let tenant = Tenant::start();
    let outcome =
        blocklist(&tenant).collection_of("bundle.json", bundle).collection_of("page.json", page).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let names = ["one.example.com", "two.example.com", "four.example.com"];
    assert_held(&tenant, &outcome, &entries(names.map(|name| ("domain", name))));
    let warnings = outcome.report()["warnings"].to_string();
    for field in ["`confidence`", "`valid_until`", "`score`"] {
        assert!(warnings.contains(&format!("1 record holds a {field}")), "{warnings}");
    }
    assert!(outcome.report()["collection"]["left_out"].to_string().contains("benign"));

    let call = Palisade::verb("collection");
    call.file("bundle.json", bundle);
    let outcome = call.argument("bundle.json").go();
    assert!(outcome.stdout.contains("1 record holds a `confidence`"), "{}", outcome.stdout);
}

#[test]
fn what_was_left_out_not_offered_or_warned_of_is_a_problem_under_strict() {
    let bundle = |second: &str| {
        format!(
            r#"{{"type": "bundle", "id": "bundle--1", "objects": [
                {{"type": "indicator", "pattern": "[domain-name:value = 'one.example.com']"}},
                {{"type": "indicator", "pattern": "[domain-name:value = 'two.example.com']"{second}}}
            ]}}"#
        )
    };
    let tenant = Tenant::start();
    for (second, limit, strict, said) in [
        ("", "10", 0, ""),
        (r#", "valid_until": "2020-01-01T00:00:00Z""#, "10", 3, "strict: 1 record left out"),
        (r#", "confidence": 101"#, "10", 3, "strict: 1 warning"),
        ("", "1", 3, "strict: 1 object not offered"),
    ] {
        for (option, expected) in [(None, 0), (Some("--strict"), strict)] {
            let call =
                blocklist(&tenant).collection_of("bundle.json", bundle(second)).set("objects_per_run", limit);
            let outcome = option.into_iter().fold(call, |call, option| call.argument(option)).go();
            assert_eq!(outcome.status, expected, "{second} {limit} {option:?}: {}", outcome.stderr);
            assert!(option.is_none() || outcome.stderr.contains(said), "{}", outcome.stderr);
        }
    }
}

#[test]
fn what_stix_joins_by_and_reaches_the_list_as_one_value() {
    let bundle = r#"{"type": "bundle", "id": "bundle--1", "objects": [
        {"type": "indicator", "pattern": "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '192.31.196.9']"},
        {"type": "indicator", "pattern": "[domain-name:value = 'x-bit-name.bit']"},
        {"type": "indicator", "pattern": "[domain-name:value = 'a.example.com' AND network-traffic:dst_port = '8443']"},
        {"type": "indicator", "pattern": "[url:value = 'http://a.example.com/a\\b']"}
    ]}"#;
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("bundle.json", bundle).go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("rejected", "unreadable"), 2);
    let expected = [("ip", "192.31.196.9"), ("domain", "x-bit-name.bit")];
    assert_held(&tenant, &outcome, &entries(expected));
    assert!(outcome.report()["warnings"].to_string().contains("`.bit`"));
}

#[test]
fn a_recipient_is_not_blocked_as_a_sender() {
    let event = r#"{"Event": {"info": "mail", "Attribute": [
        {"type": "email-src", "value": "bad@evil.example.com", "to_ids": true},
        {"type": "email-dst", "value": "victim@example.com", "to_ids": true}
    ]}}"#;
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("event.json", event).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.count("skipped", "type-not-accepted"), 1);
    assert_held(&tenant, &outcome, &entries([("senderMailAddress", "bad@evil.example.com")]));
}

#[test]
fn the_real_defanged_list() {
    let Some(file) = shared_data("unit42/conti.txt") else { return };
    let text = std::fs::read_to_string(&file).unwrap();
    let expected: Entries = text
        .lines()
        .filter_map(|line| line.split('\t').next().map(str::trim).filter(|value| !value.is_empty()))
        .map(|value| {
            let value = value.replace("[.]", ".");
            let field = match value.len() {
                64 => "fileSha256",
                _ if value.parse::<std::net::Ipv4Addr>().is_ok() => "ip",
                _ => "domain",
            };
            (field.to_owned(), value)
        })
        .collect();
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection(&file).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("offered"), 55);
    assert_held(&tenant, &outcome, &expected);
    assert_eq!(tenant.item("bestarg.com")["description"], "Cobalt Strike C2 communication");
}

#[test]
fn the_real_list_of_hosts_and_urls() {
    let Some(file) = shared_data("unit42/coin-mining-urls.txt") else { return };
    let text = std::fs::read_to_string(&file).unwrap();
    let expected: Entries = text
        .lines()
        .filter(|line| !line.ends_with("..."))
        // A parenthesis that nothing opens is punctuation.
        .map(|line| line.strip_suffix(')').filter(|_| !line.contains('(')).unwrap_or(line))
        .map(|line| match line.find(['/', ':', '?']) {
            None => ("domain".to_owned(), line.to_ascii_lowercase()),
            Some(end) => {
                let (host, rest) = line.split_at(end);
                ("url".to_owned(), format!("http://{}{rest}", host.to_ascii_lowercase()))
            }
        })
        .collect();
    assert_eq!(expected.len(), 6_907);
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection(&file).go();
    // One line ends in an ellipsis: what was cut off is not known.
    assert_eq!((outcome.status, outcome.count("rejected", "unreadable")), (3, 1), "{}", outcome.stderr);
    assert_held(&tenant, &outcome, &expected);
}

#[test]
fn standard_input() {
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection("-").input("evil.example.com\n192.31.196.1\n").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_held(&tenant, &outcome, &entries([("domain", "evil.example.com"), ("ip", "192.31.196.1")]));
    assert_eq!(outcome.report()["collection"]["files"][0]["name"], "-");
}

#[test]
fn several_files_of_several_formats_at_once() {
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant)
        .collection_of("a.txt", "one.example.com\n")
        .collection_of("b.csv", "type,value\nFQDN,two.example.com\n")
        .collection_of("c.json", r#"{"Event": {"Attribute": [{"type": "domain", "value": "three.example.com", "to_ids": true}]}}"#)
        .collection_of("d.jsonl", "{\"type\": {\"name\": \"FQDN\"}, \"value\": \"four.example.com\"}\n{\"type\": {\"name\": \"FQDN\"}, \"value\": \"five.example.com\"}\n")
        .go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let names = ["one", "two", "three", "four", "five"].map(|name| format!("{name}.example.com"));
    assert_held(&tenant, &outcome, &names.iter().map(|name| ("domain".to_owned(), name.clone())).collect());
    let formats: Vec<&str> = outcome.report()["collection"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["format"].as_str().unwrap())
        .collect();
    assert_eq!(formats, ["text", "csv", "misp", "threatq"]);
    let order: Vec<String> = outcome.objects().into_iter().map(|object| object.value).collect();
    assert_eq!(order, names, "objects come in the order of the files");
}

#[test]
fn a_format_that_is_given_goes_before_what_the_content_looks_like() {
    // One column named `value` is a CSV; as text its header is a line like any other.
    let list = "value\nevil.example.com\n";
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("list", list).argument("--format").argument("csv").go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    assert_eq!(outcome.total("offered"), 1);

    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("list", list).argument("--format").argument("text").go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_eq!(outcome.count("rejected", "unreadable"), 1);
    assert_eq!(outcome.object("value").entry["location"], "line 1");
    assert_held(&tenant, &outcome, &entries([("domain", "evil.example.com")]));
}

#[test]
fn a_format_that_the_content_has_not_is_refused_before_anything_is_sent() {
    for format in ["threatq", "stix", "misp"] {
        let tenant = Tenant::start();
        let outcome = blocklist(&tenant)
            .collection_of("list.txt", "evil.example.com\n192.31.196.1\n")
            .argument("--format")
            .argument(format)
            .go();
        assert_eq!(outcome.status, 1, "{format}: {}", outcome.stderr);
        assert!(outcome.stderr.starts_with("error[collection-"), "{}", outcome.stderr);
        assert!(outcome.stderr.contains("list.txt"), "{}", outcome.stderr);
        assert!(tenant.received().is_empty() && !outcome.has_report());
    }
}

#[test]
fn prose_is_refused_unless_text_is_asked_for() {
    let Some(file) = shared_data("eset/sednit.defanged.adoc") else { return };
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection(&file).go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("error[collection-not-a-list]") && outcome.stderr.contains("--format text")
    );
    assert!(tenant.received().is_empty());

    let outcome = blocklist(&tenant).collection(&file).argument("--format").argument("text").go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert!(outcome.count("rejected", "unreadable") > 0);
    assert_eq!(tenant.blocked(), outcome.accepted_submissions());
}

#[test]
fn one_bad_record_is_an_object_of_its_own_and_the_rest_goes_on() {
    let page = r#"{"total": 3, "data": [
        {"id": 1, "type": {"name": "FQDN"}, "value": "one.example.com"},
        {"id": 2, "type_id": 8, "value": "two.example.com"},
        {"id": 3, "type": {"name": "FQDN"}, "value": "three.example.com"}
    ]}"#;
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("page.json", page).go();
    assert_eq!(outcome.status, 3, "{}", outcome.stderr);
    assert_held(
        &tenant,
        &outcome,
        &entries([("domain", "one.example.com"), ("domain", "three.example.com")]),
    );
    let object = outcome.object("two.example.com");
    assert_eq!((object.verdict.as_str(), object.code.as_str()), ("rejected", "unreadable"));
    assert!(object.message.contains("type.name"), "{}", object.message);
    assert_eq!(object.entry["location"], "$.data[1]");
}

#[test]
fn json_that_is_broken_is_an_error_that_names_the_line_and_nothing_is_sent() {
    // The fault is behind many good records: none of them may have gone out.
    let good = r#"{"type": "domain", "value": "evil.example.com", "to_ids": true},"#;
    let event = format!("{{\"Event\": {{\"Attribute\": [\n{}\n]}}}}\n", vec![good; 500].join("\n"));
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection_of("event.json", event).go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("event.json` line 502,"), "{}", outcome.stderr);
    assert!(tenant.received().is_empty() && !outcome.has_report());
}

#[test]
fn the_real_broken_event_names_the_line_of_its_fault_and_nothing_is_sent() {
    let Some(file) = shared_data("eset/invalid-trailing-comma.misp-event.json") else { return };
    let tenant = Tenant::start();
    let outcome = blocklist(&tenant).collection(&file).go();
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    let stderr = outcome.stderr.replace(&file.display().to_string(), "FILE");
    insta::assert_snapshot!(stderr, @"
    error[collection-json-invalid]: `FILE` line 37374, column 9: not valid JSON: expected another element after the comma, found `]`
    hint: a comma behind the last element is not JSON: remove the comma in front of the closing bracket
    ");
    assert!(tenant.received().is_empty() && !outcome.has_report());
}

#[test]
fn a_page_of_several_is_told_unless_the_others_are_given() {
    let page = |value: &str| {
        let object = serde_json::json!({"id": 1, "type": {"name": "FQDN"}, "value": value});
        serde_json::json!({"total": 2, "data": [object]}).to_string()
    };
    let tenant = Tenant::start();
    let alone = blocklist(&tenant).collection_of("first.json", page("a.example")).go();
    assert!(alone.stderr.contains("announces 2 objects and holds 1"), "{}", alone.stderr);
    let both = blocklist(&tenant)
        .collection_of("first.json", page("a.example"))
        .collection_of("second.json", page("b.example"))
        .go();
    assert!(!both.stderr.contains("announces"), "{}", both.stderr);
    assert_held(&tenant, &both, &entries([("domain", "a.example"), ("domain", "b.example")]));
}
