//! How much of all requests' bodies is held at once, over all routes: what has arrived counts from its first byte until the request
//! is answered. Denied by default: more than there is room for, and that strangers take the room of those who are known.

use std::collections::HashMap;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use palisade_limits as limits;
use tokio::sync::Semaphore;

use crate::client::{self, network};
use crate::{App, Failure};

/// What is held.
#[derive(Clone, Default)]
pub(crate) struct Bodies(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    known: u64,
    strangers: u64,
    bundles: u64,
    by_address: HashMap<Option<IpAddr>, u64>,
}

/// Whose body it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Nobody has shown who they are.
    Stranger,
    /// Somebody who has.
    Known,
    /// An upload: it has a place of its own, and its handler counts what it holds.
    Upload,
}

/// What one request holds; given back when it is over.
pub(crate) struct Account {
    bodies: Bodies,
    address: Option<IpAddr>,
    state: Mutex<(Whose, u64, bool)>,
}

impl Held {
    fn all(&self) -> u64 {
        self.known + self.strangers + self.bundles
    }
}

/// Room for an uploaded bundle; given back when it is dropped.
pub(crate) struct Room {
    bodies: Bodies,
    bytes: u64,
}

impl std::fmt::Debug for Room {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Room").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Room {
    /// Takes room for more bytes.
    ///
    /// # Errors
    /// If other bundles and bodies have it.
    pub(crate) fn grow(&mut self, more: u64) -> Result<(), Failure> {
        let taken = self.bodies.with(|held| {
            let room = held.bundles + more <= limits::BODIES_OF_BUNDLES_BYTES
                && held.all() + more <= limits::BODIES_HELD_BYTES;
            held.bundles += if room { more } else { 0 };
            room
        });
        if !taken {
            let message = "other uploaded bundles take all the room";
            return Err(Failure::busy(message)
                .with_hint("install or cancel the bundles that wait for a confirmation, then try again"));
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let bytes = self.bytes;
        self.bodies.with(|held| held.bundles = held.bundles.saturating_sub(bytes));
    }
}

impl Bodies {
    /// Room for a bundle, none yet.
    pub(crate) fn room(&self) -> Room {
        Room { bodies: self.clone(), bytes: 0 }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Held) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An account for a request from this address.
    pub(crate) fn open(&self, address: Option<IpAddr>) -> Arc<Account> {
        let state = Mutex::new((Whose::Stranger, 0, false));
        Arc::new(Account { bodies: self.clone(), address: address.map(network), state })
    }

    /// How many bytes are held.
    #[cfg(test)]
    fn held(&self) -> u64 {
        self.with(|held| held.all())
    }
}

impl Account {
    fn with<T>(&self, work: impl FnOnce(&mut (Whose, u64, bool)) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The sender has shown who they are, before the body was read.
    pub(crate) fn known(&self) {
        self.become_of(Whose::Known);
    }

    /// The request is an upload, which waits for a place of its own.
    pub(crate) fn upload(&self) {
        self.become_of(Whose::Upload);
    }

    fn become_of(&self, whose: Whose) {
        self.with(|(current, bytes, _)| {
            if *bytes == 0 {
                *current = whose;
            }
        });
    }

    /// Holds more bytes; false if there is no room for them.
    fn take(&self, more: u64) -> bool {
        self.with(|(whose, bytes, refused)| {
            let taken = self.bodies.with(|held| match whose {
                Whose::Upload => true,
                Whose::Known => {
                    let room = held.all() + more <= limits::BODIES_HELD_BYTES;
                    held.known += if room { more } else { 0 };
                    room
                }
                Whose::Stranger => {
                    let of_address = held.by_address.get(&self.address).copied().unwrap_or_default();
                    let room = held.strangers + more <= limits::BODIES_OF_STRANGERS_BYTES
                        && of_address + more <= limits::BODIES_OF_STRANGER_BYTES
                        && held.all() + more <= limits::BODIES_HELD_BYTES;
                    if room {
                        held.strangers += more;
                        *held.by_address.entry(self.address).or_default() += more;
                    }
                    room
                }
            });
            if taken && *whose != Whose::Upload {
                *bytes += more;
            }
            *refused |= !taken;
            taken
        })
    }

    fn refused(&self) -> bool {
        self.with(|(_, _, refused)| *refused)
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let (whose, bytes) = self.with(|(whose, bytes, _)| (*whose, *bytes));
        self.bodies.with(|held| match whose {
            Whose::Upload => {}
            Whose::Known => held.known = held.known.saturating_sub(bytes),
            Whose::Stranger => {
                held.strangers = held.strangers.saturating_sub(bytes);
                if let Some(of_address) = held.by_address.get_mut(&self.address) {
                    *of_address = of_address.saturating_sub(bytes);
                    if *of_address == 0 {
                        held.by_address.remove(&self.address);
                    }
                }
            }
        });
    }
}

/// There is no room for the body.
#[derive(Debug, thiserror::Error)]
#[error("there is no room for the body of the request")]
struct NoRoom;

/// A body whose bytes are counted.
struct Counted {
    body: Body,
    account: Arc<Account>,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let poll = Pin::new(&mut self.body).poll_frame(context).map_err(Into::into);
        if let Poll::Ready(Some(Ok(frame))) = &poll
            && let Some(data) = frame.data_ref()
            && !self.account.take(data.len() as u64)
        {
            return Poll::Ready(Some(Err(Box::new(NoRoom))));
        }
        poll
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Counts the bodies of all requests. One for which there is no room is told to come back, whatever its handler made of that.
pub(crate) async fn middleware(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let account = app.bodies().open(client::current());
    let counted = Arc::clone(&account);
    let mut request = request.map(|body| Body::new(Counted { body, account: counted }));
    request.extensions_mut().insert(Arc::clone(&account));
    let response = next.run(request).await;
    if account.refused() {
        return Failure::busy("there is no room for another request body").into_response();
    }
    response
}

/// Places for uploads to collections.
#[derive(Clone)]
pub(crate) struct UploadPlaces(pub(crate) Arc<Semaphore>);

impl Default for UploadPlaces {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(limits::UPLOADS_AT_ONCE as usize)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn all_bodies_together_are_bounded_and_given_back() {
        let bodies = Bodies::default();
        let mut open = Vec::new();
        for _ in 0..limits::BODIES_HELD_BYTES / limits::FORM_BYTES {
            let account = bodies.open(address(1));
            account.known();
            assert!(account.take(limits::FORM_BYTES));
            open.push(account);
        }
        let late = bodies.open(address(2));
        late.known();
        assert!(!late.take(1) && late.refused());
        assert_eq!(bodies.held(), limits::BODIES_HELD_BYTES);
        open.pop();
        assert!(bodies.open(address(2)).take(1));
        drop((open, late));
        assert_eq!(bodies.held(), 0);
    }

    #[test]
    fn strangers_have_a_share_and_each_of_them_a_share_of_it() {
        let bodies = Bodies::default();
        let one = bodies.open(address(1));
        assert!(one.take(limits::BODIES_OF_STRANGER_BYTES));
        assert!(!bodies.open(address(1)).take(1));
        let mut others = Vec::new();
        for last in 2..=(limits::BODIES_OF_STRANGERS_BYTES / limits::BODIES_OF_STRANGER_BYTES) as u8 {
            let other = bodies.open(address(last));
            assert!(other.take(limits::BODIES_OF_STRANGER_BYTES), "{last}");
            others.push(other);
        }
        assert!(!bodies.open(address(200)).take(1));
        let known = bodies.open(address(1));
        known.known();
        assert!(known.take(limits::FORM_BYTES));
    }

    #[test]
    fn bundles_that_wait_for_a_confirmation_are_counted_and_leave_room_for_forms() {
        let bodies = Bodies::default();
        let mut waiting = bodies.room();
        waiting.grow(limits::BODIES_OF_BUNDLES_BYTES).unwrap();
        let mut next = bodies.room();
        assert_eq!(next.grow(1).unwrap_err().code(), "busy");
        assert_eq!(bodies.held(), limits::BODIES_OF_BUNDLES_BYTES);
        let mut open = Vec::new();
        for _ in 0..(limits::BODIES_HELD_BYTES - limits::BODIES_OF_BUNDLES_BYTES) / limits::FORM_BYTES {
            let account = bodies.open(address(1));
            account.known();
            assert!(account.take(limits::FORM_BYTES));
            open.push(account);
        }
        let late = bodies.open(address(1));
        late.known();
        assert!(!late.take(1), "the bundles count");
        drop(waiting);
        assert!(late.take(1) && next.grow(1).is_ok());
        drop((open, late, next));
        assert_eq!(bodies.held(), 0);
    }

    #[test]
    fn who_somebody_is_counts_before_the_body_and_not_after() {
        let bodies = Bodies::default();
        let account = bodies.open(address(1));
        assert!(account.take(1));
        account.upload();
        assert!(!account.take(limits::BODIES_OF_STRANGER_BYTES));
    }
}
