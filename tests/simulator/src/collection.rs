//! Pages of the service's other lists, whose items are JSON: filters, dates, order, size, and the token of the next page. Their
//! filters must be sent again on every page.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::filter::{self, Expression, Language, Operator};
use crate::listing::expired_token;
use crate::page::{digest, from_hexadecimal, hexadecimal};
use crate::routes::{Context, Judged};

/// Where a list takes its filter from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FilterSource {
    /// This header.
    Header(&'static str),
    /// The parameter `filter`.
    Parameter,
}

/// The texts of an item's field, if they are not simply its own.
pub(crate) type Texts = fn(&Value, &str) -> Option<Vec<String>>;

/// What is particular to a list.
pub(crate) struct Listing {
    pub(crate) filter: FilterSource,
    /// Whether there must be a filter.
    pub(crate) is_filter_required: bool,
    /// The longest filter, in characters.
    pub(crate) filter_characters: usize,
    /// The fields that a filter may name; any if empty.
    pub(crate) fields: &'static [&'static str],
    /// Whether the filter has `contains`.
    pub(crate) contains: bool,
    /// Whether the filter is in the searches' language.
    pub(crate) is_search: bool,
    /// The sizes of a page that the specification has; none if the list has no `top`.
    pub(crate) tops: &'static [usize],
    pub(crate) default_top: usize,
    /// The fields that it can be ordered by.
    pub(crate) orders: &'static [&'static str],
    pub(crate) default_order: &'static str,
    /// Whether an order without a direction is descending.
    pub(crate) is_descending: bool,
    /// The parameters that bound a date: begin, end, and the date's field.
    pub(crate) dates: &'static [(&'static str, &'static str, &'static str)],
    /// The fields that `dateTimeTarget` may name instead of the first date's.
    pub(crate) date_targets: &'static [&'static str],
    /// The texts of a field that are not simply the item's own.
    pub(crate) texts: Option<Texts>,
}

/// A list with a filter in `TMV1-Filter` and pages of 50, 100 or 200.
pub(crate) const PLAIN: Listing = Listing {
    filter: FilterSource::Header("tmv1-filter"),
    is_filter_required: false,
    filter_characters: 4000,
    fields: &[],
    contains: false,
    is_search: false,
    tops: &[50, 100, 200],
    default_top: 50,
    orders: &[],
    default_order: "",
    is_descending: false,
    dates: &[],
    date_targets: &[],
    texts: None,
};

/// A page.
pub(crate) struct Page {
    pub(crate) items: Vec<Value>,
    /// How many items there are on all pages.
    pub(crate) total: usize,
    next_link: Option<String>,
}

impl Page {
    /// The body of the answer.
    pub(crate) fn body(self) -> Value {
        let mut body = json!({ "items": self.items });
        if let (Some(link), Some(fields)) = (self.next_link, body.as_object_mut()) {
            fields.insert("nextLink".to_owned(), link.into());
        }
        body
    }

    /// The body of the answer, with both counts.
    pub(crate) fn counted(self) -> Value {
        let (count, total) = (self.items.len(), self.total);
        let mut body = self.body();
        if let Some(fields) = body.as_object_mut() {
            fields.insert("count".to_owned(), count.into());
            fields.insert("totalCount".to_owned(), total.into());
        }
        body
    }
}

/// What a request asks for.
struct Asked {
    filter: Option<Expression<String>>,
    filter_digest: u64,
    top: usize,
    /// Fields and whether each is descending.
    order: Vec<(String, bool)>,
    bounds: Vec<(String, Option<OffsetDateTime>, Option<OffsetDateTime>)>,
    skip: usize,
    /// The parameters without the token.
    parameters: Vec<(String, String)>,
}

/// Of all items of a list, those of the page that a request asks for.
pub(crate) fn page(context: &Context<'_>, listing: &Listing, items: Vec<Value>) -> Result<Page, Box<Judged>> {
    let asked = Asked::read(context, listing)?;
    let mut items: Vec<Value> = items.into_iter().filter(|item| asked.admits(item, listing)).collect();
    for (field, descending) in asked.order.iter().rev() {
        items.sort_by(|left, right| {
            let (left, right) = (rank(left, field), rank(right, field));
            if *descending { right.cmp(&left) } else { left.cmp(&right) }
        });
    }
    let total = items.len();
    let items: Vec<Value> = items.into_iter().skip(asked.skip).take(asked.top).collect();
    let seen = asked.skip + items.len();
    let next_link = (seen < total).then(|| asked.next_link(context, seen));
    Ok(Page { items, total, next_link })
}

impl Asked {
    fn read(context: &Context<'_>, listing: &Listing) -> Result<Self, Box<Judged>> {
        let bad = |reason| Box::new(context.bad(reason));
        let rules = &context.settings.rules;
        let mut this = Self {
            filter: None,
            filter_digest: 0,
            top: listing.default_top,
            order: Vec::new(),
            bounds: listing.dates.iter().map(|(_, _, field)| ((*field).to_owned(), None, None)).collect(),
            skip: 0,
            parameters: Vec::new(),
        };
        let (mut token, mut filter, mut order) = (None, None, listing.default_order.to_owned());
        for (name, value) in url::form_urlencoded::parse(context.call.query.as_bytes()) {
            let date = |value: &str| match OffsetDateTime::parse(value, &Rfc3339) {
                Ok(date) => Ok(Some(date)),
                Err(_) if rules.lenient_dates => Ok(None),
                Err(_) => Err(bad("a date is not of ISO 8601")),
            };
            match &*name {
                "skipToken" => {
                    token = Some(value.into_owned());
                    continue;
                }
                "filter" if listing.filter == FilterSource::Parameter => filter = Some(value.to_string()),
                "orderBy" if !listing.orders.is_empty() => order = value.to_string(),
                "top" if !listing.tops.is_empty() => {
                    let top = value.parse::<usize>().ok().filter(|top| *top > 0);
                    let most = listing.tops.iter().copied().max().unwrap_or(listing.default_top);
                    let top = top.ok_or_else(|| bad("top is not a positive number"))?;
                    if context.settings.paging.strict_top && !listing.tops.contains(&top) {
                        return Err(bad("top is not one of the list's sizes"));
                    }
                    this.top = top.min(most);
                }
                "dateTimeTarget" if !listing.date_targets.is_empty() => {
                    if !listing.date_targets.contains(&&*value) {
                        return Err(bad("dateTimeTarget is not one of the list's dates"));
                    }
                    if let Some((field, _, _)) = this.bounds.first_mut() {
                        *field = value.to_string();
                    }
                }
                parameter => {
                    for ((begin, end, _), bound) in listing.dates.iter().zip(&mut this.bounds) {
                        if parameter == *begin {
                            bound.1 = date(&value)?;
                        } else if parameter == *end {
                            bound.2 = date(&value)?;
                        }
                    }
                }
            }
            this.parameters.push((name.into_owned(), value.into_owned()));
        }
        this.order = read_order(&order, listing).ok_or_else(|| bad("orderBy is not of the list's orders"))?;
        if let FilterSource::Header(name) = listing.filter {
            filter = context.call.header(name).map(str::to_owned);
        }
        if filter.is_none() && listing.is_filter_required {
            return Err(bad("the filter is missing"));
        }
        if let Some(text) = &filter {
            let field = |name: &str| {
                (listing.fields.is_empty() || listing.fields.contains(&name)).then(|| name.to_owned())
            };
            let language = Language {
                field: &field,
                characters: listing.filter_characters,
                contains: listing.contains,
                search: listing.is_search,
            };
            this.filter = Some(filter::parse(text, &language).map_err(bad)?);
        }
        this.filter_digest = digest(filter.as_deref().unwrap_or_default());
        if let Some(token) = token {
            this.skip = this.read_token(context, &token)?;
        }
        Ok(this)
    }

    fn admits(&self, item: &Value, listing: &Listing) -> bool {
        let within = self.bounds.iter().all(|(field, begin, end)| {
            let date = item.get(field).and_then(Value::as_str);
            match date.and_then(|date| OffsetDateTime::parse(date, &Rfc3339).ok()) {
                Some(date) => begin.is_none_or(|begin| begin <= date) && end.is_none_or(|end| date <= end),
                None => true,
            }
        });
        within
            && self.filter.as_ref().is_none_or(|filter| {
                filter.matches(&|field: &String, operator, text: &str| {
                    let special = listing.texts.and_then(|texts| texts(item, field));
                    let texts = special.unwrap_or_else(|| texts_of(item.get(field)));
                    texts.iter().any(|value| is(value, operator, text, listing.is_search))
                })
            })
    }

    fn next_link(&self, context: &Context<'_>, skip: usize) -> String {
        let token =
            format!("{}|{skip}|{}|{}", context.call.path, self.filter_digest, context.now.unix_timestamp());
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.parameters)
            .append_pair("skipToken", &hexadecimal(token.as_bytes()))
            .finish();
        format!("{}{}?{query}", context.call.origin, context.call.path)
    }

    fn read_token(&self, context: &Context<'_>, token: &str) -> Result<usize, Box<Judged>> {
        let bad = |reason| Box::new(context.bad(reason));
        let text = from_hexadecimal(token).unwrap_or_default();
        let mut parts = text.split('|');
        let (path, skip, filter, issued) = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(skip), Some(issued)) = (
            skip.and_then(|skip| skip.parse::<usize>().ok()),
            issued.and_then(|issued| issued.parse::<i64>().ok()),
        ) else {
            return Err(bad("the skipToken is not one of this list"));
        };
        if path != Some(context.call.path) {
            return Err(bad("the skipToken is one of another list"));
        }
        if filter != Some(self.filter_digest.to_string().as_str()) {
            return Err(bad("the filter is not that of the first page"));
        }
        let age = u64::try_from(context.now.unix_timestamp().saturating_sub(issued)).unwrap_or_default();
        if context.settings.paging.token_seconds.is_some_and(|seconds| age >= seconds) {
            return Err(Box::new(expired_token()));
        }
        Ok(skip)
    }
}

/// `field`, `field asc`, `field desc`, several of them with commas.
fn read_order(text: &str, listing: &Listing) -> Option<Vec<(String, bool)>> {
    let one = |part: &str| {
        let mut words = part.split_ascii_whitespace();
        let field = words.next()?;
        let descending = match words.next() {
            None => listing.is_descending,
            Some("asc") => false,
            Some("desc") => true,
            Some(_) => return None,
        };
        let is_known = listing.orders.contains(&field) && words.next().is_none();
        is_known.then(|| (field.to_owned(), descending))
    };
    if text.is_empty() { Some(Vec::new()) } else { text.split(',').map(one).collect() }
}

/// What an item is ordered by: a level by its height, a number by its size, all else by its text.
fn rank(item: &Value, field: &str) -> (u64, String) {
    const LEVELS: [&str; 6] = ["noRisk", "info", "low", "medium", "high", "critical"];
    match item.get(field) {
        Some(Value::Number(number)) => (number.as_u64().unwrap_or_default(), String::new()),
        Some(Value::String(text)) => match LEVELS.iter().position(|level| level == text) {
            Some(height) => (height as u64, String::new()),
            None => (0, text.clone()),
        },
        _ => (0, String::new()),
    }
}

/// The texts of a value: its own, those of a list, or those of its `value`.
pub(crate) fn texts_of(value: Option<&Value>) -> Vec<String> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(values)) => values.iter().flat_map(|value| texts_of(Some(value))).collect(),
        Some(Value::Object(fields)) => texts_of(fields.get("value")),
        Some(value) => vec![value.to_string()],
    }
}

/// Compares without regard to case; in searches `*` stands for anything.
fn is(value: &str, operator: Operator, text: &str, is_search: bool) -> bool {
    let (value, text) = (value.to_lowercase(), text.to_lowercase());
    match operator {
        Operator::Contains => value.contains(&text),
        Operator::Equal if is_search && text.contains('*') => {
            let mut rest = value.as_str();
            let mut pieces = text.split('*');
            let Some(after) = pieces.next().and_then(|first| rest.strip_prefix(first)) else { return false };
            rest = after;
            let last = pieces.next_back().unwrap_or_default();
            for piece in pieces {
                let Some((_, after)) = rest.split_once(piece) else { return false };
                rest = after;
            }
            rest.ends_with(last)
        }
        Operator::Equal => value == text,
    }
}

/// An object with only these fields, of a comma-separated list; all of them without one.
pub(crate) fn selected(item: Value, select: Option<&str>) -> Value {
    let Some(select) = select else { return item };
    let wanted: Vec<&str> = select.split(',').map(str::trim).collect();
    match item {
        Value::Object(fields) => {
            let fields: Map<_, _> =
                fields.into_iter().filter(|(name, _)| wanted.contains(&name.as_str())).collect();
            Value::Object(fields)
        }
        other => other,
    }
}
