//! The contents of uploaded files, in pieces, so that none is ever held whole while it is read.

use std::io::{self, Read};
use std::sync::Arc;

use palisade_limits as limits;

use crate::{FileId, Store, Wait as _};

/// A file that is being uploaded. It becomes visible when its collection gets it: [`Collections::replace_files`](crate::Collections::replace_files).
#[derive(Debug, Default)]
pub struct FileWriter {
    pieces: Vec<Vec<u8>>,
    bytes: u64,
}

impl FileWriter {
    /// Adds to its end.
    pub fn push(&mut self, mut bytes: &[u8]) {
        let most = usize::try_from(limits::STORE_PIECE_BYTES).unwrap_or(usize::MAX);
        while !bytes.is_empty() {
            if self.pieces.last().is_none_or(|piece| piece.len() >= most) {
                self.pieces.push(Vec::new());
            }
            let Some(piece) = self.pieces.last_mut() else { return };
            let (now, later) = bytes.split_at(bytes.len().min(most - piece.len()));
            piece.extend_from_slice(now);
            self.bytes += now.len() as u64;
            bytes = later;
        }
    }

    /// Reads what has been written so far.
    #[must_use]
    pub fn reader(&self) -> impl Read + Send + 'static {
        io::Cursor::new(self.pieces.concat())
    }

    /// Its content, in pieces as [`Collections::file_piece`](crate::Collections::file_piece) returns them.
    #[must_use]
    pub fn into_pieces(self) -> Vec<Vec<u8>> {
        self.pieces
    }

    /// How much there is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Reads an uploaded file piece by piece, on a thread that may block.
#[derive(Debug)]
pub struct FileReader {
    store: Arc<dyn Store>,
    file: FileId,
    next: u64,
    piece: io::Cursor<Vec<u8>>,
}

impl FileReader {
    /// Reads a file from its beginning.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, file: FileId) -> Self {
        Self { store, file, next: 0, piece: io::Cursor::default() }
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.piece.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            let piece = self.store.file_piece(self.file, self.next).wait().map_err(io::Error::other)?;
            let Some(piece) = piece else { return Ok(0) };
            self.piece = io::Cursor::new(piece);
            self.next += 1;
        }
    }
}
