//! Logging in: slower after failures, with the same work and the same words whatever is wrong. Denied by default: whoever has no
//! password or may not log in.

use axum::http::StatusCode;
use palisade_store::{LogIn, UserId, UserRow, Wait as _};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::OwnedSemaphorePermit;

use super::accounts::role_of;
use super::{Refused, note_refusal, spelled};
use crate::security::Role;
use crate::security::throttle::{Attempt, Delay};
use crate::{App, Failure, client};

/// Whoever has this name and password.
pub(crate) async fn log_in(
    app: &App,
    name: &str,
    password: SecretString,
) -> Result<(UserRow, Role), Failure> {
    if password.expose_secret().len() as u64 > palisade_limits::PASSWORD_BYTES {
        return Err(wrong());
    }
    let name = spelled(name.trim());
    let attempt = Attempt::new(&name, client::current());
    let row = app.store(move |store| store.user_named(&name).wait()).await?;
    // A name that nobody has is not written down: it may be a password.
    let subject = match &row {
        Some(row) => (row.name.clone(), Some(row.id)),
        None => ("an unknown name".to_owned(), None),
    };
    let (place, _delay) = turn(app, &attempt, (&subject.0, subject.1)).await?;
    let row = row.filter(|row| row.enabled);
    let known = row.as_ref().and_then(|row| row.password.clone());
    let right = app.passwords().verify(&place, password, known).await?;
    drop(place);
    let Some(row) = row.filter(|_| right) else {
        let now = app.now();
        app.store(move |store| attempt.failed(store, now)).await?;
        note_refusal(app, Refused::LogIn, (&subject.0, subject.1)).await?;
        tracing::warn!(address = client::current().map(tracing::field::display), "a log-in failed");
        return Err(wrong());
    };
    let role = role_of(&row)?;
    entered(app, &row).await?;
    app.audit_person(&row.name, "user.logged-in", (&row.name, row.id), None, None).await?;
    Ok((row, role))
}

/// Somebody has shown who they are: notes when and from where.
pub(super) async fn entered(app: &App, row: &UserRow) -> Result<(), Failure> {
    client::acts_for(row.id);
    let log_in = LogIn { at: app.now(), address: client::current().map(|address| address.to_string()) };
    let id = row.id;
    app.store(move |store| store.note_log_in(id, &log_in).wait()).await.map_err(Failure::from)
}

/// Waits for the turn of an attempt: until its delay is over, and then for a place at the work. It is judged while a place is held:
/// no more attempts pass at once than there are places.
pub(super) async fn turn(
    app: &App,
    attempt: &Attempt,
    subject: (&str, Option<UserId>),
) -> Result<(OwnedSemaphorePermit, Option<Delay>), Failure> {
    let mut delay = None;
    loop {
        let place = app.passwords().place().await?;
        if delay.is_some() {
            return Ok((place, delay));
        }
        let (judged, now) = (attempt.clone(), app.now());
        let wait = app.store(move |store| judged.delay(store, now)).await?;
        if wait.is_zero() {
            return Ok((place, None));
        }
        drop(place);
        note_refusal(app, Refused::DelayedLogIn, subject).await?;
        delay = Some(app.delayed().enter(attempt, wait)?);
        tokio::time::sleep(wait).await;
    }
}

/// Attempts of somebody who is logged in and is asked for their password again.
pub(super) fn own(name: &str) -> Attempt {
    Attempt::new(&format!("{name} (again)"), client::current())
}

fn wrong() -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "log-in-failed", "name or password is wrong")
}
