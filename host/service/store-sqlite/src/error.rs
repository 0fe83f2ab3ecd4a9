//! What can go wrong between a statement and the caller.

use palisade_store::StoreError;

/// Why a transaction failed: SQLite, or the store's own rules.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Sqlite(cause) => unusable("palisade.db")(cause),
            Error::Store(error) => error,
        }
    }
}

/// The state at a place cannot be used.
pub(crate) fn unusable(place: impl Into<String>) -> impl FnOnce(rusqlite::Error) -> StoreError {
    let place = place.into();
    move |cause| StoreError::Database { place, cause: Box::new(cause) }
}

pub(crate) fn missing(what: &'static str, id: impl ToString) -> Error {
    StoreError::missing(what, id).into()
}

/// A name that is taken, if that is what SQLite complains of.
pub(crate) fn taken(what: &'static str, name: &str) -> impl FnOnce(rusqlite::Error) -> Error {
    let name = name.to_owned();
    move |cause| match &cause {
        rusqlite::Error::SqliteFailure(failure, _)
            if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
        {
            StoreError::Taken { what, name }.into()
        }
        _ => cause.into(),
    }
}
