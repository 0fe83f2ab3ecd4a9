//! What is read, and what is refused with a sentence that names the place.

use http::{HeaderMap, Method};

use super::*;
use crate::{Recorded, Replayer};

/// A file with one entry, as short as somebody would write it by hand.
fn file(request: &str, response: &str) -> String {
    format!("{{\"log\":{{\"entries\":[{{\"request\":{request},\"response\":{response}}}]}}}}")
}

const GET: &str = r#"{"method":"GET","url":"https://a.example/x"}"#;
const OK: &str = r#"{"status":200,"content":{"text":"yes"}}"#;

fn fails(text: &str) -> (&'static str, String) {
    let error = Recording::read(text.as_bytes(), "my.har").unwrap_err();
    assert!(error.hint().is_some());
    assert!(error.to_string().contains("`my.har`"), "{error}");
    (error.code(), error.to_string())
}

fn answer(text: &str) -> Recorded {
    let replayer = Replayer::new(Recording::read(text.as_bytes(), "my.har").unwrap());
    let url = "https://a.example/x".parse().unwrap();
    replayer.answer(&Method::GET, &url, &HeaderMap::new(), b"").unwrap()
}

#[test]
fn a_file_written_by_hand_needs_no_more_than_a_replay_does() {
    let Recorded::Answered(response) = answer(&file(GET, OK)) else { panic!() };
    assert_eq!((response.status().as_u16(), response.body().as_ref()), (200, b"yes".as_slice()));
    let with_mark = format!("\u{feff}{}", file(GET, OK));
    assert!(matches!(answer(&with_mark), Recorded::Answered(_)));
}

#[test]
fn a_file_of_a_browser_is_read() {
    let request = r#"{"method":"GET","url":"https://a.example/x#part","httpVersion":"h3","_priority":"High",
        "headers":[{"name":":authority","value":"a.example"},{"name":"Accept","value":"*/*"}],
        "queryString":[],"cookies":[{"name":"a","value":"b","secure":true}],"headersSize":-1,"bodySize":0}"#;
    let response = r#"{"status":200,"statusText":"","httpVersion":"h3","cookies":[],"redirectURL":"",
        "headers":[{"name":"content-encoding","value":"br"},{"name":"content-length","value":"99"}],
        "content":{"size":3,"mimeType":"text/plain","text":"eWVz","encoding":"base64","compression":0},
        "headersSize":-1,"bodySize":-1,"_transferSize":99,"_error":null}"#;
    let text = file(request, response).replacen(
        "{\"request\"",
        "{\"_initiator\":{\"type\":\"script\"},\"time\":null,\"timings\":{\"blocked\":-1,\"ssl\":null,\"send\":null},\"request\"",
        1,
    );
    let Recorded::Answered(response) = answer(&text) else { panic!() };
    assert_eq!(response.body().as_ref(), b"yes");
    assert_eq!(response.headers()["content-length"], "3");
    assert!(!response.headers().contains_key("content-encoding"));
    let Recorded::Failed(error) = answer(&file(GET, r#"{"status":0,"_error":"net::ERR_FAILED"}"#)) else {
        panic!()
    };
    assert_eq!((error.code.as_str(), error.message.as_str()), ("connection-lost", "net::ERR_FAILED"));
}

#[test]
fn what_is_no_archive_is_refused_with_its_place() {
    for (text, code, says) in [
        ("{\"log\":\n{,", "recording-syntax", "line 2, column 2"),
        ("", "recording-syntax", "line 1"),
        ("{\"log\":{\"entries\":[]}} {}", "recording-syntax", "trailing characters"),
        ("{}", "recording-form", "missing field `log`"),
        ("{\"log\":{}}", "recording-form", "`log`: missing field `entries`"),
        (&file(r#"{"method":"GET"}"#, OK), "recording-form", "`log.entries[0].request`: missing field `url`"),
        (&file(r#"{"method":"GET","url":1}"#, OK), "recording-form", "`log.entries[0].request.url`"),
        (&file(GET, "{}"), "recording-form", "missing field `status`"),
        (&file(GET, r#"{"status":-1}"#), "recording-form", "`log.entries[0].response.status`"),
        (&file(GET, r#"{"status":99}"#), "recording-value", "`log.entries[0].response.status`"),
        (
            &file(r#"{"method":"G T","url":"https://a.example/"}"#, OK),
            "recording-value",
            "`G T` is not a method",
        ),
        (&file(r#"{"method":"GET","url":"/x"}"#, OK), "recording-value", "`/x` is not an absolute URL"),
        (
            &file(GET, r#"{"status":200,"content":{"text":"!","encoding":"base64"}}"#),
            "recording-value",
            "`log.entries[0].response.content.text`: not Base64",
        ),
        (
            &file(GET, r#"{"status":200,"content":{"text":"!","encoding":"rot13"}}"#),
            "recording-value",
            "`rot13` is unknown",
        ),
        (
            &file(GET, r#"{"status":200,"headers":[{"name":"a","value":"b"},{"name":"b c","value":""}]}"#),
            "recording-value",
            "`log.entries[0].response.headers[1].name`",
        ),
        (
            &file(GET, r#"{"status":200,"headers":[{"name":"a","value":"b\nc"}]}"#),
            "recording-value",
            "`log.entries[0].response.headers[0].value`",
        ),
    ] {
        let (found, message) = fails(text);
        assert_eq!(found, code, "{message}");
        assert!(message.contains(says), "{message} should say {says}");
    }
}

#[test]
fn a_file_past_its_limit_is_refused_unread() {
    let size = usize::try_from(palisade_limits::RECORDING_READ_BYTES).unwrap() + 1;
    let error = Recording::read(&vec![b'x'; size], "my.har").unwrap_err();
    assert_eq!(error.code(), "recording-too-large");
    let entry = format!("{{\"request\":{GET},\"response\":{OK}}}");
    let most = usize::try_from(palisade_limits::RECORDING_ENTRIES).unwrap();
    let text = format!("{{\"log\":{{\"entries\":[{}]}}}}", vec![entry; most + 1].join(","));
    assert_eq!(fails(&text).0, "recording-too-large");
}
