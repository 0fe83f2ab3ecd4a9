//! Columns as types of the domain: ids, names of variants, moments, JSON. The types themselves know no database.

use jiff::Timestamp;
use palisade_model::{Named, StepEnding, Verdict};
use palisade_store::{
    BundleId, Cause, CollectionId, ConnectionId, FileId, Origin, Page, Phase, RunId, RunStatus, SecretId,
    SessionId, StoreError, Takes, TaskState, TokenId, UserId, WorkflowId,
};
use rusqlite::types::{FromSql as _, FromSqlError, FromSqlResult, ToSqlOutput, Type, ValueRef};
use rusqlite::{Row, RowIndex, ToSql};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that a statement gets.
pub(crate) trait ToColumn {
    fn to_column(&self) -> rusqlite::Result<ToSqlOutput<'_>>;
}

/// A value that a column holds.
pub(crate) trait FromColumn: Sized {
    fn from_column(value: ValueRef<'_>) -> FromSqlResult<Self>;
}

/// A value as rusqlite takes it.
pub(crate) struct Bound<'a, T: ?Sized> {
    pub(crate) value: &'a T,
}

impl<T: ToColumn + ?Sized> ToSql for Bound<'_, T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.value.to_column()
    }
}

/// The values of a statement's numbered parameters.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$crate::rows::Bound { value: &$value } as &dyn rusqlite::ToSql),*] as &[&dyn rusqlite::ToSql]
    };
}
pub(crate) use params;

/// Reads the columns of a row.
pub(crate) trait Columns {
    fn column<T: FromColumn>(&self, index: impl RowIndex) -> rusqlite::Result<T>;
}

impl Columns for Row<'_> {
    fn column<T: FromColumn>(&self, index: impl RowIndex) -> rusqlite::Result<T> {
        let index = index.idx(self.as_ref())?;
        let value = self.get_ref(index)?;
        T::from_column(value).map_err(|error| {
            rusqlite::Error::FromSqlConversionFailure(index, value.data_type(), Box::new(error))
        })
    }
}

impl<T: ToColumn + ?Sized> ToColumn for &T {
    fn to_column(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        (**self).to_column()
    }
}

impl<T: ToColumn> ToColumn for Option<T> {
    fn to_column(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        self.as_ref().map_or_else(|| Ok(ToSqlOutput::from(rusqlite::types::Null)), ToColumn::to_column)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    fn from_column(value: ValueRef<'_>) -> FromSqlResult<Self> {
        if matches!(value, ValueRef::Null) { Ok(None) } else { T::from_column(value).map(Some) }
    }
}

macro_rules! written {
    ($($type:ty),+) => {
        $(impl ToColumn for $type {
            fn to_column(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.to_sql()
            }
        })+
    };
}
written!(i64, u32, u16, bool, str, String, [u8], Vec<u8>, [u8; 16]);

macro_rules! read {
    ($($type:ty),+) => {
        $(impl FromColumn for $type {
            fn from_column(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::column_result(value)
            }
        })+
    };
}
read!(i64, u32, u16, bool, String, Vec<u8>, [u8; 16]);

macro_rules! ids {
    ($($id:ident),+) => {
        $(impl ToColumn for $id {
            fn to_column(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl FromColumn for $id {
            fn from_column(value: ValueRef<'_>) -> FromSqlResult<Self> {
                i64::column_result(value).map(Self)
            }
        })+
    };
}
ids!(BundleId, CollectionId, ConnectionId, FileId, RunId, SecretId, SessionId, TokenId, UserId, WorkflowId);

macro_rules! named {
    ($($name:ident),+) => {
        $(impl ToColumn for $name {
            fn to_column(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.name().into())
            }
        }

        impl FromColumn for $name {
            fn from_column(value: ValueRef<'_>) -> FromSqlResult<Self> {
                <Self as Named>::from_name(value.as_str()?).map_err(|_| FromSqlError::InvalidType)
            }
        })+
    };
}
named!(Cause, Origin, Phase, RunStatus, StepEnding, Takes, TaskState, Verdict);

pub(crate) fn limit(page: Page) -> i64 {
    i64::try_from(page.limit).unwrap_or(i64::MAX)
}

pub(crate) fn offset(page: Page) -> i64 {
    i64::try_from(page.offset).unwrap_or(i64::MAX)
}

/// A count as a column holds it.
pub(crate) fn number(count: Option<u64>) -> Option<i64> {
    count.map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

pub(crate) fn millis(moment: Timestamp) -> i64 {
    moment.as_millisecond()
}

pub(crate) fn moment(row: &Row<'_>, column: &str) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp::from_millisecond(row.column(column)?).unwrap_or(Timestamp::UNIX_EPOCH))
}

pub(crate) fn moment_or_none(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.column(column)?;
    Ok(millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()))
}

pub(crate) fn to_json<T: Serialize + ?Sized>(column: &'static str, value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Content { column, cause: error.to_string() })
}

/// A JSON column, inside of a row mapper.
pub(crate) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<T> {
    let text: String = row.column(column)?;
    serde_json::from_str(&text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}

/// The same where there may be none.
pub(crate) fn json_or_none<T: DeserializeOwned>(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<T>> {
    let text: Option<String> = row.column(column)?;
    text.map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(error)))
}
