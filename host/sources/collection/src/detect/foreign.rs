//! JSON that no reader exists for, by its name, with the way to something that can be read.

use super::keys::{Key, KeyValue};

/// What it is, with an article, and what to do about it.
pub(super) type Foreign = (&'static str, &'static str);

const CSV_INSTEAD: &str = "download its CSV export instead";

/// What a JSON text is, if it is known not to be of a format that is read; `keys` are those that it begins with.
pub(super) fn foreign(text: &[u8], keys: &[Key<'_>]) -> Option<Foreign> {
    let has = |name: &str| keys.iter().any(|key| key.name == name);
    let all = |names: &[&str]| names.iter().all(|name| has(name));
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    if text.starts_with(b"[") && text.get(1..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"\""))
    {
        let advice = "write one value on each line, for example with `jq -r '.[]'`";
        return Some(("a JSON list of plain values", advice));
    }
    if is_misp_manifest(keys) {
        let advice = "it lists the events of a feed without their attributes: each is in the file `UUID.json` beside the \
            manifest, with the UUID as the manifest's key; download these";
        return Some(("a MISP manifest", advice));
    }
    if is_misp_index(text, keys) {
        let advice = "it lists events without their attributes: download each event, or search with `/events/restSearch`";
        return Some(("an index of MISP events", advice));
    }
    if any(&["stix_header", "STIX_Package", "stix_package", "STIXPackage"])
        || has("observable") && has("xsi:type")
    {
        return Some(("STIX 1 (JSON)", "export it as STIX 2.1, or convert it with `stix2-elevator`"));
    }
    let is_elastic = |key: &Key<'_>| key.name.starts_with("threat.indicator");
    if has("threat") && keys.iter().any(|key| key.name == "indicator" && key.value == KeyValue::Object)
        || keys.iter().any(is_elastic)
    {
        let advice = "export the indicators as CSV with the columns `value,type`";
        return Some(("threat indicators in the Elastic Common Schema (ECS)", advice));
    }
    if any(&["url_status", "urlhaus_link", "urlhaus_reference"]) {
        return Some(("a JSON export of URLhaus", CSV_INSTEAD));
    }
    if all(&["ioc_value", "ioc_type"]) || all(&["ioc", "ioc_type", "threat_type"]) {
        return Some(("a JSON export of ThreatFox", CSV_INSTEAD));
    }
    if all(&["sha256_hash", "file_type"]) {
        return Some(("a JSON export of MalwareBazaar", CSV_INSTEAD));
    }
    if all(&["ip_address", "malware", "port"]) {
        return Some(("a JSON export of Feodo Tracker", CSV_INSTEAD));
    }
    if all(&["cidr", "sblid"]) {
        return Some(("a Spamhaus DROP list as JSON Lines", "download the list as text, `drop.txt`"));
    }
    if has("indicators") && any(&["pulse_source", "author_name", "pulse_key"]) {
        return Some(("a pulse of AlienVault OTX", "export the pulse as CSV or as STIX 2"));
    }
    if keys.iter().any(|key| {
        key.name == "spec_version"
            && matches!(key.value, KeyValue::Text(version) if version.starts_with("cacao"))
    }) {
        return Some(("a CACAO playbook", "it holds the steps of a response; give a file of indicators"));
    }
    let is_typed = any(&["type", "type_name"]);
    if !is_typed && all(&["data", "value"]) && keys.iter().any(is_kind_of_object) {
        let advice = "it has no types: export a data collection, which has them";
        return Some(("a result of a search in ThreatQ", advice));
    }
    if !is_typed && all(&["value", "type_id"]) {
        let advice = "a `type_id` alone means something else in each installation: ask for the type as well \
            (`?with=type`), or export a data collection";
        return Some(("objects of ThreatQ without the names of their types", advice));
    }
    is_error_message(keys).then_some((
        "an error message of a service",
        "it came in place of the download: check the address and the key with which it was fetched, and fetch it again",
    ))
}

/// `"object": "adversary"`: what ThreatQ's search has in place of a type.
fn is_kind_of_object(key: &Key<'_>) -> bool {
    key.name == "object" && matches!(key.value, KeyValue::Text(_))
}

/// Events by their UUIDs, without attributes.
fn is_misp_manifest(keys: &[Key<'_>]) -> bool {
    let is_first = |key: &Key<'_>| key.depth == 1 && key.value == KeyValue::Object && is_uuid(key.name);
    let has = |name: &str| keys.iter().any(|key| key.name == name);
    keys.first().is_some_and(is_first)
        && (has("Orgc") || has("threat_level_id") || has("analysis"))
        && !has("Attribute")
        && !has("Event")
}

/// A list of events, of which the second has begun and the first had no attributes.
fn is_misp_index(text: &[u8], keys: &[Key<'_>]) -> bool {
    let count = |name: &str| keys.iter().filter(|key| key.depth == 1 && key.name == name).count();
    text.starts_with(b"[")
        && count("info") > 1
        && (count("Orgc") > 0 || count("orgc_id") > 0)
        && !keys.iter().any(|key| matches!(key.name, "Attribute" | "Object"))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// What services answer instead of what was asked for.
fn is_error_message(keys: &[Key<'_>]) -> bool {
    const SAID: &[&str] = &["error", "errors", "message", "detail", "error_description", "query_status"];
    const BESIDE: &[&str] = &[
        "name",
        "url",
        "status",
        "code",
        "statusCode",
        "status_code",
        "success",
        "title",
        "type",
        "path",
        "timestamp",
        "reason",
    ];
    let outer: Vec<&str> = keys.iter().filter(|key| key.depth == 1).map(|key| key.name).collect();
    outer.iter().any(|name| SAID.contains(name))
        && outer.iter().all(|name| SAID.contains(name) || BESIDE.contains(name))
}

#[cfg(test)]
mod tests {
    use super::super::keys::keys;
    use super::*;

    #[test]
    fn json_of_other_kinds_is_named() {
        for (text, named) in [
            (r#"["a.example", "192.0.2.1"]"#, Some("plain values")),
            (
                r#"{"00000000-0000-4000-8000-000000000009": {"info": "x", "Orgc": {"name": "o"}}}"#,
                Some("MISP manifest"),
            ),
            (r#"[{"id":"1","orgc_id":"2","info":"x"},{"id":"2","info":"y"}]"#, Some("index of MISP events")),
            (r#"{"id":"x","stix_header":{},"indicators":[]}"#, Some("STIX 1")),
            (r#"{"threat":{"indicator":{"ip":"192.0.2.1"}}}"#, Some("Elastic")),
            (r#"{"threat.indicator.ip":"192.0.2.1"}"#, Some("Elastic")),
            (r#"{"1":[{"url":"http://a.example/","url_status":"online"}]}"#, Some("URLhaus")),
            (r#"{"1":[{"ioc_value":"192.0.2.1:443","ioc_type":"ip:port"}]}"#, Some("ThreatFox")),
            (
                r#"{"data":[{"ioc":"192.0.2.1:443","ioc_type":"ip:port","threat_type":"botnet_cc"}]}"#,
                Some("ThreatFox"),
            ),
            (r#"{"data":[{"sha256_hash":"aa","file_type":"exe"}]}"#, Some("MalwareBazaar")),
            (r#"[{"ip_address":"192.0.2.1","port":443,"malware":"x"}]"#, Some("Feodo")),
            (r#"{"cidr":"192.0.2.0/24","sblid":"SBL1"}"#, Some("Spamhaus")),
            (r#"{"id":"1","author_name":"x","indicators":[{"indicator":"a.example"}]}"#, Some("OTX")),
            (r#"{"type":"playbook","spec_version":"cacao-2.0"}"#, Some("CACAO")),
            (r#"{"message":"Authentication failed","name":"x","url":"/events"}"#, Some("error message")),
            (r#"{"error":{"code":401}}"#, Some("error message")),
            (r#"{"type":"bundle","objects":[]}"#, None),
            (r#"[{"Event":{"info":"x","Orgc":{},"Attribute":[]}},{"Event":{"info":"y"}}]"#, None),
            (r#"[{"info":"x","Orgc":{},"Attribute":[]},{"info":"y","Orgc":{},"Attribute":[]}]"#, None),
            (r#"{"data":[{"value":"x","type":{"name":"FQDN"}}],"total":1}"#, None),
            (r#"{"value":"x","type":"FQDN","status":"Active"}"#, None),
            (r#"{"list":["a.example"],"name":"x"}"#, None),
            (r#"{"data":[{"id":1,"value":"a@b.example","object":"event"}]}"#, Some("search in ThreatQ")),
            (
                r#"{"total":1,"data":[{"id":1,"value":"a.example","type_id":4}]}"#,
                Some("names of their types"),
            ),
            (r#"{"data":[{"value":"x","type_id":15,"type":{"name":"FQDN"},"object":"indicator"}]}"#, None),
        ] {
            let found = foreign(text.as_bytes(), &keys(text.as_bytes())).map(|(found, _)| found);
            assert_eq!(found.is_some(), named.is_some(), "{text}: {found:?}");
            assert!(
                named.is_none_or(|named| found.is_some_and(|found| found.contains(named))),
                "{text}: {found:?}"
            );
        }
    }
}
