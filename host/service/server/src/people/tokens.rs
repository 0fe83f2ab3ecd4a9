//! Tokens of the API: shown once, kept as a digest, never worth more than their owner. Denied by default: a token without an end.

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{TokenId, TokenRow, UserId, Wait as _};
use serde_json::json;

use super::name_of;
use crate::security::who::Via;
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
    let rows = app.store(|store| store.tokens().wait()).await?;
    Ok(rows.into_iter().filter(|row| user.is_none_or(|user| row.user.id == user)).collect())
}

/// Makes a token: its row, and the token itself, which is never seen again.
pub(crate) async fn create(app: &App, who: &Who, new: NewToken) -> Result<(TokenRow, String), Failure> {
    let mut faults = Vec::new();
    let name = name_of(&new.name);
    faults.extend(name.as_ref().err().map(|said| Fault::new("name", said)));
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
    let name = name.unwrap_or_default();
    let parent = match who.via {
        Via::Token { id, .. } => Some(id),
        Via::Session { .. } => None,
    };
    let row = app
        .store(move |store| {
            let tokens = store.tokens().wait()?;
            let parents_end = match parent {
                // Revoked since the request began: what it creates would have no lineage.
                Some(id) => {
                    let parent = tokens.iter().find(|row| row.id == id);
                    Some(parent.ok_or_else(Failure::log_in_needed)?.expires_at)
                }
                None => None,
            };
            // A token does not outlive the one that it is created with.
            let expires_at = parents_end.map_or(ends, |end| ends.min(end));
            let (digest, role) = (&digest[..], role.name());
            let new = palisade_store::NewToken {
                digest: digest.to_vec(),
                name,
                user,
                role: role.to_string(),
                expires_at,
                parent,
            };
            let id = store.add_token(&new, now).wait()?;
            let found = store.tokens().wait()?.into_iter().find(|row| row.id == id);
            found.ok_or_else(|| Failure::not_found("token", id))
        })
        .await?;
    let after = json!({"owner": who.name, "role": role, "expires_at": row.expires_at});
    app.audit(&who.actor(), "token.made", &row.name, None, Some(after)).await?;
    Ok((row, token))
}

/// A token: one's own, or anybody's for an administrator.
pub(crate) async fn one(app: &App, who: &Who, id: TokenId) -> Result<TokenRow, Failure> {
    let row = of(app, None).await?.into_iter().find(|row| row.id == id);
    // Whose it is is nobody else's business: somebody else's is not there.
    row.filter(|row| row.user.id == who.id || who.may(Role::Administrator))
        .ok_or_else(|| Failure::not_found("token", id))
}

/// Ends a token, and all that were created with it. It, and how many those are.
pub(crate) async fn revoke(app: &App, who: &Who, id: TokenId) -> Result<(TokenRow, u64), Failure> {
    let row = one(app, who, id).await?;
    let gone = app.store(move |store| store.remove_token(id).wait()).await?;
    let created_with_it = (gone.len() as u64).saturating_sub(1);
    for gone in gone {
        let before = json!({"owner": gone.user.name, "role": gone.role, "expires_at": gone.expires_at});
        let after = (gone.id != id).then(|| json!({ "created_with": row.name }));
        app.audit(&who.actor(), "token.revoked", &gone.name, Some(before), after).await?;
    }
    Ok((row, created_with_it))
}
