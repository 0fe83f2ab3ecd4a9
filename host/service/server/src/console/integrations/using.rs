//! Which workflows use an installed version or a collection, with ways to them; and the page that says so where something cannot
//! be removed because of them.

use askama::Template;
use palisade_orchestrator::{Orchestrator, OrchestratorError};
use palisade_store::{Wait as _, WorkflowRow};

use crate::view::Frame;

/// A workflow by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::console) struct Used {
    /// Identifies it.
    pub(in crate::console) id: i64,
    /// Its name.
    pub(in crate::console) name: String,
}

/// The workflows that fulfil a condition, by name.
pub(in crate::console) fn used(
    workflows: &[WorkflowRow],
    condition: impl Fn(&WorkflowRow) -> bool,
) -> Vec<Used> {
    let named = |row: &WorkflowRow| Used { id: row.id.0, name: row.name.clone() };
    workflows.iter().filter(|row| condition(row)).map(named).collect()
}

/// All of them.
pub(in crate::console) fn workflows(
    orchestrator: &Orchestrator,
) -> Result<Vec<WorkflowRow>, OrchestratorError> {
    Ok(orchestrator.store().workflows().wait()?)
}

/// In few words.
pub(in crate::console) fn in_words(used: usize) -> String {
    match used {
        0 => "not used".to_owned(),
        1 => "used by 1 workflow".to_owned(),
        many => format!("used by {many} workflows"),
    }
}

/// It cannot be removed: who uses it.
#[derive(Template)]
#[template(path = "pages/integrations_in_use.html")]
pub(in crate::console) struct InUse {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) text: String,
    pub(in crate::console) used: Vec<Used>,
    pub(in crate::console) back: String,
}
