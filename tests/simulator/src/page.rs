//! Pages of a list: order, size, dates, and the token that says where the next page begins (API reference, sections 1 and 3.4).
//! A token carries the place, the order, the filter's digest and its time of issue; it is good only for the list, order and
//! filter that it was made for.

use std::hash::{DefaultHasher, Hash, Hasher};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::filter::{self, Expression, Language};
use crate::identifier::{Kind, List};
use crate::limits::{FILTER_CHARACTERS, ORDER_CHARACTERS, TOP};
use crate::settings::Paging;

/// The sizes that the service documents.
const TOPS: [usize; 3] = [50, 100, 200];

/// A field that a filter may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Type,
    Value(Kind),
    ScanAction,
    RiskLevel,
}

impl Field {
    fn from_name(name: &str) -> Option<Self> {
        match name {
            "type" => Some(Self::Type),
            "scanAction" => Some(Self::ScanAction),
            "riskLevel" => Some(Self::RiskLevel),
            _ => Kind::from_name(name).map(Self::Value),
        }
    }
}

/// What a list can be ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrderField {
    RiskLevel,
    LastModified,
    Expired,
}

/// Where an object stands: what it is ordered by, and the number of its last change, which makes that unique.
pub(crate) type Place = (i64, u64);

/// What a request for a page asks for.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) field: OrderField,
    pub(crate) descending: bool,
    pub(crate) top: usize,
    pub(crate) start: Option<OffsetDateTime>,
    pub(crate) end: Option<OffsetDateTime>,
    filter: Option<Expression<Field>>,
    /// The last place of the page before, if there was one.
    after: Option<Place>,
    list: List,
    filter_digest: u64,
    /// The parameters as they were sent, without the token.
    parameters: Vec<(String, String)>,
}

/// Why a page is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageError {
    /// A parameter or the filter is wrong.
    Invalid(&'static str),
    /// The token is too old.
    Expired,
}

impl Query {
    /// Reads the query and the filter header of a request.
    pub(crate) fn parse(
        list: List,
        query: &str,
        filter: Option<&str>,
        paging: &Paging,
        now: OffsetDateTime,
    ) -> Result<Self, PageError> {
        let language = Language {
            field: &Field::from_name,
            characters: FILTER_CHARACTERS,
            contains: false,
            search: false,
        };
        let parse_filter = |filter| filter::parse(filter, &language).map_err(PageError::Invalid);
        let mut this = Self {
            field: OrderField::LastModified,
            descending: true,
            top: paging.default_top.clamp(1, TOP),
            start: None,
            end: None,
            filter: filter.map(parse_filter).transpose()?,
            after: None,
            list,
            filter_digest: digest(filter.unwrap_or_default()),
            parameters: Vec::new(),
        };
        let mut token = None;
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "skipToken" => {
                    token = Some(value.into_owned());
                    continue;
                }
                "orderBy" => this.order_by(&value)?,
                "top" => this.top = top(&value, paging)?,
                "startDateTime" => this.start = Some(date(&value)?),
                "endDateTime" => this.end = Some(date(&value)?),
                _ => {}
            }
            this.parameters.push((name.into_owned(), value.into_owned()));
        }
        if let Some(token) = token {
            this.after = Some(this.read_token(&token, paging, now)?);
        }
        Ok(this)
    }

    fn order_by(&mut self, value: &str) -> Result<(), PageError> {
        let invalid = PageError::Invalid("orderBy is not of the list's orders");
        if value.chars().count() > ORDER_CHARACTERS {
            return Err(invalid);
        }
        let mut words = value.split_ascii_whitespace();
        self.field = match (words.next(), self.list) {
            (Some("lastModifiedDateTime"), _) => OrderField::LastModified,
            (Some("riskLevel"), List::SuspiciousObjects) => OrderField::RiskLevel,
            (Some("expiredDateTime"), List::SuspiciousObjects) => OrderField::Expired,
            _ => return Err(invalid),
        };
        self.descending = match words.next() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(_) => return Err(invalid),
        };
        if words.next().is_some() { Err(invalid) } else { Ok(()) }
    }

    /// Whether an object that was modified then is within the dates that were asked for.
    pub(crate) fn within_dates(&self, modified: OffsetDateTime) -> bool {
        self.start.is_none_or(|start| start <= modified) && self.end.is_none_or(|end| modified <= end)
    }

    /// Whether the filter matches an object; `field` gives the text of its fields, `None` for one that it does not have.
    /// Values are compared as the lists compare them.
    pub(crate) fn admits<'a>(&self, field: &impl Fn(Field) -> Option<&'a str>) -> bool {
        self.filter.as_ref().is_none_or(|filter| {
            filter.matches(&|wanted, _, text| {
                field(*wanted).is_some_and(|value| match wanted {
                    Field::Value(kind) => kind.key(value) == kind.key(text),
                    _ => value == text,
                })
            })
        })
    }

    /// Of all objects that match, those of this page in order, and whether there are more.
    pub(crate) fn page<T>(&self, objects: impl Iterator<Item = (Place, T)>) -> (Vec<(Place, T)>, bool) {
        let mut objects: Vec<_> = objects
            .filter(|(place, _)| match self.after {
                None => true,
                Some(after) if self.descending => *place < after,
                Some(after) => *place > after,
            })
            .collect();
        objects.sort_unstable_by(
            |(left, _), (right, _)| {
                if self.descending { right.cmp(left) } else { left.cmp(right) }
            },
        );
        let more = objects.len() > self.top;
        objects.truncate(self.top);
        (objects, more)
    }

    /// The address of the page after the one that ended at `last`.
    pub(crate) fn next_link(&self, origin: &str, path: &str, last: Place, now: OffsetDateTime) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.parameters)
            .append_pair("skipToken", &self.token(last, now))
            .finish();
        format!("{origin}{path}?{query}")
    }

    /// What a token must agree with: list, order and direction.
    fn signature(&self) -> String {
        format!("{:?}-{:?}-{}", self.list, self.field, self.descending)
    }

    fn token(&self, last: Place, now: OffsetDateTime) -> String {
        let text = format!(
            "{}|{}|{}|{}|{}",
            self.signature(),
            last.0,
            last.1,
            self.filter_digest,
            now.unix_timestamp()
        );
        hexadecimal(text.as_bytes())
    }

    fn read_token(&self, token: &str, paging: &Paging, now: OffsetDateTime) -> Result<Place, PageError> {
        let invalid = PageError::Invalid("the skipToken is not one of this list and order");
        let text = from_hexadecimal(token).ok_or(invalid)?;
        let mut parts = text.split('|');
        if parts.next() != Some(self.signature().as_str()) {
            return Err(invalid);
        }
        let mut number = || parts.next()?.parse::<i128>().ok();
        let (Some(value), Some(change), Some(filter), Some(issued)) =
            (number(), number(), number(), number())
        else {
            return Err(invalid);
        };
        if paging.same_filter && filter != i128::from(self.filter_digest) {
            return Err(PageError::Invalid("TMV1-Filter is not that of the first page"));
        }
        let age = i128::from(now.unix_timestamp()) - issued;
        if paging.token_seconds.is_some_and(|seconds| age >= i128::from(seconds)) {
            return Err(PageError::Expired);
        }
        Ok((i64::try_from(value).map_err(|_| invalid)?, u64::try_from(change).map_err(|_| invalid)?))
    }
}

/// Says whether two filters are the same one.
pub(crate) fn digest(filter: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    filter.trim().hash(&mut hasher);
    hasher.finish()
}

/// Bytes as hexadecimal digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text behind hexadecimal digits.
pub(crate) fn from_hexadecimal(text: &str) -> Option<String> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    let bytes = (0..text.len())
        .step_by(2)
        .map(|begin| u8::from_str_radix(text.get(begin..begin + 2)?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok()
}

fn top(value: &str, paging: &Paging) -> Result<usize, PageError> {
    match value.parse::<usize>() {
        Ok(top) if paging.strict_top && !TOPS.contains(&top) => {
            Err(PageError::Invalid("top is none of 50, 100, 200"))
        }
        Ok(top) if top > 0 => Ok(top.min(TOP)),
        _ => Err(PageError::Invalid("top is no positive number")),
    }
}

fn date(value: &str) -> Result<OffsetDateTime, PageError> {
    OffsetDateTime::parse(value, &Rfc3339).map_err(|_| PageError::Invalid("a date is not of ISO 8601"))
}

/// A date as the service writes it: `2026-01-31T23:59:59Z`.
pub(crate) fn format_date(date: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    date.to_offset(time::UtcOffset::UTC).format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn parse(query: &str, filter: Option<&str>) -> Result<Query, PageError> {
        Query::parse(List::SuspiciousObjects, query, filter, &Paging::default(), NOW)
    }

    fn walk(order: &str) -> Vec<u64> {
        let objects = [(5, 1), (3, 2), (5, 3), (1, 4), (3, 5)];
        let mut seen = Vec::new();
        let mut query = parse(&format!("top=2&orderBy={order}&unknown=%26"), None).unwrap();
        loop {
            let (page, more) = query.page(objects.into_iter().map(|place| (place, place.1)));
            seen.extend(page.iter().map(|(_, change)| *change));
            if !more {
                return seen;
            }
            let link = query.next_link("https://h", "/v3.0/x", page.last().unwrap().0, NOW);
            let (path, next) = link.split_once('?').unwrap();
            assert_eq!(path, "https://h/v3.0/x");
            assert!(next.contains("unknown=%26"), "{next}");
            query = parse(next, None).unwrap();
        }
    }

    #[test]
    fn pages_hold_every_object_once_in_order() {
        assert_eq!(walk("riskLevel+desc"), [3, 1, 5, 2, 4]);
        assert_eq!(walk("expiredDateTime"), [4, 2, 5, 1, 3]);
    }

    #[test]
    fn wrong_parameters_are_refused() {
        for query in [
            "top=0",
            "top=x",
            "orderBy=name",
            "orderBy=riskLevel+down",
            "orderBy=riskLevel+asc+asc",
            "startDateTime=yesterday",
            "skipToken=zz",
            "skipToken=00",
        ] {
            assert!(parse(query, None).is_err(), "{query}");
        }
        assert_eq!(parse("top=1", None).unwrap().top, 1);
        assert_eq!(parse("top=5000", None).unwrap().top, 200);
        let strict = Paging { strict_top: true, ..Paging::default() };
        assert!(Query::parse(List::Exceptions, "top=1", None, &strict, NOW).is_err());
        assert!(Query::parse(List::Exceptions, "orderBy=riskLevel", None, &strict, NOW).is_err());
    }

    #[test]
    fn a_token_is_good_for_its_list_order_filter_and_time() {
        let token = parse("", Some("type eq 'ip'")).unwrap().token((1, 2), NOW);
        let query = format!("skipToken={token}");
        assert_eq!(parse(&query, Some("type eq 'ip'")).unwrap().after, Some((1, 2)));
        assert_eq!(parse(&query, None).unwrap().after, Some((1, 2)));
        let strict = Paging { same_filter: true, ..Paging::default() };
        assert!(Query::parse(List::SuspiciousObjects, &query, None, &strict, NOW).is_err());
        assert!(parse(&format!("orderBy=riskLevel&{query}"), Some("type eq 'ip'")).is_err());
        let paging = Paging { token_seconds: Some(60), ..Paging::default() };
        let at = |seconds| {
            let now = NOW + time::Duration::seconds(seconds);
            Query::parse(List::SuspiciousObjects, &query, None, &paging, now).map(|query| query.after)
        };
        assert_eq!(at(59), Ok(Some((1, 2))));
        assert_eq!(at(60), Err(PageError::Expired));
        assert!(Query::parse(List::Exceptions, &query, None, &paging, NOW).is_err());
    }

    #[test]
    fn filters_compare_values_as_the_lists_do() {
        let field = |field| match field {
            Field::Type => Some("domain"),
            Field::Value(Kind::Domain) => Some("Example.com"),
            _ => None,
        };
        for (filter, expected) in
            [("domain eq 'EXAMPLE.com'", true), ("ip eq '192.0.2.1'", false), ("type eq 'Domain'", false)]
        {
            assert_eq!(parse("", Some(filter)).unwrap().admits(&field), expected, "{filter}");
        }
    }

    #[test]
    fn dates_are_written_in_utc() {
        assert_eq!(format_date(NOW), "1970-01-01T00:00:00Z");
    }

    proptest::proptest! {
        #[test]
        fn any_list_is_walked_once_and_in_order(
            values in proptest::collection::vec(0..9_i64, 0..40),
            top in 1..9_usize,
            descending: bool,
        ) {
            let order = if descending { "riskLevel desc" } else { "riskLevel" };
            let mut query = parse(&format!("top={top}&orderBy={order}"), None).unwrap();
            let mut seen: Vec<Place> = Vec::new();
            loop {
                let objects = values.iter().zip(0..).map(|(value, change)| ((*value, change), ()));
                let (page, more) = query.page(objects);
                seen.extend(page.iter().map(|(place, ())| *place));
                if !more {
                    break;
                }
                let link = query.next_link("https://h", "/x", *seen.last().unwrap(), NOW);
                query = parse(link.split_once('?').unwrap().1, None).unwrap();
            }
            let mut expected: Vec<Place> = values.iter().copied().zip(0..).collect();
            expected.sort_unstable();
            if descending {
                expected.reverse();
            }
            proptest::prop_assert_eq!(seen, expected);
        }
    }
}
