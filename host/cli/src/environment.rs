//! Environment variables that stand for an option. The option goes before the variable.
//!
//! Denies by default: a variable that is set to nothing is a mistake, not a reason to use what applies without it.

use std::ffi::OsString;
use std::path::PathBuf;

use crate::failure::Failure;

/// Stands for `--cache-dir`.
pub(crate) const CACHE_DIRECTORY: &str = "PALISADE_CACHE_DIR";
/// Stands for `--data`.
pub(crate) const DATA: &str = "PALISADE_DATA";
/// Stands for `--server`.
pub(crate) const SERVER: &str = "PALISADE_SERVER";

/// The path that a variable names; none if it is not set.
pub(crate) fn path(name: &str) -> Result<Option<PathBuf>, Failure> {
    Ok(value(name, std::env::var_os(name))?.map(PathBuf::from))
}

/// The text of a variable; none if it is not set.
pub(crate) fn text(name: &str) -> Result<Option<String>, Failure> {
    let Some(value) = value(name, std::env::var_os(name))? else { return Ok(None) };
    value.into_string().map(Some).map_err(|_| {
        Failure::new("variable-invalid", format!("the environment variable `{name}` is not UTF-8 text"))
    })
}

fn value(name: &str, value: Option<OsString>) -> Result<Option<OsString>, Failure> {
    match value {
        Some(value) if value.is_empty() => {
            let message = format!("the environment variable `{name}` is set, but empty");
            let hint = Some("give it a value, or unset it".to_owned());
            Err(Failure { hint, ..Failure::new("variable-invalid", message) })
        }
        value => Ok(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_refused_with_a_code() {
        assert_eq!(value("NAME", None).unwrap(), None);
        assert_eq!(value("NAME", Some("x".into())).unwrap(), Some("x".into()));
        let failure = value("NAME", Some("".into())).unwrap_err();
        assert_eq!((failure.code, failure.status), ("variable-invalid", 1));
        assert!(failure.message.contains("`NAME`"));
    }
}
