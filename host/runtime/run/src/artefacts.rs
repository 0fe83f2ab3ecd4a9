//! The directory of artefacts: each file is named after the SHA-256 of its content, and is there only when it is complete and what the
//! service said. Only its owner can read it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256, Sha512};

/// Bytes that are read at once from a file that is continued.
const PIECE: usize = 64 * 1024;

/// A directory of artefacts.
#[derive(Debug, Clone)]
pub struct ArtefactDirectory {
    path: PathBuf,
}

impl ArtefactDirectory {
    /// A directory, which is created if it is missing.
    ///
    /// # Errors
    /// If it cannot be created or written to.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        create_private(&path)?;
        // Found out before anything is sent.
        drop(tempfile::tempfile_in(&path)?);
        Ok(Self { path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file that is being downloaded, as far as it came. `keep` states whether what is there may be continued.
    pub(crate) fn part(&self, name: &str, keep: bool) -> io::Result<Part> {
        let path = self.path.join(format!("{name}.part"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(!keep);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut part =
            Part { file: options.open(&path)?, path, sha256: Sha256::new(), sha512: Sha512::new(), size: 0 };
        part.digest_what_is_there()?;
        Ok(part)
    }

    /// Gives a complete file its name. Gives the SHA-256 of its content, and where it is.
    pub(crate) fn keep(&self, part: Part, password: Option<&str>) -> io::Result<(String, PathBuf)> {
        part.file.sync_all()?;
        let digest = hexadecimal(&part.sha256.finalize());
        let path = self.path.join(&digest);
        if let Some(password) = password {
            write_private(&self.path.join(format!("{digest}.password")), password)?;
        }
        std::fs::rename(&part.path, &path)?;
        #[cfg(unix)]
        File::open(&self.path)?.sync_all()?;
        Ok((digest, path))
    }
}

/// A file that is being downloaded.
#[derive(Debug)]
pub(crate) struct Part {
    file: File,
    path: PathBuf,
    sha256: Sha256,
    sha512: Sha512,
    size: u64,
}

impl Part {
    /// Its size so far.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a piece.
    pub(crate) fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.file.write_all(piece)?;
        self.sha256.update(piece);
        self.sha512.update(piece);
        self.size = self.size.saturating_add(piece.len() as u64);
        Ok(())
    }

    /// Begins again.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        (self.sha256, self.sha512, self.size) = (Sha256::new(), Sha512::new(), 0);
        Ok(())
    }

    /// Its digest, hexadecimal; nothing for an algorithm that is not known here. Names are compared without case and hyphens.
    pub(crate) fn digest(&self, algorithm: &str) -> Option<String> {
        let name: String = algorithm.chars().filter(char::is_ascii_alphanumeric).collect();
        match name.to_ascii_lowercase().as_str() {
            "sha256" => Some(hexadecimal(&self.sha256.clone().finalize())),
            "sha512" => Some(hexadecimal(&self.sha512.clone().finalize())),
            _ => None,
        }
    }

    /// Removes it.
    pub(crate) fn remove(self) -> io::Result<()> {
        drop(self.file);
        std::fs::remove_file(&self.path)
    }

    fn digest_what_is_there(&mut self) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        loop {
            let count = self.file.read(&mut piece)?;
            let Some(read) = piece.get(..count).filter(|read| !read.is_empty()) else { return Ok(()) };
            self.sha256.update(read);
            self.sha512.update(read);
            self.size = self.size.saturating_add(count as u64);
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(unix)]
fn create_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        created => created,
    }
}

#[cfg(not(unix))]
fn create_private(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_continued_and_gets_the_name_of_its_content() {
        let directory = tempfile::tempdir().unwrap();
        let artefacts = ArtefactDirectory::open(&directory.path().join("new")).unwrap();
        let mut part = artefacts.part("1", true).unwrap();
        part.write(b"ab").unwrap();
        drop(part);
        let mut part = artefacts.part("1", true).unwrap();
        assert_eq!(part.size(), 2);
        part.write(b"c").unwrap();
        let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(part.digest("SHA-256").unwrap(), sha256);
        assert_eq!(part.digest("sha512").unwrap().len(), 128);
        assert_eq!(part.digest("md5"), None);
        let (digest, path) = artefacts.keep(part, Some("word")).unwrap();
        assert_eq!((digest.as_str(), std::fs::read(&path).unwrap()), (sha256, b"abc".to_vec()));
        assert_eq!(std::fs::read_to_string(path.with_extension("password")).unwrap(), "word");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let mut part = artefacts.part("1", true).unwrap();
        part.write(b"xyz").unwrap();
        part.clear().unwrap();
        part.write(b"abc").unwrap();
        assert_eq!(part.digest("sha-256").unwrap(), sha256);
        part.remove().unwrap();
        assert_eq!(artefacts.part("1", false).unwrap().size(), 0);
    }
}
