//! Uploaded bundles that wait for a confirmation: in memory, a few, for a while, counted among all bodies that are held. Each belongs to whoever has uploaded it, and its
//! token opens it for nobody else. Denied by default: one more than there is room for, and one whose time is over.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use palisade_limits as limits;
use palisade_store::UserId;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::Failure;
use crate::bodies::Room;
use crate::security::opaque;

/// What waits.
pub(crate) struct Pending {
    held: Mutex<HashMap<String, Held>>,
    /// What is still arriving is in memory too.
    arriving: Semaphore,
}

struct Held {
    owner: UserId,
    at: Timestamp,
    bundle: Uploaded,
}

/// An uploaded bundle.
#[derive(Debug, Clone)]
pub(crate) struct Uploaded {
    /// The name of its file, for people.
    pub(crate) name: String,
    /// Its zip.
    pub(crate) zip: Arc<Vec<u8>>,
    /// The room that it takes among all bodies that are held, as long as anybody has it.
    pub(crate) room: Arc<Room>,
}

impl Default for Pending {
    fn default() -> Self {
        Self { held: Mutex::default(), arriving: Semaphore::new(limits::PENDING_UPLOADS as usize) }
    }
}

impl Pending {
    /// A place for a bundle that is about to arrive; waits for one a while.
    ///
    /// # Errors
    /// Where others take all of them.
    pub(crate) async fn place(&self) -> Result<SemaphorePermit<'_>, Failure> {
        let wait = Duration::from_secs(limits::PENDING_WAIT_SECONDS);
        match tokio::time::timeout(wait, self.arriving.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Failure::busy("other bundles are being uploaded at the moment")),
        }
    }

    /// Keeps a bundle; the text opens it. Where there is no room, the oldest of the same person makes room.
    ///
    /// # Errors
    /// Where all the room is taken by others.
    pub(crate) fn keep(&self, owner: UserId, bundle: Uploaded, now: Timestamp) -> Result<String, Failure> {
        let token = opaque::random()?;
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, held| !is_over(held.at, now));
        if held.len() as u64 >= limits::PENDING_UPLOADS {
            let own = held.iter().filter(|(_, held)| held.owner == owner);
            let oldest = own.min_by_key(|(_, held)| held.at).map(|(token, _)| token.clone());
            let Some(oldest) = oldest else {
                return Err(Failure::busy("other people's bundles wait for their confirmation")
                    .with_hint("ask the other administrators to install or cancel what they have uploaded"));
            };
            held.remove(&oldest);
        }
        held.insert(token.clone(), Held { owner, at: now, bundle });
        Ok(token)
    }

    /// The bundle that a text opens, if this person may.
    pub(crate) fn find(&self, token: &str, owner: UserId, now: Timestamp) -> Option<Uploaded> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(token)
            .filter(|held| held.owner == owner && !is_over(held.at, now))
            .map(|held| held.bundle.clone())
    }

    /// Forgets a bundle, if it belongs to this person.
    pub(crate) fn forget(&self, token: &str, owner: UserId) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(token).is_some_and(|held| held.owner == owner) {
            held.remove(token);
        }
    }
}

fn is_over(at: Timestamp, now: Timestamp) -> bool {
    let most = i64::try_from(limits::PENDING_UPLOAD_SECONDS).unwrap_or(i64::MAX);
    now.duration_since(at).as_secs() >= most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bodies::Bodies;

    const ADA: UserId = UserId(1);
    const GRACE: UserId = UserId(2);

    fn bundle(name: &str) -> Uploaded {
        Uploaded { name: name.to_owned(), zip: Arc::default(), room: Arc::new(Bodies::default().room()) }
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_token_opens_it_for_its_owner_alone() {
        let pending = Pending::default();
        let token = pending.keep(ADA, bundle("a.zip"), second(0)).unwrap();
        assert_eq!(pending.find(&token, ADA, second(1)).unwrap().name, "a.zip");
        assert!(pending.find(&token, GRACE, second(1)).is_none());
        pending.forget(&token, GRACE);
        assert!(pending.find(&token, ADA, second(1)).is_some());
        pending.forget(&token, ADA);
        assert!(pending.find(&token, ADA, second(1)).is_none());
    }

    #[test]
    fn it_does_not_wait_for_ever() {
        let pending = Pending::default();
        let token = pending.keep(ADA, bundle("a.zip"), second(0)).unwrap();
        let end = i64::try_from(limits::PENDING_UPLOAD_SECONDS).unwrap();
        assert!(pending.find(&token, ADA, second(end - 1)).is_some());
        assert!(pending.find(&token, ADA, second(end)).is_none());
    }

    #[test]
    fn there_is_room_for_a_few_and_nobody_pushes_another_out() {
        let pending = Pending::default();
        let most = i64::try_from(limits::PENDING_UPLOADS).unwrap();
        let tokens: Vec<String> =
            (0..most).map(|at| pending.keep(ADA, bundle("a.zip"), second(at)).unwrap()).collect();
        assert_eq!(pending.keep(GRACE, bundle("g.zip"), second(most)).unwrap_err().code(), "busy");
        pending.keep(ADA, bundle("last.zip"), second(most)).unwrap();
        assert!(pending.find(&tokens[0], ADA, second(most)).is_none());
        assert!(pending.find(&tokens[1], ADA, second(most)).is_some());
    }
}
