//! Who asks. Denied by default: somebody whose session or token the state does not hold, has ended, has been idle too long, or
//! whose holder may not log in. A token never may more than its owner.

use std::time::Instant;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use palisade_store::{TokenId, UserId, Wait as _};

use super::{Role, cookies, opaque, session};
use crate::people::{self, Refused};
use crate::rates::Holder;
use crate::{App, Failure};

/// Somebody who has shown who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Identifies them.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// What they may do in this request.
    pub role: Role,
    pub(crate) via: Via,
}

/// By what they have shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Via {
    /// A browser's session.
    Session {
        /// Of the cookie.
        digest: [u8; 32],
        /// What each of its forms carries.
        csrf: String,
    },
    /// A token of the API.
    Token {
        /// Identifies it.
        id: TokenId,
        /// What it is for.
        name: String,
    },
}

impl Who {
    /// As the audit log writes it: the name, and the token where there was one.
    #[must_use]
    pub fn actor(&self) -> String {
        match &self.via {
            Via::Session { .. } => self.name.clone(),
            Via::Token { name, .. } => format!("{} (token {name})", self.name),
        }
    }

    /// What a form of this session carries; empty where it is no session.
    #[must_use]
    pub fn csrf(&self) -> &str {
        match &self.via {
            Via::Session { csrf, .. } => csrf,
            Via::Token { .. } => "",
        }
    }

    /// Whether their role is this one or a higher one.
    #[must_use]
    pub fn may(&self, role: Role) -> bool {
        self.role >= role
    }
}

/// What the request says about who asks; set for every request.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Option<Who>);

/// Finds out who asks.
pub(crate) async fn identify(app: &App, headers: &HeaderMap) -> Result<Option<Who>, Failure> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        // Who sends a token means it: a cookie beside it does not help a wrong one.
        return token(app, value.to_str().unwrap_or_default()).await;
    }
    match cookies::read(headers, cookies::session_name(app.tls())) {
        Some(cookie) if !cookie.is_empty() => session::find(app, cookie).await,
        _ => Ok(None),
    }
}

async fn token(app: &App, value: &str) -> Result<Option<Who>, Failure> {
    // Anything else than a token of ours is refused as one that nobody knows.
    let (scheme, token) = value.split_once(' ').unwrap_or_default();
    let token = if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" };
    let (digest, now) = (opaque::digest_of(token), app.now());
    let Some(row) = app.store(move |store| store.token(&digest, now).wait()).await? else {
        return refused(app, digest).await;
    };
    app.rates().count(Holder::Token(row.id), Instant::now())?;
    let (Ok(own), Ok(owner)) = (row.role.parse::<Role>(), row.user.role.parse::<Role>()) else {
        return Ok(None);
    };
    let since = row.used_at.map(|at| now.duration_since(at).as_secs().unsigned_abs());
    if since.is_none_or(|seconds| seconds >= palisade_limits::TOKEN_USE_SECONDS) {
        app.store(move |store| store.touch_token(row.id, now).wait()).await?;
    }
    Ok(Some(Who {
        id: row.user.id,
        name: row.user.name,
        role: own.min(owner),
        via: Via::Token { id: row.id, name: row.name },
    }))
}

/// Whoever sends a token that is not valid is nobody, and the audit log says so.
async fn refused(app: &App, digest: [u8; 32]) -> Result<Option<Who>, Failure> {
    let known = app.store(move |store| store.known_token(&digest).wait()).await?;
    let (subject, user) = match known {
        Some(row) => (format!("{} (token {})", row.user.name, row.name), Some(row.user.id)),
        None => ("an unknown token".to_owned(), None),
    };
    people::note_refusal(app, Refused::Token, (&subject, user)).await?;
    Ok(None)
}

fn caller(parts: &Parts) -> Option<Who> {
    parts.extensions.get::<Caller>().and_then(|caller| caller.0.clone())
}

/// Whoever asks, if they have shown who they are.
#[derive(Debug, Clone)]
pub struct Anybody(
    /// Who.
    pub Option<Who>,
);

impl<S: Sync> FromRequestParts<S> for Anybody {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
        Ok(Self(caller(parts)))
    }
}

macro_rules! extractors {
    ($($(#[doc = $what:literal])+ $name:ident = $role:expr;)+) => {
        $(
            $(#[doc = $what])+
            #[derive(Debug, Clone)]
            pub struct $name(
                /// Who.
                pub Who,
            );

            impl<S: Sync> FromRequestParts<S> for $name {
                type Rejection = Failure;

                async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Failure> {
                    let who = caller(parts).ok_or_else(Failure::log_in_needed)?;
                    if who.may($role) { Ok(Self(who)) } else { Err(Failure::forbidden($role)) }
                }
            }
        )+
    };
}

extractors! {
    /// Somebody who may see.
    Viewer = Role::Viewer;
    /// Somebody who may also configure and run.
    Operator = Role::Operator;
    /// Somebody who may also make people.
    Administrator = Role::Administrator;
}
