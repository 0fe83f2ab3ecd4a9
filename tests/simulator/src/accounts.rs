//! Accounts and the actions on them: disable, enable, sign out, reset the password. A task has a part for each IAM system that
//! knows the account; signing out is known to Azure AD only.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::OffsetDateTime;

use crate::actions::{Fields, ItemError};
use crate::holdings::Holdings;
use crate::routes::Context;
use crate::tasks::{Effect, ItemRefusal, Proposal, ProposedPart};

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// Its name.
    pub account_name: String,
    /// The IAM systems that know it.
    #[serde(default = "both")]
    pub iam: Vec<Iam>,
    /// Whether it can be used.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// When it was signed out last.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub signed_out: Option<OffsetDateTime>,
    /// When its password was reset last.
    #[serde(default, with = "time::serde::rfc3339::option", skip_serializing_if = "Option::is_none")]
    pub password_reset: Option<OffsetDateTime>,
}

/// An IAM system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Iam {
    /// Azure AD.
    Aad,
    /// On-premises AD.
    Opad,
}

impl Iam {
    fn name(self) -> &'static str {
        match self {
            Self::Aad => "AAD",
            Self::Opad => "OPAD",
        }
    }
}

/// What happens to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Disable,
    Enable,
    SignOut,
    ResetPassword,
}

fn both() -> Vec<Iam> {
    vec![Iam::Aad, Iam::Opad]
}

fn yes() -> bool {
    true
}

impl Account {
    /// Changes it.
    pub(crate) fn apply(&mut self, change: Change, at: OffsetDateTime) {
        match change {
            Change::Disable => self.enabled = false,
            Change::Enable => self.enabled = true,
            Change::SignOut => self.signed_out = Some(at),
            Change::ResetPassword => self.password_reset = Some(at),
        }
    }
}

fn proposal(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
    action: &'static str,
    change: Change,
) -> Result<Proposal, ItemError> {
    let mut fields = Fields::of(item, &context.settings.rules)?;
    let name = fields.required("accountName", 255)?;
    let description = fields.description()?;
    fields.end()?;
    let account = holdings.accounts.iter().find(|account| account.account_name.eq_ignore_ascii_case(&name));
    let account = account.ok_or(ItemRefusal::TargetNotFound)?;
    let part = |iam: &Iam| {
        let mut fields = Map::new();
        fields.insert("iam".to_owned(), iam.name().into());
        fields.insert("accountName".to_owned(), account.account_name.clone().into());
        let effect = Effect::Account { name: account.account_name.clone(), change };
        ProposedPart { fields, effect, place: Some(iam.name().to_owned()) }
    };
    let knows = |iam: &&Iam| change != Change::SignOut || **iam == Iam::Aad;
    let parts: Vec<ProposedPart> = account.iam.iter().filter(knows).map(part).collect();
    if parts.is_empty() {
        return Err(ItemRefusal::TargetNotFound.into());
    }
    let target = account.account_name.to_lowercase();
    Ok(Proposal {
        action,
        names: vec![name],
        target,
        parts,
        is_divided: true,
        has_archive: false,
        description,
    })
}

/// Disables accounts.
pub(crate) fn disable(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    proposal(context, holdings, item, "disableAccount", Change::Disable)
}

/// Enables accounts.
pub(crate) fn enable(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    proposal(context, holdings, item, "enableAccount", Change::Enable)
}

/// Signs accounts out.
pub(crate) fn sign_out(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    proposal(context, holdings, item, "forceSignOut", Change::SignOut)
}

/// Resets passwords.
pub(crate) fn reset_password(
    context: &Context<'_>,
    holdings: &Holdings,
    item: &Value,
) -> Result<Proposal, ItemError> {
    proposal(context, holdings, item, "resetPassword", Change::ResetPassword)
}
