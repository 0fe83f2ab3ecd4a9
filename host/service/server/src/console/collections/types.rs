//! Objects by type, as a bar with a legend. Each common type always has the same colour; the colours mean nothing else.

use std::collections::BTreeMap;

use askama::Template;
use askama::filters::HtmlSafe;
use palisade_store::alphabetical;

use crate::view::number;

/// One type.
struct Share {
    title: String,
    count: u64,
    colour: usize,
    x: u64,
    width: u64,
}

/// All of them. Prints itself.
#[derive(Template)]
#[template(path = "pages/collections_types.html")]
pub(super) struct Types {
    shares: Vec<Share>,
    said: String,
}

impl HtmlSafe for Types {}

/// Units of the bar across.
const WIDTH: u64 = 10_000;
/// In the order of their colours; what is none of them shares the last one.
const COLOURS: [&str; 8] =
    ["FQDN", "IP Address", "URL", "Email Address", "SHA-1", "SHA-256", "IPv6 Address", "MD5"];

impl Types {
    /// Of how many there are of each; the most frequent first.
    pub(super) fn of(counts: &BTreeMap<String, u64>) -> Self {
        let total = counts.values().sum::<u64>().max(1);
        let mut sorted: Vec<(&String, u64)> = counts.iter().map(|(title, count)| (title, *count)).collect();
        sorted.sort_by(|(one, count), (other, others)| {
            others.cmp(count).then_with(|| alphabetical(one, other))
        });
        let mut before = 0;
        let shares = sorted.iter().map(|(title, count)| {
            let x = before * WIDTH / total;
            before += count;
            Share {
                title: (*title).clone(),
                count: *count,
                colour: COLOURS.iter().position(|known| known == title).unwrap_or(COLOURS.len()) + 1,
                x,
                width: (before * WIDTH / total - x).max(WIDTH / 400),
            }
        });
        let shares = shares.collect();
        let said: Vec<String> =
            sorted.iter().map(|(title, count)| format!("{} {title}", number(count))).collect();
        Self { shares, said: format!("Objects by type: {}", said.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_fill_the_bar_and_the_least_is_seen() {
        let counts = BTreeMap::from([("FQDN".to_owned(), 9_999), ("Other".to_owned(), 1)]);
        let types = Types::of(&counts);
        assert_eq!(types.shares[0].title, "FQDN");
        assert_eq!((types.shares[0].x, types.shares[0].width), (0, 9_999));
        assert!(types.shares[1].width >= 25);
        assert_eq!(types.shares[1].colour, 9);
        assert_eq!(types.said, "Objects by type: 9,999 FQDN, 1 Other");
    }
}
