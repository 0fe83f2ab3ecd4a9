//! A secret comes back in 60 encodings and more, alone and inside other text: none of it is left.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use palisade_redaction::{REDACTED, Redactor};
use proptest::prelude::*;
use secrecy::SecretString;

/// With everything that some encoding writes in another way.
const KEY: &str = "eyJhbGciOiJIUzI1NiJ9.R+/=\"\\&<>'%41 ~k3y-_Z";

/// Texts that are expensive to search if they are repeated.
const WALLS: [&str; 18] = [
    "\\", "%25", "&#", "&amp;", "&", "=", "%", "=3D", "\\u005c", "%5c", "\\\\\\\"", "A", "4141", "QUFB",
    "\0a", "65,", "key ", "eyJhbGci",
];

type Wide = fn(u8) -> Vec<u8>;
type Encode = Box<dyn Fn(&str) -> Vec<u8>>;

fn each(secret: &str, encode: impl Fn(u8) -> String) -> String {
    secret.bytes().map(encode).collect()
}

/// Every character of which `chosen` is true, by its index, is written by `encode`.
fn some(secret: &str, chosen: impl Fn(usize) -> bool, encode: impl Fn(u8) -> String) -> String {
    let one =
        |(index, byte): (usize, u8)| if chosen(index) { encode(byte) } else { char::from(byte).to_string() };
    secret.bytes().enumerate().map(one).collect()
}

fn json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn url(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn html(text: &str) -> String {
    let escapes = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")];
    escapes.iter().fold(text.to_owned(), |text, (character, escape)| text.replace(*character, escape))
}

fn named_html(text: &str) -> String {
    let names: BTreeMap<char, &str> = BTreeMap::from([
        ('+', "plus"),
        ('/', "sol"),
        ('=', "equals"),
        ('"', "quot"),
        ('\\', "bsol"),
        ('&', "amp"),
        ('<', "lt"),
        ('>', "gt"),
        ('\'', "apos"),
        ('%', "percnt"),
        ('.', "period"),
        ('_', "lowbar"),
    ]);
    let one =
        |character: char| names.get(&character).map_or(character.to_string(), |name| format!("&{name};"));
    text.chars().map(one).collect()
}

fn quoted_printable(text: &str, line: usize) -> String {
    let mut encoded = String::new();
    for (index, byte) in text.bytes().enumerate() {
        if index > 0 && index % line == 0 {
            encoded.push_str("=\r\n");
        }
        match byte {
            b'=' | b'<' | b'>' => encoded.push_str(&format!("={byte:02X}")),
            byte => encoded.push(char::from(byte)),
        }
    }
    encoded
}

fn folded(text: &str, line: usize, end: &str) -> String {
    let lines = text.as_bytes().chunks(line).map(|line| String::from_utf8_lossy(line).into_owned());
    lines.collect::<Vec<_>>().join(end)
}

fn backslash_u(byte: u8) -> String {
    format!("\\u{byte:04x}")
}

/// Random characters of Base64.
fn random(mut seed: u64, length: usize) -> String {
    let mut bytes = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 32).to_be_bytes()
    };
    let bytes: Vec<u8> = (0..length).flat_map(|_| bytes()).filter(|byte| *byte != 0).collect();
    URL_SAFE_NO_PAD.encode(bytes).chars().take(length).collect()
}

/// One of nine ways to write a character.
fn escape(way: u8, byte: u8) -> String {
    match way {
        0 => format!("\\u{byte:04x}"),
        1 => format!("%{byte:02X}"),
        2 => format!("&#{byte};"),
        3 => format!("&#x{byte:X};"),
        4 => format!("\\x{byte:02x}"),
        5 => format!("%25{byte:02x}"),
        6 => format!("={byte:02X}"),
        7 => format!("\\\\u{byte:04X}"),
        _ => char::from(byte).to_string(),
    }
}

fn percent(byte: u8) -> String {
    format!("%{byte:02X}")
}

fn base32(text: &str) -> String {
    let bits =
        text.bytes().flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1)).collect::<Vec<_>>();
    let value = |bits: &[u8]| (0..5).fold(0, |value, at| (value << 1) | bits.get(at).copied().unwrap_or(0));
    let character = |value: u8| char::from(if value < 26 { b'A' + value } else { b'2' + value - 26 });
    let mut encoded: String = bits.chunks(5).map(|bits| character(value(bits))).collect();
    encoded.push_str(&"=".repeat(encoded.len().next_multiple_of(8) - encoded.len()));
    encoded
}

/// Every encoding, by its name.
fn encodings() -> Vec<(String, Encode)> {
    let mut all: Vec<(String, Encode)> = Vec::new();
    let mut add = |name: &str, encode: fn(&str) -> String| {
        all.push((name.to_owned(), Box::new(move |secret: &str| encode(secret).into_bytes())));
    };
    add("literal", str::to_owned);
    add("JSON", json);
    add("JSON, first character", |key| some(key, |index| index == 0, backslash_u));
    add("JSON, last character", |key| some(key, |index| index + 1 == KEY.len(), backslash_u));
    add("JSON, every character", |key| each(key, backslash_u));
    add("JSON, every character in upper case", |key| each(key, |byte| format!("\\u{byte:04X}")));
    add("JSON, every second character", |key| {
        some(&key.replace(['\\', '"'], ""), |index| index % 2 == 0, backslash_u)
    });
    add("JSON, PHP's slashes", |key| json(key).replace('/', "\\/"));
    add("JSON, Gson's signs", |key| {
        let signs = [b'=', b'<', b'>', b'&', b'\''];
        signs.iter().fold(json(key), |text, sign| text.replace(char::from(*sign), &backslash_u(*sign)))
    });
    add("JSON in JSON", |key| json(&json(key)));
    add("JSON in JSON in JSON", |key| json(&json(&json(key))));
    add("JSON, every character, in JSON", |key| json(&each(key, backslash_u)));
    add("JavaScript", |key| each(key, |byte| format!("\\x{byte:02x}")));
    add("JavaScript, code points", |key| each(key, |byte| format!("\\u{{{byte:x}}}")));
    add("Python", |key| each(key, |byte| format!("\\U{byte:08x}")));
    add("C, octal", |key| each(key, |byte| format!("\\{byte:03o}")));
    add("shell", |key| {
        some(
            key,
            |index| KEY.as_bytes().get(index).is_some_and(|byte| !byte.is_ascii_alphanumeric()),
            |byte| format!("\\{}", char::from(byte)),
        )
    });
    add("Rust", |key| key.escape_debug().to_string());
    add("Rust, bytes", |key| key.as_bytes().escape_ascii().to_string());
    add("form", url);
    add("form, twice", |key| url(&url(key)));
    add("form, three times", |key| url(&url(&url(key))));
    add("percent, every character", |key| each(key, percent));
    add("percent, every character in lower case", |key| each(key, |byte| format!("%{byte:02x}")));
    add("percent, every second character", |key| {
        some(&key.replace('%', ""), |index| index % 2 == 1, percent)
    });
    add("percent, blanks as %20", |key| url(key).replace('+', "%20"));
    add("percent, IIS", |key| each(key, |byte| format!("%u{byte:04X}")));
    add("percent, twice, every character", |key| each(key, |byte| format!("%25{byte:02x}")));
    add("JSON in percent", |key| url(&each(key, backslash_u)));
    add("percent in JSON", |key| json(&each(key, percent)));
    add("HTML", html);
    add("HTML, decimal", |key| each(key, |byte| format!("&#{byte};")));
    add("HTML, padded", |key| each(key, |byte| format!("&#{byte:07};")));
    add("HTML, hexadecimal", |key| each(key, |byte| format!("&#x{byte:x};")));
    add("HTML, hexadecimal in upper case", |key| each(key, |byte| format!("&#X{byte:04X};")));
    add("HTML, without semicolons", |key| each(key, |byte| format!("&#{byte}")));
    add("HTML, names", named_html);
    add("HTML, twice", |key| html(&html(key)));
    add("HTML, decimal, twice", |key| html(&each(key, |byte| format!("&#{byte};"))));
    add("HTML in JSON", |key| json(&html(key)));
    add("JSON in HTML", |key| html(&json(key)));
    add("percent in HTML", |key| html(&url(key)));
    add("quoted-printable", |key| quoted_printable(key, 7));
    add("quoted-printable, every character", |key| each(key, |byte| format!("={byte:02X}")));
    add("folded", |key| folded(key, 9, "\r\n"));
    add("folded with indentation", |key| folded(key, 9, "\r\n\t "));
    add("folded in JSON", |key| json(&folded(&key.replace(['\\', '"'], "x"), 9, "\n")));
    add("hexadecimal", |key| each(key, |byte| format!("{byte:02x}")));
    add("hexadecimal in upper case", |key| each(key, |byte| format!("{byte:02X}")));
    add("hexadecimal, mixed", |key| {
        some(
            &each(key, |byte| format!("{byte:02x}")),
            |index| index % 3 == 0,
            |byte| char::from(byte).to_ascii_uppercase().to_string(),
        )
    });
    add("hexadecimal with colons", |key| each(key, |byte| format!("{byte:02x}:")));
    add("hexadecimal with hyphens", |key| each(key, |byte| format!("{byte:02X}-")));
    add("hexadecimal with blanks", |key| each(key, |byte| format!("{byte:02x} ")));
    add("hexadecimal numbers", |key| each(key, |byte| format!("0x{byte:02x}, ")));
    add("hexadecimal, twice", |key| {
        each(&each(key, |byte| format!("{byte:02x}")), |byte| format!("{byte:02x}"))
    });
    add("numbers", |key| key.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(","));
    add("numbers, a line each", |key| {
        key.bytes().map(|byte| byte.to_string()).collect::<Vec<_>>().join(",\n  ")
    });
    add("Base64 of JSON", |key| STANDARD.encode(json(key)));
    add("Base64 of a form", |key| STANDARD.encode(format!("token={}&x=1", url(key))));
    add("Base64 of Base64", |key| STANDARD.encode(STANDARD.encode(key)));
    add("Base64 of hexadecimal", |key| STANDARD.encode(each(key, |byte| format!("{byte:02x}"))));
    add("Base64 of UTF-16", |key| {
        STANDARD.encode(key.bytes().flat_map(|byte| [byte, 0]).collect::<Vec<_>>())
    });
    add("Base64 in a form", |key| url(&STANDARD.encode(format!("user:{key}"))));
    add("Base64, PHP's slashes", |key| STANDARD.encode(format!("user:{key}?")).replace('/', "\\/"));
    add("Base64, Gson's signs", |key| {
        STANDARD.encode(format!("u:{key}")).replace('=', "\\u003d").replace('+', "\\u002b")
    });
    add("Base64 in HTML", |key| named_html(&STANDARD.encode(format!("??>{key}"))));
    add("Base64, folded", |key| folded(&STANDARD.encode(key), 7, "\r\n"));
    add("Base64, folded in JSON", |key| folded(&STANDARD.encode(key), 7, "\\r\\n"));
    add("Base64, quoted-printable", |key| quoted_printable(&STANDARD.encode(key), 11));
    for before in 0..5_usize {
        let encode = move |key: &str| base32(&format!("{}{key}:tail", &"wxyz"[..before])).into_bytes();
        all.push((format!("Base32, {before} before"), Box::new(encode)));
    }
    all.push((
        "Base32 in lower case".to_owned(),
        Box::new(|key: &str| base32(key).to_ascii_lowercase().into_bytes()),
    ));
    for before in 0..3_usize {
        let engines = [
            ("standard", &STANDARD),
            ("URL", &URL_SAFE),
            ("unpadded", &STANDARD_NO_PAD),
            ("unpadded URL", &URL_SAFE_NO_PAD),
        ];
        for (name, engine) in engines {
            let encode =
                move |key: &str| engine.encode(format!("{}{key}:tail", &"xyz"[..before])).into_bytes();
            all.push((format!("Base64, {name}, {before} before"), Box::new(encode)));
        }
    }
    let wide: [(&str, Wide); 4] = [
        ("UTF-16, least significant first", |byte| vec![byte, 0]),
        ("UTF-16", |byte| vec![0, byte]),
        ("UTF-32, least significant first", |byte| vec![byte, 0, 0, 0]),
        ("UTF-32", |byte| vec![0, 0, 0, byte]),
    ];
    for (name, encode) in wide {
        all.push((name.to_owned(), Box::new(move |key: &str| key.bytes().flat_map(encode).collect())));
    }
    all
}

/// The longest piece of the encoded secret that is left.
fn left(redacted: &[u8], encoded: &[u8]) -> usize {
    let is_left = |length: usize| {
        encoded.windows(length).any(|piece| redacted.windows(length).any(|window| window == piece))
    };
    (1..=encoded.len()).take_while(|length| is_left(*length)).last().unwrap_or_default()
}

#[test]
fn a_secret_is_redacted_in_every_encoding() {
    let encodings = encodings();
    assert!(encodings.len() >= 60, "{}", encodings.len());
    let secret = [SecretString::from(KEY)];
    // Some encodings above leave out characters that they cannot write.
    let others = [KEY.replace(['\\', '"'], ""), KEY.replace('%', ""), KEY.replace(['\\', '"'], "x")];
    let redactor = Redactor::new(secret.iter().chain(&others.map(SecretString::from)));
    for (before, behind) in
        [("", ""), ("you sent \"", "\" to us"), ("a:", ", b"), ("<p>", "</p>"), ("x=", "&y=1")]
    {
        for (name, encode) in &encodings {
            let encoded = encode(KEY);
            let text = [before.as_bytes(), &encoded, behind.as_bytes()].concat();
            let redacted = redactor.redacted(&text).unwrap_or_else(|| panic!("{name} is not recognised"));
            let shown = String::from_utf8_lossy(&redacted);
            assert!(shown.contains(REDACTED), "{name}: {shown}");
            // What stands beside the secret in the same Base64 stays: five characters of the user, the last ones of the tail.
            let most = if name.starts_with("Base") { 14 } else { 6 };
            assert!(left(&redacted, &encoded) <= most, "{name}: {shown}");
            assert!(shown.starts_with(before) && shown.ends_with(behind), "{name}: {shown}");
        }
    }
}

/// As Vision One's keys are.
const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJjaWQiOiI5YzQyN2IxZS0zZDA1LTQ4In0.Q3v9Zk2LrT0xW8sYbN5hGf7JdP1mVcRe4UoAqXi6-Kt_B\
    zS3nHw5uLg8EyMj0DpCv2QaZx7Rk9TfWb4YsNc1GhUe6VoXi";

/// The longest piece of the token that is left, without its header, which is public.
fn left_of_token(redacted: &str) -> usize {
    left(redacted.as_bytes(), TOKEN.split_once('.').map_or("", |(_, secret)| secret).as_bytes())
}

#[test]
fn a_secret_that_is_split_over_two_texts_is_redacted_in_every_encoding() {
    let redactor = Redactor::new(&[SecretString::from(TOKEN)]);
    for (name, encode) in encodings() {
        // In hexadecimal or Base64 each part must be a third of the secret; wide characters need an even place.
        for at in [TOKEN.len() * 2 / 5, TOKEN.len() / 2, TOKEN.len() * 3 / 5] {
            let parts = [&TOKEN[..at], &TOKEN[at..]].map(&encode);
            for (part, plain) in parts.iter().zip([&TOKEN[..at], &TOKEN[at..]]) {
                let text = [b"{\"part\":\"" as &[u8], part, b"\"}"].concat();
                let redacted = redactor.redacted(&text).unwrap_or_else(|| panic!("{name} at {at}: {plain}"));
                let shown = String::from_utf8_lossy(&redacted);
                assert!(shown.contains(REDACTED) && left_of_token(&shown) < 16, "{name} at {at}: {shown}");
            }
        }
        let encoded = encode(TOKEN);
        let half = (encoded.len() / 2) & !7;
        for part in [&encoded[..half], &encoded[half..]] {
            let redacted = redactor.redacted(part).unwrap_or_else(|| panic!("{name}, split afterwards"));
            assert!(left_of_token(&String::from_utf8_lossy(&redacted)) < 16, "{name}, split afterwards");
        }
    }
}

#[test]
fn another_token_with_the_same_header_is_left_alone() {
    let redactor = Redactor::new(&[SecretString::from(TOKEN)]);
    let other =
        "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJjaWQiOiIwMDAwMDAwMC0wMDAwLTAwIn0.AAAABBBBCCCCDDDDEEEEFFFF";
    assert_eq!(redactor.redacted(other.as_bytes()), None);
}

#[test]
fn words_of_a_passphrase_are_left_alone() {
    let redactor = Redactor::new(&[SecretString::from("contoso-security-production-2024 correct horse")]);
    let text = "https://contoso-security.example/production-2024, correct horse: https://contoso-security-production";
    assert_eq!(redactor.redacted(text.as_bytes()), None);
}

#[test]
fn a_text_is_searched_in_a_bounded_time() {
    let redactor = Redactor::new(&[SecretString::from(KEY), SecretString::from("%\\&=short")]);
    // Not optimised, the search takes some thirty times as long.
    let (size, most) = if cfg!(debug_assertions) { (1 << 16, 60) } else { (1 << 20, 10) };
    for wall in WALLS {
        let text = wall.repeat(size / wall.len());
        let begun = Instant::now();
        let _ = redactor.redacted(text.as_bytes());
        assert!(begun.elapsed() < Duration::from_secs(most), "{wall:?} took {:?}", begun.elapsed());
    }
}

#[test]
fn ordinary_text_is_left_alone() {
    let redactor = Redactor::new(&[SecretString::from(KEY)]);
    let json = r#"{"items":[{"domain":"a.example","description":"a \"quoted\" \u00fc text\n","sha256":"2f3c"}],"nextLink":"https://a.example/x?a=b&c=%41+d"}"#;
    for text in [
        json.repeat(200),
        STANDARD.encode(json.repeat(50)),
        "&nbsp;<p>=3D</p>%20\\\\server\\share".repeat(50),
    ] {
        assert_eq!(redactor.redacted(text.as_bytes()), None);
    }
}

proptest! {
    #[test]
    fn any_fragment_of_a_random_secret_is_redacted_in_any_spelling(
        seed in 1..u64::MAX,
        size in 48..200_usize,
        from in 0..1000_usize,
        length in 40..200_usize,
        way in 0..9_u8,
        escaped in proptest::collection::vec(proptest::bool::ANY, 200),
        before in "[a-z :\"]{0,10}",
        behind in "[\" ,]",
    ) {
        let secret = random(seed, size);
        let from = from % (secret.len() - 39);
        let fragment = &secret[from..(from + length).min(secret.len())];
        let ways = escaped.into_iter().map(|escaped| if escaped { way } else { 8 });
        let encoded: String = fragment.bytes().zip(ways).map(|(byte, way)| escape(way, byte)).collect();
        let redactor = Redactor::new(&[SecretString::from(secret.as_str())]);
        let shown = redactor.text(&format!("{before}{encoded}{behind}")).into_owned();
        prop_assert!(shown.contains(REDACTED), "{} in {}", encoded, shown);
        prop_assert!(left(shown.as_bytes(), fragment.as_bytes()) < 16, "{} in {}", encoded, shown);
    }

    #[test]
    fn any_subset_of_characters_may_be_escaped_in_any_way(
        key in "[!-~][ -~]{10,60}[!-~]",
        ways in proptest::collection::vec(0..9_u8, 62),
        before in "[ -~]{0,10}",
    ) {
        let encoded: String = key.bytes().zip(ways).map(|(byte, way)| escape(way, byte)).collect();
        let redactor = Redactor::new(&[SecretString::from(key.as_str())]);
        let shown = redactor.text(&format!("{before}\n{encoded}\n")).into_owned();
        prop_assert!(shown.contains(REDACTED) && !shown.contains(&encoded), "{} in {}", encoded, shown);
    }
}
