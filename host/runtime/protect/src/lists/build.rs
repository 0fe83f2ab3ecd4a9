//! From warning lists as they are published to the one compiled file. Nothing is dropped in silence: what cannot be used
//! becomes a [`BuildWarning`] with its list and entry.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use ipnet::IpNet;
use palisade_files::ReadFault;
use palisade_limits::{
    COMPILED_LISTS_BYTES, WARNING_LIST_BYTES, WARNING_LISTS_REGEXES, WARNING_LISTS_SUBSTRINGS,
    WARNINGS_LISTED,
};
use palisade_model::excerpt;

use super::compiled::{Catalogue, CompiledLists, ListSummary};
use super::entry::Entry;
use super::file;
use super::networks;
use super::patterns::{Pattern, Regexes, Substrings};
use super::table;
use super::warning_list::WarningList;
use crate::{BuildError, LoadError};

/// Something in a list that will not protect anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildWarning {
    /// The list's own name.
    pub list: String,
    /// The file that it came from.
    pub file: String,
    /// The beginning of the entry, on one line; `None` where the whole list or further entries are meant.
    pub entry: Option<String>,
    /// Why it is not used: the end of a sentence that begins with the entry or the list.
    pub reason: String,
}

impl fmt::Display for BuildWarning {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { list, file, entry, reason } = self;
        let list = excerpt(list);
        match entry {
            Some(entry) => {
                write!(formatter, "warning list `{list}` (`{file}`): the entry `{entry}` {reason}")
            }
            None => write!(formatter, "warning list `{list}` (`{file}`) {reason}"),
        }
    }
}

/// Collects warning lists.
#[derive(Debug, Default)]
pub struct Builder {
    lists: Vec<ListSummary>,
    names: Vec<(Box<[u8]>, u32)>,
    wholes: Vec<(Box<[u8]>, u32)>,
    v4: Vec<(Box<[u8]>, u32)>,
    v6: Vec<(Box<[u8]>, u32)>,
    substrings: Vec<Pattern>,
    regexes: Vec<Pattern>,
    warnings: Vec<BuildWarning>,
}

/// The compiled file, not yet written.
#[derive(Debug)]
pub struct Built {
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// The lists that are in it.
    pub lists: Vec<ListSummary>,
    /// What could not be used.
    pub warnings: Vec<BuildWarning>,
}

impl Built {
    /// Writes the file whole or not at all.
    ///
    /// # Errors
    /// [`BuildError::Write`].
    pub fn write(&self, path: &Path) -> Result<(), BuildError> {
        file::replace(path, &self.bytes)
            .map_err(|cause| BuildError::Write { file: path.display().to_string(), cause })
    }

    /// The lists as a run would load them.
    ///
    /// # Errors
    /// [`LoadError`], never for what a [`Builder`] made.
    pub fn load(self) -> Result<CompiledLists, LoadError> {
        CompiledLists::from_bytes("compiled lists", self.bytes)
    }
}

impl Builder {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the list in a file.
    ///
    /// # Errors
    /// As [`Builder::add`], and if the file cannot be read.
    pub fn add_file(&mut self, path: &Path) -> Result<(), BuildError> {
        let name = path.display().to_string();
        match palisade_files::read(path, WARNING_LIST_BYTES) {
            Ok(bytes) => self.add(&name, &bytes),
            Err(ReadFault::Io(cause)) => Err(BuildError::Read { file: name, cause }),
            Err(ReadFault::TooLarge { limit }) => Err(BuildError::TooLarge { file: name, limit }),
        }
    }

    /// Adds one list from its bytes; `file` is what messages call it.
    ///
    /// # Errors
    /// [`BuildError`]: too large, no warning list, or too many patterns. A list of an unknown type and entries that
    /// cannot be used are no errors but warnings.
    pub fn add(&mut self, file: &str, bytes: &[u8]) -> Result<(), BuildError> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > WARNING_LIST_BYTES {
            return Err(BuildError::TooLarge { file: file.to_owned(), limit: WARNING_LIST_BYTES });
        }
        let list = WarningList::read(file, bytes)?;
        let number = u32::try_from(self.lists.len()).unwrap_or(u32::MAX);
        let mut summary = ListSummary::new(list.name, list.version, file.to_owned(), list.about);
        let mut unusable = Unusable::new(&summary);
        match list.list_type {
            Ok(list_type) => {
                for text in &list.entries {
                    let Some(text) = text else {
                        unusable.entry("(no text)", "is not a text".to_owned());
                        continue;
                    };
                    match Entry::read(list_type, text) {
                        Ok(entry) => {
                            self.insert(entry, text, number);
                            summary.entries = summary.entries.saturating_add(1);
                        }
                        Err(reason) => unusable.entry(text, reason),
                    }
                }
            }
            Err(name) => unusable.whole(format!(
                "is left out with its {} entries: its type `{}` is not one of cidr, hostname, string, substring and regex",
                list.entries.len(),
                excerpt(&name)
            )),
        }
        self.warnings.append(&mut unusable.finish());
        self.lists.push(summary);
        within(file, "substrings", self.substrings.len(), WARNING_LISTS_SUBSTRINGS)?;
        within(file, "regular expressions", self.regexes.len(), WARNING_LISTS_REGEXES)
    }

    fn insert(&mut self, entry: Entry, text: &str, list: u32) {
        let key = |text: String| (text.into_bytes().into_boxed_slice(), list);
        match entry {
            Entry::Name(name) => self.names.push(key(name)),
            Entry::Whole(keys) => self.wholes.extend(keys.into_iter().map(key)),
            Entry::Network(network) => {
                let networks = match network {
                    IpNet::V4(_) => &mut self.v4,
                    IpNet::V6(_) => &mut self.v6,
                };
                networks.push((networks::key(network).into_boxed_slice(), list));
            }
            Entry::Substring(pattern) => self.substrings.push(Pattern { pattern, entry: None, list }),
            Entry::Regex(pattern) => {
                let entry = (pattern != text).then(|| text.to_owned());
                self.regexes.push(Pattern { pattern, entry, list });
            }
        }
    }

    /// What could not be used so far.
    #[must_use]
    pub fn warnings(&self) -> &[BuildWarning] {
        &self.warnings
    }

    /// Compiles what was added.
    ///
    /// # Errors
    /// [`BuildError`]: nothing to compile, or too much of it.
    pub fn finish(self) -> Result<Built, BuildError> {
        if self.lists.iter().all(|list| list.entries == 0) {
            return Err(BuildError::Empty);
        }
        let too_large = || BuildError::CompiledTooLarge { limit: COMPILED_LISTS_BYTES };
        // Found here rather than by every run that loads the file.
        let patterns = |cause| BuildError::PatternsTooLarge { cause };
        Substrings::new(self.substrings.clone()).map_err(patterns)?;
        Regexes::new(self.regexes.clone()).map_err(patterns)?;
        let mut sets = Sets::default();
        let mut compile = |entries| table::write(&sets.grouped(entries)).ok_or_else(too_large);
        let names = compile(self.names)?;
        let wholes = compile(self.wholes)?;
        let v4 = compile(self.v4)?;
        let v6 = compile(self.v6)?;
        let catalogue = Catalogue {
            lists: self.lists,
            sets: sets.in_order(),
            substrings: self.substrings,
            regexes: self.regexes,
        };
        let json = serde_json::to_vec(&catalogue).map_err(|_| too_large())?;
        let bytes = file::write([&json, &names, &wholes, &v4, &v6]);
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > COMPILED_LISTS_BYTES {
            return Err(too_large());
        }
        Ok(Built { bytes, lists: catalogue.lists, warnings: self.warnings })
    }
}

fn within(file: &str, what: &'static str, count: usize, limit: u64) -> Result<(), BuildError> {
    if u64::try_from(count).unwrap_or(u64::MAX) > limit {
        return Err(BuildError::TooManyPatterns { file: file.to_owned(), what, limit });
    }
    Ok(())
}

/// Sets of lists that hold the same entry, each once. Few differ, however many entries there are.
#[derive(Debug, Default)]
struct Sets(BTreeMap<Vec<u32>, u32>);

impl Sets {
    /// Each key once, in order, with the number of the set of its lists.
    fn grouped(&mut self, mut entries: Vec<(Box<[u8]>, u32)>) -> Vec<(Box<[u8]>, u32)> {
        entries.sort_unstable();
        entries.dedup();
        let mut grouped: Vec<(Box<[u8]>, u32)> = Vec::with_capacity(entries.len());
        let mut lists = Vec::new();
        let mut entries = entries.into_iter().peekable();
        while let Some((key, list)) = entries.next() {
            lists.push(list);
            if entries.peek().is_none_or(|(next, _)| *next != key) {
                let set = self.number(std::mem::take(&mut lists));
                grouped.push((key, set));
            }
        }
        grouped
    }

    fn number(&mut self, lists: Vec<u32>) -> u32 {
        let next = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        *self.0.entry(lists).or_insert(next)
    }

    fn in_order(self) -> Vec<Vec<u32>> {
        let mut sets: Vec<_> = self.0.into_iter().collect();
        sets.sort_unstable_by_key(|(_, number)| *number);
        sets.into_iter().map(|(lists, _)| lists).collect()
    }
}

/// The warnings of one list: the first ones with their entry, the others by their number.
struct Unusable {
    list: String,
    file: String,
    warnings: Vec<BuildWarning>,
    further: u64,
}

impl Unusable {
    fn new(summary: &ListSummary) -> Self {
        Self { list: summary.name.clone(), file: summary.file.clone(), warnings: Vec::new(), further: 0 }
    }

    fn entry(&mut self, text: &str, reason: String) {
        if u64::try_from(self.warnings.len()).unwrap_or(u64::MAX) < WARNINGS_LISTED {
            self.push(Some(excerpt(text)), reason);
        } else {
            self.further = self.further.saturating_add(1);
        }
    }

    fn whole(&mut self, reason: String) {
        self.push(None, reason);
    }

    fn push(&mut self, entry: Option<String>, reason: String) {
        self.warnings.push(BuildWarning { list: self.list.clone(), file: self.file.clone(), entry, reason });
    }

    fn finish(mut self) -> Vec<BuildWarning> {
        if self.further > 0 {
            self.push(None, format!("has {} further entries that cannot be used", self.further));
        }
        self.warnings
    }
}

#[cfg(test)]
mod tests;
