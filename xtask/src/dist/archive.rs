//! Archives that are byte for byte the same for the same content: no owners, and the time of the last commit.

use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use crate::cargo::output;
use crate::paths;

/// Content of an archive.
pub(super) enum Entry<'a> {
    File(&'a [u8]),
    /// A file that can be executed.
    Program(&'a [u8]),
    Directory,
}

/// A compressed archive.
pub(super) struct Archive {
    builder: Builder<GzEncoder<File>>,
    /// Seconds since 1970, for all entries.
    time: u64,
}

impl Archive {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot create `{}`", path.display()))?;
        Ok(Self { builder: Builder::new(GzEncoder::new(file, Compression::default())), time: time() })
    }

    pub(super) fn add(&mut self, name: &str, entry: Entry<'_>) -> Result<()> {
        let (kind, mode, content) = match entry {
            Entry::File(content) => (EntryType::Regular, 0o644, content),
            Entry::Program(content) => (EntryType::Regular, 0o755, content),
            Entry::Directory => (EntryType::Directory, 0o755, &[][..]),
        };
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(self.time);
        header.set_size(content.len().try_into()?);
        self.builder.append_data(&mut header, name, content)?;
        Ok(())
    }

    pub(super) fn finish(self) -> Result<()> {
        self.builder.into_inner()?.finish()?.sync_all()?;
        Ok(())
    }
}

/// `SOURCE_DATE_EPOCH`, or the time of the last commit. Sources without a history have the time 0.
fn time() -> u64 {
    if let Some(time) = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok()) {
        return time;
    }
    let committed = || {
        let mut log = std::process::Command::new("git");
        let text = output(log.args(["log", "-1", "--format=%ct"]).current_dir(paths::root().ok()?)).ok()?;
        String::from_utf8(text).ok()?.trim().parse().ok()
    };
    committed().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_the_same_archive() {
        let directory = tempfile::tempdir().unwrap();
        let archive = |name: &str| {
            let path = directory.path().join(name);
            let mut archive = Archive::create(&path).unwrap();
            archive.add("a/program", Entry::Program(b"\x7fELF")).unwrap();
            archive.add("a/empty", Entry::Directory).unwrap();
            archive.add(&format!("a/{}", "long-".repeat(40)), Entry::File(b"text")).unwrap();
            archive.finish().unwrap();
            std::fs::read(path).unwrap()
        };
        assert_eq!(archive("one.tar.gz"), archive("other.tar.gz"));
    }
}
