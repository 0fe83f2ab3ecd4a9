//! People: who they are, inviting them, changing what they may do, their passwords.

use axum::http::StatusCode;
use jiff::Timestamp;
use palisade_store::{EndedWithUser, LogIn, Store, StoreError, Tokens, UserId, UserRow, Wait as _};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Refused, links, name_of, note_refusal};
use crate::api::version::mismatch;
use crate::security::{Role, Who, password};
use crate::{App, Failure, Fault};

/// Whether somebody can log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum State {
    /// They have yet to follow their link.
    Invited,
    /// They can.
    Active,
    /// They may not.
    Disabled,
}

/// Somebody, as others see them.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Person {
    /// Identifies them.
    #[schema(value_type = i64, example = 2)]
    pub(crate) id: UserId,
    /// Their name.
    #[schema(example = "ada")]
    pub(crate) name: String,
    /// What they may do.
    pub(crate) role: Role,
    /// Whether they can log in.
    pub(crate) state: State,
    /// Since when they are known.
    pub(crate) created_at: Timestamp,
    /// The last log-in; `null` before the first.
    pub(crate) last_log_in: Option<LastLogIn>,
}

/// When and from where somebody logged in last.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LastLogIn {
    /// When.
    pub(crate) at: Timestamp,
    /// The address of the client.
    #[schema(example = "192.0.2.1")]
    pub(crate) address: Option<String>,
}

impl Person {
    fn of(row: &UserRow) -> Result<Self, Failure> {
        let state = match (row.enabled, &row.password) {
            (false, _) => State::Disabled,
            (true, None) => State::Invited,
            (true, Some(_)) => State::Active,
        };
        Ok(Self {
            id: row.id,
            name: row.name.clone(),
            role: role_of(row)?,
            state,
            created_at: row.created_at,
            last_log_in: row.last_log_in.clone().map(|LogIn { at, address }| LastLogIn { at, address }),
        })
    }

    /// Their name and number, for the audit log.
    pub(super) fn named(&self) -> (&str, UserId) {
        (&self.name, self.id)
    }

    /// What an administrator can change about them, as the version that an edit begins with.
    pub(crate) fn version(&self) -> String {
        version(self.role, self.state != State::Disabled)
    }
}

fn version(role: Role, enabled: bool) -> String {
    format!("{}-{}", role.name(), if enabled { "enabled" } else { "disabled" })
}

pub(super) fn role_of(row: &UserRow) -> Result<Role, Failure> {
    let known: Result<Role, _> = row.role.parse();
    known.map_err(|error| Failure::internal(error.to_string()))
}

/// Everybody, by name.
pub(crate) async fn list(app: &App) -> Result<Vec<Person>, Failure> {
    app.store(|store| store.users().wait()?.iter().map(Person::of).collect()).await
}

/// Somebody.
pub(crate) async fn one(app: &App, id: UserId) -> Result<Person, Failure> {
    app.store(move |store| Person::of(&store.user(id).wait()?)).await
}

/// Makes somebody, and a link with which they choose their password: its path.
pub(crate) async fn invite(
    app: &App,
    who: &Who,
    name: &str,
    role: Role,
) -> Result<(Person, String), Failure> {
    let name = name_of(name).map_err(|message| Failure::invalid(vec![Fault::new("name", message)]))?;
    let _one_at_a_time = app.people_lock().lock().await;
    let now = app.now();
    let person = app
        .store(move |store| {
            let lower = name.to_lowercase();
            if store.users().wait()?.iter().any(|other| other.name.to_lowercase() == lower) {
                return Err(StoreError::Taken { what: "user", name }.into());
            }
            let id = store.add_user(&name, role.name(), None, now).wait()?;
            Person::of(&store.user(id).wait()?)
        })
        .await?;
    let after = json!({"role": role, "state": State::Invited});
    app.audit_person(&who.actor(), "user.invited", person.named(), None, Some(after)).await?;
    let link = links::make(app, Some(person.id)).await?;
    Ok((person, link))
}

/// A link with which somebody chooses a new password. Earlier links of theirs end; their password stays until then.
pub(crate) async fn new_link(app: &App, who: &Who, id: UserId) -> Result<(Person, String), Failure> {
    let person = one(app, id).await?;
    if person.state == State::Disabled {
        return Err(Failure::conflict("user-disabled", format!("`{}` may not log in", person.name))
            .with_hint("let them log in first"));
    }
    let link = links::make(app, Some(person.id)).await?;
    app.audit_person(&who.actor(), "user.link-made", person.named(), None, None).await?;
    Ok((person, link))
}

/// What is to become of somebody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Changed {
    pub(crate) role: Option<Role>,
    pub(crate) enabled: Option<bool>,
}

/// Changes somebody's role and whether they may log in, if they are still what the edit began with. Their sessions end.
pub(crate) async fn change(
    app: &App,
    who: &Who,
    id: UserId,
    to: Changed,
    expected: Option<String>,
) -> Result<Person, Failure> {
    let _one_at_a_time = app.people_lock().lock().await;
    let (before, after) = app.store(move |store| change_in(store, id, to, expected)).await?;
    if before != after {
        let (name, before, after) = (after.0.as_str(), before.1, after.1.clone());
        app.audit_person(&who.actor(), "user.changed", (name, id), Some(before), Some(after)).await?;
    }
    one(app, id).await
}

type Described = (String, serde_json::Value);

fn change_in(
    store: &dyn Store,
    id: UserId,
    to: Changed,
    expected: Option<String>,
) -> Result<(Described, Described), Failure> {
    let row = store.user(id).wait()?;
    let before = role_of(&row)?;
    let found = version(before, row.enabled);
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        return Err(mismatch("user", &expected, &found));
    }
    let (role, enabled) = (to.role.unwrap_or(before), to.enabled.unwrap_or(row.enabled));
    let stays = role == Role::Administrator && enabled;
    if !stays {
        others_administer(store, &row)?;
    }
    let described = |role: Role, enabled: bool| (row.name.clone(), json!({"role": role, "enabled": enabled}));
    if role != before || enabled != row.enabled {
        store.change_user(id, role.name(), enabled).wait()?;
    }
    Ok((described(before, row.enabled), described(role, enabled)))
}

/// Refuses to lose the only administrator who can log in.
fn others_administer(store: &dyn Store, row: &UserRow) -> Result<(), Failure> {
    if row.role != Role::Administrator.name() || !row.enabled {
        return Ok(());
    }
    // A user without a password cannot let anybody in.
    let others = store.users().wait()?.iter().any(|other| {
        other.id != row.id
            && other.enabled
            && other.password.is_some()
            && other.role == Role::Administrator.name()
    });
    if others {
        return Ok(());
    }
    let message = format!("`{}` is the only administrator who can log in", row.name);
    Err(Failure::conflict("last-administrator", message)
        .with_hint("make another user an administrator first"))
}

/// Deletes somebody, if they are still what the confirmation showed. Their sessions, tokens and links end; what they created stays.
pub(crate) async fn delete(
    app: &App,
    who: &Who,
    id: UserId,
    expected: Option<String>,
) -> Result<(Person, EndedWithUser), Failure> {
    let _one_at_a_time = app.people_lock().lock().await;
    let (person, ended) = app
        .store(move |store| {
            let row = store.user(id).wait()?;
            let person = Person::of(&row)?;
            let found = person.version();
            if let Some(expected) = expected.filter(|expected| *expected != found) {
                return Err(mismatch("user", &expected, &found));
            }
            others_administer(store, &row)?;
            Ok((person, store.remove_user(id).wait()?))
        })
        .await?;
    let before = json!({
        "role": person.role, "state": person.state, "sessions": ended.sessions, "tokens": ended.tokens,
    });
    app.audit_person(&who.actor(), "user.deleted", person.named(), Some(before), None).await?;
    Ok((person, ended))
}

/// Changes somebody's own password. All their sessions end; they get a new one. How many of their tokens were revoked.
pub(crate) async fn change_password(
    app: &App,
    who: &Who,
    current: SecretString,
    new: SecretString,
    tokens: Tokens,
) -> Result<u64, Failure> {
    if let Some(message) = password::fault(&new, &who.name) {
        return Err(Failure::invalid(vec![Fault::new("new-password", message)]));
    }
    let id = who.id;
    let known = app.store(move |store| store.user(id).wait()).await?.password;
    // Whoever sits at an open session may guess no faster than whoever is at the log-in.
    let attempt = super::log_in::own(&who.name);
    let (place, _delay) = super::log_in::turn(app, &attempt, (&who.name, Some(who.id))).await?;
    if !app.passwords().verify(&place, current, known).await? {
        let now = app.now();
        app.store(move |store| attempt.failed(store, now)).await?;
        note_refusal(app, Refused::LogIn, (&who.name, Some(who.id))).await?;
        let message = "The password is wrong.";
        return Err(Failure::invalid(vec![Fault::new("current-password", message)]));
    }
    drop(place);
    let hash = app.passwords().hash(new).await?;
    let revoked = app.store(move |store| store.set_password(id, &hash, tokens).wait()).await?;
    password_changed(app, &who.actor(), "user.password-changed", (&who.name, who.id), revoked).await?;
    Ok(revoked)
}

/// Writes that somebody has a new password, and what became of their tokens.
pub(super) async fn password_changed(
    app: &App,
    who: &str,
    what: &'static str,
    person: (&str, UserId),
    revoked: u64,
) -> Result<(), Failure> {
    let after = (revoked > 0).then(|| json!({ "tokens_revoked": revoked }));
    app.audit_person(who, what, person, None, after).await
}

/// That nobody is there yet.
pub(super) async fn nobody(app: &App) -> Result<bool, Failure> {
    Ok(app.store(|store| store.users().wait()).await?.is_empty())
}

/// The first administrator, who chose their name themselves.
pub(super) async fn first(app: &App, name: &str, hash: String) -> Result<UserRow, Failure> {
    let _one_at_a_time = app.people_lock().lock().await;
    let (owned, now) = (name.to_owned(), app.now());
    let row = app
        .store(move |store| {
            if !store.users().wait()?.is_empty() {
                let message = "there is an administrator already";
                return Err(Failure::new(StatusCode::GONE, "link-used", message));
            }
            let id = store.add_user(&owned, Role::Administrator.name(), Some(&hash), now).wait()?;
            Ok(store.user(id).wait()?)
        })
        .await?;
    let after = json!({"role": Role::Administrator, "state": State::Active});
    super::log_in::entered(app, &row).await?;
    app.audit_person(name, "user.made", (name, row.id), None, Some(after)).await?;
    Ok(row)
}
