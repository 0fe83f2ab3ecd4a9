//! A file of any size whose bytes follow from a number and their place, so that a server can offer 300 MB without holding them.

use std::sync::Arc;

use bytes::Bytes;

/// The size of a block, in bytes. Blocks differ in their first eight bytes, which carry the block's number.
const BLOCK: u64 = 4096;

/// A file whose bytes are computed when they are read.
#[derive(Clone, Debug)]
pub struct GeneratedFile {
    size: u64,
    block: Arc<[u8]>,
}

impl GeneratedFile {
    /// A file of so many bytes. The same seed gives the same bytes.
    #[must_use]
    pub fn new(size: u64, seed: u64) -> Self {
        let words = 0..BLOCK / 8;
        let block: Vec<u8> =
            words.flat_map(|word| mixed(seed.wrapping_mul(BLOCK).wrapping_add(word)).to_le_bytes()).collect();
        Self { size, block: block.into() }
    }

    /// Its size, in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// At most so many bytes from a place on; fewer at the end of the file.
    #[must_use]
    pub fn piece(&self, offset: u64, length: usize) -> Bytes {
        let end = self.size.min(offset.saturating_add(length as u64));
        let mut bytes = Vec::with_capacity(usize::try_from(end.saturating_sub(offset)).unwrap_or_default());
        let mut at = offset;
        while at < end {
            // Both fit: a block is 4 kB.
            let within = usize::try_from(at % BLOCK).unwrap_or_default();
            let count = usize::try_from((BLOCK - at % BLOCK).min(end - at)).unwrap_or_default();
            let begin = bytes.len();
            bytes.extend_from_slice(self.block.get(within..within + count).unwrap_or_default());
            let number = (at / BLOCK).to_le_bytes();
            for (byte, mark) in bytes.iter_mut().skip(begin).zip(number.iter().skip(within)) {
                *byte ^= mark;
            }
            at += count as u64;
        }
        bytes.into()
    }

    /// The whole file, in pieces.
    pub fn pieces(&self) -> impl Iterator<Item = Bytes> {
        const PIECE: usize = 64 * 1024;
        (0..self.size).step_by(PIECE).map(|offset| self.piece(offset, PIECE))
    }
}

/// The finaliser of SplitMix64: neighbouring numbers give unrelated ones.
fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "tests may fail")]
mod tests {
    use super::*;

    #[test]
    fn any_piece_is_a_piece_of_the_whole() {
        let file = GeneratedFile::new(20_000, 7);
        let whole: Vec<u8> = file.pieces().flatten().collect();
        assert_eq!(whole.len(), 20_000);
        for (offset, length) in
            [(0, 1), (3, 10), (4090, 20), (8190, 9000), (19_990, 100), (20_000, 5), (30_000, 5)]
        {
            let begin = usize::try_from(offset).unwrap_or_default().min(whole.len());
            let end = (begin + length).min(whole.len());
            assert_eq!(file.piece(offset, length), whole[begin..end], "{offset} {length}");
        }
        assert_ne!(whole[..4096], whole[4096..8192]);
        assert_ne!(file.piece(0, 64), GeneratedFile::new(20_000, 8).piece(0, 64));
    }
}
