//! The search over everything. Values are found by their beginning, in any spelling, through an index: the cost depends on how
//! many different values are counted, not on how many objects the state has. Names are found by any part of them.

use async_trait::async_trait;
use jiff::Timestamp;
use palisade_limits as limits;
use palisade_model::Verdict;

use crate::{CollectionId, Page, RunId, RunRow, StoreError};

/// One page of what a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matches<T> {
    /// The rows of the page.
    pub rows: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// Whether there are more that were not counted.
    pub more: bool,
}

impl<T> Matches<T> {
    /// How many matches of one kind are counted.
    pub const MOST: u64 = limits::SEARCH_COUNTED;

    /// No match.
    #[must_use]
    pub fn none() -> Self {
        Self { rows: Vec::new(), total: 0, more: false }
    }

    /// One page of all matches. Implementations read [`Matches::MOST`] and one more.
    #[must_use]
    pub fn cut(mut all: Vec<T>, page: Page) -> Self {
        let most = usize::try_from(Self::MOST).unwrap_or(usize::MAX);
        let more = all.len() > most;
        all.truncate(most);
        let total = all.len() as u64;
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let rows = all.into_iter().skip(place(page.offset)).take(place(page.limit)).collect();
        Self { rows, total, more }
    }
}

/// A value that runs had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInRuns {
    /// Its type.
    pub subtype: String,
    /// The value, as the last run had it.
    pub value: String,
    /// In how many runs; the latest are counted.
    pub runs: u64,
    /// The last of them.
    pub run: RunId,
    /// The object's place in it.
    pub place: u64,
    /// The name of the workflow of that run.
    pub workflow_name: String,
    /// When that run was requested.
    pub at: Timestamp,
    /// The last verdict there; none yet.
    pub verdict: Option<Verdict>,
}

/// A value that uploaded files of a collection have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInFiles {
    /// Its type.
    pub subtype: String,
    /// The value, as a file has it.
    pub value: String,
    /// The collection.
    pub collection: CollectionId,
    /// The collection's name.
    pub collection_name: String,
    /// The file's name.
    pub file: String,
}

/// Something that has a name: a workflow, a collection, an integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Searched {
    /// Identifies it among those of its kind.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it is for, or another line about it.
    pub text: String,
}

/// The search over everything.
#[async_trait]
pub trait Search: Send + Sync {
    /// The values of runs that begin as this text does, in any spelling; the value that is the text comes first.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn search_run_objects(&self, text: &str, page: Page) -> Result<Matches<FoundInRuns>, StoreError>;

    /// The values of uploaded files that begin as this text does, in any spelling; the value that is the text comes first.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn search_file_objects(&self, text: &str, page: Page) -> Result<Matches<FoundInFiles>, StoreError>;

    /// Workflows with this text in the name or the description.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn search_workflows(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError>;

    /// Collections with this text in the name, the description or the name of a file.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn search_collections(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError>;

    /// Installed integrations with this text in the title, the id or the publisher, the latest version first.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn search_bundles(&self, text: &str, page: Page) -> Result<Matches<Searched>, StoreError>;

    /// The run with this number, and those of the latest runs with this text in the name of the workflow or the collection, in the
    /// name of who requested it, or in the reason; the latest first.
    ///
    /// # Errors
    /// If the state cannot be read.
    async fn search_runs(&self, text: &str, page: Page) -> Result<Matches<RunRow>, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_counted_is_told_apart_from_what_is_not_there() {
        let most = limits::SEARCH_COUNTED;
        for (there, total, more) in [(most - 1, most - 1, false), (most, most, false), (most + 1, most, true)]
        {
            let found = Matches::cut((0..there).collect(), Page { offset: 2, limit: 3 });
            assert_eq!((found.rows, found.total, found.more), (vec![2, 3, 4], total, more));
        }
    }
}
