//! Only a bundle that a trusted key has signed runs, unless its author says otherwise; and what is refused says how to
//! proceed.

use std::path::{Path, PathBuf};
use std::process::Command;

use palisade_e2e::{Outcome, Palisade, Tenant, bundle, guest_bundle, say_skipped, signing_key};
use serde_json::Value;
use tempfile::TempDir;

use crate::archive::{DIGESTS, Files, digests, unzipped, zipped};

const SIGNATURE: &str = "SHA256SUMS.minisig";

/// The built bundle after a change of its files.
fn changed(directory: &Path, change: impl FnOnce(&mut Files)) -> PathBuf {
    let mut files = unzipped(&std::fs::read(bundle()).unwrap());
    change(&mut files);
    let path = directory.join("bundle.zip");
    std::fs::write(&path, zipped(&files)).unwrap();
    path
}

fn run(tenant: &Tenant, bundle: &Path) -> Palisade {
    Palisade::run_bundle(tenant, bundle, "add-to-blocklist")
        .configured("")
        .collection_of("list.txt", "evil.example.com\n")
}

fn assert_refused(tenant: &Tenant, outcome: &Outcome, code: &str) {
    assert_eq!(outcome.status, 1, "{}", outcome.stderr);
    assert!(outcome.stderr.starts_with(&format!("error[{code}]")), "{}", outcome.stderr);
    assert!(tenant.received().is_empty() && !outcome.has_report());
}

#[test]
fn a_bundle_of_a_trusted_key_runs_and_verifies() {
    let tenant = Tenant::start();
    let outcome = run(&tenant, &bundle()).go();
    assert_eq!(outcome.status, 0, "{}", outcome.stderr);
    let verified = Palisade::verb("verify").argument(bundle()).argument("--output").argument("json").go();
    let said: Value = serde_json::from_str(&verified.stdout).unwrap();
    assert_eq!(said["authenticity"]["status"], "signed");
    assert_eq!(said["authenticity"]["trusted_comment"], "trend-vision-one 0.1.0");
    let key = signing_key().with_extension("pub");
    let by_key = Palisade::verb("verify").argument(bundle()).argument("--key").argument(key);
    assert_eq!(by_key.go().status, 0);
}

#[test]
fn a_bundle_that_nobody_signed_is_refused_and_says_how_to_proceed() {
    let (tenant, directory) = (Tenant::start(), TempDir::new().unwrap());
    let path = changed(directory.path(), |files| drop(files.remove(SIGNATURE)));
    let refused = run(&tenant, &path).go();
    assert_refused(&tenant, &refused, "bundle-unsigned");
    assert!(refused.stderr.contains("--allow-unsigned"), "{}", refused.stderr);
    let allowed = run(&tenant, &path).first_run().argument("--allow-unsigned").go();
    assert_eq!(allowed.status, 0, "{}", allowed.stderr);
    assert!(allowed.stderr.contains("not signed: anybody could have made it"), "{}", allowed.stderr);
}

#[test]
fn a_bundle_of_an_unknown_key_is_refused_with_the_lines_that_would_trust_it() {
    let (tenant, directory) = (Tenant::start(), TempDir::new().unwrap());
    let policy = directory.path().join("palisade.toml");
    std::fs::write(&policy, "").unwrap();
    let refused = run(&tenant, &bundle()).argument("--policy").argument(&policy).go();
    assert_refused(&tenant, &refused, "signature-key-unknown");
    assert!(refused.stderr.contains("[[trusted-keys]]"), "{}", refused.stderr);
    let public = std::fs::read_to_string(signing_key().with_extension("pub")).unwrap();
    let id = public.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert!(refused.stderr.contains(&id), "{}", refused.stderr);
    let allowed =
        run(&tenant, &bundle()).argument("--policy").argument(&policy).argument("--allow-unsigned").go();
    assert_eq!(allowed.status, 0, "{}", allowed.stderr);
}

#[test]
fn a_changed_bundle_is_refused_even_where_unsigned_ones_are_allowed() {
    let (tenant, directory) = (Tenant::start(), TempDir::new().unwrap());
    let path = changed(directory.path(), |files| {
        let signature = files.remove(SIGNATURE).unwrap();
        files.remove(DIGESTS).unwrap();
        files.get_mut("README.md").unwrap().push(b'!');
        let sums = digests(files);
        files.insert(DIGESTS.to_owned(), sums);
        files.insert(SIGNATURE.to_owned(), signature);
    });
    assert_refused(&tenant, &run(&tenant, &path).argument("--allow-unsigned").go(), "signature-invalid");
}

#[test]
fn a_file_exchanged_behind_the_signature_is_refused() {
    let (tenant, directory) = (Tenant::start(), TempDir::new().unwrap());
    let path = changed(directory.path(), |files| files.get_mut("manifest.yaml").unwrap().push(b'\n'));
    assert_refused(&tenant, &run(&tenant, &path).go(), "digest-mismatch");
}

#[test]
fn validate_and_run_ask_for_the_same_and_inspect_only_tells() {
    let directory = TempDir::new().unwrap();
    let path = changed(directory.path(), |files| drop(files.remove(SIGNATURE)));
    let validated = Palisade::verb("validate").argument(&path).go();
    assert!(validated.stderr.starts_with("error[bundle-unsigned]"), "{}", validated.stderr);
    let inspected = Palisade::verb("inspect").argument(&path).go();
    assert_eq!(inspected.status, 0);
    assert!(inspected.stdout.contains("not signed"), "{}", inspected.stdout);
}

#[test]
fn a_key_pair_is_made_signs_and_is_not_written_over() {
    let directory = TempDir::new().unwrap();
    let key = directory.path().join("my.key");
    let made = Palisade::verb("keygen").argument("--no-password").argument(&key).go();
    assert_eq!(made.status, 0, "{}", made.stderr);
    assert!(made.stderr.contains("[[trusted-keys]]"), "{}", made.stderr);
    let secret = std::fs::read_to_string(&key).unwrap();
    let line = secret.lines().nth(1).unwrap();
    assert!(!made.stderr.contains(line) && !made.stdout.contains(line), "the secret key is shown");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let again = Palisade::verb("keygen").argument("--no-password").argument(&key).go();
    assert!(again.stderr.contains("key-not-written"), "{}", again.stderr);
    assert_eq!(std::fs::read_to_string(&key).unwrap(), secret);
}

#[test]
fn a_key_with_a_password_signs_only_with_it() {
    let directory = TempDir::new().unwrap();
    let (key, password) = (directory.path().join("my.key"), directory.path().join("password"));
    std::fs::write(&password, "open sesame\n").unwrap();
    let made = Palisade::verb("keygen").argument(&key).argument("--password-file").argument(&password).go();
    assert_eq!(made.status, 0, "{}", made.stderr);
    let files = unzipped(&std::fs::read(bundle()).unwrap());
    for (name, content) in &files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    let pack = || {
        let options = [
            ("--manifest", "manifest.yaml"),
            ("--component", "component.wasm"),
            ("--readme", "README.md"),
            ("--changelog", "CHANGELOG.md"),
            ("--license", "LICENSE"),
            ("--icon", "icon.svg"),
            ("--sbom", "sbom.cdx.json"),
            ("--sign", "my.key"),
            ("--out", "signed.zip"),
        ];
        options.into_iter().fold(Palisade::verb("pack"), |call, (option, name)| {
            call.argument(option).argument(directory.path().join(name))
        })
    };
    let without = pack().go();
    assert!(without.stderr.contains("error[password-missing]"), "{}", without.stderr);
    let signed = pack().argument("--password-file").argument(&password).go();
    assert_eq!(signed.status, 0, "{}", signed.stderr);
    let zip = directory.path().join("signed.zip");
    let verified =
        Palisade::verb("verify").argument(&zip).argument("--key").argument(key.with_extension("pub"));
    assert_eq!(verified.go().status, 0);
}

/// Debian's own tool says the same of what was built here.
#[test]
fn the_minisign_tool_verifies_the_built_bundle() {
    if Command::new("minisign").arg("-v").output().is_err() {
        assert!(std::env::var_os("PALISADE_REQUIRE_PEERS").is_none(), "minisign is required and missing");
        return say_skipped("there is no `minisign`");
    }
    let directory = TempDir::new().unwrap();
    let files = unzipped(&std::fs::read(bundle()).unwrap());
    for name in [DIGESTS, SIGNATURE] {
        std::fs::write(directory.path().join(name), &files[name]).unwrap();
    }
    let verify = || {
        let mut verify = Command::new("minisign");
        verify.current_dir(directory.path()).args(["-V", "-m", DIGESTS, "-p"]);
        verify.arg(signing_key().with_extension("pub")).output().unwrap()
    };
    assert!(verify().status.success());
    std::fs::write(directory.path().join(DIGESTS), b"something else\n").unwrap();
    assert!(!verify().status.success());
}

#[test]
fn a_guest_of_the_tests_is_signed_as_well() {
    let directory = TempDir::new().unwrap();
    let verified = Palisade::verb("verify").argument(guest_bundle(directory.path(), "accepts-all")).go();
    assert_eq!(verified.status, 0, "{}", verified.stderr);
}
