//! Open sessions as pages list them: when they began and were used, from where, with which browser.

use palisade_store::SessionId;

use crate::people::Open;
use crate::view::{Frame, Moment};

/// One session.
pub(super) struct Row {
    pub(super) id: SessionId,
    pub(super) started: Moment,
    pub(super) used: Moment,
    pub(super) address: Option<String>,
    /// The browser in a few words.
    pub(super) browser: String,
    /// All that the browser says that it is.
    pub(super) client: String,
    pub(super) current: bool,
}

pub(super) fn rows(frame: &Frame, open: Vec<Open>) -> Vec<Row> {
    let row = |open: Open| Row {
        id: open.id,
        started: frame.moment(&open.created_at),
        used: frame.moment(&open.used_at),
        address: open.address,
        browser: browser(&open.client),
        client: open.client,
        current: open.current,
    };
    open.into_iter().map(row).collect()
}

/// What happened to so many sessions.
pub(super) fn ended(sessions: u64) -> String {
    match sessions {
        0 => "There were no other sessions.".to_owned(),
        1 => "One session ended.".to_owned(),
        more => format!("{more} sessions ended."),
    }
}

/// A browser and its system, as far as its `User-Agent` follows the usual forms; otherwise the first product that it names.
fn browser(client: &str) -> String {
    // Browsers name those that they want to be taken for as well: the most special name comes first.
    const BROWSERS: &[(&str, &str)] = &[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("HeadlessChrome/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| client.contains(sign)).map(|(_, name)| *name)
    };
    match (named(BROWSERS), named(SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => match client.split_whitespace().next() {
            Some(product) => product.chars().take(40).collect(),
            None => "Unknown".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_named_and_none_is_taken_for_another() {
        for (client, named) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 \
                 Safari/537.36 Edg/141.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/141.0.0.0 Safari/537.36",
                "Chrome on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "Unknown"),
        ] {
            assert_eq!(browser(client), named, "{client}");
        }
    }
}
