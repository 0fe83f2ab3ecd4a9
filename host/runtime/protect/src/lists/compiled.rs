//! Compiled lists in memory, and the question that they answer: which entry of which list catches this value?
//!
//! A list is asked only about the kinds of objects that its `matching_attributes` name. Clones share the memory.

use std::path::Path;
use std::sync::Arc;

use palisade_files::ReadFault;
use palisade_limits::COMPILED_LISTS_BYTES;
use serde::{Deserialize, Serialize};

use super::file;
use super::networks::Networks;
use super::patterns::{Pattern, Regexes, Substrings};
use super::table::Table;
use crate::LoadError;
use crate::canonical::{Reading, name};
use crate::kind::{About, Kind};

/// What stands in front of the tables of a compiled file, as JSON.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Catalogue {
    /// The lists; their place is their number.
    pub(crate) lists: Vec<ListSummary>,
    /// Sets of lists; a table's numbers are places in here.
    pub(crate) sets: Vec<Vec<u32>>,
    pub(crate) substrings: Vec<Pattern>,
    pub(crate) regexes: Vec<Pattern>,
}

/// One list as it went into the compiled file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSummary {
    /// The list's own name.
    pub name: String,
    /// The list's own version; empty where it has none.
    pub version: String,
    /// The file that it came from.
    pub file: String,
    /// Entries that are looked for; those that could not be used are not counted.
    pub entries: u64,
    about: About,
}

impl ListSummary {
    pub(crate) fn new(name: String, version: String, file: String, about: About) -> Self {
        Self { name, version, file, entries: 0, about }
    }
}

/// Warning lists, compiled by a [`Builder`](crate::Builder) and loaded. Cheap to clone.
#[derive(Debug, Clone)]
pub struct CompiledLists(Arc<Loaded>);

#[derive(Debug)]
struct Loaded {
    lists: Vec<ListSummary>,
    sets: Vec<Vec<u32>>,
    names: Table,
    wholes: Table,
    networks: [Networks; 2],
    substrings: Substrings,
    regexes: Regexes,
}

impl CompiledLists {
    /// Loads a compiled file.
    ///
    /// # Errors
    /// [`LoadError`]: not readable, too large, not of this format, or damaged.
    pub fn open(path: &Path) -> Result<Self, LoadError> {
        let name = path.display().to_string();
        match palisade_files::read(path, COMPILED_LISTS_BYTES) {
            Ok(bytes) => Self::from_bytes(&name, bytes),
            Err(ReadFault::Io(cause)) => Err(LoadError::Read { file: name, cause }),
            Err(ReadFault::TooLarge { .. }) => {
                Err(LoadError::TooLarge { file: name, limit: COMPILED_LISTS_BYTES })
            }
        }
    }

    /// Loads the bytes of a compiled file; `name` is what messages call it.
    ///
    /// # Errors
    /// [`LoadError`]: not of this format, or damaged.
    pub fn from_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, LoadError> {
        let damaged = |what| LoadError::Damaged { file: name.to_owned(), what };
        let [catalogue, names, wholes, v4, v6] = file::sections(name, &bytes)?;
        let catalogue: Catalogue = bytes
            .get(catalogue)
            .and_then(|bytes| serde_json::from_slice(bytes).ok())
            .ok_or_else(|| damaged("its catalogue cannot be read"))?;
        let known = |list: &u32| usize::try_from(*list).is_ok_and(|list| list < catalogue.lists.len());
        let patterns = catalogue.substrings.iter().chain(&catalogue.regexes).map(|pattern| &pattern.list);
        if !catalogue.sets.iter().flatten().chain(patterns).all(known) {
            return Err(damaged("its catalogue names a list that is not there"));
        }
        let bytes = Arc::new(bytes);
        let sets = catalogue.sets.len();
        let table = |section| Table::open(Arc::clone(&bytes), section, sets).map_err(damaged);
        Ok(Self(Arc::new(Loaded {
            names: table(names)?,
            wholes: table(wholes)?,
            networks: [Networks::new(table(v4)?), Networks::new(table(v6)?)],
            substrings: Substrings::new(catalogue.substrings)
                .map_err(|_| damaged("its substrings cannot be searched for"))?,
            regexes: Regexes::new(catalogue.regexes)
                .map_err(|_| damaged("its regular expressions cannot be searched for"))?,
            lists: catalogue.lists,
            sets: catalogue.sets,
        })))
    }

    /// The lists, in the order in which they were added.
    #[must_use]
    pub fn lists(&self) -> &[ListSummary] {
        &self.0.lists
    }

    /// Entries of all lists together; one that several lists hold counts once.
    #[must_use]
    pub fn entries(&self) -> usize {
        let loaded = &self.0;
        loaded.networks.iter().map(Networks::len).sum::<usize>()
            + loaded.names.len()
            + loaded.wholes.len()
            + loaded.substrings.len()
            + loaded.regexes.len()
    }

    /// List and entry that catch the value; addresses and names first, because their entries say most.
    pub(crate) fn find(&self, kind: Kind, reading: &Reading) -> Option<(String, String)> {
        let loaded = &self.0;
        let about = kind.about();
        let found = |(list, entry): (u32, &str)| Some((loaded.list(list)?.name.clone(), entry.to_owned()));
        loaded
            .network(kind, reading)
            .or_else(|| loaded.name(kind, reading))
            .or_else(|| {
                reading.keys.iter().find_map(|key| {
                    let set = loaded.wholes.get(key.as_bytes())?;
                    found((loaded.first(set, about)?, key))
                })
            })
            .or_else(|| {
                if kind == Kind::Other {
                    return None;
                }
                let asked = |list| loaded.is_about(list, about);
                let texts = || reading.texts.iter();
                texts()
                    .find_map(|text| loaded.substrings.find(text, asked))
                    .or_else(|| texts().find_map(|text| loaded.regexes.find(text, asked)))
                    .and_then(found)
            })
    }
}

impl Loaded {
    fn network(&self, kind: Kind, reading: &Reading) -> Option<(String, String)> {
        // An object of another type whose value is an address is an address.
        let about = if kind == Kind::Domain { About::ADDRESS } else { kind.about() };
        let [v4, v6] = &self.networks;
        reading.hosts.networks.iter().filter(|_| kind != Kind::Mail).find_map(|network| {
            let networks = if network.addr().is_ipv4() { v4 } else { v6 };
            networks.overlapping(*network).find_map(|(entry, set)| {
                let list = self.list(self.first(set, about)?)?;
                let single = entry.prefix_len() == entry.max_prefix_len();
                let entry = if single { entry.addr().to_string() } else { entry.to_string() };
                Some((list.name.clone(), entry))
            })
        })
    }

    fn name(&self, kind: Kind, reading: &Reading) -> Option<(String, String)> {
        if !matches!(kind, Kind::Domain | Kind::Address | Kind::Url) {
            return None;
        }
        let about = kind.about();
        let find = |name: &str| {
            let list = self.list(self.first(self.names.get(name.as_bytes())?, about)?)?;
            Some((list.name.clone(), name.to_owned()))
        };
        let hosts = &reading.hosts;
        hosts
            .names
            .iter()
            .flat_map(|name| name::suffixes(name))
            .find_map(find)
            .or_else(|| hosts.networks.iter().find_map(|network| find(&network.addr().to_string())))
    }

    fn list(&self, number: u32) -> Option<&ListSummary> {
        self.lists.get(usize::try_from(number).ok()?)
    }

    fn is_about(&self, list: u32, about: About) -> bool {
        self.list(list).is_some_and(|list| list.about.touches(about))
    }

    /// The first list of a set that is about objects of this kind.
    fn first(&self, set: usize, about: About) -> Option<u32> {
        self.sets.get(set)?.iter().copied().find(|list| self.is_about(*list, about))
    }
}
