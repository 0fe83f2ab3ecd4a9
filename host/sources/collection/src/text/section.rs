//! Headings in a text, and what they say about the values below them: nothing below `Legitimate sites` or `References` is
//! meant to be blocked, whatever it looks like.

use crate::csv::is_header;
use crate::guess::guess;
use crate::refang::refang;

use super::label::is_type_name;
use super::punctuation::bare;

/// What a heading announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heading {
    /// Indicators of any kind.
    Indicators,
    /// What is not malicious.
    Benign,
    /// Where something was published or found out.
    References,
    /// Anything else.
    Other,
}

/// Most words of a heading.
const HEADING_WORDS: usize = 8;
/// Words of a line without a value from which on it is a sentence, whatever its marks.
const SENTENCE_WORDS: usize = 4;

/// Words by which values below are not malicious.
const BENIGN: &[&str] = &[
    "allow",
    "allowed",
    "allowlist",
    "allowlisted",
    "allowlists",
    "benign",
    "clean",
    "exceptions",
    "exclude",
    "excluded",
    "exclusion",
    "exclusions",
    "goodware",
    "harmless",
    "ignore",
    "ignored",
    "innocent",
    "legit",
    "legitimate",
    "safe",
    "safelist",
    "trusted",
    "unblock",
    "victim",
    "victims",
    "whitelist",
    "whitelisted",
    "whitelists",
    "legitim",
    "legitime",
    "gutartig",
    "vertrauenswürdig",
    "ausnahmen",
    "légitime",
    "légitimes",
    "legítimo",
    "legítimos",
    "legitimos",
    "exception",
];
/// The same, of more than one word.
const BENIGN_PHRASES: &[&str] = &[
    "false positive",
    "false positives",
    "known good",
    "not malicious",
    "do not block",
    "not block",
    "non malicious",
    "white list",
    "allow list",
];
/// Words by which values below are where something can be read.
const REFERENCES: &[&str] = &[
    "acknowledgements",
    "acknowledgments",
    "about",
    "article",
    "articles",
    "author",
    "authors",
    "bibliography",
    "blog",
    "blogs",
    "citations",
    "contact",
    "copyright",
    "credit",
    "credits",
    "disclaimer",
    "evidence",
    "licence",
    "license",
    "literature",
    "publication",
    "publications",
    "readings",
    "reading",
    "ref",
    "reference",
    "references",
    "refs",
    "fuentes",
    "literatur",
    "quelle",
    "quellen",
    "referenz",
    "referenzen",
    "referencias",
    "références",
    "resources",
    "lizenz",
    "licencia",
    "further",
    "writeup",
    "writeups",
    "presse",
    "press",
    "news",
];
/// The same, of more than one word.
const REFERENCE_PHRASES: &[&str] = &[
    "related links",
    "external links",
    "useful links",
    "see also",
    "read more",
    "more information",
    "learn more",
];
/// The same, which stand in front of types of indicators as well: `Source IPs`.
const SOURCES: &[&str] = &["report", "reports", "source", "sources", "analysis", "sandbox", "virustotal"];
/// Words by which a heading announces indicators.
const INDICATORS: &[&str] = &[
    "indicator",
    "indicators",
    "ioc",
    "iocs",
    "observables",
    "c2",
    "c2s",
    "cnc",
    "c&c",
    "payload",
    "payloads",
    "samples",
    "dropper",
    "droppers",
    "loader",
    "loaders",
    "malware",
    "hosts",
    "servers",
    "addresses",
    "infrastructure",
    "network",
    "indikatoren",
    "indicateurs",
    "indicadores",
    "senders",
    "ipv4",
    "ipv6",
];

/// What the text of a heading announces.
pub(super) fn heading(text: &str) -> Heading {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|next: char| !next.is_alphanumeric() && next != '&')
        .filter(|word| !word.is_empty())
        .collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let names_type = words.iter().any(|word| is_type_name(word)) || has(INDICATORS);
    let joined = words.join(" ");
    // `Compromised legitimate sites` are to be blocked; who wrote that may think otherwise, and gets to see it.
    if has(BENIGN) || BENIGN_PHRASES.iter().any(|phrase| joined.contains(phrase)) {
        return Heading::Benign;
    }
    if has(REFERENCES)
        || REFERENCE_PHRASES.iter().any(|phrase| joined.contains(phrase))
        || has(SOURCES) && !names_type
    {
        return Heading::References;
    }
    if names_type { Heading::Indicators } else { Heading::Other }
}

/// Words of a comment that is a heading.
const COMMENT_WORDS: usize = 4;

/// Words with which a comment of any length says what all of the values below it are.
const OF_A_WHOLE_LIST: &[&str] =
    &["allowlist", "allowlisted", "whitelist", "whitelisted", "safelist", "exceptions", "goodware"];

/// Whether a comment is a heading that says that nothing below it is to be blocked. `License: MIT` and `Source: the feed` are
/// said of a list, not of what follows.
pub(super) fn is_heading_of_comments(title: &str) -> bool {
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let is_filler = |word: &&str| {
        ["and", "of", "the", "for", "links", "urls", "supporting", "external", "other"].contains(word)
    };
    let kind = heading(title);
    // `Whitelist of our own domains`; longer comments speak of the list.
    let begins_so = words.first().is_some_and(|first| OF_A_WHOLE_LIST.contains(first));
    !title.contains(':')
        && (words.len() <= COMMENT_WORDS || begins_so)
        && (kind == Heading::Benign
            || kind == Heading::References
                && words
                    .iter()
                    .all(|word| REFERENCES.contains(word) || SOURCES.contains(word) || is_filler(word))
                && ![
                    "license",
                    "licence",
                    "copyright",
                    "disclaimer",
                    "about",
                    "contact",
                    "author",
                    "authors",
                ]
                .iter()
                .any(|word| words.contains(word)))
}

/// Words that stand in headings of lists beside types.
const FILLERS: &[&str] = &[
    "of",
    "and",
    "the",
    "for",
    "compromise",
    "malicious",
    "list",
    "used",
    "observed",
    "related",
    "download",
    "command",
    "control",
    "domain",
    "file",
    "email",
    "name",
    "names",
    "hash",
    "all",
    "new",
    "active",
    "known",
    "mail",
];

/// Whether a heading says that indicators follow and nothing else, so that nothing in it is lost.
pub(super) fn is_plain_heading(line: &str, title: &str) -> bool {
    let lower = title.to_lowercase();
    let mut words =
        lower.split(|next: char| !next.is_alphanumeric() && next != '&').filter(|word| !word.is_empty());
    let is_known = |word: &str| {
        is_type_name(word)
            || INDICATORS.contains(&word)
            || FILLERS.contains(&word)
            || word.bytes().all(|byte| byte.is_ascii_digit())
    };
    line.trim_end().ends_with(':') || words.all(is_known)
}

/// The text of a heading, if a line is one: a few words, none of them a value.
pub(super) fn title(line: &str) -> Option<&str> {
    let text = line.trim_matches(|mark: char| mark.is_whitespace() || "#=*_[]•-–—".contains(mark));
    let text = text.strip_suffix(':').unwrap_or(text).trim_end();
    let mut words = text.split_whitespace().peekable();
    let is_plain = |word: &str| {
        let word = bare(word);
        !word.contains(['.', '/', '\\', '@', '=', ',', ';', '|']) && guess(&refang(word)).is_none()
    };
    words.peek()?;
    let has_letters = text.chars().any(char::is_alphabetic);
    (has_letters && words.clone().count() <= HEADING_WORDS && words.all(is_plain)).then_some(text)
}

/// Whether a line that gave no value is a sentence rather than a damaged value.
pub(super) fn is_sentence(line: &str) -> bool {
    let words = line.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic)).count();
    words >= SENTENCE_WORDS
}

/// Whether a line draws something: a fence, a rule, the line below the head of a table.
pub(super) fn is_rule(line: &str) -> bool {
    if line.starts_with("```") || line.starts_with("~~~") {
        return !line.contains(' ');
    }
    let is_mark = |mark: char| "-=_*+|:~ –—\t".contains(mark);
    line.chars().count() >= 3 && line.chars().all(is_mark)
}

/// Whether a line is the head of a table: names of columns and nothing else.
pub(super) fn is_table_head(line: &str) -> bool {
    line.starts_with('|') && line.ends_with('|') && is_header(line.trim_matches('|'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_say_what_is_below_them() {
        for (text, expected) in [
            ("Indicators of compromise", Heading::Indicators),
            ("MALDOC DOWNLOAD URLS", Heading::Indicators),
            ("C2", Heading::Indicators),
            ("Domains (3)", Heading::Indicators),
            ("Source IPs", Heading::Indicators),
            ("SHA-256 hashes", Heading::Indicators),
            ("LEGITIMATE SITES CONTACTED", Heading::Benign),
            ("Benign URLs", Heading::Benign),
            ("False positives", Heading::Benign),
            ("Whitelisted domains", Heading::Benign),
            ("Do not block", Heading::Benign),
            ("References", Heading::References),
            ("Reference links", Heading::References),
            ("SUPPORTING EVIDENCE", Heading::References),
            ("Sources", Heading::References),
            ("Further reading", Heading::References),
            ("Quellen", Heading::References),
            ("Past due invoice", Heading::Other),
        ] {
            assert_eq!(heading(text), expected, "{text}");
        }
    }

    #[test]
    fn a_title_is_a_few_words_without_a_value() {
        for (line, expected) in [
            ("References:", Some("References")),
            ("== Part one ==", Some("Part one")),
            ("**Domains**", Some("Domains")),
            ("[Benign]", Some("Benign")),
            ("evil.example", None),
            ("see evil.example", None),
            ("12.5", None),
            ("one two three four five six seven eight nine", None),
        ] {
            assert_eq!(title(line), expected, "{line}");
        }
    }

    #[test]
    fn rules_and_fences_are_drawn() {
        for line in ["```", "```text", "---", "|---|:--|", "=====", "* * *"] {
            assert!(is_rule(line), "{line}");
        }
        for line in ["--", "- evil.example", "|| evil.example", "``` evil.example"] {
            assert!(!is_rule(line), "{line}");
        }
    }
}
