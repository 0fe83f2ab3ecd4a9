//! What can go wrong with lists and with what the policy says is the operator's own. Values are quoted on one line.

use std::io;

use thiserror::Error;

/// What the policy names as the operator's own and is not.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OwnError {
    /// A domain that is no name.
    #[error("`{found}` is not a domain name that can be protected")]
    Domain {
        /// The beginning of what was given.
        found: String,
    },
    /// An empty value, or one of white space.
    #[error("a protected value is empty")]
    EmptyValue,
}

impl OwnError {
    /// Stable, for scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Domain { .. } => "own-domain-invalid",
            Self::EmptyValue => "own-value-empty",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Domain { .. } => {
                "give a name such as `example.com`; it covers everything below it, a URL belongs under `values`"
            }
            Self::EmptyValue => "take the empty value out of the list",
        })
    }
}

/// Why lists cannot be compiled.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A warning list cannot be read.
    #[error("cannot read the warning list `{file}`: {cause}")]
    Read {
        /// The file.
        file: String,
        /// What the operating system says.
        #[source]
        cause: io::Error,
    },
    /// A warning list is too large.
    #[error("the warning list `{file}` has more than {limit} bytes")]
    TooLarge {
        /// The file.
        file: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A file is no warning list.
    #[error("`{file}` line {line}, column {column} is not a MISP warning list: {cause}")]
    NotAWarningList {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
        /// What was expected.
        cause: String,
    },
    /// Nothing was added, or nothing of it can be used.
    #[error("the warning lists hold no entry that can be used")]
    Empty,
    /// There are more patterns than can be compared.
    #[error("`{file}` brings the lists to more than {limit} {what}")]
    TooManyPatterns {
        /// The file.
        file: String,
        /// `substrings` or `regular expressions`.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// All patterns together are too large.
    #[error("the lists' regular expressions are too large together: {cause}")]
    PatternsTooLarge {
        /// What the library says.
        cause: String,
    },
    /// The compiled file would be larger than one that is loaded.
    #[error("the compiled lists would have more than {limit} bytes")]
    CompiledTooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The compiled file cannot be written.
    #[error("cannot write the compiled lists to `{file}`: {cause}")]
    Write {
        /// The file.
        file: String,
        /// What the operating system says.
        #[source]
        cause: io::Error,
    },
}

impl BuildError {
    /// Stable, for scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "warning-list-unreadable",
            Self::TooLarge { .. } => "warning-list-too-large",
            Self::NotAWarningList { .. } => "not-a-warning-list",
            Self::Empty => "warning-lists-empty",
            Self::TooManyPatterns { .. } | Self::PatternsTooLarge { .. } => "too-many-patterns",
            Self::CompiledTooLarge { .. } => "compiled-lists-too-large",
            Self::Write { .. } => "compiled-lists-not-written",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Read { .. } => "check the path",
            Self::NotAWarningList { .. } => {
                "name the files `lists/*/list.json` of a checkout of MISP/misp-warninglists, or lists of the same form"
            }
            Self::Empty => "name at least one warning list",
            Self::TooLarge { .. }
            | Self::TooManyPatterns { .. }
            | Self::PatternsTooLarge { .. }
            | Self::CompiledTooLarge { .. } => "leave out the lists that you do not need",
            Self::Write { .. } => "check the directory and its space",
        })
    }
}

/// Why a compiled file cannot be used. No list is used in part.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the compiled lists `{file}`: {cause}")]
    Read {
        /// The file.
        file: String,
        /// What the operating system says.
        #[source]
        cause: io::Error,
    },
    /// The file is larger than compiled lists can be.
    #[error("the compiled lists `{file}` have more than {limit} bytes")]
    TooLarge {
        /// The file.
        file: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file is something else.
    #[error("`{file}` is not a file of compiled lists")]
    NotCompiledLists {
        /// The file.
        file: String,
    },
    /// Made by another version.
    #[error("the compiled lists `{file}` have format {found}; this version reads format {expected}")]
    Version {
        /// The file.
        file: String,
        /// The version in the file.
        found: u32,
        /// The only one that is read.
        expected: u32,
    },
    /// Cut off, changed, or never right.
    #[error("the compiled lists `{file}` are damaged: {what}")]
    Damaged {
        /// The file.
        file: String,
        /// What does not hold.
        what: &'static str,
    },
}

impl LoadError {
    /// Stable, for scripts.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "compiled-lists-unreadable",
            Self::TooLarge { .. } => "compiled-lists-too-large",
            Self::NotCompiledLists { .. } => "not-compiled-lists",
            Self::Version { .. } => "compiled-lists-version",
            Self::Damaged { .. } => "compiled-lists-damaged",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Read { .. } => "check the path, or make the file with `palisade protect build`",
            _ => "make the file again with `palisade protect build`",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> String {
        "a.json".to_owned()
    }

    #[test]
    fn what_is_named_as_the_operators_own_and_is_not_says_what_to_give() {
        let domain = OwnError::Domain { found: file() };
        assert_eq!((domain.code(), OwnError::EmptyValue.code()), ("own-domain-invalid", "own-value-empty"));
        assert!(domain.hint().unwrap().contains("`example.com`"));
        assert!(OwnError::EmptyValue.hint().unwrap().contains("the empty value"));
    }

    #[test]
    fn each_error_of_a_build_has_its_code_and_says_what_to_do() {
        let cause = || io::Error::from(io::ErrorKind::NotFound);
        let not_a_list = BuildError::NotAWarningList { file: file(), line: 1, column: 1, cause: file() };
        for (error, code, words) in [
            (BuildError::Read { file: file(), cause: cause() }, "warning-list-unreadable", "check the path"),
            (
                BuildError::TooLarge { file: file(), limit: 1 },
                "warning-list-too-large",
                "leave out the lists",
            ),
            (not_a_list, "not-a-warning-list", "MISP/misp-warninglists"),
            (BuildError::Empty, "warning-lists-empty", "at least one warning list"),
            (
                BuildError::TooManyPatterns { file: file(), what: "substrings", limit: 1 },
                "too-many-patterns",
                "leave out the lists",
            ),
            (BuildError::PatternsTooLarge { cause: file() }, "too-many-patterns", "leave out the lists"),
            (BuildError::CompiledTooLarge { limit: 1 }, "compiled-lists-too-large", "leave out the lists"),
        ] {
            assert_eq!(error.code(), code);
            assert!(error.hint().unwrap().contains(words), "{error}: {:?}", error.hint());
        }
        assert_eq!(BuildError::Write { file: file(), cause: cause() }.code(), "compiled-lists-not-written");
    }

    #[test]
    fn each_error_of_a_load_has_its_code_and_says_how_the_file_is_made() {
        let cause = io::Error::from(io::ErrorKind::NotFound);
        for (error, code, words) in [
            (LoadError::Read { file: file(), cause }, "compiled-lists-unreadable", "check the path"),
            (
                LoadError::TooLarge { file: file(), limit: 1 },
                "compiled-lists-too-large",
                "make the file again",
            ),
            (LoadError::NotCompiledLists { file: file() }, "not-compiled-lists", "make the file again"),
            (
                LoadError::Version { file: file(), found: 2, expected: 1 },
                "compiled-lists-version",
                "make the file again",
            ),
            (
                LoadError::Damaged { file: file(), what: "cut" },
                "compiled-lists-damaged",
                "make the file again",
            ),
        ] {
            assert_eq!(error.code(), code);
            assert!(error.hint().unwrap().starts_with(words), "{error}: {:?}", error.hint());
        }
    }
}
