//! A bundle is who signed it: what a trusted key verifies is taken, before anything else is unpacked, and nothing that is wrong
//! is.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail"
)]

mod support;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use palisade_bundle::{
    Authenticity, Bundle, BundleError, PublicKey, SigningKey, Trust, TrustedBundle, TrustedKey,
};
use proptest::prelude::*;
use support::builder::{Entry, bundle_with, zip};

const COMMENT: &str = "trend-vision-one 0.1.0";

fn key() -> SigningKey {
    SigningKey::generate(None).unwrap()
}

fn trusted(name: &str, key: PublicKey) -> TrustedKey {
    TrustedKey { name: name.to_owned(), key }
}

fn trust(key: &SigningKey) -> Trust {
    Trust::keys(vec![trusted("another", self::key().public_key()), trusted("publisher", key.public_key())])
}

/// The entries with a signature by this key.
fn signed(mut entries: Vec<Entry>, key: &SigningKey) -> Vec<Entry> {
    let sums = entries.iter().find(|entry| entry.listed.name == b"SHA256SUMS").unwrap();
    let signature = key.sign(&sums.unpacked, COMMENT).unwrap();
    entries.push(Entry::deflated("SHA256SUMS.minisig", signature.as_bytes()));
    entries
}

/// A good bundle with this text as its signature.
fn with_signature(text: &[u8]) -> Vec<u8> {
    let mut entries = bundle_with([]);
    entries.push(Entry::stored("SHA256SUMS.minisig", text));
    zip(&entries)
}

/// The signature of a good bundle by this key.
fn signature(key: &SigningKey) -> String {
    let entries = signed(bundle_with([]), key);
    String::from_utf8(entries.last().unwrap().unpacked.clone()).unwrap()
}

fn open(bytes: &[u8], trust: &Trust) -> Result<TrustedBundle, BundleError> {
    TrustedBundle::from_bytes(bytes, "test.zip", trust)
}

#[track_caller]
fn assert_refused(bytes: &[u8], trust: &Trust, code: &str) -> BundleError {
    let error = open(bytes, trust).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    error
}

#[test]
fn what_a_trusted_key_has_signed_is_taken() {
    let key = key();
    let bundle = open(&zip(&signed(bundle_with([]), &key)), &trust(&key)).unwrap();
    let authenticity = Authenticity::Signed {
        by: "publisher".to_owned(),
        key_id: key.public_key().id(),
        trusted_comment: COMMENT.to_owned(),
    };
    assert_eq!(bundle.authenticity(), &authenticity);
    assert_eq!(bundle.signature(), Some(key.public_key().id()));
    assert_eq!(bundle.manifest().id, "trend-vision-one");
    let json = serde_json::to_value(&authenticity).unwrap();
    assert_eq!(json["status"], "signed");
    assert_eq!(json["key_id"], key.public_key().id().to_string());
}

#[test]
fn what_is_not_signed_is_refused_unless_that_is_allowed() {
    let bytes = zip(&bundle_with([]));
    for trust in [Trust::default(), trust(&key())] {
        let error = assert_refused(&bytes, &trust, "bundle-unsigned");
        assert!(error.hint().unwrap().contains("the setting `allow-unsigned`"));
        let bundle = open(&bytes, &trust.allow_unsigned()).unwrap();
        assert_eq!(bundle.authenticity(), &Authenticity::Unsigned);
    }
}

#[test]
fn what_an_unknown_key_has_signed_is_refused_unless_that_is_allowed() {
    let stranger = key();
    let bytes = zip(&signed(bundle_with([]), &stranger));
    let key_id = stranger.public_key().id();
    for (trust, known) in [(Trust::default(), "no key is trusted yet"), (trust(&key()), "`publisher`")] {
        let error = assert_refused(&bytes, &trust, "signature-key-unknown");
        assert!(error.to_string().contains(&key_id.to_string()), "{error}");
        let hint = error.hint().unwrap();
        for part in [
            known,
            &key_id.to_string(),
            "[[trusted-keys]]\nname = ",
            "\nkey = ",
            "the setting `allow-unsigned`",
        ] {
            assert!(hint.contains(part), "{part} is not in {hint}");
        }
        let bundle = open(&bytes, &trust.allow_unsigned()).unwrap();
        assert_eq!(bundle.authenticity(), &Authenticity::UnknownKey { key_id });
    }
}

/// Where a key is trusted, its signature is right or the bundle is refused.
#[track_caller]
fn assert_never_taken(bytes: &[u8], key: &SigningKey, code: &str) {
    assert_refused(bytes, &trust(key), code);
    assert_refused(bytes, &trust(key).allow_unsigned(), code);
}

#[test]
fn a_signature_of_another_list_is_refused() {
    let key = key();
    let other = bundle_with([Entry::stored("more", b"text")]);
    let mut entries = signed(bundle_with([]), &key);
    let signature = entries.pop().unwrap();
    assert_never_taken(&zip(&[other, vec![signature]].concat()), &key, "signature-invalid");
}

#[test]
fn a_signature_by_another_key_under_a_trusted_id_is_refused() {
    let (key, stranger) = (key(), key());
    // The id is random bytes that anybody can write: a key of the stranger's with the id of the trusted one.
    let (own, other) = (signature(&key), signature(&stranger));
    let line = |text: &str| text.lines().nth(1).unwrap().to_owned();
    let forged = other.replace(&line(&other), &with_id_of(&line(&own), &line(&other)));
    assert_never_taken(&with_signature(forged.as_bytes()), &key, "signature-invalid");
}

/// The second of two lines of Base64 with the algorithm and the key id of the first.
fn with_id_of(first: &str, second: &str) -> String {
    let [first, second] = [first, second].map(|line| BASE64_STANDARD.decode(line).unwrap());
    BASE64_STANDARD.encode([&first[..10], &second[10..]].concat())
}

#[test]
fn a_changed_comment_is_refused() {
    let key = key();
    let text = signature(&key).replace("0.1.0", "9.9.9");
    assert_never_taken(&with_signature(text.as_bytes()), &key, "signature-invalid");
}

#[test]
fn what_has_not_the_form_of_a_signature_is_refused() {
    let key = key();
    let good = signature(&key);
    let lines: Vec<&str> = good.lines().collect();
    let with_line = |at: usize, line: &str| {
        let mut lines = lines.clone();
        lines[at] = line;
        lines.join("\n")
    };
    let shorter = |line: &str| line[..line.len() - 4].to_owned();
    for text in [
        String::new(),
        "not a signature".to_owned(),
        lines[..3].join("\n"),
        format!("{good}{good}"),
        format!("{good}\n"),
        with_line(0, "comment"),
        with_line(1, "RU"),
        with_line(1, "not Base64, which has no spaces"),
        with_line(1, &shorter(lines[1])),
        with_line(1, &lines[1].replacen("RU", "QU", 1)),
        with_line(1, lines[3]),
        with_line(2, "comment"),
        with_line(3, ""),
        // A second signature that is too short, behind a first one that is right.
        with_line(3, "AAAA"),
        with_line(3, &shorter(lines[3])),
        with_line(3, lines[1]),
    ] {
        let bytes = with_signature(text.as_bytes());
        assert_never_taken(&bytes, &key, "signature-malformed");
        // Not even to look at: nobody should believe that there is a signature.
        assert_eq!(Bundle::from_bytes(&bytes, "test.zip").unwrap_err().code(), "signature-malformed");
    }
    assert_never_taken(&with_signature(b"\xff\xfe"), &key, "signature-malformed");
}

#[test]
fn one_of_two_keys_with_one_id_suffices() {
    let key = key();
    let (good, other) = (key.public_key().to_string(), self::key().public_key().to_string());
    let same_id: PublicKey = with_id_of(&good, &other).parse().unwrap();
    assert_eq!(same_id.id(), key.public_key().id());
    let keys = vec![trusted("other", same_id), trusted("publisher", key.public_key())];
    let bytes = zip(&signed(bundle_with([]), &key));
    assert!(open(&bytes, &Trust::keys(keys.clone())).is_ok());
    assert_refused(&bytes, &Trust::keys(keys[..1].to_vec()), "signature-invalid");
    assert_refused(&bytes, &Trust::keys(keys[..1].to_vec()).allow_unsigned(), "signature-invalid");
}

/// Entries that cannot be unpacked, are not what the list says, or would not be a bundle; with the code for each.
fn spoilt() -> Vec<(Vec<Entry>, &'static str)> {
    let broken = Entry::deflated("entry", &[b'x'; 1_000]).with(|entry| entry.contents[0] ^= 0x06);
    let liar = Entry::deflated("entry", &vec![0; 4 * 1024 * 1024]).both(|header| header.size = 1_000);
    let changed = bundle_with([Entry::stored("entry", b"text")])
        .into_iter()
        .map(|entry| if entry.listed.name == b"entry" { Entry::stored("entry", b"TEXT") } else { entry });
    let added = [bundle_with([]), vec![Entry::stored("entry", b"text")]].concat();
    let removed = bundle_with([Entry::stored("entry", b"text")])
        .into_iter()
        .filter(|entry| entry.listed.name != b"entry")
        .collect();
    vec![
        (bundle_with([broken]), "entry-unreadable"),
        (bundle_with([liar]), "entry-size"),
        (bundle_with([Entry::stored("entry", b"PK\x03\x04")]), "nested-archive"),
        (changed.collect(), "digest-mismatch"),
        (added, "file-without-digest"),
        (removed, "digest-without-file"),
    ]
}

#[test]
fn nothing_else_is_unpacked_before_the_signature_is_verified() {
    let key = key();
    for (entries, code) in spoilt() {
        let good = signed(entries.clone(), &key);
        assert_refused(&zip(&good), &trust(&key), code);
        // The same fault is there, and it is not what is found.
        let by_stranger = zip(&signed(entries.clone(), &self::key()));
        assert_refused(&by_stranger, &trust(&key), "signature-key-unknown");
        assert_refused(&zip(&entries), &trust(&key), "bundle-unsigned");
        let mut signature_of_another = entries;
        signature_of_another.push(Entry::stored("SHA256SUMS.minisig", signature(&key).as_bytes()));
        if code != "file-without-digest" {
            assert_never_taken(&zip(&signature_of_another), &key, "signature-invalid");
        }
    }
}

#[test]
fn an_untrusted_bundle_costs_no_more_than_its_list() {
    let large = bundle_with([Entry::deflated("noise", &noise(16 * 1024 * 1024))]);
    let bytes = zip(&signed(large, &key()));
    let mut refused = false;
    let memory = allocation_counter::measure(|| refused = open(&bytes, &trust(&key())).is_err());
    assert!(refused && memory.bytes_max < 1024 * 1024, "{} bytes were allocated", memory.bytes_max);
}

/// Bytes of which Deflate saves a half: each is one of sixteen.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"0123456789abcdef"[usize::try_from(state >> 28).unwrap()]
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn the_frame_is_judged_before_the_signature() {
    let twice = bundle_with([Entry::stored("twice", b"one"), Entry::stored("twice", b"two")]);
    assert_refused(&zip(&signed(twice, &key())), &Trust::default(), "duplicate-name");
}

#[test]
fn the_list_names_neither_itself_nor_its_signature() {
    for name in ["SHA256SUMS", "SHA256SUMS.minisig"] {
        let mut entries = bundle_with([]);
        let list = entries.pop().unwrap();
        let line = format!("{}  {name}\n", palisade_bundle::Digest::of(b""));
        let longer = [list.unpacked, line.into_bytes()].concat();
        entries.push(Entry::stored("SHA256SUMS", &longer));
        assert_refused(&zip(&entries), &Trust::default().allow_unsigned(), "digests-line");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// A signature of which a byte was changed is refused, or what it says is still what was signed.
    #[test]
    fn a_changed_byte_of_a_signature_changes_nothing(at in any::<prop::sample::Index>(), flip in 1..=255_u8) {
        let key = key();
        let mut text = signature(&key).into_bytes();
        let at = at.index(text.len());
        text[at] ^= flip;
        if let Ok(bundle) = open(&with_signature(&text), &trust(&key)) {
            let expected = Authenticity::Signed {
                by: "publisher".to_owned(),
                key_id: key.public_key().id(),
                trusted_comment: COMMENT.to_owned(),
            };
            prop_assert_eq!(bundle.authenticity(), &expected);
        }
    }
}
