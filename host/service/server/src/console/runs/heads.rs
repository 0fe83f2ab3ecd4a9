//! Heads of columns that sort a table, and the same orders as a list for screens without heads.

use crate::view::Choice;

/// The head of a column.
pub(in crate::console) struct Head {
    pub(in crate::console) title: &'static str,
    pub(in crate::console) path: String,
    /// The attribute `aria-sort`; empty if another column sorts the table.
    pub(in crate::console) sorted: &'static str,
}

/// The orders of a table.
pub(super) struct Sorting<T: 'static> {
    /// The order without a word in the address, and whether it is descending.
    pub(super) usual: (T, bool),
    /// Each with its title, and the words for ascending and descending.
    pub(super) columns: &'static [(T, &'static str, &'static str, &'static str)],
}

impl<T: Copy + PartialEq + std::fmt::Display> Sorting<T> {
    fn column(&self, name: &str) -> Option<T> {
        self.columns.iter().map(|(column, ..)| *column).find(|column| column.to_string() == name)
    }

    /// `value`, or `-value` for descending.
    pub(super) fn read(&self, sort: &str) -> (T, bool) {
        let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        self.column(name).map_or(self.usual, |column| (column, descending))
    }

    /// Whether an address names an order.
    pub(super) fn knows(&self, sort: &str) -> bool {
        self.column(sort.strip_prefix('-').unwrap_or(sort)).is_some()
    }

    /// The order as an address has it; the usual one is left out.
    pub(super) fn written(&self, sort: &str) -> String {
        let order = self.read(sort);
        if order == self.usual { String::new() } else { Self::name(order) }
    }

    fn name((column, descending): (T, bool)) -> String {
        format!("{}{column}", if descending { "-" } else { "" })
    }

    /// Every order, the usual one first.
    pub(super) fn choices(&self) -> Vec<Choice> {
        let both = self.columns.iter().flat_map(|(column, title, ascending, descending)| {
            [(*column, false, *title, *ascending), (*column, true, *title, *descending)]
        });
        let choice = |(column, descending, title, words): (T, bool, &str, &str)| {
            let order = (column, descending);
            let value = if order == self.usual { String::new() } else { Self::name(order) };
            Choice::new(value, format!("{title}, {words}"))
        };
        let mut choices: Vec<Choice> = both.map(choice).collect();
        choices.sort_by_key(|choice| !choice.value.is_empty());
        choices
    }
}

/// The head of every column that sorts; a second click reverses the order.
pub(super) fn heads<T: Copy + PartialEq + std::fmt::Display>(
    sorting: &Sorting<T>,
    sort: &str,
    path: impl Fn(&str) -> String,
) -> Vec<Head> {
    let (by, descending) = sorting.read(sort);
    let head = |(column, title, ..): &(T, &'static str, &str, &str)| {
        let current = *column == by;
        let next = (*column, current && !descending);
        let next = if next == sorting.usual { String::new() } else { Sorting::name(next) };
        let sorted = match (current, descending) {
            (false, _) => "",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        Head { title, path: path(&next), sorted }
    };
    sorting.columns.iter().map(head).collect()
}

#[cfg(test)]
mod tests {
    use palisade_store::RunOrder;

    use super::*;

    const SORTING: Sorting<RunOrder> = Sorting {
        usual: (RunOrder::Requested, true),
        columns: &[
            (RunOrder::Requested, "Requested", "oldest first", "newest first"),
            (RunOrder::Workflow, "Workflow", "A to Z", "Z to A"),
        ],
    };

    #[test]
    fn a_second_click_reverses_the_order() {
        let paths = |sort: &str| -> Vec<(String, &str)> {
            let heads = heads(&SORTING, sort, |sort| format!("/runs?sort={sort}"));
            heads.into_iter().map(|head| (head.path, head.sorted)).collect()
        };
        let of = |requested: &'static str, workflow: &'static str| {
            [requested, workflow].map(|sort| format!("/runs?sort={sort}"))
        };
        for (sort, next, sorted) in [
            ("", of("requested", "workflow"), ["descending", ""]),
            ("requested", of("", "workflow"), ["ascending", ""]),
            ("workflow", of("requested", "-workflow"), ["", "ascending"]),
            ("-workflow", of("requested", "workflow"), ["", "descending"]),
            ("nonsense", of("requested", "workflow"), ["descending", ""]),
        ] {
            let found = paths(sort);
            assert_eq!(found.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>(), next, "{sort}");
            assert_eq!(found.iter().map(|(_, sorted)| *sorted).collect::<Vec<_>>(), sorted, "{sort}");
        }
    }

    #[test]
    fn every_order_can_be_chosen_without_heads() {
        let values: Vec<String> = SORTING.choices().into_iter().map(|choice| choice.value).collect();
        assert_eq!(values, ["", "requested", "workflow", "-workflow"]);
        assert_eq!(
            ["-requested", "nonsense", "-workflow"].map(|sort| SORTING.written(sort)),
            ["", "", "-workflow"]
        );
        assert!(SORTING.knows("-workflow") && !SORTING.knows("nonsense"));
    }
}
