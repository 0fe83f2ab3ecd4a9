//! What one entry of a list is looked up by.
//!
//! An entry that would never match, or would match everything, is refused with the reason.

use ipnet::IpNet;
use palisade_limits::WARNING_LIST_ENTRY_BYTES;

use crate::canonical::host::{address, network};
use crate::canonical::{canonical, keys_of_own, name};
use crate::lists::regular_expression;
use crate::lists::warning_list::ListType;

/// One entry, ready to be compared with readings of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A name with everything below it, or an address as text.
    Name(String),
    /// A whole value: the keys under which it is found.
    Whole(Vec<String>),
    /// A network; a single address is the network of this one address.
    Network(IpNet),
    /// A part of a value.
    Substring(String),
    /// A pattern as the `regex` library takes it.
    Regex(String),
}

impl Entry {
    /// Reads one entry of a list of this type.
    ///
    /// # Errors
    /// Why the entry cannot be used, as the end of a sentence.
    pub(crate) fn read(list_type: ListType, text: &str) -> Result<Self, String> {
        let trimmed = text.trim();
        if trimmed.is_empty() {
            return Err("is empty".to_owned());
        }
        let limit = usize::try_from(WARNING_LIST_ENTRY_BYTES).unwrap_or(usize::MAX);
        if trimmed.len() > limit {
            return Err(format!("has more than {limit} bytes"));
        }
        match list_type {
            ListType::Cidr => address(trimmed)
                .map(IpNet::from)
                .or_else(|| network(trimmed))
                .map(Self::Network)
                .ok_or_else(|| "is neither a network nor an address".to_owned()),
            ListType::Hostname => hostname(trimmed),
            ListType::String => Ok(Self::Whole(keys_of_own(trimmed, &canonical(trimmed)))),
            // White space at its ends is part of a substring or a pattern.
            ListType::Substring => Ok(Self::Substring(text.to_owned())),
            ListType::Regex => regular_expression::pattern(trimmed).map(Self::Regex),
        }
    }
}

fn hostname(text: &str) -> Result<Entry, String> {
    if let Some(address) = address(text) {
        return Ok(Entry::Name(address.to_string()));
    }
    let name = name::name(text.trim_end_matches('/'));
    if name::is_name(&name) { Ok(Entry::Name(name)) } else { Err("is not a host name".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_by_the_type_of_their_list() {
        for (list_type, text, expected) in [
            (ListType::Hostname, ".Bank.example", Entry::Name("bank.example".to_owned())),
            (ListType::Hostname, "*.bank.example.", Entry::Name("bank.example".to_owned())),
            (ListType::Hostname, "::FFFF:8.8.8.8", Entry::Name("8.8.8.8".to_owned())),
            (ListType::String, "COM", Entry::Whole(vec!["com".to_owned()])),
            (
                ListType::String,
                "http://Bank.example/A/",
                Entry::Whole(vec!["http://bank.example/a".to_owned(), "bank.example/a".to_owned()]),
            ),
            (ListType::Cidr, "FE80::/10", Entry::Network("fe80::/10".parse().unwrap())),
            (ListType::Cidr, "1.2.3.4/24", Entry::Network("1.2.3.0/24".parse().unwrap())),
            (ListType::Cidr, "8.8.8.8", Entry::Network("8.8.8.8/32".parse().unwrap())),
            (ListType::Substring, ".bank.", Entry::Substring(".bank.".to_owned())),
        ] {
            assert_eq!(Entry::read(list_type, text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_entry_has_at_most_so_many_bytes() {
        let longest = "a".repeat(usize::try_from(WARNING_LIST_ENTRY_BYTES).unwrap());
        assert!(Entry::read(ListType::String, &format!(" {longest} ")).is_ok());
        let error = Entry::read(ListType::String, &format!("{longest}a")).unwrap_err();
        assert_eq!(error, format!("has more than {WARNING_LIST_ENTRY_BYTES} bytes"));
    }

    #[test]
    fn an_entry_that_cannot_match_is_refused() {
        for (list_type, text, reason) in [
            (ListType::Hostname, "two words", "is not a host name"),
            (ListType::Hostname, "bank.example/path", "is not a host name"),
            (ListType::Hostname, "*", "is not a host name"),
            (ListType::Cidr, "10.0.0.0/33", "is neither a network nor an address"),
            (ListType::Cidr, "10.0.0.1-10.0.0.9", "is neither a network nor an address"),
            (ListType::Substring, " ", "is empty"),
            (ListType::String, "", "is empty"),
            (ListType::Regex, "/(/", "is not a valid regular expression: unclosed group"),
        ] {
            assert_eq!(Entry::read(list_type, text), Err(reason.to_owned()), "{text}");
        }
    }
}
