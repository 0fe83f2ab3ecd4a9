//! Where a policy is looked for: where the operator says, else in the user's configuration, else in the machine's.
//!
//! Never in the current directory, and never in one that is not absolute: whoever can write there would set the policy of
//! whoever works there. A policy that was named must exist; one that exists and cannot be read is an error, and not a
//! reason to go on without.

use std::ffi::OsStr;
use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use palisade_model::Setting;

use crate::{Policy, PolicyError};

/// The policy's file name in the usual places.
pub const FILE_NAME: &str = "palisade.toml";
/// The environment variable that names a policy.
pub const VARIABLE: &str = "PALISADE_POLICY";
/// The machine's policy.
const MACHINE: &str = "/etc/palisade/palisade.toml";

/// What a process knows of where its policy could be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Places<'given> {
    /// The file of the option `--policy`.
    pub option: Option<&'given Path>,
    /// The value of the environment variable [`VARIABLE`].
    pub variable: Option<&'given OsStr>,
    /// The directory of the user's configuration, for example `~/.config`; ignored where it is not absolute.
    pub configuration_directory: Option<&'given Path>,
}

/// What named a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedBy {
    /// The setting `policy` of whoever calls.
    Option,
    /// The environment variable [`VARIABLE`].
    Variable,
}

impl fmt::Display for NamedBy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option => Setting::Policy.fmt(formatter),
            Self::Variable => write!(formatter, "`{VARIABLE}`"),
        }
    }
}

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidates {
    /// In this file, which must exist.
    Named {
        /// The file.
        path: PathBuf,
        /// What named it.
        by: NamedBy,
    },
    /// In the first of these that exists; none of them need.
    Usual(Vec<PathBuf>),
}

impl Places<'_> {
    /// Where to look, from what the process was given. Pure.
    #[must_use]
    pub fn candidates(&self) -> Candidates {
        if let Some(path) = self.option {
            return Candidates::Named { path: path.to_owned(), by: NamedBy::Option };
        }
        if let Some(path) = self.variable {
            return Candidates::Named { path: path.into(), by: NamedBy::Variable };
        }
        let user = self.configuration_directory.filter(|directory| directory.is_absolute());
        let user = user.map(|directory| directory.join("palisade").join(FILE_NAME));
        Candidates::Usual(user.into_iter().chain([PathBuf::from(MACHINE)]).collect())
    }
}

impl Policy {
    /// Reads the policy that applies: the named one, else the first of the usual ones that exists, else
    /// [`Policy::default`].
    ///
    /// # Errors
    /// Where a named policy does not exist, and where the policy that applies cannot be read or used.
    pub fn find(places: &Places<'_>) -> Result<Self, PolicyError> {
        match places.candidates() {
            Candidates::Named { path, by } => {
                if path.as_os_str().is_empty() {
                    Err(PolicyError::NotNamed { by })
                } else if exists(&path)? {
                    Self::read(&path)
                } else {
                    Err(PolicyError::Missing { path, by })
                }
            }
            Candidates::Usual(paths) => {
                for path in paths {
                    if exists(&path)? {
                        return Self::read(&path);
                    }
                }
                Ok(Self::default())
            }
        }
    }
}

/// Whether there is something of this name, be it a link that leads nowhere: that is a policy that cannot be read.
fn exists(path: &Path) -> Result<bool, PolicyError> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(cause) if matches!(cause.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(false),
        Err(cause) => Err(PolicyError::Unreadable { path: path.to_owned(), cause }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_comes_first_and_stands_alone() {
        let mut places = Places {
            option: Some(Path::new("a.toml")),
            variable: Some(OsStr::new("b.toml")),
            configuration_directory: Some(Path::new("/home/me/.config")),
        };
        let named = |path: &str, by| Candidates::Named { path: path.into(), by };
        assert_eq!(places.candidates(), named("a.toml", NamedBy::Option));
        places.option = None;
        assert_eq!(places.candidates(), named("b.toml", NamedBy::Variable));
        places.variable = None;
        let usual = ["/home/me/.config/palisade/palisade.toml", "/etc/palisade/palisade.toml"];
        assert_eq!(places.candidates(), Candidates::Usual(usual.map(PathBuf::from).to_vec()));
    }

    #[test]
    fn no_policy_is_ever_looked_for_in_the_current_directory() {
        for directory in [None, Some(Path::new("")), Some(Path::new(".")), Some(Path::new("config"))] {
            let places = Places { configuration_directory: directory, ..Places::default() };
            let Candidates::Usual(paths) = places.candidates() else { panic!("nothing was named") };
            assert!(paths.iter().all(|path| path.is_absolute()), "{paths:?}");
        }
    }

    #[test]
    fn a_named_policy_must_exist_and_an_empty_name_is_none() {
        let missing = Places { option: Some(Path::new("/nowhere/palisade.toml")), ..Places::default() };
        assert_eq!(Policy::find(&missing).unwrap_err().code(), "policy-missing");
        let empty = Places { variable: Some(OsStr::new("")), ..Places::default() };
        assert!(matches!(Policy::find(&empty).unwrap_err(), PolicyError::NotNamed { by: NamedBy::Variable }));
    }

    #[test]
    fn the_users_policy_applies_where_it_exists_and_must_be_readable() {
        let directory = tempfile::tempdir().unwrap();
        let places = Places { configuration_directory: Some(directory.path()), ..Places::default() };
        let path = directory.path().join("palisade").join(FILE_NAME);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, "egress = []\n").unwrap();
        assert_eq!(Policy::find(&places).unwrap().file(), Some(path.display().to_string().as_str()));
        std::fs::remove_file(&path).unwrap();
        // A directory of the policy's name can be opened and not be read.
        std::fs::create_dir(&path).unwrap();
        assert_eq!(Policy::find(&places).unwrap_err().code(), "policy-unreadable");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_is_not_the_absence_of_a_policy() {
        let directory = tempfile::tempdir().unwrap();
        let places = Places { configuration_directory: Some(directory.path()), ..Places::default() };
        std::fs::create_dir(directory.path().join("palisade")).unwrap();
        std::os::unix::fs::symlink("/nowhere", directory.path().join("palisade").join(FILE_NAME)).unwrap();
        assert_eq!(Policy::find(&places).unwrap_err().code(), "policy-unreadable");
    }
}
