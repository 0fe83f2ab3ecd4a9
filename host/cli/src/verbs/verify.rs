//! `palisade verify`: who signed a bundle, and whether that key is trusted. It reads the bundle as `run` does: the signature
//! first, then everything else.

use std::io;
use std::path::Path;

use palisade_bundle::{Authenticity, Digest, PublicKey, Trust, TrustedBundle, TrustedKey};
use palisade_limits as limits;
use palisade_run::operator;
use serde::Serialize;

use crate::answer::Answer;
use crate::arguments::Verify;
use crate::failure::Failure;
use crate::show;
use crate::verbs::policy;

/// A bundle that a trusted key has signed.
#[derive(Debug, Serialize)]
pub(crate) struct Verification {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) digest: Digest,
    pub(crate) files: usize,
    pub(crate) authenticity: Authenticity,
}

impl Answer for Verification {
    fn text(&self) -> String {
        show::bundle::verification(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }
}

pub(crate) fn verify(arguments: &Verify) -> Result<Box<dyn Answer>, Failure> {
    let trust = if arguments.key.is_empty() {
        operator::trust(&policy::find(arguments.policy.as_deref())?)?
    } else {
        Trust::keys(arguments.key.iter().map(|path| public_key(path)).collect::<Result<_, _>>()?)
    };
    let bundle = TrustedBundle::open(&arguments.bundle, &trust)?;
    let manifest = bundle.manifest();
    Ok(Box::new(Verification {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        digest: bundle.digest(),
        files: bundle.files().len(),
        authenticity: bundle.authenticity().clone(),
    }))
}

fn public_key(path: &Path) -> Result<TrustedKey, Failure> {
    let text = palisade_files::read_text(path, limits::SECRET_BYTES).map_err(|fault| {
        Failure::file("public-key-unreadable", "cannot read the public key", path, &fault.into())
    })?;
    let key = text.parse::<PublicKey>().map_err(|error| Failure {
        hint: error.hint(),
        ..Failure::new(error.code(), format!("`{}`: {error}", path.display()))
    })?;
    Ok(TrustedKey { name: path.display().to_string(), key })
}
