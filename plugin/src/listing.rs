//! What the answer to a request for a page of a list says: its entries of one type, and where the next page begins.
//!
//! A page is read whole or not at all. An answer of another shape than documented is unreadable, because an entry that is
//! overlooked would count as room on the list; an entry of another type is left out, a field that is missing is missing.

use std::borrow::Cow;

use serde::Deserialize;
use time::OffsetDateTime;

use crate::answer;
use crate::configuration::ListName;
use crate::contract::{Problem, Stop, quoted};
use crate::expiry;
use crate::item::Field;
use crate::limits;

/// What an operator can do about a list that was not read.
const HINT: &str = "nothing was sent; run again once the service answers";

/// One entry of a list, its fields as the service writes them; those that are empty are missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// The value.
    pub value: String,
    /// `scanAction`.
    pub scan_action: Option<String>,
    /// `riskLevel`.
    pub risk_level: Option<String>,
    /// `expiredDateTime`.
    pub expires: Option<String>,
    /// `description`.
    pub description: Option<String>,
    /// `inExceptionList`.
    pub in_exception_list: bool,
    /// `lastModifiedDateTime`.
    pub last_modified: Option<String>,
}

impl Entry {
    /// When it was changed last; `None` where that cannot be read.
    pub fn modified(&self) -> Option<OffsetDateTime> {
        self.last_modified.as_deref().and_then(expiry::parse)
    }
}

/// One page of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries of the type that was asked for.
    pub entries: Vec<Entry>,
    /// The next page's address after its `?`; `None` on the last page.
    pub next: Option<String>,
}

/// The documented shape, as far as it is read.
#[derive(Debug, Deserialize)]
struct Document {
    items: Vec<Item>,
    #[serde(default, rename = "nextLink")]
    next_link: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    r#type: Option<String>,
    domain: Option<String>,
    ip: Option<String>,
    url: Option<String>,
    sender_mail_address: Option<String>,
    file_sha1: Option<String>,
    file_sha256: Option<String>,
    description: Option<String>,
    scan_action: Option<String>,
    risk_level: Option<String>,
    #[serde(rename = "expiredDateTime")]
    expires: Option<String>,
    in_exception_list: Option<bool>,
    #[serde(rename = "lastModifiedDateTime")]
    last_modified: Option<String>,
}

/// Reads the answer to a request for the entries of the type `field` on `list`.
///
/// # Errors
///
/// Why the run cannot go on: `credential-refused`, `access-denied`, `gateway-refused`, `list-unreadable`.
pub fn read(status: u16, body: &[u8], list: ListName, field: Field) -> Result<Page, Stop> {
    if status != 200 {
        let refusal = answer::refusal(status, body, answer::LIST_ROLE);
        return Err(refusal.unwrap_or_else(|| unreadable(list, field, &answer::said(status, body))));
    }
    let document: Document = serde_json::from_slice(body).map_err(|error| {
        unreadable(list, field, &format!("the answer is not the documented JSON: {error}"))
    })?;
    let next = match document.next_link.as_deref() {
        None | Some("") => None,
        Some(link) => Some(
            next_query(link)
                .ok_or_else(|| {
                    unreadable(list, field, &format!("{} is not an address of a next page", quoted(link)))
                })?
                .to_owned(),
        ),
    };
    Ok(Page { entries: document.items.into_iter().filter_map(|item| item.entry(field)).collect(), next })
}

/// The list could not be read, so that nothing is known of it.
pub fn unreadable(list: ListName, field: Field, reason: &str) -> Stop {
    Stop {
        problem: Problem::new(
            "list-unreadable",
            format!("the `{}` entries of the {} could not be read: {reason}", field.name(), list.text()),
        ),
        hint: Cow::Borrowed(HINT),
    }
}

/// What follows the `?` of a link. Nothing else of it is used: links of the service name stale paths, and where a request
/// goes is not for an answer to say.
pub(crate) fn next_query(link: &str) -> Option<&str> {
    let (_, query) = link.split_once('?')?;
    let query = query.split('#').next()?;
    let usable = !query.is_empty()
        && query.len() <= limits::PAGE_QUERY_BYTES
        && query.bytes().all(|byte| byte.is_ascii_graphic());
    usable.then_some(query)
}

impl Item {
    /// The entry, where it is one of the type `field`.
    fn entry(self, field: Field) -> Option<Entry> {
        if self.r#type.is_some_and(|name| name != field.name()) {
            return None;
        }
        let value = match field {
            Field::Domain => self.domain,
            Field::Ip => self.ip,
            Field::Url => self.url,
            Field::SenderMailAddress => self.sender_mail_address,
            Field::FileSha1 => self.file_sha1,
            Field::FileSha256 => self.file_sha256,
        };
        let present = |text: Option<String>| text.filter(|text| !text.is_empty());
        Some(Entry {
            value: present(value)?,
            scan_action: present(self.scan_action),
            risk_level: present(self.risk_level),
            expires: present(self.expires),
            description: present(self.description),
            in_exception_list: self.in_exception_list.unwrap_or_default(),
            last_modified: present(self.last_modified),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains(body: &str) -> Result<Page, Stop> {
        read(200, body.as_bytes(), ListName::Block, Field::Domain)
    }

    #[test]
    fn a_page_is_read_as_the_service_writes_it() {
        let body = r#"{"items": [{"type": "domain", "domain": "Bad.example", "description": "d", "scanAction": "block",
            "riskLevel": "high", "inExceptionList": true, "lastModifiedDateTime": "2026-01-01T00:00:00Z",
            "expiredDateTime": "2026-02-01T00:00:00Z"}],
            "nextLink": "https://elsewhere.example/v3.0/xdr/threatintel/suspiciousObjects?top=200&skipToken=a%3D%3D#x"}"#;
        let page = domains(body).unwrap();
        let expected = Entry {
            value: "Bad.example".to_owned(),
            scan_action: Some("block".to_owned()),
            risk_level: Some("high".to_owned()),
            expires: Some("2026-02-01T00:00:00Z".to_owned()),
            description: Some("d".to_owned()),
            in_exception_list: true,
            last_modified: Some("2026-01-01T00:00:00Z".to_owned()),
        };
        assert_eq!(page.entries, [expected]);
        assert_eq!(page.next.as_deref(), Some("top=200&skipToken=a%3D%3D"));
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_tolerated() {
        let body = r#"{"items": [{"domain": "a.example", "expiredDateTime": "", "riskLevel": null, "new": [1]},
            {"type": "registryKey", "registryKey": "HKLM"}, {"type": "ip", "ip": "192.0.2.1", "domain": "b.example"},
            {"type": "domain"}, {}], "nextLink": ""}"#;
        let page = domains(body).unwrap();
        assert_eq!(page.entries, [Entry { value: "a.example".to_owned(), ..Entry::default() }]);
        assert_eq!(page.next, None);
    }

    #[test]
    fn an_answer_that_is_no_page_stops_the_run() {
        for body in
            ["", "{}", "[]", "<html>", r#"{"items": [7]}"#, r#"{"items": [{"domain": 7}]}"#, r#"{"items": ["#]
        {
            assert_eq!(domains(body).unwrap_err().problem.code, "list-unreadable", "{body}");
        }
        let long = "x".repeat(limits::PAGE_QUERY_BYTES + 1);
        for link in ["https://host/path", "?", "?#x", "?a b", "?a\\nb", "?ä", &format!("?{long}")] {
            let body = format!(r#"{{"items": [], "nextLink": "{link}"}}"#);
            assert_eq!(domains(&body).unwrap_err().problem.code, "list-unreadable", "{link}");
        }
    }

    #[test]
    fn whole_answers_by_status() {
        for (status, code) in [
            (401, "credential-refused"),
            (403, "access-denied"),
            (400, "list-unreadable"),
            (404, "list-unreadable"),
            (429, "list-unreadable"),
            (504, "list-unreadable"),
            (207, "list-unreadable"),
        ] {
            let body = br#"{"error": {"code": "Code", "message": "words"}}"#;
            let stop = read(status, body, ListName::Exceptions, Field::Url).unwrap_err();
            assert_eq!(stop.problem.code, code, "{status}");
            assert!(!stop.hint.is_empty());
            let on_the_way = read(status, b"<html>", ListName::Exceptions, Field::Url).unwrap_err();
            let code = if matches!(status, 401 | 403) { "gateway-refused" } else { "list-unreadable" };
            assert_eq!(on_the_way.problem.code, code, "{status}");
            assert!(!on_the_way.problem.message.contains('<'), "{}", on_the_way.problem.message);
        }
    }
}
