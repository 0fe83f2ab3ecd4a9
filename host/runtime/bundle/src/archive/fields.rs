//! The fields of a zip's records, read one after the other: little-endian numbers and runs of bytes.
//!
//! Denies by default: nothing is read past the end, a record that is too short gives nothing.

/// What is left of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'bytes>(&'bytes [u8]);

impl<'bytes> Fields<'bytes> {
    /// The fields that these bytes begin with.
    pub(super) fn of(bytes: &'bytes [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been read.
    pub(super) fn rest(self) -> &'bytes [u8] {
        self.0
    }

    /// The next bytes, as many as are asked for.
    pub(super) fn bytes(&mut self, count: usize) -> Option<&'bytes [u8]> {
        let (bytes, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(bytes)
    }

    /// The next two bytes as a number.
    pub(super) fn u16(&mut self) -> Option<u16> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_le_bytes(*bytes))
    }

    /// The next four bytes as a number.
    pub(super) fn u32(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_le_bytes(*bytes))
    }

    /// Passes over a signature; none if another one stands there.
    pub(super) fn signature(&mut self, signature: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(signature)?;
        Some(())
    }
}
