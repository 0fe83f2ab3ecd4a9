//! Which pages and answers there are: pages are those that links lead to from the overview, answers those of the API's own
//! description. Nothing is listed by hand, so that nothing new is forgotten. Of pages that differ in a number only, one is asked for.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::service::Client;

/// More than this is a crawl that goes in circles.
const MOST: usize = 400;

/// What is asked for, by its pattern.
pub(super) type Found = BTreeMap<String, String>;

/// The pages that links lead to.
pub(super) fn pages(client: &Client) -> Result<Found> {
    let (mut found, mut ahead) = (Found::new(), VecDeque::from(["/".to_owned()]));
    let mut seen = BTreeSet::from(["/".to_owned()]);
    while let Some(path) = ahead.pop_front() {
        if found.len() > MOST {
            bail!("there are more than {MOST} pages: {:?}", found.keys().last());
        }
        let got = client.page(&path)?;
        if got.status != 200 {
            bail!("{path}: status {}", got.status);
        }
        if got.kind.starts_with("text/html") {
            for link in links(&got.text) {
                if seen.insert(pattern(&link)) {
                    ahead.push_back(link);
                }
            }
        }
        found.insert(pattern(&path), path);
    }
    Ok(found)
}

/// Paths of links on a page, without those to its own parts, to the API and to files.
fn links(page: &str) -> Vec<String> {
    let targets = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let ours = targets.filter(|target| target.starts_with('/') && !target.starts_with("//"));
    let paths = ours.filter_map(|target| target.split('#').next());
    let pages = paths.filter(|path| !path.starts_with("/assets/") && !path.starts_with("/api/"));
    pages.map(|path| path.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

/// A path with its numbers taken out, and of its query the names alone; but a tab is a page of its own.
fn pattern(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = path.split('/').map(|part| if number(part) { "{n}" } else { part }).collect();
    let name = |pair: &'_ str| match pair.split_once('=') {
        Some(("tab", _)) => pair.to_owned(),
        Some((name, _)) => name.to_owned(),
        None => pair.to_owned(),
    };
    let names: BTreeSet<String> = query.split('&').filter(|pair| !pair.is_empty()).map(name).collect();
    let mut pattern = parts.join("/");
    if !names.is_empty() {
        pattern.push('?');
        pattern.push_str(&names.into_iter().collect::<Vec<String>>().join("&"));
    }
    pattern
}

/// What the API answers to who only reads, with the newest of each thing in place of its parameters.
pub(super) fn answers(client: &Client) -> Result<Found> {
    let document = client.json("/api/v1/openapi.json")?;
    let paths = document.get("paths").and_then(Value::as_object).context("no paths")?;
    let mut found = Found::new();
    for (pattern, calls) in paths {
        let Some(call) = calls.get("get") else { continue };
        if call.to_string().contains("text/event-stream") {
            continue;
        }
        match filled(client, pattern)? {
            Some(path) => found.insert(pattern.clone(), path),
            None => {
                println!("left out, because it does not exist: {pattern}");
                continue;
            }
        };
    }
    Ok(found)
}

/// A path of the API's description with its parameters filled in from the list above each.
fn filled(client: &Client, pattern: &str) -> Result<Option<String>> {
    let mut path = String::new();
    for part in pattern.split('/').skip(1) {
        let value = match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            None => part.to_owned(),
            Some("action") => super::ACTION.to_owned(),
            Some(name) => {
                let list = client.json(&path)?;
                let items = list.get("items").and_then(Value::as_array).context("no list")?;
                let Some(value) = items.first().and_then(|item| item.get(name)) else { return Ok(None) };
                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
            }
        };
        path.push('/');
        path.push_str(&value);
    }
    Ok(Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_differ_in_numbers_are_one() {
        assert_eq!(pattern("/runs/12/objects?page=2&search=x"), "/runs/{n}/objects?page&search");
        assert_eq!(pattern("/"), "/");
        assert_eq!(pattern("/workflows/3"), pattern("/workflows/4"));
        assert_ne!(pattern("/runs/1?tab=steps"), pattern("/runs/1?tab=objects"));
    }

    #[test]
    fn links_are_those_to_pages_of_ours() {
        let page = r##"<a href="/runs?page=2&amp;x=1#top">a</a><a href="#main">b</a><a href="https://example.com/">c</a>
            <link href="/assets/0/app.css"><a href="//example.com/">d</a><a href="/api/v1/runs/1/report.json">e</a>"##;
        assert_eq!(links(page), ["/runs?page=2&x=1"]);
    }
}
