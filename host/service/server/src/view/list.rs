//! Lists: what somebody searches for and which page of it they see, in the address, so that it can be kept and sent to others.

use askama::Template;
use askama::filters::HtmlSafe;
use palisade_limits as limits;
use palisade_store::Page;
use serde::Deserialize;

/// What the address of a list says: `?search=...&page=2`. An extractor within `Query`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct ListQuery {
    /// What is searched for.
    #[serde(default)]
    pub search: String,
    /// Which page, from 1 on.
    #[serde(default)]
    pub page: Option<u64>,
}

impl ListQuery {
    /// What is searched for, if anything.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        Some(self.search.trim()).filter(|text| !text.is_empty())
    }

    /// Which page, from 1 on.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.page.unwrap_or(1).clamp(1, u64::from(u32::MAX))
    }

    /// The rows of it.
    #[must_use]
    pub fn rows(&self) -> Page {
        Page { offset: (self.number() - 1) * limits::PAGE_ROWS, limit: limits::PAGE_ROWS }
    }
}

/// The way to the other pages of a list. Prints itself.
#[derive(Debug, Clone, Template)]
#[template(path = "parts/pager.html")]
pub struct Pager {
    number: u64,
    pages: u64,
    first: u64,
    last: u64,
    total: u64,
    path: String,
    query: String,
    what: &'static str,
}

impl HtmlSafe for Pager {}

impl Pager {
    /// For a list of `total` rows at a path. `keep` are the other parameters of the address; `what` are rows of it, many.
    #[must_use]
    pub fn new(path: &str, keep: &[(&str, &str)], number: u64, total: u64, what: &'static str) -> Self {
        let pages = total.div_ceil(limits::PAGE_ROWS).max(1);
        let first = (number - 1).saturating_mul(limits::PAGE_ROWS) + 1;
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(keep.iter().filter(|(_, value)| !value.is_empty()));
        Self {
            number,
            pages,
            first: first.min(total),
            last: number.saturating_mul(limits::PAGE_ROWS).min(total),
            total,
            path: path.to_owned(),
            query: query.finish(),
            what,
        }
    }

    fn href(&self, number: u64) -> String {
        let and = if self.query.is_empty() { "" } else { "&" };
        format!("{}?{}{and}page={number}", self.path, self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_keep_what_was_searched_for() {
        let pager = Pager::new("/audit", &[("search", "a&b"), ("kind", "")], 2, 120, "lines");
        assert_eq!(pager.href(3), "/audit?search=a%26b&page=3");
        assert_eq!((pager.first, pager.last, pager.pages), (51, 100, 3));
    }

    #[test]
    fn a_page_beyond_the_end_is_no_error() {
        let query = ListQuery { search: " ".to_owned(), page: Some(u64::MAX) };
        assert_eq!(query.text(), None);
        let pager = Pager::new("/audit", &[], query.number(), 3, "lines");
        assert_eq!((pager.first, pager.last), (3, 3));
        assert_eq!(Pager::new("/audit", &[], 1, 0, "lines").last, 0);
    }
}
