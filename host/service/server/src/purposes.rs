//! What each request of a run was for: the reason that the manifest gives for it, with what the recording adds: which page of a
//! list it asked for, and how many entries it sent. Nothing here knows a service.

use std::collections::HashMap;

use serde_json::Value;

use crate::recordings::Recorded;

/// Parts of the names of parameters by which services page.
const PAGING: [&str; 8] = ["skip", "offset", "page", "start", "cursor", "token", "after", "mark"];

/// The first and the last request of a list, and which page that was.
struct Read<'all> {
    first: &'all str,
    last: &'all Recorded,
    page: u64,
}

/// What is read: step, activation, path, and the headers of the question.
type Key<'all> = (u32, i64, &'all str, String);

/// For each request what it was for; empty if its recording does not say so.
pub(crate) fn purposes(requests: &[Recorded]) -> Vec<String> {
    let mut lists: HashMap<Key<'_>, Read<'_>> = HashMap::new();
    requests.iter().map(|request| purpose(request, &mut lists)).collect()
}

fn purpose<'all>(request: &'all Recorded, lists: &mut HashMap<Key<'all>, Read<'all>>) -> String {
    let page = if request.entry.request.method == "GET" { page(request, lists) } else { 1 };
    let reason = request.entry.comment.as_deref().unwrap_or_default().trim().trim_end_matches('.');
    if reason.is_empty() {
        return String::new();
    }
    let mut text = reason.to_owned();
    if page > 1 {
        text.push_str(&format!(", page {page}"));
    }
    if let Some(count) = entries(request.entry.sent()) {
        text.push_str(&format!(": {}", crate::view::counted_as(&count, "entry", "entries")));
    }
    text
}

/// Which page of its list a request asks for, from 1 on.
fn page<'all>(request: &'all Recorded, lists: &mut HashMap<Key<'all>, Read<'all>>) -> u64 {
    let url = request.entry.request.url.as_str();
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let fresh = Read { first: url, last: request, page: 1 };
    let key = (request.step, request.epoch, path, request.entry.own_headers());
    let Some(read) = lists.get_mut(&key) else {
        lists.insert(key, fresh);
        return 1;
    };
    let last = read.last.entry.request.url.as_str();
    if url == last {
        // A repeat of the same page.
    } else if url != read.first && (is_announced(read.last, query) || differ_in_paging_only(last, url)) {
        read.page += 1;
    } else {
        *read = fresh;
    }
    read.last = request;
    read.page
}

/// Whether a response says where the next page is.
fn is_announced(last: &Recorded, query: &str) -> bool {
    !query.is_empty() && last.entry.received().contains(query)
}

/// Whether two addresses differ in parameters for paging and in nothing else.
fn differ_in_paging_only(one: &str, other: &str) -> bool {
    let rest = |url: &str| {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let is_paging = |name: &str| {
            let name = name.to_ascii_lowercase();
            PAGING.iter().any(|part| name.contains(part))
        };
        let pairs = form_urlencoded::parse(query.as_bytes());
        let mut rest: Vec<(String, String)> = pairs
            .filter(|(name, _)| !is_paging(name))
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        rest.sort();
        rest
    };
    one != other && rest(one) == rest(other)
}

/// How many entries a body has: of its array, or of the only array in its object.
fn entries(body: &str) -> Option<u64> {
    let body: Value = serde_json::from_str(body).ok()?;
    let parts = match &body {
        Value::Array(parts) => parts,
        Value::Object(map) => {
            let mut arrays = map.values().filter_map(Value::as_array);
            let (Some(only), None) = (arrays.next(), arrays.next()) else { return None };
            only
        }
        _ => return None,
    };
    Some(parts.len() as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recordings::Entry;

    fn request(epoch: i64, method: &str, url: &str, sent: &str, received: &str) -> Recorded {
        let entry: Entry = serde_json::from_value(json!({
            "comment": if method == "GET" { "Reads the list." } else { "Adds objects to the list." },
            "request": { "method": method, "url": url, "postData": { "text": sent } },
            "response": { "content": { "text": received } },
        }))
        .unwrap();
        Recorded { step: 1, epoch, entry }
    }

    fn get(epoch: i64, url: &str, received: &str) -> Recorded {
        request(epoch, "GET", url, "", received)
    }

    #[test]
    fn the_pages_of_a_list_are_numbered_and_a_repeat_is_the_same_page() {
        let next = r#"{"nextLink":"https://a.example/list?x=1&at=8f"}"#;
        let requests = [
            get(1, "https://a.example/list?top=200", ""),
            get(1, "https://a.example/list?top=200&skipToken=a", ""),
            get(1, "https://a.example/list?top=200&skipToken=a", ""),
            get(1, "https://a.example/other", ""),
            get(1, "https://a.example/list?top=200&skipToken=b", next),
            get(1, "https://a.example/list?x=1&at=8f", ""),
            // The list is read again.
            get(1, "https://a.example/list?top=200", ""),
            get(1, "https://a.example/list?top=200&skipToken=c", ""),
            // So does another activation.
            get(2, "https://a.example/list?top=200&skipToken=c", ""),
        ];
        let reads = |page: &str| format!("Reads the list{page}");
        let expected = ["", ", page 2", ", page 2", "", ", page 3", ", page 4", "", ", page 2", ""];
        assert_eq!(purposes(&requests), expected.map(reads));
    }

    #[test]
    fn lists_that_a_header_tells_apart_are_numbered_apart() {
        let get = |filter: &str, url: &str| {
            let entry: Entry = serde_json::from_value(json!({
                "comment": "Reads.",
                "request": { "method": "GET", "url": url, "headers": [{ "name": "Filter", "value": filter }] },
            }))
            .unwrap();
            Recorded { step: 1, epoch: 1, entry }
        };
        let (first, second) = ("https://a.example/list?top=2", "https://a.example/list?top=2&skip=2");
        let requests = [get("ip", first), get("url", first), get("ip", second), get("url", second)];
        assert_eq!(purposes(&requests), ["Reads", "Reads", "Reads, page 2", "Reads, page 2"]);
    }

    #[test]
    fn different_questions_to_one_address_are_not_pages() {
        let requests =
            [get(1, "https://a.example/find?name=a", "[]"), get(1, "https://a.example/find?name=b", "[]")];
        assert_eq!(purposes(&requests), ["Reads the list", "Reads the list"]);
    }

    #[test]
    fn a_request_says_how_many_entries_it_sent() {
        let post = |body: &str| request(1, "POST", "https://a.example/list", body, "");
        let requests = [
            post(r#"[{"domain":"a"},{"domain":"b"}]"#),
            post(r#"{"items":[{"domain":"a"}],"note":"x"}"#),
            post(r#"{"a":[],"b":[]}"#),
            post("not JSON"),
        ];
        let adds = |what: &str| format!("Adds objects to the list{what}");
        assert_eq!(purposes(&requests), [": 2 entries", ": 1 entry", "", ""].map(adds));
    }

    #[test]
    fn what_a_recording_does_not_say_is_not_made_up() {
        let mut request = get(1, "https://a.example/list", "");
        request.entry.comment = None;
        assert_eq!(purposes(&[request]), [""]);
    }
}
