//! `palisade inspect`: what a bundle is, what it asks for and what it may do.

use std::io;

use palisade_bundle::{Authenticity, Digest, FileEntry, Manifest, TrustedBundle};
use palisade_run::operator;
use serde::Serialize;

use crate::answer::Answer;
use crate::arguments::Inspect;
use crate::failure::Failure;
use crate::show;
use crate::verbs::policy;

/// What is shown of a bundle.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    pub(crate) digest: Digest,
    pub(crate) authenticity: Authenticity,
    pub(crate) manifest: Manifest,
    /// By action: each request that it may send, in words.
    pub(crate) may: Vec<Permission>,
    pub(crate) files: Vec<FileEntry>,
}

/// One grant in words.
#[derive(Debug, Serialize)]
pub(crate) struct Permission {
    pub(crate) action: String,
    pub(crate) sentence: String,
    pub(crate) reason: String,
}

impl Answer for Inspection {
    fn text(&self) -> String {
        show::bundle::inspection(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }
}

pub(crate) fn inspect(arguments: &Inspect) -> Result<Box<dyn Answer>, Failure> {
    let policy = policy::find(arguments.policy.as_deref())?;
    // For looking at it any bundle will do, but for one whose signature is not right.
    let trust = operator::trust(&policy)?.allow_unsigned();
    let bundle = TrustedBundle::open(&arguments.bundle, &trust)?;
    let authenticity = bundle.authenticity().clone();
    let manifest = bundle.manifest().clone();
    let permission = |action: &palisade_bundle::Action, asked: &palisade_bundle::EgressAsked| Permission {
        action: action.id.clone(),
        sentence: asked.in_words(&manifest),
        reason: asked.reason.clone(),
    };
    let tests = |action: &palisade_bundle::Action| {
        let connection = action.connection(&manifest);
        let tests = connection.into_iter().flat_map(|connection| {
            connection.tests.iter().map(|test| Permission {
                action: action.id.clone(),
                sentence: test.in_words(connection, &manifest),
                reason: format!("Tests the connection to {}.", connection.label),
            })
        });
        tests.collect::<Vec<_>>()
    };
    let may = manifest
        .actions
        .iter()
        .flat_map(|action| {
            let asked = action.egress.iter().map(|asked| permission(action, asked));
            asked.chain(tests(action)).collect::<Vec<_>>()
        })
        .collect();
    Ok(Box::new(Inspection {
        digest: bundle.digest(),
        authenticity,
        may,
        files: bundle.files().to_vec(),
        manifest,
    }))
}
