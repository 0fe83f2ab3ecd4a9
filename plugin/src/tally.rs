//! Counts over the whole run that become warnings for the operator, one for each matter.

use crate::configuration::List;
use crate::contract::{Level, Message, Object};
use crate::limits;

/// Statuses of the platform that speak against blocking an object, each with its name there.
const DOUBTFUL_STATUSES: [&str; 2] = ["Whitelisted", "Expired"];

/// What is counted.
#[derive(Debug, Default)]
pub struct Tally {
    doubtful: [u64; DOUBTFUL_STATUSES.len()],
    beyond_list_limit: u64,
}

impl Tally {
    /// Counts an object that is submitted.
    pub fn submitted(&mut self, object: &Object, list: &List) {
        if !matches!(list, List::Block { .. }) {
            return;
        }
        let Some(status) = &object.status else { return };
        for (name, count) in DOUBTFUL_STATUSES.iter().zip(&mut self.doubtful) {
            if status.eq_ignore_ascii_case(name) {
                *count += 1;
            }
        }
    }

    /// Counts an object that is left out because the list takes no more in one run.
    pub fn beyond_list_limit(&mut self) {
        self.beyond_list_limit += 1;
    }

    /// The warnings, where there is something to warn of; `dry_run` changes their tense.
    pub fn warnings(&self, dry_run: bool) -> Vec<Message> {
        let verb = if dry_run { "would be submitted" } else { "were submitted" };
        let doubtful = DOUBTFUL_STATUSES.iter().zip(&self.doubtful).filter(|(_, count)| **count > 0);
        let mut warnings: Vec<Message> = doubtful
            .map(|(status, count)| Message {
                level: Level::Warn,
                text: format!("objects with the status `{status}` {verb} to the block list: {count}"),
                fields: vec![("status", (*status).to_owned()), ("objects", count.to_string())],
            })
            .collect();
        if self.beyond_list_limit > 0 {
            warnings.push(Message {
                level: Level::Warn,
                text: format!(
                    "{} objects were left out: a run adds at most {} to the block list; narrow the collection",
                    self.beyond_list_limit,
                    limits::BLOCK_LIST_SUBMISSIONS
                ),
                fields: vec![
                    ("code", "list-limit".to_owned()),
                    ("objects", self.beyond_list_limit.to_string()),
                ],
            });
        }
        warnings
    }
}
