//! The archive that a task leaves: its bytes, its digests, and a link that expires. Reading the task when the link has expired
//! gives a new one.

use std::sync::{Arc, OnceLock};

use simulator_parts::GeneratedFile;
use time::{Duration, OffsetDateTime};

use crate::digest::Digests;
use crate::tasks::TaskArchive;

/// An archive.
#[derive(Clone, Debug)]
pub(crate) struct Archive {
    pub(crate) file: GeneratedFile,
    pub(crate) password: String,
    wrong_digest: bool,
    /// Computed when somebody asks: 300 MB take a moment.
    digests: Arc<OnceLock<Digests>>,
    /// The number of the current link, and when it expires.
    link: Option<(u32, OffsetDateTime)>,
}

impl Archive {
    pub(crate) fn new(plan: &TaskArchive, seed: u64) -> Self {
        Self {
            file: GeneratedFile::new(plan.bytes, seed),
            password: plan.password.clone(),
            wrong_digest: plan.wrong_digest,
            digests: Arc::default(),
            link: None,
        }
    }

    /// The digests that the task states.
    pub(crate) fn digests(&self) -> &Digests {
        self.digests.get_or_init(|| {
            if self.wrong_digest {
                Digests::of(["these are other bytes"])
            } else {
                Digests::of(self.file.pieces())
            }
        })
    }

    /// The link's number and when it expires; a new one if the last has expired.
    pub(crate) fn link(&mut self, now: OffsetDateTime, seconds: u64) -> (u32, OffsetDateTime) {
        let (number, expires) = self.link.unwrap_or((0, now));
        if now < expires {
            return (number, expires);
        }
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        let link = (number.saturating_add(1), now.saturating_add(Duration::seconds(seconds)));
        self.link = Some(link);
        link
    }

    /// Whether a link is the current one and has not expired.
    pub(crate) fn is_open(&self, number: u32, now: OffsetDateTime) -> bool {
        self.link.is_some_and(|(current, expires)| current == number && now < expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_expires_and_is_renewed() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let mut archive = Archive::new(&TaskArchive::default(), 1);
        assert!(!archive.is_open(1, now));
        let (number, expires) = archive.link(now, 60);
        assert_eq!(archive.link(now + Duration::seconds(59), 60), (number, expires));
        assert!(archive.is_open(number, now) && !archive.is_open(number, expires));
        let (next, _) = archive.link(expires, 60);
        assert!(next > number && !archive.is_open(number, expires));
    }

    #[test]
    fn a_wrong_digest_is_of_other_bytes() {
        let right = Archive::new(&TaskArchive::default(), 1);
        let wrong = Archive::new(&TaskArchive { wrong_digest: true, ..TaskArchive::default() }, 1);
        assert_eq!(right.digests(), &Digests::of(right.file.pieces()));
        assert_ne!(right.digests(), wrong.digests());
    }
}
