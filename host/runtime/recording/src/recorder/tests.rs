//! What is in the file: everything that the format asks for, everything that was sent, and no secret.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE};
use proptest::prelude::*;
use secrecy::SecretString;
use serde_json::Value;

use super::*;
use crate::{Recorded, Recording, Replayer};
use palisade_redaction::REDACTED;

const KEY: &str = "eyJhbGciOi/JIUz+I1\"NiJ9";

fn recorder(secret: &str) -> Recorder {
    let provenance = Provenance {
        bundle_digest: "sha256:00".to_owned(),
        action: "push-to-block-list".to_owned(),
        run_id: "run-1".to_owned(),
        dry_run: false,
    };
    Recorder::new(provenance, Redactor::new(&[SecretString::from(secret)]))
}

fn begin(recorder: &Recorder, url: &str, headers: &HeaderMap, body: &[u8]) -> Attempt {
    recorder.begin(Sent {
        method: &Method::POST,
        url: &url.parse().unwrap(),
        headers,
        credential_headers: &[AUTHORIZATION],
        body: &Bytes::copy_from_slice(body),
        attempt: 1,
        purpose: "Adds the word.",
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_763_823_360_007),
    })
}

fn answer(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response<Bytes> {
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(Bytes::copy_from_slice(body)).unwrap()
}

fn written(recorder: &Recorder) -> String {
    let mut file = Vec::new();
    recorder.write(&mut file).unwrap();
    String::from_utf8(file).unwrap()
}

fn entries(recorder: &Recorder) -> Vec<Value> {
    let file: Value = serde_json::from_str(&written(recorder)).unwrap();
    file["log"]["entries"].as_array().unwrap().clone()
}

/// One of everything: text, bytes, an error, an attempt without an end.
fn one_of_everything() -> Recorder {
    let recorder = recorder(KEY);
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, "application/json".parse().unwrap())]);
    let json =
        answer(207, &[("content-type", "application/json"), ("retry-after", "1")], b"[{\"status\":201}]");
    let timings = Timings {
        send: Duration::from_micros(120),
        wait: Duration::from_millis(30),
        receive: Duration::from_millis(2),
        server: Some("203.0.113.7".parse().unwrap()),
        connection: Some("52492".to_owned()),
    };
    let url = "https://api.example.com/v3.0/list?top=100&filter=a%20b+c";
    begin(&recorder, url, &headers, b"[{\"domain\":\"a.example\"}]").answered(&json, &timings);
    let bytes = answer(302, &[("location", "https://b.example/")], &[0xff, 0, 1]);
    begin(&recorder, "https://api.example.com/", &headers, &[0xfe, 1]).answered(&bytes, &timings);
    begin(&recorder, "https://api.example.com/", &headers, b"").failed(
        "connection-lost",
        "the connection to `api.example.com` was lost",
        Duration::from_millis(4),
    );
    drop(begin(&recorder, "https://api.example.com/", &headers, b"{}"));
    recorder
}

#[test]
fn every_field_that_the_format_requires_is_there() {
    let text = written(&one_of_everything());
    let file: Value = serde_json::from_str(&text).unwrap();
    let log = &file["log"];
    assert_eq!(log["version"], "1.2");
    assert!(log["creator"]["name"].is_string() && log["creator"]["version"].is_string());
    assert_eq!(log["pages"], serde_json::json!([]));
    let pairs = |value: &Value| {
        value.as_array().unwrap().iter().all(|pair| pair["name"].is_string() && pair["value"].is_string())
    };
    for entry in log["entries"].as_array().unwrap() {
        assert_eq!(entry["startedDateTime"], "2025-11-22T14:56:00.007Z");
        assert_eq!(entry["comment"], "Adds the word.", "what it was for");
        let (request, response, timings) = (&entry["request"], &entry["response"], &entry["timings"]);
        for field in ["method", "url", "httpVersion"] {
            assert!(request[field].is_string(), "request.{field}");
        }
        for field in ["statusText", "httpVersion", "redirectURL"] {
            assert!(response[field].is_string(), "response.{field}");
        }
        for list in [&request["cookies"], &request["headers"], &request["queryString"]] {
            assert!(pairs(list));
        }
        assert!(pairs(&response["cookies"]) && pairs(&response["headers"]));
        for size in [&request["headersSize"], &request["bodySize"], &response["headersSize"]] {
            assert!(size.is_i64());
        }
        assert!(response["bodySize"].is_i64() && response["status"].is_u64());
        assert!(response["content"]["size"].is_i64() && response["content"]["mimeType"].is_string());
        assert!(entry["cache"].is_object());
        let parts = ["send", "wait", "receive"].map(|field| timings[field].as_f64().unwrap());
        assert!(parts.iter().all(|part| *part >= 0.0));
        assert!((entry["time"].as_f64().unwrap() - parts.iter().sum::<f64>()).abs() < 0.01);
        if let Some(post) = request.get("postData") {
            assert!(post["mimeType"].is_string() && post["text"].is_string() && post["params"].is_array());
        }
    }
}

#[test]
fn what_was_sent_and_answered_is_in_the_file() {
    let entries = entries(&one_of_everything());
    let [text, bytes, lost, abandoned] = entries.as_slice() else { panic!("{entries:?}") };
    assert_eq!(text["request"]["postData"]["text"], "[{\"domain\":\"a.example\"}]");
    assert_eq!(text["request"]["queryString"][1]["value"], "a b c");
    assert_eq!((&text["response"]["status"], &text["_attempt"]), (&Value::from(207), &Value::from(1)));
    assert_eq!(text["response"]["content"]["text"], "[{\"status\":201}]");
    assert_eq!(text["serverIPAddress"], "203.0.113.7");
    assert_eq!(bytes["response"]["content"]["encoding"], "base64");
    assert_eq!(bytes["response"]["content"]["text"], "/wAB");
    assert_eq!(bytes["response"]["redirectURL"], "https://b.example/");
    assert_eq!(
        (&lost["response"]["status"], &lost["_error"]["code"]),
        (&0.into(), &"connection-lost".into())
    );
    assert!(lost["request"].get("postData").is_none());
    assert_eq!(abandoned["_error"]["code"], ABANDONED);
}

#[test]
fn credential_headers_are_written_without_their_values() {
    let recorder = recorder("another secret altogether");
    let mut headers = HeaderMap::new();
    headers.insert(COOKIE, "session=1".parse().unwrap());
    headers.insert("proxy-authorization", "Basic abc".parse().unwrap());
    headers.insert("x-hidden", http::HeaderValue::from_static("sensitive"));
    headers.get_mut("x-hidden").unwrap().set_sensitive(true);
    headers.insert("x-plain", "shown".parse().unwrap());
    let response = answer(200, &[(SET_COOKIE.as_str(), "session=2; HttpOnly"), ("x-other", "shown")], b"");
    begin(&recorder, "https://a.example/", &headers, b"").answered(&response, &Timings::default());
    let entry = &entries(&recorder)[0];
    let value = |side: &str, name: &str| {
        let headers = entry[side]["headers"].as_array().unwrap();
        headers.iter().find(|header| header["name"] == name).map(|header| header["value"].clone())
    };
    for name in ["authorization", "cookie", "proxy-authorization", "x-hidden"] {
        assert_eq!(value("request", name), Some(REDACTED.into()), "{name}");
    }
    assert_eq!(value("request", "x-plain"), Some("shown".into()));
    assert_eq!(value("response", "set-cookie"), Some(REDACTED.into()));
    assert_eq!(value("response", "x-other"), Some("shown".into()));
}

#[test]
fn a_url_is_searched_before_its_parameters_are_decoded() {
    // Decoded, the plus sign would be a space, and what stands around it nothing that is looked for.
    let key = "x>x>x>long enough for it>x>x>";
    let encoded = STANDARD.encode(key);
    let (before, _) = encoded.split_once('+').unwrap();
    let recorder = recorder(key);
    let url = format!("https://a.example/?key={encoded}");
    begin(&recorder, &url, &HeaderMap::new(), b"").failed("connection-lost", "", Duration::ZERO);
    let file = written(&recorder);
    assert!(!file.contains(before), "{before} in {file}");
}

#[test]
fn a_body_that_cannot_be_searched_is_not_written() {
    let recorder = recorder(KEY);
    let compressed = answer(200, &[("content-encoding", "gzip")], b"\x1f\x8bpretend");
    begin(&recorder, "https://a.example/", &HeaderMap::new(), b"").answered(&compressed, &Timings::default());
    let content = &entries(&recorder)[0]["response"]["content"];
    assert!(content.get("text").is_none() && content["_omitted"].is_string(), "{content}");
    let replayer = Replayer::new(Recording::read(written(&recorder).as_bytes(), "a.har").unwrap());
    let url = "https://a.example/".parse().unwrap();
    let error = replayer.answer(&Method::POST, &url, &HeaderMap::new(), b"").unwrap_err();
    assert_eq!(error.code(), "answer-not-recorded");
    assert!(error.to_string().contains("gzip"), "{error}");
}

#[test]
fn entries_stand_in_the_order_in_which_they_were_begun() {
    let recorder = recorder(KEY);
    let begun: Vec<_> = (0..5)
        .map(|number| begin(&recorder, &format!("https://a.example/{number}"), &HeaderMap::new(), b""))
        .collect();
    for attempt in begun.into_iter().rev() {
        attempt.answered(&answer(200, &[], b""), &Timings::default());
    }
    let urls: Vec<_> = entries(&recorder).iter().map(|entry| entry["request"]["url"].clone()).collect();
    let expected: Vec<_> = (0..5).map(|number| Value::from(format!("https://a.example/{number}"))).collect();
    assert_eq!(urls, expected);
}

#[test]
fn a_recording_that_becomes_too_large_says_so_and_stays_bounded() {
    for (entries, bytes) in [(3, u64::MAX), (u64::MAX, 2_000)] {
        let recorder = Recorder::bounded(Provenance::default(), Redactor::default(), entries, bytes);
        for _ in 0..10 {
            begin(&recorder, "https://a.example/", &HeaderMap::new(), b"x")
                .answered(&answer(200, &[], b"y"), &Timings::default());
        }
        assert!((1..=3).contains(&recorder.entries()), "{}", recorder.entries());
        assert_eq!(recorder.entries() + recorder.dropped(), 10);
        let file = written(&recorder);
        assert!(file.contains(&format!("\"droppedEntries\": {}", recorder.dropped())), "{file}");
        let recording = Recording::read(file.as_bytes(), "a.har").unwrap();
        assert_eq!(recording.dropped(), recorder.dropped());
    }
}

#[test]
fn what_is_written_is_what_is_read() {
    let recorder = one_of_everything();
    let recording = Recording::read(written(&recorder).as_bytes(), "a.har").unwrap();
    assert_eq!(recording.provenance(), Some(&recorder.shared.provenance));
    assert_eq!(recording.entries(), 4);
    let replayer = Replayer::new(recording);
    let headers = HeaderMap::from_iter([(http::header::CONTENT_TYPE, "application/json".parse().unwrap())]);
    let ask = |url: &str, body: &[u8]| {
        replayer.answer(&Method::POST, &url.parse().unwrap(), &headers, body).unwrap()
    };
    let Recorded::Failed(error) = ask("https://api.example.com/", b"") else { panic!() };
    assert_eq!(error.code, "connection-lost");
    let Recorded::Answered(bytes) = ask("https://api.example.com/", &[0xfe, 1]) else { panic!() };
    assert_eq!((bytes.status().as_u16(), &bytes.body()[..]), (302, &[0xff, 0, 1][..]));
    let url = "https://api.example.com/v3.0/list?top=100&filter=a%20b+c";
    let Recorded::Answered(json) = ask(url, b"[{\"domain\":\"a.example\"}]") else { panic!() };
    assert_eq!((json.status().as_u16(), json.body().as_ref()), (207, b"[{\"status\":201}]".as_slice()));
    assert_eq!(json.headers()["retry-after"], "1");
}

/// Ways in which a service may repeat a key.
fn spelt(key: &str, way: usize) -> Vec<u8> {
    let escaped = |key: &str| {
        let quoted = Value::from(key).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    let text = match way {
        0 => key.to_owned(),
        1 => escaped(key),
        2 => escaped(&escaped(key)),
        3 => key.bytes().map(|byte| format!("\\u{byte:04x}")).collect(),
        4 => escaped(key).replace('/', "\\/"),
        5 => form_urlencoded::byte_serialize(key.as_bytes()).collect(),
        6 => key.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        7 => key.bytes().map(|byte| format!("%25{byte:02X}")).collect(),
        8..=10 => STANDARD.encode(format!("{}{key}:tail", "x".repeat(way - 8))),
        11..=13 => URL_SAFE.encode(format!("{}{key}", "x".repeat(way - 11))),
        14 => key.bytes().map(|byte| format!("{byte:02x}")).collect(),
        15 => key.bytes().map(|byte| format!("{byte:02X}")).collect(),
        16 => return key.bytes().flat_map(|byte| [byte, 0]).collect(),
        17 => return key.bytes().flat_map(|byte| [0, byte]).collect(),
        18 => key.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
        19 => key.bytes().map(|byte| format!("&#{byte};")).collect(),
        20 => STANDARD
            .encode(key)
            .as_bytes()
            .chunks(7)
            .flat_map(|line| [line, b"\r\n"].concat())
            .map(char::from)
            .collect(),
        21 => form_urlencoded::byte_serialize(STANDARD.encode(format!("u:{key}")).as_bytes()).collect(),
        _ => escaped(&form_urlencoded::byte_serialize(key.as_bytes()).collect::<String>()),
    };
    text.into_bytes()
}

const WAYS: usize = 23;

/// Whether any text of the file, or what Base64 hides in it, holds the key in this spelling.
fn holds(value: &Value, needle: &[u8]) -> bool {
    let inside = |text: &[u8]| text.windows(needle.len()).any(|window| window == needle);
    match value {
        Value::String(text) => {
            inside(text.as_bytes()) || STANDARD.decode(text).is_ok_and(|bytes| inside(&bytes))
        }
        Value::Array(values) => values.iter().any(|value| holds(value, needle)),
        Value::Object(fields) => fields.values().any(|value| holds(value, needle)),
        _ => false,
    }
}

proptest! {
    #[test]
    fn whatever_the_secret_and_wherever_it_is_repeated_no_file_holds_it(
        // What a header can carry; long enough not to occur in every file by chance.
        key in "[!-~][ -~]{10,60}[!-~]",
        way in 0..WAYS,
        before in proptest::collection::vec(any::<u8>(), 0..8),
        // Not one that could be the end of an escape or of the Base64 of the key.
        behind in "[ ,;}<]{1,4}",
    ) {
        let needle = spelt(&key, way);
        let body = [&before, needle.as_slice(), behind.as_bytes()].concat();
        let text = String::from_utf8_lossy(&needle).replace(|c: char| c.is_control(), "");
        let recorder = recorder(&key);
        let path: String = form_urlencoded::byte_serialize(&needle).collect();
        let url = format!("https://a.example/{path}?{path}={path}");
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", http::HeaderValue::from_str(&text).unwrap());
        let mut response = answer(200, &[("location", &url)], &body);
        response.headers_mut().extend(headers.clone());
        begin(&recorder, &url, &headers, &body).answered(&response, &Timings::default());
        begin(&recorder, &url, &headers, &body).failed(&text, &text, Duration::ZERO);
        let file = written(&recorder);
        let inside = |needle: &[u8]| file.as_bytes().windows(needle.len()).any(|window| window == needle);
        prop_assert!(!inside(key.as_bytes()) && !inside(&needle), "{}", file);
        let file: Value = serde_json::from_str(&file).unwrap();
        for way in (0..WAYS).filter(|way| !(8..=13).contains(way)) {
            prop_assert!(!holds(&file, &spelt(&key, way)), "way {} in {}", way, file);
        }
        prop_assert!(!holds(&file, &needle), "{}", file);
    }
}
