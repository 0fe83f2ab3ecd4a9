//! Links that are good once: for the first administrator, for whoever was invited, for whoever needs a new password. Denied by
//! default: a link that was used, has ended, or was followed by a later one.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{LinkRow, NewAuditEntry, Store, Tokens, UserId, UserRow, Wait as _};
use secrecy::SecretString;

use super::{accounts, name_of, spelled};
use crate::security::{Role, opaque, password};
use crate::{App, Failure, Fault};

/// Whom a link is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Opened {
    /// The first administrator, who chooses a name.
    First,
    /// Somebody who was invited, or needs a new password.
    Named(UserId, String),
}

fn gone() -> Failure {
    Failure::new(
        StatusCode::GONE,
        "link-used",
        "this link has been used, has expired, or was replaced by a later link",
    )
    .with_hint("ask an administrator for a new link; if there is no administrator yet, restart the service")
}

/// Creates a link for a user, or for the first administrator: its path.
pub(super) async fn make(app: &App, user: Option<UserId>) -> Result<String, Failure> {
    let token = opaque::random()?;
    let digest = opaque::digest_of(&token);
    let link = LinkRow { user };
    let ends = ends(app.now());
    app.store(move |store| store.add_link(&digest, &link, ends).wait()).await?;
    Ok(path_of(&token))
}

/// The path of a link with which somebody chooses a new password, for whoever has the state and nobody else to ask: an
/// administrator who forgot theirs. It may be made beside a service that runs. Earlier links of theirs end.
///
/// # Errors
/// Where nobody has this name, or they may not log in.
pub fn recovery_link(store: &dyn Store, name: &str, now: Timestamp) -> Result<String, Failure> {
    let row = store.user_named(&spelled(name)).wait()?.ok_or_else(|| Failure::not_found("user", name))?;
    if !row.enabled {
        return Err(Failure::conflict("user-disabled", format!("`{name}` may not log in")));
    }
    let token = opaque::random()?;
    let link = LinkRow { user: Some(row.id) };
    store.add_link(&opaque::digest_of(&token), &link, ends(now)).wait()?;
    let entry = NewAuditEntry {
        who: "the command line".to_owned(),
        what: "user.link-made".to_owned(),
        subject: row.name,
        before: None,
        after: None,
        address: None,
        user: None,
        subject_user: Some(row.id),
    };
    store.audit(&entry, now).wait()?;
    Ok(path_of(&token))
}

fn path_of(token: &str) -> String {
    format!("/welcome/{token}")
}

fn ends(now: Timestamp) -> Timestamp {
    let lasts = SignedDuration::from_secs(i64::try_from(limits::LINK_SECONDS).unwrap_or(i64::MAX));
    now.checked_add(lasts).unwrap_or(Timestamp::MAX)
}

impl App {
    /// The path of a link with which the first administrator chooses name and password; none where there is somebody already.
    /// Whoever asks shows it to whoever started the service, and to nobody else. An earlier one ends.
    ///
    /// # Errors
    /// Where the state cannot be used.
    pub async fn first_link(&self) -> Result<Option<String>, Failure> {
        if !accounts::nobody(self).await? {
            return Ok(None);
        }
        make(self, None).await.map(Some)
    }
}

/// Whom a link is for, if it is good.
pub(crate) async fn opened(app: &App, token: &str) -> Result<Opened, Failure> {
    let (digest, now) = (opaque::digest_of(token), app.now());
    let link = app.store(move |store| store.link(&digest, now).wait()).await?.ok_or_else(gone)?;
    let Some(id) = link.user else {
        return if accounts::nobody(app).await? { Ok(Opened::First) } else { Err(gone()) };
    };
    let name = app.store(move |store| store.user(id).wait()).await?.name;
    Ok(Opened::Named(id, name))
}

/// Uses a link: whoever followed it has this password from now on.
pub(crate) async fn accept(
    app: &App,
    token: &str,
    name: &str,
    chosen: SecretString,
    tokens: Tokens,
) -> Result<(UserRow, Role), Failure> {
    let opened = opened(app, token).await?;
    let name = match &opened {
        Opened::First => name_of(name),
        Opened::Named(_, name) => Ok(name.clone()),
    };
    let mut faults = Vec::new();
    faults.extend(name.as_ref().err().map(|said| Fault::new("name", said)));
    let name = name.unwrap_or_default();
    faults.extend(password::fault(&chosen, &name).map(|said| Fault::new("new-password", said)));
    if !faults.is_empty() {
        return Err(Failure::invalid(faults));
    }
    let hash = app.passwords().hash(chosen).await?;
    let digest = opaque::digest_of(token);
    // Of two who follow it at once, one finds it.
    if !app.store(move |store| store.use_link(&digest).wait()).await? {
        return Err(gone());
    }
    let row = match opened {
        Opened::First => accounts::first(app, &name, hash).await?,
        Opened::Named(id, _) => named(app, id, hash, tokens).await?,
    };
    let role = accounts::role_of(&row)?;
    Ok((row, role))
}

async fn named(app: &App, id: UserId, hash: String, tokens: Tokens) -> Result<UserRow, Failure> {
    let (row, revoked) = app
        .store(move |store| {
            let row = Some(store.user(id).wait()?).filter(|row| row.enabled).ok_or_else(gone)?;
            let revoked = store.set_password(row.id, &hash, tokens).wait()?;
            Ok::<_, Failure>((row, revoked))
        })
        .await?;
    let what = if row.password.is_none() { "user.joined" } else { "user.password-changed" };
    super::log_in::entered(app, &row).await?;
    accounts::password_changed(app, &row.name, what, (&row.name, row.id), revoked).await?;
    Ok(row)
}
