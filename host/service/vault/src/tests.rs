//! What must hold of sealed secrets and of the keys that seal them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use palisade_limits as limits;
use secrecy::{ExposeSecret as _, SecretString};

use crate::{KEY_CREDENTIAL, KEY_FILE, KEY_VARIABLE, Key, KeyPlaces, Origin, Vault, VaultError};

const SECRET: &str = "eyJ0eXAiOiJKV1Qi.Grüße";

/// A key of zero bytes.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn secret() -> SecretString {
    SecretString::from(SECRET)
}

fn vault() -> Vault {
    Vault::new(Key::generate().unwrap(), Vec::new())
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[cfg(not(unix))]
fn set_mode(_path: &Path, _mode: u32) {}

/// A new key in a file, and its name.
fn key_file(directory: &Path, name: &str) -> (PathBuf, String) {
    let (path, key) = (directory.join(name), Key::generate().unwrap());
    key.write_new(&path).unwrap();
    (path, key.id().to_owned())
}

#[test]
fn what_was_sealed_opens_again() {
    let vault = vault();
    for text in ["", SECRET, &"x".repeat(usize::try_from(limits::SECRET_BYTES).unwrap())] {
        let sealed = vault.seal("workflow/1/api-key", &SecretString::from(text)).unwrap();
        assert_eq!(sealed.key, vault.current());
        let opened = vault.open("workflow/1/api-key", &sealed.key, &sealed.bytes).unwrap();
        assert_eq!(opened.expose_secret(), text);
    }
}

/// The bytes were made by another implementation, which the test vector of draft-irtf-cfrg-xchacha (A.3.1) has verified.
#[test]
fn sealed_bytes_are_those_of_the_published_construction() {
    let sealed =
        "000102030405060708090a0b0c0d0e0f1011121314151617ceb281209545276fc1e9b70a271d360d194569026e97";
    let bytes: Vec<u8> = (0..sealed.len())
        .step_by(2)
        .map(|place| u8::from_str_radix(&sealed[place..place + 2], 16).unwrap())
        .collect();
    let zeros = Key::parse(ZEROS.as_bytes(), String::new).unwrap();
    let vault = Vault::new(zeros, Vec::new());
    assert_eq!(vault.open("workflow/1/api-key", vault.current(), &bytes).unwrap().expose_secret(), "secret");
}

#[test]
fn sealed_bytes_do_not_hold_the_secret() {
    let sealed = vault().seal("label", &secret()).unwrap();
    for part in SECRET.as_bytes().windows(4) {
        assert!(!sealed.bytes.windows(part.len()).any(|window| window == part));
    }
}

#[test]
fn two_seals_of_one_secret_differ() {
    let vault = vault();
    let (one, other) = (vault.seal("label", &secret()).unwrap(), vault.seal("label", &secret()).unwrap());
    assert_ne!(one.bytes[..24], other.bytes[..24], "the nonce");
    assert_ne!(one.bytes[24..], other.bytes[24..], "all else");
}

#[test]
fn bytes_moved_under_another_label_do_not_open() {
    let vault = vault();
    let sealed = vault.seal("workflow/1/api-key", &secret()).unwrap();
    for label in ["workflow/2/api-key", "workflow/1/api-ke", "workflow/1/api-key ", ""] {
        let error = vault.open(label, &sealed.key, &sealed.bytes).unwrap_err();
        assert_eq!(error.code(), "vault-secret-damaged", "{label}");
        assert!(error.to_string().contains(&format!("`{label}`")));
    }
}

#[test]
fn a_change_of_any_bit_is_found() {
    let vault = vault();
    let sealed = vault.seal("label", &secret()).unwrap();
    for place in 0..sealed.bytes.len() {
        for bit in 0..8 {
            let mut bytes = sealed.bytes.clone();
            bytes[place] ^= 1 << bit;
            let error = vault.open("label", &sealed.key, &bytes).unwrap_err();
            assert_eq!(error.code(), "vault-secret-damaged", "bit {bit} of byte {place}");
        }
    }
}

#[test]
fn bytes_that_are_cut_or_lengthened_do_not_open() {
    let vault = vault();
    let sealed = vault.seal("label", &secret()).unwrap();
    for length in 0..sealed.bytes.len() {
        assert!(vault.open("label", &sealed.key, &sealed.bytes[..length]).is_err(), "{length} bytes");
    }
    let longer = [sealed.bytes.as_slice(), &[0]].concat();
    assert!(vault.open("label", &sealed.key, &longer).is_err());
}

#[test]
fn a_key_that_is_not_given_is_named() {
    let (vault, other) = (vault(), vault());
    let sealed = other.seal("label", &secret()).unwrap();
    let error = vault.open("label", &sealed.key, &sealed.bytes).unwrap_err();
    assert_eq!(error.code(), "vault-key-unknown");
    assert!(error.to_string().contains(&format!("`{}`", other.current())), "{error}");
    assert!(error.hint().unwrap().contains("previous key"));
    let error = vault.open("label", vault.current(), &sealed.bytes).unwrap_err();
    assert_eq!(error.code(), "vault-secret-damaged", "bytes of another key under the name of this one");
}

#[test]
fn after_a_rotation_old_secrets_open_and_new_ones_are_sealed_with_the_new_key() {
    let directory = tempfile::tempdir().unwrap();
    let (path, old_id) = key_file(directory.path(), "old.key");
    let old = Vault::new(Key::from_file(&path).unwrap(), Vec::new());
    let sealed = old.seal("label", &secret()).unwrap();

    let rotated = Vault::new(Key::generate().unwrap(), vec![Key::from_file(&path).unwrap()]);
    assert_ne!(rotated.current(), old_id);
    let opened = rotated.open("label", &sealed.key, &sealed.bytes).unwrap();
    let anew = rotated.seal("label", &opened).unwrap();
    assert_eq!(anew.key, rotated.current());
    assert_eq!(rotated.open("label", &anew.key, &anew.bytes).unwrap().expose_secret(), SECRET);
    assert_eq!(old.open("label", &anew.key, &anew.bytes).unwrap_err().code(), "vault-key-unknown");
}

#[test]
fn a_secret_past_the_limit_is_refused() {
    let text = "x".repeat(usize::try_from(limits::SECRET_BYTES).unwrap() + 1);
    let error = vault().seal("label", &SecretString::from(text)).unwrap_err();
    assert_eq!(error.code(), "secret-too-large");
}

#[test]
fn no_key_and_no_secret_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let (path, id) = key_file(directory.path(), "k");
    let text = fs::read_to_string(&path).unwrap();
    let key = Key::from_file(&path).unwrap();
    assert_eq!(format!("{key:?}"), format!("Key {{ id: \"{id}\", .. }}"));
    let bytes = format!("{:?}", key.bytes());
    let vault = Vault::new(key, vec![Key::from_file(&path).unwrap()]);
    let shown = format!("{vault:?} {vault:#?} {:?}", vault.seal("label", &secret()).unwrap());
    assert!(
        !shown.contains(text.trim())
            && !shown.contains(bytes.trim_matches(['[', ']']))
            && !shown.contains(SECRET)
    );

    // Nearly a key: what a slip of the hand leaves.
    let slip = text.trim().replace('=', "");
    let error = Key::from_variable("VARIABLE", OsString::from(&slip)).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(&slip[..8]), "{error:?}");
}

#[test]
fn the_name_of_a_key_is_short_and_stays() {
    let zeros = Key::parse(ZEROS.as_bytes(), String::new).unwrap();
    // SHA-256 of the purpose and 32 zero bytes: a change would lock out everything that is sealed.
    assert_eq!(zeros.id(), "289c4c5b");
    assert_ne!(Key::generate().unwrap().id(), Key::generate().unwrap().id());
}

#[test]
fn what_is_no_key_is_refused() {
    let key = ZEROS;
    let good = [key.to_owned(), format!("{key}\n"), format!(" {key}\r\n")];
    for text in good {
        assert!(Key::parse(text.as_bytes(), String::new).is_ok(), "{text:?}");
    }
    let bad = [
        String::new(),
        "00".repeat(32),
        key.replace('=', ""),
        key.replace('=', "A"),
        key.replacen('A', "-", 1),
        format!("{key}\n{key}\n"),
        format!("key: {key}"),
        format!("{}B=", &key[..42]),
        key[4..].to_owned(),
    ];
    for text in bad {
        let error = Key::parse(text.as_bytes(), || "the place".to_owned()).unwrap_err();
        assert_eq!(error.code(), "vault-key-invalid", "{text:?}");
        assert_eq!(error.to_string(), "the place does not hold a key of the vault");
        assert!(error.hint().unwrap().contains("Base64"));
    }
}

#[test]
fn a_key_comes_back_from_its_file_which_is_never_written_over() {
    let directory = tempfile::tempdir().unwrap();
    let (path, id) = key_file(directory.path(), "k");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text.len(), 45, "44 letters on one line");
    assert_eq!(Key::from_file(&path).unwrap().id(), id);

    let error = Key::generate().unwrap().write_new(&path).unwrap_err();
    assert_eq!(error.code(), "vault-key-exists");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left beside it");

    let nowhere = directory.path().join("no/such/directory");
    assert_eq!(Key::generate().unwrap().write_new(&nowhere).unwrap_err().code(), "vault-key-not-written");
    assert_eq!(Key::from_file(&nowhere).unwrap_err().code(), "vault-key-unreadable");
    assert!(Key::from_file(directory.path()).is_err(), "a directory");
    fs::write(&path, "x".repeat(100_000)).unwrap();
    assert_eq!(Key::from_file(&path).unwrap_err().code(), "vault-key-invalid");
}

#[cfg(unix)]
#[test]
fn a_key_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let (path, _) = key_file(directory.path(), "k");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    for mode in [0o400, 0o600, 0o700] {
        set_mode(&path, mode);
        assert!(Key::from_file(&path).is_ok(), "{mode:o}");
    }
    for mode in [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o666] {
        set_mode(&path, mode);
        let error = Key::from_file(&path).unwrap_err();
        assert!(
            matches!(error, VaultError::KeyOpenToOthers { mode: found, .. } if found == mode),
            "{mode:o}"
        );
        assert!(error.to_string().ends_with(&format!("its mode is {mode:04o}")), "{error}");
        assert!(error.hint().unwrap().contains("chmod 600"));
    }
    // systemd lets the service's user read a credential by an access list, whose mask is the mode of the group.
    set_mode(&path, 0o440);
    assert!(Key::from_credential(&path).is_ok());
    set_mode(&path, 0o444);
    assert_eq!(Key::from_credential(&path).unwrap_err().code(), "vault-key-open-to-others");
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let error = Key::from_environment("PALISADE_NO_SUCH_VARIABLE").unwrap_err();
    assert_eq!(error.code(), "vault-key-missing");
    assert!(error.to_string().contains("`PALISADE_NO_SUCH_VARIABLE`"));
    assert_eq!(Key::from_environment("CARGO_PKG_NAME").unwrap_err().code(), "vault-key-invalid");
}

/// A variable of the environment with a value.
fn set(name: &'static str, value: impl Into<OsString>) -> (&'static str, OsString) {
    (name, value.into())
}

#[test]
fn the_places_of_a_key_come_in_their_order() {
    let directory = tempfile::tempdir().unwrap();
    let (data, credentials) = (directory.path().join("data"), directory.path().join("credentials"));
    fs::create_dir(&data).unwrap();
    fs::create_dir(&credentials).unwrap();
    let (named, named_id) = key_file(directory.path(), "named");
    let (of_variable, variable_id) = key_file(directory.path(), "variable");
    let (credential, credential_id) = key_file(&credentials, KEY_CREDENTIAL);
    let (default, default_id) = key_file(&data, KEY_FILE);
    let variable = set(KEY_VARIABLE, fs::read_to_string(of_variable).unwrap());
    let directory_of_credentials = set("CREDENTIALS_DIRECTORY", &credentials);
    let both = vec![variable, directory_of_credentials.clone()];
    let credential_only = vec![directory_of_credentials];
    let other_credentials = vec![set("CREDENTIALS_DIRECTORY", &data)];
    for (file, variables, id, origin) in [
        (Some(named.as_path()), &both, &named_id, Origin::File(named.clone())),
        (None, &both, &variable_id, Origin::Environment),
        (None, &credential_only, &credential_id, Origin::Credential(credential)),
        (None, &other_credentials, &default_id, Origin::File(default.clone())),
        (None, &Vec::new(), &default_id, Origin::File(default)),
    ] {
        let environment = |name: &str| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| value.clone())
        };
        let places =
            KeyPlaces { file, environment: &environment, data: &data, previous: &[], first_start: false };
        let located = Vault::locate(&places).unwrap();
        assert_eq!((located.vault.current(), &located.origin), (id.as_str(), &origin));
    }
}

#[test]
fn a_place_that_is_named_and_has_no_key_is_not_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path();
    key_file(data, KEY_FILE);
    let missing = data.join("missing");
    let unset = |_: &str| None;
    let places =
        KeyPlaces { file: Some(&missing), environment: &unset, data, previous: &[], first_start: true };
    assert_eq!(Vault::locate(&places).unwrap_err().code(), "vault-key-unreadable");
    assert!(!missing.exists(), "none is made where one is named");
    let empty = |name: &str| (name == KEY_VARIABLE).then(OsString::new);
    let places = KeyPlaces { file: None, environment: &empty, ..places };
    assert_eq!(Vault::locate(&places).unwrap_err().code(), "vault-key-invalid");
    let previous = [missing.clone()];
    let places = KeyPlaces { environment: &unset, previous: &previous, ..places };
    assert_eq!(Vault::locate(&places).unwrap_err().code(), "vault-key-unreadable");
}

#[test]
fn a_key_is_made_at_the_first_start_and_found_at_the_second() {
    let directory = tempfile::tempdir().unwrap();
    let unset = |_: &str| None;
    let later = KeyPlaces {
        file: None,
        environment: &unset,
        data: directory.path(),
        previous: &[],
        first_start: false,
    };
    let error = Vault::locate(&later).unwrap_err();
    assert_eq!(error.code(), "vault-key-missing", "a lost key is not replaced in silence");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);

    let path = directory.path().join(KEY_FILE);
    let made = Vault::locate(&KeyPlaces { first_start: true, ..later }).unwrap();
    assert_eq!(made.origin, Origin::Made(path.clone()));
    let sealed = made.vault.seal("label", &secret()).unwrap();
    for first_start in [false, true] {
        let found = Vault::locate(&KeyPlaces { first_start, ..later }).unwrap();
        assert_eq!(found.origin, Origin::File(path.clone()));
        assert_eq!(found.vault.open("label", &sealed.key, &sealed.bytes).unwrap().expose_secret(), SECRET);
    }
}

#[test]
fn first_starts_at_the_same_time_agree_on_one_key() {
    let directory = tempfile::tempdir().unwrap();
    let start = || {
        let unset = |_: &str| None;
        let places = KeyPlaces {
            file: None,
            environment: &unset,
            data: directory.path(),
            previous: &[],
            first_start: true,
        };
        Vault::locate(&places).unwrap().vault.current().to_owned()
    };
    let ids: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    assert_eq!(ids.len(), 1);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

#[test]
fn previous_keys_are_found_with_the_current_one() {
    let directory = tempfile::tempdir().unwrap();
    let (old, _) = key_file(directory.path(), "old");
    let sealed = Vault::new(Key::from_file(&old).unwrap(), Vec::new()).seal("label", &secret()).unwrap();
    let unset = |_: &str| None;
    let previous = [old];
    let places = KeyPlaces {
        file: None,
        environment: &unset,
        data: directory.path(),
        previous: &previous,
        first_start: true,
    };
    let vault = Vault::locate(&places).unwrap().vault;
    assert_ne!(vault.current(), sealed.key);
    assert_eq!(vault.open("label", &sealed.key, &sealed.bytes).unwrap().expose_secret(), SECRET);
}
