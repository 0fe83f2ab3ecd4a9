//! `palisade validate`: everything that `run` checks before its first request, without the run.

use std::io;
use std::path::Path;

use palisade_bundle::TrustedBundle;
use palisade_run::Preparation;
use serde::Serialize;

use crate::answer::Answer;
use crate::arguments::Validate;
use crate::failure::{Failure, WRONG_USAGE};
use crate::verbs::policy;
use crate::{cache, show, verbs};

/// What was checked and found good.
#[derive(Debug, Serialize)]
pub(crate) struct Validation {
    pub(crate) valid: bool,
    pub(crate) checked: Vec<String>,
}

impl Answer for Validation {
    fn text(&self) -> String {
        show::bundle::validation(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }
}

pub(crate) fn validate(arguments: Validate) -> Result<Box<dyn Answer>, Failure> {
    let configured = arguments.configuration.config.is_some()
        || arguments.configuration.connection.is_some()
        || !arguments.configuration.sets.is_empty();
    if configured && arguments.action.is_none() {
        let message = "a configuration is checked for one action: `--action ID` is missing";
        return Err(Failure { status: WRONG_USAGE, ..Failure::new("action-missing", message) });
    }
    let checked = match (&arguments.manifest, &arguments.bundle) {
        (Some(path), _) => vec![manifest(path)?],
        (None, Some(path)) => bundle(path, &arguments)?,
        // clap asks for one of the two.
        (None, None) => Vec::new(),
    };
    Ok(Box::new(Validation { valid: true, checked }))
}

fn manifest(path: &Path) -> Result<String, Failure> {
    let manifest = verbs::manifest(path)?;
    Ok(format!("manifest of {} {}", manifest.id, manifest.version))
}

fn bundle(path: &Path, arguments: &Validate) -> Result<Vec<String>, Failure> {
    let policy = policy::find(arguments.policy.policy.as_deref())?;
    let bundle = TrustedBundle::open(path, &verbs::trust(&policy, &arguments.policy)?)?;
    let mut checked = vec![
        format!("signature: {}", bundle.authenticity().in_words()),
        format!("digests of {} files", bundle.files().len()),
        format!("manifest of {} {}", bundle.manifest().id, bundle.manifest().version),
    ];
    let given = verbs::given(&arguments.configuration, bundle.manifest())?;
    verbs::runtime()?.block_on(async {
        let engine = cache::engine(&arguments.cache)?;
        match &arguments.action {
            None => {
                engine.load(bundle.component()).await?;
                checked.push("component: its imports and exports".to_owned());
            }
            Some(action) => {
                // A comparison asks the service: only then are secrets checked as well.
                let preparation =
                    Preparation::new(bundle, policy, action).configuration(given).dry_run(true).compare(true);
                preparation.check(&engine).await?;
                checked.push("component: its imports and exports".to_owned());
                checked.push(format!("configuration of {action}"));
            }
        }
        Ok::<(), Failure>(())
    })?;
    Ok(checked)
}
