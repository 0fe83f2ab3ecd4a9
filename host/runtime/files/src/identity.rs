//! Whether two paths lead to the same file, also through links and by other names.

use std::path::{Path, PathBuf};

use crate::STANDARD_OUTPUT;
use crate::output::{end_of_links, standard_output};

/// What a path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Standard output.
    StandardOutput,
    /// The null device, which takes any number of outputs.
    Null,
    /// Something that exists: device and inode.
    Existing(u64, u64),
    /// A file that does not exist yet.
    New(PathBuf),
}

impl Identity {
    /// Of an output. `-` is standard output, and so is any other name of what standard output leads to.
    #[must_use]
    pub fn of_output(path: &Path) -> Self {
        if path == Path::new(STANDARD_OUTPUT) {
            return Self::StandardOutput;
        }
        match Self::of_input(path) {
            identity @ Self::Existing(..) if Some(&identity) == of_standard_output().as_ref() => {
                Self::StandardOutput
            }
            identity => identity,
        }
    }

    /// Of an input.
    #[must_use]
    pub fn of_input(path: &Path) -> Self {
        match std::fs::metadata(path) {
            Ok(metadata) if crate::input::is_null(&metadata) => Self::Null,
            Ok(metadata) => existing(&metadata, path),
            Err(_) => Self::New(new(path)),
        }
    }

    /// Whether writing to one would spoil the other.
    #[must_use]
    pub fn collides(&self, other: &Self) -> bool {
        self == other && *self != Self::Null
    }
}

fn of_standard_output() -> Option<Identity> {
    let metadata = standard_output().ok()?.metadata().ok()?;
    Some(existing(&metadata, Path::new(STANDARD_OUTPUT)))
}

#[cfg(unix)]
fn existing(metadata: &std::fs::Metadata, _: &Path) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    Identity::Existing(metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn existing(_: &std::fs::Metadata, path: &Path) -> Identity {
    Identity::New(std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
}

/// The directory by its one name, and the file's name in it.
fn new(path: &Path) -> PathBuf {
    let path = end_of_links(path).unwrap_or_else(|_| path.to_owned());
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = std::fs::canonicalize(parent.unwrap_or(Path::new(".")));
    match (directory, path.file_name()) {
        (Ok(directory), Some(name)) => directory.join(name),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_the_same_by_every_name() {
        let directory = tempfile::tempdir().unwrap();
        let of = |name: &str| Identity::of_output(&directory.path().join(name));
        std::fs::create_dir(directory.path().join("below")).unwrap();
        std::fs::write(directory.path().join("there"), "").unwrap();
        for (one, other) in [("new", "below/../new"), ("there", "below/../there"), ("new", "./new")] {
            assert!(of(one).collides(&of(other)), "{one} {other}");
        }
        assert!(!of("new").collides(&of("there")));
        assert!(!of("new").collides(&of("other")));
        assert!(Identity::of_output(Path::new("-")).collides(&Identity::StandardOutput));
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_the_same_file_before_and_after_it_exists() {
        let directory = tempfile::tempdir().unwrap();
        let of = |name: &str| Identity::of_output(&directory.path().join(name));
        std::os::unix::fs::symlink("file", directory.path().join("link")).unwrap();
        assert!(of("link").collides(&of("file")));
        std::fs::write(directory.path().join("file"), "").unwrap();
        assert!(of("link").collides(&of("file")));
        let null = || Identity::of_output(Path::new("/dev/null"));
        assert!(!null().collides(&null()));
    }
}
