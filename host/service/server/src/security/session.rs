//! Sessions of browsers: 32 random bytes in a cookie, their digest in the state. A log-in, a new password and a new role
//! always make a new one, so that nobody can prepare one for somebody else. Denied by default: a session past its end, or
//! without a request for an hour.
//!
//! When a session was last used is kept in memory, and written once a minute at most: it would be a write for each page.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use palisade_limits as limits;
use palisade_store::{NewSession, SessionRow, UserId, Wait as _};

use super::who::Via;
use super::{Role, Who, cookies, opaque};
use crate::view::Notice;
use crate::{App, Failure, client};

/// What is remembered of sessions between two requests.
#[derive(Default)]
pub(crate) struct Sessions {
    known: Mutex<HashMap<[u8; 32], Known>>,
}

struct Known {
    seen: Timestamp,
    ends: Timestamp,
    notice: Option<Notice>,
}

impl Sessions {
    /// Notes a request; false if the session has been idle too long. `last` is its last use as the state has it, which counts after
    /// a restart.
    fn seen(&self, digest: [u8; 32], last: Timestamp, now: Timestamp, ends: Timestamp) -> bool {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry(digest).or_insert(Known { seen: last, ends, notice: None });
        if is_idle(entry.seen, now) {
            return false;
        }
        entry.seen = entry.seen.max(now);
        true
    }

    /// When a session was used last, if it was since the start of the service.
    pub(crate) fn last_use(&self, digest: &[u8]) -> Option<Timestamp> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(digest).map(|known| known.seen)
    }

    fn forget(&self, digest: [u8; 32]) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest);
    }

    /// Forgets what has ended. What has been idle is kept until its end: it must stay refused.
    fn sweep(&self, now: Timestamp) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, known| known.ends > now);
    }

    /// Keeps what the next page says on top.
    pub(crate) fn notify(&self, who: &Who, notice: Notice) {
        let Via::Session { digest, .. } = &who.via else { return };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get_mut(digest) {
            entry.notice = Some(notice);
        }
    }

    /// Takes what the page says on top.
    pub(crate) fn notice(&self, who: &Who) -> Option<Notice> {
        let Via::Session { digest, .. } = &who.via else { return None };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get_mut(digest)?.notice.take()
    }
}

/// Whether a session that was used last at this moment has been idle too long.
pub(crate) fn is_idle(seen: Timestamp, now: Timestamp) -> bool {
    now.duration_since(seen).as_secs() >= seconds(limits::SESSION_IDLE_SECONDS)
}

fn seconds(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Begins a session: the cookie to set, and who asks from now on.
pub(crate) async fn begin(app: &App, user: UserId, name: &str, role: Role) -> Result<(String, Who), Failure> {
    let (cookie, csrf) = (opaque::random()?, opaque::random()?);
    let (digest, now) = (opaque::digest_of(&cookie), app.now());
    let lasts = SignedDuration::from_secs(seconds(limits::SESSION_SECONDS));
    let ends = now.checked_add(lasts).unwrap_or(Timestamp::MAX);
    let stored = csrf.clone();
    let (address, agent) = (client::current().map(|address| address.to_string()), client::agent());
    app.store(move |store| {
        let new = NewSession {
            digest: digest.to_vec(),
            user,
            csrf: stored,
            address,
            client: agent,
            expires_at: ends,
        };
        store.add_session(&new, now).wait()
    })
    .await?;
    app.sessions().sweep(now);
    app.sessions().seen(digest, now, now, ends);
    let who = Who { id: user, name: name.to_owned(), role, via: Via::Session { digest, csrf } };
    Ok((cookies::set_session(app.tls(), &cookie, limits::SESSION_SECONDS), who))
}

/// Who holds a session.
pub(crate) async fn find(app: &App, cookie: &str) -> Result<Option<Who>, Failure> {
    let (digest, now) = (opaque::digest_of(cookie), app.now());
    let Some(row) = app.store(move |store| store.session(&digest, now).wait()).await? else {
        app.sessions().forget(digest);
        return Ok(None);
    };
    if !app.sessions().seen(digest, row.used_at, now, row.expires_at) {
        app.store(move |store| store.end_session(&digest, now).wait()).await?;
        app.sessions().forget(digest);
        return Ok(None);
    }
    if now.duration_since(row.used_at).as_secs() >= seconds(limits::SESSION_USE_SECONDS) {
        let address = client::current().map(|address| address.to_string());
        app.store(move |store| store.touch_session(&digest, address.as_deref(), now).wait()).await?;
    }
    let Ok(role) = row.user.role.parse() else { return Ok(None) };
    let via = Via::Session { digest, csrf: row.csrf };
    Ok(Some(Who { id: row.user.id, name: row.user.name, role, via }))
}

/// A session that has ended by itself not long ago, by its end or for want of a request: nobody is logged in by it.
pub(crate) async fn ended(app: &App, cookie: &str) -> Result<Option<SessionRow>, Failure> {
    let (digest, now) = (opaque::digest_of(cookie), app.now());
    Ok(app.store(move |store| store.ended_session(&digest, now).wait()).await?)
}

/// Ends the session that somebody asks with.
pub(crate) async fn end(app: &App, who: &Who) -> Result<(), Failure> {
    if let Via::Session { digest, .. } = who.via {
        app.store(move |store| store.remove_session(&digest).wait()).await?;
        app.sessions().forget(digest);
    }
    Ok(())
}
