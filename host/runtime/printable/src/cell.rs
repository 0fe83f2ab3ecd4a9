//! One cell of a CSV file. Spreadsheets calculate what begins like a formula, and in some countries they split lines at
//! semicolons or tabs, where the quotes of a cell with commas mean nothing: each part of a cell may become a cell.

use crate::disguises;

/// A cell that is one cell for every reader, in no part a formula, and on one line.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 2);
    let mut at_start = true;
    for character in text.chars() {
        // Before it is written out: a spreadsheet drops what is in front of a formula.
        let shown = if disguises(character) { ' ' } else { character };
        if at_start && matches!(shown, '=' | '+' | '-' | '@') {
            safe.push('\'');
        }
        at_start = match shown {
            ',' | ';' | '|' => true,
            // A tab or a line break separates cells as well.
            ' ' | '"' | '\'' => at_start || matches!(character, '\t' | '\r' | '\n'),
            _ => false,
        };
        if disguises(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    if safe.contains([',', ';', '"', '|']) || safe.starts_with(['\'', ' ']) {
        format!("\"{}\"", safe.replace('"', "\"\""))
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_value_is_never_a_formula() {
        for (text, written) in [
            ("evil.example", "evil.example"),
            ("http://a.example/x?a=b-c", "http://a.example/x?a=b-c"),
            ("=cmd()", "\"'=cmd()\""),
            (" =cmd()", "\" '=cmd()\""),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("@sum", "\"'@sum\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("\t=1", "\\u{9}'=1"),
            ("\r=1", "\\u{d}'=1"),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn no_part_of_a_value_is_a_formula_where_semicolons_separate_cells() {
        for text in ["a;=cmd()", "a; \"=cmd()", "a,=cmd()", "a\t=cmd()", "a|@cmd()", "a\n+cmd()", "a;;-1"] {
            let written = cell(text);
            let parts = written.split([',', ';', '|', '\t', '\n']);
            for part in parts.map(|part| part.trim_start_matches(['"', ' '])) {
                assert!(!part.starts_with(['=', '+', '-', '@']), "{text:?}: {written}");
            }
        }
    }
}
