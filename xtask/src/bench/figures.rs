//! From figures to cells of a table: units, and the same number of digits for all of a kind.

use std::time::Duration;

use anyhow::{Context as _, Result};

/// The middle of what was measured.
pub(super) fn median<T: Copy + Ord>(mut values: Vec<T>) -> Result<T> {
    values.sort();
    values.get(values.len() / 2).copied().context("nothing was measured")
}

/// A time: milliseconds below a second, seconds from there on.
pub(super) fn time(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1e3;
    if milliseconds < 10.0 {
        format!("{milliseconds:.2} ms")
    } else if milliseconds < 1e3 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.2} s", milliseconds / 1e3)
    }
}

/// Memory, in millions of bytes; a dash where the system does not tell.
pub(super) fn memory(bytes: u64) -> String {
    if bytes == 0 { "-".to_owned() } else { format!("{:.1} MB", bytes as f64 / 1e6) }
}

/// Bytes on the wire, in thousands.
pub(super) fn wire(bytes: u64) -> String {
    format!("{:.0} kB", bytes as f64 / 1e3)
}

/// A number with its thousands apart.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One line of a table.
pub(super) fn row<const CELLS: usize>(cells: [&str; CELLS]) {
    println!("| {} |", cells.join(" | "));
}

/// The head of a table.
pub(super) fn head<const CELLS: usize>(cells: [&str; CELLS]) {
    println!();
    row(cells);
    println!("|{}", "---|".repeat(CELLS));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_as_people_write_them() {
        assert_eq!(number(999), "999");
        assert_eq!(number(1_000_000), "1,000,000");
        assert_eq!(time(Duration::from_micros(1_234)), "1.23 ms");
        assert_eq!(time(Duration::from_millis(234)), "234 ms");
        assert_eq!(time(Duration::from_millis(2_340)), "2.34 s");
        assert_eq!(memory(0), "-");
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(median(vec![9, 1, 5]).unwrap(), 5);
        assert!(median::<u8>(Vec::new()).is_err());
    }
}
