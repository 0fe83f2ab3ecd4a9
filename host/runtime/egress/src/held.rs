//! How many bytes of answers a run holds: each answer counts from when it is complete until the component has read it
//! to its end or dropped it. What is held lies in the host's memory, outside of the component's own limit.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

/// Counts the answers of one run. Clones share the count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<AtomicU64>);

impl Held {
    /// Bytes held now.
    pub(crate) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// The same bytes, counted until the last slice of them is gone.
    pub(crate) fn hold(&self, bytes: Bytes) -> Bytes {
        self.0.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Bytes::from_owner(Counted { bytes, held: self.clone() })
    }
}

/// Bytes that are taken off the count when they are dropped.
struct Counted {
    bytes: Bytes,
    held: Held,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes.len() as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_until_its_last_slice_is_gone() {
        let held = Held::default();
        let mut first = held.hold(Bytes::from_static(b"twelve bytes"));
        let second = held.hold(Bytes::from_static(b"four"));
        assert_eq!(held.bytes(), 16);
        let slice = first.split_to(3);
        drop(first);
        assert_eq!((held.bytes(), slice.as_ref()), (16, b"twe".as_slice()));
        drop(slice);
        assert_eq!(held.bytes(), 4);
        drop(second);
        assert_eq!(held.bytes(), 0);
    }
}
