//! Parameters of the query of an address. Every GET route and every call of the API knows the names of its own: calls from their part
//! of the OpenAPI document, pages from the type that their handler reads. A call refuses any other parameter, because a filter that is
//! ignored without a word lists what nobody asked for. A page ignores it and says so.

use std::fmt;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};

use crate::Failure;

/// Unknown names that a message lists at most: an address has room for thousands.
const NAMED: usize = 5;

/// The names that the routes of one path know, by method.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known(Vec<(Method, Vec<String>)>);

/// Parameters that a page does not know, and those that it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unknown {
    names: Vec<String>,
    known: Vec<String>,
}

impl Unknown {
    /// What a page says about them.
    pub(crate) fn remark(&self) -> String {
        let what = if self.names.len() == 1 { "parameter" } else { "parameters" };
        format!("Ignored unknown {what} in the address: {}. {}", in_ticks(&self.names), sentence(&self.known))
    }

    /// What a call says about them.
    fn failure(&self) -> Failure {
        let what = if self.names.len() == 1 { "parameter" } else { "parameters" };
        let message = format!("unknown query {what}: {}", in_ticks(&self.names));
        let known = sentence(&self.known);
        let mut hint = known.trim_end_matches('.').to_owned();
        if let Some(first) = hint.get_mut(..1) {
            first.make_ascii_lowercase();
        }
        Failure::new(StatusCode::BAD_REQUEST, "unknown-parameter", message).with_hint(hint)
    }
}

fn sentence(known: &[String]) -> String {
    match known {
        [] => "Expected no parameters.".to_owned(),
        [one] => format!("Expected `{one}`."),
        several => format!("Expected {}.", in_ticks(several)),
    }
}

fn in_ticks(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

impl Known {
    /// Those of a page: the fields of the type that its handler reads.
    pub(crate) fn of_page<T: DeserializeOwned>() -> Self {
        let names = fields::<T>().iter().map(|name| (*name).to_owned()).collect();
        Self(vec![(Method::GET, names)])
    }

    /// A page that knows none.
    pub(crate) fn none() -> Self {
        Self(vec![(Method::GET, Vec::new())])
    }

    /// Those of the calls of one path, as the document describes them.
    pub(crate) fn of_calls(items: &[&PathItem]) -> Self {
        let calls = items.iter().flat_map(|item| {
            [
                (Method::GET, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::DELETE, &item.delete),
                (Method::PATCH, &item.patch),
            ]
        });
        Self(calls.filter_map(|(method, call)| Some((method, described(call.as_ref()?)))).collect())
    }

    /// The parameters of a request that are not known; none where its method is not one of these.
    fn unknown(&self, method: &Method, query: &str) -> Option<Unknown> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let (_, known) = self.0.iter().find(|(one, _)| one == method)?;
        let mut names: Vec<String> = Vec::new();
        for (name, _) in form_urlencoded::parse(query.as_bytes()) {
            let name = (!known.iter().any(|one| *one == name)).then(|| shortened(&name));
            names.extend(name.filter(|name| !names.contains(name)));
            if names.len() == NAMED {
                break;
            }
        }
        (!names.is_empty()).then(|| Unknown { names, known: known.clone() })
    }
}

/// A name that somebody sent, for a message.
fn shortened(name: &str) -> String {
    const MOST: usize = 60;
    let name = palisade_printable::one_line(name).replace('`', "'");
    match name.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", name.get(..end).unwrap_or_default()),
        None => name,
    }
}

fn described(call: &Operation) -> Vec<String> {
    let own = |one: &RefOr<Parameter>| match one {
        RefOr::T(one) if one.parameter_in == ParameterIn::Query => Some(one.name.clone()),
        RefOr::T(_) | RefOr::Ref(_) => None,
    };
    call.parameters.iter().flatten().filter_map(own).collect()
}

/// Refuses a call with an unknown parameter.
pub(crate) async fn refuse(known: Known, request: Request, next: Next) -> Response {
    let unknown = known.unknown(request.method(), request.uri().query().unwrap_or_default());
    match unknown {
        Some(unknown) => unknown.failure().into_response(),
        None => next.run(request).await,
    }
}

/// Tells a page about unknown parameters.
pub(crate) async fn tell(known: Known, mut request: Request, next: Next) -> Response {
    if let Some(unknown) = known.unknown(request.method(), request.uri().query().unwrap_or_default()) {
        request.extensions_mut().insert(unknown);
    }
    next.run(request).await
}

/// The names of the fields of a structure, as its `Deserialize` asks for them.
fn fields<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut found: &'static [&'static str] = &[];
    // It always ends early: nothing is read, only the names.
    let _ = T::deserialize(Fields(&mut found));
    found
}

struct Fields<'a>(&'a mut &'static [&'static str]);

#[derive(Debug)]
struct Enough;

impl fmt::Display for Enough {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("only the names of the fields were read")
    }
}

impl std::error::Error for Enough {}

impl de::Error for Enough {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl<'de> Deserializer<'de> for Fields<'_> {
    type Error = Enough;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Enough> {
        Err(Enough)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Enough> {
        *self.0 = fields;
        Err(Enough)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    #[serde(default)]
    #[derive(Default)]
    struct Wanted {
        search: String,
        #[serde(rename = "type")]
        subtype: String,
        page: Option<u64>,
    }

    #[test]
    fn a_page_knows_the_fields_of_what_its_handler_reads() {
        assert_eq!(fields::<Wanted>(), ["search", "type", "page"]);
        assert!(fields::<Vec<(String, String)>>().is_empty());
    }

    #[test]
    fn unknown_parameters_are_named_once_and_known_ones_are_not() {
        let known = Known::of_page::<Wanted>();
        let unknown = |query: &str| known.unknown(&Method::GET, query).map(|unknown| unknown.names);
        assert_eq!(unknown("search=a&type=b&page=2"), None);
        assert_eq!(unknown(""), None);
        assert_eq!(
            unknown("sreach=a&subtype=b&sreach=c"),
            Some(vec!["sreach".to_owned(), "subtype".to_owned()])
        );
        assert_eq!(unknown("Page=2"), Some(vec!["Page".to_owned()]), "case matters");
        assert_eq!(unknown("%73earch=a"), None, "encoded");
        assert_eq!(
            unknown("a=1").map(|names| names.len()),
            known.unknown(&Method::HEAD, "a=1").map(|it| it.names.len())
        );
        assert_eq!(known.unknown(&Method::POST, "a=1"), None);
        let failure = known.unknown(&Method::GET, "sreach=a").unwrap().failure();
        assert_eq!(failure.to_string(), "unknown query parameter: `sreach`");
        assert_eq!(failure.hint(), Some("expected `search`, `type`, `page`"));
    }

    #[test]
    fn a_long_name_is_cut_and_made_printable() {
        let unknown = Known::none().unknown(&Method::GET, &format!("{}=1", "a".repeat(500))).unwrap();
        assert!(unknown.remark().chars().count() < 160, "{}", unknown.remark());
        let unknown = Known::none().unknown(&Method::GET, "%1b[2J=1").unwrap();
        assert!(!unknown.remark().contains('\u{1b}'));
    }
}
