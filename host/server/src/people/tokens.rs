//! Tokens of the API: shown once, kept as a digest, never worth more than their owner. Denied by default: a token without an end.

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{TokenId, TokenRow, UserId};
use serde_json::json;

use super::name_fault;
use crate::security::{Role, Who, opaque};
use crate::{App, Failure, Fault};

/// What somebody asks for.
#[derive(Debug, Clone)]
pub(crate) struct NewToken {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) days: u64,
}

/// The tokens of one person, the latest first, or of all.
pub(crate) async fn of(app: &App, user: Option<UserId>) -> Result<Vec<TokenRow>, Failure> {
    let rows = app.store(|store| store.tokens()).await?;
    Ok(rows.into_iter().filter(|row| user.is_none_or(|user| row.user.id == user)).collect())
}

/// Makes a token: its row, and the token itself, which is never seen again.
pub(crate) async fn create(app: &App, who: &Who, new: NewToken) -> Result<(TokenRow, String), Failure> {
    let mut faults = Vec::new();
    faults.extend(name_fault(&new.name).map(|said| Fault::new("name", said)));
    if !(1..=limits::TOKEN_DAYS).contains(&new.days) {
        let said = format!("Choose a number of days from 1 to {}.", limits::TOKEN_DAYS);
        faults.push(Fault::new("days", said));
    }
    if new.role > who.role {
        faults.push(Fault::new("role", format!("Choose a role that is not above your own, {}.", who.role)));
    }
    if !faults.is_empty() {
        return Err(Failure::invalid(faults));
    }
    let token = format!("{}{}", opaque::TOKEN_PREFIX, opaque::random()?);
    let (digest, now, user, role) = (opaque::digest_of(&token), app.now(), who.id, new.role);
    let lasts = SignedDuration::from_hours(i64::try_from(new.days * 24).unwrap_or(i64::MAX));
    let ends = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
    let name = new.name;
    let row = app
        .store(move |store| {
            let id = store.add_token(&digest, &name, user, role.name(), now, ends)?;
            let found = store.tokens()?.into_iter().find(|row| row.id == id);
            found.ok_or_else(|| Failure::not_found("token", id))
        })
        .await?;
    let after = json!({"owner": who.name, "role": role, "expires_at": ends});
    app.audit(&who.actor(), "token.made", &row.name, None, Some(after)).await?;
    Ok((row, token))
}

/// Ends a token: one's own, or anybody's for an administrator.
pub(crate) async fn revoke(app: &App, who: &Who, id: TokenId) -> Result<TokenRow, Failure> {
    let missing = || Failure::not_found("token", id);
    let row = of(app, None).await?.into_iter().find(|row| row.id == id).ok_or_else(missing)?;
    // Whose it is is nobody else's business: somebody else's is not there.
    if row.user.id != who.id && !who.may(Role::Administrator) {
        return Err(missing());
    }
    app.store(move |store| store.remove_token(id)).await?;
    let before = json!({"owner": row.user.name, "role": row.role, "expires_at": row.expires_at});
    app.audit(&who.actor(), "token.revoked", &row.name, Some(before), None).await?;
    Ok(row)
}
