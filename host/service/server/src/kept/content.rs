//! What a kept form holds: its fields in memory, or its fields and files on disk. Denied by default: a byte on disk before the form has
//! shown that it is one of ours, and a file that others could open.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Frame, SizeHint};
use palisade_limits as limits;
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::security::forgery;

/// Bytes that are read from the file at once.
const PIECE: usize = 64 * 1024;
/// Pieces that wait between the file and the connection.
const AHEAD: usize = 4;

/// The body of a form.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Fields.
    Memory(Bytes),
    /// Fields and files.
    File(Arc<OnDisk>),
}

/// A file without a name, and its place among those that are kept.
#[derive(Debug)]
pub(crate) struct OnDisk {
    file: File,
    bytes: u64,
    _place: OwnedSemaphorePermit,
}

impl Content {
    /// How many bytes it has.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(on_disk) => on_disk.bytes,
        }
    }

    /// The body, to be sent once.
    pub(super) fn body(&self) -> Body {
        match self {
            Self::Memory(bytes) => Body::from(bytes.clone()),
            Self::File(on_disk) => Body::new(FromDisk::begin(Arc::clone(on_disk))),
        }
    }
}

/// A body that a thread reads from a file.
struct FromDisk {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
}

impl FromDisk {
    fn begin(on_disk: Arc<OnDisk>) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let left = on_disk.bytes;
        tokio::task::spawn_blocking(move || {
            let mut file = &on_disk.file;
            let mut piece = vec![0; PIECE];
            let mut read = || -> io::Result<Bytes> {
                let count = file.read(&mut piece)?;
                Ok(Bytes::copy_from_slice(piece.get(..count).unwrap_or_default()))
            };
            loop {
                let piece = read();
                let over = !matches!(&piece, Ok(bytes) if !bytes.is_empty());
                // Who reads has gone: so does the file.
                if sender.blocking_send(piece).is_err() || over {
                    return;
                }
            }
        });
        Self { pieces, left }
    }
}

impl HttpBody for FromDisk {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = std::task::ready!(self.pieces.poll_recv(context));
        Poll::Ready(match piece {
            Some(Ok(bytes)) if bytes.is_empty() => None,
            Some(Ok(bytes)) => {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Some(Ok(Frame::data(bytes)))
            }
            Some(Err(error)) => Some(Err(error)),
            None => None,
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

/// A form with files as it arrives.
pub(super) struct Sent {
    kind: HeaderValue,
    head: Vec<u8>,
    rest: Limited<Body>,
}

impl Sent {
    /// Reads the first bytes of a form of at most so many. None if it ends early, or is larger.
    pub(super) async fn begin(request: Request, most: u64) -> Option<Self> {
        let kind = request.headers().get(CONTENT_TYPE)?.clone();
        let rest = Limited::new(request.into_body(), usize::try_from(most).unwrap_or(usize::MAX));
        let mut sent = Self { kind, head: Vec::new(), rest };
        while (sent.head.len() as u64) < limits::KEPT_UPLOAD_HEAD_BYTES {
            match sent.piece().await? {
                Some(piece) => sent.head.extend_from_slice(&piece),
                None => break,
            }
        }
        Some(sent)
    }

    /// The next piece: none at the end, and nothing at all if the body is broken.
    async fn piece(&mut self) -> Option<Option<Bytes>> {
        loop {
            match self.rest.frame().await {
                None => return Some(None),
                Some(Err(_)) => return None,
                Some(Ok(frame)) => {
                    if let Ok(piece) = frame.into_data() {
                        return Some(Some(piece));
                    }
                }
            }
        }
    }

    /// The text in the first field, if that is the one with the proof.
    pub(super) async fn proof(&mut self) -> Option<String> {
        let head = Bytes::copy_from_slice(&self.head);
        let mut request = Request::new(Body::from(head));
        *request.method_mut() = Method::POST;
        request.headers_mut().insert(CONTENT_TYPE, self.kind.clone());
        let mut form = Multipart::from_request(request, &()).await.ok()?;
        let field = form.next_field().await.ok()??;
        if field.name() != Some(forgery::FIELD) {
            return None;
        }
        field.text().await.ok()
    }

    /// Writes all of it to a file in this directory. None if it is broken, or cannot be written.
    pub(super) async fn write(
        mut self,
        directory: Option<&Path>,
        place: OwnedSemaphorePermit,
    ) -> Option<Content> {
        let directory = directory?.to_owned();
        let (sender, mut pieces) = mpsc::channel::<Bytes>(AHEAD);
        let writing = tokio::task::spawn_blocking(move || -> io::Result<(File, u64)> {
            let mut file = tempfile::tempfile_in(directory)?;
            let mut bytes = 0;
            while let Some(piece) = pieces.blocking_recv() {
                file.write_all(&piece)?;
                bytes += piece.len() as u64;
            }
            file.rewind()?;
            Ok((file, bytes))
        });
        let mut whole = true;
        let mut next = Some(Bytes::from(std::mem::take(&mut self.head)));
        while let Some(piece) = next {
            // A writer that has stopped says why below.
            if sender.send(piece).await.is_err() {
                break;
            }
            next = self.piece().await.unwrap_or_else(|| {
                whole = false;
                None
            });
        }
        drop(sender);
        match writing.await {
            Ok(Ok((file, bytes))) if whole => {
                Some(Content::File(Arc::new(OnDisk { file, bytes, _place: place })))
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "a form with files was not kept over the log-in");
                None
            }
            _ => None,
        }
    }
}
