//! From one page to the next. Pure. It ends when the appliance has no more objects or repeats a mark, and after
//! [`limits::THREATQ_PAGES`] in any case: marks that never repeat do not keep a run for ever.

use std::collections::HashSet;

use palisade_limits as limits;

use crate::answer::{Page, Unexpected};

/// The mark of the first page.
const FIRST: &str = "*";

/// Where the pages stand.
#[derive(Debug)]
pub(crate) struct Paging {
    mark: String,
    asked: HashSet<String>,
    page_objects: u64,
    pages: u64,
}

/// What comes after a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another page.
    Page,
    /// Nothing.
    End,
}

/// Why there is no next page although the collection has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stuck {
    /// The appliance says that there are more objects and not how to ask for them.
    NoMark(Unexpected),
    /// More objects or pages than are read.
    TooMany,
}

impl Paging {
    /// Before the first page, with as many objects on each page as usual.
    pub(crate) fn new() -> Self {
        Self::with(limits::THREATQ_PAGE_OBJECTS)
    }

    /// Before the first page, with so many objects on each.
    pub(crate) fn with(page_objects: u64) -> Self {
        let asked = HashSet::from([FIRST.to_owned()]);
        Self { mark: FIRST.to_owned(), asked, page_objects, pages: 0 }
    }

    /// Pages read so far.
    pub(crate) fn pages(&self) -> u64 {
        self.pages
    }

    /// The query of the next page.
    ///
    /// By the time of the last change, because that is the order by which this list is known to be asked for. An object that
    /// changes meanwhile comes again and is not lost.
    pub(crate) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("sort", "updated_at")
            .append_pair("limit", &self.page_objects.to_string())
            .append_pair("cursorMark", &self.mark)
            .finish()
    }

    /// Goes on with half the objects on a page; false where there is no half. A mark stands for a place in the list and not
    /// for a page of some size.
    pub(crate) fn shrink(&mut self) -> bool {
        let can = self.page_objects > 1;
        self.page_objects = (self.page_objects / 2).max(1);
        can
    }

    /// Counts a page, and says what comes after it.
    pub(crate) fn advance(&mut self, page: &Page) -> Result<Next, Stuck> {
        let first = self.pages == 0;
        self.pages += 1;
        let Page { total, objects, next } = page;
        if *objects == 0 {
            return Ok(Next::End);
        }
        let most = limits::THREATQ_PAGES.saturating_mul(self.page_objects);
        if first && total.is_some_and(|total| total > most) {
            return Err(Stuck::TooMany);
        }
        match next {
            None if first && total.is_some_and(|total| total > *objects) => Err(Stuck::NoMark(Unexpected {
                expected: "a `nextCursorMark`, because there are more objects than on the page",
                found: "none".to_owned(),
            })),
            None => Ok(Next::End),
            Some(mark) if !self.asked.insert(mark.clone()) => Ok(Next::End),
            Some(_) if self.pages >= limits::THREATQ_PAGES => Err(Stuck::TooMany),
            Some(mark) => {
                self.mark.clone_from(mark);
                Ok(Next::Page)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(total: u64, objects: u64, next: Option<&str>) -> Page {
        Page { total: Some(total), objects, next: next.map(str::to_owned) }
    }

    #[test]
    fn a_mark_is_asked_for_as_it_was_given() {
        let mut paging = Paging::with(2);
        assert_eq!(paging.query(), "sort=updated_at&limit=2&cursorMark=*");
        assert_eq!(paging.advance(&page(9, 2, Some("A+/=&b"))), Ok(Next::Page));
        assert_eq!(paging.query(), "sort=updated_at&limit=2&cursorMark=A%2B%2F%3D%26b");
    }

    #[test]
    fn it_ends_where_there_is_nothing_more_or_a_mark_comes_again() {
        for (pages, ended) in [
            (vec![page(0, 0, Some("a"))], Next::End),
            (vec![page(2, 2, Some("*"))], Next::End),
            (vec![page(2, 2, None)], Next::End),
            (vec![page(9, 2, Some("a")), page(9, 2, Some("a"))], Next::End),
            (vec![page(9, 2, Some("a")), page(9, 2, None)], Next::End),
            (vec![page(9, 2, Some("a")), page(9, 0, Some("b"))], Next::End),
            (vec![page(9, 2, Some("a")), page(9, 2, Some("b")), page(9, 2, Some("a"))], Next::End),
            (vec![page(9, 2, Some("a")), page(9, 2, Some("b"))], Next::Page),
        ] {
            let mut paging = Paging::with(2);
            let steps: Vec<_> = pages.iter().map(|page| paging.advance(page).unwrap()).collect();
            assert_eq!(steps.last(), Some(&ended), "{pages:?}");
            assert!(steps.iter().rev().skip(1).all(|step| *step == Next::Page), "{pages:?}");
            assert_eq!(paging.pages(), pages.len() as u64);
        }
    }

    #[test]
    fn a_first_page_without_a_mark_is_not_taken_for_the_whole() {
        let stuck = Paging::with(2).advance(&page(3, 2, None)).unwrap_err();
        assert!(matches!(stuck, Stuck::NoMark(unexpected) if unexpected.expected.contains("nextCursorMark")));
    }

    #[test]
    fn marks_that_never_repeat_come_to_an_end() {
        let mut paging = Paging::with(1);
        let steps = (0..).map_while(|number| paging.advance(&page(5, 1, Some(&number.to_string()))).ok());
        assert_eq!(steps.count() as u64, limits::THREATQ_PAGES - 1);
        assert_eq!(paging.pages(), limits::THREATQ_PAGES);
    }

    #[test]
    fn a_collection_that_is_larger_than_all_pages_is_refused_at_once() {
        let most = limits::THREATQ_PAGES * limits::THREATQ_PAGE_OBJECTS;
        assert_eq!(Paging::new().advance(&page(most, 500, Some("a"))), Ok(Next::Page));
        assert_eq!(Paging::new().advance(&page(most + 1, 500, Some("a"))), Err(Stuck::TooMany));
    }

    #[test]
    fn pages_shrink_to_one_object_and_no_further() {
        let mut paging = Paging::new();
        let mut times = 0;
        while paging.shrink() {
            times += 1;
        }
        assert!((1..20).contains(&times), "{times}");
        assert!(paging.query().contains("limit=1&"));
    }
}
