//! What a connection is at: how many requests are open, and whether their bodies move. Denied by default: a place for a client that
//! sends or takes a few bytes now and then (Slowloris), in either direction and in both versions of HTTP.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};
use palisade_limits as limits;
use tokio::time::{Instant, Sleep, sleep};

fn stall() -> Duration {
    Duration::from_secs(limits::HTTP_STALL_SECONDS)
}

/// What one connection is at.
pub(super) struct Activity {
    state: Mutex<State>,
    next: AtomicU64,
}

struct State {
    open: usize,
    idle_since: Instant,
    /// Answers of which the client has been handed a piece and has not asked for the next.
    handed: Vec<(u64, Instant)>,
}

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        let state = State { open: 0, idle_since: Instant::now(), handed: Vec::new() };
        Arc::new(Self { state: Mutex::new(state), next: AtomicU64::new(0) })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A request begins; it is open until the answer's body is gone.
    pub(super) fn begin(self: &Arc<Self>) -> Open {
        self.with(|state| state.open += 1);
        Open { activity: Arc::clone(self), id: self.next.fetch_add(1, Ordering::Relaxed) }
    }

    /// Whether nothing is asked for since a while.
    pub(super) fn idle(&self, limit: Duration) -> bool {
        self.with(|state| state.open == 0 && state.idle_since.elapsed() >= limit)
    }

    /// Whether somebody asked for an answer and does not take it.
    pub(super) fn stalled(&self) -> bool {
        self.with(|state| state.handed.iter().any(|(_, since)| since.elapsed() >= stall()))
    }
}

/// An open request.
pub(super) struct Open {
    activity: Arc<Activity>,
    id: u64,
}

impl Open {
    /// A piece of the answer is with the client.
    fn handed(&self) {
        self.activity.with(|state| state.handed.push((self.id, Instant::now())));
    }

    /// The client has taken it, and asks for the next.
    fn taken(&self) {
        self.activity.with(|state| state.handed.retain(|(id, _)| *id != self.id));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.activity.with(|state| {
            state.handed.retain(|(id, _)| *id != self.id);
            state.open = state.open.saturating_sub(1);
            state.idle_since = Instant::now();
        });
    }
}

/// The body of an answer that is watched.
pub(super) struct Watched {
    body: Body,
    open: Open,
}

impl Watched {
    pub(super) fn new(body: Body, open: Open) -> Self {
        Self { body, open }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.open.taken();
        let poll = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(_))) = &poll {
            self.open.handed();
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

/// The body of a request that has to move: so many bytes in each stretch of time, or its end. Only time in which we wait for it
/// counts.
pub(super) struct Moving {
    body: Incoming,
    waited: Option<Pin<Box<Sleep>>>,
    bytes: u64,
}

/// The client sends too little.
#[derive(Debug, thiserror::Error)]
#[error("the body of the request moves too slowly")]
struct TooSlow;

impl Moving {
    pub(super) fn new(body: Incoming) -> Self {
        Self { body, waited: None, bytes: 0 }
    }
}

impl HttpBody for Moving {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                self.bytes += frame.data_ref().map_or(0, |data| data.len() as u64);
                if self.bytes >= limits::HTTP_STALL_BYTES {
                    self.bytes = 0;
                    self.waited = None;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(other) => Poll::Ready(other.map(|result| result.map_err(Into::into))),
            Poll::Pending => {
                let waited = self.waited.get_or_insert_with(|| Box::pin(sleep(stall())));
                match waited.as_mut().poll(context) {
                    Poll::Ready(()) => Poll::Ready(Some(Err(Box::new(TooSlow)))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
