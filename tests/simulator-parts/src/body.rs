//! The body of an answer: whole, or in pieces with pauses, or breaking off before its end, or with a wrong byte. Its bytes are
//! at hand, or computed while they are sent.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::GeneratedFile;

/// How long bytes of a truncated answer get to leave before the connection breaks: otherwise the client might see a
/// connection that closed before the answer, which is another fault.
const FLUSH: Duration = Duration::from_millis(50);
/// How many bytes of a generated file are in memory at once.
const PIECE: u64 = 64 * 1024;
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
    /// The byte in the middle is another.
    Corrupted,
}

/// Where the bytes of a body come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// They are at hand.
    Bytes(Bytes),
    /// They are a part of a generated file.
    Generated {
        /// The file.
        file: GeneratedFile,
        /// The place of the first byte.
        offset: u64,
        /// How many bytes there are.
        length: u64,
    },
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        Self::Bytes(bytes)
    }
}

impl Source {
    /// How many bytes there are.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Generated { length, .. } => *length,
        }
    }

    fn truncate(&mut self, to: u64) {
        match self {
            Self::Bytes(bytes) => bytes.truncate(usize::try_from(to).unwrap_or(usize::MAX)),
            Self::Generated { length, .. } => *length = to.min(*length),
        }
    }

    /// The next bytes, at most so many.
    fn next(&mut self, most: u64) -> Bytes {
        match self {
            Self::Bytes(bytes) => {
                bytes.split_to(usize::try_from(most).unwrap_or(usize::MAX).min(bytes.len()))
            }
            Self::Generated { file, offset, length } => {
                let count = most.min(PIECE).min(*length);
                let piece = file.piece(*offset, usize::try_from(count).unwrap_or_default());
                *offset += count;
                *length -= count;
                piece
            }
        }
    }
}

/// The body.
pub struct AnswerBody {
    rest: Source,
    piece: u64,
    pause: Option<Duration>,
    breaks: bool,
    /// After how many more bytes the wrong one comes.
    wrong_byte: Option<u64>,
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
    pub fn new(source: impl Into<Source>, delivery: Delivery) -> Self {
        let rest = source.into();
        let length = rest.length();
        let mut body =
            Self { rest, piece: length.max(1), pause: None, breaks: false, wrong_byte: None, sleep: None };
        match delivery {
            Delivery::Whole => {}
            Delivery::Truncated { bytes: sent } => {
                let sent = sent.map_or(length / 2, |sent| sent as u64);
                body.breaks = true;
                body.rest.truncate(sent.min(length.saturating_sub(1)));
            }
            Delivery::Drip { bytes, milliseconds } => {
                let pause = Duration::from_millis(milliseconds).min(PAUSE);
                body.piece = (bytes as u64).max(1);
                body.pause = Some(pause);
                body.sleep = Some(Box::pin(sleep(pause)));
            }
            Delivery::Corrupted => body.wrong_byte = Some(length / 2),
        }
        body
    }

    /// A piece in which the wrong byte is wrong.
    fn spoiled(&mut self, piece: Bytes) -> Bytes {
        let Some(place) = self.wrong_byte else { return piece };
        match usize::try_from(place).ok().filter(|place| *place < piece.len()) {
            None => {
                self.wrong_byte = Some(place - piece.len() as u64);
                piece
            }
            Some(place) => {
                self.wrong_byte = None;
                let mut bytes = piece.to_vec();
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1;
                }
                bytes.into()
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
            if self.rest.length() == 0 {
                return Poll::Ready(self.breaks.then_some(Err(BrokeOff)));
            }
        }
        if self.rest.length() == 0 {
            if self.breaks {
                self.sleep = Some(Box::pin(sleep(FLUSH)));
                return self.poll_frame(context);
            }
            return Poll::Ready(None);
        }
        let most = self.piece;
        let piece = self.rest.next(most);
        let piece = self.spoiled(piece);
        if let Some(pause) = self.pause.filter(|_| self.rest.length() > 0) {
            self.sleep = Some(Box::pin(sleep(pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.length() == 0 && !self.breaks
    }

    fn size_hint(&self) -> SizeHint {
        if self.breaks { SizeHint::new() } else { SizeHint::with_exact(self.rest.length()) }
    }
}
