//! `palisade keygen`: a key pair for signing bundles. The secret key is readable by its owner only, is never written over,
//! and is not shown. Also how a secret key and its password are read.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use palisade_bundle::{KeyId, PublicKey, SigningKey};
use palisade_egress::{ExposeSecret as _, SecretString};
use palisade_limits as limits;
use serde::Serialize;

use crate::answer::{Answer, Channel};
use crate::arguments::Keygen;
use crate::failure::Failure;
use crate::{prompt, show};

/// A key pair that was made.
#[derive(Debug, Serialize)]
pub(crate) struct MadeKeys {
    pub(crate) secret_key: PathBuf,
    pub(crate) public_key: PathBuf,
    pub(crate) key_id: KeyId,
    /// The public key as a policy has it.
    pub(crate) key: String,
    pub(crate) password: bool,
}

impl Answer for MadeKeys {
    fn text(&self) -> String {
        show::bundle::made_keys(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }

    fn channel(&self) -> Channel {
        Channel::Error
    }
}

pub(crate) fn keygen(arguments: &Keygen) -> Result<Box<dyn Answer>, Failure> {
    let public_path = arguments.key.with_extension("pub");
    if public_path == arguments.key {
        let message = format!("`{}` would be both the secret and the public key", public_path.display());
        return Err(Failure::new("key-not-written", message));
    }
    for path in [&arguments.key, &public_path] {
        if path.symlink_metadata().is_ok() {
            let message = format!("`{}` exists, and keys are not overwritten", path.display());
            return Err(Failure::new("key-not-written", message));
        }
    }
    let password =
        if arguments.no_password { None } else { Some(new_password(arguments.password_file.as_deref())?) };
    let key = SigningKey::generate(password.as_ref())?;
    let public_key: PublicKey = key.public_key();
    write(&arguments.key, key.file_text().expose_secret(), true)?;
    write(&public_path, &public_key.file_text(), false).inspect_err(|_| {
        // Half of a pair is of no use, and would be in the way of the next attempt.
        let _ = std::fs::remove_file(&arguments.key);
    })?;
    Ok(Box::new(MadeKeys {
        secret_key: arguments.key.clone(),
        public_key: public_path,
        key_id: public_key.id(),
        key: public_key.to_string(),
        password: password.is_some(),
    }))
}

/// Reads a secret key, and its password where it has one.
pub(crate) fn signing_key(path: &Path, password_file: Option<&Path>) -> Result<SigningKey, Failure> {
    let text = read(path, "secret-key-unreadable", "cannot read the secret key")?;
    let of_file = |error: palisade_bundle::KeyError| Failure {
        hint: error.hint(),
        ..Failure::new(error.code(), format!("`{}`: {error}", path.display()))
    };
    let password = match (SigningKey::needs_password(&text).map_err(of_file)?, password_file) {
        (false, _) => None,
        (true, Some(file)) => Some(password_of(file)?),
        (true, None) => Some(ask(&format!("Password of {}: ", path.display()))?),
    };
    SigningKey::read(text, password.as_ref()).map_err(of_file)
}

fn new_password(password_file: Option<&Path>) -> Result<SecretString, Failure> {
    if let Some(file) = password_file {
        return password_of(file);
    }
    let password = ask("Password for the new key: ")?;
    let again = ask("The same again: ")?;
    if password.expose_secret() == again.expose_secret() {
        Ok(password)
    } else {
        Err(Failure::new("password-mistyped", "the two passwords are not the same"))
    }
}

fn password_of(file: &Path) -> Result<SecretString, Failure> {
    let text = read(file, "password-unreadable", "cannot read the password")?;
    Ok(SecretString::from(text.expose_secret().trim_end_matches(['\r', '\n'])))
}

fn ask(question: &str) -> Result<SecretString, Failure> {
    let hint = || Some("give `--password-file FILE`, or make a key with `--no-password`".to_owned());
    if !io::stdin().is_terminal() {
        let message = "the key needs a password, and there is no terminal to ask at";
        return Err(Failure { hint: hint(), ..Failure::new("password-missing", message) });
    }
    prompt::secret(question).map_err(|error| Failure {
        hint: hint(),
        ..Failure::new("password-missing", format!("the password cannot be asked for: {error}"))
    })
}

fn read(path: &Path, code: &'static str, what: &str) -> Result<SecretString, Failure> {
    palisade_files::read_text(path, limits::SECRET_BYTES)
        .map(SecretString::from)
        .map_err(|fault| Failure::file(code, what, path, &fault.into()))
}

fn write(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(if secret { 0o600 } else { 0o644 });
    }
    #[cfg(not(unix))]
    let _ = secret;
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::file("key-not-written", "the key cannot be written to", path, &error))
}
