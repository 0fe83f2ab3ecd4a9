//! What the tenant holds beside its two lists, and what happens to it when tasks succeed.

use std::collections::HashMap;

use serde_json::Value;
use time::OffsetDateTime;

use crate::accounts::Account;
use crate::actions::Command;
use crate::identifier::Kind;
use crate::inventory::Endpoint;
use crate::mail::Message;
use crate::sandbox::Sandbox;
use crate::scripts::Script;
use crate::settings::{Omitted, Settings};
use crate::state::Lists;
use crate::submission::Submission;
use crate::suspicious_list::Terms;
use crate::tasks::{Effect, Tasks};
use crate::workbench::Alert;

/// What the tenant holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holdings {
    pub(crate) tasks: Tasks,
    /// Every item of an action that was received.
    pub(crate) commands: Vec<Command>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) messages: Vec<Message>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) scripts: Vec<Script>,
    pub(crate) sandbox: Sandbox,
    pub(crate) alerts: Vec<Alert>,
    pub(crate) endpoint_activities: Vec<Value>,
    pub(crate) email_activities: Vec<Value>,
    /// Observed attack techniques.
    pub(crate) detections: Vec<Value>,
    /// Stored statements and rules, as the service shows them.
    pub(crate) osquery_statements: Vec<Value>,
    pub(crate) yara_rule_files: Vec<Value>,
    /// The objects that a task has put on the list, each with the number of that change: one that was changed since did not
    /// come this way.
    blocked: HashMap<(Kind, String), u64>,
    numbers: u64,
}

impl Holdings {
    /// A number that no other call gets.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Carries out the effects that are due.
    pub(crate) fn settle(&mut self, lists: &mut Lists, settings: &Settings, now: OffsetDateTime) {
        for (at, effect) in self.tasks.settle(now) {
            self.apply(lists, settings, at, effect);
        }
    }

    fn apply(&mut self, lists: &mut Lists, settings: &Settings, at: OffsetDateTime, effect: Effect) {
        match effect {
            Effect::None => {}
            Effect::Isolation { agent_guid, isolated } => {
                let status = if isolated { "on" } else { "off" };
                let is = |endpoint: &&mut Endpoint| endpoint.agent_guid == agent_guid;
                if let Some(endpoint) = self.endpoints.iter_mut().find(is) {
                    status.clone_into(&mut endpoint.isolation_status);
                }
            }
            Effect::Block { kind, value, description } => {
                let key = (kind, kind.key(&value));
                let submission = Submission {
                    kind,
                    value: value.clone(),
                    description,
                    scan_action: None,
                    risk_level: None,
                    days: None,
                };
                let terms = Terms {
                    tenant: &settings.tenant,
                    omitted: Omitted::TenantSetting,
                    capacity: Some(settings.limits.suspicious_objects_per_type),
                };
                if lists.suspicious.add(submission, at, terms).is_ok()
                    && let Some(object) = lists.suspicious.find(kind, &value)
                {
                    self.blocked.insert(key, object.change);
                }
            }
            Effect::Unblock { kind, value } => {
                let change = self.blocked.remove(&(kind, kind.key(&value)));
                let is_ours =
                    lists.suspicious.find(kind, &value).is_some_and(|object| Some(object.change) == change);
                if is_ours {
                    lists.suspicious.delete(kind, &value, at);
                }
            }
            Effect::Message { mailbox, unique_id, state } => {
                let is =
                    |message: &&mut Message| message.mail_box == mailbox && message.unique_id == unique_id;
                if let Some(message) = self.messages.iter_mut().find(is) {
                    message.state = state;
                }
            }
            Effect::Account { name, change } => {
                if let Some(account) = self.accounts.iter_mut().find(|account| account.account_name == name) {
                    account.apply(change, at);
                }
            }
        }
    }
}
