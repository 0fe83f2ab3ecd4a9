//! Keys are read as they are written, in minisign's form and no other, and packing with a key is reproducible.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail"
)]

mod support;

use std::fs;

use palisade_bundle::{
    Authenticity, KeyError, PackInputs, PublicKey, SigningKey, Trust, TrustedBundle, TrustedKey, pack,
};
use secrecy::{ExposeSecret as _, SecretString};
use support::Workspace;

fn password(text: &str) -> SecretString {
    SecretString::from(text)
}

fn code(result: Result<SigningKey, KeyError>) -> &'static str {
    result.map(|_| ()).unwrap_err().code()
}

#[test]
fn a_secret_key_is_read_as_it_was_written() {
    for password in [None, Some(password("correct horse"))] {
        let key = SigningKey::generate(password.as_ref()).unwrap();
        let text = key.file_text().clone();
        assert_eq!(SigningKey::needs_password(&text).unwrap(), password.is_some());
        let again = SigningKey::read(text, password.as_ref()).unwrap();
        assert_eq!(again.public_key(), key.public_key());
        assert_eq!(again.sign(b"message", "comment").unwrap(), key.sign(b"message", "comment").unwrap());
    }
}

#[test]
fn a_protected_key_needs_its_password() {
    let text = SigningKey::generate(Some(&password("right"))).unwrap().file_text().clone();
    assert_eq!(code(SigningKey::read(text.clone(), None)), "secret-key-password-missing");
    assert_eq!(code(SigningKey::read(text.clone(), Some(&password("wrong")))), "secret-key-password-wrong");
    assert_eq!(code(SigningKey::read(text, Some(&password("")))), "secret-key-password-wrong");
}

#[test]
fn no_two_keys_are_the_same() {
    let (one, two) = (SigningKey::generate(None).unwrap(), SigningKey::generate(None).unwrap());
    assert_ne!(one.public_key(), two.public_key());
    assert_ne!(one.public_key().id(), two.public_key().id());
}

#[test]
fn what_is_no_secret_key_is_refused() {
    let key = SigningKey::generate(None).unwrap();
    let text = key.file_text().expose_secret();
    let (comment, line) = text.trim_end().split_once('\n').unwrap();
    // The seed begins with the 63rd byte; 84 digits are 63 bytes.
    let (before, seed) = line.split_at(84);
    let other = if seed.starts_with('A') { 'B' } else { 'A' };
    for spoilt in [
        String::new(),
        line.to_owned(),
        format!("{comment}\n{line}\n{line}"),
        format!("{comment}\n{}", &line[4..]),
        format!("{comment}\n{line}AAAA"),
        format!("{comment}\n{}", line.replacen('R', "*", 1)),
        format!("{comment}\n{}", line.replacen("RWQAA", "RWRBB", 1)),
        format!("{comment}\n{before}{other}{}", &seed[1..]),
        key.public_key().file_text(),
    ] {
        assert_eq!(code(SigningKey::read(spoilt.clone().into(), None)), "secret-key-malformed", "{spoilt}");
    }
}

#[test]
fn a_public_key_is_read_from_its_file_and_from_its_line() {
    let key = SigningKey::generate(None).unwrap().public_key();
    let text = key.file_text();
    assert!(text.starts_with(&format!("untrusted comment: minisign public key {}\n", key.id())), "{text}");
    for text in [text.clone(), key.to_string(), format!("{key}\n"), text.replace('\n', "\r\n")] {
        assert_eq!(text.parse::<PublicKey>(), Ok(key), "{text}");
    }
    let published = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
    assert_eq!(published.parse::<PublicKey>().unwrap().id().to_string(), "E7620F1842B4E81F");
    let json = serde_json::to_string(&TrustedKey { name: "one".to_owned(), key }).unwrap();
    assert_eq!(serde_json::from_str::<TrustedKey>(&json).unwrap().key, key);
}

#[test]
fn what_is_no_public_key_is_refused_and_not_repeated() {
    let signing = SigningKey::generate(None).unwrap();
    let secret = signing.file_text().expose_secret().to_owned();
    let line = signing.public_key().to_string();
    for text in [
        String::new(),
        "key".to_owned(),
        line[..52].to_owned(),
        format!("{line}AAAA"),
        line.replacen("RWQ", "RWR", 1).replacen("RW", "QW", 1),
        format!("{line}\n{line}"),
        format!("untrusted comment: x\n{line}\n{line}"),
        secret.clone(),
    ] {
        let error = text.parse::<PublicKey>().unwrap_err();
        assert_eq!(error.code(), "public-key-malformed", "{text}");
        assert!(!format!("{error:?} {error}").contains(text.trim()) || text.len() < 4, "{error}");
    }
    assert!(secret.parse::<PublicKey>().unwrap_err().to_string().contains("secret key"));
}

#[test]
fn a_trusted_comment_is_one_plain_line() {
    let key = SigningKey::generate(None).unwrap();
    for comment in ["two\nlines", "bell\u{7}", "\u{202e}", " space", "space "] {
        assert_eq!(key.sign(b"message", comment).unwrap_err().code(), "trusted-comment");
    }
}

#[test]
fn what_is_packed_with_a_key_is_signed_and_the_same_every_time() {
    let key = SigningKey::generate(None).unwrap();
    let packed = |workspace: &Workspace| {
        let inputs = PackInputs { sign: Some(&key), ..workspace.inputs.clone() };
        pack(&inputs, &workspace.zip()).unwrap()
    };
    let (first, second) = (Workspace::new(), Workspace::new());
    let (one, two) = (packed(&first), packed(&second));
    assert_eq!(fs::read(&one.path).unwrap(), fs::read(&two.path).unwrap());
    assert_eq!(one.key_id, Some(key.public_key().id()));
    assert!(one.files.iter().any(|file| file.name == "SHA256SUMS.minisig"));

    let trust = Trust::keys(vec![TrustedKey { name: "me".to_owned(), key: key.public_key() }]);
    let bundle = TrustedBundle::open(&one.path, &trust).unwrap();
    let Authenticity::Signed { trusted_comment, .. } = bundle.authenticity() else { panic!("not signed") };
    assert_eq!(trusted_comment, "trend-vision-one 0.1.0");
    assert!(!String::from_utf8_lossy(bundle.file("SHA256SUMS").unwrap()).contains("minisig"));

    // Without a key, the bundle is the same but for the signature.
    let unsigned = pack(&first.inputs, &first.zip()).unwrap();
    assert_eq!(unsigned.key_id, None);
    assert!(one.files.iter().filter(|file| file.name != "SHA256SUMS.minisig").eq(&unsigned.files));
}
