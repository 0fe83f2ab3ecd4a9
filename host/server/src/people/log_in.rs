//! Logging in: throttled, with the same work and the same words whatever is wrong. Denied by default: whoever has no password, may
//! not log in, or has tried too often.

use std::net::IpAddr;

use axum::http::StatusCode;
use palisade_store::UserRow;
use secrecy::{ExposeSecret as _, SecretString};

use super::accounts::role_of;
use crate::security::Role;
use crate::security::throttle::Subjects;
use crate::{App, Failure};

/// Whoever has this name and password.
pub(crate) async fn log_in(
    app: &App,
    address: Option<IpAddr>,
    name: &str,
    password: SecretString,
) -> Result<(UserRow, Role), Failure> {
    if password.expose_secret().len() as u64 > palisade_limits::PASSWORD_BYTES {
        return Err(wrong());
    }
    // Judged while a place is held: no more attempts pass the throttle at once than there are places.
    let place = app.passwords().place().await?;
    let now = app.now();
    let subjects = Subjects::new(name, address);
    let name = name.to_owned();
    let (subjects, row) = app
        .store(move |store| {
            subjects.check(store, now)?;
            Ok::<_, Failure>((subjects, store.user_named(name.trim())?))
        })
        .await?;
    let row = row.filter(|row| row.enabled);
    let known = row.as_ref().and_then(|row| row.password.clone());
    let right = app.passwords().verify(&place, password, known).await?;
    let Some(row) = row.filter(|_| right) else {
        app.store(move |store| subjects.failed(store, now)).await?;
        tracing::warn!(address = address.map(tracing::field::display), "a log-in failed");
        return Err(wrong());
    };
    let role = role_of(&row)?;
    app.audit(&row.name, "user.logged-in", &row.name, None, None).await?;
    Ok((row, role))
}

/// Failures of somebody who is logged in and is asked for their password again.
pub(super) fn own(name: &str) -> Subjects {
    Subjects::new(&format!("{name} (again)"), None)
}

fn wrong() -> Failure {
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, "log-in-failed", "name or password is wrong")
}
