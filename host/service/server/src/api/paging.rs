//! Lists of the API, page by page.

use palisade_limits as limits;
use palisade_store::Page;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{Failure, Fault};

/// The requested part of a list.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub(crate) struct PageQuery {
    /// The number of the page, from 1.
    #[param(minimum = 1, maximum = 4_294_967_295_i64, example = 1)]
    page: Option<u64>,
    /// The number of rows on the page; by default 50.
    #[param(minimum = 1, maximum = 500, example = 50)]
    per_page: Option<u64>,
}

impl PageQuery {
    fn number(self) -> u64 {
        self.page.unwrap_or(1)
    }

    fn per_page(self) -> u64 {
        self.per_page.unwrap_or(limits::PAGE_ROWS)
    }

    /// The rows, as the state takes it.
    pub(crate) fn rows(self) -> Result<Page, Failure> {
        let mut faults = Vec::new();
        if !(1..=u64::from(u32::MAX)).contains(&self.number()) {
            faults.push(Fault::new("page", format!("Ask for a page from 1 to {}.", u32::MAX)));
        }
        if !(1..=limits::API_PAGE_ROWS).contains(&self.per_page()) {
            faults.push(Fault::new("per_page", format!("Ask for 1 to {} rows.", limits::API_PAGE_ROWS)));
        }
        if !faults.is_empty() {
            return Err(Failure::invalid(faults));
        }
        Ok(Page { offset: (self.number() - 1) * self.per_page(), limit: self.per_page() })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed<T> {
    /// The rows.
    items: Vec<T>,
    /// The number of rows on all pages.
    #[schema(example = 1)]
    total: u64,
    /// The number of this page.
    #[schema(example = 1)]
    page: u64,
    /// The number of rows on a page.
    #[schema(example = 50)]
    per_page: u64,
}

impl<T> Listed<T> {
    /// A page that the state has cut out.
    pub(crate) fn new(items: Vec<T>, total: u64, query: PageQuery) -> Self {
        Self { items, total, page: query.number(), per_page: query.per_page() }
    }

    /// A page cut out of all rows.
    pub(crate) fn cut(all: Vec<T>, query: PageQuery) -> Result<Self, Failure> {
        let (rows, total) = (query.rows()?, all.len() as u64);
        let skip = usize::try_from(rows.offset).unwrap_or(usize::MAX);
        let take = usize::try_from(rows.limit).unwrap_or(usize::MAX);
        Ok(Self::new(all.into_iter().skip(skip).take(take).collect(), total, query))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_out_and_the_total_is_of_all() {
        let query = PageQuery { page: Some(2), per_page: Some(3) };
        let page = Listed::cut((1..=5).collect(), query).unwrap();
        assert_eq!((page.items, page.total), (vec![4, 5], 5));
    }

    #[test]
    fn a_page_without_an_end_is_refused() {
        for (page, per_page) in [(0, 1), (1, 0), (1, limits::API_PAGE_ROWS + 1), (u64::MAX, 1)] {
            let query = PageQuery { page: Some(page), per_page: Some(per_page) };
            assert!(query.rows().is_err(), "{page} {per_page}");
        }
    }
}
