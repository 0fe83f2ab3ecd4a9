//! Sessions of people, for themselves and for administrators: what is open, and ending it. Denied by default: a session that has been
//! idle too long is not open, whatever the state has of it.

use jiff::Timestamp;
use palisade_store::{SessionId, UserId, Wait as _};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::security::who::Via;
use crate::security::{Who, session};
use crate::{App, Failure};

/// An open session of a browser.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct Open {
    /// Identifies it.
    #[schema(value_type = i64, example = 3)]
    pub(crate) id: SessionId,
    /// When it began.
    pub(crate) created_at: Timestamp,
    /// When it was used last.
    pub(crate) used_at: Timestamp,
    /// When it ends at the latest.
    pub(crate) expires_at: Timestamp,
    /// The address from which it was used last.
    #[schema(example = "192.0.2.1")]
    pub(crate) address: Option<String>,
    /// What the browser says that it is.
    #[schema(example = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")]
    pub(crate) client: String,
    /// Whether it is the session of this request.
    pub(crate) current: bool,
}

fn own_digest(who: &Who) -> Option<[u8; 32]> {
    match who.via {
        Via::Session { digest, .. } => Some(digest),
        Via::Token { .. } => None,
    }
}

/// The open sessions of somebody, the latest first.
pub(crate) async fn of(app: &App, who: &Who, user: UserId) -> Result<Vec<Open>, Failure> {
    let now = app.now();
    let rows = app.store(move |store| {
        store.user(user).wait()?;
        store.sessions_of(user, now).wait()
    });
    let rows = rows.await.map_err(Failure::from)?;
    let own = own_digest(who);
    let open = rows.into_iter().map(|row| {
        let current = own.is_some_and(|own| own[..] == row.digest[..]);
        // What the state has of its use is up to a minute old.
        let used_at = app.sessions().last_use(&row.digest).unwrap_or(row.used_at).max(row.used_at);
        Open {
            id: row.id,
            created_at: row.created_at,
            used_at,
            expires_at: row.expires_at,
            address: row.address,
            client: row.client,
            current,
        }
    });
    Ok(open.filter(|open| !session::is_idle(open.used_at, now)).collect())
}

/// Ends one session of somebody.
pub(crate) async fn end(app: &App, who: &Who, user: UserId, id: SessionId) -> Result<(), Failure> {
    let open = of(app, who, user).await?.into_iter().find(|open| open.id == id);
    let open = open.ok_or_else(|| Failure::not_found("session", id))?;
    let name = app
        .store(move |store| {
            store.remove_session_of(user, id).wait()?;
            store.user(user).wait()
        })
        .await
        .map_err(Failure::from)?
        .name;
    let before = json!({ "started": open.created_at, "address": open.address, "client": open.client });
    app.audit_person(&who.actor(), "user.session-ended", (&name, user), Some(before), None).await
}

/// Ends the sessions of somebody, except the one of this request. How many were open.
pub(crate) async fn end_all(app: &App, who: &Who, user: UserId) -> Result<u64, Failure> {
    let own = own_digest(who);
    let but = |open: &&Open| !open.current;
    let ended = of(app, who, user).await?.iter().filter(but).count() as u64;
    let name = app
        .store(move |store| {
            let name = store.user(user).wait()?.name;
            store.remove_sessions_of(user, own.as_ref().map(|own| &own[..])).wait()?;
            Ok::<_, Failure>(name)
        })
        .await?;
    if ended > 0 {
        let before = json!({ "sessions": ended });
        app.audit_person(&who.actor(), "user.sessions-ended", (&name, user), Some(before), None).await?;
    }
    Ok(ended)
}
