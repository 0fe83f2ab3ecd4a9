//! What a tenant holds before the first request: a seed. Its entries are stored as they are; the rules for requests do not apply
//! to them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::accounts::Account;
use crate::fault::{Fault, InvalidFault};
use crate::identifier::Kind;
use crate::inventory::Endpoint;
use crate::mail::Message;
use crate::sandbox::SandboxSeed;
use crate::scripts::Script;
use crate::settings::{ApiKey, Omitted, RiskLevel, ScanAction};
use crate::state::Shared;
use crate::submission::Submission;
use crate::suspicious_list::Terms;
use crate::tasks::TaskPlan;
use crate::workbench::Alert;

/// What a tenant holds, what is to become of its tasks, and which requests go wrong. As JSON, every field may be left out.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seed {
    /// Keys, beside those of the settings.
    #[serde(skip_serializing)]
    pub keys: Vec<ApiKey>,
    /// The suspicious object list.
    pub suspicious_objects: Vec<Object>,
    /// The exception list.
    pub exceptions: Vec<Object>,
    /// Endpoints.
    pub endpoints: Vec<Endpoint>,
    /// Messages in mailboxes.
    pub messages: Vec<Message>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Custom scripts.
    pub scripts: Vec<Script>,
    /// The sandbox; as it is if missing.
    pub sandbox: Option<SandboxSeed>,
    /// Alerts.
    pub alerts: Vec<Alert>,
    /// What the search for activities of endpoints finds, as the service shows it.
    pub endpoint_activities: Vec<Value>,
    /// What the search for activities of mail finds, as the service shows it.
    pub email_activities: Vec<Value>,
    /// Observed attack techniques, as the service shows them.
    pub detections: Vec<Value>,
    /// Stored osquery statements, as the service shows them.
    pub osquery_statements: Vec<Value>,
    /// Stored files of YARA rules, as the service shows them.
    pub yara_rule_files: Vec<Value>,
    /// What is to become of tasks.
    pub plans: Vec<TaskPlan>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
}

/// An object of one of the lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Object {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// Its value, of any syntax.
    pub value: String,
    /// Its description.
    #[serde(default)]
    pub description: Option<String>,
    /// What is done when it is found; the tenant's choice if missing.
    #[serde(default)]
    pub scan_action: Option<ScanAction>,
    /// How dangerous it is; the tenant's choice if missing.
    #[serde(default)]
    pub risk_level: Option<RiskLevel>,
    /// In how many days it expires; the tenant's choice if missing, −1 for never.
    #[serde(default)]
    pub days_to_expiration: Option<i64>,
}

impl From<Object> for Submission {
    fn from(object: Object) -> Self {
        Self {
            kind: object.kind,
            value: object.value,
            description: object.description,
            scan_action: object.scan_action,
            risk_level: object.risk_level,
            days: object.days_to_expiration,
        }
    }
}

/// Adds a seed to what the tenant holds.
pub(crate) fn sow(shared: &Shared, seed: Seed) -> Result<(), InvalidFault> {
    shared.change(|settings| settings.keys.extend(seed.keys));
    let settings = shared.settings();
    let now = shared.now();
    let mut state = shared.state();
    let state = &mut *state;
    for fault in seed.faults {
        state.faults.inject(fault)?;
    }
    for object in seed.suspicious_objects {
        let terms = Terms { tenant: &settings.tenant, omitted: Omitted::TenantSetting, capacity: None };
        // Without a capacity there is room.
        let _ = state.lists.suspicious.add(object.into(), now, terms);
    }
    for object in seed.exceptions {
        let _ = state.lists.exceptions.add(object.into(), now, false, None);
    }
    let holdings = &mut state.holdings;
    holdings.endpoints.extend(seed.endpoints);
    holdings.messages.extend(seed.messages);
    holdings.accounts.extend(seed.accounts);
    holdings.scripts.extend(seed.scripts);
    if let Some(sandbox) = seed.sandbox {
        holdings.sandbox.sow(sandbox, now);
    }
    holdings.alerts.extend(seed.alerts);
    holdings.endpoint_activities.extend(seed.endpoint_activities);
    holdings.email_activities.extend(seed.email_activities);
    holdings.detections.extend(seed.detections);
    holdings.osquery_statements.extend(seed.osquery_statements);
    holdings.yara_rule_files.extend(seed.yara_rule_files);
    seed.plans.into_iter().for_each(|plan| holdings.tasks.plans.add(plan));
    Ok(())
}
