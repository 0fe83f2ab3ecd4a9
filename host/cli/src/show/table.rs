//! Columns under each other, without lines: they survive every terminal, log and pasting.

use unicode_width::UnicodeWidthStr as _;

use super::one_line;

/// Rows of cells; columns are as wide as their widest cell, the last one is left as it is.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
    right: Vec<usize>,
}

impl Table {
    /// An empty table.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Aligns a column to the right, as numbers are.
    pub(crate) fn right(mut self, column: usize) -> Self {
        self.right.push(column);
        self
    }

    /// Adds a row.
    pub(crate) fn row<Cell: Into<String>>(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().map(|cell| one_line(&cell.into())).collect());
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The rows as lines, each indented by two blanks.
    pub(crate) fn text(&self) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::from(" ");
            for ((column, cell), width) in row.iter().enumerate().zip(&widths) {
                let blanks = " ".repeat(width.saturating_sub(cell.width()));
                let (before, after) =
                    if self.right.contains(&column) { (blanks.as_str(), "") } else { ("", blanks.as_str()) };
                line.push_str(&format!(" {before}{cell}{after} "));
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new().right(1);
        table.row(["accepted", "1,234", "x"]);
        table.row(["a", "7"]);
        assert_eq!(table.text(), "  accepted  1,234  x\n  a             7\n");
    }
}
