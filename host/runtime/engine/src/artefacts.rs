//! Where compiled components are kept, and under which name.
//!
//! A compiled component is machine code that this process runs, so it is taken from nowhere but a directory that belongs to
//! this user and that nobody else can open. wasmtime's own cache reads it; this module says where it is and puts new ones there.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// The subdirectory of the operator's cache directory, which itself may be open to others.
const PRIVATE: &str = "compiled";
/// Beginning of the names of directories into which components are compiled.
const COMPILING: &str = "compiling-";
/// Where a compiler writes within such a directory: wasmtime's cache removes what it does not know beside its own.
const WRITTEN: &str = "written";
/// wasmtime's own subdirectory.
const MODULES: &str = "modules";

/// The directory of compiled components.
#[derive(Debug)]
pub(crate) struct Artefacts {
    /// Where compilers write; on the same file system.
    parent: PathBuf,
    directory: PathBuf,
    /// Removed with this value.
    _temporary: Option<TempDir>,
}

impl Artefacts {
    /// Those below the operator's directory, which is created if it is missing.
    pub(crate) fn below(parent: &Path) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        let parent = fs::canonicalize(parent)?;
        let directory = parent.join(PRIVATE);
        create_private(&directory)?;
        Ok(Self { parent, directory, _temporary: None })
    }

    /// Those of this process only.
    pub(crate) fn temporary() -> io::Result<Self> {
        let temporary = tempfile::Builder::new().prefix("palisade-").tempdir()?;
        let artefacts = Self::below(temporary.path())?;
        Ok(Self { _temporary: Some(temporary), ..artefacts })
    }

    /// What wasmtime's cache reads.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// An empty private directory for a compiler to write into.
    pub(crate) fn empty(&self) -> io::Result<TempDir> {
        tempfile::Builder::new().prefix(COMPILING).tempdir_in(&self.parent)
    }

    /// Takes what a compiler has written into such a directory.
    pub(crate) fn adopt(&self, written: &Path) -> io::Result<()> {
        for version in fs::read_dir(written.join(WRITTEN).join(MODULES))? {
            let version = version?;
            let target = self.directory.join(MODULES).join(version.file_name());
            fs::create_dir_all(&target)?;
            for artefact in fs::read_dir(version.path())? {
                let artefact = artefact?;
                if artefact.file_type()?.is_file() && artefact.path().extension().is_none() {
                    fs::rename(artefact.path(), target.join(artefact.file_name()))?;
                }
            }
        }
        Ok(())
    }
}

/// Where wasmtime's cache is to write within a directory for a compiler.
pub(crate) fn written(directory: &Path) -> PathBuf {
    directory.join(WRITTEN)
}

/// Renames what wasmtime's cache has written there by an engine that compiles, to the name by which an engine looks
/// for it that does not: the name is a digest of the component, and of the settings of the engine with its compiler.
pub(crate) fn rename(directory: &Path, reader: &wasmtime::Engine, component: &[u8]) -> io::Result<()> {
    let name = name(reader, component);
    let mut found = 0;
    for version in fs::read_dir(written(directory).join(MODULES))? {
        for artefact in fs::read_dir(version?.path())? {
            let artefact = artefact?.path();
            // Beside an artefact there may be numbers about its use.
            if artefact.extension().is_none() {
                fs::rename(&artefact, artefact.with_file_name(&name))?;
                found += 1;
            }
        }
    }
    if found == 1 {
        Ok(())
    } else {
        Err(io::Error::other(format!("expected 1 compiled component, found {found}")))
    }
}

/// The name by which wasmtime 48 looks for a compiled component: see `compile_cached` and `get_data_raw` there. If it were
/// another one, nothing would ever be found, which tests notice.
fn name(engine: &wasmtime::Engine, component: &[u8]) -> String {
    struct Sha256Hasher(Sha256);
    impl Hasher for Sha256Hasher {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        /// Not used: the digest is taken instead.
        fn finish(&self) -> u64 {
            0
        }
    }
    let mut hasher = Sha256Hasher(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    Cow::Borrowed(component).hash(&mut hasher);
    // Neither debugging information beside the component nor imports of intrinsics.
    None::<Cow<'_, [u8]>>.hash(&mut hasher);
    None::<&str>.hash(&mut hasher);
    BASE64_URL_SAFE_NO_PAD.encode(hasher.0.finalize())
}

/// Creates a directory that only this user can open, or checks that one is like that.
#[cfg(unix)]
fn create_private(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};

    match fs::DirBuilder::new().mode(0o700).create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        created => return created,
    }
    let found = fs::symlink_metadata(directory)?;
    let (owner, mode) = (found.uid(), found.mode() & 0o7777);
    // What this process creates belongs to its user.
    let user = tempfile::tempfile()?.metadata()?.uid();
    if found.is_dir() && owner == user && mode & 0o077 == 0 {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "expected `{}` to be a directory of user {user} with mode 0700, found owner {owner} and mode {mode:04o}",
        directory.display()
    )))
}

/// Creates a directory; on Windows what is below the user's profile is the user's.
#[cfg(not(unix))]
fn create_private(directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_directory_that_others_can_open_is_refused() {
        let parent = tempfile::tempdir().unwrap();
        Artefacts::below(parent.path()).unwrap();
        let directory = parent.path().join(PRIVATE);
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        Artefacts::below(parent.path()).unwrap();
        for mode in [0o755, 0o770, 0o701, 0o722] {
            fs::set_permissions(&directory, fs::Permissions::from_mode(mode)).unwrap();
            let error = Artefacts::below(parent.path()).unwrap_err();
            assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
        }
        fs::remove_dir(&directory).unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        symlink(elsewhere.path(), &directory).unwrap();
        assert!(Artefacts::below(parent.path()).is_err(), "a link");
    }
}
