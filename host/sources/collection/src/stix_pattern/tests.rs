//! Patterns as people write them, and what they mean.

use proptest::prelude::*;

use super::*;

fn values(pattern: &str) -> Vec<(String, String)> {
    parse(pattern)
        .unwrap()
        .into_iter()
        .map(|found| (format!("{}:{}", found.object, found.property.join(".")), found.value))
        .collect()
}

#[test]
fn comparisons_joined_by_or_give_their_values() {
    for (pattern, expected) in [
        ("[domain-name:value='evil.example']", vec![("domain-name:value", "evil.example")]),
        (
            " [ ipv4-addr:value == '192.0.2.1' OR ipv4-addr:value = '192.0.2.2' ] ",
            vec![("ipv4-addr:value", "192.0.2.1"), ("ipv4-addr:value", "192.0.2.2")],
        ),
        (
            "[file:hashes.'SHA-256' = 'aa'] OR [file:hashes.MD5 = 'bb']",
            vec![("file:hashes.SHA-256", "aa"), ("file:hashes.MD5", "bb")],
        ),
        ("([url:value IN ('a', 'b')])", vec![("url:value", "a"), ("url:value", "b")]),
        ("[(url:value = 'a' or url:value = 'b')]", vec![("url:value", "a"), ("url:value", "b")]),
        ("[email-message:from_ref.value = 'a@b']", vec![("email-message:from_ref.value", "a@b")]),
        (
            "[domain-name:resolves_to_refs[*].value = 'x']",
            vec![("domain-name:resolves_to_refs.[*].value", "x")],
        ),
        (r"[file:name = 'it\'s C:\\x']", vec![("file:name", r"it's C:\x")]),
    ] {
        let expected: Vec<_> =
            expected.into_iter().map(|(path, value)| (path.to_owned(), value.to_owned())).collect();
        assert_eq!(values(pattern), expected, "{pattern}");
    }
}

#[test]
fn what_means_something_else_is_named() {
    for (pattern, named) in [
        ("[file:name = 'a' AND file:size = 3]", "`AND`"),
        (r"[url:value = 'http://a.example/a\b']", r"`\b`"),
        (r"[url:value = 'a\", "quoted value"),
        ("[url:value = 'http://a.example/it''s']", "`'s'`"),
        ("[file:name = 'eat at joe's']", "quoted value"),
        ("[url:value = \"a\"]", "`\"a"),
        ("[url:value = 'a')']", "quoted value"),
        ("[file:hashes.\"SHA-256\" = 'aa']", "`\"SHA-256"),
        ("[EXISTS domain-name:value]", "`domain-name`"),
        ("[ipv4-addr:value NOT IN ('a')]", "`NOT`"),
        ("[url:value = 'a'] REPEATS 5 TIMES WITHIN 60 SECONDS", "`REPEATS`"),
        ("[url:value = 'a'] START t'2026-01-01T00:00:00Z' STOP t'2026-02-01T00:00:00Z'", "`START`"),
        ("[file:name != 'a']", "`!=`"),
        ("[file:name LIKE 'a%']", "`LIKE`"),
        ("[file:name MATCHES 'a']", "`MATCHES`"),
        ("[file:name NOT = 'a']", "`NOT`"),
        ("[NOT file:name = 'a']", "`NOT`"),
        ("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", "`ISSUBSET`"),
        ("[url:value = 'a'] FOLLOWEDBY [url:value = 'b']", "`FOLLOWEDBY`"),
        ("[url:value = 'a'] WITHIN 5 SECONDS", "`WITHIN`"),
        ("[url:value = 'a'] AND [url:value = 'b']", "`AND`"),
        ("[process:pid = 5]", "`5`"),
        ("[file:created = t'2020-01-01T00:00:00Z']", "`t'"),
        ("[url:value = 'a'", "ends in the middle"),
        ("[url:value = 'a", "quoted value"),
        ("", "ends in the middle"),
        ("rule x { strings: }", "`{ strings: }`"),
    ] {
        let message = parse(pattern).unwrap_err();
        assert!(message.contains(named), "{pattern}: {message}");
    }
    assert!(parse(&"(".repeat(10_000)).is_err());
}

proptest! {
    #[test]
    fn any_text_is_answered(pattern in r"\PC{0,60}|[\[\]()'=:. a-zORIN,\\]{0,60}") {
        let _ = parse(&pattern);
    }

    #[test]
    fn a_value_that_is_escaped_comes_back(value in r"\PC{1,30}") {
        let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
        let found = parse(&format!("[url:value = '{escaped}']")).unwrap();
        prop_assert_eq!(found[0].value.clone(), value);
    }
}

/// What a pattern gives: type behind a reference or object and property, the value, and what is beside it.
fn shown(pattern: &str) -> Vec<String> {
    let one = |found: Comparison| {
        let what =
            found.refers_to.unwrap_or_else(|| format!("{}:{}", found.object, found.property.join(".")));
        let beside: Vec<_> =
            found.beside.into_iter().map(|(name, value)| format!(" {name}={value}")).collect();
        format!("{what}={}{}", found.value, beside.concat())
    };
    parse(pattern).unwrap_or_else(|message| panic!("{pattern}: {message}")).into_iter().map(one).collect()
}

#[test]
fn what_is_joined_by_and_and_describes_one_thing_is_that_thing() {
    const DST: &str = "network-traffic:dst_ref";
    for (pattern, expected) in [
        (format!("[{DST}.type = 'ipv4-addr' AND {DST}.value = '192.0.2.1']"), vec!["ipv4-addr=192.0.2.1"]),
        (format!("[{DST}.value = '192.0.2.1' AND {DST}.type = 'ipv4-addr']"), vec!["ipv4-addr=192.0.2.1"]),
        (
            format!("[({DST}.type = 'domain-name') AND ({DST}.value = 'a.example')]"),
            vec!["domain-name=a.example"],
        ),
        (
            "[network-traffic:src_ref.type = 'ipv6-addr' AND network-traffic:src_ref.value = '2001:db8::1']"
                .to_owned(),
            vec!["ipv6-addr=2001:db8::1"],
        ),
        (
            format!("[{DST}.type = 'ipv4-addr' AND {DST}.value IN ('192.0.2.1', '192.0.2.2')]"),
            vec!["ipv4-addr=192.0.2.1", "ipv4-addr=192.0.2.2"],
        ),
        (
            format!(
                "[{DST}.type = 'ipv4-addr' AND ({DST}.value = '192.0.2.1' OR {DST}.value = '192.0.2.2')]"
            ),
            vec!["ipv4-addr=192.0.2.1", "ipv4-addr=192.0.2.2"],
        ),
        (
            format!(
                "[{DST}.type = 'ipv4-addr' AND {DST}.value = '192.0.2.1' OR {DST}.type = 'domain-name' AND {DST}.value = 'a.example']"
            ),
            vec!["ipv4-addr=192.0.2.1", "domain-name=a.example"],
        ),
        (
            format!(
                "[{DST}.type = 'ipv4-addr' AND {DST}.value = '192.0.2.1'] OR [url:value = 'http://a.example/']"
            ),
            vec!["ipv4-addr=192.0.2.1", "url:value=http://a.example/"],
        ),
        (
            format!(
                "[{DST}.type = 'ipv4-addr' AND {DST}.value = '192.0.2.1' AND network-traffic:dst_port = 443]"
            ),
            vec!["ipv4-addr=192.0.2.1 port=443"],
        ),
        (
            format!(
                "[network-traffic:dst_port = '443' AND {DST}.value = '192.0.2.1' AND network-traffic:protocols[*] = 'tcp']"
            ),
            vec!["network-traffic:dst_ref.value=192.0.2.1 port=443 protocol=tcp"],
        ),
        (
            "[file:name = 'a.exe' AND file:hashes.'SHA-256' = 'aa']".to_owned(),
            vec!["file:hashes.SHA-256=aa filename=a.exe"],
        ),
        (
            "[file:hashes.MD5 = 'bb' AND file:hashes.'SHA-256' = 'aa' AND file:size = 3 AND file:name = 'a']"
                .to_owned(),
            vec!["file:hashes.MD5=bb size=3 filename=a", "file:hashes.SHA-256=aa size=3 filename=a"],
        ),
        (
            "[(file:hashes.MD5 = 'bb' OR file:hashes.MD5 = 'cc') AND file:name = 'a']".to_owned(),
            vec!["file:hashes.MD5=bb filename=a", "file:hashes.MD5=cc filename=a"],
        ),
        ("[url:value = 'a' AND url:value = 'a']".to_owned(), vec!["url:value=a"]),
    ] {
        assert_eq!(shown(&pattern), expected, "{pattern}");
    }
}

#[test]
fn what_is_joined_by_and_and_is_more_than_one_thing_is_named() {
    for (pattern, named) in [
        (
            "[domain-name:value = 'a.example' AND domain-name:resolves_to_refs[*].value = '192.0.2.1']",
            "`domain-name:value`",
        ),
        (
            "[domain-name:value = 'a.example' AND network-traffic:dst_port = '8443']",
            "`network-traffic:dst_port`",
        ),
        (
            "[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2' AND network-traffic:dst_port = 80]",
            "`ipv4-addr:value`",
        ),
        (
            "[network-traffic:dst_ip = '192.0.2.1' AND network-traffic:dst_port = 80]",
            "`network-traffic:dst_ip`",
        ),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:src_ref.value = '192.0.2.1']",
            "src_ref.value`",
        ),
        (
            "[network-traffic:dst_ref.value = '192.0.2.1' AND network-traffic:src_ref.value = '192.0.2.2']",
            "src_ref.value`",
        ),
        ("[network-traffic:src_ref.value = '192.0.2.1' AND network-traffic:dst_port = 22]", "dst_port`"),
        (
            "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.type = 'ipv6-addr' AND network-traffic:dst_ref.value = 'x']",
            "dst_ref.type`",
        ),
        ("[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_port = 22]", "dst_port`"),
        ("[file:hashes.MD5 = 'aa' AND process:name = 'x']", "`process:name`"),
        ("[file:hashes.MD5 = 'aa' AND file:name LIKE 'x%']", "`LIKE`"),
        ("[file:name = 'a.exe' AND file:parent_directory_ref.path = 'C:']", "`file:name`"),
        ("[url:value = 'a' AND url:value = 'b']", "`url:value`"),
        ("[ipv4-addr:value = '192.0.2.1'] AND [email-addr:value = 'a@b.example']", "`AND`"),
        ("[ipv4-addr:value = '192.0.2.1'] FOLLOWEDBY [email-addr:value = 'a@b.example']", "`FOLLOWEDBY`"),
    ] {
        let message = parse(pattern).unwrap_err();
        assert!(message.contains(named), "{pattern}: {message}");
    }
}
