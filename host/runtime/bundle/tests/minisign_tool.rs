//! The `minisign` tool and this crate take each other's keys and signatures, and make the same ones.
//!
//! Where the tool is not installed, the tests say so on standard error and pass; with `PALISADE_REQUIRE_PEERS=1` they fail.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test stops where its own preparations fail, and says why it is skipped"
)]

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use palisade_bundle::{
    Authenticity, BundleError, PackInputs, PublicKey, SigningKey, Trust, TrustedBundle, TrustedKey, pack,
};
use secrecy::{ExposeSecret as _, SecretString};
use support::Workspace;
use support::builder::{Entry, bundle_with, zip};
use tempfile::TempDir;

/// Runs the tool in a directory; none if it is not installed.
fn minisign(directory: &Path, arguments: &[&str], input: &str) -> Option<Output> {
    let child = Command::new("minisign")
        .args(arguments)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let required = std::env::var_os("PALISADE_REQUIRE_PEERS").is_some_and(|value| value == "1");
        assert!(!required, "the tool `minisign` is not installed");
        eprintln!("skipped: the tool `minisign` is not installed");
        return None;
    };
    // The tool may end without having read.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    Some(child.wait_with_output().unwrap())
}

/// The standard output of a run of the tool that succeeds.
fn done(directory: &Path, arguments: &[&str], input: &str) -> Option<String> {
    let output = minisign(directory, arguments, input)?;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

fn text(directory: &TempDir, file: &str) -> String {
    fs::read_to_string(directory.path().join(file)).unwrap()
}

/// A directory with a key pair of the tool's making, as `key.pub` and `key.sec`.
fn generated(arguments: &[&str], input: &str) -> Option<TempDir> {
    let directory = tempfile::tempdir().unwrap();
    let arguments = [&["-G", "-p", "key.pub", "-s", "key.sec"], arguments].concat();
    done(directory.path(), &arguments, input)?;
    Some(directory)
}

/// Opens a good bundle with this signature, trusting this key.
fn open(signature: &str, key: PublicKey) -> Result<TrustedBundle, BundleError> {
    let mut entries = bundle_with([]);
    entries.push(Entry::stored("SHA256SUMS.minisig", signature.as_bytes()));
    let trust = Trust::keys(vec![TrustedKey { name: "tool".to_owned(), key }]);
    TrustedBundle::from_bytes(&zip(&entries), "test.zip", &trust)
}

/// The list of digests of a good bundle.
fn list() -> Vec<u8> {
    bundle_with([]).pop().unwrap().unpacked
}

#[test]
fn the_tool_verifies_what_is_packed_here() {
    let workspace = Workspace::new();
    let key = SigningKey::generate(None).unwrap();
    let inputs = PackInputs { sign: Some(&key), ..workspace.inputs.clone() };
    pack(&inputs, &workspace.zip()).unwrap();
    let trust = Trust::keys(vec![TrustedKey { name: "me".to_owned(), key: key.public_key() }]);
    let bundle = TrustedBundle::open(&workspace.zip(), &trust).unwrap();

    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name);
    fs::write(file("key.pub"), key.public_key().file_text()).unwrap();
    for name in ["SHA256SUMS", "SHA256SUMS.minisig"] {
        fs::write(file(name), bundle.file(name).unwrap()).unwrap();
    }
    for arguments in [["-V", "-H", "-p", "key.pub"], ["-V", "-H", "-P", &key.public_key().to_string()]] {
        let arguments = [&arguments, ["-m", "SHA256SUMS"].as_slice()].concat();
        let Some(said) = done(directory.path(), &arguments, "") else { return };
        assert!(said.contains("Trusted comment: trend-vision-one 0.1.0"), "{said}");
    }
    fs::write(file("SHA256SUMS"), "another list").unwrap();
    let refused = minisign(directory.path(), &["-V", "-p", "key.pub", "-m", "SHA256SUMS"], "").unwrap();
    assert!(!refused.status.success(), "{refused:?}");
}

#[test]
fn what_the_tool_signed_is_verified_here() {
    let Some(directory) = generated(&["-W"], "") else { return };
    let key: PublicKey = text(&directory, "key.pub").parse().unwrap();
    assert!(text(&directory, "key.pub").contains(&format!("minisign public key {:X}", id(&key))));
    fs::write(directory.path().join("list"), list()).unwrap();
    // Its two kinds of signature, the second as versions before 0.10 made them, and the comment that it makes up itself.
    for arguments in [&["-t", "of the tool"][..], &["-l", "-t", "of the tool"], &[]] {
        let arguments = [&["-S", "-s", "key.sec", "-m", "list"], arguments].concat();
        done(directory.path(), &arguments, "").unwrap();
        let bundle = open(&text(&directory, "list.minisig"), key).unwrap_or_else(|error| panic!("{error}"));
        let Authenticity::Signed { key_id, trusted_comment, .. } = bundle.authenticity() else {
            panic!("not signed")
        };
        assert_eq!(*key_id, key.id());
        let made_up = trusted_comment.starts_with("timestamp:") && trusted_comment.contains(" file:list");
        assert!(trusted_comment == "of the tool" || made_up, "{trusted_comment}");
    }
    fs::write(directory.path().join("list"), "another list").unwrap();
    done(directory.path(), &["-S", "-s", "key.sec", "-m", "list"], "").unwrap();
    assert_eq!(open(&text(&directory, "list.minisig"), key).unwrap_err().code(), "signature-invalid");
}

fn id(key: &PublicKey) -> u64 {
    u64::from_str_radix(&key.id().to_string(), 16).unwrap()
}

/// Signs the same list with one secret key, by the tool and here; asserts that the signatures are the same.
fn assert_same_signature(directory: &TempDir, key: &SigningKey, input: &str) {
    fs::write(directory.path().join("list"), list()).unwrap();
    let comment = format!("signature of minisign key {}", key.public_key().id());
    let arguments = ["-S", "-s", "key.sec", "-m", "list", "-t", "one comment", "-c", &comment];
    done(directory.path(), &arguments, input).unwrap();
    let theirs = text(directory, "list.minisig");
    assert_eq!(theirs, key.sign(&list(), "one comment").unwrap());
    assert!(open(&theirs, key.public_key()).is_ok());
}

#[test]
fn a_secret_key_of_the_tool_signs_here() {
    let Some(directory) = generated(&["-W"], "") else { return };
    let key = SigningKey::read(text(&directory, "key.sec").into(), None).unwrap();
    assert_eq!(Ok(key.public_key()), text(&directory, "key.pub").parse());
    assert_same_signature(&directory, &key, "");
}

#[test]
fn a_secret_key_of_the_tool_with_a_password_signs_here() {
    let Some(directory) = generated(&[], "secret\nsecret\n") else { return };
    let password = SecretString::from("secret");
    let key = SigningKey::read(text(&directory, "key.sec").into(), Some(&password)).unwrap();
    assert_eq!(Ok(key.public_key()), text(&directory, "key.pub").parse());
    assert_same_signature(&directory, &key, "secret\n");
}

#[test]
fn a_secret_key_made_here_signs_with_the_tool() {
    for password in [None, Some("secret")] {
        let directory = tempfile::tempdir().unwrap();
        let key = SigningKey::generate(password.map(SecretString::from).as_ref()).unwrap();
        fs::write(directory.path().join("key.sec"), key.file_text().expose_secret()).unwrap();
        if minisign(directory.path(), &["-v"], "").is_none() {
            return;
        }
        let input = password.map(|password| format!("{password}\n")).unwrap_or_default();
        assert_same_signature(&directory, &key, &input);
        // The tool makes the same public key of it.
        done(directory.path(), &["-R", "-s", "key.sec", "-p", "again.pub"], &input).unwrap();
        assert_eq!(text(&directory, "again.pub").parse(), Ok(key.public_key()));
    }
}
