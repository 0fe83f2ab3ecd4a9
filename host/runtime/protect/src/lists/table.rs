//! A sorted table of keys, each with one number, read where it lies: nothing is unpacked, so that loading 2,500,000 keys
//! is reading a file, and a lookup is some twenty comparisons.
//!
//! Written by hand because the bytes may come from anybody: every offset is checked when the table is opened, and no
//! lookup can leave it. (Libraries for such maps trust their bytes, and panic on wrong ones.)
//!
//! ```text
//! count: u32 │ end of each key: u32 × count │ number of each key: u32 × count │ keys, ascending, without separators
//! ```
//!
//! All numbers are little-endian.

use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;

const NUMBER_BYTES: usize = 4;

/// A table inside of a file that is held in memory.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    file: Arc<Vec<u8>>,
    count: usize,
    /// Where the ends, the numbers and the keys begin.
    ends: usize,
    numbers: usize,
    keys: usize,
}

/// What does not hold in a table.
pub(crate) type Damage = &'static str;

/// The bytes of a table with these keys, which must be ascending and without repetition.
///
/// `None` where the table would be too large for its numbers.
pub(crate) fn write(entries: &[(Box<[u8]>, u32)]) -> Option<Vec<u8>> {
    let count = u32::try_from(entries.len()).ok()?;
    let mut ends = Vec::with_capacity(entries.len() * NUMBER_BYTES);
    let mut numbers = Vec::with_capacity(entries.len() * NUMBER_BYTES);
    let mut keys = Vec::new();
    for (key, number) in entries {
        keys.extend_from_slice(key);
        ends.extend_from_slice(&u32::try_from(keys.len()).ok()?.to_le_bytes());
        numbers.extend_from_slice(&number.to_le_bytes());
    }
    Some([count.to_le_bytes().as_slice(), &ends, &numbers, &keys].concat())
}

impl Table {
    /// Opens the table that fills `section` of `file`; its numbers are below `numbers_below`.
    ///
    /// # Errors
    /// What does not hold.
    pub(crate) fn open(
        file: Arc<Vec<u8>>,
        section: Range<usize>,
        numbers_below: usize,
    ) -> Result<Self, Damage> {
        const CUT: Damage = "a table is cut off";
        let count = number_at(&file, section.start).ok_or(CUT)?;
        let count = usize::try_from(count).map_err(|_| CUT)?;
        let column = count.checked_mul(NUMBER_BYTES).ok_or(CUT)?;
        let ends = section.start.checked_add(NUMBER_BYTES).ok_or(CUT)?;
        let numbers = ends.checked_add(column).ok_or(CUT)?;
        let keys = numbers.checked_add(column).ok_or(CUT)?;
        let keys_length = section.end.checked_sub(keys).ok_or(CUT)?;
        let table = Self { file, count, ends, numbers, keys };
        let mut end = 0;
        let mut last: Option<&[u8]> = None;
        for index in 0..count {
            let next = table.end(index).ok_or(CUT)?;
            if next < end || next > keys_length {
                return Err("a table's keys overlap");
            }
            end = next;
            if table.number(index).ok_or(CUT)? >= numbers_below {
                return Err("a table names a list that is not there");
            }
            let key = table.key(index).ok_or(CUT)?;
            if last.is_some_and(|last| last >= key) {
                return Err("a table's keys are not in order");
            }
            last = Some(key);
        }
        if end == keys_length { Ok(table) } else { Err("a table has bytes that belong to no key") }
    }

    /// How many keys there are.
    pub(crate) const fn len(&self) -> usize {
        self.count
    }

    /// The number of a key.
    pub(crate) fn get(&self, key: &[u8]) -> Option<usize> {
        self.search(key).ok().and_then(|index| self.number(index))
    }

    /// The keys from `key` on, and their numbers.
    pub(crate) fn from<'a>(&'a self, key: &[u8]) -> impl Iterator<Item = (&'a [u8], usize)> + use<'a> {
        let start = self.search(key).unwrap_or_else(|index| index);
        (start..self.count).map_while(|index| Some((self.key(index)?, self.number(index)?)))
    }

    fn search(&self, key: &[u8]) -> Result<usize, usize> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.key(middle).map_or(Ordering::Greater, |found| found.cmp(key)) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return Ok(middle),
                Ordering::Greater => high = middle,
            }
        }
        Err(low)
    }

    fn key(&self, index: usize) -> Option<&[u8]> {
        let start = match index.checked_sub(1) {
            Some(before) => self.end(before)?,
            None => 0,
        };
        self.file.get(self.keys.checked_add(start)?..self.keys.checked_add(self.end(index)?)?)
    }

    fn end(&self, index: usize) -> Option<usize> {
        usize::try_from(number_at(&self.file, self.ends + index * NUMBER_BYTES)?).ok()
    }

    fn number(&self, index: usize) -> Option<usize> {
        usize::try_from(number_at(&self.file, self.numbers + index * NUMBER_BYTES)?).ok()
    }
}

fn number_at(file: &[u8], start: usize) -> Option<u32> {
    file.get(start..)?.first_chunk::<NUMBER_BYTES>().map(|bytes| u32::from_le_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn table(entries: &BTreeMap<Vec<u8>, u32>) -> (Vec<u8>, Result<Table, Damage>) {
        let entries: Vec<_> =
            entries.iter().map(|(key, number)| (key.clone().into_boxed_slice(), *number)).collect();
        let bytes = write(&entries).unwrap();
        (bytes.clone(), open(bytes))
    }

    fn open(bytes: Vec<u8>) -> Result<Table, Damage> {
        let section = 0..bytes.len();
        Table::open(Arc::new(bytes), section, 1_000)
    }

    proptest! {
        #[test]
        fn a_table_holds_what_was_written_and_nothing_else(
            entries: BTreeMap<Vec<u8>, u8>,
            others: Vec<Vec<u8>>,
        ) {
            let entries = entries.into_iter().map(|(key, number)| (key, u32::from(number))).collect();
            let (_, table) = table(&entries);
            let table = table.unwrap();
            for key in entries.keys().chain(&others) {
                let expected = entries.get(key).map(|number| *number as usize);
                prop_assert_eq!(table.get(key), expected);
                prop_assert_eq!(
                    table.from(key).map(|(key, _)| key.to_vec()).collect::<Vec<_>>(),
                    entries.range(key.clone()..).map(|(key, _)| key.clone()).collect::<Vec<_>>()
                );
            }
        }

        #[test]
        fn a_table_of_any_bytes_is_refused_or_searched_but_never_left(
            entries: BTreeMap<Vec<u8>, u8>,
            place: prop::sample::Index,
            byte: u8,
            cut: prop::sample::Index,
            key: Vec<u8>,
        ) {
            let entries = entries.into_iter().map(|(key, number)| (key, u32::from(number))).collect();
            let (mut bytes, _) = table(&entries);
            let place = place.index(bytes.len());
            bytes[place] = byte;
            for bytes in [bytes.clone(), bytes[..cut.index(bytes.len() + 1)].to_vec(), key.clone()] {
                if let Ok(table) = open(bytes) {
                    let _ = table.get(&key);
                    let _ = table.from(&key).count();
                }
            }
        }
    }

    #[test]
    fn what_does_not_hold_in_a_table_is_told() {
        let (bytes, _) = table(&BTreeMap::from([(b"a".to_vec(), 1), (b"b".to_vec(), 2)]));
        let changed = |place: usize, byte: u8| {
            let mut bytes = bytes.clone();
            bytes[place] = byte;
            open(bytes).map(|table| table.len())
        };
        assert_eq!(open(bytes[..2].to_vec()).unwrap_err(), "a table is cut off");
        assert_eq!(changed(0, 200), Err("a table is cut off"));
        assert_eq!(changed(4, 9), Err("a table's keys overlap"));
        assert_eq!(changed(14, 9), Err("a table names a list that is not there"));
        assert_eq!(changed(20, b'c'), Err("a table's keys are not in order"));
        assert_eq!(changed(0, 0), Err("a table has bytes that belong to no key"));
        assert_eq!(changed(20, b'A'), Ok(2));
    }
}
