//! Substrings and regular expressions, each compared with all texts of a value at once.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use palisade_limits::WARNING_LISTS_REGEXES_BYTES;
use regex::{RegexSet, RegexSetBuilder};
use serde::{Deserialize, Serialize};

/// One substring or regular expression and the list that it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pattern {
    /// What is compared.
    pub(crate) pattern: String,
    /// The entry as the list has it, where it differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) entry: Option<String>,
    /// The list's number.
    pub(crate) list: u32,
}

impl Pattern {
    fn entry(&self) -> &str {
        self.entry.as_deref().unwrap_or(&self.pattern)
    }
}

/// Substrings, letters of ASCII in any case.
#[derive(Debug, Clone)]
pub(crate) struct Substrings {
    patterns: Vec<Pattern>,
    search: Option<AhoCorasick>,
}

impl Substrings {
    /// # Errors
    /// What the library says.
    pub(crate) fn new(patterns: Vec<Pattern>) -> Result<Self, String> {
        let search = if patterns.is_empty() {
            None
        } else {
            let search = AhoCorasickBuilder::new()
                .ascii_case_insensitive(true)
                .match_kind(MatchKind::Standard)
                .build(patterns.iter().map(|pattern| pattern.pattern.as_bytes()));
            Some(search.map_err(|cause| cause.to_string())?)
        };
        Ok(Self { patterns, search })
    }

    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }

    /// List and entry of a substring of the text whose list is to be asked.
    pub(crate) fn find(&self, text: &str, asked: impl Fn(u32) -> bool) -> Option<(u32, &str)> {
        self.search.as_ref()?.find_overlapping_iter(text).find_map(|found| {
            let pattern = self.patterns.get(found.pattern().as_usize())?;
            asked(pattern.list).then(|| (pattern.list, pattern.entry()))
        })
    }
}

/// Regular expressions.
#[derive(Debug, Clone)]
pub(crate) struct Regexes {
    patterns: Vec<Pattern>,
    search: RegexSet,
}

impl Regexes {
    /// # Errors
    /// What the library says.
    pub(crate) fn new(patterns: Vec<Pattern>) -> Result<Self, String> {
        let search = RegexSetBuilder::new(patterns.iter().map(|pattern| pattern.pattern.as_str()))
            .size_limit(usize::try_from(WARNING_LISTS_REGEXES_BYTES).unwrap_or(usize::MAX))
            .build()
            .map_err(|cause| cause.to_string())?;
        Ok(Self { patterns, search })
    }

    pub(crate) fn len(&self) -> usize {
        self.patterns.len()
    }

    /// List and entry of a regular expression that matches the text and whose list is to be asked.
    pub(crate) fn find(&self, text: &str, asked: impl Fn(u32) -> bool) -> Option<(u32, &str)> {
        if self.patterns.is_empty() {
            return None;
        }
        self.search.matches(text).into_iter().find_map(|index| {
            let pattern = self.patterns.get(index)?;
            asked(pattern.list).then(|| (pattern.list, pattern.entry()))
        })
    }
}
