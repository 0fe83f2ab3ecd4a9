//! `palisade policy show`: what a bundle asks for, what the operator allows, and what comes of both. Also where the policy
//! of every verb comes from.

use std::io;
use std::path::Path;

use etcetera::BaseStrategy as _;
use palisade_bundle::Bundle;
use palisade_policy::{Comparison, Places, Policy, PolicyError, VARIABLE};
use palisade_run::{asked_grants, asked_limits};
use serde::Serialize;

use crate::answer::Answer;
use crate::arguments::{self, PolicyVerb};
use crate::failure::Failure;
use crate::show;

/// Both sides and the result.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    #[serde(flatten)]
    pub(crate) comparison: Comparison,
    /// Requests to origins that the operator enters, so that they cannot be compared before: action and origin.
    pub(crate) open: Vec<(String, String)>,
}

impl Answer for Shown {
    fn text(&self) -> String {
        show::policy::shown(self)
    }

    fn json(&self, out: &mut dyn io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(out, self).map_err(io::Error::from)
    }
}

pub(crate) fn policy(arguments: &arguments::Policy) -> Result<Box<dyn Answer>, Failure> {
    let PolicyVerb::Show { bundle, policy } = &arguments.what;
    let policy = find(policy.as_deref())?;
    let bundle = Bundle::open(bundle)?;
    let manifest = bundle.manifest();
    let (mut actions, mut open) = (Vec::new(), Vec::new());
    for action in &manifest.actions {
        let (grants, origins) = asked_grants(manifest, action)?;
        actions.push((action.id.clone(), grants));
        open.extend(origins.into_iter().map(|origin| (action.id.clone(), origin)));
    }
    let comparison = policy.compare(&manifest.id, actions, &asked_limits(&manifest.limits));
    Ok(Box::new(Shown { comparison, open }))
}

/// The policy that applies: the named one, else the user's, else the machine's, else none.
pub(crate) fn find(named: Option<&Path>) -> Result<Policy, PolicyError> {
    let strategy = etcetera::choose_base_strategy().ok();
    let directory = strategy.as_ref().map(|strategy| strategy.config_dir());
    let variable = std::env::var_os(VARIABLE);
    Policy::find(&Places {
        option: named,
        variable: variable.as_deref(),
        configuration_directory: directory.as_deref(),
    })
}
