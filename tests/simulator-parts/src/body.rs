//! The body of an answer: whole, or in pieces with pauses, or breaking off before its end.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

/// How long bytes of a truncated answer get to leave before the connection breaks: otherwise the client might see a
/// connection that closed before the answer, which is another fault.
const FLUSH: Duration = Duration::from_millis(50);
/// The longest pause that a fault may ask for: an hour is longer than any run lasts.
pub const PAUSE: Duration = Duration::from_secs(3600);

/// How a body is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// As it is.
    Whole,
    /// Only so many bytes, by default half, and never all of them; then the connection breaks.
    Truncated {
        /// How many.
        bytes: Option<usize>,
    },
    /// Pieces of so many bytes, with a pause before each.
    Drip {
        /// How many.
        bytes: usize,
        /// How long.
        milliseconds: u64,
    },
}

/// The body.
pub struct AnswerBody {
    rest: Bytes,
    piece: usize,
    pause: Option<Duration>,
    breaks: bool,
    sleep: Option<Pin<Box<Sleep>>>,
}

/// The body broke off, because a fault said so.
#[derive(Debug)]
pub struct BrokeOff;

impl fmt::Display for BrokeOff {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the answer broke off, as the fault says")
    }
}

impl std::error::Error for BrokeOff {}

impl From<Infallible> for BrokeOff {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl AnswerBody {
    /// A body that is delivered so.
    #[must_use]
    pub fn new(bytes: Bytes, delivery: Delivery) -> Self {
        let whole = Self { piece: bytes.len().max(1), rest: bytes, pause: None, breaks: false, sleep: None };
        match delivery {
            Delivery::Whole => whole,
            Delivery::Truncated { bytes: sent } => {
                let length = whole.rest.len();
                let sent = sent.unwrap_or(length / 2).min(length.saturating_sub(1));
                let mut body = Self { breaks: true, ..whole };
                body.rest.truncate(sent);
                body
            }
            Delivery::Drip { bytes, milliseconds } => {
                let pause = Duration::from_millis(milliseconds).min(PAUSE);
                Self { piece: bytes.max(1), sleep: Some(Box::pin(sleep(pause))), pause: Some(pause), ..whole }
            }
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        if let Some(pause) = self.sleep.as_mut() {
            ready!(pause.as_mut().poll(context));
            self.sleep = None;
            if self.rest.is_empty() {
                return Poll::Ready(self.breaks.then_some(Err(BrokeOff)));
            }
        }
        if self.rest.is_empty() {
            if self.breaks {
                self.sleep = Some(Box::pin(sleep(FLUSH)));
                return self.poll_frame(context);
            }
            return Poll::Ready(None);
        }
        let size = self.piece.min(self.rest.len());
        let piece = self.rest.split_to(size);
        if let Some(pause) = self.pause.filter(|_| !self.rest.is_empty()) {
            self.sleep = Some(Box::pin(sleep(pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        if self.breaks { SizeHint::new() } else { SizeHint::with_exact(self.rest.len() as u64) }
    }
}
