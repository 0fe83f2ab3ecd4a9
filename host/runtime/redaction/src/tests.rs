use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::*;

fn redactor(secrets: &[&str]) -> Redactor {
    let secrets: Vec<SecretString> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
    Redactor::new(&secrets)
}

fn redacted(secret: &str, text: &str) -> String {
    redactor(&[secret]).text(text).into_owned()
}

#[test]
fn it_cannot_be_displayed() {
    let shown = format!("{:?}", redactor(&["abcdefgh"]));
    assert!(!shown.contains("abc") && !shown.contains("YWJj"), "{shown}");
}

#[test]
fn what_holds_no_secret_is_not_copied() {
    let redactor = redactor(&["abcdefgh", "", " "]);
    assert_eq!(redactor.redacted(b"nothing of abcdefg here \\\\ %%% &&& \0\0\0"), None);
    assert_eq!(Redactor::default().redacted(b"abcdefgh"), None);
}

#[test]
fn the_text_around_a_secret_stays() {
    assert_eq!(redacted("k\"ey", r#"{"a":"Bearer k\"ey","b":1}"#), r#"{"a":"Bearer [redacted]","b":1}"#);
    assert_eq!(redacted("a/b c", "/x?key=a%2Fb+c&y=1"), "/x?key=[redacted]&y=1");
    assert_eq!(redacted("ababa", "xabababax"), "x[redacted]bax");
    assert_eq!(redactor(&["abcde", "abcdef"]).text("xabcdefx"), "x[redacted]x");
}

#[test]
fn basic_authorisation_is_found_behind_any_user_name() {
    for user in ["", "a", "ab", "abc"] {
        let header = format!("Basic {}", STANDARD_NO_PAD.encode(format!("{user}:top-secret-value")));
        let shown = redacted("top-secret-value", &header);
        assert!(shown.starts_with("Basic ") && shown.contains(REDACTED), "{user}: {shown}");
    }
}

#[test]
fn every_field_of_a_document_is_redacted() {
    let mut value = serde_json::json!({"a": ["abcdefgh", {"b": "x abcdefgh"}], "c": 1, "d": null});
    redactor(&["abcdefgh"]).value(&mut value);
    assert_eq!(value, serde_json::json!({"a": [REDACTED, {"b": "x [redacted]"}], "c": 1, "d": null}));
}

#[test]
fn a_short_secret_is_redacted_as_a_word_and_spoils_no_other_text() {
    for (text, expected) in [
        ("Bearer key", "Bearer [redacted]"),
        (r#"{"a":"key"}"#, r#"{"a":"[redacted]"}"#),
        (r#"{"a":"\u006bey"}"#, r#"{"a":"[redacted]"}"#),
        ("/x?token=key&y=1", "/x?token=[redacted]&y=1"),
        ("the keyhole, monkey.example and key.example", "the keyhole, monkey.example and key.example"),
        ("a-key key@host ~/key", "a-key key@host ~/key"),
    ] {
        assert_eq!(redacted("key", text), expected);
    }
    let mut words = String::new();
    for number in 0..20_000_u32 {
        words.push_str(&STANDARD_NO_PAD.encode(number.wrapping_mul(2_654_435_761).to_le_bytes()));
    }
    assert_eq!(redacted("k", &words), words);
}

#[test]
fn what_costs_too_much_to_search_is_withheld_as_a_whole() {
    let wall = "\\".repeat(1 << 14);
    assert_eq!(redacted("\\\\secret", &wall), REDACTED);
}

proptest::proptest! {
    #[test]
    fn bytes_without_a_secret_are_left_alone(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let redactor = redactor(&["eyJhbGciOiJIUzI1NiJ9.eyJjaWQiOiJ4In0.c2lnbmF0dXJl"]);
        proptest::prop_assert_eq!(redactor.redacted(&bytes), None);
    }
}
