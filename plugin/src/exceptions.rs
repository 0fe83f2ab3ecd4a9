//! What the exception list covers, by the service's own rules: a value itself, every name below `*.example.com`, and URLs
//! whose pieces stand between the wildcards of an entry. An entry for one type says nothing about another.

use std::collections::HashSet;

use crate::item::{Field, Identifier};

/// The entries of the exception list, as far as they can cover something that is submitted.
#[derive(Debug, Default)]
pub struct Exceptions {
    exact: HashSet<Identifier>,
    /// Names in lower case, for `*.` in front of them.
    below: HashSet<Box<str>>,
    urls: Vec<Box<str>>,
}

impl Exceptions {
    /// Takes an entry; one without a wildcard is kept only where it is `wanted`.
    pub fn take(&mut self, field: Field, value: &str, wanted: impl Fn(&Identifier) -> bool) {
        match (field, value.strip_prefix("*.")) {
            (Field::Domain, Some(name)) => {
                self.below.insert(name.to_lowercase().into());
            }
            (Field::Url, _) if value.contains('*') => self.urls.push(value.into()),
            _ => {
                let key = Identifier::key(field, value);
                if wanted(&key) {
                    self.exact.insert(key);
                }
            }
        }
    }

    /// Whether an entry covers the object of this [`Identifier::key`].
    pub fn cover(&self, key: &Identifier) -> bool {
        if self.exact.contains(key) {
            return true;
        }
        match key.field {
            Field::Domain if !self.below.is_empty() => {
                let mut name = &*key.value;
                std::iter::from_fn(|| {
                    name = name.split_once('.')?.1;
                    Some(name)
                })
                .any(|parent| self.below.contains(parent))
            }
            Field::Url => self.urls.iter().any(|pattern| matches(pattern, &key.value)),
            _ => false,
        }
    }
}

/// Whether the pieces of `pattern` between its wildcards occur in `value` in order, the first at its start and the last
/// at its end.
fn matches(pattern: &str, value: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| value.strip_prefix(first)) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cover(field: Field, entry: &str, value: &str) -> bool {
        let mut exceptions = Exceptions::default();
        exceptions.take(field, entry, |_| true);
        exceptions.cover(&Identifier::key(field, value))
    }

    #[test]
    fn entries_cover_what_the_service_says_they_do() {
        for (field, entry, value, expected) in [
            (Field::Domain, "Example.com", "example.COM", true),
            (Field::Domain, "example.com", "www.example.com", false),
            (Field::Domain, "*.Example.com", "a.b.example.com", true),
            (Field::Domain, "*.example.com", "example.com", false),
            (Field::Domain, "*.example", "www.example", true),
            (Field::Domain, "*.example.com", "badexample.com", false),
            (Field::Ip, "2001:DB8::1", "2001:db8::1", true),
            (Field::Ip, "192.0.2.1", "192.0.2.10", false),
            (Field::SenderMailAddress, "A@example.com", "a@example.com", true),
            (Field::Url, "http://example.com/A", "http://example.com/a", false),
            (Field::Url, "https://*.example.com/path1/*", "https://a.b.example.com/path1/x", true),
            (Field::Url, "https://*.example.com/path1/*", "https://example.com/path1/x", false),
            (Field::Url, "https://*.example.com/path1/*", "http://a.example.com/path1/x", false),
            (Field::Url, "*.example.com/*", "https://a.example.com/", true),
            (Field::Url, "https://example.com/*", "https://example.com/", true),
            (Field::Url, "https://example.com/*/x", "https://example.com/x", false),
            (Field::Url, "*", "https://anything.example/", true),
        ] {
            assert_eq!(cover(field, entry, value), expected, "{entry} {value}");
        }
    }

    #[test]
    fn an_entry_of_another_type_covers_nothing() {
        let mut exceptions = Exceptions::default();
        exceptions.take(Field::Domain, "example.com", |_| true);
        exceptions.take(Field::Domain, "*.example.com", |_| true);
        assert!(!exceptions.cover(&Identifier::key(Field::Url, "http://www.example.com")));
        assert!(!exceptions.cover(&Identifier::key(Field::Url, "example.com")));
    }

    proptest! {
        #[test]
        fn a_wildcard_stands_for_any_text(before in "[a-c/]{0,6}", inside in "[a-c/]{0,6}", after in "[a-c/]{0,6}") {
            let pattern = [&before, "*", &after].concat();
            let value = [before.as_str(), &inside, &after].concat();
            prop_assert!(matches(&pattern, &value));
            let (longer_before, longer_after) = (["x", &value].concat(), [&value, "x"].concat());
            prop_assert_eq!(matches(&pattern, &longer_before), before.is_empty());
            prop_assert_eq!(matches(&pattern, &longer_after), after.is_empty());
        }
    }
}
