//! Reading the tenant's lists: one walk through the pages of each type of each list, all of them at the same time.
//!
//! The filter goes along with every page, because the service asks for it on each, and every page is asked of the list's
//! own path: of the link to a next page only the query is taken. A walk that comes to where it has been, or that does not
//! end, stops the run.

use std::collections::{HashSet, VecDeque};

use crate::configuration::ListName;
use crate::contract::Stop;
use crate::item::Field;
use crate::limits;
use crate::listing::{self, Entry};

/// One type of one list, read page by page. Whoever holds it owes it the answer to its next request.
#[derive(Debug)]
pub struct Walk {
    list: ListName,
    field: Field,
    query: String,
    pages: usize,
    /// Tokens of the pages so far.
    tokens: HashSet<String>,
}

impl Walk {
    /// One that is at the list's beginning.
    pub fn new(list: ListName, field: Field) -> Self {
        let query = format!("top={}", limits::LIST_PAGE_OBJECTS);
        Self { list, field, query, pages: 0, tokens: HashSet::new() }
    }

    /// Which list it reads.
    pub const fn list(&self) -> ListName {
        self.list
    }

    /// Which type it reads.
    pub const fn field(&self) -> Field {
        self.field
    }

    /// Path and query of the next request.
    pub fn path_and_query(&self) -> String {
        [self.list.path(), "?", &self.query].concat()
    }

    /// The value of `TMV1-Filter` of every request.
    pub fn filter(&self) -> String {
        format!("type eq '{}'", self.field.name())
    }

    /// Reads the answer to the request; without a walk the list's end is reached.
    ///
    /// # Errors
    ///
    /// Why the list cannot be read: see [`listing::read`].
    pub fn answered(mut self, status: u16, body: &[u8]) -> Result<(Vec<Entry>, Option<Self>), Stop> {
        let page = listing::read(status, body, self.list, self.field)?;
        let Some(query) = page.next else { return Ok((page.entries, None)) };
        self.pages += 1;
        if !self.tokens.insert(token(&query).to_owned()) {
            return Err(self.lost("the service named the same next page twice"));
        }
        if self.pages >= limits::LIST_PAGES {
            return Err(self.lost(&format!("it continues after {} pages", limits::LIST_PAGES)));
        }
        self.query = query;
        Ok((page.entries, Some(self)))
    }

    /// The list cannot be read, for this reason.
    pub fn lost(&self, reason: &str) -> Stop {
        listing::unreadable(self.list, self.field, reason)
    }
}

/// What tells one page from another: its token, or, without one, the whole query.
fn token(query: &str) -> &str {
    query.split('&').find_map(|parameter| parameter.strip_prefix("skipToken=")).unwrap_or(query)
}

/// The walks that wait for their turn.
#[derive(Debug, Default)]
pub struct Survey {
    asked: HashSet<(ListName, Field)>,
    waiting: VecDeque<Walk>,
}

impl Survey {
    /// Has a type of a list read, once.
    pub fn ask(&mut self, list: ListName, field: Field) {
        if self.asked.insert((list, field)) {
            self.waiting.push_back(Walk::new(list, field));
        }
    }

    /// Takes the walk whose turn it is.
    pub fn take_next(&mut self) -> Option<Walk> {
        self.waiting.pop_front()
    }

    /// Has a walk go on.
    pub fn go_on(&mut self, walk: Walk) {
        self.waiting.push_back(walk);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk() -> Walk {
        Walk::new(ListName::Block, Field::Domain)
    }

    fn page(next: &str) -> Vec<u8> {
        format!(r#"{{"items": [{{"domain": "a.example"}}], "nextLink": "{next}"}}"#).into_bytes()
    }

    #[test]
    fn every_page_is_asked_of_the_same_path_with_the_same_filter() {
        let walk = walk();
        assert_eq!(walk.path_and_query(), "/v3.0/threatintel/suspiciousObjects?top=200");
        assert_eq!(walk.filter(), "type eq 'domain'");
        let link = "https://other.example/v3.0/xdr/threatintel/elsewhere?top=200&skipToken=2";
        let (entries, next) = walk.answered(200, &page(link)).unwrap();
        let next = next.unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(next.path_and_query(), "/v3.0/threatintel/suspiciousObjects?top=200&skipToken=2");
        assert_eq!(next.filter(), "type eq 'domain'");
        assert!(next.answered(200, br#"{"items": []}"#).unwrap().1.is_none());
    }

    #[test]
    fn a_walk_in_circles_ends() {
        let (_, next) = walk().answered(200, &page("?skipToken=1")).unwrap();
        let (_, next) = next.unwrap().answered(200, &page("?skipToken=2")).unwrap();
        let stop = next.unwrap().answered(200, &page("?top=200&skipToken=1")).unwrap_err();
        assert_eq!(stop.problem.code, "list-unreadable");
        let (_, next) = walk().answered(200, &page("?top=200")).unwrap();
        assert!(next.unwrap().answered(200, &page("?top=200")).is_err());
    }

    #[test]
    fn a_walk_without_end_ends() {
        let mut next = Some(walk());
        for number in 1..limits::LIST_PAGES {
            next = next.unwrap().answered(200, &page(&format!("?skipToken={number}"))).unwrap().1;
        }
        let stop = next.unwrap().answered(200, &page("?skipToken=last")).unwrap_err();
        assert!(stop.problem.message.contains("400 pages"));
    }

    #[test]
    fn what_is_asked_twice_is_read_once() {
        let mut survey = Survey::default();
        survey.ask(ListName::Block, Field::Ip);
        survey.ask(ListName::Block, Field::Ip);
        survey.ask(ListName::Exceptions, Field::Ip);
        assert_eq!(std::iter::from_fn(|| survey.take_next()).count(), 2);
        assert!(survey.take_next().is_none());
    }
}
