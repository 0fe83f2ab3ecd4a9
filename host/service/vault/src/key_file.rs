//! Keys in files. One that others may read is refused, and one that exists is never written over.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use palisade_limits as limits;
use secrecy::zeroize::Zeroizing;

use crate::{Key, VaultError};

/// Permission bits of group and others.
const GROUP_AND_OTHERS: u32 = 0o077;

/// Permission bits of others. A service manager may let its user read a credential by an access list, which shows in the
/// bits of the group.
const OTHERS: u32 = 0o007;

impl Key {
    /// The key that a file holds.
    ///
    /// # Errors
    /// Where it cannot be read, others can read it (where the system has such permissions), or it holds no key.
    pub fn from_file(path: &Path) -> Result<Self, VaultError> {
        Self::read(path, GROUP_AND_OTHERS)
    }

    /// The key that the service manager hands over as a file.
    pub(crate) fn from_credential(path: &Path) -> Result<Self, VaultError> {
        Self::read(path, OTHERS)
    }

    fn read(path: &Path, forbidden: u32) -> Result<Self, VaultError> {
        let unreadable = |cause| VaultError::KeyUnreadable { path: path.to_owned(), cause };
        let file = palisade_files::open(path).map_err(unreadable)?;
        // Of the open file: what the path leads to may change.
        let mode = mode(&file.metadata().map_err(unreadable)?);
        if mode & forbidden != 0 {
            return Err(VaultError::KeyOpenToOthers { path: path.to_owned(), mode });
        }
        // All of it has room from the start, so that no copy is left behind where the text grows.
        let room = usize::try_from(limits::VAULT_KEY_FILE_BYTES).unwrap_or(usize::MAX);
        let mut text = Zeroizing::new(Vec::with_capacity(room));
        file.take(limits::VAULT_KEY_FILE_BYTES).read_to_end(&mut text).map_err(unreadable)?;
        Self::parse(&text, || format!("the file `{}`", path.display()))
    }

    /// Writes the key to a new file that its owner alone may read. It is there whole or not at all.
    ///
    /// # Errors
    /// Where there is a file already, or none can be written.
    pub fn write_new(&self, path: &Path) -> Result<(), VaultError> {
        let failed = |cause: io::Error| match cause.kind() {
            io::ErrorKind::AlreadyExists => VaultError::KeyFileExists { path: path.to_owned() },
            _ => VaultError::KeyNotWritten { path: path.to_owned(), cause },
        };
        let tail = getrandom::u64().map_err(VaultError::Random)?;
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{tail:016x}"));
        let unfinished = path.with_file_name(name);
        let written = write(&unfinished, self.text().as_bytes())
            // Unlike a change of the name, a second one does not replace a file.
            .and_then(|()| std::fs::hard_link(&unfinished, path))
            .and_then(|()| keep_name(path));
        // Where this fails, a second file is left beside the first, as closed to others as that.
        let _ = std::fs::remove_file(&unfinished);
        written.map_err(failed)
    }
}

fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

/// Secrets may be sealed with the key from now on: its name must survive a loss of power, as they will.
#[cfg(unix)]
fn keep_name(path: &Path) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    File::open(directory)?.sync_all()
}

/// Other systems do not open a directory.
#[cfg(not(unix))]
fn keep_name(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Permission bits.
#[cfg(unix)]
fn mode(metadata: &Metadata) -> u32 {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777
}

/// Other systems have none.
#[cfg(not(unix))]
fn mode(_metadata: &Metadata) -> u32 {
    0
}
